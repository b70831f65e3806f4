// SPDX-License-Identifier: Apache-2.0
// The outbox of the store: what waits to be sent is neither removed nor forgotten, and no number of a
// record is used twice.
#include <gtest/gtest.h>

#include "daemon/database.hpp"
#include "tests/support/daemon_process.hpp"

namespace switchhook::daemon {
namespace {

using Numbers = std::vector<std::uint64_t>;
constexpr std::size_t kAll = 1000;

class Outbox : public testing::Test {
 protected:
  Outbox() : database_(open()) {}
  Database open() {
    Result<Database> opened = Database::open(folder_ / "records.db");
    EXPECT_TRUE(opened) << opened.error().text();
    EXPECT_TRUE(opened->begin_boot());
    opened->keep_unsent(true);
    return std::move(*opened);
  }
  void write(const Numbers& sessions) {
    Batch batch;
    for (const std::uint64_t session : sessions) {
      Record record;
      record.session = session;
      record.end = End{};
      batch.rows.push_back(row_of(record));
    }
    ASSERT_TRUE(database_.write(batch));
  }
  Numbers unsent() {
    const Result<Store::Unsent> found = database_.unsent(kAll);
    Numbers out;
    if (found)
      for (const Record& record : found->records) out.push_back(record.session);
    EXPECT_EQ(database_.count_unsent().value_or(kAll), out.size());
    return out;
  }
  void send(std::size_t most) {
    const Result<Store::Unsent> some = database_.unsent(most);
    ASSERT_TRUE(some);
    database_.sent(*some);
  }

  test::TempFolder folder_;
  Database database_;
};

TEST_F(Outbox, GivesRecordsInTheirOrderAndGoesOnWhereItWas) {
  write({7, 5, 6});
  EXPECT_EQ(unsent(), (Numbers{7, 5, 6}));
  send(2);
  EXPECT_EQ(unsent(), Numbers{6});
  database_ = open();
  EXPECT_EQ(unsent(), (Numbers{7, 5, 6})) << "it was not written; twice does no harm";
  send(2);
  ASSERT_TRUE(database_.checkpoint());
  database_ = open();
  EXPECT_EQ(unsent(), Numbers{6});
  send(1);
  write({8});
  database_ = open();
  EXPECT_EQ(unsent(), Numbers{8}) << "written with the batch";
}

TEST_F(Outbox, IsKeptBeyondItsAge) {
  write({1, 2, 3});
  send(2);
  EXPECT_EQ(database_.retire_older(INT64_MAX, kAll).value_or(0), 2u);
  EXPECT_EQ(unsent(), Numbers{3});
  database_.keep_unsent(false);
  EXPECT_EQ(database_.retire_older(INT64_MAX, kAll).value_or(0), 1u);
}

TEST_F(Outbox, UsesNoNumberTwiceThoughTheTableIsEmpty) {
  write({1, 2, 3});
  send(3);
  ASSERT_EQ(database_.retire_older(INT64_MAX, kAll).value_or(0), 3u);
  write({4, 5});
  EXPECT_EQ(unsent(), (Numbers{4, 5}));
}

TEST_F(Outbox, IsKeptBeyondTheSizeUpToALimit) {
  Numbers many(2000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = i + 1;
  write(many);
  EXPECT_EQ(database_.retire_beyond(200 * 1024, kAll).value_or(kAll), 0u) << "it waits";
  EXPECT_EQ(database_.retire_beyond(10 * 1024, kAll).value_or(0), kAll) << "it is too much";
  EXPECT_EQ(unsent().front(), kAll + 1);
  send(10);
  EXPECT_EQ(database_.retire_beyond(200 * 1024, kAll).value_or(kAll), 10u);
}

TEST_F(Outbox, GoesBackToWhatIsMissing) {
  write({1, 2, 3, 4, 5});
  send(5);
  EXPECT_EQ(database_.look_back(0).value_or(0), 5u);
  EXPECT_TRUE(unsent().empty()) << "to look changes nothing";
  EXPECT_EQ(database_.look_back(2).value_or(0), 3u);
  EXPECT_EQ(unsent(), (Numbers{4, 5}));
  EXPECT_EQ(database_.look_back(INT64_MAX).value_or(9), 0u);
  EXPECT_EQ(unsent().size(), 5u);
}

TEST_F(Outbox, OfAnotherStoreSaysNothingOfThisOne) {
  write({1});
  Result<Store::Unsent> some = database_.unsent(kAll);
  ASSERT_TRUE(some);
  ++some->store;
  database_.sent(*some);
  EXPECT_EQ(unsent(), Numbers{1});
}

}  // namespace
}  // namespace switchhook::daemon
