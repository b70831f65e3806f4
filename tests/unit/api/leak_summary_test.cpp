// SPDX-License-Identifier: Apache-2.0
// What a program is told at its end about the sessions that it did not release.
#include "api/leak_summary.hpp"

#include <gtest/gtest.h>

namespace switchhook::api {
namespace {

TEST(LeakSummary, GroupsByPlaceAndLine) {
  EXPECT_EQ(leak_summary("lineShutdown", {{"100", "dialer+0x12 (dial)"},
                                          {"101", "dialer+0x12 (dial)"},
                                          {"100", "dialer+0x12 (dial)"},
                                          {"100", ""}}),
            "switchhook: not released at lineShutdown:\n"
            "    1 ended session of line 100, acquired at a place not known\n"
            "    2 ended sessions of line 100, acquired at dialer+0x12 (dial)\n"
            "    1 ended session of line 101, acquired at dialer+0x12 (dial)\n"
            "SUMMARY: switchhook: 4 ended sessions not released, from 3 places\n");
}

TEST(LeakSummary, SaysNothingWhenAllWasReleased) {
  EXPECT_EQ(leak_summary("lineShutdown", {}), "");
}

}  // namespace
}  // namespace switchhook::api
