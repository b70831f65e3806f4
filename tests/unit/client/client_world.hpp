// SPDX-License-Identifier: Apache-2.0
#pragma once

// An attachment on a service that does what a test says, and what its face hears.
// Threads: the test's; the face's functions run on the service's. Ownership: the test owns it.

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/client/fake_service.hpp"

namespace switchhook::test {

using namespace std::chrono_literals;

inline constexpr auto kSoon = 20s;  // bounds waits that are expected to end

struct ClientWorld : testing::Test {
  ClientWorld() {
    const Result<void> attached =
        client->attach(fake->connector(),
                       {.event = [this](api::Event e) { EXPECT_TRUE(events.push(std::move(e))); },
                        .lost = [this](const Error& why) { EXPECT_TRUE(lost.push(Error{why})); }});
    EXPECT_TRUE(attached);
  }
  ~ClientWorld() override {
    static_cast<void>(client->shut_down());
    client->stop();
  }
  ClientWorld(const ClientWorld&) = delete;
  ClientWorld& operator=(const ClientWorld&) = delete;

  api::OpenId open(std::uint32_t version = api::kApiVersionLatest) {
    api::OpenLine command;
    command.api_version = version;
    const auto opened = client->call_for<api::OpenedLine>(command);
    EXPECT_TRUE(opened);
    return opened ? opened->open : api::OpenId{};
  }
  api::CallId make(api::OpenId from) {
    const auto made = client->call_for<api::MadeCall>(api::MakeCall{.open = from});
    EXPECT_TRUE(made);
    return made ? made->call : api::CallId{};
  }
  /// From now on no command of this kind is answered.
  template <typename Command>
  void keep_silent() {
    fake->silence(
        [](const api::Command& command) { return std::holds_alternative<Command>(command); });
  }
  /// The number of the one command of this kind, when it has been handed in.
  template <typename Command>
  api::RequestId number() {
    EXPECT_TRUE(eventually([&] { return !fake->numbers<Command>().empty(); }));
    const auto all = fake->numbers<Command>();
    return all.empty() ? 0 : all.back();
  }

  base::BoundedQueue<api::Event> events{100000};
  base::BoundedQueue<Error> lost{4};
  std::shared_ptr<Fake> fake = std::make_shared<Fake>();
  std::shared_ptr<client::Attachment> client = client::Attachment::make();
};

}  // namespace switchhook::test
