// SPDX-License-Identifier: Apache-2.0
// The transferee's part on the wire: a far end asks us by REFER to call somebody else, both of them
// under the test's hand. The engine's call goes on with the new one; every end of every one of the
// three, in whatever order, leaves nothing.
#include <gtest/gtest.h>

#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

Config following() {
  Config config = test_config();
  for (LineConfig& line : config.lines) line.refer = ReferPolicy::follow;
  return config;
}

int status_of(const std::string& response) {
  return response.size() > 12 ? std::stoi(response.substr(8, 3)) : 0;
}

/// One dialog of ours, as its far end sees it.
struct Dialog {
  Dialog(FarEnd& end, std::string its_invite) : far(&end), invite(std::move(its_invite)) {}
  [[nodiscard]] std::string request(const std::string& method, int number) const {
    const std::string contact = header(invite, "Contact");
    return far->request(method, contact.substr(1, contact.find('>') - 1),
                        header(invite, "To") + ";tag=far", header(invite, "From"),
                        header(invite, "Call-ID"), number);
  }
  int send(const std::string& method, const std::string& more = "", int number = 0) {
    if (number == 0) number = ++cseq;
    std::string text = request(method, number);
    text.insert(text.find("Content-Length"), more);
    far->send(text);
    return status_of(far->receive_response(method));
  }
  int refer(const std::string& to, const std::string& more = "", int number = 0) {
    return send("REFER", "Refer-To: " + to + "\r\nReferred-By: <sip:far@there>\r\n" + more, number);
  }
  /// The status that the next NOTIFY tells of.
  int notified(int reply = 200) {
    notify = far->receive_request("NOTIFY");
    EXPECT_NE(notify, "");
    if (notify.empty()) return 0;
    far->reply(notify, reply);
    return status_of(notify.substr(notify.find("\r\n\r\n") + 4));
  }
  /// Its end from our side.
  void ended_by_us() {
    const std::string bye = far->receive_request("BYE");
    EXPECT_NE(bye, "");
    if (!bye.empty()) far->reply(bye, 200);
  }
  FarEnd* far;
  std::string invite, notify;
  int cseq = 70;
};

class SipFollow : public testing::Test {
 protected:
  explicit SipFollow(Config config = following(), bool keeps_recovery = false)
      : bench(std::move(config), keeps_recovery) {
    call = bench.make_call(kAlice, far.uri());
    old.invite = far.receive_request("INVITE");
    far.reply(old.invite, 200, true);
    EXPECT_TRUE(bench.reaches(call, CallState::connected));
    EXPECT_NE(far.receive_request("ACK"), "");
    states = bench.states(call);
  }
  /// A REFER to `third`, as far as its INVITE.
  void refer() {
    ASSERT_EQ(old.refer("<" + third.uri() + ">"), 202);
    ASSERT_EQ(old.notified(), 100);
    next.invite = third.receive_request("INVITE");
    ASSERT_NE(next.invite, "");
  }
  void answer() {
    third.reply(next.invite, 200, true);
    EXPECT_NE(third.receive_request("ACK"), "");
  }
  [[nodiscard]] std::optional<Party> connected_with() {
    std::optional<Party> out;
    static_cast<void>(bench.events().wait([&](const std::vector<provider::Event>& events) {
      for (const provider::Event& event : events)
        if (const auto* info = std::get_if<provider::InfoChanged>(&event);
            info != nullptr && info->call == call && info->connected)
          out = info->connected;
      return out.has_value();
    }));
    return out;
  }
  void over() {
    static_cast<void>(bench.ended(call));
    EXPECT_EQ(bench.count_ended(call), 1u);
    bench.expect_empty();
  }
  void hang_up_and_over() {
    EXPECT_FALSE(bench.drop(call));
    next.ended_by_us();
    EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
    over();
  }

  Bench bench;
  FarEnd far{FarEnd::By::udp}, third{FarEnd::By::udp};
  CallRef call;
  std::vector<CallState> states;
  Dialog old{far, ""}, next{third, ""};
};

TEST_F(SipFollow, TheCallGoesOnWithTheOneThatItWasReferredTo) {
  refer();
  EXPECT_EQ(header(next.invite, "Referred-By"), "<sip:far@there>");
  EXPECT_NE(header(next.invite, "Call-ID"), header(old.invite, "Call-ID"));
  third.reply(next.invite, 180);
  EXPECT_EQ(old.notified(), 180);
  EXPECT_EQ(header(old.notify, "Event"), "refer");
  EXPECT_EQ(header(old.notify, "Content-Type"), "message/sipfrag;version=2.0");
  answer();
  EXPECT_EQ(old.notified(), 200);
  EXPECT_EQ(header(old.notify, "Subscription-State"), "terminated;reason=noresource");
  EXPECT_EQ(connected_with()->address, third.uri());
  EXPECT_EQ(old.send("BYE"), 200);
  EXPECT_EQ(bench.states(call), states) << "connected it was and is";
  hang_up_and_over();
}

