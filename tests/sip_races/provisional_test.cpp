// SPDX-License-Identifier: Apache-2.0
// A callee whose ringing is reliable (RFC 3262) though nobody asked for that: it repeats its 180
// until a PRACK comes, which never does, and gives up after 64*T1. Each end that such a call may
// have, with every message lost, late, doubled and reordered.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sip_races/support/bench.hpp"

namespace switchhook::sip::races {
namespace {

using By = usage::Disconnected::By;

void ring_again(Bench& bench, Peer& b, const Message& invite, std::int64_t wait_ms,
                std::int64_t left_ms) {
  if (!b.layer().open(invite)) return;
  if (left_ms <= 0) return b.respond(invite, 504);
  b.respond(invite, 180);
  wait_ms = std::min(wait_ms, left_ms);
  bench.clock.after(milliseconds(wait_ms), [&bench, &b, invite, wait_ms, left_ms] {
    ring_again(bench, b, invite, wait_ms * 2, left_ms - wait_ms);
  });
}

Peer& reliable(Bench& bench) {
  Peer& b = bench.peer(1);
  b.on_invite = [&bench, &b](const Message& invite) { ring_again(bench, b, invite, 500, 32000); };
  return b;
}

TEST(ReliableRinging, IsCancelledBetweenTwoOfItsRepetitions) {
  for (const std::int64_t when : {100, 1000, 20000})
    sweep({.name = "cancelled after " + std::to_string(when),
           .play =
               [when](Bench& bench) {
                 Phone& a = bench.phone(0);
                 reliable(bench);
                 bench.at(0, [&a] { a.call(); });
                 bench.at(when, [&a] { static_cast<void>(a.drop()); });
               },
           .drawn =
               [](const Bench& bench) {
                 EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::confirmed);
                 EXPECT_FALSE(bench.phone_at(0)->ended_by());
               }});
}

TEST(ReliableRinging, EndsWhenTheCalleeHasWaitedForAPrackLongEnough) {
  sweep({.name = "given up",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               reliable(bench);
               bench.at(0, [&a] { a.call(); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(0)->ended_by(), By::response);
               EXPECT_EQ(bench.phone_at(0)->count<usage::Disconnected>(), 1u);
             }});
}

TEST(ReliableRinging, IsAnsweredAndHungUpOnAllTheSame) {
  sweep({.name = "answered",
         .play =
             [](Bench& bench) {
               Phone& a = bench.phone(0);
               Peer& b = reliable(bench);
               b.on_invite = [&bench, &b](const Message& invite) {
                 ring_again(bench, b, invite, 500, 32000);
                 bench.clock.after(milliseconds(1200), [&b, invite] {
                   if (b.layer().open(invite)) b.answer(invite);
                 });
               };
               bench.at(0, [&a] { a.call(); });
               bench.at(3000, [&a] { static_cast<void>(a.drop()); });
             },
         .drawn =
             [](const Bench& bench) {
               EXPECT_EQ(bench.phone_at(0)->confirmation(), Confirmation::confirmed);
               EXPECT_EQ(bench.phone_at(0)->count<usage::Answered>(), 1u);
             }});
}

}  // namespace
}  // namespace switchhook::sip::races
