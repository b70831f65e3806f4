// SPDX-License-Identifier: Apache-2.0
// Termination defects seen in the field, section B: CANCEL, 200 and BYE race. One suite for each
// row of the catalogue (tests/termination/matrix.csv).
#include <gtest/gtest.h>

#include "tests/sip_races/support/bench.hpp"

namespace switchhook::sip::races {
namespace {

using By = usage::Disconnected::By;

/// A peer that rings at once and answers after `ms`, if nobody cancelled it.
Peer& answering(Bench& bench, std::int64_t ms, const std::string& body = "answer") {
  Peer& b = bench.peer(1);
  b.on_invite = [&bench, &b, ms, body](const Message& invite) {
    b.respond(invite, 180);
    bench.clock.after(milliseconds(ms), [&b, invite, body] { b.answer(invite, body); });
  };
  return b;
}

TEST(CatalogueB1, CancelThatCrossesTheAnswerGets481AndTheCallIsEnded) {
  sweep({.name = "B1",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Peer& b = answering(bench, 980);
               b.on_cancel = [&b](const Message& invite, const Message&) {
                 if (b.layer().open(invite)) b.respond(invite, 487);
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
               bench.at(995, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(sent(bench, 0, Method::bye), 1u);
               EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::confirmed);
             }});
}

TEST(CatalogueB2, AnswerAfterCancelIsAcknowledgedAndEndedAlsoWhenItComesAgain) {
  sweep({.name = "B2",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Peer& b = answering(bench, 1000);
               b.on_cancel = [](const Message&, const Message&) {};
               // The first ACKs get lost: the 200 comes again, before and after our BYE is done.
               bench.wire.filter([](const Transmission& t) {
                 return t.message.method == Method::ack && t.sent < milliseconds(3000);
               });
               bench.at(0, [&a] { a.call(); });
               bench.at(900, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn = [](const Bench& bench) { EXPECT_EQ(sent(bench, 0, Method::bye), 1u); }});
}

TEST(CatalogueB2, IncomingCancelIsAnsweredOnce) {
  sweep({.name = "B2, incoming",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Phone& b = bench.phone(1);
               b.on_offered = [&b] { static_cast<void>(b.ring()); };
               bench.at(0, [&a] { a.call(); });
               bench.at(500, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(sent(bench, 1, Method::cancel, 200), 1u);
               EXPECT_EQ(sent(bench, 1, Method::invite, 487), 1u);
               EXPECT_EQ(bench.phone_at(1)->ended_by(), By::cancel);
             }});
}

TEST(CatalogueB3, FarEndThatAcceptsTheCancelAnswersTheCallAndFallsSilent) {
  sweep({.name = "B3",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Peer& b = answering(bench, 1000);
               b.on_cancel = [](const Message&, const Message&) {};
               b.on_request = [](const Message&) {};  // the BYE is never answered
               bench.at(0, [&a] { a.call(); });
               bench.at(900, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(sent(bench, 0, Method::bye), 1u);
               EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::unconfirmed);
             }});
}

TEST(CatalogueB4, ExactlyOneByeWhateverTheAnswerThatRacesTheCancelHolds) {
  const struct {
    const char* body;  // of the 200; the application hangs up on one that it cannot use
    bool cancelled;
  } variants[] = {
      {"answer", true}, {"nonsense", true}, {"", true}, {"nonsense", false}, {"", false}};
  for (const auto& variant : variants)
    sweep({.name = std::string("B4, ") + variant.body + (variant.cancelled ? ", CANCEL" : ""),
           .play =
               [&variant](Bench& bench) {
                 Phone& a = bench.phone(0);
                 Peer& b = answering(bench, 1000, variant.body);
                 b.on_cancel = [](const Message&, const Message&) {};
                 a.on_answered = [&a, &variant] {
                   if (std::string(variant.body) != "answer") static_cast<void>(a.drop());
                 };
                 bench.at(0, [&a] { a.call(); });
                 if (variant.cancelled) bench.at(1010, [&a] { static_cast<void>(a.drop()); });
               },
           .drawn = [](const Bench& bench) { EXPECT_EQ(sent(bench, 0, Method::bye), 1u); }});
}

TEST(CatalogueB5, LocalAnswerAndRemoteCancelAtEveryInterleaving) {
  for (std::int64_t cancel = 960; cancel <= 1040; ++cancel)
    for (const bool cancel_first : {true, false})
      play_once({.name = "B5, CANCEL at " + std::to_string(cancel),
                 .play =
                     [=](Bench& bench) {
                       Phone& a = bench.phone(0);
                       Phone& b = bench.phone(1);
                       b.on_offered = [&b] { static_cast<void>(b.ring()); };
                       bench.at(0, [&a] { a.call(); });
                       const auto drop = [&a] { static_cast<void>(a.drop()); };
                       const auto answer = [&b] { static_cast<void>(b.answer()); };
                       if (cancel_first) bench.at(cancel, drop);
                       bench.at(1000, answer);
                       if (!cancel_first) bench.at(cancel, drop);
                     },
                 .drawn =
                     [](const Bench& bench) {
                       // Both sides tell the same story.
                       const Phone& b = *bench.phone_at(1);
                       const bool answered = sent(bench, 1, Method::invite, 200) == 1;
                       EXPECT_EQ(b.ended_by(), answered ? By::bye : By::cancel);
                       EXPECT_EQ(sent(bench, 0, Method::bye), answered ? 1u : 0u);
                       EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::confirmed);
                       EXPECT_EQ(b.confirmation(), Confirmation::confirmed);
                     }});
}

TEST(CatalogueB6, HangingUpFromWithinEveryReport) {
  for (const int report : {0, 1, 2, 3, 4})
    sweep({.name = "B6, report " + std::to_string(report),
           .play =
               [report](Bench& bench) {
                 Phone& a = bench.phone(0);
                 Phone& b = bench.phone(1);
                 const auto drop_a = [&a] { static_cast<void>(a.drop()); };
                 const auto drop_b = [&b] { static_cast<void>(b.drop()); };
                 b.on_offered = [&b, report, drop_b] {
                   static_cast<void>(b.ring());
                   if (report == 0) drop_b();
                 };
                 bench.at(300, [&b] { static_cast<void>(b.answer()); });
                 if (report == 1) a.on_progress = drop_a;
                 if (report == 2) a.on_answered = drop_a;
                 if (report == 3) b.on_connected = drop_b;
                 if (report == 4) a.on_reoffered = drop_a;
                 bench.at(0, [&a] { a.call(); });
                 bench.at(1000, [&b] { static_cast<void>(b.reoffer()); });
                 bench.at(5000, drop_b);
               },
           .drawn =
               [](const Bench& bench) {
                 EXPECT_LE(sent(bench, 0, Method::bye) + sent(bench, 1, Method::bye), 1u);
               }});
}

TEST(CatalogueB7, DroppedAtEveryStageBeforeTheAnswer) {
  enum Stage { before_send, no_response, trying, ringing };
  for (const Stage stage : {before_send, no_response, trying, ringing})
    for (const bool answers : {false, true})
      sweep({.name = "B7, stage " + std::to_string(stage) + (answers ? ", answered" : ""),
             .play =
                 [=](Bench& bench) {
                   Phone& a = bench.phone(0);
                   Peer& b = bench.peer(1);
                   b.on_invite = [&bench, &b, stage, answers](const Message& invite) {
                     if (stage == trying) b.respond(invite, 100);
                     if (stage == ringing) b.respond(invite, 180);
                     if (answers)
                       bench.clock.after(milliseconds(150), [&b, invite] { b.answer(invite); });
                   };
                   if (answers) b.on_cancel = [](const Message&, const Message&) {};
                   bench.at(0, [&a] { a.call(); });
                   const std::int64_t when = stage == before_send   ? 0
                                             : stage == no_response ? 10
                                                                    : 60;
                   bench.at(when, [&a] { static_cast<void>(a.drop()); });
                 },
             .drawn =
                 [=](const Bench& bench) {
                   EXPECT_EQ(sent(bench, 0, Method::bye), answers ? 1u : 0u);
                   EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::confirmed);
                   EXPECT_FALSE(bench.phone_at(0)->ended_by());
                 }});
}

