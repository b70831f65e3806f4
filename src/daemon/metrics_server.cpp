// SPDX-License-Identifier: Apache-2.0
#include "daemon/metrics_server.hpp"

#include <asio.hpp>
#include <future>
#include <memory>
#include <utility>

#include "base/limits.hpp"
#include "daemon/memory.hpp"

namespace switchhook::daemon {

Result<void> MetricsServer::listen(const std::string& where, std::string& ready) {
  if (where.empty()) return {};
  http_.get("/metrics", [this] { return answer(); });
  const Result<std::string> at = http_.listen(where);
  if (!at) return Error{at.error().code, "metrics.listen: " + at.error().context};
  ready += " metrics=" + *at;
  return {};
}

HttpServer::Answer MetricsServer::answer() {
  auto copied = std::make_shared<std::promise<Measured>>();
  std::future<Measured> values = copied->get_future();
  asio::post(io_, [this, copied, asked = Clock::now()] { copied->set_value(copy(asked)); });
  if (values.wait_for(limits::kMetricsAnswer) != std::future_status::ready)
    return {503, "text/plain", "the service is busy\n"};
  return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(values.get())};
}

/// However many ask, the tables are walked once in kMetricsKept.
const Measured& MetricsServer::copy(Clock::time_point asked) {
  const auto now = Clock::now();
  late(now - asked);
  if (measured_at_ && now - *measured_at_ < limits::kMetricsKept) return measured_;
  measured_at_ = now;
  measured_ = measure_();
  measured_.requests = requests_;
  measured_.heap_bytes = Memory::in_use();
  measured_.resident_bytes = Memory::resident();
  measured_.up = std::chrono::duration_cast<std::chrono::seconds>(now - started_);
  measured_.loop_lag = std::exchange(lag_, {});
  return measured_;
}

}  // namespace switchhook::daemon
