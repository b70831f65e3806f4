// SPDX-License-Identifier: Apache-2.0
// Termination defects seen in the field, sections G (authentication at the end), H (transport
// loss), I (liveness) and J (requests that outlive the dialog), as far as signalling in virtual
// time goes.
#include <gtest/gtest.h>

#include "tests/sip_races/support/bench.hpp"

namespace switchhook::sip::races {
namespace {

using By = usage::Disconnected::By;

usage::Settings with_password() {
  usage::Settings settings;
  settings.credentials = {"alice", "secret", ""};
  return settings;
}

Message challenge(const Message& request, const std::string& tag, std::uint16_t status,
                  const std::string& nonce, bool stale = false, const std::string& realm = "r") {
  Message response = response_to(request, status, tag);
  response.challenges.emplace_back(status == 407, "Digest realm=\"" + realm + "\", nonce=\"" +
                                                      nonce + "\"" + (stale ? ", stale=true" : ""));
  return response;
}

std::vector<Message> requests(const Bench& bench, int side, Method method) {
  std::vector<Message> out;
  std::set<std::string> known;
  for (const Transmission& t : bench.wire.log())
    if (t.from == side && t.message.request && t.message.method == method &&
        known.insert(t.message.branch).second)
      out.push_back(t.message);
  return out;
}

/// A is in a call with a peer that challenges its BYE: `challenges` times, then 200.
void challenged_bye(const std::string& name, std::uint16_t status, int challenges, bool stale,
                    usage::Settings settings, std::size_t byes, Confirmation end) {
  sweep({.name = name,
         .play =
             [=](Bench& bench) {
               Phone& a = bench.phone(0, settings);
               Peer& b = bench.peer(1);
               b.on_invite = [&b](const Message& invite) { b.answer(invite); };
               const auto asked = std::make_shared<int>(0);
               b.on_request = [=, &b](const Message& request) {
                 if (++*asked <= challenges) {
                   b.layer().respond(request, challenge(request, b.tag, status,
                                                        "n" + std::to_string(stale ? *asked : 1),
                                                        stale && *asked > 1));
                 } else {
                   b.respond(request, 200);
                 }
               };
               bench.at(0, [&a] { a.call(); });
               bench.at(1000, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [=](const Bench& bench) {
               const std::vector<Message> sent = requests(bench, 0, Method::bye);
               ASSERT_EQ(sent.size(), byes);
               EXPECT_TRUE(sent.front().authorization.empty());
               EXPECT_EQ(sent.back().authorization.empty(), byes == 1);
               EXPECT_EQ(bench.phone_at(0)->confirmation(), end);
             }});
}

TEST(CatalogueG1, ChallengedByeIsSentAgainWithCredentials) {
  for (const std::uint16_t status : {std::uint16_t{401}, std::uint16_t{407}})
    challenged_bye("G1, " + std::to_string(status), status, 1, false, with_password(), 2,
                   Confirmation::confirmed);
}
TEST(CatalogueG1, StaleNonceIsAnsweredOnceMore) {
  challenged_bye("G1, stale", 401, 2, true, with_password(), 3, Confirmation::confirmed);
}
TEST(CatalogueG1, WrongPasswordGivesUpAfterTheFirstRefusal) {
  challenged_bye("G1, wrong password", 401, 99, false, with_password(), 2,
                 Confirmation::unconfirmed);
}
TEST(CatalogueG1, WithoutCredentialsItGivesUpAtOnce) {
  challenged_bye("G1, none", 401, 99, false, {}, 1, Confirmation::unconfirmed);
}
TEST(CatalogueG1, AnotherRealmIsNotAnswered) {
  usage::Settings settings = with_password();
  settings.credentials.realm = "ours";
  challenged_bye("G1, realm", 401, 99, false, settings, 1, Confirmation::unconfirmed);
}
TEST(CatalogueG1, NoncesThatAreAlwaysStaleAreAnsweredABoundedNumberOfTimes) {
  challenged_bye("G1, always stale", 407, 99, true, with_password(), 4, Confirmation::unconfirmed);
}

TEST(CatalogueG2, NumbersCountUpByOneThroughEveryChallenge) {
  // INVITE, re-INVITE and BYE are all challenged; the invariants count.
  sweep({.name = "G2",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0, with_password());
               Peer& b = bench.peer(1);
               const auto nonce = std::make_shared<int>(0);
               const auto ask = [&b, nonce](const Message& request) {
                 if (!request.authorization.empty() &&
                     request.authorization[0].second.find("n" + std::to_string(*nonce)) !=
                         std::string::npos)
                   return false;
                 b.layer().respond(request, challenge(request, b.tag, 407,
                                                      "n" + std::to_string(++*nonce), *nonce > 1));
                 return true;
               };
               b.on_invite = [&b, ask](const Message& invite) {
                 if (!ask(invite)) b.answer(invite);
               };
               b.on_request = [&b, ask, nonce](const Message& request) {
                 ++*nonce;  // each nonce is good for one request
                 if (ask(request)) return;
                 if (request.method == Method::invite) {
                   b.answer(request, "held");
                 } else {
                   b.respond(request, 200);
                 }
               };
               bench.at(0, [&a] { a.call(); });
               bench.at(1000, [&a] { static_cast<void>(a.reoffer()); });
               bench.at(3000, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_NE(bench.phone_at(0)->find<usage::Answered>(), nullptr);
               EXPECT_LE(requests(bench, 0, Method::invite).size(), 6u);
               EXPECT_LE(requests(bench, 0, Method::bye).size(), 4u);
             }});
}

/// A whole call with a hold in it, which breaks at every message in turn.
void whole_call(Bench& bench) {
  Phone& a = bench.phone(0);
  Phone& b = bench.phone(1);
  rings_and_answers(bench, b, 300);
  bench.at(0, [&a] { a.call(); });
  bench.at(1000, [&b] { static_cast<void>(b.reoffer()); });
  bench.at(3000, [&a] { static_cast<void>(a.drop()); });
}

TEST(CatalogueH1, ResetHalfOpenAndBlackHoleAtEachMessage) {
  sweep({.name = "H1", .play = whole_call, .udp = false});
}

TEST(CatalogueH1, ByeIntoADeadConnectionEndsUnconfirmedInBoundedTime) {
  for (const FaultKind kind : {FaultKind::black_hole, FaultKind::refused}) {
    // The BYE is the first message after the re-INVITE's ACK.
    std::size_t bye = 0;
    {
      Bench plain({.transport = Transport::tcp});
      whole_call(plain);
      plain.play();
      while (plain.wire.log()[bye].message.method != Method::bye) ++bye;
    }
    Bench bench({.transport = Transport::tcp, .faults = {{bye, kind}}});
    whole_call(bench);
    bench.play();
    EXPECT_TRUE(bench.violations().empty());
    EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::unconfirmed);
    EXPECT_LE(bench.phone_at(0)->reports().back().at, milliseconds(3000 + 32000));
  }
}

TEST(CatalogueH1, CallWhoseConnectionDiesAfterTheTryingIsEndedByItsUser) {
  sweep({.name = "H1, 100",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Peer& b = bench.peer(1);
               b.on_invite = [&b](const Message& invite) { b.respond(invite, 100); };
               bench.wire.filter([](const Transmission& t) { return t.sent > milliseconds(100); });
               bench.at(0, [&a] { a.call(); });
               bench.at(5000, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::unconfirmed);
               EXPECT_LE(bench.phone_at(0)->reports().back().at, milliseconds(5000 + 32000));
             },
         .udp = false});
}

TEST(CatalogueH4, AConnectionThatIsReplacedInMidCallCarriesTheBye) {
  // Every message may be the one under which the connection breaks; a new one follows.
  sweep({.name = "H4",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Phone& b = bench.phone(1);
               rings_and_answers(bench, b, 300);
               bench.at(0, [&a] { a.call(); });
               bench.at(3000, [&b] { static_cast<void>(b.drop()); });
             },
         .drawn = [](const Bench& bench) { EXPECT_EQ(bench.phone_at(0)->ended_by(), By::bye); },
         .udp = false});
}

