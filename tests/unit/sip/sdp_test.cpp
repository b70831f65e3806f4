// SPDX-License-Identifier: Apache-2.0
// Session descriptions: offer, answer, hold, and whatever a peer may send instead.
#include "providers/sip/call/sdp.hpp"

#include <gtest/gtest.h>

#include <random>

namespace switchhook::sip::sdp {
namespace {

const Local kLocal{.address = "127.0.0.1", .port = 4000, .session = 7};
const std::string kOffer =
    "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
    "m=audio 5004 RTP/AVP 96 8 0 97\r\na=rtpmap:96 opus/48000/2\r\n"
    "a=rtpmap:97 telephone-event/8000\r\na=sendrecv\r\nm=video 5006 RTP/AVP 31\r\n";

TEST(Sdp, OursCanBeReadBack) {
  const Result<Description> read = parse(offer(kLocal));
  ASSERT_TRUE(read);
  ASSERT_NE(read->audio(), nullptr);
  EXPECT_EQ(read->audio()->port, 4000);
  EXPECT_EQ(read->audio()->address, "127.0.0.1");
  EXPECT_FALSE(read->holds());
}

TEST(Sdp, AnswerKeepsStreamsInPlaceAndTakesOnlyWhatWeSpeak) {  // RFC 3264 6
  const Result<Description> offered = parse(kOffer);
  ASSERT_TRUE(offered);
  const Result<std::string> ours = answer(*offered, kLocal);
  ASSERT_TRUE(ours);
  EXPECT_NE(ours->find("m=audio 4000 RTP/AVP 8 0\r\n"), std::string::npos) << *ours;
  EXPECT_EQ(ours->find("telephone-event"), std::string::npos) << "digits cannot be sent yet";
  EXPECT_NE(ours->find("m=video 0 RTP/AVP 31\r\n"), std::string::npos);
  EXPECT_TRUE(acceptable(*parse(*ours)));
}

TEST(Sdp, HoldIsToldByDirectionOrByTheOldAddress) {
  const std::vector<std::tuple<std::string, bool, std::string>> cases = {
      {"a=sendrecv", false, "a=sendrecv"},
      {"a=sendonly", true, "a=recvonly"},
      {"a=inactive", true, "a=inactive"},
      {"a=recvonly", false, "a=sendonly"}};
  for (const auto& [line, holds, expected] : cases) {
    std::string text = kOffer;
    text.replace(text.find("a=sendrecv"), 10, line);
    const Result<Description> offered = parse(text);
    ASSERT_TRUE(offered);
    EXPECT_EQ(offered->holds(), holds) << line;
    EXPECT_NE(answer(*offered, kLocal)->find(expected), std::string::npos) << line;
  }
  std::string old = kOffer;
  old.replace(old.find("c=IN IP4 10.0.0.1"), 17, "c=IN IP4 0.0.0.0");
  EXPECT_TRUE(parse(old)->holds());
}

TEST(Sdp, HoldingBothWaysIsInactive) {
  std::string text = kOffer;
  text.replace(text.find("a=sendrecv"), 10, "a=sendonly");
  Local local = kLocal;
  local.direction = Direction::sendonly;
  EXPECT_NE(answer(*parse(text), local)->find("a=inactive"), std::string::npos);
}

TEST(Sdp, SessionDirectionAppliesToStreamsWithoutOne) {
  const Result<Description> read =
      parse("v=0\nc=IN IP4 1.2.3.4\na=sendonly\nm=audio 9 RTP/AVP 0\n");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->holds());
}

TEST(Sdp, NothingInCommonIsRefused) {
  for (const char* text : {"v=0\nm=audio 9 RTP/AVP 18\n", "v=0\nm=audio 0 RTP/AVP 0\n",
                           "v=0\nm=audio 9 RTP/SAVP 0\n", "v=0\nm=video 9 RTP/AVP 0\n", "v=0\n"}) {
    const Result<Description> read = parse(text);
    ASSERT_TRUE(read) << text;
    EXPECT_FALSE(answer(*read, kLocal)) << text;
    EXPECT_FALSE(acceptable(*read)) << text;
  }
}

TEST(Sdp, MalformedIsAnError) {
  std::string streams = "v=0\n", formats = "v=0\nm=audio 9 RTP/AVP";
  for (std::size_t i = 0; i <= kStreams; ++i) streams += "m=audio 9 RTP/AVP 0\n";
  for (std::size_t i = 0; i <= kFormats; ++i) formats += " 0";
  for (const std::string& text :
       {std::string(), std::string("hello"), std::string("v=1\n"), std::string("v=0\nx\n"),
        std::string("v=0\nm=audio\n"), std::string("v=0\nm=audio 99999 RTP/AVP 0\n"),
        std::string("v=0\nm=audio -1 RTP/AVP 0\n"), std::string("v=0\nc=IN IP4\n"),
        std::string("v=0\nm=audio 9 RTP/AVP\n"), std::string(kBytes + 1, 'v'), streams, formats})
    EXPECT_FALSE(parse(text)) << text.substr(0, 60);
}

TEST(Sdp, SurvivesEveryMutilation) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string text = kOffer;
    for (int k = 0; k < 4; ++k) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, 1 + random() % 10);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 20));
      }
      if (text.empty()) text = "v";
    }
    const Result<Description> read = parse(text);
    if (!read) continue;
    if (const Result<std::string> ours = answer(*read, kLocal)) {
      EXPECT_TRUE(parse(*ours)) << *ours;
    }
  }
}

}  // namespace
}  // namespace switchhook::sip::sdp
