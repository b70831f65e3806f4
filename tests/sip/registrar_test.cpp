// SPDX-License-Identifier: Apache-2.0
// An account and a registrar under the test's hand: what it grants, how the connection is lost,
// what the account calls itself, and which transport it keeps to.
#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/scripted.hpp"

namespace switchhook::sip::test {
namespace {

Config account(const FarEnd& registrar, Transport transport = Transport::udp) {
  Config config = test_config();
  config.lines.resize(1);
  config.lines[kAlice].mode = LineMode::account;
  config.lines[kAlice].transport = transport;
  config.lines[kAlice].registrar = "sip:127.0.0.1:" + std::to_string(registrar.port());
  return config;
}

/// RFC 3261 10.3 step 8: the registrar names the binding as it keeps it, behind NAT often rewritten.
TEST(SipRegistrar, GrantsTheTimeOfARewrittenContact) {
  FarEnd registrar(FarEnd::By::udp);
  Bench bench(account(registrar));
  const std::string first = registrar.receive_request("REGISTER");
  registrar.send(registrar.response(first, 200, false,
                                    "Contact: <sip:alice@203.0.113.9:1024;transport=UDP>;"
                                    "expires=\"1\"\r\n"));
  EXPECT_TRUE(bench.line_status(kAlice, true));
  const std::string again = registrar.receive_request("REGISTER");
  EXPECT_GT(cseq_number(again), cseq_number(first)) << "after a second, not after eight minutes";
}

TEST(SipRegistrar, ItsPortIsNoPartOfOurAddress) {
  FarEnd registrar(FarEnd::By::udp);
  Bench bench(account(registrar));
  const std::string request = registrar.receive_request("REGISTER");
  EXPECT_EQ(header(request, "To"), "<sip:alice@127.0.0.1>");
  EXPECT_EQ(request.substr(0, request.find(" SIP")),
            "REGISTER sip:127.0.0.1:" + std::to_string(registrar.port()));
}

TEST(SipRegistrar, IsRegisteredWithAgainAtOnceWhenTheConnectionIsLost) {
  FarEnd registrar(FarEnd::By::tcp);
  Bench bench(account(registrar, Transport::tcp));
  const std::string first = registrar.receive_request("REGISTER");
  ASSERT_NE(first, "") << "by TCP, although the URI does not say so";
  registrar.reply(first, 200);
  EXPECT_TRUE(bench.line_status(kAlice, true));
  registrar.reset();
  const std::string again = registrar.receive_request("REGISTER");
  EXPECT_GT(cseq_number(again), cseq_number(first));
  registrar.reply(again, 200);
}

TEST(SipRegistrar, IsAskedAgainWhenItKnowsNobodyAnyMore) {
  FarEnd registrar(FarEnd::By::udp);
  Bench bench(account(registrar));
  registrar.reply(registrar.receive_request("REGISTER"), 200);
  ASSERT_TRUE(bench.line_status(kAlice, true));
  for (int call = 0; call < 2; ++call) {
    static_cast<void>(bench.make_call(kAlice, "bob"));
    std::string invite = registrar.receive_request("INVITE");
    registrar.reply(invite, 404);
    if (call == 1) break;  // once before the next refresh
    registrar.reply(registrar.receive_request("REGISTER"), 200);
  }
  for (std::string text = registrar.receive(300); !text.empty(); text = registrar.receive(300))
    EXPECT_FALSE(is_request(text, "REGISTER")) << text;
}

/// RFC 3261 18.1.1 would have it turn to TCP, where nobody may be.
TEST(SipRegistrar, ALongInviteOfAUdpLineGoesByUdp) {
  FarEnd far(FarEnd::By::udp), other(FarEnd::By::tcp, "127.0.0.1", far.port());
  Bench bench;
  const auto call = bench.make_call(kAlice, far.uri(), UserInfo(700, 'u'));
  const std::string invite = far.receive_request("INVITE");
  EXPECT_GT(invite.size(), 1800u);
  EXPECT_EQ(other.receive(50), "");
  EXPECT_FALSE(other.connected());
  far.reply(invite, 486);
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::busy);
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
