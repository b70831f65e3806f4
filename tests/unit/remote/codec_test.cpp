// SPDX-License-Identifier: Apache-2.0
// The link between the daemon and a provider's process: every command and every event comes out as
// it went in, and nothing else comes out of anything else.
#include "providers/remote/codec.hpp"

#include <gtest/gtest.h>

#include <random>

#include "api/describe/provider.hpp"
#include "tests/unit/rpc/samples.hpp"

namespace switchhook::remote {
namespace {

Result<ToChild> decode(View frame, const ToChild&) {
  return to_child(frame);
}
Result<ToDaemon> decode(View frame, const ToDaemon&) {
  return to_daemon(frame);
}

/// A frame without its length.
template <typename Message>
Bytes frame_of(const Message& message) {
  Bytes bytes;
  append(message, bytes);
  return {bytes.begin() + 4, bytes.end()};
}

template <typename Message, typename Value>
void expect_round_trip(const Value& value) {
  const Message message(value);
  const Bytes bytes = frame_of(message);
  const Result<Message> read = decode(bytes, message);
  ASSERT_TRUE(read);
  if constexpr (std::is_constructible_v<provider::Command, Value> &&
                std::is_same_v<Message, ToChild>) {
    EXPECT_TRUE(test::same(value, std::get<Value>(std::get<provider::Command>(*read))));
  } else {
    EXPECT_TRUE(test::same(value, std::get<Value>(std::get<provider::Event>(*read))));
  }
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(decode(View(bytes).first(cut), message)) << "cut at " << cut;
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode(longer, message));
}

template <typename Message, typename Variant, std::size_t... i>
void expect_all(std::index_sequence<i...>) {
  const auto one = []<typename Value>(Value value) {
    expect_round_trip<Message>(value);
    test::Filler()(value);
    expect_round_trip<Message>(value);
  };
  (one(std::variant_alternative_t<i, Variant>{}), ...);
}

TEST(RemoteCodec, EveryCommandComesOutAsItWentIn) {
  expect_all<ToChild, provider::Command>(
      std::make_index_sequence<std::variant_size_v<provider::Command>>());
}

TEST(RemoteCodec, EveryEventComesOutAsItWentIn) {
  expect_all<ToDaemon, provider::Event>(
      std::make_index_sequence<std::variant_size_v<provider::Event>>());
}

TEST(RemoteCodec, TheFirstFramesComeOutAsTheyWentIn) {
  const Result<ToChild> start = to_child(frame_of(ToChild(Start{"config", true})));
  ASSERT_TRUE(start);
  const Result<ToChild> inherit = to_child(frame_of(ToChild(Inherit{{{.number = 7}}})));
  ASSERT_TRUE(inherit);
  EXPECT_EQ(std::get<Inherit>(*inherit).orphans.at(0).number, 7u);
  EXPECT_EQ(std::get<Start>(*start).config, "config");
  EXPECT_TRUE(std::get<Start>(*start).keeps_recovery);
  const Result<ToDaemon> started =
      to_daemon(frame_of(ToDaemon(Started{Error{Errc::denied, "not here"}})));
  ASSERT_TRUE(started);
  EXPECT_TRUE(test::same(*std::get<Started>(*started).error, {Errc::denied, "not here"}));
}

TEST(RemoteCodec, ValuesThatDoNotExistAreRefused) {
  Bytes frame = frame_of(ToDaemon(provider::Event(provider::StateChanged{})));
  frame[10] = 16;  // a call state; kind, event and call come before it
  EXPECT_FALSE(to_daemon(frame));
  frame[10] = 15;
  EXPECT_TRUE(to_daemon(frame));
  frame[12] = 2;  // whether there is a cause
  EXPECT_FALSE(to_daemon(frame));
  frame[12] = 0;
  frame[1] = std::variant_size_v<provider::Event>;
  EXPECT_FALSE(to_daemon(frame));
  // No error has the number 0.
  Bytes error = frame_of(ToDaemon(Started{Error{Errc::failed, ""}}));
  error[2] = 0;
  EXPECT_FALSE(to_daemon(error));
}

TEST(RemoteCodec, WhatIsDamagedIsAValueOrAnErrorAndNothingElse) {
  std::mt19937 random(2026);  // NOLINT: the same each time
  provider::NewCall call;
  test::Filler()(call);
  const Bytes whole = frame_of(ToDaemon(provider::Event(call)));
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    Bytes damaged = whole;
    for (unsigned n = 1 + random() % 4; n-- > 0;)
      damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    damaged.resize(1 + random() % damaged.size());
    if (!to_daemon(damaged)) ++refused;
    static_cast<void>(to_child(damaged));
  }
  EXPECT_GT(refused, 10000);
}

TEST(RemoteFrames, ComeOutOfPiecesOfAnySize) {
  Bytes bytes;
  for (std::uint64_t token = 1; token <= 20; ++token)
    append(ToChild(provider::Command(provider::ReportLedger{token})), bytes);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    Frames frames;
    std::uint64_t seen = 0;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      frames.add(View(bytes).subspan(at, std::min(piece, bytes.size() - at)));
      while (true) {
        const Result<std::optional<View>> frame = frames.next();
        ASSERT_TRUE(frame);
        if (!*frame) break;
        const Result<ToChild> message = to_child(**frame);
        ASSERT_TRUE(message);
        EXPECT_EQ(std::get<provider::ReportLedger>(std::get<provider::Command>(*message)).token,
                  ++seen);
      }
    }
    EXPECT_EQ(seen, 20u);
  }
}

TEST(RemoteFrames, ALengthThatCannotBeIsAnError) {
  for (const Bytes& prefix : {Bytes{0, 0, 0, 0}, Bytes{1, 0, 0, 1}, Bytes{255, 255, 255, 255}}) {
    Frames frames;
    frames.add(prefix);
    EXPECT_FALSE(frames.next());
  }
}

}  // namespace
}  // namespace switchhook::remote
