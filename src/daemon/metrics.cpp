// SPDX-License-Identifier: Apache-2.0
#include "daemon/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "api/describe/messages.hpp"
#include "base/limits.hpp"
#include "base/printable.hpp"

namespace switchhook::daemon {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

double seconds_of(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

class Families {
 public:
  /// @param name  without "switchhook_"
  MetricFamily& begin(MetricType type, const std::string& name, const std::string& help) {
    MetricFamily& family = all_.emplace_back();
    family.type = type;
    family.name = "switchhook_" + name;
    family.help = help;
    return family;
  }
  static void add(MetricFamily& family, Labels labels, double value) {
    ClientMetric& metric = family.metric.emplace_back();
    metric.label = std::move(labels);
    (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  }
  void gauge(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    add(begin(MetricType::Gauge, name, help), std::move(labels), value);
  }
  void counter(const std::string& name, const std::string& help, std::uint64_t value) {
    add(begin(MetricType::Counter, name, help), {}, static_cast<double>(value));
  }
  [[nodiscard]] std::string text() const { return prometheus::TextSerializer().Serialize(all_); }

 private:
  std::vector<MetricFamily> all_;
};

void add_sessions(Families& to, const core::Counts& counts) {
  MetricFamily& live =
      to.begin(MetricType::Gauge, "sessions", "Sessions that exist, by state; idle ones are held.");
  for (std::size_t state = 0; state < counts.sessions.size(); ++state)
    Families::add(live, {{"state", std::string(kCallStateNames[state])}},
                  static_cast<double>(counts.sessions[state]));
  MetricFamily& ended =
      to.begin(MetricType::Counter, "sessions_ended_total", "Sessions that ended, by how.");
  for (std::size_t origin = 0; origin < counts.ended.size(); ++origin)
    for (std::size_t mode = 0; mode < counts.ended[origin].size(); ++mode)
      if (counts.ended[origin][mode] != 0)  // most never occur
        Families::add(ended,
                      {{"origin", std::string(kEndOriginNames[origin])},
                       {"mode", std::string(kDisconnectModeNames[mode])}},
                      static_cast<double>(counts.ended[origin][mode]));
  to.counter("sessions_begun_total", "Sessions that began.", counts.sessions_total);
  to.counter("ends_unconfirmed_total",
             "Ends wanted here that the far end did not acknowledge in time.",
             counts.ends.unacknowledged);
  MetricFamily& times = to.begin(MetricType::Histogram, "end_confirmation_seconds",
                                 "Time from an end wanted here to the far end's acknowledgement.");
  ClientMetric::Histogram& histogram = times.metric.emplace_back().histogram;
  histogram.sample_count = counts.ends.acknowledged.total();
  histogram.sample_sum = seconds_of(counts.acknowledged);
  std::uint64_t sum = 0;
  for (std::size_t span = 0; span + 1 < DurationCounts::kSpans; ++span) {
    sum += counts.ends.acknowledged.counts[span];
    histogram.bucket.push_back({sum, seconds_of(DurationCounts::limit(span))});
  }
}

/// By application, those that hold most; names are the programs' own, and any number of them.
void add_unreleased(Families& to, const core::Counts& counts) {
  std::vector<std::pair<std::string, std::uint64_t>> all(counts.unreleased.begin(),
                                                         counts.unreleased.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  MetricFamily& family = to.begin(MetricType::Gauge, "sessions_unreleased",
                                  "Ended sessions that an application has not released.");
  std::uint64_t others = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i < limits::kMetricsApplications)
      Families::add(family, {{"application", base::printable(all[i].first)}, {"others", "false"}},
                    static_cast<double>(all[i].second));
    else
      others += all[i].second;
  }
  Families::add(family, {{"application", "others"}, {"others", "true"}},
                static_cast<double>(others));
}

void add_requests(Families& to, const Measured& measured) {
  MetricFamily& family =
      to.begin(MetricType::Counter, "requests_total", "Requests of applications, by command.");
  for (std::size_t i = 0; i < measured.requests.size(); ++i)
    describe::with_alternative<api::Command>(i, [&](auto kind) {
      using Kind = typename decltype(kind)::type;
      Families::add(family, {{"command", describe::Description<Kind>::kName}},
                    static_cast<double>(measured.requests[i]));
      return true;
    });
}

}  // namespace

std::string metrics_text(const Measured& measured) {
  Families to;
  const core::Counts& counts = measured.counts;
  add_sessions(to, counts);
  add_unreleased(to, counts);
  add_requests(to, measured);
  MetricFamily& lines = to.begin(MetricType::Gauge, "lines", "Lines, by provider.");
  for (const auto& [provider, of] : counts.lines)
    Families::add(lines, {{"provider", provider}}, static_cast<double>(of.there));
  MetricFamily& registered =
      to.begin(MetricType::Gauge, "lines_in_service",
               "Lines in service, by provider; SIP accounts are while they are registered.");
  for (const auto& [provider, of] : counts.lines)
    Families::add(registered, {{"provider", provider}}, static_cast<double>(of.in_service));
  to.gauge("applications", "Programs that are connected.",
           static_cast<double>(counts.applications));
  to.gauge("audit_findings", "Differences that the last audit of the daemon found.",
           static_cast<double>(measured.audit_findings));
  to.counter("records_total", "Records of sessions that were made.", counts.records);
  to.gauge("records_waiting", "Records that are not in the store yet.",
           static_cast<double>(measured.records_waiting));
  to.counter("records_lost_total", "Records that found no room while the store was away.",
             measured.records_lost);
  to.gauge("database_records_waiting", "Records that PostgreSQL does not have yet.",
           static_cast<double>(measured.records_unsent));
  if (measured.database_up)
    to.gauge("database_up", "1 while PostgreSQL takes records.", *measured.database_up ? 1 : 0);
  to.counter("events_dropped_total", "Events dropped for programs that do not read.",
             measured.events_dropped);
  to.counter("late_events_total", "Events of providers that fitted nothing any more.",
             counts.late_events);
  to.gauge("calls_refused", "1 while no call may begin because the journal cannot be kept.",
           measured.calls_refused ? 1 : 0);
  to.gauge("heap_bytes", "Memory in use, without what the allocator keeps.",
           static_cast<double>(measured.heap_bytes));
  to.gauge("resident_memory_bytes", "Memory of the daemon's process.",
           static_cast<double>(measured.resident_bytes));
  to.gauge("loop_lag_seconds",
           "The longest delay of the daemon's loop since the metrics were read last.",
           seconds_of(measured.loop_lag));
  to.gauge("up_seconds", "Time since the daemon began.", static_cast<double>(measured.up.count()));
  to.gauge("build_info", "1, with the version.", 1, {{"version", SWITCHHOOK_VERSION}});
  return to.text();
}

}  // namespace switchhook::daemon