TEST_F(SipFollow, TheOldDialogIsEndedInBoundedTimeWhenTheFarEndDoesNot) {
  refer();
  answer();
  EXPECT_EQ(old.notified(), 200);
  old.ended_by_us();
  EXPECT_EQ(bench.states(call), states);
  hang_up_and_over();
}

TEST_F(SipFollow, ReplacesIsCarriedOver) {
  ASSERT_EQ(old.refer("<" + third.uri() +
                      "?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces&Subject=x>"),
            202);
  next.invite = third.receive_request("INVITE");
  EXPECT_EQ(header(next.invite, "Replaces"), "a@b;to-tag=1;from-tag=2");
  EXPECT_EQ(header(next.invite, "Subject"), "");
  EXPECT_EQ(next.invite.substr(7, third.uri().size() + 1), third.uri() + " ");
  answer();
  EXPECT_EQ(old.notified(), 100);
  EXPECT_EQ(old.notified(), 200);
  EXPECT_EQ(old.send("BYE"), 200);
  hang_up_and_over();
}

TEST_F(SipFollow, TheCallIsAsItWasWhenTheOtherOneRefuses) {
  for (const int status : {486, 603, 404}) {
    refer();
    third.reply(next.invite, status);
    EXPECT_EQ(old.notified(), status);
    EXPECT_EQ(header(old.notify, "Subscription-State"), "terminated;reason=noresource");
    EXPECT_NE(third.receive_request("ACK"), "");
  }
  EXPECT_EQ(bench.states(call), states);
  EXPECT_FALSE(bench.drop(call));
  old.ended_by_us();
  over();
}

TEST_F(SipFollow, TheCallIsAsItWasWhenTheOtherOneIsNotThere) {
  refer();
  EXPECT_EQ(old.notified(), 408) << "after 64*T1";
  EXPECT_EQ(bench.states(call), states);
  EXPECT_FALSE(bench.drop(call));
  old.ended_by_us();
  over();
}

TEST_F(SipFollow, AnAnswerThatCannotBeUsedIsEndedAndTold) {
  refer();
  third.reply(next.invite, 200);  // without a description
  EXPECT_EQ(old.notified(), 488);
  next.ended_by_us();
  EXPECT_EQ(bench.states(call), states);
  EXPECT_FALSE(bench.drop(call));
  old.ended_by_us();
  over();
}

TEST_F(SipFollow, AFarEndThatHangsUpAtOnceLeavesTheCallToTheOtherOne) {
  refer();
  EXPECT_EQ(old.send("BYE"), 200);
  third.reply(next.invite, 180);
  EXPECT_EQ(old.notified(), 180) << "its subscription lives on";
  EXPECT_EQ(bench.states(call), states);
  answer();
  EXPECT_EQ(old.notified(), 200);
  EXPECT_EQ(connected_with()->address, third.uri());
  EXPECT_EQ(bench.states(call), states);
  hang_up_and_over();
}

TEST_F(SipFollow, AFarEndThatHangsUpAndForgetsIsNotToldAgain) {
  refer();
  EXPECT_EQ(old.send("BYE"), 200);
  third.reply(next.invite, 180);
  EXPECT_EQ(old.notified(481), 180);
  answer();
  EXPECT_EQ(connected_with()->address, third.uri());
  hang_up_and_over();
}

TEST_F(SipFollow, AFarEndThatHangsUpAtOnceAndAnotherThatRefusesEndTheCall) {
  refer();
  EXPECT_EQ(old.send("BYE"), 200);
  third.reply(next.invite, 486);
  EXPECT_EQ(old.notified(), 486);
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::busy);
  EXPECT_EQ(bench.cause(call).sip_status, 486);
  const std::vector<CallState> all = bench.states(call);
  EXPECT_EQ(std::count(all.begin(), all.end(), CallState::busy), 0);
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  over();
}

TEST_F(SipFollow, AFarEndThatHangsUpAtOnceAndAnotherThatIsNotThereEndTheCall) {
  refer();
  EXPECT_EQ(old.send("BYE"), 200);
  EXPECT_EQ(old.notified(), 408);
  EXPECT_TRUE(bench.reaches(call, CallState::disconnected));
  over();
}

