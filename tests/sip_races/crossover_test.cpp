// SPDX-License-Identifier: Apache-2.0
// RFC 5407 section 3.3: races that do not concern the state of the dialog. UPDATE and REFER are
// played as far as they concern a party that supports neither: they must not disturb the end.
#include <gtest/gtest.h>

#include "tests/sip_races/support/bench.hpp"

namespace switchhook::sip::races {
namespace {

using By = usage::Disconnected::By;

TEST(Rfc5407, S331ReinviteCrossesReinvite) {
  sweep({.name = "3.3.1",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 500);
               bench.at(0, [&a] { a.call(); });
               bench.at(1000, [&a] { static_cast<void>(a.reoffer("from A")); });
               bench.at(1000, [&b] { static_cast<void>(b.reoffer("from B")); });
               bench.at(20000, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               milliseconds refused{0}, again[2]{};
               for (const Transmission& t : bench.wire.log()) {
                 if (t.message.status == 491) refused = t.sent;
                 if (refused != milliseconds(0) && t.message.request &&
                     t.message.method == Method::invite)
                   again[t.from] = t.sent;
               }
               for (int side : {0, 1}) {
                 const auto* done = bench.phone_at(side)->find<usage::ReofferDone>();
                 ASSERT_NE(done, nullptr);
                 EXPECT_TRUE(done->accepted);
               }
               // RFC 3261 14.1: the owner of the Call-ID waits longer.
               EXPECT_GE(again[0] - refused, milliseconds(2100));
               EXPECT_LE(again[0] - refused, milliseconds(4100));
               EXPECT_LE(again[1] - refused, milliseconds(2100));
               EXPECT_EQ(bench.phone_at(1)->ended_by(), By::bye);
             }});
}

TEST(Rfc5407, S331ReinviteCrossesReinviteAndEitherHangsUpMeanwhile) {
  for (const int dropper : {0, 1})
    for (const std::int64_t when : {1030, 1045, 2000, 3300})
      sweep({.name = "3.3.1, dropped by " + std::to_string(dropper) + " at " + std::to_string(when),
             .play =
                 [dropper, when](Bench& bench) {
                   Phone& a = bench.phone(0);
                   Phone& b = bench.phone(1);
                   rings_and_answers(bench, b, 500);
                   bench.at(0, [&a] { a.call(); });
                   bench.at(1000, [&a] { static_cast<void>(a.reoffer("from A")); });
                   bench.at(1000, [&b] { static_cast<void>(b.reoffer("from B")); });
                   bench.at(when,
                            [&drops = dropper == 0 ? a : b] { static_cast<void>(drops.drop()); });
                 },
             .drawn =
                 [dropper](const Bench& bench) {
                   EXPECT_EQ(bench.phone_at(1 - dropper)->ended_by(), By::bye);
                   EXPECT_EQ(bench.phone_at(dropper)->confirmation(), Confirmation::confirmed);
                 }});
}

/// Our re-INVITE crosses an UPDATE, which we do not speak: 405, and the change comes through.
void update_crosses_reinvite(int ours) {
  sweep({.name = ours == 0 ? "3.3.2, caller" : "3.3.2, callee",
         .play =
             [ours](Bench& bench) {
               Phone& phone = bench.phone(ours);
               Peer& peer = bench.peer(1 - ours);
               peer.on_request = [&peer](const Message& request) {
                 if (request.method == Method::invite) {
                   peer.answer(request, "held");
                 } else {
                   peer.respond(request, 200);
                 }
               };
               if (ours == 0) {
                 peer.on_invite = [&](const Message& invite) { peer.answer(invite); };
                 bench.at(0, [&phone] { phone.call(); });
               } else {
                 rings_and_answers(bench, phone, 300);
                 bench.at(0, [&peer] { peer.invite(); });
               }
               bench.at(1000, [&phone] { static_cast<void>(phone.reoffer()); });
               bench.at(1000, [&peer] {
                 if (!peer.remote_tag.empty()) peer.send(Method::other, "offer2", "UPDATE");
               });
               bench.at(12000, [&phone] { static_cast<void>(phone.drop()); });
             },
         .drawn =
             [ours](const Bench& bench) {
               const auto* done = bench.phone_at(ours)->find<usage::ReofferDone>();
               ASSERT_NE(done, nullptr);
               EXPECT_TRUE(done->accepted);
               EXPECT_FALSE(bench.phone_at(ours)->ended_by());
             }});
}
TEST(Rfc5407, S332UpdateCrossesTheCallersReinvite) {
  update_crosses_reinvite(0);
}
TEST(Rfc5407, S332UpdateCrossesTheCalleesReinvite) {
  update_crosses_reinvite(1);
}

/// REFER arrives after we sent our BYE: 481, as any request but BYE in the Mortal state.
void refer_crosses_bye(int ours) {
  sweep({.name = ours == 0 ? "3.3.3, caller" : "3.3.3, callee",
         .play =
             [ours](Bench& bench) {
               Phone& phone = bench.phone(ours);
               Peer& peer = bench.peer(1 - ours);
               if (ours == 0) {
                 peer.on_invite = [&](const Message& invite) { peer.answer(invite); };
                 bench.at(0, [&phone] { phone.call(); });
               } else {
                 rings_and_answers(bench, phone, 300);
                 bench.at(0, [&peer] { peer.invite(); });
               }
               bench.at(1000, [&phone] { static_cast<void>(phone.drop()); });
               bench.at(1000, [&peer] {
                 if (!peer.remote_tag.empty()) peer.send(Method::other, {}, "REFER");
               });
             },
         .drawn =
             [ours](const Bench& bench) {
               bool refused = false;
               for (const Transmission& t : bench.wire.log())
                 refused = refused || (t.from == ours && t.message.token == "REFER" &&
                                       t.message.status == 481);
               EXPECT_TRUE(refused);
               EXPECT_EQ(bench.phone_at(ours)->confirmation(), Confirmation::confirmed);
             }});
}
TEST(Rfc5407, S333ReferCrossesTheCallersBye) {
  refer_crosses_bye(0);
}
TEST(Rfc5407, S333ReferCrossesTheCalleesBye) {
  refer_crosses_bye(1);
}

}  // namespace
}  // namespace switchhook::sip::races
