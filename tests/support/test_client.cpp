// SPDX-License-Identifier: Apache-2.0
#include "tests/support/test_client.hpp"

#include <gtest/gtest.h>

#include "rpc/client.hpp"

namespace switchhook::test {

TestClient::TestClient(const std::string& socket, const std::string& name,
                       const std::string& token_file)
    : TestClient([&](api::ServiceSink& sink) {
        return rpc::connect({.name = name, .socket = socket, .token_file = token_file}, sink);
      }) {}

TestClient::TestClient(const client::Connect& connect) {
  auto attached = client::Attachment::attached(
      connect, {.event = [this](api::Event event) { take(std::move(event)); },
                .lost = [this](const Error& why) { take(Disconnected{why}); }});
  if (attached)
    client_ = std::move(*attached);
  else
    ADD_FAILURE() << "not connected: " << attached.error().text();
}

TestClient::~TestClient() = default;

Result<void> TestClient::post(api::Command command, std::function<void(Result<api::Value>)> done) {
  return client_->post(std::move(command),
                       [done = std::move(done)](api::RequestId, Result<api::Value> result) {
                         done(std::move(result));
                       });
}

void TestClient::take(Notice notice) {
  {
    base::Lock lock(mutex_);
    notices_.push_back(std::move(notice));
  }
  came_.notify_all();
}

std::optional<Notice> TestClient::next(const std::function<bool(const Notice&)>& wanted,
                                       std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  base::Lock lock(mutex_);
  while (true) {
    while (!notices_.empty()) {
      Notice notice = std::move(notices_.front());
      notices_.pop_front();
      if (wanted(notice)) return notice;
    }
    if (came_.wait_until(mutex_, deadline) == std::cv_status::timeout && notices_.empty())
      return std::nullopt;
  }
}

bool TestClient::reaches(api::CallId call, CallState state) {
  return next([&](const Notice& notice) {
           const auto* event = std::get_if<api::Event>(&notice);
           const auto* changed =
               event == nullptr ? nullptr : std::get_if<api::CallStateChanged>(event);
           return changed != nullptr && changed->call == call && changed->state == state;
         })
      .has_value();
}

api::LineId TestClient::line(const std::string& name) {
  const auto lines = client_->call_for<api::LineList>(api::ListLines{});
  if (lines)
    for (const LineInfo& info : lines->lines)
      if (info.name == name) return info.id;
  ADD_FAILURE() << "there is no line " << name;
  return 0;
}

api::OpenId TestClient::open(const std::string& name, std::uint8_t privileges) {
  const auto opened = client_->call_for<api::OpenedLine>(
      api::OpenLine{.line = line(name), .privileges = privileges, .media_modes = media::kVoice});
  // Its provider has heard of it when it has answered, and offers calls of the line.
  static_cast<void>(client_->call(api::RunAudit{}));
  if (opened) return opened->open;
  ADD_FAILURE() << "line " << name << " not opened: " << opened.error().text();
  return {};
}

api::CallId TestClient::call(api::OpenId from, const std::string& address) {
  const auto made =
      client_->call_for<api::MadeCall>(api::MakeCall{.open = from, .address = address});
  if (made) return made->call;
  ADD_FAILURE() << address << " not called: " << made.error().text();
  return {};
}

Result<api::CallSnapshot> TestClient::look(api::CallId call) {
  return client_->call_for<api::CallSnapshot>(api::GetCall{call});
}

api::ServiceStatus TestClient::status() {
  auto status = client_->call_for<api::ServiceStatus>(api::GetServiceStatus{});
  if (status) return std::move(*status);
  ADD_FAILURE() << "no status: " << status.error().text();
  return {};
}

std::vector<Record> TestClient::records(const api::RecordQuery& query) {
  auto page = client_->call_for<api::RecordPage>(query);
  if (page) return std::move(page->records);
  ADD_FAILURE() << "no records: " << page.error().text();
  return {};
}

api::AuditReport TestClient::audit() {
  auto report = client_->call_for<api::AuditReport>(api::RunAudit{});
  if (report) return std::move(*report);
  ADD_FAILURE() << "no audit: " << report.error().text();
  return {};
}

}  // namespace switchhook::test
