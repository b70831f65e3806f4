// SPDX-License-Identifier: Apache-2.0
// Floods and strays against a real switchhookd: its memory stays bounded, no call of others is
// touched, afterwards a call works, and the audit is clean.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/limits.hpp"
#include "tests/sip/raw.hpp"
#include "tests/sip/stream.hpp"
#include "tests/sip/torture.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/process_memory.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook::sip::test {
namespace {

using switchhook::test::DaemonProcess;
using switchhook::test::eventually;
using switchhook::test::resident_kib;
using switchhook::test::TestClient;

// An unbounded answering machine on the same library grew by 350 MB under such a flood.
constexpr long kGrowthKb = 48 * 1024;
constexpr int kInFlight = 50;

int flood_size() {
  const char* wanted = std::getenv("SWITCHHOOK_LONG");
  return wanted != nullptr && *wanted != 0 ? 500000 : 10000;
}

class DaemonFlood : public testing::Test {
 protected:
  explicit DaemonFlood(const std::string& more = "") : daemon_({.config = kConfig + more}) {
    port_ = static_cast<std::uint16_t>(std::stoul(address_.substr(address_.rfind(':') + 1)));
    call_ = app_.call(alice_, "bob");
    const auto appeared = app_.next_event<api::CallAppeared>();
    EXPECT_TRUE(appeared && app_.port().call(api::AnswerCall{appeared->call}));
    EXPECT_TRUE(app_.reaches(call_, CallState::connected));
  }

  /// What `make` makes, one after the other, and as fast as they are answered.
  /// @param in_flight  at once; what the socket's buffer holds
  template <typename Make>
  void flood(const Make& make, int in_flight = kInFlight) {
    Raw raw(port_);
    const std::int64_t before = resident_kib(daemon_.process().pid());
    ASSERT_GT(before, 0);
    for (int i = 0; i < flood_size(); ++i) {
      raw.send(make(raw, i));
      if (i % in_flight == 0) {
        raw.drain();
        in_step(raw, i);
      }
    }
    EXPECT_LT(resident_kib(daemon_.process().pid()) - before, kGrowthKb);
  }
  /// Everything before it has been read: an OPTIONS is answered.
  void in_step(Raw& raw, int n) {
    const std::string request = raw.request("OPTIONS", "bob", 10000000 + n);
    const std::string mine = "Call-ID: raw" + std::to_string(10000000 + n) + "\r\n";
    for (int tries = 0; tries < 100; ++tries) {
      raw.send(request);
      for (std::string text; !(text = raw.message(200)).empty();)
        if (text.find(mine) != std::string::npos) return;
    }
    ADD_FAILURE() << "the daemon answers no more";
  }
  void expect_service() {
    const auto mine = app_.look(call_);
    ASSERT_TRUE(mine);
    EXPECT_EQ(mine->record.state, CallState::connected) << "the flood has ended it";
    EXPECT_TRUE(app_.port().call(api::DropCall{call_}));
    const api::CallId next = app_.call(alice_, "bob");
    EXPECT_TRUE(app_.reaches(next, CallState::ringback));
    EXPECT_TRUE(app_.port().call(api::DropCall{next}));
    app_.disconnect();  // with all that it held
    TestClient auditor(daemon_.socket(), "auditor");
    EXPECT_TRUE(eventually([&] { return auditor.status().sessions_live == 0; }));
    EXPECT_TRUE(eventually([&] { return auditor.audit().clean(); }));
  }