TEST_F(SipFollow, OurHangingUpInTheMiddleEndsBoth) {
  for (const bool rings : {false, true}) {
    SCOPED_TRACE(rings);
    if (rings) {
      call = bench.make_call(kAlice, far.uri());
      old = Dialog(far, far.receive_request("INVITE"));
      far.reply(old.invite, 200, true);
      EXPECT_TRUE(bench.reaches(call, CallState::connected));
      EXPECT_NE(far.receive_request("ACK"), "");
    }
    refer();
    if (rings) {
      third.reply(next.invite, 180);
      EXPECT_EQ(old.notified(), 180);
    }
    EXPECT_FALSE(bench.drop(call));
    EXPECT_EQ(old.notified(), 487);
    old.ended_by_us();
    if (!rings) third.reply(next.invite, 180);  // before that there is no CANCEL
    const std::string cancel = third.receive_request("CANCEL");
    ASSERT_NE(cancel, "");
    third.reply(cancel, 200);
    third.reply(next.invite, 487);
    EXPECT_NE(third.receive_request("ACK"), "");
    static_cast<void>(bench.ended(call));
    EXPECT_EQ(bench.count_ended(call), 1u);
  }
  over();
}

TEST_F(SipFollow, AnAnswerThatCrossesOurHangingUpIsEndedByBye) {
  refer();
  third.reply(next.invite, 180);
  EXPECT_EQ(old.notified(), 180);
  EXPECT_FALSE(bench.drop(call));
  EXPECT_NE(third.receive_request("CANCEL"), "");
  answer();
  next.ended_by_us();
  EXPECT_EQ(old.notified(), 487);
  old.ended_by_us();
  over();
}

TEST_F(SipFollow, OurHangingUpWhileTheOldDialogWaitsEndsBoth) {
  refer();
  answer();
  EXPECT_EQ(old.notified(), 200);
  EXPECT_FALSE(bench.drop(call));
  next.ended_by_us();
  old.ended_by_us();
  over();
}

TEST_F(SipFollow, TheOtherOnesHangingUpWhileTheOldDialogWaitsEndsBoth) {
  refer();
  answer();
  EXPECT_EQ(old.notified(), 200);
  EXPECT_EQ(next.send("BYE"), 200);
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::normal);
  old.ended_by_us();
  over();
}

TEST_F(SipFollow, ClosingInTheMiddleEndsBoth) {
  refer();
  third.reply(next.invite, 180);
  EXPECT_EQ(old.notified(), 180);
  bench.close(call);
  EXPECT_NE(third.receive_request("CANCEL"), "");
  third.reply(next.invite, 487);
  EXPECT_EQ(old.notified(), 487);
  old.ended_by_us();
  over();
}

TEST_F(SipFollow, StopInTheMiddleEndsBoth) {
  refer();
  third.reply(next.invite, 180);
  EXPECT_EQ(old.notified(), 180);
  EXPECT_TRUE(bench.stop()) << "though nobody answers";
  EXPECT_EQ(bench.count_ended(call), 1u);
}

TEST_F(SipFollow, ReferThatComesAgainIsAnsweredAgainAndASecondOneIsRefused) {
  refer();
  const std::string to = "<" + third.uri() + ">";
  EXPECT_EQ(old.refer(to, "", old.cseq), 202);
  EXPECT_EQ(old.refer(to), 491);
  answer();
  EXPECT_EQ(old.notified(), 200);
  EXPECT_EQ(old.refer(to), 491) << "it is not our call any more";
  EXPECT_EQ(next.refer("<" + far.uri() + ">"), 491) << "the old dialog still waits";
  EXPECT_EQ(old.send("BYE"), 200);
  hang_up_and_over();
}

TEST_F(SipFollow, WhatCannotBeFollowedIsRefused) {
  EXPECT_EQ(old.send("REFER"), 400) << "no Refer-To";
  EXPECT_EQ(old.refer("<http://example.org/>"), 416);
  EXPECT_EQ(old.refer("<" + third.uri() + ";method=BYE>"), 603);
  EXPECT_EQ(old.refer("<" + third.uri() + "?Replaces=nonsense>"), 400);
  EXPECT_EQ(old.refer("<" + third.uri() + "?Replaces=a%0D%0AVia%3Bto-tag%3D1%3Bfrom-tag%3D2>"),
            400);
  EXPECT_EQ(old.refer("<" + third.uri() + "?Replaces=a%3>"), 400);
  EXPECT_EQ(old.refer("<sip:x>\r\nRefer-To: <sip:y>"), 400);
  EXPECT_EQ(old.refer("<" + third.uri() + ">", "Require: nosub\r\n"), 420);
  EXPECT_EQ(bench.states(call), states);
  EXPECT_FALSE(bench.drop(call));
  old.ended_by_us();
  over();
}

