// SPDX-License-Identifier: Apache-2.0
// 3xx to our INVITE: the call ends, and is told where to; whatever the Contacts are.
#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

/// What was told as the call's redirection, each time that it was.
std::vector<std::string> redirections(Bench& bench, CallRef call) {
  std::vector<std::string> out;
  for (const provider::Event& event : bench.events().events())
    if (const auto* info = std::get_if<provider::InfoChanged>(&event);
        info != nullptr && info->call == call && info->redirection)
      out.push_back(info->redirection->address);
  return out;
}

struct Redirected {
  const char* contacts;  ///< header lines
  const char* told;      ///< empty = nothing
};

class SipRedirection : public testing::TestWithParam<Redirected> {
 protected:
  /// The whole life of a call that is answered so.
  Cause play(Bench& bench, int status, const std::string& contacts) {
    FarEnd far(FarEnd::By::udp);
    call_ = bench.make_call(kAlice, far.uri());
    const std::string invite = far.receive_request("INVITE");
    far.send(far.response(invite, 180));
    EXPECT_TRUE(bench.reaches(call_, CallState::ringback));
    std::string answer = far.response(invite, status);
    const std::string own = "Contact: " + header(answer, "Contact") + "\r\n";
    answer.replace(answer.find(own), own.size(), contacts);
    far.send(answer);
    EXPECT_EQ(far.receive().substr(0, 4), "ACK ");
    const Cause cause = bench.cause(call_);
    EXPECT_FALSE(bench.drop(call_));
    EXPECT_EQ(bench.ended(call_).confirmation, Confirmation::confirmed);
    EXPECT_EQ(bench.count_ended(call_), 1u);
    static_cast<void>(bench.ledger());  // keeps step
    EXPECT_EQ(far.receive(1), "") << "nobody is called in its place";
    return cause;
  }
  CallRef call_;
};

TEST_P(SipRedirection, EndsTheCallAndTellsWhereTo) {
  Bench bench;
  const Cause cause = play(bench, 302, GetParam().contacts);
  EXPECT_EQ(cause.mode, DisconnectMode::forwarded);
  EXPECT_EQ(cause.sip_status, 302);
  const std::string wanted = GetParam().told;
  EXPECT_EQ(redirections(bench, call_),
            wanted.empty() ? std::vector<std::string>() : std::vector<std::string>{wanted});
  bench.expect_empty();
}

INSTANTIATE_TEST_SUITE_P(
    Contacts, SipRedirection,
    testing::Values(
        Redirected{"Contact: <sip:carol@127.0.0.1:9>\r\n", "sip:carol@127.0.0.1:9"},
        Redirected{"Contact: \"Carol\" <sips:carol@example.net>;q=0.1\r\n",
                   "sips:carol@example.net"},
        Redirected{"Contact: <sip:a@x.test>;q=0.2, <sip:b@x.test>;q=0.9, <sip:c@x.test>;q=0.9\r\n",
                   "sip:b@x.test"},
        Redirected{"Contact: <sip:a@x.test>;q=0.5\r\nContact: <sip:b@x.test>\r\n", "sip:b@x.test"},
        Redirected{"Contact: <mailto:carol@example.net>, <sip:d@x.test>;q=0.1\r\n", "sip:d@x.test"},
        Redirected{"Contact: <tel:+4930123>\r\n", "tel:+4930123"},
        // Nobody that could be called.
        Redirected{"", ""}, Redirected{"Contact: *\r\n", ""}, Redirected{"Contact: \r\n", ""},
        Redirected{"Contact: nonsense\r\n", ""}, Redirected{"Contact: <sip:\r\n", ""},
        Redirected{"Contact: <>\r\n", ""},
        Redirected{"Contact: <mailto:carol@example.net>\r\n", ""},
        Redirected{"Contact: <sip:a b@x.test>\r\n", ""},
        Redirected{"Contact: \"unbalanced <sip:a@x.test>\r\n", ""},
        // One of them is good.
        Redirected{"Contact: <sip:\r\nContact: <sip:e@x.test>\r\n", "sip:e@x.test"},
        Redirected{"Contact: <sip:f@x.test>;q=nonsense\r\n", "sip:f@x.test"}));

TEST_F(SipRedirection, ToManyTellsOneInBoundedTime) {
  Bench bench;
  std::string contacts;
  for (int i = 0; i < 500; ++i)
    contacts += "Contact: <sip:" + std::to_string(i) + "@x.test>;q=0.1\r\n";
  play(bench, 300, contacts);
  EXPECT_EQ(redirections(bench, call_), std::vector<std::string>{"sip:0@x.test"});
  bench.expect_empty();
}

/// The same for an answer: it is acknowledged, and hung up on, where the INVITE went.
TEST_F(SipRedirection, AnAnswerWhoseContactCannotBeReadIsAnAnswer) {
  for (const char* contact : {"", "Contact: <sip:\r\n", "Contact: nonsense\r\n"}) {
    Bench bench;
    FarEnd far(FarEnd::By::udp);
    const CallRef call = bench.make_call(kAlice, far.uri());
    std::string answer = far.response(far.receive_request("INVITE"), 200, true);
    const std::string own = "Contact: " + header(answer, "Contact") + "\r\n";
    answer.replace(answer.find(own), own.size(), contact);
    far.send(answer);
    ASSERT_TRUE(bench.reaches(call, CallState::connected)) << contact;
    EXPECT_EQ(far.receive().substr(0, 4), "ACK ") << contact;
    EXPECT_FALSE(bench.drop(call));
    far.reply(far.receive_request("BYE"), 200);
    EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed) << contact;
    bench.expect_empty();
  }
}

TEST_F(SipRedirection, ForGoodSaysThatTheNumberHasChanged) {
  Bench bench;
  EXPECT_EQ(play(bench, 301, "Contact: <sip:new@x.test>\r\n").mode, DisconnectMode::number_changed);
  EXPECT_EQ(redirections(bench, call_), std::vector<std::string>{"sip:new@x.test"});
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
