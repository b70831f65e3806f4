// SPDX-License-Identifier: Apache-2.0
#include "tests/sip_races/support/bench.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <utility>

namespace switchhook::sip::races {

namespace {

LayerOptions layer_of(const Conditions& conditions, milliseconds t1) {
  LayerOptions options;
  options.t1 = t1;
  options.limit = conditions.limit;
  options.stateless = conditions.stateless;
  return options;
}

constexpr int kFailuresShown = 3;
constexpr milliseconds kSlow{125};  // a round trip of a quarter of a second

struct Outcome {
  std::size_t transmissions = 0;
  bool good = true;
};

Outcome play_under(const Scenario& scenario, const Conditions& conditions) {
  Bench bench(conditions);
  scenario.play(bench);
  bench.play();
  std::string wrong;
  for (const std::string& violation : bench.violations()) wrong += "  " + violation + "\n";
  const bool fair = conditions.faults.empty() && conditions.weather.fair() &&
                    conditions.latency == Wire::kLatency;
  const bool clean_before = !testing::Test::HasFailure();
  if (fair && scenario.drawn) scenario.drawn(bench);
  if (scenario.always) scenario.always(bench);
  const bool failed = !wrong.empty() || (clean_before && testing::Test::HasFailure());
  if (failed)
    ADD_FAILURE() << scenario.name << ", " << to_string(conditions) << ":\n"
                  << wrong << bench.wire.ladder();
  return {bench.wire.log().size(), !failed};
}

std::vector<FaultKind> single_faults(Transport transport) {
  if (transport == Transport::tcp)
    return {FaultKind::lose, FaultKind::late, FaultKind::reset, FaultKind::refused,
            FaultKind::black_hole};
  return {FaultKind::lose,  FaultKind::late,       FaultKind::very_late,
          FaultKind::twice, FaultKind::twice_late, FaultKind::overtaken};
}

/// How many seeds of bad weather; the long form has its own number.
std::uint64_t seeds() {
  const char* given = std::getenv("SIP_RACES_SEEDS");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 60;
}

}  // namespace

std::string to_string(const Conditions& conditions) {
  std::string out = conditions.transport == Transport::udp ? "UDP" : "TCP";
  out += conditions.stateless ? ", requests answered without state" : ", RFC 3261 transactions";
  out += ", limit " + std::to_string(conditions.limit) + "*T1";
  if (conditions.latency != Wire::kLatency)
    out += ", latency " + std::to_string(conditions.latency.count()) + " ms";
  for (const Fault& fault : conditions.faults)
    out += ", #" + std::to_string(fault.transmission) + " " + to_string(fault.kind);
  if (!conditions.weather.fair())
    out += ", weather of seed " + std::to_string(conditions.weather.seed);
  return out;
}

Bench::Bench(const Conditions& conditions)
    : wire(clock, conditions.transport, usage::Settings{}.t1, conditions.latency),
      conditions_(conditions) {
  wire.plan(conditions.faults);
  wire.plan(conditions.weather);
}

Phone& Bench::phone(int side, usage::Settings settings) {
  const milliseconds t1 = settings.t1;
  phones_[side] =
      std::make_unique<Phone>(clock, wire, side, layer_of(conditions_, t1), std::move(settings));
  return *phones_[side];
}

Peer& Bench::peer(int side, const std::string& tag) {
  LayerOptions options = layer_of(conditions_, usage::Settings{}.t1);
  options.limit = 64;
  options.stateless = false;
  peers_[side] = std::make_unique<Peer>(clock, wire, side, options, tag);
  return *peers_[side];
}

void Bench::play() {
  clock.at(kPatience, [this] {
    for (const auto& phone : phones_)
      if (phone && phone->used() && !phone->finished()) static_cast<void>(phone->drop());
  });
  drained_ = clock.run(std::chrono::minutes(30));
}

std::vector<std::string> Bench::violations() const {
  std::vector<std::string> out;
  if (!drained_) out.push_back("it never comes to rest");
  for (const auto& phone : phones_)
    if (phone) check_phone(*this, *phone, out);
  return out;
}

void rings_and_answers(Bench& bench, Phone& phone, std::int64_t ms) {
  phone.on_offered = [&phone] { static_cast<void>(phone.ring()); };
  bench.at(ms, [&phone] { static_cast<void>(phone.answer()); });
}

void play_once(const Scenario& scenario, const Conditions& conditions) {
  static_cast<void>(play_under(scenario, conditions));
}

void sweep(const Scenario& scenario) {
  int failures = 0;
  std::size_t runs = 0;
  const auto run = [&](const Conditions& conditions) {
    ++runs;
    const Outcome outcome = play_under(scenario, conditions);
    if (!outcome.good) ++failures;
    return outcome.transmissions;
  };
  for (const Transport transport : {Transport::udp, Transport::tcp}) {
    if (transport == Transport::udp ? !scenario.udp : !scenario.tcp) continue;
    for (const bool stateless : {true, false}) {
      for (const int limit : {65, 64}) {
        Conditions conditions{.transport = transport, .stateless = stateless, .limit = limit};
        const std::size_t messages = run(conditions);
        if (failures != 0) return;  // the plain run is wrong: no use to look further
        for (std::size_t i = 0; i < messages; ++i)
          for (const FaultKind kind : single_faults(transport)) {
            conditions.faults = {{i, kind}};
            static_cast<void>(run(conditions));
            if (failures >= kFailuresShown) return;
          }
        if (limit != 65) continue;
        // A slow network: other messages cross than those that were drawn.
        Conditions slow{.transport = transport, .stateless = stateless, .latency = kSlow};
        const std::size_t slow_messages = run(slow);
        for (std::size_t i = 0; i < slow_messages; ++i)
          for (const FaultKind kind : single_faults(transport)) {
            slow.faults = {{i, kind}};
            static_cast<void>(run(slow));
            if (failures >= kFailuresShown) return;
          }
        // Two at once: the second one often hits the repetition that was to mend the first.
        for (std::size_t i = 0; i < messages + 4; ++i)
          for (std::size_t j = i + 1; j < messages + 8; ++j)
            for (const auto& [first, second] : {std::pair{FaultKind::lose, FaultKind::lose},
                                                std::pair{FaultKind::lose, FaultKind::late},
                                                std::pair{FaultKind::late, FaultKind::lose},
                                                std::pair{FaultKind::late, FaultKind::late}}) {
              conditions.faults = {{i, first}, {j, second}};
              static_cast<void>(run(conditions));
              if (failures >= kFailuresShown) return;
            }
        conditions.faults.clear();
        if (transport == Transport::tcp) continue;
        for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
          conditions.weather = {.lose = 25, .late = 20, .twice = 15, .overtaken = 20, .seed = seed};
          static_cast<void>(run(conditions));
          if (failures >= kFailuresShown) return;
        }
      }
    }
  }
  testing::Test::RecordProperty("runs", static_cast<int>(runs));
}

std::size_t sent(const Bench& bench, int side, Method method, std::uint16_t status,
                 const std::string& tag) {
  std::set<std::string> branches;
  for (const Transmission& t : bench.wire.log())
    if (t.from == side && t.message.method == method && t.message.status == status &&
        (tag.empty() || t.message.to_tag == tag))
      branches.insert(t.message.branch);
  return branches.size();
}

}  // namespace switchhook::sip::races
