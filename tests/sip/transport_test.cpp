// SPDX-License-Identifier: Apache-2.0
// Transports and how they fail: IPv6, TCP that is lost in each of its ways in mid-call, names with
// several addresses of which the first is dead.
#include <gtest/gtest.h>

#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/name_server.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

Config tcp_config() {
  Config config = test_config();
  for (LineConfig& line : config.lines) line.transport = Transport::tcp;
  return config;
}

/// Alice calls the far end, which answers.
struct Conversation {
  CallRef call;
  std::string invite;
};
Conversation talk(Bench& bench, FarEnd& far, const std::string& where = "") {
  Conversation out;
  out.call = bench.make_call(kAlice, where.empty() ? far.uri() : where);
  out.invite = far.receive_request("INVITE");
  EXPECT_NE(out.invite, "");
  far.reply(out.invite, 200, true);
  EXPECT_TRUE(bench.reaches(out.call, CallState::connected));
  EXPECT_NE(far.receive_request("ACK"), "");
  return out;
}

/// The far end's BYE in a dialog that alice began.
std::string bye_of(const FarEnd& far, const Conversation& talked) {
  const std::string contact = header(talked.invite, "Contact");
  return far.request("BYE", contact.substr(1, contact.find('>') - 1),
                     header(talked.invite, "To") + ";tag=far", header(talked.invite, "From"),
                     header(talked.invite, "Call-ID"), 77);
}

TEST(SipTransport, CallsGoOverIpv6) {
  Config config = test_config();
  config.bind_address = "::1";
  config.lines[kBob].transport = Transport::tcp;
  Bench bench(config);
  ASSERT_EQ(bench.start_error(), "");
  for (const auto& [from, to] : {std::pair{kAlice, kBob}, std::pair{kBob, kAlice}}) {
    const CallRef caller = bench.make_call(from, to == kBob ? "bob" : "alice");
    const CallRef callee = bench.incoming(to);
    ASSERT_FALSE(bench.answer(callee));
    ASSERT_TRUE(bench.reaches(caller, CallState::connected));
    EXPECT_NE(bench.new_call(callee).parties.calling.address.find("@[::1]"), std::string::npos);
    EXPECT_FALSE(bench.drop(callee));
    EXPECT_EQ(bench.cause(caller).mode, DisconnectMode::normal);
    EXPECT_EQ(bench.ended(callee).confirmation, Confirmation::confirmed);
  }
  bench.expect_empty();
}

