// SPDX-License-Identifier: Apache-2.0
// RFC 5407 section 3.2: a party receives a message while in the Mortal state, that is after it sent
// or received the BYE. Both roles of each race are played: caller against callee, and turned round.
#include <gtest/gtest.h>

#include "tests/sip_races/support/bench.hpp"

namespace switchhook::sip::races {
namespace {

using By = usage::Disconnected::By;

/// A calls B, B answers; both are talking from 1000 ms on.
std::pair<Phone*, Phone*> talking(Bench& bench) {
  Phone& a = bench.phone(0);
  Phone& b = bench.phone(1);
  rings_and_answers(bench, b, 500);
  bench.at(0, [&a] { a.call(); });
  return {&a, &b};
}

TEST(Rfc5407, S321ByeCrossesBye) {
  sweep({.name = "3.2.1",
         .play =
             [](Bench& bench) {
               const auto [a, b] = talking(bench);
               bench.at(1000, [a = a] { static_cast<void>(a->drop()); });
               bench.at(1000, [b = b] { static_cast<void>(b->drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               for (int side : {0, 1}) {
                 EXPECT_FALSE(bench.phone_at(side)->ended_by());
                 EXPECT_EQ(bench.phone_at(side)->confirmation(), Confirmation::confirmed);
                 EXPECT_GE(sent(bench, side, Method::bye), 1u);
                 EXPECT_GE(sent(bench, side, Method::bye, 200), 1u);
               }
             }});
}

/// `dropper` hangs up while the other one's re-INVITE is on its way.
void reinvite_crosses_bye(int dropper) {
  sweep({.name = dropper == 0 ? "3.2.2, BYE by the caller" : "3.2.2, BYE by the callee",
         .play =
             [dropper](Bench& bench) {
               const auto [a, b] = talking(bench);
               Phone* drops = dropper == 0 ? a : b;
               Phone* offers = dropper == 0 ? b : a;
               bench.at(1000, [drops] { static_cast<void>(drops->drop()); });
               bench.at(1000, [offers] { static_cast<void>(offers->reoffer()); });
             },
         .drawn =
             [dropper](const Bench& bench) {
               EXPECT_GE(sent(bench, dropper, Method::invite, 481), 1u);
               EXPECT_EQ(bench.phone_at(1 - dropper)->ended_by(), By::bye);
               EXPECT_EQ(bench.phone_at(dropper)->find<usage::Reoffered>(), nullptr);
               EXPECT_EQ(bench.phone_at(dropper)->confirmation(), Confirmation::confirmed);
             }});
}
TEST(Rfc5407, S322CallersByeCrossesReinvite) {
  reinvite_crosses_bye(0);
}
TEST(Rfc5407, S322CalleesByeCrossesReinvite) {
  reinvite_crosses_bye(1);
}

/// `dropper` sends a re-INVITE and hangs up before its answer is there.
void bye_crosses_ok_of_reinvite(int dropper) {
  sweep({.name = dropper == 0 ? "3.2.3, by the caller" : "3.2.3, by the callee",
         .play =
             [dropper](Bench& bench) {
               const auto [a, b] = talking(bench);
               Phone* drops = dropper == 0 ? a : b;
               bench.at(1000, [drops] { static_cast<void>(drops->reoffer()); });
               bench.at(1020, [drops] { static_cast<void>(drops->drop()); });
             },
         .drawn =
             [dropper](const Bench& bench) {
               EXPECT_GE(sent(bench, 1 - dropper, Method::invite, 200), 1u);
               EXPECT_EQ(bench.phone_at(dropper)->find<usage::ReofferDone>(), nullptr)
                   << "no session changes in the Mortal state";
               EXPECT_EQ(bench.phone_at(1 - dropper)->ended_by(), By::bye);
               EXPECT_EQ(bench.phone_at(dropper)->confirmation(), Confirmation::confirmed);
             }});
}
TEST(Rfc5407, S323CallersByeCrossesOkOfItsReinvite) {
  bye_crosses_ok_of_reinvite(0);
}
TEST(Rfc5407, S323CalleesByeCrossesOkOfItsReinvite) {
  bye_crosses_ok_of_reinvite(1);
}

TEST(Rfc5407, S324CallerReceivesByeThatCrossesItsAck) {
  // The RFC draws a callee that does not wait for the ACK; some do not.
  sweep({.name = "3.2.4, caller",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Peer& b = bench.peer(1);
               b.on_invite = [&](const Message& invite) {
                 b.respond(invite, 180);
                 bench.clock.after(milliseconds(500), [&b, invite] { b.answer(invite); });
                 bench.clock.after(milliseconds(520), [&b] { b.send(Method::bye); });
               };
               bench.at(0, [&a] { a.call(); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(0)->ended_by(), By::bye);
               EXPECT_EQ(bench.phone_at(0)->count<usage::Answered>(), 1u);
               EXPECT_EQ(sent(bench, 0, Method::bye), 0u);
             }});
}

TEST(Rfc5407, S324CalleeThatHungUpReceivesTheAck) {
  // Ours waits (RFC 3261 section 15): the ACK releases the BYE, and its answer is ignored.
  sweep({.name = "3.2.4, callee",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 500);
               bench.at(0, [&a] { a.call(""); });
               bench.at(500, [&b] { static_cast<void>(b.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(1)->find<usage::Acknowledged>(), nullptr);
               EXPECT_EQ(bench.phone_at(1)->confirmation(), Confirmation::confirmed);
               EXPECT_EQ(bench.phone_at(0)->ended_by(), By::bye);
             }});
}

}  // namespace
}  // namespace switchhook::sip::races
