// SPDX-License-Identifier: Apache-2.0
// RFC 5407 on the wire where one party does what our provider never would: BYE in an early dialog,
// BYE before the ACK, UPDATE and REFER that cross, requests in the Mortal state, forking.
#include <gtest/gtest.h>

#include "tests/sip/races.hpp"

namespace switchhook::sip::test {
namespace {

using std::chrono::milliseconds;
using Text = std::string;

void expect_confirmed(World& world, int side) {
  EXPECT_EQ(world.phone(side).ended(world.call(side)).confirmation, Confirmation::confirmed);
}
void expect_far_end_hung_up(World& world, int side) {
  EXPECT_EQ(world.phone(side).cause(world.call(side)).mode, DisconnectMode::normal);
  EXPECT_EQ(world.count(side, "BYE"), 0u);
}
Relay::Which any_final(int from, const std::string& method) {
  return [=](int side, const Text& text) {
    return side == from && status_of(text) >= 200 && cseq_method(text) == method;
  };
}
/// The phone of this side and the script of the other.
std::pair<Bench*, Scripted*> parties(World& world, int ours) {
  return {&world.phone(ours), &world.peer(1 - ours)};
}

TEST(WireRfc5407, S313EarlyByeInMoratorium) {
  sweep({.name = "3.1.3",
         .play =
             [](World& world) {
               const auto [phone, peer] = parties(world, 1);
               if (!world.ring()) return;
               world.relay.hold(responses(1, "INVITE", 2));
               world.answer_async();
               world.holds(1);
               peer->post_known([peer = peer] { peer->request("BYE"); });
               world.over(1);
               world.relay.release();
             },
         .drawn =
             [](World& world) {
               EXPECT_TRUE(world.sends(1, "BYE", 200));
               expect_far_end_hung_up(world, 1);
             }});
}

TEST(WireRfc5407, S315ReinviteInMoratoriumOfferIn200) {
  sweep({.name = "3.1.5",
         .play =
             [](World& world) {
               const auto [phone, peer] = parties(world, 1);
               // The ACK, with the answer, comes behind the re-INVITE.
               peer->on_answer = [peer = peer](const Text& answer) {
                 peer->request("INVITE", true);
                 peer->post([=] { peer->ack(answer, true); }, 2 * kRaceT1);
                 peer->post([=] { peer->request("BYE"); }, 6 * kRaceT1);
               };
               peer->offers_at_once = false;
               if (!world.ring()) return;
               world.answer_async();
               world.over(1);
             },
         .drawn =
             [](World& world) {
               EXPECT_TRUE(world.sends(1, "INVITE", 491));
               EXPECT_TRUE(world.sends(1, "BYE", 200));
               expect_far_end_hung_up(world, 1);
             },
         .streams = false});
}

TEST(WireRfc5407, S324CallerReceivesByeThatCrossesItsAck) {
  sweep({.name = "3.2.4, caller",
         .play =
             [](World& world) {
               const auto [phone, peer] = parties(world, 0);
               peer->on_invite = [peer = peer](const Text& invite) {
                 peer->respond(invite, 180);
                 peer->respond(invite, 200, true);
                 peer->request("BYE");
               };
               world.relay.hold(requests(0, "ACK"));
               static_cast<void>(world.ring());
               world.over(0);
               world.relay.release();
             },
         .drawn = [](World& world) { expect_far_end_hung_up(world, 0); }});
}

/// A request of theirs crosses our re-INVITE or our BYE.
void crosses(const std::string& name, int ours, const std::string& theirs, bool reinvite) {
  sweep({.name = name + ", side " + std::to_string(ours),
         .play =
             [=](World& world) {
               const auto [phone, peer] = parties(world, ours);
               if (!world.talk()) return;
               if (ours == 0) world.saw(requests(0, "ACK"));
               world.relay.hold(either(reinvites(ours), requests(ours, "BYE")));
               if (reinvite) {
                 world.hold(ours);
               } else {
                 world.drop(ours);
                 world.holds(ours);
               }
               peer->post_known([=, peer = peer] { peer->request(theirs, theirs == "UPDATE"); });
               world.saw(any_final(ours, theirs));
               world.relay.release();
               if (!reinvite) return;
               if (!world.conditions.fair() || world.reaches(ours, CallState::on_hold))
                 world.drop(ours);
             },
         .drawn =
             [=](World& world) {
               expect_confirmed(world, ours);
               EXPECT_EQ(world.count(ours, "BYE"), 1u);
               EXPECT_FALSE(world.sent(ours, theirs, 200));
             }});
}
TEST(WireRfc5407, S332UpdateCrossesTheCallersReinvite) {
  crosses("3.3.2", 0, "UPDATE", true);
}
TEST(WireRfc5407, S332UpdateCrossesTheCalleesReinvite) {
  crosses("3.3.2", 1, "UPDATE", true);
}
TEST(WireRfc5407, S333ReferCrossesTheCallersBye) {
  crosses("3.3.3", 0, "REFER", false);
}
TEST(WireRfc5407, S333ReferCrossesTheCalleesBye) {
  crosses("3.3.3", 1, "REFER", false);
}

TEST(WireRfc5407, AppendixACallerEndsTheEarlyDialogByBye) {
  sweep({.name = "A, callee",
         .play =
             [](World& world) {
               const auto [phone, peer] = parties(world, 1);
               if (!world.ring()) return;
               world.saw(responses(1, "INVITE", 1));
               peer->post_known([peer = peer] { peer->request("BYE"); }, 4 * kRaceT1);
               world.over(1);
             },
         .drawn =
             [](World& world) {
               EXPECT_TRUE(world.sends(1, "BYE", 200));
               EXPECT_TRUE(world.sends(1, "INVITE", 487));
               EXPECT_EQ(world.count(1, "BYE"), 0u);
             }});
}

TEST(WireRfc5407, AppendixACalleeEndsTheEarlyDialogByBye) {
  sweep({.name = "A, caller",
         .play =
             [](World& world) {
               const auto [phone, peer] = parties(world, 0);
               peer->on_invite = [peer = peer](const Text& invite) {
                 peer->respond(invite, 180);
                 peer->post([=] { peer->request("BYE"); }, 4 * kRaceT1);
               };
               static_cast<void>(world.ring());
               world.over(0);
             },
         .drawn =
             [](World& world) {
               EXPECT_EQ(world.count(0, "CANCEL"), 1u) << "the INVITE still wants its end";
               EXPECT_EQ(world.count(0, "BYE"), 0u);
             }});
}

TEST(WireRfc5407, AppendixAAnotherCalleeAnswersAfterTheEarlyDialogWasEnded) {
  sweep({.name = "A, forked",
         .play =
             [](World& world) {
               const auto [phone, peer] = parties(world, 0);
               peer->on_invite = [peer = peer](const Text& invite) {
                 peer->respond(invite, 180, false, "bob");
               };
               peer->on_cancel = [peer = peer](const Text& invite) {
                 peer->respond(invite, 200, true, "carol");
               };
               static_cast<void>(world.ring());
               if (!world.reaches(0, CallState::ringback)) return;
               world.drop(0);
             },
         .drawn =
             [](World& world) {
               EXPECT_EQ(world.count(0, "BYE"), 1u);
               expect_confirmed(world, 0);
             }});
}

TEST(WireRfc5407, AppendixBTheReinviteArrivesAfterTheBye) {
  for (const int ours : {0, 1})
    sweep({.name = "B, UAS, side " + std::to_string(ours),
           .play =
               [ours](World& world) {
                 const auto [phone, peer] = parties(world, ours);
                 if (!world.talk()) return;
                 peer->post_known([peer = peer] {
                   peer->request("BYE", false, 1);  // one number is the re-INVITE's
                   peer->request("INVITE", true, -2);
                 });
                 world.saw(any_final(ours, "BYE"));
                 world.over(ours);
               },
           .drawn =
               [ours](World& world) {
                 expect_far_end_hung_up(world, ours);
                 EXPECT_TRUE(world.saw([ours](int from, const Text& text) {
                   return from == ours && status_of(text) == 481;
                 }));
               }});
}

TEST(WireRfc5407, AppendixCCancelAfterTheAnswerChangesNothing) {
  sweep({.name = "C, confirmed",
         .play =
             [](World& world) {
               const auto [phone, peer] = parties(world, 1);
               peer->on_answer = [peer = peer](const Text& answer) {
                 peer->cancel();
                 peer->ack(answer);
               };
               if (!world.talk()) return;
               world.saw(any_final(1, "CANCEL"));
               world.drop(1);
             },
         .drawn =
             [](World& world) {
               expect_confirmed(world, 1);
               EXPECT_EQ(world.count(1, "BYE"), 1u);
               EXPECT_FALSE(world.sent(1, "INVITE", 487));
             }});
}

TEST(WireRfc5407, AppendixDOnlyByeIsAcceptedInTheMortalState) {
  std::vector<std::string> methods = {"INVITE", "INFO"};
  if (long_form()) methods.insert(methods.end(), {"UPDATE", "OPTIONS", "REFER"});
  for (const int ours : {0, 1})
    for (const std::string& method : methods)
      sweep({.name = "D, " + method + ", side " + std::to_string(ours),
             .play =
                 [=](World& world) {
                   const auto [phone, peer] = parties(world, ours);
                   const auto unanswered = std::make_shared<Text>();
                   peer->on_request = [unanswered](const Text& request) { *unanswered = request; };
                   if (!world.talk()) return;
                   if (ours == 0) world.saw(requests(0, "ACK"));
                   world.drop(ours);
                   world.saw(requests(ours, "BYE"));
                   peer->post_known([=, peer = peer] { peer->request(method); }, milliseconds(5));
                   world.saw([=](int from, const Text& text) {
                     return from == ours && status_of(text) >= 300 && cseq_method(text) == method;
                   });
                   peer->post([=, peer = peer] {
                     if (!unanswered->empty()) peer->respond(*unanswered, 200);
                   });
                 },
             .drawn =
                 [=](World& world) {
                   EXPECT_TRUE(world.sends(ours, method, 481));
                   expect_confirmed(world, ours);
                 }});
}

TEST(WireRfc5407, AppendixDSuccessOfAReinviteIsAcknowledgedInTheMortalState) {
  for (const int ours : {0, 1})
    sweep({.name = "D, ACK, side " + std::to_string(ours),
           .play =
               [ours](World& world) {
                 const auto [phone, peer] = parties(world, ours);
                 // It answers the re-INVITE late, and the BYE later still.
                 peer->on_request = [peer = peer](const Text& request) {
                   const bool invite = is_request(request, "INVITE");
                   peer->post([=] { peer->respond(request, 200, invite); },
                              invite ? 4 * kRaceT1 : 8 * kRaceT1);
                 };
                 if (!world.talk()) return;
                 if (ours == 0) world.saw(requests(0, "ACK"));
                 world.hold(ours);
                 world.drop(ours);
               },
           .drawn = [ours](World& world) { expect_confirmed(world, ours); }});
}

/// Two callees ring, one answers (RFC 5407 figure 4), or both do (figures 5 and 6).
void forked(bool second_rings, bool second_answers) {
  sweep({.name = std::string("E") + (second_rings ? ", two ring" : "") +
                 (second_answers ? ", two answer" : ""),
         .play =
             [=](World& world) {
               const auto [phone, peer] = parties(world, 0);
               peer->on_invite = [=, peer = peer](const Text& invite) {
                 peer->respond(invite, 180);
                 if (second_rings) peer->respond(invite, 180, false, "other");
                 peer->respond(invite, 200, true);
                 if (second_answers)
                   peer->post([=] { peer->respond(invite, 200, true, "other"); }, 2 * kRaceT1);
               };
               if (!world.talk()) return;
               if (second_answers)
                 world.saw([](int from, const Text& text) {
                   return from == 0 && is_request(text, "BYE") &&
                          tag_of(header(text, "To")) == "other";
                 });
               world.drop(0);
             },
         .drawn =
             [=](World& world) {
               EXPECT_EQ(world.count(0, "BYE"), second_answers ? 2u : 1u);
               expect_confirmed(world, 0);
             }});
}
TEST(WireRfc5407, AppendixEOneOfTwoEarlyDialogsIsAnswered) {
  forked(true, false);
}
TEST(WireRfc5407, AppendixEBothEarlyDialogsAreAnswered) {
  forked(true, true);
}
TEST(WireRfc5407, AppendixEASecondAnswerFromNowhere) {
  forked(false, true);
}

}  // namespace
}  // namespace switchhook::sip::test
