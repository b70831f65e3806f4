// SPDX-License-Identifier: Apache-2.0
// Every order in which the holders of a session may release it, across real connections: the daemon
// is as small afterwards as it was before.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>

#include "base/limits.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::eventually;
using test::TestClient;
using Order = std::vector<std::size_t>;

constexpr std::size_t kHolders = 8;
constexpr int kOrdersOfMany = 60;
constexpr std::uint64_t kGrowthMax = 64 * 1024;

class ReleaseOrder : public testing::Test {
 protected:
  ReleaseOrder() {
    for (std::size_t i = 0; i < kHolders; ++i) {
      holders_.push_back(
          std::make_unique<TestClient>(daemon_.socket(), "holder " + std::to_string(i)));
      const Privilege privilege = i == 0 ? Privilege::owner : Privilege::none;
      lines_.push_back(holders_.back()->open("100", static_cast<std::uint8_t>(privilege)));
    }
  }

  static Order first(std::size_t count) {
    Order order(count);
    std::iota(order.begin(), order.end(), 0);
    return order;
  }
  /// One call, which so many hold when it ends, and let go of in this order.
  void one_call(const Order& order, bool look = true) {
    TestClient& owner = *holders_[0];
    std::vector<api::CallId> calls{owner.call(lines_[0], "200")};
    ASSERT_TRUE(owner.reaches(calls[0], CallState::connected));
    for (std::size_t i = 1; i < order.size(); ++i) {
      const auto given = holders_[i]->port().call_for<api::CallList>(api::GetNewCalls{lines_[i]});
      ASSERT_TRUE(given && given->calls.size() == 1);
      calls.push_back(given->calls[0]);
    }
    ASSERT_TRUE(owner.port().call(api::DropCall{calls[0]}));
    ASSERT_TRUE(owner.reaches(calls[0], CallState::idle));
    for (std::size_t i = 0; i < order.size(); ++i) {
      // Who still holds it can read it.
      for (std::size_t j = i; look && j < order.size(); ++j)
        ASSERT_TRUE(holders_[order[j]]->look(calls[order[j]]));
      ASSERT_TRUE(holders_[order[i]]->port().call(api::ReleaseCall{calls[order[i]]}));
      if (look) {
        ASSERT_FALSE(holders_[order[i]]->look(calls[order[i]]));
      }
    }
  }
  std::uint64_t heap() { return holders_[0]->status().heap_bytes; }

  // What SQLite keeps of its pages grows for long, up to its own limit.
  DaemonProcess daemon_{{.store = false}};
  std::vector<std::unique_ptr<TestClient>> holders_;
  std::vector<api::OpenId> lines_;
};

TEST_F(ReleaseOrder, LeavesNothing) {
  // Until the records that are remembered are as many, and as large, as they will ever be.
  for (std::size_t i = 0; i < limits::kRecordsRemembered; ++i)
    ASSERT_NO_FATAL_FAILURE(one_call(first(kHolders), false));
  const std::uint64_t before = heap();
  for (std::size_t count = 1; count <= 3; ++count) {
    Order order = first(count);
    do ASSERT_NO_FATAL_FAILURE(one_call(order));
    while (std::next_permutation(order.begin(), order.end()));
  }
  std::mt19937 random(7);
  for (int i = 0; i < kOrdersOfMany; ++i) {
    Order order = first(kHolders);
    std::shuffle(order.begin(), order.end(), random);
    ASSERT_NO_FATAL_FAILURE(one_call(order));
  }
  EXPECT_TRUE(eventually([&] { return holders_[0]->audit().all_zero(); }));
  EXPECT_TRUE(eventually([&] { return heap() <= before + kGrowthMax; }))
      << before << " bytes before, " << heap() << " after";
}

}  // namespace
}  // namespace switchhook
