// SPDX-License-Identifier: Apache-2.0
#pragma once

// An application for tests, on the port's own terms: commands are called or started, notices are
// collected and waited for. Works on any service: the daemon's, or one in this process.
// Threads: the test's. Ownership: owns its client.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/client.hpp"
#include "base/mutex.hpp"

namespace switchhook::test {

class TestClient {
 public:
  /// Connects to a daemon's socket; a failure fails the test.
  TestClient(const std::string& socket, const std::string& name,
             const std::string& token_file = {});
  /// On any other service.
  explicit TestClient(const api::Client::Connect& connect);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  [[nodiscard]] api::Client& port() { return *client_; }
  [[nodiscard]] bool connected() const { return client_ && client_->connected(); }
  void disconnect() { client_.reset(); }

  /// The number of the line of this name; a failure fails the test.
  [[nodiscard]] api::LineId line(const std::string& name);
  [[nodiscard]] api::OpenId open(const std::string& line, std::uint8_t privileges = 4);
  /// Calls and waits for the identifier.
  [[nodiscard]] api::CallId call(api::OpenId from, const std::string& address);
  [[nodiscard]] Result<api::CallSnapshot> look(api::CallId call);
  [[nodiscard]] api::ServiceStatus status();
  [[nodiscard]] std::vector<Record> records(const api::RecordQuery& query = {});
  [[nodiscard]] api::AuditReport audit();

  /// Waits for a notice for which `wanted` holds, taking out all before it. Nothing when the time
  /// is up.
  std::optional<api::Notice> next(const std::function<bool(const api::Notice&)>& wanted,
                                  std::chrono::milliseconds limit = std::chrono::seconds(20));
  /// Waits until a call is in a state.
  bool reaches(api::CallId call, CallState state);
  /// Waits for an event of a kind.
  template <typename Kind>
  std::optional<Kind> next_event() {
    auto notice = next([](const api::Notice& n) {
      const auto* event = std::get_if<api::Event>(&n);
      return event != nullptr && std::holds_alternative<Kind>(*event);
    });
    if (!notice) return std::nullopt;
    return std::get<Kind>(std::get<api::Event>(*notice));
  }

 private:
  void take(api::Notice notice);

  base::Mutex mutex_;
  base::Condition came_;
  std::deque<api::Notice> notices_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::unique_ptr<api::Client> client_;
};

}  // namespace switchhook::test
