// SPDX-License-Identifier: Apache-2.0
// The bodies of requests: what is read, and what is not taken for JSON.
#include "daemon/console/json_reader.hpp"

#include <gtest/gtest.h>

namespace switchhook::daemon {
namespace {

TEST(JsonReader, ReadsTextsNumbersAndTruths) {
  Result<JsonMembers> body = JsonMembers::read(
      R"( {"a" : "x\"\\\/\n\u00e9\ud83d\ude00", "n":1.5e1, "t":true, "f":false, "none":null} )");
  ASSERT_TRUE(body);
  std::string text;
  double number = 0;
  bool truth = false, untruth = true;
  EXPECT_TRUE(body->take("a", text));
  EXPECT_TRUE(body->take("n", number, 100));
  EXPECT_TRUE(body->take("t", truth));
  EXPECT_TRUE(body->take("f", untruth));
  EXPECT_TRUE(body->take("none", text));
  EXPECT_TRUE(body->all_taken());
  EXPECT_EQ(text, "x\"\\/\n\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(number, 15);
  EXPECT_TRUE(truth);
  EXPECT_FALSE(untruth);
}

TEST(JsonReader, AnEmptyBodyIsAnEmptyObject) {
  for (const char* text : {"", "  ", "{}", " { } "}) {
    const Result<JsonMembers> body = JsonMembers::read(text);
    ASSERT_TRUE(body) << text;
    EXPECT_TRUE(body->all_taken()) << text;
  }
}

TEST(JsonReader, RefusesWhatIsNoFlatObject) {
  for (const char* text : {"[]",
                           "{",
                           "}",
                           "{}x",
                           R"({"a"})",
                           R"({"a":})",
                           R"({"a":1,})",
                           R"({"a":1 "b":2})",
                           R"({"a":[1]})",
                           R"({"a":{"b":1}})",
                           R"({"a":"x)",
                           R"({"a":"\x"})",
                           R"({"a":"\ud800"})",
                           R"({"a":"\u12"})",
                           R"({"a":tru})",
                           R"({"a":1,"a":2})",
                           R"({a:1})",
                           R"({"a":1e})",
                           "{\"a\":\"\n\"}",
                           R"({"a":--1})"})
    EXPECT_FALSE(JsonMembers::read(text)) << text;
}

TEST(JsonReader, SaysWhichMemberIsWrong) {
  Result<JsonMembers> body = JsonMembers::read(R"({"a":1,"n":-1,"m":3,"b":"x","more":1})");
  ASSERT_TRUE(body);
  std::string text;
  double number = 0;
  bool truth = false;
  EXPECT_FALSE(body->take("a", text));
  EXPECT_FALSE(body->take("n", number, 10));
  EXPECT_FALSE(body->take("m", number, 2));
  EXPECT_FALSE(body->take("b", truth));
  const Result<void> left = body->all_taken();
  ASSERT_FALSE(left);
  EXPECT_NE(left.error().context.find("\"more\""), std::string::npos);
}

}  // namespace
}  // namespace switchhook::daemon
