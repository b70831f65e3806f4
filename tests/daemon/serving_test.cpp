// SPDX-License-Identifier: Apache-2.0
// Requests, replies and events of applications that behave, and of one that does not read.
#include <gtest/gtest.h>

#include <future>
#include <set>
#include <thread>

#include "base/limits.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/process_memory.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::eventually;
using test::RawConnection;
using test::resident_kib;
using test::TestClient;

TEST(Serving, ACallFromEndToEnd) {
  DaemonProcess daemon;
  TestClient client(daemon.socket(), "caller");
  const api::CallId call = client.call(client.open("100"), "200");
  EXPECT_TRUE(client.reaches(call, CallState::connected));
  ASSERT_TRUE(client.port().call(api::DropCall{.call = call}));
  EXPECT_TRUE(client.reaches(call, CallState::idle));
  const auto after = client.look(call);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->record.state, CallState::idle);
  ASSERT_TRUE(after->record.end);
  EXPECT_EQ(after->record.end->origin, EndOrigin::local_user);
  ASSERT_TRUE(client.port().call(api::ReleaseCall{call}));
  EXPECT_EQ(client.look(call).error().code, Errc::stale_handle);
  const auto records = client.records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].session, after->record.session);
  EXPECT_TRUE(client.audit().all_zero());
  const api::ServiceStatus status = client.status();
  EXPECT_EQ(std::to_string(status.process), daemon.field("pid"));
  EXPECT_EQ(status.socket, daemon.socket());
  EXPECT_EQ(status.store, daemon.store());
  EXPECT_EQ(status.records_written, 1u);
}

TEST(Serving, AUnknownLineIsAnError) {
  DaemonProcess daemon;
  TestClient client(daemon.socket(), "caller");
  const auto opened = client.port().call(api::OpenLine{.line = 4711, .privileges = 4});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::no_such_line);
}

TEST(Serving, AThousandRequestsInOneGoAreAnsweredInOrder) {
  DaemonProcess daemon;
  RawConnection connection(daemon.socket());
  connection.greet("pipelining");
  rpc::Encoder encoder;
  rpc::Bytes all;
  for (std::uint32_t i = 1; i <= 1000; ++i)
    ASSERT_TRUE(encoder.append(i, api::GetLineStatus{i % 4}, all));
  connection.send(all);
  for (std::uint32_t i = 1; i <= 1000; ++i) {
    const auto frame = connection.read();
    ASSERT_TRUE(frame) << i;
    const auto& reply = std::get<api::Reply>(*frame);
    EXPECT_EQ(reply.request, i);
    EXPECT_TRUE(reply.result);
  }
}

TEST(Serving, FramesMayComeInPieces) {
  DaemonProcess daemon;
  RawConnection connection(daemon.socket());
  connection.greet("dribbling");
  rpc::Encoder encoder;
  rpc::Bytes all;
  for (std::uint32_t i = 1; i <= 20; ++i) ASSERT_TRUE(encoder.append(i, api::ListLines{}, all));
  for (const std::uint8_t byte : all) connection.send(rpc::Bytes{byte});
  for (std::uint32_t i = 1; i <= 20; ++i) {
    const auto frame = connection.read();
    ASSERT_TRUE(frame) << i;
    EXPECT_EQ(std::get<api::Reply>(*frame).request, i);
  }
}

TEST(Serving, ManyThreadsOfOneProgramShareAConnection) {
  DaemonProcess daemon;
  TestClient client(daemon.socket(), "threads");
  std::vector<std::future<int>> threads;
  for (int t = 0; t < 8; ++t)
    threads.push_back(std::async(std::launch::async, [&client] {
      int good = 0;
      for (int i = 0; i < 500; ++i)
        if (client.port().call_for<api::LineList>(api::ListLines{})) ++good;
      return good;
    }));
  for (auto& thread : threads) EXPECT_EQ(thread.get(), 500);
}

TEST(Serving, ManyPostedRequestsAreAllAnswered) {
  DaemonProcess daemon;
  TestClient client(daemon.socket(), "posting");
  std::atomic<int> answered{0};
  int posted = 0;
  while (posted < 20000) {
    const auto number = client.post(api::GetLineStatus{0}, [&answered](Result<api::Value> value) {
      answered += value ? 1 : 0;
    });
    if (number)
      ++posted;
    else
      ASSERT_EQ(number.error().code, Errc::overloaded);
  }
  EXPECT_TRUE(eventually([&] { return answered == posted; }));
}

// ---- who does not read

