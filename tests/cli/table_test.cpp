// SPDX-License-Identifier: Apache-2.0
// Lists: CSV as RFC 4180 has it, the widths of texts on a terminal, and times with their offset.
#include "cli/table.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "cli/output.hpp"

namespace switchhook::cli {
namespace {

TEST(Csv, IsWrittenAsRfc4180HasIt) {
  // Section 2, 1: "delimited by a line break (CRLF)"; 6: "fields containing line breaks (CRLF),
  // double quotes, and commas should be enclosed in double-quotes"; 7: a quote is doubled.
  EXPECT_EQ(csv_line({"a", "", "b c"}), "a,,b c\r\n");
  EXPECT_EQ(csv_line({"a,b", "say \"hi\"", "two\nlines"}),
            "\"a,b\",\"say \"\"hi\"\"\",two\\nlines\r\n")
      << "a record is one line: control characters are escaped";
}

TEST(Csv, TextsThatWouldBeFormulasAreMarkedAsTexts) {
  EXPECT_EQ(csv_line({"=1+1", "+49", "x=1"}), "\"'=1+1\",\"'+49\",x=1\r\n");
}

TEST(DisplayWidth, CountsWhatATerminalShows) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("J\xc3\xb6rg"), 4u);
  EXPECT_EQ(display_width("e\xcc\x81"), 1u) << "a combining accent";
  EXPECT_EQ(display_width("\xe9\x9b\xbb\xe8\xa9\xb1"), 4u) << "two wide characters";
  EXPECT_EQ(display_width("\xff\xc3"), 2u) << "not UTF-8";
}

class InZone : public testing::Test {
 protected:
  static void zone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
};

TEST_F(InZone, TimesHaveTheirOffset) {
  const std::chrono::microseconds wall{1769857200123456};  // 2026-01-31 11:00:00.123456 UTC
  zone("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(wall_text(wall), "2026-01-31 12:00:00+01:00");
  EXPECT_EQ(exact_wall_text(wall), "2026-01-31T12:00:00.123456+01:00");
  zone("UTC0");
  EXPECT_EQ(exact_wall_text(wall), "2026-01-31T11:00:00.123456+00:00");
  EXPECT_EQ(wall_text({}), "-") << "not known";
}

}  // namespace
}  // namespace switchhook::cli