TEST_F(SipFollow, OutsideACallNobodySendsUsAnywhere) {
  FarEnd stranger(FarEnd::By::udp);
  stranger.connect(bench.port());
  const std::string line = "sip:alice@127.0.0.1:" + std::to_string(bench.port());
  std::string text =
      stranger.request("REFER", line, "<sip:x@there>;tag=x", "<" + line + ">", "s", 1);
  text.insert(text.find("Content-Length"), "Refer-To: <" + third.uri() + ">\r\n");
  stranger.send(text);
  EXPECT_EQ(status_of(stranger.receive_response("REFER")), 405);
  EXPECT_FALSE(bench.drop(call));
  old.ended_by_us();
  over();
}

TEST_F(SipFollow, AForgedReferIsNotFollowed) {
  for (const auto& [truth, lie] : lies(old.invite)) {
    std::string text = old.request("REFER", 80);
    text.replace(text.find(truth), truth.size(), lie);
    text.insert(text.find("Content-Length"), "Refer-To: <" + third.uri() + ">\r\n");
    far.send(text);
    EXPECT_EQ(status_of(far.receive_response("REFER")), lie.empty() ? 405 : 481) << lie;
  }
  EXPECT_EQ(bench.states(call), states);
  refer();  // the true one is followed, and is the first of which the other one hears
  EXPECT_EQ(header(next.invite, "Referred-By"), "<sip:far@there>");
  answer();
  EXPECT_EQ(old.notified(), 200);
  EXPECT_EQ(old.send("BYE"), 200);
  hang_up_and_over();
}

struct SipFollowStrict : SipFollow {
  static Config strict() {
    Config config = following();
    config.lines[kAlice].strict_source = true;
    return config;
  }
  SipFollowStrict() : SipFollow(strict()) {}
};

TEST_F(SipFollowStrict, AReferFromElsewhereIsNotFollowed) {
  FarEnd elsewhere(FarEnd::By::udp, "127.0.0.2");
  elsewhere.connect(bench.port());
  Dialog forged{elsewhere, old.invite};
  EXPECT_EQ(forged.refer("<" + third.uri() + ">"), 403);
  EXPECT_EQ(bench.states(call), states);
  EXPECT_FALSE(bench.drop(call));
  old.ended_by_us();
  over();
}

TEST_F(SipFollow, WhoeverDoesNotWantToHearIsNotTold) {
  const std::string to = "<" + third.uri() + ">";
  ASSERT_EQ(old.refer(to, "Refer-Sub: false\r\nSupported: norefersub\r\n"), 202);
  next.invite = third.receive_request("INVITE");
  answer();
  EXPECT_EQ(connected_with()->address, third.uri());
  std::string bye = far.receive();  // the next that comes is the end of the old dialog
  EXPECT_EQ(bye.substr(0, 4), "BYE ");
  far.reply(bye, 200);
  hang_up_and_over();
}

TEST_F(SipFollow, TwoThatReferToEachOtherComeToAnEnd) {
  FarEnd* ends[] = {&far, &third};
  Dialog dialog = old;
  for (int round = 0;; ++round) {
    ASSERT_LT(round, 20);
    FarEnd& to = *ends[(round + 1) % 2];
    const int answered = dialog.refer("<" + to.uri() + ">");
    if (answered == 482) break;
    ASSERT_EQ(answered, 202);
    ASSERT_EQ(dialog.notified(), 100);
    Dialog after(to, to.receive_request("INVITE"));
    to.reply(after.invite, 200, true);
    EXPECT_NE(to.receive_request("ACK"), "");
    ASSERT_EQ(dialog.notified(), 200);
    ASSERT_EQ(dialog.send("BYE"), 200);
    dialog = after;
  }
  EXPECT_FALSE(bench.drop(call));
  dialog.ended_by_us();
  over();
}

