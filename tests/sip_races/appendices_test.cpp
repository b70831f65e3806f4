// SPDX-License-Identifier: Apache-2.0
// RFC 5407 appendices A to E: BYE in an early dialog, BYE over an unanswered re-INVITE, CANCEL,
// requests in the Mortal state, forking.
#include <gtest/gtest.h>

#include "tests/sip_races/support/bench.hpp"

namespace switchhook::sip::races {
namespace {

using By = usage::Disconnected::By;

TEST(Rfc5407, AppendixACallerEndsTheEarlyDialogByBye) {
  sweep({.name = "A, callee",
         .play =
             [](Bench& bench) {
               Peer& a = bench.peer(0);
               Phone& b = bench.phone(1);
               b.on_offered = [&b] { static_cast<void>(b.ring()); };
               bench.at(0, [&a] { a.invite(); });
               bench.at(1000, [&a] {
                 if (!a.remote_tag.empty()) a.send(Method::bye);
               });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(sent(bench, 1, Method::bye, 200), 1u);
               EXPECT_EQ(sent(bench, 1, Method::invite, 487), 1u);
               EXPECT_EQ(bench.phone_at(1)->ended_by(), By::bye);
             }});
}

TEST(Rfc5407, AppendixACalleeEndsTheEarlyDialogByBye) {
  // Forbidden to a callee (RFC 3261 section 15), and seen in the field.
  sweep({.name = "A, caller",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Peer& b = bench.peer(1);
               b.on_invite = [&](const Message& invite) {
                 b.respond(invite, 180);
                 bench.clock.after(milliseconds(1000), [&b] { b.send(Method::bye); });
               };
               bench.at(0, [&a] { a.call(); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(0)->ended_by(), By::bye);
               EXPECT_EQ(sent(bench, 0, Method::cancel), 1u) << "the INVITE still wants its end";
             }});
}

TEST(Rfc5407, AppendixAAnotherCalleeAnswersAfterTheEarlyDialogWasEnded) {
  sweep({.name = "A, forked",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Peer& b = bench.peer(1, "carol");
               b.on_cancel = [](const Message&, const Message&) {};  // crossed
               b.on_invite = [&](const Message& invite) {
                 b.respond(invite, 180, {}, "bob");
                 bench.clock.after(milliseconds(1000), [&b, invite] { b.answer(invite); });
               };
               bench.at(0, [&a] { a.call(); });
               bench.at(990, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(sent(bench, 0, Method::bye, 0, "carol"), 1u);
               EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::confirmed);
             }});
}

/// A re-INVITE is never answered, and its sender hangs up.
void bye_over_unanswered_reinvite(int dropper) {
  sweep({.name = dropper == 0 ? "B, caller" : "B, callee",
         .play =
             [dropper](Bench& bench) {
               Phone& a = bench.phone(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 300);
               // The re-INVITE is lost as often as it is sent, until the dialog is over.
               bench.wire.filter([](const Transmission& t) {
                 return t.message.request && t.message.method == Method::invite &&
                        !t.message.to_tag.empty() && t.sent < milliseconds(2000);
               });
               Phone& drops = dropper == 0 ? a : b;
               bench.at(0, [&a] { a.call(); });
               bench.at(1000, [&drops] { static_cast<void>(drops.reoffer()); });
               bench.at(1010, [&drops] { static_cast<void>(drops.drop()); });
             },
         .drawn =
             [dropper](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(1 - dropper)->ended_by(), By::bye);
               EXPECT_EQ(bench.phone_at(1 - dropper)->find<usage::Reoffered>(), nullptr);
               EXPECT_EQ(sent(bench, 1 - dropper, Method::invite, 481), 1u);
               EXPECT_EQ(sent(bench, dropper, Method::ack, 0) > 0, true);
               EXPECT_EQ(bench.phone_at(dropper)->confirmation(), Confirmation::confirmed);
             },
         .tcp = false});
}
TEST(Rfc5407, AppendixBCallersByeOverItsUnansweredReinvite) {
  bye_over_unanswered_reinvite(0);
}
TEST(Rfc5407, AppendixBCalleesByeOverItsUnansweredReinvite) {
  bye_over_unanswered_reinvite(1);
}

