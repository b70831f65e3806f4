// SPDX-License-Identifier: Apache-2.0
// Every value of the port survives the wire, and nothing that is not of the protocol gets through.
#include "rpc/codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "base/limits.hpp"
#include "tests/unit/rpc/repeated_part.hpp"
#include "tests/unit/rpc/samples.hpp"

namespace switchhook::rpc {
namespace {

using test::all_of;
using test::filled;
using test::same;

class Codec : public testing::Test {
 protected:
  template <typename What>
  Bytes encoded(const What& what) {
    Bytes bytes;
    encoder_.append(what, bytes);
    return bytes;
  }
  Bytes encoded(api::RequestId number, const api::Command& command) {
    Bytes bytes;
    const Result<void> good = encoder_.append(number, command, bytes);
    EXPECT_TRUE(good);
    return bytes;
  }
  template <typename Kind>
  Kind decoded(const Bytes& bytes) {
    const Result<std::size_t> length = frame_length(bytes, limits::kFrameBytes);
    EXPECT_TRUE(length && *length == bytes.size());
    Result<Frame> frame = decode(bytes);
    if (frame && std::holds_alternative<Kind>(*frame)) return std::get<Kind>(std::move(*frame));
    ADD_FAILURE() << (frame ? "another kind of frame" : frame.error().text());
    return {};
  }
  Encoder encoder_;
};

TEST_F(Codec, CarriesEveryCommand) {
  for (const api::Command& command : all_of<api::Command>()) {
    const Request request = decoded<Request>(encoded(4711, command));
    EXPECT_EQ(request.number, 4711u);
    ASSERT_TRUE(request.command) << command.index() << request.command.error().text();
    EXPECT_TRUE(same(*request.command, command)) << "command " << command.index();
  }
}

TEST_F(Codec, CarriesEveryCommandWithNothingButDefaults) {
  const Bytes bytes = encoded(1, api::MakeCall{});
  EXPECT_TRUE(same(*decoded<Request>(bytes).command, api::Command{api::MakeCall{}}));
  EXPECT_TRUE(same(*decoded<Request>(encoded(1, api::RecordQuery{})).command,
                   api::Command{api::RecordQuery{}}));
}

TEST_F(Codec, CarriesEveryValue) {
  for (const api::Value& value : all_of<api::Value>()) {
    const auto reply = decoded<api::Reply>(encoded(api::Reply{0x7fffffff, false, value}));
    EXPECT_EQ(reply.request, 0x7fffffffu);
    EXPECT_FALSE(reply.accepted_only);
    ASSERT_TRUE(reply.result) << value.index() << reply.result.error().text();
    EXPECT_TRUE(same(*reply.result, value)) << "value " << value.index();
  }
}

TEST_F(Codec, CarriesEveryEvent) {
  for (const api::Event& event : all_of<api::Event>()) {
    const auto got = decoded<api::Event>(encoded(event));
    EXPECT_TRUE(same(got, event)) << "event " << event.index();
  }
}

TEST_F(Codec, TellsAnAbsentPartFromAnEmptyOne) {
  const api::Event bare = api::CallStateChanged{.call = {5}, .state = CallState::ringback};
  EXPECT_TRUE(same(decoded<api::Event>(encoded(bare)), bare));
  api::CallStateChanged ended{.call = {5}, .state = CallState::idle};
  ended.cause = Cause{};
  ended.origin = EndOrigin::local_user;  // 0 on the wire, and yet there
  EXPECT_TRUE(same(decoded<api::Event>(encoded(api::Event{ended})), api::Event{ended}));
}

TEST_F(Codec, CarriesEveryErrorAndTheAcknowledgement) {
  for (std::uint16_t code = 1; words_of(static_cast<Errc>(code)) != "unknown error"; ++code) {
    const auto reply = decoded<api::Reply>(
        encoded(api::Reply{1, false, Error{static_cast<Errc>(code), "because"}}));
    ASSERT_FALSE(reply.result);
    EXPECT_EQ(reply.result.error().code, static_cast<Errc>(code));
    EXPECT_EQ(reply.result.error().context, "because");
  }
  EXPECT_TRUE(decoded<api::Reply>(encoded(api::Reply{1, true, api::Value{}})).accepted_only);
}

TEST_F(Codec, CarriesTheFramesOfTheConversation) {
  EXPECT_TRUE(same(decoded<Hello>(encoded(filled<Hello>())), filled<Hello>()));
  const auto ack =
      decoded<HelloAck>(encoded(HelloAck{2, {77}, 1234567890123456789, 42, "1.2.3", 5000, true}));
  EXPECT_EQ(ack.version, 2u);
  EXPECT_EQ(ack.application.value, 77u);
  EXPECT_EQ(ack.epoch, 1234567890123456789u);
  EXPECT_EQ(ack.process, 42u);
  EXPECT_EQ(ack.server, "1.2.3");
  EXPECT_EQ(ack.heartbeat_ms, 5000u);
  EXPECT_TRUE(ack.operator_rights);
  EXPECT_EQ(decoded<Ping>(encoded(Ping{9})).token, 9u);
  EXPECT_EQ(decoded<Pong>(encoded(Pong{9})).token, 9u);
  const Goodbye goodbye = decoded<Goodbye>(encoded(Goodbye{{Errc::denied, "the token"}}));
  EXPECT_EQ(goodbye.why.code, Errc::denied);
  EXPECT_EQ(goodbye.why.context, "the token");
}

TEST_F(Codec, KeepsRecordsForTheStore) {
  const auto record = filled<Record>();
  const Bytes bytes = encode_record(record);
  const Result<Record> got = decode_record(bytes);
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, record);
  EXPECT_EQ(*decode_record(encode_record(Record{})), Record{});
  for (std::size_t size = 0; size < bytes.size(); size += 8)
    EXPECT_FALSE(decode_record(View(bytes).first(size)).has_value()) << size;
}

TEST_F(Codec, KeepsZerosInTexts) {
  const std::string text("a\0b", 3);
  const auto got = decoded<api::Event>(encoded(api::Event{api::LineClosed{{1}, text}}));
  EXPECT_EQ(std::get<api::LineClosed>(got).why, text);
}

// ---- limits

TEST_F(Codec, NamesTheFieldThatIsTooLong) {
  const auto objection = [](const api::Command& command) {
    const Result<void> good = check(command);
    return good ? Error{Errc::failed, "none"} : good.error();
  };
  api::MakeCall call{.open = {1}, .address = std::string(limits::kAddressBytes + 1, '1')};
  EXPECT_EQ(objection(call).code, Errc::invalid_address);
  EXPECT_EQ(objection(call).context, "address has 1025 bytes, at most 1024 are allowed");
  call.address = "100";
  call.user_info.resize(limits::kUserInfoBytes + 1);
  EXPECT_EQ(objection(call).code, Errc::user_info_too_big);
  EXPECT_EQ(objection(api::SendDigits{{1}, std::string(300, '1')}).code, Errc::invalid_digits);
  EXPECT_EQ(objection(api::HandOff{{1}, std::string(300, 'x')}).context,
            "application has 300 bytes, at most 256 are allowed");
  EXPECT_EQ(objection(api::GetCall{{1}}).context, "none");
}

TEST_F(Codec, RefusesToEncodeWhatIsTooLong) {
  Bytes bytes;
  const Result<void> good =
      encoder_.append(1, api::MakeCall{.comment = std::string(100000, 'x')}, bytes);
  ASSERT_FALSE(good);
  EXPECT_EQ(good.error().code, Errc::invalid_argument);
  EXPECT_TRUE(bytes.empty());
}

TEST_F(Codec, CutsAListThatIsTooLongForOneFrame) {
  api::RecordPage page;
  page.records.resize(limits::kListEntries, filled<Record>());
  for (Record& record : page.records) {
    record.comment.assign(limits::kCommentBytes, 'c');
    record.parties.called.address.assign(limits::kAddressBytes, 'a');
    record.parties.calling.address.assign(limits::kAddressBytes, 'a');
    record.parties.connected.address.assign(limits::kAddressBytes, 'a');
  }
  const Bytes bytes = encoded(api::Reply{1, false, api::Value{page}});
  EXPECT_LE(bytes.size(), limits::kFrameBytes);
  const auto reply = decoded<api::Reply>(bytes);
  ASSERT_TRUE(reply.result);
  const auto& got = std::get<api::RecordPage>(*reply.result);
  EXPECT_TRUE(got.more);
  EXPECT_GT(got.records.size(), 100u);
  EXPECT_LT(got.records.size(), page.records.size());
  EXPECT_EQ(got.records.back(), page.records.front());
}

TEST_F(Codec, AnswersThatCannotBeCutBecomeAnError) {
  api::LineList list;
  list.lines.resize(5000, filled<LineInfo>());
  for (LineInfo& line : list.lines) line.status.assign(2000, 's');
  const auto reply = decoded<api::Reply>(encoded(api::Reply{3, false, api::Value{list}}));
  EXPECT_EQ(reply.request, 3u);
  ASSERT_FALSE(reply.result);
  EXPECT_EQ(reply.result.error().code, Errc::resource_unavailable);
  // And the encoder is as good as new.
  EXPECT_EQ(decoded<Ping>(encoded(Ping{1})).token, 1u);
}

TEST_F(Codec, FindsTheEndOfAFrame) {
  Bytes bytes = encoded(Ping{1});
  const std::size_t first = bytes.size();
  encoder_.append(Ping{2}, bytes);
  EXPECT_EQ(*frame_length(bytes, limits::kFrameBytes), first);
  EXPECT_EQ(*frame_length(View(bytes).first(3), limits::kFrameBytes), 0u);
  const Bytes great{0xff, 0xff, 0xff, 0x7f};
  ASSERT_FALSE(frame_length(great, limits::kFrameBytes));
  EXPECT_EQ(frame_length(great, limits::kFrameBytes).error().context,
            "a frame of 2147483647 bytes; at most 4194304 are allowed");
  EXPECT_FALSE(frame_length(Bytes{0, 0, 0, 0}, limits::kFrameBytes));
}

TEST_F(Codec, ReadsFramesAtAnyAddress) {
  const api::Event event = filled<api::CallStateChanged>();
  const Bytes bytes = encoded(event);
  for (std::size_t offset = 0; offset < 8; ++offset) {
    Bytes shifted(offset, 0);
    shifted.insert(shifted.end(), bytes.begin(), bytes.end());
    Result<Frame> frame = decode(View(shifted).subspan(offset));
    ASSERT_TRUE(frame) << offset;
    EXPECT_TRUE(same(std::get<api::Event>(*frame), event)) << offset;
  }
}

// ---- who may say what

Error refusal(View bytes, Sender sender) {
  const Result<Frame> frame = decode(bytes, sender);
  return frame ? Error{Errc::failed, "it was read"} : frame.error();
}

TEST_F(Codec, AnApplicationIsNotReadWhereOnlyTheDaemonSpeaks) {
  std::vector<Bytes> daemons;
  for (const auto& value : all_of<api::Value>())
    daemons.push_back(encoded(api::Reply{1, false, value}));
  for (const auto& event : all_of<api::Event>()) daemons.push_back(encoded(event));
  daemons.push_back(encoded(HelloAck{}));
  for (const Bytes& frame : daemons) {
    EXPECT_EQ(refusal(frame, Sender::application).context, "a frame that only the daemon sends");
    EXPECT_TRUE(decode(frame, Sender::daemon));
  }
}

TEST_F(Codec, ADaemonIsNotReadWhereOnlyAnApplicationSpeaks) {
  std::vector<Bytes> applications;
  for (const auto& command : all_of<api::Command>()) applications.push_back(encoded(1, command));
  applications.push_back(encoded(filled<Hello>()));
  for (const Bytes& frame : applications) {
    EXPECT_EQ(refusal(frame, Sender::daemon).context, "a frame that only an application sends");
    EXPECT_TRUE(decode(frame, Sender::application));
  }
}

TEST_F(Codec, BothSidesPingAcknowledgeAndSayGoodbye) {
  for (const Bytes& frame : {encoded(Ping{1}), encoded(Pong{1}), encoded(Ack{1}),
                             encoded(Goodbye{{Errc::failed, "x"}})}) {
    EXPECT_TRUE(decode(frame, Sender::application));
    EXPECT_TRUE(decode(frame, Sender::daemon));
    EXPECT_EQ(refusal(frame, Sender::stranger).context, "the first frame has to be a hello");
  }
}

/// What follows the kind is not looked at: it need not even be well-formed.
TEST_F(Codec, AStrangersFrameIsRefusedByItsKind) {
  Bytes frame = encoded(1, api::Restore{.openings = {{.line = "a line"}}, .calls = {}});
  const std::string name = "a line";
  const auto text = std::search(frame.begin(), frame.end(), name.begin(), name.end());
  ASSERT_NE(text, frame.end());
  *(text - 1) = 0xff;  // its length
  EXPECT_EQ(refusal(frame, Sender::application).context, "a frame that is not well-formed");
  EXPECT_EQ(refusal(frame, Sender::stranger).context, "the first frame has to be a hello");
  EXPECT_TRUE(decode(encoded(filled<Hello>()), Sender::stranger));
}

// ---- what a frame may make

TEST_F(Codec, AFrameThatNamesOnePartManyTimesIsNotCopied) {
  for (const std::size_t count : {std::size_t{100}, limits::kLineOpenings}) {
    const Bytes frame = test::repeated_opening(count, 3u << 20);
    ASSERT_LE(frame.size(), limits::kFrameBytes);
    // A command's text has a limit of its own, which its first copy meets.
    const Result<Frame> read = decode(frame, Sender::application);
    ASSERT_TRUE(read);
    const Error& why = std::get<Request>(*read).command.error();
    EXPECT_EQ(why.code, Errc::invalid_argument);
    EXPECT_EQ(why.context, "openings.line has 3145728 bytes, at most 256 are allowed");
  }
  EXPECT_EQ(refusal(test::repeated_line(100000, 3u << 20), Sender::daemon).context,
            "a frame that says more than a frame can hold");
  EXPECT_FALSE(decode(test::repeated_opening(250000, 3u << 20)));
  EXPECT_FALSE(decode(test::repeated_line(250000, 3u << 20)));
}

TEST_F(Codec, ASmallFrameMakesLittle) {
  const Bytes frame = test::repeated_line(400, 2000);
  EXPECT_LT(frame.size(), limits::kHelloBytes);
  EXPECT_EQ(refusal(frame, Sender::daemon).context, "a frame that says more than a frame can hold");
  // In measure it is read as if it had been written out.
  const Result<Frame> good = decode(test::repeated_opening(400, 20));
  ASSERT_TRUE(good);
  const auto& request = std::get<Request>(*good);
  ASSERT_TRUE(request.command) << request.command.error().text();
  EXPECT_EQ(std::get<api::Restore>(*request.command).openings.size(), 400u);
}

TEST_F(Codec, AListThatIsTooLongIsNotRead) {
  const Result<Frame> restore = decode(test::repeated_opening(limits::kLineOpenings + 1, 1));
  ASSERT_TRUE(restore);
  const Error& why = std::get<Request>(*restore).command.error();
  EXPECT_EQ(why.code, Errc::invalid_argument);
  EXPECT_EQ(why.context, "openings has 4097 entries, at most 4096 are allowed");
  const Result<Frame> leaks = decode(test::repeated_leak(limits::kListEntries + 1, 1));
  ASSERT_TRUE(leaks);
  EXPECT_EQ(std::get<api::Reply>(*leaks).result.error().context,
            "leaks has 1001 entries, at most 1000 are allowed");
}

// ---- what is not of the protocol

/// Changes one byte, to each of a few values, in turn.
template <typename Try>
void with_each_byte_changed(const Bytes& bytes, std::mt19937& random, Try attempt) {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (const std::uint8_t with :
         {std::uint8_t{0}, std::uint8_t{0xff}, static_cast<std::uint8_t>(random()),
          static_cast<std::uint8_t>(bytes[i] ^ 1u << (random() % 8))}) {
      Bytes changed = bytes;
      changed[i] = with;
      attempt(changed);
    }
}

/// Whatever was changed: an error, or a frame that can be encoded again. Never a crash; the
/// sanitizers watch.
void expect_clean(const Bytes& bytes) {
  const Result<Frame> frame = decode(bytes);
  if (!frame) {
    EXPECT_EQ(frame.error().code, Errc::malformed);
    EXPECT_FALSE(frame.error().context.empty());
    return;
  }
  Encoder encoder;
  Bytes again;
  if (const auto* request = std::get_if<Request>(&*frame)) {
    if (request->command) {
      EXPECT_TRUE(encoder.append(1, *request->command, again));
    } else {
      EXPECT_NE(words_of(request->command.error().code), "unknown error");
    }
  } else if (const auto* reply = std::get_if<api::Reply>(&*frame)) {
    encoder.append(*reply, again);
  } else if (const auto* event = std::get_if<api::Event>(&*frame)) {
    encoder.append(*event, again);
  }
}

class Garbage : public Codec {
 protected:
  std::mt19937 random_{20240229};
  std::vector<Bytes> frames() {
    std::vector<Bytes> all;
    for (const auto& command : all_of<api::Command>()) all.push_back(encoded(1, command));
    for (const auto& value : all_of<api::Value>())
      all.push_back(encoded(api::Reply{1, false, value}));
    for (const auto& event : all_of<api::Event>()) all.push_back(encoded(event));
    all.push_back(encoded(filled<Hello>()));
    all.push_back(encoded(HelloAck{}));
    all.push_back(encoded(Goodbye{{Errc::failed, "x"}}));
    return all;
  }
};

TEST_F(Garbage, ChangedBytesGiveAnErrorOrAFrame) {
  for (const Bytes& frame : frames()) with_each_byte_changed(frame, random_, expect_clean);
}

TEST_F(Garbage, CutFramesGiveAnError) {
  for (const Bytes& frame : frames())
    for (std::size_t size = 0; size < frame.size(); ++size)
      EXPECT_FALSE(decode(View(frame).first(size)).has_value());
}

TEST_F(Garbage, CutFramesThatClaimToBeWholeAreClean) {
  for (const Bytes& frame : frames())
    for (std::size_t size = 8; size < frame.size(); size += 4) {
      Bytes cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
      const auto claim = static_cast<std::uint32_t>(size - 4);
      std::memcpy(cut.data(), &claim, sizeof claim);
      expect_clean(cut);
    }
}

TEST_F(Garbage, ManyChangesAtOnceAreClean) {
  const std::vector<Bytes> all = frames();
  for (int round = 0; round < 20000; ++round) {
    Bytes frame = all[random_() % all.size()];
    for (unsigned i = 0, n = 1 + random_() % 8; i < n; ++i)
      frame[random_() % frame.size()] = static_cast<std::uint8_t>(random_());
    expect_clean(frame);
  }
}

TEST_F(Garbage, NoiseIsRefused) {
  for (int round = 0; round < 20000; ++round) {
    Bytes noise(random_() % 200);
    for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random_());
    expect_clean(noise);
  }
}

}  // namespace
}  // namespace switchhook::rpc
