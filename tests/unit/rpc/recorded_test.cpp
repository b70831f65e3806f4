// SPDX-License-Identifier: Apache-2.0
// The bytes of frames do not change. The files beside this one were written by version 0.9's own
// encoder, which wrote each table by hand, of the samples of then: no field with its default, all
// with it, and random ones.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/limits.hpp"
#include "rpc/codec.hpp"
#include "tests/unit/rpc/samples.hpp"

namespace switchhook::rpc {
namespace {

Bytes contents(const char* name) {
  std::ifstream file(std::string(SWITCHHOOK_RECORDED) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Bytes> recorded_frames() {
  const Bytes all = contents("frames.bin");
  std::vector<Bytes> frames;
  View rest(all);
  while (!rest.empty()) {
    const Result<std::size_t> length = frame_length(rest, limits::kFrameBytes);
    if (!length || *length == 0 || *length > rest.size()) {
      ADD_FAILURE() << "after " << frames.size() << " frames";
      break;
    }
    frames.emplace_back(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(*length));
    rest = rest.subspan(*length);
  }
  return frames;
}

/// A frame as it is written today.
struct Again {
  Encoder& encoder;
  Bytes& out;
  void operator()(const Request& request) {
    ASSERT_TRUE(request.command) << request.command.error().text();
    EXPECT_TRUE(encoder.append(request.number, *request.command, out));
  }
  void operator()(const UnknownFrame&) { FAIL() << "an unknown frame"; }
  template <typename T>
  void operator()(const T& frame) {
    encoder.append(frame, out);
  }
};

TEST(RecordedFrames, AreReadAndWrittenByteByByte) {
  Encoder encoder;
  std::map<std::string, std::size_t> kinds;
  for (const Bytes& frame : recorded_frames()) {
    const Result<Frame> read = decode(frame);
    ASSERT_TRUE(read) << read.error().text();
    Bytes again;
    std::visit(Again{encoder, again}, *read);
    EXPECT_EQ(again, frame);
    std::string kind = std::to_string(read->index());
    if (const auto* request = std::get_if<Request>(&*read))
      kind += " command " + std::to_string(request->command->index());
    if (const auto* reply = std::get_if<api::Reply>(&*read))
      kind += reply->result ? " value " + std::to_string(reply->result->index()) : " error";
    if (const auto* event = std::get_if<api::Event>(&*read))
      kind += " event " + std::to_string(event->index());
    ++kinds[kind];
  }
  // Every kind of that version: 28 commands, 13 values and an error, 12 events, 6 others.
  EXPECT_EQ(kinds.size(), 60u);
}

/// The samples of today, without the fields that came later.
TEST(RecordedFrames, SayWhatTheSamplesSay) {
  const std::vector<Bytes> frames = recorded_frames();
  Encoder encoder;
  std::size_t next = 0;
  for (const api::Command& command : test::all_of<api::Command>(test::Fields::recorded)) {
    if (command.index() == test::kRecordedCommands) break;  // these came later
    Bytes bytes;
    ASSERT_TRUE(encoder.append(1, command, bytes));
    ASSERT_LT(next, frames.size());
    EXPECT_EQ(bytes, frames[next++]) << "command " << command.index();
  }
  for (const api::Value& value : test::all_of<api::Value>(test::Fields::recorded)) {
    if (value.index() == test::kRecordedValues) break;
    Bytes bytes;
    encoder.append(api::Reply{1, false, value}, bytes);
    ASSERT_LT(next, frames.size());
    EXPECT_EQ(bytes, frames[next++]) << "value " << value.index();
  }
  for (const api::Event& event : test::all_of<api::Event>(test::Fields::recorded)) {
    if (event.index() == test::kRecordedEvents) break;
    Bytes bytes;
    encoder.append(event, bytes);
    ASSERT_LT(next, frames.size());
    EXPECT_EQ(bytes, frames[next++]) << "event " << event.index();
  }
}

TEST(RecordedFrames, OfTheStoreAreTheSame) {
  const Bytes bytes = contents("record.bin");
  const Result<Record> record = decode_record(bytes);
  ASSERT_TRUE(record) << record.error().text();
  EXPECT_EQ(*record, test::filled<Record>(test::Fields::recorded));
  EXPECT_EQ(encode_record(*record), bytes);
}

}  // namespace
}  // namespace switchhook::rpc
