// SPDX-License-Identifier: Apache-2.0
// What is kept of INVITEs that became no call: bounded, however many come.
#include "providers/sip/call/refusals.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace switchhook::sip {
namespace {

Refusal from(const std::string& source, int second = 0) {
  Refusal refusal;
  refusal.source = source;
  refusal.at.monotonic = std::chrono::seconds(second);
  return refusal;
}

TEST(NetworkOf, IsTheFirst24BitsOfIpv4AndTheFirst64OfIpv6) {
  EXPECT_EQ(network_of("198.51.100.77"), "198.51.100.0/24");
  EXPECT_EQ(network_of("::ffff:198.51.100.77"), "198.51.100.0/24");
  EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(network_of("::1"), "::/64");
  EXPECT_EQ(network_of("no address"), "no address");
  EXPECT_EQ(network_of(""), "");
}

TEST(RefusalBook, CountsByReasonAndNetwork) {
  RefusalBook book;
  Refusal refusal = from("198.51.100.1");
  refusal.reason = RefusalReason::overloaded;
  book.note(refusal);
  book.note(from("198.51.100.2"));
  book.note(from("203.0.113.9"));
  const Refusals report = book.report();
  EXPECT_EQ(report.total, 3u);
  ASSERT_EQ(report.reasons.size(), 2u);
  EXPECT_EQ(report.reasons[1].reason, RefusalReason::overloaded);
  EXPECT_EQ(report.reasons[1].count, 1u);
  ASSERT_EQ(report.networks.size(), 2u);
  EXPECT_EQ(report.networks[0].network, "198.51.100.0/24");
  EXPECT_EQ(report.networks[0].count, 2u);
}

TEST(RefusalBook, RemembersTheLastOnesCutAtTheirLimits) {
  RefusalBook book;
  for (int i = 0; i < 250; ++i) {
    Refusal refusal = from("198.51.100.1", i);
    refusal.calling = refusal.called = refusal.provider_call_id =
        std::to_string(i) + std::string(5000, 'x');
    book.note(bounded(std::move(refusal)));
  }
  const Refusals report = book.report();
  ASSERT_EQ(report.last.size(), limits::kRefusalsRemembered);
  EXPECT_EQ(report.last.front().called.substr(0, 3), "249");
  EXPECT_EQ(report.last.back().called.substr(0, 3), "150");
  for (const Refusal& each : report.last) {
    EXPECT_EQ(each.calling.size(), limits::kAddressBytes);
    EXPECT_EQ(each.called.size(), limits::kAddressBytes);
    EXPECT_EQ(each.provider_call_id.size(), limits::kProviderCallIdBytes);
  }
}

TEST(RefusalBook, AFloodFromEverNewNetworksDoesNotHideOneThatGoesOn) {
  RefusalBook book;
  for (int i = 0; i < 5; ++i) book.note(from("203.0.113.9"));
  for (int i = 0; i < 5000; ++i)
    book.note(from("10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".1", i));
  const Refusals report = book.report();
  EXPECT_EQ(report.networks.size(), limits::kRefusedNetworks);
  EXPECT_EQ(report.networks[0].network, "203.0.113.0/24");
  EXPECT_EQ(report.total, 5005u);
  std::uint64_t sum = report.other_networks;
  for (const NetworkRefusals& each : report.networks) sum += each.count;
  EXPECT_EQ(sum, report.total);
}

}  // namespace
}  // namespace switchhook::sip
