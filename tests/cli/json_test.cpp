// SPDX-License-Identifier: Apache-2.0
#include "switchhook/json.hpp"

#include <gtest/gtest.h>

#include "cli/duration.hpp"
#include "cli/output.hpp"
#include "json_reader.hpp"

namespace switchhook::cli {
namespace {

using namespace std::chrono_literals;
using test::JsonReader;

TEST(JsonString, EscapesQuotesBackslashesAndControlCharacters) {
  const std::string text = "a\"b\\c\nd\te\x01\x7f";
  const auto read = JsonReader::read(json_text(text));
  ASSERT_TRUE(read) << json_text(text);
  EXPECT_EQ(read->string, text);
}

TEST(JsonString, KeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(json_text("Grüße €𝄞"), "\"Grüße €𝄞\"");
  EXPECT_EQ(json_text("a\xff"
                      "b"),
            "\"a\xef\xbf\xbd"
            "b\"");
  EXPECT_EQ(json_text("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"") << "overlong";
  EXPECT_EQ(json_text("\xed\xa0\x80").find('\xed'), std::string::npos) << "surrogate";
  EXPECT_EQ(json_text("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"") << "cut off";
  EXPECT_EQ(json_text("\xf5\x80\x80\x80").find('\xf5'), std::string::npos) << "beyond Unicode";
}

TEST(JsonOfRecord, CanBeReadWhateverIsInIt) {
  Record record;
  record.session = 4294967297;
  record.line = "al\"ice\n";
  record.parties.calling.name = "\xff\x00\x1b[2J";
  record.timeline = {{CallState::dialing, 0, {1s, 1000s}}, {CallState::idle, 0, {2500ms, 1002s}}};
  End end;
  end.cause.words = "\\\"";
  end.cause.mode = DisconnectMode::no_answer;
  end.origin = EndOrigin::policy;
  record.end = end;
  record.user_info_received = {0x04, 0xff, 0x41};
  HolderRecord holder;
  holder.application = "a{}[],:";
  record.holders.push_back(holder);
  const std::string text = to_json(record);
  EXPECT_EQ(text.find('\n'), std::string::npos) << "one line each";
  const auto read = JsonReader::read(text);
  ASSERT_TRUE(read) << text;
  EXPECT_EQ((*read)["session"].number, 4294967297.0);
  EXPECT_EQ((*read)["line"].string, "al\"ice\n");
  EXPECT_EQ((*read)["end"]["mode"].string, "no answer");
  EXPECT_EQ((*read)["end"]["origin"].string, "policy");
  EXPECT_EQ((*read)["timeline"].array.at(1)["time"].number, 1.5);
  EXPECT_EQ((*read)["user_info_received"].string, "04ff41");
  EXPECT_EQ((*read)["holders"].array.at(0)["released"].kind, test::Json::Kind::null);
}

TEST(JsonOfRecord, OfALiveSessionHasNoEnd) {
  const auto read = JsonReader::read(to_json(Record{}));
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)["end"].kind, test::Json::Kind::null);
}

TEST(JsonOfTheOthers, CanBeRead) {
  AuditReport audit;
  audit.lines.push_back({Resource::rtp_ports, "sip", -1, 2});
  audit.findings = {"a \"finding\""};
  const auto read = JsonReader::read(to_json(audit));
  ASSERT_TRUE(read);
  EXPECT_FALSE((*read)["clean"].boolean);
  EXPECT_EQ((*read)["ledgers"].array.at(0)["booked"].number, -1);
  EXPECT_TRUE(JsonReader::read(to_json(LineInfo{})));
  EXPECT_TRUE(JsonReader::read(to_json(Leak{})));
  ServiceStatus status;
  status.ends.acknowledged.add(1ms);
  status.ends.acknowledged.add(100h);
  const auto told = JsonReader::read(to_json(status));
  ASSERT_TRUE(told);
  const auto& spans = (*told)["ends"]["acknowledged"].array;
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans[0]["within"].number, 0.001);
  EXPECT_EQ(spans[0]["count"].number, 1);
  EXPECT_EQ(spans[1]["within"].kind, test::Json::Kind::null);
  EXPECT_TRUE(JsonReader::read(to_json(Error{Errc::denied, "\x1b\"x"})));
}

TEST(Duration, UnderstandsWhatPeopleType) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("0s"), 0ms);
}

TEST(Duration, RefusesWhatIsNone) {
  for (const char* text : {"", "5", "s", "-5s", "5 s", "5x", "1..5s", ".5s", "5.s", "5sec", "5S",
                           "99999999999h", "1001h", "1e9s", "5ss"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(ExitCode, OfEveryErrorIsNotZero) {
  for (int code = 1; code <= 29; ++code) EXPECT_NE(exit_code(static_cast<Errc>(code)), 0) << code;
  EXPECT_EQ(exit_code(Errc::disconnected), 11);
  EXPECT_EQ(exit_code(Errc::no_such_line), 6);
}

TEST(ExitCode, OfEveryEndIsItsOwn) {
  std::map<int, std::size_t> seen;
  for (std::size_t mode = 0; mode < kDisconnectModeCount; ++mode) {
    Record record;
    record.end = End{};
    record.end->cause.mode = static_cast<DisconnectMode>(mode);
    const int code = exit_code(record);
    EXPECT_GE(code, 20);
    EXPECT_LE(code, 39);
    EXPECT_TRUE(seen.emplace(code, mode).second) << code << " means two things";
  }
}

TEST(ExitCode, IsZeroForACallThatWasConnectedAndEndedNormally) {
  Record record;
  record.end = End{};
  EXPECT_EQ(exit_code(record), 39) << "normal, but never connected";
  record.timeline = {{CallState::connected, 0, {}}, {CallState::idle, 0, {}}};
  EXPECT_EQ(exit_code(record), 0);
  record.end->cause.mode = DisconnectMode::temporary_failure;
  EXPECT_EQ(exit_code(record), 29) << "broke off";
}

TEST(Span, IsForPeople) {
  EXPECT_EQ(span_text(1500ms), "1.500 s");
  EXPECT_EQ(span_text(200s), "3 min 20 s");
  EXPECT_EQ(span_text(2h + 5min), "2 h 5 min");
}

}  // namespace
}  // namespace switchhook::cli
