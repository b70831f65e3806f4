// SPDX-License-Identifier: Apache-2.0
// Termination defects seen in the field, section C: the order of ACK and BYE, and BYEs put off.
#include <gtest/gtest.h>

#include "tests/sip_races/support/bench.hpp"

namespace switchhook::sip::races {
namespace {

using By = usage::Disconnected::By;

milliseconds first(const Bench& bench, int side, Method method, std::uint16_t status = 0) {
  for (const Transmission& t : bench.wire.log())
    if (t.from == side && t.message.method == method && t.message.status == status) return t.sent;
  return milliseconds(-1);
}

TEST(CatalogueC1, CalleeThatHangsUpRightAfterItsAnswerWaitsForTheAck) {
  sweep({.name = "C1",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 500);
               bench.at(0, [&a] { a.call(); });
               bench.at(501, [&b] { static_cast<void>(b.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(first(bench, 1, Method::bye), milliseconds(540)) << "the ACK's arrival";
               EXPECT_EQ(bench.phone_at(1)->confirmation(), Confirmation::confirmed);
             }});
}

TEST(CatalogueC1, CalleeThatHungUpSendsItsByeAlsoWhenTheAckNeverComes) {
  sweep({.name = "C1, no ACK",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 500);
               bench.wire.filter(
                   [](const Transmission& t) { return t.message.method == Method::ack; });
               bench.at(0, [&a] { a.call(); });
               bench.at(501, [&b] { static_cast<void>(b.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(first(bench, 1, Method::bye), milliseconds(32500));
               EXPECT_EQ(bench.phone_at(0)->ended_by(), By::bye);
             }});
}

TEST(CatalogueC2, AnswerThatIsNeverAcknowledgedIsEndedByBye) {
  sweep({.name = "C2",
         .play =
             [](Bench& bench) {
               Peer& a = bench.peer(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 500);
               a.on_response = [](const Message&) {};
               bench.at(0, [&a] { a.invite(); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(first(bench, 1, Method::bye), milliseconds(32500));
               EXPECT_EQ(bench.phone_at(1)->ended_by(), By::no_ack);
               EXPECT_EQ(bench.phone_at(1)->confirmation(), Confirmation::confirmed);
             }});
}

TEST(CatalogueC3, AFarEndThatVanishesAfterTheAnswerLeavesNothing) {
  // The books of usage and layer are checked to be empty after every run.
  sweep({.name = "C3",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 500);
               bench.wire.filter([](const Transmission& t) {
                 return t.from == 0 && t.sent >= milliseconds(500);  // A's machine is gone
               });
               bench.at(0, [&a] { a.call(); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(1)->ended_by(), By::no_ack);
               EXPECT_EQ(bench.phone_at(1)->confirmation(), Confirmation::unconfirmed);
             }});
}

TEST(CatalogueC4, ByeThatOvertakesTheAckEndsTheCallAtOnce) {
  sweep({.name = "C4",
         .play =
             [](Bench& bench) {
               Peer& a = bench.peer(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 500);
               a.on_response = [&bench, &a](const Message& response) {
                 if (!response.success() || response.method != Method::invite) return;
                 a.send(Method::bye);
                 bench.clock.after(milliseconds(50), [&a, response] { a.ack(response); });
               };
               bench.at(0, [&a] { a.invite(); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(1)->ended_by(), By::bye);
               EXPECT_EQ(bench.phone_at(1)->reports().back().at, milliseconds(540));
             }});
}

TEST(CatalogueC5, AReinviteWhoseFinalResponseCannotBeReadDoesNotHoldUpTheBye) {
  for (const int offers : {0, 1})
    sweep({.name = "C5, side " + std::to_string(offers),
           .play =
               [offers](Bench& bench) {
                 Phone& a = bench.phone(0);
                 Phone& b = bench.phone(1);
                 rings_and_answers(bench, b, 300);
                 // What a parser refuses is as good as lost.
                 bench.wire.filter([](const Transmission& t) {
                   return t.message.final() && t.message.method == Method::invite &&
                          t.sent >= milliseconds(1000);
                 });
                 Phone& mine = offers == 0 ? a : b;
                 bench.at(0, [&a] { a.call(); });
                 bench.at(1000, [&mine] { static_cast<void>(mine.reoffer()); });
                 bench.at(3000, [&mine] { static_cast<void>(mine.drop()); });
               },
           .drawn =
               [offers](const Bench& bench) {
                 EXPECT_EQ(first(bench, offers, Method::bye), milliseconds(3000));
                 EXPECT_EQ(bench.phone_at(offers)->confirmation(), Confirmation::confirmed);
                 EXPECT_EQ(bench.phone_at(offers)->reports().back().at, milliseconds(3040));
               }});
}

TEST(CatalogueC6, NoCallIsLeftAfterAStorm) {
  // Random users on a random network: both call, answer, hold, hang up whenever they like.
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    Conditions conditions{.transport = seed % 5 == 0 ? Transport::tcp : Transport::udp,
                          .stateless = seed % 2 == 0,
                          .limit = seed % 3 == 0 ? 64 : 65};
    if (conditions.transport == Transport::udp)
      conditions.weather = {.lose = static_cast<unsigned>(seed % 60),
                            .late = 20,
                            .twice = 15,
                            .overtaken = 20,
                            .seed = seed};
    play_once({.name = "C6, seed " + std::to_string(seed),
               .play =
                   [seed](Bench& bench) {
                     std::mt19937_64 random(seed);
                     Phone& a = bench.phone(0);
                     Phone& b = bench.phone(1);
                     bench.at(0, [&a] { a.call(); });
                     b.on_offered = [&b] { static_cast<void>(b.ring()); };
                     for (int i = 0; i < 12; ++i) {
                       Phone& who = random() % 2 == 0 ? a : b;
                       const auto when = static_cast<std::int64_t>(random() % 3000);
                       const auto what = random() % 10;
                       bench.at(when, [&who, what] {
                         if (what < 4) {
                           if (who.used()) static_cast<void>(who.answer());
                         } else if (what < 8) {
                           if (who.used()) static_cast<void>(who.reoffer());
                         } else if (who.used()) {
                           static_cast<void>(who.drop());
                         }
                       });
                     }
                   }},
              conditions);
    if (HasFailure()) return;
  }
}

TEST(CatalogueC8, NothingButAnInviteIsAcknowledged) {
  sweep({.name = "C8",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 300);
               bench.at(0, [&a] { a.call(); });
               bench.at(1000, [&b] { static_cast<void>(b.reoffer()); });
               bench.at(3000, [&b] { static_cast<void>(b.drop()); });
             },
         .always =
             [](const Bench& bench) {
               for (const Transmission& ack : bench.wire.log()) {
                 if (!ack.message.request || ack.message.method != Method::ack) continue;
                 bool invite = false;
                 for (const Transmission& t : bench.wire.log())
                   invite = invite || (t.from == ack.from && t.message.request &&
                                       t.message.method == Method::invite &&
                                       t.message.cseq == ack.message.cseq);
                 EXPECT_TRUE(invite);
               }
             }});
}

}  // namespace
}  // namespace switchhook::sip::races