TEST(CatalogueH5, InviteThatCannotBeSentEndsAtOnceAndIsTold) {
  for (const Transport transport : {Transport::udp, Transport::tcp}) {
    Bench bench({.transport = transport, .faults = {{0, FaultKind::refused}}});
    Phone& a = bench.phone(0);
    bench.at(0, [&a] { a.call(); });
    bench.play();
    EXPECT_TRUE(bench.violations().empty());
    EXPECT_EQ(a.ended_by(), By::transport);
    EXPECT_EQ(a.reports().back().at, milliseconds(0));
  }
}

TEST(CatalogueI1, RefusedReinviteEndsTheCallOnlyWhenTheDialogIsGone) {
  const struct {
    std::uint16_t status;  // 0 = nothing comes
    bool ends;
  } answers[] = {{408, true},  {481, true},  {488, false}, {500, false},
                 {502, false}, {503, false}, {603, false}, {0, true}};
  for (const int ours : {0, 1})
    for (const auto& answer : answers)
      sweep({.name = "I1, " + std::to_string(answer.status) + ", side " + std::to_string(ours),
             .play =
                 [&answer, ours](Bench& bench) {
                   Phone& phone = bench.phone(ours);
                   Peer& peer = bench.peer(1 - ours);
                   peer.on_request = [&peer, &answer](const Message& request) {
                     if (request.method != Method::invite) {
                       peer.respond(request, 200);
                     } else if (answer.status != 0) {
                       peer.respond(request, answer.status);
                     }
                   };
                   if (ours == 0) {
                     peer.on_invite = [&peer](const Message& invite) { peer.answer(invite); };
                     bench.at(0, [&phone] { phone.call(); });
                   } else {
                     rings_and_answers(bench, phone, 300);
                     bench.at(0, [&peer] { peer.invite(); });
                   }
                   bench.at(1000, [&phone] { static_cast<void>(phone.reoffer()); });
                   bench.at(50000, [&phone] { static_cast<void>(phone.drop()); });
                 },
             .drawn =
                 [&answer, ours](const Bench& bench) {
                   // With nothing at all the layer's 100 keeps the INVITE alive until the limit.
                   const Phone& phone = *bench.phone_at(ours);
                   EXPECT_EQ(phone.ended_by().has_value(), answer.ends);
                   EXPECT_EQ(phone.ended_by().value_or(By::dialog_lost), By::dialog_lost);
                   EXPECT_EQ(requests(bench, ours, Method::bye).size(), 1u);
                 }});
}

TEST(CatalogueJ5, NotifyAfterTheEndIsRefusedAndHarmsNothing) {
  for (const int ours : {0, 1})
    sweep({.name = "J5, side " + std::to_string(ours),
           .play =
               [ours](Bench& bench) {
                 Phone& phone = bench.phone(ours);
                 Peer& peer = bench.peer(1 - ours);
                 if (ours == 0) {
                   peer.on_invite = [&peer](const Message& invite) { peer.answer(invite); };
                   bench.at(0, [&phone] { phone.call(); });
                 } else {
                   rings_and_answers(bench, phone, 300);
                   bench.at(0, [&peer] { peer.invite(); });
                 }
                 bench.at(1000, [&phone] { static_cast<void>(phone.drop()); });
                 bench.at(2000, [&peer] {
                   if (!peer.remote_tag.empty()) peer.send(Method::other, {}, "NOTIFY");
                 });
               },
           .drawn =
               [ours](const Bench& bench) {
                 bool refused = false;
                 for (const Transmission& t : bench.wire.log())
                   refused = refused || (t.from == ours && t.message.token == "NOTIFY" &&
                                         t.message.status == 481);
                 EXPECT_TRUE(refused);
               }});
}

}  // namespace
}  // namespace switchhook::sip::races