TEST(CatalogueB9, CancelThatIsAcceptedButNeverFollowedBy487EndsInBoundedTime) {
  sweep({.name = "B9",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Peer& b = bench.peer(1);
               b.on_invite = [&b](const Message& invite) { b.respond(invite, 180); };
               b.on_cancel = [](const Message&, const Message&) {};
               bench.at(0, [&a] { a.call(); });
               bench.at(1000, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::unconfirmed);
               EXPECT_EQ(bench.phone_at(0)->reports().back().at, milliseconds(33000));
             }});
}

TEST(CatalogueB10, RequestsThatArriveAfterThe487AreRefused) {
  for (const char* token : {"PRACK", "UPDATE", "INFO"})
    sweep({.name = std::string("B10, ") + token,
           .play =
               [token](Bench& bench) {
                 Peer& a = bench.peer(0);
                 Phone& b = bench.phone(1);
                 b.on_offered = [&b] { static_cast<void>(b.ring()); };
                 bench.at(0, [&a] { a.invite(); });
                 bench.at(500, [&a] { static_cast<void>(a.cancel(1)); });
                 bench.at(530, [&a, token] {
                   if (!a.remote_tag.empty()) a.send(Method::other, {}, token);
                 });
               },
           .drawn =
               [](const Bench& bench) {
                 EXPECT_EQ(sent(bench, 1, Method::other, 481), 1u);
                 EXPECT_EQ(bench.phone_at(1)->ended_by(), By::cancel);
               }});
}

