// SPDX-License-Identifier: Apache-2.0
// What is not of the protocol is answered with one clear error, and hurts nobody else.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "base/limits.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/test_client.hpp"
#include "tests/unit/rpc/repeated_part.hpp"
#include "tests/unit/rpc/samples.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::eventually;
using test::RawConnection;
using test::TestClient;

class Hostile : public testing::Test {
 protected:
  /// A call of somebody else goes on, whatever happens beside it.
  void SetUp() override {
    call_ = other_.call(other_.open("100"), "200");
    ASSERT_TRUE(other_.reaches(call_, CallState::connected));
  }
  void TearDown() override {
    const auto snapshot = other_.look(call_);
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->record.state, CallState::connected);
    EXPECT_TRUE(eventually([&] { return other_.status().applications == 1; }));
  }
  std::unique_ptr<RawConnection> greeted() {
    auto connection = std::make_unique<RawConnection>(daemon_.socket());
    connection->greet("hostile");
    return connection;
  }

  DaemonProcess daemon_;
  TestClient other_{daemon_.socket(), "other"};
  api::CallId call_;
};

TEST_F(Hostile, GarbageAfterTheHello) {
  const auto connection = greeted();
  rpc::Bytes garbage(64, 0xa5);
  garbage[0] = 60;
  garbage[1] = garbage[2] = garbage[3] = 0;
  connection->send(garbage);
  const auto why = connection->goodbye();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, Errc::malformed);
  EXPECT_EQ(why->context, "a frame that is not well-formed");
  EXPECT_TRUE(connection->closed_by_peer());
}

TEST_F(Hostile, GarbageInsteadOfAHello) {
  RawConnection http(daemon_.socket());
  const std::string text = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  http.send(rpc::Bytes(text.begin(), text.end()));
  const auto why = http.goodbye();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, Errc::malformed);
  EXPECT_TRUE(http.closed_by_peer());
}

TEST_F(Hostile, AFrameThatIsTooLong) {
  const auto connection = greeted();
  connection->send(rpc::Bytes{0, 0, 0, 0x10, 1, 2, 3, 4});
  const auto why = connection->goodbye();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->context, "a frame of 268435456 bytes; at most 4194304 are allowed");
}

TEST_F(Hostile, AGreatFrameBeforeTheHello) {
  RawConnection connection(daemon_.socket());
  connection.send(rpc::Bytes{0, 0, 1, 0});
  EXPECT_EQ(connection.goodbye()->context, "a frame of 65536 bytes; at most 4096 are allowed");
}

TEST_F(Hostile, AFrameOnlyTheDaemonSends) {
  const auto connection = greeted();
  rpc::Encoder encoder;
  rpc::Bytes bytes;
  encoder.append(api::Event{api::LineAppeared{1}}, bytes);
  connection->send(bytes);
  EXPECT_EQ(connection->goodbye()->context, "a frame that only the daemon sends");
}