TEST(SipTransport, AByeGoesOverANewConnectionWhenTheOldOneWasReset) {
  Bench bench(tcp_config());
  FarEnd far(FarEnd::By::tcp);
  const Conversation talked = talk(bench, far);
  far.reset();
  EXPECT_FALSE(bench.drop(talked.call));
  const std::string bye = far.receive_request("BYE");
  ASSERT_NE(bye, "");
  far.reply(bye, 200);
  EXPECT_EQ(bench.ended(talked.call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(SipTransport, AFarEndThatReconnectsInMidCallIsKnownAgain) {
  Bench bench(tcp_config());
  FarEnd far(FarEnd::By::tcp);
  const Conversation talked = talk(bench, far);
  far.close();
  far.connect(bench.port());
  far.send(bye_of(far, talked));
  EXPECT_EQ(bench.cause(talked.call).mode, DisconnectMode::normal);
  EXPECT_EQ(far.receive_response("BYE").substr(0, 11), "SIP/2.0 200");
  bench.expect_empty();
}

TEST(SipTransport, AConnectionThatIsLostInMidCallDoesNotEndTheCall) {
  Bench bench(tcp_config());
  FarEnd far(FarEnd::By::tcp);
  const Conversation talked = talk(bench, far);
  far.reset();
  // Another call over a connection of its own, and the first one is still there.
  const Conversation other = talk(bench, far);
  EXPECT_FALSE(bench.drop(other.call));
  far.reply(far.receive_request("BYE"), 200);
  EXPECT_EQ(bench.ended(other.call).confirmation, Confirmation::confirmed);
  EXPECT_EQ(bench.states(talked.call).back(), CallState::connected);
  far.send(bye_of(far, talked));
  EXPECT_EQ(bench.cause(talked.call).mode, DisconnectMode::normal);
  bench.expect_empty();
}

TEST(SipTransport, AByeToNobodyListeningIsUnconfirmed) {
  Bench bench(tcp_config());
  FarEnd far(FarEnd::By::tcp);
  const Conversation talked = talk(bench, far);
  far.stop_listening();
  far.reset();
  EXPECT_FALSE(bench.drop(talked.call));
  const provider::Ended ended = bench.ended(talked.call);
  EXPECT_EQ(ended.confirmation, Confirmation::unconfirmed);
  EXPECT_EQ(ended.sent_times, 1);
  bench.expect_empty();
}

/// The ACK of the refusal meets the reset, which fails the BYE further down the same stack; so the
/// call ends, and with it the transaction whose refusal is being read.
TEST(SipTransport, AResetBehindTheRefusalOfAReinviteEndsTheCallOnce) {
  Bench bench(tcp_config());
  for (int round = 0; round < 400; ++round) {
    FarEnd far(FarEnd::By::tcp);
    const Conversation talked = talk(bench, far);
    bench.submit(provider::Hold{.call = talked.call, .request = bench.next_request()});
    const std::string reinvite = far.receive_request("INVITE");
    ASSERT_NE(reinvite, "");
    EXPECT_FALSE(bench.drop(talked.call));
    ASSERT_NE(far.receive_request("BYE"), "");
    far.stop_listening();
    far.reply(reinvite, 491);
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(round % 200);
    while (std::chrono::steady_clock::now() < until) continue;
    far.reset();
    EXPECT_EQ(bench.ended(talked.call).confirmation, Confirmation::unconfirmed);
    EXPECT_EQ(bench.count_ended(talked.call), 1u);
  }
  bench.expect_empty();
}

TEST(SipTransport, AByeIntoABlackHoleEndsUnconfirmedInBoundedTime) {
  Bench bench(tcp_config());
  FarEnd far(FarEnd::By::tcp);
  const Conversation talked = talk(bench, far);
  EXPECT_FALSE(bench.drop(talked.call));  // the far end never reads again
  EXPECT_EQ(bench.ended(talked.call).confirmation, Confirmation::unconfirmed);
  bench.expect_empty();
}

TEST(SipTransport, AHalfOpenConnectionIsGivenUpForANewOne) {
  Bench bench(tcp_config());
  FarEnd far(FarEnd::By::tcp);
  const Conversation talked = talk(bench, far);
  far.half_close();
  EXPECT_TRUE(far.closed_by_peer());
  EXPECT_FALSE(bench.drop(talked.call));
  const std::string bye = far.receive_request("BYE");
  ASSERT_NE(bye, "");
  far.reply(bye, 200);
  EXPECT_EQ(bench.ended(talked.call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(SipTransport, TheEndOfACancelledCallIsHeardAndAcknowledged) {
  Bench bench(tcp_config());
  FarEnd far(FarEnd::By::tcp);
  const CallRef call = bench.make_call(kAlice, far.uri());
  const std::string invite = far.receive_request("INVITE");
  far.reply(invite, 180);
  ASSERT_TRUE(bench.reaches(call, CallState::ringback));
  EXPECT_FALSE(bench.drop(call));
  const std::string cancel = far.receive_request("CANCEL");
  far.send(far.response(cancel, 200) + far.response(invite, 487));
  const std::string ack = far.receive_request("ACK");
  EXPECT_EQ(header(ack, "CSeq"), std::to_string(std::stoi(header(invite, "CSeq"))) + " ACK");
  EXPECT_EQ(header(ack, "Via"), header(invite, "Via"));  // its branch above all
  EXPECT_EQ(ack.substr(4, ack.find("\r\n") - 4), invite.substr(7, invite.find("\r\n") - 7));
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(SipTransport, ACallToNobodyListeningIsUnreachable) {
  Bench bench(tcp_config());
  FarEnd far(FarEnd::By::tcp);
  const std::string uri = far.uri();
  far.stop_listening();
  const CallRef call = bench.make_call(kAlice, uri);
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::unreachable);
  bench.expect_empty();
}

TEST(SipTransport, AnInviteWhoseConnectionIsLostIsUnreachable) {
  Bench bench(tcp_config());
  FarEnd far(FarEnd::By::tcp);
  const CallRef call = bench.make_call(kAlice, far.uri());
  ASSERT_NE(far.receive_request("INVITE"), "");
  far.stop_listening();
  far.reset();
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::unreachable);
  bench.expect_empty();
}

TEST(SipTransport, AQuietConnectionIsKeptAlive) {
  Config config = tcp_config();
  config.keep_alive = std::chrono::seconds(1);
  Bench bench(config);
  FarEnd far(FarEnd::By::tcp);
  const Conversation talked = talk(bench, far);
  EXPECT_EQ(far.receive(2500), "");  // nothing but keep-alives
  EXPECT_GE(far.keep_alives(), 1);
  EXPECT_FALSE(bench.drop(talked.call));
  far.reply(far.receive_request("BYE"), 200);
  EXPECT_EQ(bench.ended(talked.call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

/// RFC 3261 18.2.2: "If that connection is no longer open, the server SHOULD open a connection to
/// the IP address in the "received" parameter, if present, using the port in the "sent-by" value".
TEST(SipTransport, TheRefusalOfACallerWhoseConnectionWasLostGoesOverANewOne) {
  Bench bench(tcp_config());
  FarEnd far(FarEnd::By::tcp);
  far.connect(bench.port());
  const std::string to = "<sip:bob@127.0.0.1>", from = "<sip:far@127.0.0.1>;tag=far";
  std::string invite = far.request("INVITE", "sip:bob@127.0.0.1", from, to, "lost", 1, true);
  invite.insert(invite.find(";branch="), ";rport");
  far.send(invite);
  EXPECT_EQ(far.receive().substr(0, 11), "SIP/2.0 180");
  far.reset();
  const CallRef call = bench.incoming(kBob);
  EXPECT_FALSE(bench.drop(call));
  const std::string refusal = far.receive();
  EXPECT_EQ(refusal.substr(0, 11), "SIP/2.0 486") << refusal;
  EXPECT_NE(header(refusal, "Via").find(";rport="), std::string::npos) << refusal;
  std::string ack = far.request("ACK", "sip:bob@127.0.0.1", from, header(refusal, "To"), "lost", 1);
  const std::string branch = header(invite, "Via"), other = header(ack, "Via");
  ack.replace(ack.find(other), other.size(), branch);
  far.send(ack);
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

// ---- far ends that do nothing, or not enough

TEST(SipTransport, AConnectionThatFallsSilentIsClosed) {
  Config config = test_config();
  config.stream_idle = std::chrono::seconds(1);
  Bench bench(config);
  FarEnd far(FarEnd::By::tcp);
  far.connect(bench.port());
  far.send("\r\n\r\n");
  EXPECT_TRUE(far.closed_by_peer());
  bench.expect_empty();
}

TEST(SipTransport, AConnectionWhoseMessageNeverEndsIsClosed) {
  for (const char* begun :
       {"INVITE sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP",
        "OPTIONS sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP x\r\nFrom: "
        "<sip:a@b>;tag=1\r\nTo: <sip:bob@c>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
        "Content-Length: 100\r\n\r\nv=0"}) {
    Config config = test_config();
    config.stream_idle = config.stream_stalled = std::chrono::seconds(1);
    Bench bench(config);
    FarEnd far(FarEnd::By::tcp);
    far.connect(bench.port());
    far.send(begun);
    EXPECT_TRUE(far.closed_by_peer()) << begun;
    bench.expect_empty();
  }
}

TEST(SipTransport, ACallOutlivesItsIdleConnection) {
  Config config = tcp_config();
  config.stream_idle = std::chrono::seconds(1);
  Bench bench(config);
  FarEnd far(FarEnd::By::tcp);
  const Conversation talked = talk(bench, far);
  EXPECT_TRUE(far.closed_by_peer());
  EXPECT_FALSE(bench.drop(talked.call));
  const std::string bye = far.receive_request("BYE");  // over a new one
  ASSERT_NE(bye, "");
  far.reply(bye, 200);
  EXPECT_EQ(bench.ended(talked.call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

// ---- names with several addresses

/// 127.0.0.2 … are addresses of this machine too; nobody listens there.
class SipNames : public testing::TestWithParam<FarEnd::By> {};

TEST_P(SipNames, ACallGoesToTheSecondAddressWhenTheFirstIsDead) {
  FarEnd far(GetParam());
  NameServer names({.addresses = {{"two.test", {"127.0.0.9", "127.0.0.1"}}}, .services = {}});
  Config config = GetParam() == FarEnd::By::tcp ? tcp_config() : test_config();
  config.resolver_file = names.resolver_file();
  Bench bench(config);
  const Conversation talked = talk(bench, far, "sip:far@two.test:" + std::to_string(far.port()));
  EXPECT_GT(names.asked(), 0);
  EXPECT_FALSE(bench.drop(talked.call));
  far.reply(far.receive_request("BYE"), 200);
  EXPECT_EQ(bench.ended(talked.call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST_P(SipNames, ACallGoesToTheSecondServiceWhenTheFirstIsDead) {
  FarEnd dead(GetParam()), far(GetParam());
  const std::uint16_t nobody = dead.port();
  dead.stop_listening();
  dead.close();
  const std::string service =
      GetParam() == FarEnd::By::tcp ? "_sip._tcp.served.test" : "_sip._udp.served.test";
  NameServer names(
      {.addresses = {{"one.served.test", {"127.0.0.1"}}, {"other.served.test", {"127.0.0.1"}}},
       .services = {
           {service, {{1, nobody, "one.served.test"}, {2, far.port(), "other.served.test"}}}}});
  Config config = GetParam() == FarEnd::By::tcp ? tcp_config() : test_config();
  config.resolver_file = names.resolver_file();
  Bench bench(config);
  const Conversation talked = talk(bench, far, "sip:far@served.test");
  EXPECT_FALSE(bench.drop(talked.call));
  far.reply(far.receive_request("BYE"), 200);
  EXPECT_EQ(bench.ended(talked.call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST_P(SipNames, ANameThatNobodyKnowsIsUnreachable) {
  NameServer names({});
  Config config = GetParam() == FarEnd::By::tcp ? tcp_config() : test_config();
  config.resolver_file = names.resolver_file();
  Bench bench(config);
  const CallRef call = bench.make_call(kAlice, "sip:far@nowhere.test");
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::unreachable);
  bench.expect_empty();
}

INSTANTIATE_TEST_SUITE_P(By, SipNames, testing::Values(FarEnd::By::udp, FarEnd::By::tcp),
                         [](const auto& each) {
                           return each.param == FarEnd::By::udp ? "udp" : "tcp";
                         });

}  // namespace
}  // namespace switchhook::sip::test