TEST_F(SipFollow, HoldAndTransferOfOursWaitUntilItIsOver) {
  refer();
  const std::optional<Error> held = bench.hold(call);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->code, Errc::invalid_state);
  const auto request = bench.next_request();
  bench.submit(provider::Transfer{.call = call, .request = request, .address = "bob", .with = {}});
  EXPECT_EQ(bench.completion(request)->code, Errc::invalid_state);
  third.reply(next.invite, 486);
  EXPECT_EQ(old.notified(), 486);
  EXPECT_FALSE(bench.drop(call));
  old.ended_by_us();
  over();
}

TEST_F(SipFollow, ACallThatWeHoldStaysHeld) {
  bench.submit(provider::Hold{call, bench.next_request()});
  const std::string reinvite = far.receive_request("INVITE");
  far.reply(reinvite, 200, true);
  EXPECT_FALSE(bench.completion(bench.last_request()));
  EXPECT_TRUE(bench.settles(call, CallState::on_hold));
  refer();
  EXPECT_NE(next.invite.find("a=sendonly"), std::string::npos);
  answer();
  EXPECT_EQ(old.notified(), 200);
  EXPECT_EQ(old.send("BYE"), 200);
  EXPECT_EQ(bench.states(call).back(), CallState::on_hold);
  hang_up_and_over();
}

struct SipRefuse : SipFollow {
  SipRefuse() : SipFollow(test_config()) {}
};

TEST_F(SipRefuse, ALineFollowsNobodyUnlessItIsToldTo) {
  EXPECT_EQ(header(old.invite, "Allow").find("REFER"), std::string::npos);
  EXPECT_EQ(old.refer("<" + third.uri() + ">"), 405);
  EXPECT_EQ(bench.states(call), states);
  EXPECT_FALSE(bench.drop(call));
  old.ended_by_us();
  over();
}

struct SipFollowLimited : SipFollow {
  static Config limited() {
    Config config = following();
    config.lines[kAlice].calls_max = 1;
    return config;
  }
  SipFollowLimited() : SipFollow(limited()) {}
};

TEST_F(SipFollowLimited, TheLimitsOfTheLineHold) {
  EXPECT_EQ(old.refer("<" + third.uri() + ">"), 503);
  EXPECT_FALSE(bench.drop(call));
  old.ended_by_us();
  over();
}

struct SipFollowDeath : SipFollow {
  SipFollowDeath() : SipFollow(following(), true) {}
  static std::vector<provider::Recovery> notes(const std::vector<provider::Event>& events) {
    std::vector<provider::Recovery> out;
    for (const provider::Event& event : events)
      if (const auto* note = std::get_if<provider::Recovery>(&event)) out.push_back(*note);
    return out;
  }
};

TEST_F(SipFollowDeath, TheJournalKnowsBothDialogs) {
  refer();
  third.reply(next.invite, 180);
  EXPECT_EQ(old.notified(), 180);
  const provider::Recovery note = notes(bench.events().events()).back();
  EXPECT_EQ(note.call, call);

  // Another process, which takes its place.
  Bench heir(following());
  far.connect(heir.port());
  third.connect(heir.port());
  heir.submit(provider::EndOrphan{.number = 7,
                                  .line = note.line,
                                  .recovery = note.recovery,
                                  .why = "the service was restarted"});
  old.ended_by_us();
  const std::string cancel = third.receive_request("CANCEL");
  ASSERT_NE(cancel, "");
  third.reply(cancel, 200);
  third.reply(next.invite, 487);
  std::vector<provider::OrphanEnded> ends;
  EXPECT_TRUE(heir.events().wait([&](const std::vector<provider::Event>& events) {
    ends.clear();
    for (const provider::Event& event : events)
      if (const auto* end = std::get_if<provider::OrphanEnded>(&event)) ends.push_back(*end);
    return !ends.empty();
  }));
  EXPECT_EQ(ends.at(0).number, 7u);
  EXPECT_EQ(ends.at(0).confirmation, Confirmation::confirmed);
  heir.expect_empty();
  EXPECT_EQ(ends.size(), 1u);
}

TEST_F(SipFollowDeath, TheJournalKnowsWhichDialogIsLeft) {
  refer();
  answer();
  EXPECT_EQ(old.notified(), 200);
  EXPECT_EQ(old.send("BYE"), 200);
  EXPECT_TRUE(bench.events().wait([&](const auto& events) {
    return notes(events).back().recovery.find(header(old.invite, "Call-ID")) == std::string::npos;
  }));
  const provider::Recovery note = notes(bench.events().events()).back();
  EXPECT_NE(note.recovery.find(header(next.invite, "Call-ID")), std::string::npos);
  EXPECT_EQ(note.call, call);
  hang_up_and_over();
}

}  // namespace
}  // namespace switchhook::sip::test
