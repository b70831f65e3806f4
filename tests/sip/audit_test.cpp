// SPDX-License-Identifier: Apache-2.0
// What the provider's audit finds is what the system has, whatever its own books say.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "tests/sip/harness.hpp"

namespace switchhook::sip::test {
namespace {

constexpr provider::LineNumber kAlice = 0, kBob = 1;

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

}  // namespace
}  // namespace switchhook::sip::test
