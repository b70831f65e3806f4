// SPDX-License-Identifier: Apache-2.0
// Transfer on the wire: a far end under the test's hand is asked to call somebody else, and what it
// says of that, in whatever order, decides; and a call of ours is replaced for real.
#include <gtest/gtest.h>

#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

/// Alice's call to a far end that is asked to go to somebody else.
struct Transfer {
  explicit Transfer(FarEnd::By by = FarEnd::By::udp, Config config = test_config())
      : bench(config), far(by) {
    call = bench.make_call(kAlice, far.uri());
    invite = far.receive_request("INVITE");
    far.reply(invite, 200, true);
    EXPECT_TRUE(bench.reaches(call, CallState::connected));
    EXPECT_NE(far.receive_request("ACK"), "");
  }

  void ask(const std::string& address, CallRef with = {}) {
    request = bench.next_request();
    bench.submit(
        provider::Transfer{.call = call, .request = request, .address = address, .with = with});
  }
  void ask_and_accept(const std::string& address, CallRef with = {}) {
    ask(address, with);
    refer = far.receive_request("REFER");
    ASSERT_NE(refer, "");
    far.reply(refer, 202);
  }
  /// A request of the far end in the dialog; by another one than `by` it is a forged one.
  [[nodiscard]] std::string in_dialog(const std::string& method) { return in_dialog(method, far); }
  [[nodiscard]] std::string in_dialog(const std::string& method, const FarEnd& by) {
    const std::string contact = header(invite, "Contact");
    return by.request(method, contact.substr(1, contact.find('>') - 1),
                      header(invite, "To") + ";tag=far", header(invite, "From"),
                      header(invite, "Call-ID"), ++cseq);
  }
  /// The far end says what it was told; returns how that was answered.
  int notify(const std::string& said, const std::string& state = "active;expires=60") {
    return tell(far, in_dialog("NOTIFY"), said, state);
  }
  static int tell(FarEnd& by, std::string text, const std::string& said, const std::string& state) {
    const std::string body = "SIP/2.0 " + said + "\r\n";
    text.erase(text.find("Content-Length"));
    by.send(text + "Event: refer\r\nSubscription-State: " + state +
            "\r\nContent-Type: message/sipfrag;version=2.0\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body);
    const std::string answer = by.receive_response("NOTIFY");
    return answer.size() > 12 ? std::stoi(answer.substr(8, 3)) : 0;
  }
  std::optional<Error> outcome() { return bench.completion(request); }
  /// What the engine does next.
  void leave() {
    EXPECT_FALSE(bench.drop(call));
    const std::string bye = far.receive_request("BYE");
    EXPECT_NE(bye, "");
    far.reply(bye, 200);
    EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  }

  Bench bench;
  FarEnd far;
  CallRef call;
  std::string invite, refer;
  provider::RequestNumber request = 0;
  int cseq = 70;
};

class SipTransferBy : public testing::TestWithParam<FarEnd::By> {};
INSTANTIATE_TEST_SUITE_P(Transports, SipTransferBy,
                         testing::Values(FarEnd::By::udp, FarEnd::By::tcp),
                         testing::PrintToStringParamName());

TEST_P(SipTransferBy, IsDoneWhenTheFarEndHasReachedTheOther) {
  Config config = test_config();
  if (GetParam() == FarEnd::By::tcp)
    for (LineConfig& line : config.lines) line.transport = Transport::tcp;
  Transfer transfer(GetParam(), config);
  transfer.ask_and_accept("sip:carol@127.0.0.1:9;transport=udp");
  EXPECT_EQ(header(transfer.refer, "Refer-To"), "<sip:carol@127.0.0.1:9;transport=udp>");
  EXPECT_NE(header(transfer.refer, "Referred-By").find("sip:alice@"), std::string::npos);
  EXPECT_EQ(transfer.notify("100 Trying"), 200);
  EXPECT_EQ(transfer.notify("180 Ringing"), 200);
  EXPECT_EQ(transfer.notify("200 OK", "terminated;reason=noresource"), 200);
  EXPECT_FALSE(transfer.outcome());
  transfer.leave();
  transfer.bench.expect_empty();
}

TEST(SipTransfer, LeavesTheCallAsItWasWhenTheOtherIsNotReached) {
  Transfer transfer;
  transfer.ask_and_accept("bob");
  transfer.notify("486 Busy Here", "terminated;reason=noresource");
  const std::optional<Error> error = transfer.outcome();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Errc::failed);
  EXPECT_NE(error->text().find("486 Busy Here"), std::string::npos) << error->text();
  EXPECT_EQ(transfer.bench.states(transfer.call).back(), CallState::connected);
  transfer.ask_and_accept("bob");  // once more
  transfer.notify("200 OK", "terminated;reason=noresource");
  EXPECT_FALSE(transfer.outcome());
  transfer.leave();
  transfer.bench.expect_empty();
}

TEST(SipTransfer, LeavesTheCallAsItWasWhenTheFarEndRefuses) {
  Transfer transfer;
  for (const int status : {405, 429, 603}) {
    transfer.ask("bob");
    transfer.far.reply(transfer.far.receive_request("REFER"), status);
    const std::optional<Error> error = transfer.outcome();
    ASSERT_TRUE(error);
    EXPECT_NE(error->text().find(std::to_string(status)), std::string::npos) << error->text();
    EXPECT_EQ(transfer.bench.states(transfer.call).back(), CallState::connected);
  }
  transfer.leave();
  transfer.bench.expect_empty();
}

