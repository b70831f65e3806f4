// SPDX-License-Identifier: Apache-2.0
#pragma once

// A program with the client library of version 0.9: its frames were recorded
// (tests/unit/rpc/recorded); only the identifiers in them are those that it is given here. Threads: the
// test's.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>

#include "base/limits.hpp"
#include "tests/support/raw_connection.hpp"

namespace switchhook::test {

class OldClient {
 public:
  explicit OldClient(const std::string& socket) : connection_(socket) {
    std::ifstream file(std::string(SWITCHHOOK_RECORDED) + "/client.bin", std::ios::binary);
    frames_.assign(std::istreambuf_iterator<char>(file), {});
  }

  /// Places a call to 200, looks at it, ends it, releases it and leaves.
  void place_a_call_and_end_it() {
    send_next();
    std::optional<rpc::Frame> welcome = connection_.read();
    ASSERT_TRUE(welcome && std::holds_alternative<rpc::HelloAck>(*welcome));
    EXPECT_EQ(std::get<rpc::HelloAck>(*welcome).version, 1u);

    send_next();
    const api::Reply lines = completed(1);
    ASSERT_TRUE(lines.result);
    EXPECT_FALSE(std::get<api::LineList>(*lines.result).lines.empty());
    send_next();
    const api::Reply opened = completed(2);
    ASSERT_TRUE(opened.result) << opened.result.error().text();
    open_ = std::get<api::OpenedLine>(*opened.result).open;
    send_next();
    const api::Reply made = completed(3);
    ASSERT_TRUE(made.result) << made.result.error().text();
    call_ = std::get<api::MadeCall>(*made.result).call;
    send_next();
    const api::Reply looked = completed(4);
    ASSERT_TRUE(looked.result) << looked.result.error().text();
    const auto& snapshot = std::get<api::CallSnapshot>(*looked.result);
    EXPECT_EQ(snapshot.call, call_);
    EXPECT_EQ(snapshot.record.comment, "from of old");
    EXPECT_EQ(snapshot.record.parties.called.address, "200");
    for (api::RequestId number = 5; number <= 8; ++number) {  // drop, release, close, shut down
      send_next();
      const api::Reply done = completed(number);
      EXPECT_TRUE(done.result) << number << ": " << done.result.error().text();
    }
    EXPECT_TRUE(frames_.empty());
  }

 private:
  /// Sends the next frame, with identifiers of today in the place of those of then.
  void send_next() {
    const Result<std::size_t> length = rpc::frame_length(frames_, limits::kFrameBytes);
    ASSERT_TRUE(length && *length != 0 && *length <= frames_.size());
    rpc::Bytes frame(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(*length));
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(*length));
    put(frame, 0x1122334455667788, open_.value);
    put(frame, 0x2233445566778899, call_.value);
    connection_.send(frame);
  }
  /// What completes the request; events between are passed over.
  api::Reply completed(api::RequestId number) {
    while (std::optional<rpc::Frame> frame = connection_.read())
      if (const auto* reply = std::get_if<api::Reply>(&*frame))
        if (reply->request == number && !reply->accepted_only) return *reply;
    ADD_FAILURE() << "request " << number << " was not completed";
    return {};
  }
  static void put(rpc::Bytes& frame, std::uint64_t then, std::uint64_t now) {
    const auto bytes_of = [](std::uint64_t number) {
      std::array<std::uint8_t, 8> bytes{};
      for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
      return bytes;
    };
    const auto old = bytes_of(then), fresh = bytes_of(now);
    const auto at = std::search(frame.begin(), frame.end(), old.begin(), old.end());
    if (at != frame.end()) std::copy(fresh.begin(), fresh.end(), at);
  }

  RawConnection connection_;
  rpc::Bytes frames_;
  api::OpenId open_;
  api::CallId call_;
};

}  // namespace switchhook::test