TEST(SlowReader, IsNotReadFromUntilItReads) {
  DaemonProcess daemon;
  RawConnection connection(daemon.socket());
  connection.greet("does not read");
  rpc::Encoder encoder;
  rpc::Bytes request;
  ASSERT_TRUE(encoder.append(1, api::ListLines{}, request));
  rpc::Bytes many;
  for (int i = 0; i < 1000; ++i) many.insert(many.end(), request.begin(), request.end());
  // Until the daemon takes no more: its socket's buffers are full, and it does not read.
  TestClient other(daemon.socket(), "other");
  const std::int64_t before = resident_kib(daemon.process().pid());
  std::size_t sent = 0;
  int idle_rounds = 0;
  while (idle_rounds < 20) {
    const std::size_t size = connection.send_some(many);
    sent += size;
    idle_rounds = size == 0 ? idle_rounds + 1 : 0;
    ASSERT_TRUE(other.port().call(api::ListLines{}));  // others are served meanwhile
    ASSERT_LT(sent, 64u * 1024 * 1024) << "it reads without limit";
  }
  EXPECT_LT(resident_kib(daemon.process().pid()), before + 16 * 1024);
  // What was sent is all answered once it reads.
  const std::size_t whole = sent / request.size();
  std::size_t answered = 0;
  while (answered < whole) {
    const auto frame = connection.read();
    ASSERT_TRUE(frame) << answered << " of " << whole;
    ++answered;
  }
}

TEST(SlowReader, OfEventsIsBoundedAndGivenUpWithoutHarmToOthers) {
  // Where this takes longer than a minute, it would be given up for its silence instead.
  DaemonProcess daemon({.config = "[service]\nsilence_s = 0\n"});
  // Watches a line and never reads.
  RawConnection slow(daemon.socket());
  slow.greet("slow");
  slow.send(1, api::OpenLine{.line = 0, .privileges = 2, .media_modes = media::kVoice});
  TestClient busy(daemon.socket(), "busy");
  EXPECT_TRUE(eventually([&] { return busy.status().applications == 2; }));
  const api::OpenId open = busy.open("100");
  const std::int64_t before = resident_kib(daemon.process().pid());
  // Each call gives the watcher some events it cannot do without; sooner or later it is too much.
  std::size_t calls = 0;
  while (busy.status().applications == 2 && calls < 60000) {
    for (int i = 0; i < 20; ++i, ++calls) {  // its goodbye does not wait for ever to be read
      const api::CallId call = busy.call(open, "202");
      ASSERT_TRUE(call);
      ASSERT_TRUE(busy.port().call(api::DropCall{.call = call}));
      ASSERT_TRUE(busy.port().call(api::ReleaseCall{call}));
    }
    while (busy.next([](const test::Notice&) { return true; }, std::chrono::milliseconds(0)))
      continue;
  }
  EXPECT_EQ(busy.status().applications, 1u) << "after " << calls << " calls";
  EXPECT_LT(resident_kib(daemon.process().pid()), before + 192 * 1024);
  const auto why = slow.goodbye();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->context, "you do not read your events");
  EXPECT_TRUE(busy.audit().clean());
}

// ---- records

TEST(Records, AreKeptAcrossAStartWithNumbersOfTheirOwn) {
  DaemonProcess daemon;
  std::set<std::uint64_t> numbers;
  for (int boot = 0; boot < 3; ++boot) {
    {
      TestClient client(daemon.socket(), "caller");
      const api::OpenId open = client.open("100");
      for (int i = 0; i < 5; ++i) {
        const api::CallId call = client.call(open, "203");
        EXPECT_TRUE(client.reaches(call, CallState::disconnected));
        ASSERT_TRUE(client.port().call(api::ReleaseCall{call}));
      }
    }
    EXPECT_EQ(daemon.stop(), 0) << daemon.log();
    daemon.start();
  }
  TestClient client(daemon.socket(), "reader");
  const std::vector<Record> all = client.records();
  EXPECT_EQ(all.size(), 15u);
  for (const Record& record : all) numbers.insert(record.session);
  EXPECT_EQ(numbers.size(), 15u);
  // Pages join without a gap, both ways.
  for (const bool newest_first : {true, false}) {
    api::RecordQuery query{.limit = 4, .newest_first = newest_first};
    std::vector<Record> paged;
    while (true) {
      auto page = client.port().call_for<api::RecordPage>(query);
      ASSERT_TRUE(page);
      for (Record& record : page->records) paged.push_back(std::move(record));
      if (!page->more) break;
      query.after_session = paged.back().session;
    }
    std::vector<Record> expected = all;
    if (!newest_first) std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(paged, expected);
  }
  EXPECT_EQ(client.records({.line = "101"}).size(), 0u);
  const auto missing = client.port().call(api::RecordQuery{.after_session = 1});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
}

TEST(Records, OfADaemonWithoutAStoreAreRemembered) {
  DaemonProcess daemon({.store = false});
  TestClient client(daemon.socket(), "caller");
  const api::CallId call = client.call(client.open("100"), "203");
  EXPECT_TRUE(client.reaches(call, CallState::disconnected));
  ASSERT_TRUE(client.port().call(api::ReleaseCall{call}));
  EXPECT_TRUE(eventually([&] { return client.records().size() == 1; }));
  EXPECT_EQ(client.status().store, "");
}

}  // namespace
}  // namespace switchhook
