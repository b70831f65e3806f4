// SPDX-License-Identifier: Apache-2.0
#pragma once

// A service with the embedded exchange on a loop of its own, and the console's parts on it but for
// HTTP itself: requests are given to Rest. The clock of leases is the test's. Threads: the test's.

#include <gtest/gtest.h>

#include <asio.hpp>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "core/engine_host.hpp"
#include "daemon/console/rest.hpp"
#include "providers/exchange/exchange.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/unit/console/json_text.hpp"

namespace switchhook::test {

using namespace daemon;  // NOLINT: what it is made of

class ConsoleWorld final : public rpc::Backend {
 public:
  using Members = JsonText::Members;
  static constexpr const char* kToken = "the-token";

  ConsoleWorld() {
    host_.observe(feed_);
    EXPECT_TRUE(host_.add_provider(std::make_unique<exchange::Exchange>(clock_)));
    host_.run();
    loop_ = std::thread([this] { io_.run(); });
  }
  ~ConsoleWorld() override {
    asio::post(io_, [this] {
      inside_.close_all({Errc::disconnected, "the test is over"});
      timer_.cancel();
      work_.reset();
    });
    loop_.join();
  }
  ConsoleWorld(const ConsoleWorld&) = delete;
  ConsoleWorld& operator=(const ConsoleWorld&) = delete;

  // ---- rpc::Backend, on the loop
  api::AppId attach(api::ApplicationInfo info, api::ServiceSink& sink) override {
    return host_.attach(std::move(info), sink);
  }
  void detach(api::AppId app, const std::string& why) override { host_.detach(app, why); }
  void submit(api::AppId app, api::RequestId request, api::Command command) override {
    host_.submit(app, request, std::move(command));
  }
  void settle() override {
    host_.run();
    const auto next = host_.next_deadline();
    if (!next) return;
    timer_.expires_at(std::chrono::steady_clock::time_point(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(*next)));
    timer_.async_wait([this](const std::error_code& error) {
      if (!error) settle();
    });
  }

  // ---- requests
  using Headers = std::map<std::string, std::string>;
  HttpServer::Answer ask(const std::string& method, const std::string& path,
                         const std::string& body = {}, const Headers& headers = {}) {
    HttpServer::Request request{method, path, {}, {}, body};
    request.headers = {{"host", "localhost:1"},
                       {"authorization", std::string("Bearer ") + kToken},
                       {"x-switchhook", "1"}};
    for (const auto& [name, value] : headers) request.headers[name] = value;
    if (const std::size_t at = path.find('?'); at != std::string::npos) {
      request.path.resize(at);
      const std::size_t is = path.find('=', at);
      request.query[path.substr(at + 1, is - at - 1)] = path.substr(is + 1);
    }
    return rest_.serve(request);
  }
  /// The members of an answer that has to be good.
  Members good(const std::string& method, const std::string& path, const std::string& body = {},
               const Headers& headers = {}) {
    const HttpServer::Answer answer = ask(method, path, body, headers);
    EXPECT_TRUE(answer.status == 200 || answer.status == 201)
        << method << " " << path << ": " << answer.status << " " << answer.body;
    const auto members = JsonText::object(answer.body);
    EXPECT_TRUE(members) << answer.body;
    return members.value_or(Members{});
  }
  /// A new lease, as the header that names it.
  Headers lease(const std::string& name) {
    std::string secret = good("POST", "/api/v1/leases", "{\"name\":\"" + name + "\"}")["lease"];
    return {{"x-switchhook-lease", secret.substr(1, secret.size() - 2)}};
  }
  void pass(std::chrono::seconds time) {
    passed_ = passed_.load() + time;
    clients_.tick();
  }
  Feed& feed() { return feed_; }
  const TempFolder& folder() { return folder_; }

 private:
  TempFolder folder_;
  std::atomic<std::chrono::seconds> passed_{std::chrono::seconds(0)};
  base::SystemClock clock_;
  asio::io_context io_{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_{
      asio::make_work_guard(io_)};
  asio::steady_timer timer_{io_};
  core::EngineHost host_{clock_, [this] { asio::post(io_, [this] { settle(); }); }};
  Feed feed_{host_, 0xabc, "1.2.3", 100};
  Inside inside_{io_, *this};
  Logins logins_{kToken, folder_ / "passwords"};
  Clients clients_{inside_, [this] { return Clients::Clock::time_point(passed_.load()); }};
  Streams streams_{feed_, [] {}};
  Rest rest_{{inside_,
              logins_,
              clients_,
              feed_,
              streams_,
              [this] { return host_.counts(); },
              [this](std::uint64_t session) { return host_.record(session); },
              {"localhost", "console.example"},
              folder_.path(),
              false}};
  std::thread loop_;
};

}  // namespace switchhook::test