TEST(CatalogueB11, EarlyByeIsAnsweredAndSoIsTheInvite) {
  sweep({.name = "B11",
         .play =
             [](Bench& bench) {
               Peer& a = bench.peer(0);
               Phone& b = bench.phone(1);
               b.on_offered = [&b] { static_cast<void>(b.ring()); };
               bench.at(0, [&a] { a.invite(); });
               bench.at(500, [&a] {
                 if (!a.remote_tag.empty()) a.send(Method::bye);
               });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(sent(bench, 1, Method::bye, 200), 1u);
               EXPECT_EQ(sent(bench, 1, Method::invite, 487), 1u);
             }});
}

TEST(CatalogueB12, ALateAnswerDoesNotRaiseTheDead) {
  sweep({.name = "B12",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Peer& b = answering(bench, 200);
               bench.at(0, [&a] { a.call(); });
               bench.at(1000, [&a] { static_cast<void>(a.drop()); });
               for (const std::int64_t when : {1010, 1030, 1100, 5000, 30000})
                 bench.at(when, [&b] {
                   for (const Message& message : b.inbox())
                     if (message.request && message.method == Method::invite) {
                       Message ok = response_to(message, 200, b.tag);
                       ok.contact = "sip:peer@192.0.2.9";
                       b.layer().send(ok);
                       return;
                     }
                 });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(0)->state(), usage::State::terminated);
               EXPECT_EQ(bench.phone_at(0)->count<usage::Answered>(), 1u);
               EXPECT_EQ(sent(bench, 0, Method::bye), 1u);
             },
         .tcp = false});
}

TEST(CatalogueB13, ByeDuringOurReinviteLeavesNothing) {
  for (const int offers : {0, 1})
    sweep({.name = "B13, side " + std::to_string(offers),
           .play =
               [offers](Bench& bench) {
                 Phone& a = bench.phone(0);
                 Phone& b = bench.phone(1);
                 rings_and_answers(bench, b, 300);
                 Phone& mine = offers == 0 ? a : b;
                 Phone& theirs = offers == 0 ? b : a;
                 theirs.on_reoffered = [&theirs] { static_cast<void>(theirs.drop()); };
                 bench.at(0, [&a] { a.call(); });
                 bench.at(1000, [&mine] { static_cast<void>(mine.reoffer()); });
               },
           .drawn =
               [offers](const Bench& bench) {
                 EXPECT_EQ(bench.phone_at(offers)->ended_by(), By::bye);
                 EXPECT_EQ(sent(bench, 1 - offers, Method::invite, 487), 1u);
               }});
}

