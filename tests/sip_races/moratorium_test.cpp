// SPDX-License-Identifier: Apache-2.0
// RFC 5407 section 3.1: the callee receives a message while in the Moratorium state, that is after
// its 2xx and before the ACK. A is Alice, B is Bob; the usage is on both sides where the RFC's
// drawing lets it be, so that both roles are checked by one run.
#include <gtest/gtest.h>

#include "tests/sip_races/support/bench.hpp"

namespace switchhook::sip::races {
namespace {

using By = usage::Disconnected::By;

TEST(Rfc5407, S311CalleeReceivesInviteRetransmissionInMoratorium) {
  sweep({.name = "3.1.1",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Phone& b = bench.phone(1);
               // F2, the 180, is lost; the 200 crosses the retransmitted INVITE.
               bench.wire.filter([](const Transmission& t) {
                 return t.message.status == 180 && t.sent < milliseconds(400);
               });
               b.on_offered = [&b] { static_cast<void>(b.ring()); };
               bench.at(0, [&a] { a.call(); });
               bench.at(195, [&b] { static_cast<void>(b.ring()); });
               bench.at(510, [&b] { static_cast<void>(b.answer()); });
               bench.at(3000, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_NE(bench.phone_at(0)->find<usage::Answered>(), nullptr);
               EXPECT_NE(bench.phone_at(1)->find<usage::Acknowledged>(), nullptr);
               EXPECT_EQ(bench.phone_at(1)->ended_by(), By::bye);
               EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::confirmed);
             }});
}

TEST(Rfc5407, S312CalleeReceivesCancelInMoratorium) {
  sweep({.name = "3.1.2",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 1000);
               bench.at(0, [&a] { a.call(); });
               bench.at(1000, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               // The INVITE was answered: CANCEL has no effect, ACK and BYE follow.
               EXPECT_EQ(bench.phone_at(0)->find<usage::Answered>(), nullptr);
               EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::confirmed);
               EXPECT_EQ(bench.phone_at(1)->ended_by(), By::bye);
             },
         .always =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(0)->find<usage::Answered>(), nullptr);
               EXPECT_EQ(bench.phone_at(0)->ended_by().value_or(By::transport), By::transport)
                   << "it was we who ended it";
             }});
}

TEST(Rfc5407, S312CalleeThatAnswers481ToCancel) {
  // A callee without the correction of RFC 6026 does not know the INVITE any more.
  sweep({.name = "3.1.2, 481",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Peer& b = bench.peer(1);
               b.on_invite = [&](const Message& invite) {
                 b.respond(invite, 180);
                 bench.clock.after(milliseconds(980), [&b, invite] { b.answer(invite); });
               };
               bench.wire.filter([&b](const Transmission& t) {
                 if (t.from != 1 || t.message.method != Method::cancel || t.message.status != 200)
                   return false;
                 Message answer = t.message;
                 answer.status = 481;
                 b.layer().send(answer);
                 return true;
               });
               bench.at(0, [&a] { a.call(); });
               bench.at(1000, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::confirmed);
             }});
}

TEST(Rfc5407, S313CalleeReceivesEarlyByeInMoratorium) {
  sweep({.name = "3.1.3",
         .play =
             [](Bench& bench) {
               Peer& a = bench.peer(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 1000);
               bench.at(0, [&a] { a.invite(); });
               bench.at(1000, [&a] {
                 if (!a.remote_tag.empty()) a.send(Method::bye);
               });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(1)->ended_by(), By::bye);
               EXPECT_EQ(bench.phone_at(1)->confirmation(), Confirmation::confirmed);
             }});
}

/// A's re-INVITE reaches B before the ACK of its first INVITE does, which was lost.
void reinvite_before_ack(Bench& bench, const std::string& offer) {
  Phone& a = bench.phone(0);
  Phone& b = bench.phone(1);
  rings_and_answers(bench, b, 500);
  bench.wire.filter([](const Transmission& t) {
    return t.message.method == Method::ack && t.sent < milliseconds(600);
  });
  bench.at(0, [&a, offer] { a.call(offer); });
  bench.at(990, [&a] { static_cast<void>(a.reoffer()); });
  bench.at(12000, [&a] { static_cast<void>(a.drop()); });
}

void the_change_came_through(const Bench& bench) {
  const auto* done = bench.phone_at(0)->find<usage::ReofferDone>();
  ASSERT_NE(done, nullptr);
  EXPECT_TRUE(done->accepted);
  EXPECT_NE(bench.phone_at(1)->find<usage::Acknowledged>(), nullptr);
  EXPECT_NE(bench.phone_at(1)->find<usage::Reoffered>(), nullptr);
  EXPECT_EQ(bench.phone_at(1)->ended_by(), By::bye);
}

TEST(Rfc5407, S314CalleeReceivesReinviteInMoratoriumOfferInInvite) {
  sweep({.name = "3.1.4",
         .play = [](Bench& bench) { reinvite_before_ack(bench, "offer1"); },
         .drawn = the_change_came_through});
}

TEST(Rfc5407, S315CalleeReceivesReinviteInMoratoriumOfferIn200) {
  // Two offers would be open at once: 491, and the caller tries again.
  sweep({.name = "3.1.5",
         .play = [](Bench& bench) { reinvite_before_ack(bench, ""); },
         .drawn =
             [](const Bench& bench) {
               the_change_came_through(bench);
               bool refused = false;
               for (const Transmission& t : bench.wire.log())
                 refused = refused || t.message.status == 491;
               EXPECT_TRUE(refused);
             }});
}

TEST(Rfc5407, S316CalleeReceivesByeInMoratorium) {
  sweep({.name = "3.1.6",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 500);
               bench.wire.filter([](const Transmission& t) {
                 return t.message.method == Method::ack && t.sent < milliseconds(600);
               });
               bench.at(0, [&a] { a.call(); });
               bench.at(995, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(1)->ended_by(), By::bye);
               EXPECT_EQ(bench.phone_at(1)->find<usage::Acknowledged>(), nullptr)
                   << "a late ACK must not start the session again";
               EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::confirmed);
             }});
}

TEST(Rfc5407, S316CalleeReceivesByeAndAckWithTheAnswerAfterIt) {
  sweep({.name = "3.1.6, offer in the 200",
         .play =
             [](Bench& bench) {
               Peer& a = bench.peer(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 500);
               a.on_response = [&](const Message& response) {
                 if (!response.success() || response.method != Method::invite) return;
                 a.send(Method::bye);
                 bench.clock.after(milliseconds(5), [&a, response] { a.ack(response, "answer"); });
               };
               bench.at(0, [&a] { a.invite(""); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(1)->ended_by(), By::bye);
               EXPECT_EQ(bench.phone_at(1)->find<usage::Acknowledged>(), nullptr);
             },
         .tcp = false});
}

}  // namespace
}  // namespace switchhook::sip::races
