// SPDX-License-Identifier: Apache-2.0
// What Prometheus is told. tests/metrics has it read by promtool and by Prometheus itself.
#include "daemon/metrics.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "tests/support/count_of.hpp"

namespace switchhook::daemon {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, SayWhatIsThereAndHowItEnded) {
  Measured measured;
  measured.counts.sessions[static_cast<std::size_t>(CallState::on_hold)] = 3;
  measured.counts.ended[static_cast<std::size_t>(EndOrigin::remote_party)]
                       [static_cast<std::size_t>(DisconnectMode::busy)] = 4;
  measured.counts.ends.unacknowledged = 5;
  measured.counts.lines["sip"] = {7, 6};
  measured.records_waiting = 8;
  measured.records_unsent = 12;
  measured.database_up = true;
  measured.loop_lag = std::chrono::milliseconds(1500);
  measured.calls_refused = true;
  const std::string text = metrics_text(measured);
  for (const char* line :
       {"switchhook_sessions{state=\"on hold\"} 3", "switchhook_sessions{state=\"idle\"} 0",
        "switchhook_sessions_ended_total{origin=\"remote party\",mode=\"busy\"} 4",
        "switchhook_ends_unconfirmed_total 5", "switchhook_lines{provider=\"sip\"} 7",
        "switchhook_lines_in_service{provider=\"sip\"} 6", "switchhook_records_waiting 8",
        "switchhook_database_records_waiting 12", "switchhook_database_up 1",
        "switchhook_loop_lag_seconds 1.5", "switchhook_calls_refused 1",
        "switchhook_requests_total{command=\"MakeCall\"} 0"})
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
}

TEST(Metrics, TheTimeToConfirmationIsAHistogramOfPrometheus) {
  Measured measured;
  EndTimes& ends = measured.counts.ends;
  for (const int ms : {0, 1, 1, 100000000}) {
    ends.acknowledged.add(std::chrono::milliseconds(ms));
    measured.counts.acknowledged += std::chrono::milliseconds(ms);
  }
  const std::string text = metrics_text(measured);
  for (const char* line : {"switchhook_end_confirmation_seconds_count 4",
                           "switchhook_end_confirmation_seconds_sum 100000.002",
                           "switchhook_end_confirmation_seconds_bucket{le=\"0.00025\"} 1",
                           "switchhook_end_confirmation_seconds_bucket{le=\"0.001\"} 3",
                           "switchhook_end_confirmation_seconds_bucket{le=\"+Inf\"} 4"})
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
}

TEST(Metrics, NameSoManyApplicationsAndCountTheOthersAsOne) {
  Measured measured;
  for (std::size_t i = 0; i < limits::kMetricsApplications + 10; ++i)
    measured.counts.unreleased["program " + std::to_string(i)] = i + 1;
  const std::string text = metrics_text(measured);
  EXPECT_EQ(test::count_of("switchhook_sessions_unreleased{", text),
            limits::kMetricsApplications + 1);
  EXPECT_TRUE(has_line(
      text, "switchhook_sessions_unreleased{application=\"program 29\",others=\"false\"} 30"));
  EXPECT_TRUE(
      has_line(text, "switchhook_sessions_unreleased{application=\"others\",others=\"true\"} 55"));
}

TEST(Metrics, ANameCannotBreakTheText) {
  Measured measured;
  measured.counts.unreleased["a\"} 1\nswitchhook_evil 1\n\\\xff"] = 1;
  const std::string text = metrics_text(measured);
  EXPECT_EQ(text.find("\nswitchhook_evil"), std::string::npos) << text;
  EXPECT_EQ(text.find('\xff'), std::string::npos) << "Prometheus wants UTF-8";
}

}  // namespace
}  // namespace switchhook::daemon
