// SPDX-License-Identifier: Apache-2.0
#include "tapi2/text.hpp"

#include <gtest/gtest.h>

namespace switchhook::tapi2 {
namespace {

TEST(TapiText, Utf8IsTakenAsItIs) {
  for (const char* text : {"", "abc", "\xc3\xab", "\xe2\x82\xac", "\xf0\x9f\x93\x9e",
                           "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"})
    EXPECT_EQ(from_narrow(text), text);
}

TEST(TapiText, WhatIsNotUtf8IsLatin) {
  EXPECT_EQ(from_narrow("M\xfcller"), "M\xc3\xbcller");
  EXPECT_EQ(from_narrow("\xc3"), "\xc3\x83") << "cut short";
  EXPECT_EQ(from_narrow("\xc0\xaf"), "\xc3\x80\xc2\xaf") << "overlong";
  EXPECT_EQ(from_narrow("\xe0\x80\x80"), "\xc3\xa0\xc2\x80\xc2\x80") << "overlong";
  EXPECT_EQ(from_narrow("\xed\xa0\x80"), "\xc3\xad\xc2\xa0\xc2\x80") << "a surrogate";
  EXPECT_EQ(from_narrow("\xf4\x90\x80\x80").size(), 8u) << "beyond Unicode";
  EXPECT_EQ(from_narrow("\xff"), "\xc3\xbf");
}

TEST(TapiText, WideAndBackIsTheSame) {
  for (const char* text :
       {"", "abc", "Zo\xc3\xab", "\xe2\x82\xac", "\xf0\x9f\x93\x9e!", "\xef\xbf\xbf"})
    EXPECT_EQ(from_wide(to_wide(text)), text);
  EXPECT_EQ(to_wide("\xf0\x9f\x93\x9e"), WideString({0xd83d, 0xdcde}));
}

TEST(TapiText, LoneSurrogatesAreReplaced) {
  const std::string replaced = "\xef\xbf\xbd";
  EXPECT_EQ(from_wide(WideString({0xd83d})), replaced);
  EXPECT_EQ(from_wide(WideString({0xdcde, 'a'})), replaced + "a");
  EXPECT_EQ(from_wide(WideString({0xd83d, 'a'})), replaced + "a");
  EXPECT_EQ(to_wide("a\xff"), WideString({'a', 0xfffd}));
}

TEST(TapiText, InStructuresItEndsAtItsZeroOrWithItsSize) {
  EXPECT_EQ(from_bytes("ab\0cd", 5, Text::narrow), "ab");
  EXPECT_EQ(from_bytes("abcd", 3, Text::narrow), "abc");
  EXPECT_EQ(from_bytes("", 0, Text::wide), "");
  const char odd[] = {0, 'a', 0, 'b', 0, 0, 0, 'c', 0};
  EXPECT_EQ(from_bytes(odd + 1, 8, Text::wide), "ab") << "at an odd place";
  EXPECT_EQ(from_bytes(odd + 1, 3, Text::wide), "a") << "half a unit is none";
}

TEST(TapiText, NoTextIsEmpty) {
  EXPECT_EQ(from(LPCSTR{nullptr}), "");
  EXPECT_EQ(from(LPCWSTR{nullptr}), "");
}

}  // namespace
}  // namespace switchhook::tapi2