TEST(CatalogueB14, ByeBetweenAnswerAndAckIsAcceptedAndCancelAfterTheAnswerIsNothing) {
  sweep({.name = "B14",
         .play =
             [](Bench& bench) {
               Peer& a = bench.peer(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 300);
               a.on_response = [&a](const Message& response) {
                 if (!response.success() || response.method != Method::invite) return;
                 static_cast<void>(a.cancel(1));
                 a.send(Method::bye);
               };
               bench.at(0, [&a] { a.invite(); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(1)->ended_by(), By::bye);
               EXPECT_EQ(bench.phone_at(1)->find<usage::Acknowledged>(), nullptr);
             }});
}

TEST(CatalogueB15, EveryMessageTwiceMakesNothingTwice) {
  for (const FaultKind kind : {FaultKind::twice, FaultKind::twice_late}) {
    Conditions conditions;
    for (std::size_t i = 0; i < 60; ++i) conditions.faults.push_back({i, kind});
    play_once({.name = "B15",
               .play =
                   [](Bench& bench) {
                     Phone& a = bench.phone(0);
                     Phone& b = bench.phone(1);
                     rings_and_answers(bench, b, 300);
                     bench.at(0, [&a] { a.call(); });
                     bench.at(1000, [&a] { static_cast<void>(a.reoffer()); });
                     bench.at(3000, [&b] { static_cast<void>(b.drop()); });
                   },
               .always =
                   [](const Bench& bench) {
                     EXPECT_EQ(bench.phone_at(0)->count<usage::Answered>(), 1u);
                     EXPECT_EQ(bench.phone_at(1)->count<usage::Acknowledged>(), 1u);
                     EXPECT_EQ(bench.phone_at(1)->count<usage::Reoffered>(), 1u);
                     EXPECT_EQ(sent(bench, 1, Method::bye), 1u);
                   }},
              conditions);
  }
}

TEST(CatalogueB16, ByeThatComesAfterTheEndIsAnsweredAtOnce) {
  play_once({.name = "B16",
             .play =
                 [](Bench& bench) {
                   Phone& a = bench.phone(0);
                   Peer& b = answering(bench, 200);
                   bench.at(0, [&a] { a.call(); });
                   bench.at(1000, [&a] { static_cast<void>(a.drop()); });
                   bench.at(2000, [&b] { b.send(Method::bye); });   // lost the race
                   bench.at(40000, [&b] { b.send(Method::bye); });  // long forgotten
                 },
             .drawn =
                 [](const Bench& bench) {
                   std::vector<std::int64_t> answers;
                   for (const Transmission& t : bench.wire.log())
                     if (t.from == 0 && t.message.method == Method::bye && t.message.final())
                       answers.push_back(t.sent.count());
                   EXPECT_EQ(answers, (std::vector<std::int64_t>{2020, 40020}));
                 }});
}

TEST(CatalogueB18, LocalAndRemoteEndAtEveryInterleavingMakeOneByeEach) {
  for (std::int64_t when = 970; when <= 1050; ++when)
    play_once({.name = "B18, at " + std::to_string(when),
               .play =
                   [when](Bench& bench) {
                     Phone& a = bench.phone(0);
                     Phone& b = bench.phone(1);
                     rings_and_answers(bench, b, 300);
                     bench.at(0, [&a] { a.call(); });
                     for (int i = 0; i < 3; ++i) {  // an impatient user
                       bench.at(when, [&a] { static_cast<void>(a.drop()); });
                       bench.at(1000, [&b] { static_cast<void>(b.drop()); });
                     }
                   },
               .drawn =
                   [](const Bench& bench) {
                     EXPECT_LE(sent(bench, 0, Method::bye), 1u);
                     EXPECT_LE(sent(bench, 1, Method::bye), 1u);
                     EXPECT_GE(sent(bench, 0, Method::bye) + sent(bench, 1, Method::bye), 1u);
                   }});
}

}  // namespace
}  // namespace switchhook::sip::races
