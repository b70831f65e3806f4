// SPDX-License-Identifier: Apache-2.0
#pragma once

// An application for tests, on the port's own terms: commands are called or posted, notices are
// collected and waited for. Works on any service: the daemon's, or one in this process.
// Threads: the test's. Ownership: owns its client.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/mutex.hpp"
#include "client/attachment.hpp"

namespace switchhook::test {

/// The service is gone.
struct Disconnected {
  Error why;
};
using Notice = std::variant<api::Event, Disconnected>;

class TestClient {
 public:
  /// Connects to a daemon's socket; a failure fails the test.
  TestClient(const std::string& socket, const std::string& name,
             const std::string& token_file = {});
  /// On any other service.
  explicit TestClient(const client::Connect& connect);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  [[nodiscard]] client::Attachment& port() { return *client_; }
  [[nodiscard]] bool connected() const { return client_ && client_->connected(); }
  void disconnect() { client_.reset(); }

  /// Submits without waiting; `done` hears the completed reply on the service's thread.
  Result<void> post(api::Command command, std::function<void(Result<api::Value>)> done);

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
  std::optional<Notice> next(const std::function<bool(const Notice&)>& wanted,
                             std::chrono::milliseconds limit = std::chrono::seconds(20));
  /// Waits until a call is in a state.
  bool reaches(api::CallId call, CallState state);
  /// Waits for an event of a kind.
  template <typename Kind>
  std::optional<Kind> next_event() {
    auto notice = next([](const Notice& n) {
      const auto* event = std::get_if<api::Event>(&n);
      return event != nullptr && std::holds_alternative<Kind>(*event);
    });
    if (!notice) return std::nullopt;
    return std::get<Kind>(std::get<api::Event>(*notice));
  }

 private:
  void take(Notice notice);

  base::Mutex mutex_;
  base::Condition came_;
  std::deque<Notice> notices_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::shared_ptr<client::Attachment> client_;
};

}  // namespace switchhook::test