TEST(Rfc5407, AppendixBTheReinviteArrivesAfterTheBye) {
  for (const int dropper : {0, 1})
    sweep({.name = "B, UAS, dropped by " + std::to_string(dropper),
           .play =
               [dropper](Bench& bench) {
                 Peer& peer = bench.peer(dropper);
                 Phone& phone = bench.phone(1 - dropper);
                 if (dropper == 0) {
                   rings_and_answers(bench, phone, 300);
                   bench.at(0, [&peer] { peer.invite(); });
                 } else {
                   peer.on_invite = [&](const Message& invite) { peer.answer(invite); };
                   bench.at(0, [&phone] { phone.call(); });
                 }
                 bench.at(1000, [&peer] {
                   if (peer.remote_tag.empty()) return;
                   ++peer.cseq;  // of the re-INVITE that comes late
                   peer.send(Method::bye);
                 });
                 bench.at(1010, [&peer] {
                   if (peer.remote_tag.empty()) return;
                   peer.cseq -= 2;
                   peer.send(Method::invite, "offer2");
                 });
               },
           .drawn =
               [dropper](const Bench& bench) {
                 EXPECT_EQ(sent(bench, 1 - dropper, Method::invite, 481), 1u);
                 EXPECT_EQ(bench.phone_at(1 - dropper)->ended_by(), By::bye);
               }});
}

TEST(Rfc5407, AppendixCCancelWhileRinging) {
  sweep({.name = "C, early",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Phone& b = bench.phone(1);
               b.on_offered = [&b] { static_cast<void>(b.ring()); };
               bench.at(0, [&a] { a.call(); });
               bench.at(1000, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(1)->ended_by(), By::cancel);
               EXPECT_EQ(sent(bench, 1, Method::invite, 487), 1u);
               EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::confirmed);
               EXPECT_EQ(sent(bench, 0, Method::bye), 0u);
             }});
}

