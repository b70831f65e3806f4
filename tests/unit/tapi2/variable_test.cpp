// SPDX-License-Identifier: Apache-2.0
#include "tapi2/variable.hpp"

#include <gtest/gtest.h>

namespace switchhook::tapi2 {
namespace {

/// Fills a VARSTRING of this size with a text; what is behind it must stay as it is.
VARSTRING filled(DWORD total, std::string_view text, std::string& ret_text) {
  std::string room(total + 16, '\xee');
  std::memcpy(room.data(), &total, sizeof total);
  EXPECT_EQ(
      fill_variable(
          reinterpret_cast<VARSTRING*>(room.data()), sizeof(VARSTRING), Text::narrow,
          [&](VARSTRING& out, Parts& parts) { SWITCHHOOK_PART(out, dwString, parts.text(text)); }),
      0);
  EXPECT_EQ(room.substr(total), std::string(16, '\xee'));
  VARSTRING out{};
  std::memcpy(static_cast<void*>(&out), room.data(), sizeof out);
  ret_text = room.substr(out.dwStringOffset, out.dwStringSize);
  return out;
}

TEST(TapiVariable, APartFitsOrIsLeftOut) {
  std::string text;
  for (DWORD total = sizeof(VARSTRING); total < sizeof(VARSTRING) + 12; ++total) {
    const VARSTRING out = filled(total, "hello", text);
    EXPECT_EQ(out.dwNeededSize, sizeof(VARSTRING) + 6);
    EXPECT_EQ(out.dwTotalSize, total);
    if (total < out.dwNeededSize) {
      EXPECT_EQ(out.dwStringSize, 0u);
      EXPECT_EQ(out.dwStringOffset, 0u);
      EXPECT_EQ(out.dwUsedSize, sizeof(VARSTRING));
    } else {
      EXPECT_EQ(text, std::string("hello", 6));
      EXPECT_EQ(out.dwUsedSize, out.dwNeededSize);
    }
  }
}

TEST(TapiVariable, NothingIsNoPart) {
  std::string text;
  const VARSTRING out = filled(100, "", text);
  EXPECT_EQ(out.dwStringOffset, 0u);
  EXPECT_EQ(out.dwNeededSize, sizeof(VARSTRING));
}

TEST(TapiVariable, TheNextPartMayFitWhereOneDidNot) {
  char room[40] = {};
  Parts parts(room, 40, 24, Text::narrow);
  EXPECT_EQ(parts.text("much too long for this").size, 0u);
  const Part small = parts.text("ok");
  EXPECT_EQ(small.offset, 24u);
  const Part next = parts.text("ab");
  EXPECT_EQ(next.offset, 28u) << "at a multiple of four";
  EXPECT_EQ(parts.used(), 31u);
  EXPECT_EQ(parts.needed(), 24u + 24u + 4u + 3u);
}

TEST(TapiVariable, AListEndsWithTwoZeroes) {
  char room[64] = {};
  Parts parts(room, 64, 24, Text::narrow);
  const Part list = parts.texts({"a", "bc"});
  EXPECT_EQ(std::string(room + list.offset, list.size), std::string("a\0bc\0\0", 6));
  Parts wide(room, 64, 24, Text::wide);
  EXPECT_EQ(wide.texts({"a", "bc"}).size, 12u);
}

TEST(TapiVariable, IsCheckedFirst) {
  VARSTRING small{};
  small.dwTotalSize = sizeof small - 1;
  EXPECT_EQ(check_variable(&small, sizeof small), lineerr(LINEERR_STRUCTURETOOSMALL));
  EXPECT_EQ(check_variable(nullptr, 0), lineerr(LINEERR_INVALPOINTER));
  small.dwTotalSize = sizeof small;
  EXPECT_EQ(check_variable(&small, sizeof small), 0);
}

}  // namespace
}  // namespace switchhook::tapi2
