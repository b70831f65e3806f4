// SPDX-License-Identifier: Apache-2.0
// What the provider's audit finds is what the system has, whatever its own books say; and an
// identifier that is held says what the provider still keeps for it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/scripted.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook::sip::test {
namespace {

/// Of this process, which has the provider in it; by their descriptors.
std::vector<int> datagram_sockets() {
  std::vector<int> out;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int descriptor = std::atoi(entry.path().filename().c_str());
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM)
      out.push_back(descriptor);
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(SipAudit, CountsTheSocketsThatTheSystemHas) {
  Bench bench;
  const std::vector<int> before = datagram_sockets();
  const provider::CallRef caller = bench.make_call(kAlice, "bob");
  const provider::CallRef callee = bench.incoming(kBob);
  EXPECT_FALSE(bench.answer(callee));
  EXPECT_TRUE(bench.reaches(caller, CallState::connected));
  std::vector<int> of_calls;
  std::ranges::set_difference(datagram_sockets(), before, std::back_inserter(of_calls));
  ASSERT_EQ(of_calls.size(), 2u);
  const std::size_t slot = static_cast<std::size_t>(Resource::descriptors);
  EXPECT_EQ(bench.ledger().found[slot], 2);

  const int other = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::dup2(other, of_calls[0]), of_calls[0]);  // as if somebody closed what is not theirs
  ::close(other);
  const provider::LedgerReport drifted = bench.ledger();
  EXPECT_EQ(drifted.booked[slot], 2);
  EXPECT_EQ(drifted.found[slot], 1);

  EXPECT_FALSE(bench.drop(caller));
  bench.ended(callee);
  bench.expect_empty();
}

/// Where the provider runs.
class SipLeak : public testing::TestWithParam<std::string> {};

TEST_P(SipLeak, SaysWhatTheProviderKeepsUntilTheFarEndAcknowledges) {
  switchhook::test::DaemonProcess daemon(
      {.config = "[sip]\nport = 0\nprocess = \"" + GetParam() +
                 "\"\n[[sip.line]]\nname = \"alice\"\nt1_ms = 200\n"});
  switchhook::test::TestClient app(daemon.socket(), "app");
  FarEnd far(FarEnd::By::udp);
  const api::CallId call = app.call(app.open("alice"), far.uri());
  far.reply(far.receive_request("INVITE"), 200, true);
  ASSERT_TRUE(app.reaches(call, CallState::connected));
  ASSERT_NE(far.receive_request("ACK"), "");
  ASSERT_TRUE(app.port().call(api::DropCall{call}));
  const std::string bye = far.receive_request("BYE");
  ASSERT_TRUE(app.reaches(call, CallState::idle));
  const auto kept = [&] {
    const auto list = app.port().call_for<api::LeakList>(api::ListLeaks{});
    return list && list->leaks.size() == 1 ? list->leaks[0].provider_bytes : std::uint64_t{1};
  };
  EXPECT_GT(kept(), 4096u) << "the dialog waits for its 200, and the audio's port with it";
  far.reply(bye, 200);
  EXPECT_TRUE(switchhook::test::eventually([&] { return kept() == 0; }));
  EXPECT_TRUE(app.port().call(api::ReleaseCall{call}));
  EXPECT_TRUE(switchhook::test::eventually([&] { return app.audit().all_zero(); }));
}

INSTANTIATE_TEST_SUITE_P(Processes, SipLeak, testing::Values("own", "daemon"),
                         [](const auto& process) { return process.param; });

}  // namespace
}  // namespace switchhook::sip::test
