// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include <gtest/gtest.h>

namespace switchhook::base {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  const std::string text = "Zoë \"Ж\" 漢字 🎉 <sip:a@b> \\n";
  EXPECT_EQ(printable(text), text);
}

TEST(Printable, EscapesWhatActsOnATerminalOrALog) {
  EXPECT_EQ(printable("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(printable("\x1b[2J\x07\x7f"), "\\x1b[2J\\x07\\x7f");
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\x9b31m")
      << "C1: CSI";
  EXPECT_EQ(printable("\xe2\x80\xaegnp.exe"), "\\u{202e}gnp.exe") << "right-to-left override";
  EXPECT_EQ(printable("\xe2\x81\xa6x\xe2\x81\xa9"), "\\u{2066}x\\u{2069}") << "isolates";
  EXPECT_EQ(printable("\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f"), "\\u{61c}\\u{200e}\\u{200f}");
  EXPECT_EQ(printable("a\xe2\x80\xa8"
                      "b"),
            "a\\u{2028}b")
      << "line separator";
}

TEST(Printable, EscapesBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("\xff\xc0\xaf\xed\xa0\x80\xf0\x9f"),
            "\\xff\\xc0\\xaf\\xed\\xa0\\x80\\xf0\\x9f");
}

}  // namespace
}  // namespace switchhook::base
