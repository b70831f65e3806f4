// SPDX-License-Identifier: Apache-2.0
// Application::connect() is in connect.cpp, the one file that knows how a service is reached.
#include "switchhook/application.hpp"

#include "cxx/hub.hpp"

namespace switchhook {

namespace {

Error empty() {
  return Error{Errc::stale_application, "this application object is empty"};
}

}  // namespace

Application::Application() = default;
Application::Application(std::shared_ptr<detail::Hub> hub) : hub_(std::move(hub)) {}
Application::Application(Application&&) noexcept = default;

Application::~Application() {
  if (hub_) static_cast<void>(hub_->shutdown());
}

Application& Application::operator=(Application&& other) noexcept {
  Application before(std::move(hub_));  // shut down when this function returns
  hub_ = std::move(other.hub_);
  return *this;
}

bool Application::connected() const {
  return hub_ && hub_->client().connected();
}

ServiceFound Application::service() const {
  return hub_ ? hub_->found() : ServiceFound{};
}

Result<std::vector<LineInfo>> Application::lines() const {
  if (!hub_) return empty();
  return hub_->lines();
}

Result<Line> Application::open_line(const std::string& name, const LineOptions& options) {
  if (!hub_) return empty();
  Result<std::vector<LineInfo>> lines = hub_->lines();
  if (!lines) return std::move(lines).error();
  for (const LineInfo& line : *lines) {
    if (line.name != name) continue;
    Result<std::shared_ptr<detail::LineState>> opened = hub_->open_line(line, options);
    if (!opened) return std::move(opened).error();
    return detail::Hub::make_line(std::move(*opened));
  }
  return Error{Errc::no_such_line, "none is named \"" + name + "\""};
}

Result<Line> Application::open_line(std::uint32_t id, const LineOptions& options) {
  if (!hub_) return empty();
  Result<api::LineStatus> known = hub_->client().call_for<api::LineStatus>(api::GetLineStatus{id});
  if (!known) return std::move(known).error();
  Result<std::shared_ptr<detail::LineState>> opened = hub_->open_line(known->info, options);
  if (!opened) return std::move(opened).error();
  return detail::Hub::make_line(std::move(*opened));
}

std::size_t Application::sessions_held() const {
  return hub_ ? hub_->client().held() : 0;
}

Result<void> Application::on_event(EventCallback callback) {
  if (!hub_) return empty();
  return hub_->set_callback(std::move(callback));
}

Result<int> Application::descriptor() {
  if (!hub_) return empty();
  return hub_->descriptor();
}

Result<std::size_t> Application::dispatch() {
  if (!hub_) return empty();
  return hub_->dispatch();
}

Result<void> Application::drain_callbacks(std::chrono::milliseconds timeout) {
  if (!hub_) return empty();
  return hub_->drain(timeout);
}

Result<void> Application::shutdown() {
  if (!hub_) return empty();
  return hub_->shutdown();
}

}  // namespace switchhook
