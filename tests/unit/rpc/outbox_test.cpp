// SPDX-License-Identifier: Apache-2.0
// A slow reader never grows the daemon without limit, and learns what it missed.
#include "rpc/outbox.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace switchhook::rpc {
namespace {

class OutboxTest : public testing::Test {
 protected:
  /// Reads as an application does, `count` frames or all.
  std::vector<Frame> read(std::size_t count = SIZE_MAX) {
    std::vector<Frame> frames;
    while (frames.size() < count && !outbox_.pending().empty()) {
      const View pending = outbox_.pending();
      const std::size_t length = *frame_length(pending, limits::kFrameBytes);
      frames.push_back(*decode(pending.first(length)));
      outbox_.sent(length);
    }
    return frames;
  }
  void state(std::uint64_t call) {
    outbox_.event(api::CallStateChanged{.call = {call}, .state = CallState::connected});
  }
  void info(std::uint64_t call, std::uint32_t what) {
    outbox_.event(api::CallInfoChanged{{call}, what});
  }
  void digit(char c) { outbox_.event(api::DigitReceived{.call = {1}, .digit = c}); }
  /// The application stops reading.
  void stall() {
    while (!outbox_.congested()) state(1);
    stalled_ = true;
  }
  template <typename Kind>
  static std::vector<Kind> events(const std::vector<Frame>& frames) {
    std::vector<Kind> found;
    for (const Frame& frame : frames)
      if (const auto* event = std::get_if<api::Event>(&frame))
        if (const auto* kind = std::get_if<Kind>(event)) found.push_back(*kind);
    return found;
  }

  Encoder encoder_;
  Outbox outbox_{encoder_};
  bool stalled_ = false;
};

TEST_F(OutboxTest, KeepsRepliesAndEventsInOneOrderAcrossTheWaiting) {
  stall();
  for (std::uint32_t i = 1; i <= 100; ++i) {
    outbox_.event(api::LineAppeared{i});
    outbox_.reply({i, false, api::Value{}});
  }
  std::uint32_t expected_event = 1, expected_reply = 1;
  for (const Frame& frame : read()) {
    if (const auto* reply = std::get_if<api::Reply>(&frame)) {
      EXPECT_EQ(reply->request, expected_reply++);
      EXPECT_EQ(expected_event, expected_reply);
    } else if (const auto* appeared =
                   std::get_if<api::LineAppeared>(&std::get<api::Event>(frame))) {
      EXPECT_EQ(appeared->line, expected_event++);
    }
  }
  EXPECT_EQ(expected_reply, 101u);
  EXPECT_EQ(outbox_.waiting(), 0u);
}

TEST_F(OutboxTest, MergesWhatALaterEventSaysAgain) {
  stall();
  for (int i = 0; i < 1000; ++i) {
    info(7, api::change::kParties);
    info(7, api::change::kUserInfo);
    info(8, api::change::kMedia);
    outbox_.event(api::LineChanged{{9}, api::LineChange::calls, static_cast<std::uint32_t>(i)});
    outbox_.event(api::LineChanged{{9}, api::LineChange::opened, 1});
  }
  EXPECT_EQ(outbox_.waiting(), 4u);
  EXPECT_EQ(outbox_.dropped(), 0u);
  const std::vector<Frame> frames = read();
  const auto infos = events<api::CallInfoChanged>(frames);
  ASSERT_EQ(infos.size(), 2u);
  EXPECT_EQ(infos[0].what, api::change::kParties | api::change::kUserInfo);
  EXPECT_EQ(infos[1].what, api::change::kMedia);
  const auto lines = events<api::LineChanged>(frames);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].count, 999u);
  EXPECT_TRUE(events<api::EventsLost>(frames).empty());
}

TEST_F(OutboxTest, DoesNotMergeIntoWhatWasSentAlready) {
  stall();
  info(7, api::change::kParties);
  read();
  stall();
  info(7, api::change::kUserInfo);
  const auto infos = events<api::CallInfoChanged>(read());
  ASSERT_EQ(infos.size(), 1u);
  EXPECT_EQ(infos[0].what, api::change::kUserInfo);
}

TEST_F(OutboxTest, DropsWhatCanBeDoneWithoutAndSaysHowMuch) {
  stall();
  while (outbox_.dropped() == 0) digit('1');
  const std::size_t waiting = outbox_.waiting();
  for (int i = 0; i < 99; ++i) digit('2');
  EXPECT_EQ(outbox_.dropped(), 100u);
  EXPECT_EQ(outbox_.waiting(), waiting);
  state(4711);  // kept all the same
  EXPECT_FALSE(outbox_.overflown());

  const std::vector<Frame> frames = read();
  const auto lost = events<api::EventsLost>(frames);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].count, 100u);
  EXPECT_EQ(events<api::CallStateChanged>(frames).back().call.value, 4711u);
  // The count is of those that were lost since it was last said.
  digit('3');
  EXPECT_EQ(events<api::DigitReceived>(read()).back().digit, '3');
}

TEST_F(OutboxTest, OverflowsWhenEvenStatesAreTooMany) {
  stall();
  std::size_t states = 0;
  while (!outbox_.overflown() && states <= 2 * limits::kEventsQueued) {
    state(++states);
  }
  EXPECT_TRUE(outbox_.overflown());
  EXPECT_LE(outbox_.waiting(), limits::kEventsQueued);
  EXPECT_LE(outbox_.pending().size(), 2 * limits::kOutputBytes);
}

TEST_F(OutboxTest, OverflowsByBytesToo) {
  stall();
  for (int i = 0; i < 200000 && !outbox_.overflown(); ++i)
    outbox_.event(api::LineClosed{{1}, std::string(4000, 'w')});
  EXPECT_TRUE(outbox_.overflown());
  EXPECT_LT(outbox_.waiting() * 4000, limits::kEventBytes);
}

TEST_F(OutboxTest, SendsAGoodbyeAfterWhatIsOnItsWay) {
  stall();
  for (int i = 0; i < 10; ++i) state(2);
  outbox_.forget_waiting();
  outbox_.control(Goodbye{{Errc::overloaded, "enough"}});
  const std::vector<Frame> frames = read();
  ASSERT_FALSE(frames.empty());
  EXPECT_TRUE(std::holds_alternative<Goodbye>(frames.back()));
}

TEST_F(OutboxTest, IsCongestedUntilItsReaderReads) {
  EXPECT_FALSE(outbox_.congested());
  api::LineList great;
  great.lines.resize(3000);
  for (LineInfo& line : great.lines) line.status.assign(100, 's');
  outbox_.reply({1, false, api::Value{great}});
  EXPECT_TRUE(outbox_.congested());
  read();
  EXPECT_FALSE(outbox_.congested());
}

TEST_F(OutboxTest, KeepsSoManyMessagesOfATraceAndCountsWhatItLeavesOut) {
  stall();
  TracedMessage message;
  message.text = "a message";
  for (std::size_t i = 0; i < limits::kTracesQueued + 3; ++i) outbox_.event(TracedMessage(message));
  EXPECT_EQ(outbox_.dropped(), 3u);
  EXPECT_FALSE(outbox_.overflown());
  EXPECT_EQ(events<TracedMessage>(read()).size(), limits::kTracesQueued);
  message.missed = 4;  // on its way to here
  outbox_.event(TracedMessage(message));
  const auto next = events<TracedMessage>(read());
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].missed, 7u);
}

}  // namespace
}  // namespace switchhook::rpc