  static inline const std::string kConfig =
      "[sip]\nport = 0\n[[sip.line]]\nname = \"alice\"\n[[sip.line]]\nname = \"bob\"\n";
  DaemonProcess daemon_;
  const std::string address_ = daemon_.field("sip");
  TestClient app_{daemon_.socket(), "app"};
  api::OpenId alice_ = app_.open("alice"), bob_ = app_.open("bob");
  std::uint16_t port_ = 0;
  api::CallId call_;
};

/// Threads and descriptors of a process.
std::pair<std::size_t, std::size_t> census(pid_t process) {
  const auto count = [&](const char* what) {
    std::size_t found = 0;
    const std::string folder = "/proc/" + std::to_string(process) + "/" + what;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++found;
    return found;
  };
  return {count("task"), count("fd")};
}

TEST_F(DaemonFlood, OfCallsInARowLeavesNoThreadAndNoDescriptor) {
  const pid_t daemon = daemon_.process().pid();
  const auto one = [&] {
    const api::CallId call = app_.call(alice_, "bob");
    EXPECT_TRUE(app_.reaches(call, CallState::ringback));
    EXPECT_TRUE(app_.port().call(api::DropCall{call}));
    EXPECT_TRUE(app_.reaches(call, CallState::idle));
  };
  one();  // what the first one takes for good is no leak
  EXPECT_TRUE(eventually([&] { return app_.status().sessions_live == 2; }));
  const auto before = census(daemon);
  for (int i = 0; i < 200; ++i) one();
  EXPECT_TRUE(eventually([&] { return census(daemon) == before; }))
      << before.first << " threads and " << before.second << " descriptors before, "
      << census(daemon).first << " and " << census(daemon).second << " after";
  expect_service();
}

TEST_F(DaemonFlood, OfByesForUnknownDialogs) {
  flood([](const Raw& raw, int i) {
    return raw.request("BYE", "bob", i, ";tag=" + std::to_string(i) + "-0");
  });
  expect_service();
}

TEST_F(DaemonFlood, OfInvitesForUnknownDialogsAndUsers) {
  flood([](const Raw& raw, int i) {
    return i % 2 == 0 ? raw.request("INVITE", "bob", i, ";tag=1-" + std::to_string(i), kSdp)
                      : raw.request("INVITE", "nobody", i, "", kSdp);
  });
  expect_service();
}

/// 4,000 with long Call-IDs were 4,000 records: 736 MB of disk, 1.3 GiB of memory.
TEST(StrangersInvites, ThatNobodyIsOfferedLeaveNeitherRecordNorRowOfTheJournal) {
  constexpr std::uint64_t kInvites = 4000;
  DaemonProcess daemon({.config = "[sip]\nport = 0\n[[sip.line]]\nname = \"alice\"\n"});
  const std::string address = daemon.field("sip");
  Raw raw(static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1))));
  const std::int64_t before = resident_kib(daemon.process().pid());
  for (std::uint64_t i = 0; i < kInvites; ++i) {
    std::string invite = raw.request("INVITE", "alice", static_cast<int>(i), "", kSdp);
    invite.insert(invite.find("Call-ID: ") + 9, std::string(8000, 'x'));
    raw.send(invite);
    ASSERT_EQ(raw.status(), 480) << i;
  }
  TestClient app(daemon.socket(), "app");
  EXPECT_EQ(app.records().size(), 0u);
  EXPECT_EQ(app.status().sessions_total, 0u);
  const api::AuditReport audit = app.audit();
  EXPECT_TRUE(audit.clean());
  EXPECT_TRUE(audit.all_zero()) << "nothing is left of them, in the journal neither";
  ASSERT_TRUE(audit.refusals);
  EXPECT_EQ(audit.refusals->total, kInvites);
  ASSERT_EQ(audit.refusals->reasons.size(), 1u);
  EXPECT_EQ(audit.refusals->reasons[0].reason, RefusalReason::nobody);
  EXPECT_EQ(audit.refusals->last.size(), limits::kRefusalsRemembered);
  EXPECT_EQ(audit.refusals->last[0].provider_call_id.size(), limits::kProviderCallIdBytes);
  const auto disk = std::filesystem::file_size(daemon.store());
  const std::int64_t grown = resident_kib(daemon.process().pid()) - before;
  std::printf("%zu bytes on disk, %ld KiB more in memory\n", static_cast<std::size_t>(disk), grown);
  EXPECT_LT(disk, 1u << 20);
  EXPECT_LT(grown, 64 * 1024) << "as when each was a session: more than a GiB";
}

