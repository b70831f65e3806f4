// SPDX-License-Identifier: Apache-2.0
#include "client/text.hpp"

#include <gtest/gtest.h>

namespace switchhook::client {
namespace {

std::string back(const std::u16string& units) {
  return utf8_of(std::u16string_view(units));
}

TEST(ClientText, WideAndBackIsTheSame) {
  for (const char* text : {"", "abc", "Zo\xc3\xab", "\xe2\x82\xac", "\xf0\x9f\x93\x9e!",
                           "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"})
    EXPECT_EQ(back(utf16_of<char16_t>(text)), text);
  EXPECT_EQ(utf16_of<char16_t>("\xf0\x9f\x93\x9e"), u"\xd83d\xdcde");
}

TEST(ClientText, LoneSurrogatesAreReplaced) {
  const std::string replaced = "\xef\xbf\xbd";
  EXPECT_EQ(back({0xd83d}), replaced);
  EXPECT_EQ(back({0xdcde, 'a'}), replaced + "a");
  EXPECT_EQ(back({0xd83d, 'a'}), replaced + "a");
}

TEST(ClientText, EachIllFormedByteIsReplaced) {
  EXPECT_EQ(utf16_of<char16_t>("a\xff"), u"a\xfffd");
  EXPECT_EQ(utf16_of<char16_t>("\xc3"), u"\xfffd") << "cut short";
  EXPECT_EQ(utf16_of<char16_t>("\xc0\xaf"), u"\xfffd\xfffd") << "overlong";
  EXPECT_EQ(utf16_of<char16_t>("\xed\xa0\x80"), u"\xfffd\xfffd\xfffd") << "a surrogate";
  EXPECT_EQ(utf16_of<char16_t>("\xf4\x90\x80\x80").size(), 4u) << "beyond Unicode";
}

}  // namespace
}  // namespace switchhook::client
