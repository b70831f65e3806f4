// SPDX-License-Identifier: Apache-2.0
// RFC 5407 on the wire, as far as both parties are our provider: sections 3.1 to 3.3 and appendices
// B and C. What the drawings need to cross is held on the wire until both have sent it. The same
// races are played in virtual time, with many more orders of events, in tests/sip_races.
#include <gtest/gtest.h>

#include "tests/sip/races.hpp"

namespace switchhook::sip::test {
namespace {

void phones(World& world) {
  world.phone(0);
  world.phone(1);
}
/// `side` ended it, and knows that the other one knows.
void expect_ended_by(World& world, int side) {
  EXPECT_EQ(world.phone(side).ended(world.call(side)).confirmation, Confirmation::confirmed);
  EXPECT_EQ(world.phone(1 - side).cause(world.call(1 - side)).mode, DisconnectMode::normal);
  EXPECT_EQ(world.count(side, "BYE"), 1u);
  EXPECT_EQ(world.count(1 - side, "BYE"), 0u);
}

TEST(WireRfc5407, S311InviteRepeatedInMoratorium) {
  sweep({.name = "3.1.1",
         .play =
             [](World& world) {
               phones(world);
               world.relay.lose(responses(1, "INVITE", 1));
               if (!world.ring(false)) return;
               // The call has come, and its INVITE is on its way once more.
               world.relay.hold(requests(0, "INVITE"));
               world.holds(0);
               world.answer_async();
               world.saw(responses(1, "INVITE", 2));
               world.relay.release();
               world.relay.forgive();
               if (world.reaches(0, CallState::connected)) world.drop(0);
               world.over(1);
             },
         .drawn = [](World& world) { expect_ended_by(world, 0); },
         .streams = false});
}

TEST(WireRfc5407, S312CancelInMoratorium) {
  sweep({.name = "3.1.2",
         .play =
             [](World& world) {
               phones(world);
               if (!world.ring()) return;
               world.relay.hold(either(requests(0, "CANCEL"), responses(1, "INVITE", 2)));
               world.answer_async();
               world.holds(1);
               world.drop(0);
               world.holds(0);
               world.relay.release();
               world.over(1);
             },
         .drawn =
             [](World& world) {
               expect_ended_by(world, 0);
               EXPECT_FALSE(world.sent(1, "INVITE", 487));
             }});
}

TEST(WireRfc5407, S314ReinviteInMoratorium) {
  sweep({.name = "3.1.4",
         .play =
             [](World& world) {
               phones(world);
               if (!world.ring()) return;
               world.relay.hold(requests(0, "ACK"));
               world.answer_async();
               if (!world.reaches(0, CallState::connected)) return;
               world.holds(0);
               world.hold(0);
               world.saw(reinvites(0));
               world.relay.release();
               if (!world.conditions.fair() || world.reaches(0, CallState::on_hold)) world.drop(0);
               world.over(1);
             },
         .drawn = [](World& world) { expect_ended_by(world, 0); },
         .streams = false});
}

TEST(WireRfc5407, S316ByeInMoratorium) {
  sweep({.name = "3.1.6",
         .play =
             [](World& world) {
               phones(world);
               if (!world.ring()) return;
               world.relay.hold(requests(0, "ACK"));
               world.answer_async();
               if (!world.reaches(0, CallState::connected)) return;
               world.holds(0);
               world.drop(0);
               world.over(1);
               world.relay.release();  // late; it must not start the session again
             },
         .drawn = [](World& world) { expect_ended_by(world, 0); },
         .streams = false});
}

TEST(WireRfc5407, S321ByeCrossesBye) {
  sweep({.name = "3.2.1",
         .play =
             [](World& world) {
               phones(world);
               if (!world.talk()) return;
               world.relay.hold(either(requests(0, "BYE"), requests(1, "BYE")));
               world.drop(0);
               world.holds(0);
               // It waits for the ACK, which may be lost or late.
               world.drop(1);
               world.holds(1);
               world.relay.release();
             },
         .drawn =
             [](World& world) {
               for (const int side : {0, 1}) {
                 EXPECT_EQ(world.phone(side).ended(world.call(side)).confirmation,
                           Confirmation::confirmed);
                 EXPECT_TRUE(world.sends(side, "BYE", 200));
               }
             }});
}

void reinvite_crosses_bye(int dropper) {
  sweep({.name = "3.2.2, BYE by " + std::to_string(dropper),
         .play =
             [dropper](World& world) {
               phones(world);
               if (!world.talk()) return;
               world.saw(requests(0, "ACK"));
               world.relay.hold(either(requests(dropper, "BYE"), reinvites(1 - dropper)));
               world.hold(1 - dropper);
               world.drop(dropper);
               if (world.conditions.fair()) world.holds(1 - dropper);
               world.holds(dropper);
               // As drawn: the BYE is there before the refusal of the re-INVITE.
               world.relay.release(requests(dropper, "BYE"));
               world.over(1 - dropper);
               world.relay.release();
             },
         .drawn =
             [dropper](World& world) {
               expect_ended_by(world, dropper);
               EXPECT_TRUE(world.sends(dropper, "INVITE", 481));
             }});
}
TEST(WireRfc5407, S322CallersByeCrossesReinvite) {
  reinvite_crosses_bye(0);
}
TEST(WireRfc5407, S322CalleesByeCrossesReinvite) {
  reinvite_crosses_bye(1);
}

void bye_crosses_ok_of_reinvite(int dropper) {
  sweep({.name = "3.2.3, by " + std::to_string(dropper),
         .play =
             [dropper](World& world) {
               phones(world);
               if (!world.talk()) return;
               world.saw(requests(0, "ACK"));
               world.relay.hold(
                   either(requests(dropper, "BYE"), responses(1 - dropper, "INVITE", 2)));
               world.hold(dropper);
               if (world.conditions.fair()) world.holds(1 - dropper);
               world.drop(dropper);
               world.holds(dropper);
               world.relay.release();
               world.over(1 - dropper);
             },
         .drawn = [dropper](World& world) { expect_ended_by(world, dropper); }});
}
TEST(WireRfc5407, S323CallersByeCrossesOkOfItsReinvite) {
  bye_crosses_ok_of_reinvite(0);
}
TEST(WireRfc5407, S323CalleesByeCrossesOkOfItsReinvite) {
  bye_crosses_ok_of_reinvite(1);
}

TEST(WireRfc5407, S324CalleeThatHungUpReceivesTheAck) {
  sweep({.name = "3.2.4, callee",
         .play =
             [](World& world) {
               phones(world);
               if (!world.ring()) return;
               world.relay.hold(requests(0, "ACK"));
               world.answer_async();
               if (!world.reaches(0, CallState::connected)) return;
               world.holds(0);
               world.drop(1);
               world.relay.release();
               world.over(0);
             },
         .drawn = [](World& world) { expect_ended_by(world, 1); }});
}

void reinvite_crosses_reinvite(int dropper) {
  sweep({.name = "3.3.1, dropped by " + std::to_string(dropper),
         .play =
             [dropper](World& world) {
               phones(world);
               if (!world.talk()) return;
               world.saw(requests(0, "ACK"));
               world.relay.hold(either(reinvites(0), reinvites(1)));
               world.hold(0);
               world.hold(1);
               if (world.conditions.fair()) {
                 world.holds(0);
                 world.holds(1);
               }
               world.relay.release();
               if (world.conditions.fair()) {
                 world.saw(either(responses(0, "INVITE", 4), responses(1, "INVITE", 4)));
                 // 2.1 to 4 s later, and 0 to 2 s.
                 EXPECT_TRUE(!long_form() || world.reaches(0, CallState::on_hold));
               }
               world.drop(dropper);
               world.over(1 - dropper);
             },
         .drawn =
             [dropper](World& world) {
               expect_ended_by(world, dropper);
               // Both, unless the first refusal is there before the other re-INVITE is read.
               EXPECT_TRUE(world.sends(0, "INVITE", 491) || world.sent(1, "INVITE", 491));
             }});
}
TEST(WireRfc5407, S331ReinviteCrossesReinviteAndTheCallerHangsUp) {
  reinvite_crosses_reinvite(0);
}
TEST(WireRfc5407, S331ReinviteCrossesReinviteAndTheCalleeHangsUp) {
  reinvite_crosses_reinvite(1);
}

void bye_over_unanswered_reinvite(int dropper) {
  sweep({.name = "B, by " + std::to_string(dropper),
         .play =
             [dropper](World& world) {
               phones(world);
               if (!world.talk()) return;
               world.saw(requests(0, "ACK"));
               world.relay.lose(reinvites(dropper));
               world.hold(dropper);
               world.saw(reinvites(dropper));
               world.drop(dropper);
               world.over(1 - dropper);
               world.relay.forgive();  // it arrives after the dialog's end
             },
         .drawn = [dropper](World& world) { expect_ended_by(world, dropper); },
         .streams = false});
}
TEST(WireRfc5407, AppendixBCallersByeOverItsUnansweredReinvite) {
  bye_over_unanswered_reinvite(0);
}
TEST(WireRfc5407, AppendixBCalleesByeOverItsUnansweredReinvite) {
  bye_over_unanswered_reinvite(1);
}

TEST(WireRfc5407, AppendixCCancelWhileRinging) {
  sweep({.name = "C",
         .play =
             [](World& world) {
               phones(world);
               if (!world.ring()) return;
               world.drop(0);
               world.over(1);
             },
         .drawn =
             [](World& world) {
               EXPECT_EQ(world.phone(0).ended(world.call(0)).confirmation, Confirmation::confirmed);
               EXPECT_EQ(world.phone(1).cause(world.call(1)).mode, DisconnectMode::cancelled);
               EXPECT_TRUE(world.sends(1, "INVITE", 487));
               EXPECT_EQ(world.count(0, "BYE"), 0u);
             }});
}

}  // namespace
}  // namespace switchhook::sip::test
