// SPDX-License-Identifier: Apache-2.0
// Records as RFC 4180 has them, and in the columns and the manner of Asterisk's cdr_csv.
#include "switchhook/csv.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace switchhook {
namespace {

using namespace std::chrono_literals;

class Csv : public testing::Test {
 protected:
  Csv() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    record_.session = 4294967297;
    record_.call_id = 26;
    record_.line = "alice";
    record_.provider = "sip";
    record_.provider_call_id = "abc@192.0.2.1";
    record_.parties.calling = {.address = "sip:alice@example.org", .name = "Alice \"A\""};
    record_.parties.called.address = "+4930123";
    record_.application = "dialer";
    record_.holders = {{.application = "dialer", .user = "anna", .process = 7}};
    record_.timeline = {{CallState::dialing, 0, {1s, 86400s}},
                        {CallState::connected, 0, {3500ms, 86402500ms}},
                        {CallState::idle, 0, {12s, 86411s}}};
    record_.end = End{.at = {12s, 86411s}};
    record_.end->origin = EndOrigin::local_user;
  }
  Record record_;
};

TEST_F(Csv, OfAllColumnsHasAHeadingOfAsManyNames) {
  const std::string heading = csv_heading(), line = to_csv(record_);
  EXPECT_TRUE(heading.starts_with("session,line,provider,provider_call_id,")) << heading;
  EXPECT_TRUE(heading.ends_with(",holders,ended_by_application,ended_by_user\r\n")) << heading;
  EXPECT_TRUE(line.starts_with("4294967297,alice,sip,")) << line;
  EXPECT_NE(line.find(",\"'+4930123\","), std::string::npos) << "no formula for a spreadsheet";
  EXPECT_NE(
      line.find(",1970-01-02T00:00:00.000000+00:00,1970-01-02T00:00:11.000000+00:00,2.500,8.500,"),
      std::string::npos)
      << line;
}

// cdr_csv.c: texts in quotes with quotes doubled, numbers without, times as "%Y-%m-%d %T", a time that
// there is not left empty, then a line feed; no heading.
TEST_F(Csv, OfAsteriskIsWhatCdrCsvWrites) {
  EXPECT_EQ(csv_heading(CsvColumns::cdr_csv), "");
  EXPECT_EQ(to_csv(record_, CsvColumns::cdr_csv),
            "\"anna\",\"alice\",\"+4930123\",\"alice\",\"\"\"Alice \"\"A\"\"\"\" <alice>\","
            "\"SIP/alice-0000001a\",\"\",\"dialer\",\"\",\"1970-01-02 00:00:00\","
            "\"1970-01-02 00:00:02\",\"1970-01-02 00:00:11\",11,8,\"ANSWERED\",\"DOCUMENTATION\","
            "\"4294967297\",\"abc@192.0.2.1\"\n");
}

TEST_F(Csv, OfAsteriskSaysWhyNobodyAnswered) {
  record_.timeline.erase(record_.timeline.begin() + 1);
  const auto with = [this](DisconnectMode mode) {
    record_.end->cause.mode = mode;
    return to_csv(record_, CsvColumns::cdr_csv);
  };
  EXPECT_NE(with(DisconnectMode::busy)
                .find(",\"1970-01-02 00:00:00\",,\"1970-01-02 00:00:11\",11,0,\"BUSY\","),
            std::string::npos)
      << with(DisconnectMode::busy);
  EXPECT_NE(with(DisconnectMode::no_answer).find(",\"NO ANSWER\","), std::string::npos);
  EXPECT_NE(with(DisconnectMode::cancelled).find(",\"NO ANSWER\","), std::string::npos);
  EXPECT_NE(with(DisconnectMode::unreachable).find(",\"FAILED\","), std::string::npos);
}

TEST_F(Csv, OfAsteriskIsOneLineWhateverANameHas) {
  record_.parties.calling.name = "two\nlines";
  const std::string line = to_csv(record_, CsvColumns::cdr_csv);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
}

}  // namespace
}  // namespace switchhook