/// The daemon takes no time over it: what is asked next on another connection is answered at once.
TEST_F(Hostile, AFrameThatNamesOnePartManyTimes) {
  for (const std::size_t count : {std::size_t{250000}, limits::kLineOpenings}) {
    const auto connection = greeted();
    connection->send(test::repeated_opening(count, 3u << 20));
    const auto start = std::chrono::steady_clock::now();
    EXPECT_GE(other_.status().applications, 1u);
    const auto frame = connection->read();
    ASSERT_TRUE(frame) << count;
    if (const auto* reply = std::get_if<api::Reply>(&*frame)) {
      EXPECT_EQ(reply->result.error().code, Errc::invalid_argument);
    } else {
      EXPECT_EQ(std::get<rpc::Goodbye>(*frame).why.code, Errc::malformed);
      EXPECT_TRUE(connection->closed_by_peer());
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  }
}

TEST_F(Hostile, NothingButAHelloIsReadBeforeTheHello) {
  RawConnection connection(daemon_.socket());
  const rpc::Bytes frame = test::repeated_opening(400, 2000);
  ASSERT_LT(frame.size(), limits::kHelloBytes);
  connection.send(frame);
  EXPECT_EQ(connection.goodbye()->context, "the first frame has to be a hello");
  EXPECT_TRUE(connection.closed_by_peer());
}

TEST_F(Hostile, AFieldThatIsTooLongIsAnswered) {
  // The library refuses to send it; so a frame with room is made, and the text in it lengthened.
  const auto connection = greeted();
  rpc::Encoder encoder;
  rpc::Bytes bytes;
  const std::string digits(limits::kDigits, '5');
  ASSERT_TRUE(encoder.append(7, api::SendDigits{.call = {1}, .digits = digits}, bytes));
  const auto at = std::search(bytes.begin(), bytes.end(), digits.begin(), digits.end());
  ASSERT_NE(at, bytes.end());
  const std::uint32_t length = limits::kDigits + 1;
  // One byte more is the terminating zero; what follows must be zero again, or it is malformed.
  std::memcpy(&*at - 4, &length, sizeof length);
  connection->send(bytes);
  const auto frame = connection->read();
  ASSERT_TRUE(frame);
  if (const auto* reply = std::get_if<api::Reply>(&*frame)) {
    EXPECT_EQ(reply->request, 7u);
    ASSERT_FALSE(reply->result);
    EXPECT_EQ(reply->result.error().code, Errc::invalid_digits);
    EXPECT_EQ(reply->result.error().context, "digits has 257 bytes, at most 256 are allowed");
    connection->send(8, api::ListLines{});  // and the connection goes on
    EXPECT_TRUE(connection->read());
  } else {
    EXPECT_EQ(std::get<rpc::Goodbye>(*frame).why.code, Errc::malformed);
  }
}

TEST_F(Hostile, HandlesThatWereNeverIssued) {
  const auto connection = greeted();
  std::mt19937_64 random(7);
  std::uint32_t number = 0;
  for (int round = 0; round < 50; ++round)
    for (const auto& command : test::all_of<api::Command>()) {
      if (std::holds_alternative<api::ShutDown>(command)) continue;
      connection->send(++number, command);
    }
  std::uint32_t answered = 0;
  while (answered < number) {
    const auto frame = connection->read();
    ASSERT_TRUE(frame) << answered << " of " << number;
    const auto* reply = std::get_if<api::Reply>(&*frame);
    if (reply != nullptr && !reply->accepted_only) ++answered;
  }
}

TEST_F(Hostile, SomebodyElsesHandles) {
  const auto connection = greeted();
  connection->send(1, api::DropCall{.call = call_});
  connection->send(2, api::ReleaseCall{call_});
  connection->send(3, api::GetCall{call_});
  for (std::uint32_t i = 1; i <= 3; ++i) {
    const auto frame = connection->read();
    ASSERT_TRUE(frame);
    const auto& reply = std::get<api::Reply>(*frame);
    EXPECT_EQ(reply.request, i);
    ASSERT_FALSE(reply.result);
    EXPECT_EQ(reply.result.error().code, Errc::stale_handle);
  }
}

TEST_F(Hostile, RequestNumbersThatAreNone) {
  const auto connection = greeted();
  for (const api::RequestId number : {0u, 0x80000000u, 0xffffffffu}) {
    connection->send(number, api::ListLines{});
    const auto frame = connection->read();
    ASSERT_TRUE(frame);
    const auto& reply = std::get<api::Reply>(*frame);
    EXPECT_EQ(reply.request, number);
    ASSERT_FALSE(reply.result);
    EXPECT_EQ(reply.result.error().code, Errc::invalid_argument);
  }
}

TEST_F(Hostile, ConnectionsThatComeAndGo) {
  std::mt19937 random(11);
  for (int i = 0; i < 300; ++i) {
    RawConnection connection(daemon_.socket());
    if (i % 3 == 0) continue;
    if (i % 3 == 1) {
      rpc::Bytes noise(random() % 300);
      for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
      connection.send(noise);
    } else {
      connection.send(rpc::Hello{.application = "brief"});
    }
  }
}

TEST_F(Hostile, ChangedFramesAfterTheHello) {
  std::mt19937 random(13);
  std::vector<rpc::Bytes> frames;
  for (const auto& command : test::all_of<api::Command>()) {
    rpc::Encoder encoder;
    frames.emplace_back();
    ASSERT_TRUE(encoder.append(1, command, frames.back()));
  }
  for (int i = 0; i < 400; ++i) {
    const auto connection = greeted();
    for (int n = 0; n < 20; ++n) {
      rpc::Bytes frame = frames[random() % frames.size()];
      frame[4 + random() % (frame.size() - 4)] = static_cast<std::uint8_t>(random());
      connection->send(frame);
    }
  }
}

}  // namespace
}  // namespace switchhook