TEST_F(DaemonFlood, OfOptionsAndCancels) {
  flood([](const Raw& raw, int i) {
    return raw.request(i % 2 == 0 ? "OPTIONS" : "CANCEL", "bob", i);
  });
  expect_service();
}

TEST_F(DaemonFlood, OfResponsesToNothing) {
  flood([](const Raw& raw, int i) {
    constexpr int kStatus[] = {180, 200, 302, 401, 487, 503, 603};
    constexpr const char* kMethod[] = {"INVITE", "BYE", "CANCEL"};
    const std::string n = std::to_string(i);
    return "SIP/2.0 " + std::to_string(kStatus[i % 7]) +
           " Said\r\nVia: SIP/2.0/UDP 127.0.0.1:" + std::to_string(raw.port()) + ";branch=z9hG4bK" +
           n + "\r\nFrom: <sip:alice@x>;tag=" + n +
           "-0\r\nTo: <sip:x@y>;tag=far\r\nCall-ID: nothing" + n + "\r\nCSeq: " + n + " " +
           kMethod[i % 3] + "\r\nContact: <sip:x@127.0.0.1:" + std::to_string(raw.port()) +
           ">\r\nContent-Length: 0\r\n\r\n";
  });
  expect_service();
}

/// Connections, which stay silent, send half a message, or send what is none.
TEST_F(DaemonFlood, OfConnections) {
  constexpr int kWaves = 4, kAtOnce = 200;
  Raw raw(port_);
  const pid_t daemon = daemon_.process().pid();
  const std::string half = raw.request("INVITE", "bob", 1, "", kSdp).substr(0, 300);
  const auto before = census(daemon);
  const std::int64_t kb = resident_kib(daemon);
  for (int wave = 0; wave < kWaves; ++wave) {
    std::vector<Stream> crowd;
    for (int i = 0; i < kAtOnce; ++i) {
      crowd.emplace_back(port_);
      if (i % 3 == 1) crowd.back().send(half);
      if (i % 3 == 2) crowd.back().send(std::string(2000, static_cast<char>(i)));
    }
    in_step(raw, wave);
  }
  EXPECT_TRUE(eventually([&] { return census(daemon) == before; })) << "what they took is not back";
  EXPECT_LT(resident_kib(daemon) - kb, kGrowthKb);
  expect_service();
}

std::string torture_lines_of_users() {
  std::string text;
  for (const char* user : kTortureUsers)
    text += "[[sip.line]]\nname = \"" + std::string(user) + "\"\nt1_ms = 10\n";
  return text;
}

class DaemonTorture : public DaemonFlood {
 protected:
  DaemonTorture() : DaemonFlood(torture_lines_of_users()) {}
};

/// RFC 4475's, as they stand, by both transports, again and again. What is a call is refused, for
/// nobody has opened its line, or rings until its caller is given up.
TEST_F(DaemonTorture, ChangesNothing) {
  const std::vector<TortureMessage> all = torture_all();
  flood(
      [&](const Raw&, int i) {
        const TortureMessage& message = all[static_cast<std::size_t>(i) % all.size()];
        std::string text = message.text;
        if (i / static_cast<int>(all.size()) % 2 == 1)
          text.replace(torture_transport(text), 3, "UDP");  // the others may go for that alone
        return text;
      },
      5);
  for (const TortureMessage& message : all) {
    const Stream stream(port_);
    stream.send(message.text);
    static_cast<void>(stream.closed(20));
  }
  EXPECT_TRUE(eventually([&] { return app_.status().sessions_live == 2; }));
  expect_service();
}

}  // namespace
}  // namespace switchhook::sip::test