TEST(SipTransfer, ThatTheFarEndNeverAnswersFailsInBoundedTime) {
  Transfer transfer;
  transfer.ask("bob");
  const std::optional<Error> error = transfer.outcome();
  ASSERT_TRUE(error);
  EXPECT_EQ(transfer.bench.states(transfer.call).back(), CallState::connected);
  EXPECT_FALSE(transfer.bench.drop(transfer.call));
  transfer.bench.expect_empty();
}

TEST(SipTransfer, IsNotDecidedByAForgedNotify) {
  Config config = test_config();
  config.lines[kAlice].strict_source = true;
  Transfer transfer(FarEnd::By::udp, config);
  transfer.ask_and_accept("bob");
  const std::string done = "200 OK", over = "terminated;reason=noresource";
  for (const auto& [truth, lie] : lies(transfer.invite)) {
    std::string text = transfer.in_dialog("NOTIFY");
    text.replace(text.find(truth), truth.size(), lie);
    EXPECT_EQ(Transfer::tell(transfer.far, text, done, over), 481) << lie;
  }
  FarEnd elsewhere(FarEnd::By::udp, "127.0.0.2");
  elsewhere.connect(transfer.bench.port());
  EXPECT_EQ(Transfer::tell(elsewhere, transfer.in_dialog("NOTIFY", elsewhere), done, over), 403);
  EXPECT_EQ(transfer.notify("486 Busy Here", over), 200);
  const std::optional<Error> error = transfer.outcome();
  ASSERT_TRUE(error) << "a forged one was believed";
  EXPECT_NE(error->text().find("486 Busy Here"), std::string::npos) << error->text();
  transfer.leave();
  transfer.bench.expect_empty();
}

TEST(SipTransfer, IsOverWhenTheFarEndHangsUpInTheMiddle) {
  Transfer transfer;
  transfer.ask_and_accept("bob");
  transfer.notify("100 Trying");
  transfer.far.send(transfer.in_dialog("BYE"));
  const std::optional<Error> error = transfer.outcome();
  ASSERT_TRUE(error);
  EXPECT_EQ(transfer.bench.cause(transfer.call).mode, DisconnectMode::normal);
  EXPECT_NE(transfer.far.receive_response("BYE"), "");
  EXPECT_EQ(transfer.notify("200 OK", "terminated"), 481) << "the dialog is gone";
  transfer.bench.expect_empty();
}

TEST(SipTransfer, IsOverWhenWeHangUpInTheMiddle) {
  Transfer transfer;
  transfer.ask_and_accept("bob");
  transfer.leave();
  EXPECT_TRUE(transfer.outcome());
  transfer.bench.expect_empty();
}

TEST(SipTransfer, WhatCannotBeDoneIsRefusedAtOnce) {
  Transfer transfer;
  const auto refused = [&](const std::string& address, CallRef with, Errc code) {
    transfer.ask(address, with);
    const std::optional<Error> error = transfer.outcome();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, code) << address;
  };
  refused("not an address", {}, Errc::invalid_address);
  refused("", CallRef{4711}, Errc::invalid_state);
  refused("", transfer.call, Errc::invalid_state);
  transfer.ask("bob");
  const auto first = transfer.request;
  refused("bob", {}, Errc::invalid_state);
  transfer.far.reply(transfer.far.receive_request("REFER"), 603);
  EXPECT_TRUE(transfer.bench.completion(first));
  transfer.leave();
  transfer.bench.expect_empty();
}

TEST(SipTransfer, TheOtherOfOurCallsIsReplacedForReal) {
  Transfer transfer;
  // The consultation: alice talks with bob, who is a line of the same provider.
  Bench& bench = transfer.bench;
  const CallRef consultation = bench.make_call(kAlice, "bob");
  const CallRef bobs = bench.incoming(kBob);
  EXPECT_FALSE(bench.answer(bobs));
  ASSERT_TRUE(bench.reaches(consultation, CallState::connected));
  transfer.ask_and_accept("", consultation);

  // The far end does as it is told: an INVITE that replaces the consultation at bob's.
  const std::string to = header(transfer.refer, "Refer-To");
  const std::size_t query = to.find("?Replaces=");
  ASSERT_NE(query, std::string::npos) << to;
  std::string replaces;
  for (std::size_t i = query + 10; i < to.size() && to[i] != '>'; ++i) {
    if (to[i] != '%') {
      replaces += to[i];
      continue;
    }
    replaces += static_cast<char>(std::stoi(to.substr(i + 1, 2), nullptr, 16));
    i += 2;
  }
  FarEnd third(FarEnd::By::udp);
  third.connect(bench.port());
  std::string invite = third.request("INVITE", to.substr(1, query - 1), "<sip:far@there>;tag=third",
                                     "<sip:bob@here>", "third-call", 1, true);
  const std::string after = "Max-Forwards: 70\r\n";
  invite.insert(invite.find(after), "Replaces: " + replaces + "\r\n");
  third.send(invite);
  const CallRef taken = bench.incoming(kBob, 1);
  EXPECT_FALSE(bench.answer(taken));
  const std::string answer = third.receive_response("INVITE");
  EXPECT_EQ(answer.substr(8, 3), "200");
  third.send(third.request("ACK", to.substr(1, query - 1), "<sip:far@there>;tag=third",
                           header(answer, "To"), "third-call", 1));
  EXPECT_EQ(bench.cause(bobs).mode, DisconnectMode::pickup);
  EXPECT_TRUE(bench.reaches(consultation, CallState::disconnected)) << "bob hung up on alice";
  EXPECT_EQ(transfer.notify("200 OK", "terminated;reason=noresource"), 200);
  EXPECT_FALSE(transfer.outcome());
  transfer.leave();
  EXPECT_FALSE(bench.drop(taken));
  third.reply(third.receive_request("BYE"), 200);
  EXPECT_EQ(bench.ended(taken).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