TEST(Rfc5407, AppendixCCancelAfterTheAnswerChangesNothing) {
  // The caller is one that CANCELs in the Confirmed state and then talks on.
  sweep({.name = "C, confirmed",
         .play =
             [](Bench& bench) {
               Peer& a = bench.peer(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 300);
               a.on_response = [&](const Message& response) {
                 if (!response.success() || response.method != Method::invite) return;
                 a.ack(response);
               };
               bench.at(0, [&a] { a.invite(); });
               bench.at(310, [&a] { static_cast<void>(a.cancel(1)); });
               bench.at(3000, [&b] { static_cast<void>(b.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_NE(bench.phone_at(1)->find<usage::Acknowledged>(), nullptr);
               EXPECT_FALSE(bench.phone_at(1)->ended_by());
               EXPECT_EQ(sent(bench, 1, Method::bye), 1u);
             }});
}

/// Everything but BYE is refused in the Mortal state.
TEST(Rfc5407, AppendixDOnlyByeIsAcceptedInTheMortalState) {
  const struct {
    Method method;
    const char* token;
  } requests[] = {{Method::other, "UPDATE"},
                  {Method::other, "INFO"},
                  {Method::options, ""},
                  {Method::invite, ""},
                  {Method::other, "REFER"}};
  for (const int ours : {0, 1})
    for (const auto& request : requests)
      play_once({.name = std::string("D, ") + request.token,
                 .play =
                     [ours, &request](Bench& bench) {
                       Phone& phone = bench.phone(ours);
                       Peer& peer = bench.peer(1 - ours);
                       peer.on_request = [](const Message&) {};  // the BYE is not answered
                       if (ours == 0) {
                         peer.on_invite = [&](const Message& invite) { peer.answer(invite); };
                         bench.at(0, [&phone] { phone.call(); });
                       } else {
                         rings_and_answers(bench, phone, 300);
                         bench.at(0, [&peer] { peer.invite(); });
                       }
                       bench.at(1000, [&phone] { static_cast<void>(phone.drop()); });
                       bench.at(5000, [&peer, &request] {
                         peer.send(request.method, {}, request.token);
                       });
                     },
                 .drawn =
                     [ours, &request](const Bench& bench) {
                       EXPECT_EQ(sent(bench, ours, request.method, 481), 1u);
                       EXPECT_EQ(bench.phone_at(ours)->confirmation(), Confirmation::unconfirmed);
                     }});
}

TEST(Rfc5407, AppendixDSuccessOfAReinviteIsAcknowledgedInTheMortalState) {
  for (const int ours : {0, 1})
    sweep({.name = "D, ACK, side " + std::to_string(ours),
           .play =
               [ours](Bench& bench) {
                 Phone& phone = bench.phone(ours);
                 Peer& peer = bench.peer(1 - ours);
                 // It answers the re-INVITE late, and the BYE later still.
                 peer.on_request = [&](const Message& request) {
                   const bool invite = request.method == Method::invite;
                   bench.clock.after(milliseconds(invite ? 1500 : 3000), [&peer, request, invite] {
                     if (invite) {
                       peer.answer(request, "held");
                     } else {
                       peer.respond(request, 200);
                     }
                   });
                 };
                 if (ours == 0) {
                   peer.on_invite = [&](const Message& invite) { peer.answer(invite); };
                   bench.at(0, [&phone] { phone.call(); });
                 } else {
                   rings_and_answers(bench, phone, 300);
                   bench.at(0, [&peer] { peer.invite(); });
                 }
                 bench.at(1000, [&phone] { static_cast<void>(phone.reoffer()); });
                 bench.at(1100, [&phone] { static_cast<void>(phone.drop()); });
               },
           .drawn =
               [ours](const Bench& bench) {
                 EXPECT_EQ(bench.phone_at(ours)->find<usage::ReofferDone>(), nullptr);
                 EXPECT_EQ(bench.phone_at(ours)->confirmation(), Confirmation::confirmed);
               }});
}

/// Two callees ring, one answers (RFC 5407 figure 4), or both do (figures 5 and 6).
void forked(bool second_rings, bool second_answers) {
  sweep({.name = std::string("E") + (second_rings ? ", two ring" : "") +
                 (second_answers ? ", two answer" : ""),
         .play =
             [=](Bench& bench) {
               Phone& a = bench.phone(0);
               Peer& b = bench.peer(1, "tag-a");
               b.on_invite = [&, second_rings, second_answers](const Message& invite) {
                 b.respond(invite, 180);
                 if (second_rings) b.respond(invite, 180, {}, "tag-b");
                 bench.clock.after(milliseconds(1000), [&b, invite] { b.answer(invite); });
                 if (second_answers)
                   bench.clock.after(milliseconds(1500), [&b, invite] {
                     if (b.received(Method::cancel) == 0) b.answer(invite, "answer", "tag-b");
                   });
               };
               bench.at(0, [&a] { a.call(); });
               bench.at(8000, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [=](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(0)->count<usage::Answered>(), 1u);
               EXPECT_EQ(sent(bench, 0, Method::bye, 0, "tag-a"), 1u);
               EXPECT_EQ(sent(bench, 0, Method::bye, 0, "tag-b"), second_answers ? 1u : 0u);
               EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::confirmed);
             }});
}
TEST(Rfc5407, AppendixEOneOfTwoEarlyDialogsIsAnswered) {
  forked(true, false);
}
TEST(Rfc5407, AppendixEBothEarlyDialogsAreAnswered) {
  forked(true, true);
}
TEST(Rfc5407, AppendixEASecondAnswerFromNowhere) {
  forked(false, true);
}

TEST(Rfc5407, AppendixEASecondAnswerAfterWeHungUp) {
  for (const std::int64_t when : {1100, 1510, 1525, 1535})
    sweep({.name = "E, dropped at " + std::to_string(when),
           .play =
               [when](Bench& bench) {
                 Phone& a = bench.phone(0);
                 Peer& b = bench.peer(1, "tag-a");
                 b.on_invite = [&](const Message& invite) {
                   b.respond(invite, 180);
                   bench.clock.after(milliseconds(1000), [&b, invite] { b.answer(invite); });
                   bench.clock.after(milliseconds(1500), [&b, invite] {
                     if (b.received(Method::cancel) == 0) b.answer(invite, "answer", "tag-b");
                   });
                 };
                 bench.at(0, [&a] { a.call(); });
                 bench.at(when, [&a] { static_cast<void>(a.drop()); });
               },
           .drawn =
               [](const Bench& bench) {
                 EXPECT_EQ(sent(bench, 0, Method::bye, 0, "tag-a"), 1u);
                 EXPECT_EQ(sent(bench, 0, Method::bye, 0, "tag-b"), 1u);
               }});
}

}  // namespace
}  // namespace switchhook::sip::races
