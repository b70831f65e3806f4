// SPDX-License-Identifier: Apache-2.0
#include "switchhook/text.hpp"

#include <gtest/gtest.h>

#include "switchhook/application.hpp"

namespace switchhook {
namespace {

using namespace std::chrono_literals;

Record ended_call() {
  Record record;
  record.session = 12;
  record.line = "alice";
  record.provider = "sip";
  record.state = CallState::idle;
  record.parties.calling.address = "alice";
  record.parties.called = {.address = "bob", .name = "Bob"};
  record.timeline = {{CallState::dialing, 0, {1s, 1000s}},
                     {CallState::connected, 0, {3s, 1002s}},
                     {CallState::idle, 0, {8s, 1007s}}};
  End end;
  end.origin = EndOrigin::remote_party;
  end.cause = {.mode = DisconnectMode::busy, .sip_status = 486, .words = "Busy Here"};
  end.at = {8s, 1007s};
  end.confirmation = Confirmation::confirmed;
  record.end = end;
  return record;
}

TEST(Text, OfAnEndNamesWhoWhyAndTheFarEndsWords) {
  EXPECT_EQ(to_text(ended_call().end), "by the remote party: busy (SIP 486, Busy Here)");
  EXPECT_EQ(to_text(std::optional<End>()), "not ended");
}

TEST(Text, OfARecordTellsPartiesTimesAndEnd) {
  const std::string text = to_text(ended_call());
  EXPECT_NE(text.find("Record of session 12\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\"Bob\" bob"), std::string::npos) << text;
  EXPECT_NE(text.find("after 2.000 s, talked 5.000 s"), std::string::npos) << text;
  EXPECT_NE(text.find("busy (SIP 486, Busy Here)"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with('\n'));
}

TEST(Text, OfARecordTellsWhichProgramAndUserEndedIt) {
  Record record = ended_call();
  EXPECT_EQ(ended_by_text(record), "");
  EXPECT_EQ(to_text(record).find("ended by"), std::string::npos);
  record.ended_by_application = "desk\n";
  EXPECT_EQ(ended_by_text(record), "desk\\n") << "the account is not known";
  record.ended_by_user = "bert";
  EXPECT_EQ(ended_by_text(record), "desk\\n (user bert)");
  EXPECT_NE(to_text(record).find("ended by     desk\\n (user bert)\n"), std::string::npos);
}

TEST(Text, OfARecordTellsWhatWasReleased) {
  Record record = ended_call();
  record.end->returned_after = 32ms;
  record.end->released[static_cast<std::size_t>(Resource::dialogs)] = 1;
  record.end->released[static_cast<std::size_t>(Resource::rtp_ports)] = 1;
  const std::string text = to_text(record);
  EXPECT_NE(text.find("1 dialog, 1 rtp port; returned 0.032 s after the end was requested"),
            std::string::npos)
      << text;
}

TEST(Text, CannotActOnATerminal) {
  Record record = ended_call();
  record.parties.calling.name = "\x1b[2Jevil\r\n";
  record.end->cause.words = "\x07";
  for (char c : to_text(record)) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
}

TEST(Text, EventsHaveNames) {
  using OfSession = SessionEvent::Kind;
  using OfApplication = ApplicationEvent::Kind;
  EXPECT_EQ(to_string(OfSession::state), "state");
  EXPECT_EQ(to_string(OfSession::digits_sent), "digits sent");
  EXPECT_EQ(to_string(OfSession::events_lost), "events lost");
  EXPECT_EQ(to_string(OfApplication::service_lost), "service lost");
  EXPECT_EQ(to_string(OfApplication::leak_limit), "leak limit");
  EXPECT_EQ(to_string(static_cast<OfSession>(99)), "?");
  EXPECT_EQ(to_string(ServiceKind::machine), "machine");
}

TEST(Text, OfSecondsRoundsToMilliseconds) {
  EXPECT_EQ(seconds_text(1234567us), "1.235");
  EXPECT_EQ(seconds_text(0s), "0.000");
  EXPECT_EQ(seconds_text(-1500ms), "-1.500");
}

}  // namespace
}  // namespace switchhook
