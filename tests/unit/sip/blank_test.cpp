// SPDX-License-Identifier: Apache-2.0
// What is shown of SIP messages to who was not given their secrets.
#include "providers/sip/net/blank.hpp"

#include <gtest/gtest.h>

namespace switchhook::sip {
namespace {

constexpr std::string_view kInvite =
    "INVITE sip:bob@example.org SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n"
    "Content-Length: 9\r\n";

std::string with(const std::string& rest) {
  return std::string(kInvite) + rest;
}

TEST(Blanked, LeavesAMessageWithoutSecretsAsItIs) {
  const std::string message = with("Call-ID: 1@192.0.2.1\r\n\r\n");
  EXPECT_EQ(blanked(message), message);
  EXPECT_EQ(blanked("\r\n\r\n" + message), "\r\n\r\n" + message) << "keep-alives before it";
  EXPECT_EQ(blanked(""), "");
}

TEST(Blanked, HidesBothKindsOfAuthorizationHoweverTheyAreWritten) {
  EXPECT_EQ(blanked(with("Authorization: Digest a=\"b\"\r\nTo: <sip:a@b>\r\n\r\n")),
            with("Authorization: xxxxxxxxxxxx\r\nTo: <sip:a@b>\r\n\r\n"));
  EXPECT_EQ(blanked(with("PROXY-authorization \t:Digest a\r\n\r\n")),
            with("PROXY-authorization \t:xxxxxxxx\r\n\r\n"));
  // RFC 3261 section 7.3.1: a value goes on where the next line begins with white space.
  EXPECT_EQ(blanked(with("Authorization:\r\n Digest a,\r\n\tb=c\r\nX: y\r\n\r\n")),
            with("Authorization:\r\n xxxxxxxxx\r\n\txxx\r\nX: y\r\n\r\n"));
  EXPECT_EQ(blanked("REGISTER sip:a SIP/2.0\nAuthorization: abc\rTo: x\n\nbody"),
            "REGISTER sip:a SIP/2.0\nAuthorization: xxx\rTo: x\n\nxxxx")
      << "ends of lines that are not CR LF";
}

// RFC 7433: what programs say to each other; the User-to-User information of a record is theirs, too.
TEST(Blanked, HidesUserToUserInformationWhereverItStands) {
  EXPECT_EQ(blanked(with("User-to-User: 04c81031;encoding=hex\r\nX: y\r\n\r\n")),
            with("User-to-User: xxxxxxxxxxxxxxxxxxxxx\r\nX: y\r\n\r\n"));
  EXPECT_EQ(
      blanked(
          "REFER sip:a SIP/2.0\r\nRefer-To: <sip:a@b?User-to-User=56a3%3Bencoding&X=y>\r\n\r\n"),
      "REFER sip:a SIP/2.0\r\nRefer-To: <sip:a@b?User-to-User=xxxxxxxxxxxxxxx&X=y>\r\n\r\n");
}

TEST(Blanked, HidesTheBodyAndKeepsItsLength) {
  EXPECT_EQ(blanked(with("\r\nSignal=5\r\n")), with("\r\nxxxxxxxxxx"));
  EXPECT_EQ(blanked(with("\r\n<kpml digits=\"12\"/>\r\n\r\n")),
            with("\r\n" + std::string(23, 'x')));
}

TEST(Blanked, HidesPasswordsAndDigitsInUris) {
  EXPECT_EQ(
      blanked("INVITE sips:alice:secret@b;x=1 SIP/2.0\r\nTo: <SIP:a:p@b>, <sip:c@d:5070>\r\n\r\n"),
      "INVITE sips:alice:xxxxxx@b;x=1 SIP/2.0\r\nTo: <SIP:a:x@b>, <sip:c@d:5070>\r\n\r\n");
  EXPECT_EQ(blanked("INVITE tel:+49;postd=1234;x=1 SIP/2.0\r\nTo: <tel:1;PostD=99>\r\n\r\n"),
            "INVITE tel:+49;postd=xxxx;x=1 SIP/2.0\r\nTo: <tel:1;PostD=xx>\r\n\r\n");
  EXPECT_EQ(blanked("REFER sip:a SIP/2.0\r\nRefer-To: <sip:a@b?Authorization=abc&X=y>\r\n\r\n"),
            "REFER sip:a SIP/2.0\r\nRefer-To: <sip:a@b?Authorization=xxx&X=y>\r\n\r\n");
}

TEST(Blanked, HidesAllOfWhatDoesNotBeginAsAMessage) {
  EXPECT_EQ(blanked("\r\n\r\nv=0\r\nm=a"), "\r\n\r\nxxxxxxxx");
  EXPECT_EQ(blanked("Signal=1\nSIP/2.0"), std::string(16, 'x'));
}

TEST(Blanked, HidesAValueThatIsCutOff) {
  EXPECT_EQ(blanked(with("Authorization: abc")), with("Authorization: xxx"));
  EXPECT_EQ(blanked(with("Authorization:")), with("Authorization:"));
  EXPECT_EQ(blanked(with("Authorization")), with("Authorization")) << "no value yet";
}

}  // namespace
}  // namespace switchhook::sip
