// SPDX-License-Identifier: Apache-2.0
#pragma once

// An engine in this process with the embedded exchange, and applications of the C++ API on it.
// Threads: any. Ownership: a World outlives the applications that it made, or not: both are tested.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "base/bounded_queue.hpp"
#include "core/local_service.hpp"
#include "cxx/hub.hpp"
#include "providers/exchange/exchange.hpp"
#include "switchhook/switchhook.hpp"
#include "tests/support/eventually.hpp"

namespace switchhook::test {

using namespace std::chrono_literals;

inline constexpr auto kSoon = std::chrono::seconds(20);  // bounds waits that are expected to end

struct World {
  base::SystemClock clock;  // before the engine: the exchange refers to it
  std::unique_ptr<core::LocalEngine> engine = start(clock);

  static std::unique_ptr<core::LocalEngine> start(const base::Clock& clock) {
    core::LocalEngine::Options options;
    options.providers.push_back(std::make_unique<exchange::Exchange>(clock));
    auto started = core::LocalEngine::start(std::move(options));
    if (!started) std::abort();
    return std::move(*started);
  }

  [[nodiscard]] Application application(const std::string& name = "test") const {
    auto made = detail::Hub::make_application(
        [this, &name](api::ServiceSink& sink) -> Result<std::unique_ptr<api::SessionService>> {
          api::ApplicationInfo info;
          info.name = name;
          info.user = "tester";
          info.process = 42;
          return engine->attach(info, sink);
        });
    if (!made) std::abort();
    return std::move(*made);
  }

  /// True when nothing is held for any session any more, soon.
  [[nodiscard]] bool comes_to_zero() const {
    Application auditor = application("auditor");
    return eventually([&] {
      auto audit = Operator(auditor).audit();
      return audit && audit->clean() && audit->all_zero();
    });
  }
};

/// The line, opened; the test cannot go on without.
inline Line open(Application& application, const std::string& name,
                 const LineOptions& options = {}) {
  auto line = application.open_line(name, options);
  EXPECT_TRUE(line) << line.error().text();
  return line ? std::move(*line) : Line();
}

inline Session call(Line& line, const std::string& address, const CallOptions& options = {}) {
  auto session = line.call(address, options);
  EXPECT_TRUE(session) << session.error().text();
  return session ? std::move(*session) : Session();
}

}  // namespace switchhook::test
