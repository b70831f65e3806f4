// SPDX-License-Identifier: Apache-2.0
#include "switchhook/error.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace switchhook {
namespace {

struct Row {
  Errc code;
  unsigned number;
  int exit_code;
  std::uint32_t lineerr;
  std::uint32_t hresult;
};

constexpr Row kRows[] = {
#define SWITCHHOOK_ERROR(name, number, exit_code, lineerr, hresult, words) \
  {Errc::name, number, exit_code, lineerr, hresult},
#include "switchhook/errors.def"
#undef SWITCHHOOK_ERROR
};

TEST(ErrorTable, EveryRowHasItsOwnNumberAndIsAFailureEverywhere) {
  std::set<unsigned> numbers;
  for (const Row& row : kRows) {
    EXPECT_TRUE(numbers.insert(row.number).second) << row.number;
    EXPECT_NE(row.number, 0u) << "zero means success on the wire";
    EXPECT_GT(row.exit_code, 0) << name_of(row.code);
    EXPECT_LT(row.exit_code, 126) << name_of(row.code) << ": the shell uses those above";
    // 0xC…: what TAPI leaves to whom it calls a device; ours alone.
    EXPECT_EQ(row.lineerr >> 28, row.code == Errc::reclaimed ? 12u : 8u) << name_of(row.code);
    EXPECT_EQ(row.hresult >> 31, 1u) << name_of(row.code);
    EXPECT_EQ(static_cast<unsigned>(row.code), row.number);
  }
}

TEST(ErrorTable, EveryRowHasWordsAndAName) {
  std::set<std::string> names;
  for (const Row& row : kRows) {
    EXPECT_FALSE(words_of(row.code).empty());
    EXPECT_TRUE(names.insert(std::string(name_of(row.code))).second);
  }
  EXPECT_EQ(words_of(static_cast<Errc>(65535)), "unknown error");
  EXPECT_EQ(name_of(static_cast<Errc>(65535)), "unknown");
}

TEST(Error, TextJoinsWordsAndContext) {
  EXPECT_EQ((Error{Errc::invalid_state, "drop in idle"}).text(),
            "not possible in the call's present state: drop in idle");
  EXPECT_EQ((Error{Errc::denied, {}}).text(), "permission denied");
}

TEST(Result, HoldsAValueOrAnError) {
  Result<std::string> good = std::string("yes");
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, "yes");
  EXPECT_EQ(good->size(), 3u);
  Result<std::string> bad{Errc::not_found, "line 7"};
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Errc::not_found);
  EXPECT_EQ(bad.value_or("other"), "other");
}

TEST(Result, MovesItsValueOut) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 5);
}

TEST(Result, OfNothingIsSuccessUnlessSaidOtherwise) {
  EXPECT_TRUE(Result<void>());
  Result<void> bad = Errc::timed_out;
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Errc::timed_out);
}

TEST(ResultDeathTest, TakingTheValueOfAnErrorStopsTheProgram) {
  const Error why{Errc::no_such_line, "none is named \"9\""};
  EXPECT_DEATH(
      {
        Result<int> bad(why);
        static_cast<void>(bad.value());
      },
      "the value of a failed Result was taken: there is no such line: none is named \"9\"");
}

TEST(ResultDeathTest, TakingTheErrorOfASuccessStopsTheProgram) {
  EXPECT_DEATH(static_cast<void>(Result<void>().error()), "the error of a Result that succeeded");
  EXPECT_DEATH(static_cast<void>(Result<int>(1).error()), "the error of a Result that succeeded");
}

}  // namespace
}  // namespace switchhook
