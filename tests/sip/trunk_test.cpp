// SPDX-License-Identifier: Apache-2.0
// What trunks send: numbers that are no line's name, with parameters and escapes; who calls whom in
// the headers that say it; and calls without our number.
#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/raw.hpp"
#include "tests/sip/scripted.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

class SipTrunk : public testing::Test {
 protected:
  static Config config() {
    Config out = test_config();
    out.lines[kAlice].numbers = {"+493012345?"};
    out.lines[kAlice].accept_from = {"127.0.0.1"};
    out.lines[kBob].numbers = {"+4930*"};
    return out;
  }
  /// A call to this user; the status of what comes first.
  int call(const std::string& user, const std::string& headers = "",
           const std::string& from = "<sip:+491711@trunk.test>") {
    std::string text = raw_.request("INVITE", "x", ++calls_, "", kSdp);
    text.replace(text.find("sip:x@"), 5, "sip:" + user);
    const std::size_t at = text.find("From: ") + 6;
    text.replace(at, text.find(";tag=raw") - at, from);
    text.insert(text.find("Max-Forwards"), headers);
    raw_.send(text);
    return raw_.status();
  }
  Parties parties(provider::LineNumber line, std::size_t n = 0) {
    return bench_.new_call(bench_.incoming(line, n)).parties;
  }

  Bench bench_{config()};
  Raw raw_{bench_.port()};
  int calls_ = 0;
};

TEST_F(SipTrunk, NumbersFindTheirLineTheClosestPatternFirst) {
  EXPECT_EQ(call("+4930123456"), 180);
  EXPECT_EQ(parties(kAlice).called.address.substr(0, 16), "sip:+4930123456@");
  EXPECT_EQ(call("+49301"), 180);
  EXPECT_EQ(parties(kBob).called.address.substr(0, 11), "sip:+49301@");
  EXPECT_EQ(call("+48221"), 404);
  EXPECT_EQ(call("+4930123456;npdi;rn=+4930000"), 180);
  EXPECT_EQ(parties(kAlice, 1).called.address.substr(0, 16), "sip:+4930123456@");
  EXPECT_EQ(call("%2B4930-123-456"), 180);
  static_cast<void>(parties(kAlice, 2));
}

TEST_F(SipTrunk, TheCalledNumberIsInPCalledPartyIdOrInTo) {
  EXPECT_EQ(call("alice", "P-Called-Party-ID: <sip:+49309@trunk.test>\r\n"), 180);
  EXPECT_EQ(parties(kAlice).called.address, "sip:+49309@trunk.test");
  EXPECT_EQ(call("alice"), 180);
  EXPECT_EQ(parties(kAlice, 1).called.address, "sip:x@127.0.0.1") << "To";
}

TEST_F(SipTrunk, ACallerIsWhomATrustedPeerNames) {
  const std::string asserted =
      "P-Asserted-Identity: \"A \\\"B\\\" C\" <sip:+4989;npdi@trunk.test>, <tel:+4989>\r\n";
  EXPECT_EQ(call("alice", asserted), 180);
  EXPECT_EQ(parties(kAlice).calling, (Party{"sip:+4989@trunk.test", "A \"B\" C"}));
  EXPECT_EQ(call("bob", asserted), 180);
  EXPECT_EQ(parties(kBob).calling.address, "sip:+491711@trunk.test") << "anybody may call bob";
  EXPECT_EQ(call("alice", "Remote-Party-ID: <sip:+4940@trunk.test>;party=calling\r\n"), 180);
  EXPECT_EQ(parties(kAlice, 1).calling.address, "sip:+4940@trunk.test");
  EXPECT_EQ(call("alice", asserted + "Privacy: id\r\n",
                 "\"Anonymous\" <sip:anonymous@anonymous.invalid>"),
            180);
  EXPECT_EQ(parties(kAlice, 2).calling, (Party{"sip:anonymous@anonymous.invalid", "Anonymous"}));
}

TEST_F(SipTrunk, WhoSentACallOnIsTold) {
  EXPECT_EQ(call("alice",
                 "Diversion: <sip:+4911@trunk.test>;reason=no-answer, "
                 "<sip:+4912@trunk.test>;reason=user-busy\r\n"),
            180);
  EXPECT_EQ(parties(kAlice).redirecting.address, "sip:+4911@trunk.test");
  EXPECT_EQ(call("alice",
                 "History-Info: <sip:+4913@trunk.test?Reason=SIP%3Bcause%3D302>;index=1, "
                 "<sip:alice@x;cause=302>;index=1.1\r\n"),
            180);
  EXPECT_EQ(parties(kAlice, 1).redirecting.address, "sip:+4913@trunk.test");
}

TEST(SipTrunkOut, ALineMayWithholdItsNumber) {
  FarEnd far(FarEnd::By::udp);
  Config config = test_config();
  config.lines[kAlice].withhold_number = true;
  config.lines[kAlice].peer = "sip:127.0.0.1:" + std::to_string(far.port());
  Bench bench(config);
  CallRef call = bench.make_call(kAlice, "+49 (30) 1-2");
  std::string invite = far.receive_request("INVITE");
  EXPECT_NE(invite.find("INVITE sip:+493012@127.0.0.1"), std::string::npos) << invite;
  EXPECT_EQ(header(invite, "From").substr(0, 46),
            "\"Anonymous\" <sip:anonymous@anonymous.invalid>;");
  EXPECT_EQ(header(invite, "Privacy"), "id");
  EXPECT_NE(header(invite, "P-Preferred-Identity").find("sip:alice@"), std::string::npos);
  far.reply(invite, 486);
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::busy);
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
