// SPDX-License-Identifier: Apache-2.0
#include "tests/sip/races.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>

#include "tests/sip/certificates.hpp"
#include "tests/sip/peer.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;
using provider::Event;
using std::chrono::milliseconds;

constexpr unsigned kAtOnce = 12;         // they mostly wait
constexpr std::size_t kShortStride = 9;  // of the short form

Config config_of(By by, const std::string& certificates) {
  Config config = test_config();
  config.udp = by == By::udp;
  config.tcp = by == By::tcp;
  config.tls = by == By::tls;
  config.tls_port = 0;
  config.tls_folder = certificates;
  config.tls_check_server = false;  // what is dialled is a bare address
  for (LineConfig& line : config.lines) {
    line.t1 = kRaceT1;
    line.transport = by == By::udp   ? Transport::udp
                     : by == By::tcp ? Transport::tcp
                                     : Transport::tls;
  }
  return config;
}

bool told(const std::vector<Event>& events, CallRef call, CallState state) {
  return std::any_of(events.begin(), events.end(), [&](const Event& event) {
    const auto* changed = std::get_if<provider::StateChanged>(&event);
    return changed != nullptr && changed->call == call && changed->state == state;
  });
}

/// One pair of certificates for all.
const std::string& certificates() {
  static const TempDir folder;
  static const std::string path = [] {
    const Issuer issuer;
    issuer.equip(folder.path(), "races.test", issuer);
    return folder.path().string();
  }();
  return path;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find("\r\n"));
}

}  // namespace

std::string to_string(const Conditions& conditions) {
  return std::string(to_string(conditions.by)) + ", " + to_string(conditions.fault);
}

bool long_form() {
  const char* wanted = std::getenv("SWITCHHOOK_LONG");
  return wanted != nullptr && *wanted != 0;
}

World::World(const Conditions& given, const std::string& folder)
    : conditions(given), relay(given.by, kRaceT1, given.fault, folder), certificates_(folder) {}

Bench& World::phone(int side) {
  if (!phones_[side]) {
    phones_[side] = std::make_unique<Bench>(config_of(conditions.by, certificates_));
    EXPECT_EQ(phones_[side]->start_error(), "");
    relay.join(side, phones_[side]->port());
  }
  return *phones_[side];
}

Scripted& World::peer(int side) {
  if (!peers_[side]) {
    peers_[side] = std::make_unique<Scripted>(conditions.by, kRaceT1, relay.port(1 - side));
    relay.join(side, peers_[side]->port(), true);
  }
  return *peers_[side];
}

// ---- steps

bool World::ring(bool heard) {
  if (peers_[1]) peers_[1]->start();
  if (peers_[0]) {
    peers_[0]->start();
    peers_[0]->post([this] { peers_[0]->invite(); });
  } else {
    const char* parameter = conditions.by == By::udp   ? ""
                            : conditions.by == By::tcp ? ";transport=tcp"
                                                       : ";transport=tls";
    calls_[0] = phones_[0]->make_call_async(
        kAlice, "sip:bob@127.0.0.1:" + std::to_string(relay.port(1)) + parameter);
  }
  if (phones_[0] && !reaches(0, CallState::dialing)) return false;
  if (!phones_[1]) return true;
  // The caller's end may come first when the wire is broken.
  for (int look = 0; look < 4000; ++look) {
    bool ended = false;
    if (phones_[0]) ended = told(phones_[0]->events().events(), calls_[0], CallState::disconnected);
    for (const Event& event : phones_[1]->events().events())
      if (const auto* made = std::get_if<provider::NewCall>(&event)) calls_[1] = made->call;
    if (calls_[1] != CallRef{}) break;
    if (ended) return false;
    if (peers_[0] && conditions.fault.what == Fault::What::cut && look > 400) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  if (calls_[1] == CallRef{}) {
    ADD_FAILURE() << "no call came";
    return false;
  }
  return reaches(1, CallState::offering) &&
         (!phones_[0] || !heard || reaches(0, CallState::ringback));
}

bool World::answer() {
  if (phones_[1]) {
    answer_async();
    if (!reaches(1, CallState::connected)) return false;
  }
  return !phones_[0] || reaches(0, CallState::connected);
}

void World::answer_async() {
  Bench& bench = phone(1);
  bench.submit(
      provider::Answer{.call = calls_[1], .request = bench.next_request(), .user_info = {}});
}

void World::drop(int side) {
  Bench& bench = phone(side);
  bench.submit(provider::Drop{.call = calls_[side],
                              .request = bench.next_request(),
                              .why = provider::DropWhy::normal,
                              .user_info = {}});
}

/// Returns when it is on its way.
void World::hold(int side) {
  Bench& bench = phone(side);
  bench.submit(provider::Hold{.call = calls_[side], .request = bench.next_request()});
  EXPECT_TRUE(saw(reinvites(side)));
}

bool World::reaches(int side, CallState state) {
  bool reached = false;
  const CallRef call = calls_[side];
  const bool came = phone(side).events().wait([&](const std::vector<Event>& events) {
    reached = told(events, call, state);
    return reached || told(events, call, CallState::disconnected);
  });
  EXPECT_TRUE(came) << "side " << side << " neither came that far nor ended";
  return reached;
}

void World::over(int side) {
  if (!cut()) static_cast<void>(reaches(side, CallState::disconnected));
}

bool World::holds(int from) {
  const bool held = relay.holds(from, patience());
  EXPECT_TRUE(held || cut()) << "nothing of side " << from << " was held";
  return held;
}

bool World::saw(const Relay::Which& which) {
  const bool seen = relay.saw(which, patience());
  EXPECT_TRUE(seen || cut()) << "it was never sent";
  return seen;
}

milliseconds World::patience() const {
  return cut() ? 10 * kRaceT1 : milliseconds(kPatience);
}

// ---- what must hold

std::vector<std::string> World::violations() {
  for (const auto& phone : phones_)
    if (phone) phone->expect_empty();
  std::vector<std::string> wrong;
  for (const int side : {0, 1})
    if (phones_[side]) check_side(side, wrong);
  return wrong;
}

void World::check_side(int side, std::vector<std::string>& wrong) const {
  const std::vector<Relay::Seen> log = relay.log();
  std::map<std::string, std::set<std::string>> byes;  // branches, by their To tag
  bool provisional = false, acknowledged = false;
  std::optional<Relay::Clock::time_point> answered;
  const auto name = "side " + std::to_string(side);
  for (const Relay::Seen& seen : log) {
    const std::string method = cseq_method(seen.text);
    const int status = status_of(seen.text);
    if (seen.from != side) {
      if (status > 0 && status < 200) provisional = true;
      if (status == 0 && method == "ACK") acknowledged = true;
      continue;
    }
    if (status >= 200 && status < 300 && method == "INVITE" && !answered) answered = seen.at;
    if (status != 0) continue;
    const std::string tag = tag_of(header(seen.text, "To"));
    if (method == "CANCEL" && !provisional) wrong.push_back(name + ": CANCEL before any 1xx");
    if (method != "BYE") continue;
    byes[tag].insert(branch_of(seen.text));
    // The side that is called waits for the ACK, or nearly 64*T1.
    if (side == 1 && !acknowledged && (!answered || seen.at - *answered < 60 * kRaceT1))
      wrong.push_back(name + ": BYE of the called side before the ACK");
  }
  for (const auto& [tag, branches] : byes)
    if (branches.size() > 1) wrong.push_back(name + ": more than one BYE");
  if (cut()) return;
  // The ACK may be on its way to the relay still.
  const auto acknowledged_by_now = [&](const Relay::Seen& answer) {
    return relay.saw(
        [&](int from, const std::string& text) {
          return from == side && is_request(text, "ACK") &&
                 cseq_number(text) == cseq_number(answer.text) &&
                 tag_of(header(text, "To")) == tag_of(header(answer.text, "To"));
        },
        milliseconds(2000));
  };
  for (const Relay::Seen& seen : log)
    if (seen.from != side && seen.delivered && status_of(seen.text) / 100 == 2 &&
        cseq_method(seen.text) == "INVITE" && !acknowledged_by_now(seen))
      wrong.push_back(name + ": a success that nobody acknowledged");
}

std::string World::ladder() const {
  std::string out;
  const std::vector<Relay::Seen> log = relay.log();
  for (const Relay::Seen& seen : log) {
    const auto at = std::chrono::duration_cast<milliseconds>(seen.at - log.front().at);
    out += std::to_string(at.count()) + " ms  " + (seen.from == 0 ? "0 -> 1  " : "0 <- 1  ") +
           first_line(seen.text) + "  [" + header(seen.text, "CSeq") + "]" +
           (seen.delivered ? "\n" : "  (lost)\n");
  }
  return out;
}

bool World::sent(int side, const std::string& method, int status) const {
  for (const Relay::Seen& seen : relay.log())
    if (seen.from == side && status_of(seen.text) == status && cseq_method(seen.text) == method)
      return true;
  return false;
}

bool World::sends(int side, const std::string& method, int status) const {
  const auto until = std::chrono::steady_clock::now() + patience();
  while (!sent(side, method, status)) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

std::size_t World::count(int side, const std::string& method) const {
  std::set<std::string> branches;
  for (const Relay::Seen& seen : relay.log())
    if (seen.from == side && is_request(seen.text, method)) branches.insert(branch_of(seen.text));
  return branches.size();
}

Relay::Which requests(int from, const std::string& method) {
  return
      [=](int side, const std::string& text) { return side == from && is_request(text, method); };
}
Relay::Which reinvites(int from) {
  return [=](int side, const std::string& text) {
    return side == from && is_request(text, "INVITE") && !tag_of(header(text, "To")).empty();
  };
}
Relay::Which responses(int from, const std::string& method, int status_class) {
  return [=](int side, const std::string& text) {
    return side == from && status_of(text) / 100 == status_class && cseq_method(text) == method;
  };
}
Relay::Which either(Relay::Which one, Relay::Which other) {
  return [=](int side, const std::string& text) { return one(side, text) || other(side, text); };
}

// ---- the sweep

namespace {

/// How many messages there were.
std::size_t play(const Race& race, const Conditions& conditions) {
  testing::ScopedTrace trace(__FILE__, __LINE__, race.name + ", " + to_string(conditions));
  World world(conditions, conditions.by == By::tls ? certificates() : "");
  race.play(world);
  world.relay.release();
  world.relay.forgive();
  const std::vector<std::string> wrong = world.violations();
  if (conditions.fair() && race.drawn) race.drawn(world);
  std::string all;
  for (const std::string& each : wrong) all += "  " + each + "\n";
  if (!wrong.empty() || (conditions.fair() && testing::Test::HasFailure()))
    ADD_FAILURE() << race.name << ", " << to_string(conditions) << ":\n" << all << world.ladder();
  return world.relay.log().size();
}

void play_all(const Race& race, const std::vector<Conditions>& all) {
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::min<std::size_t>(kAtOnce, all.size()); ++i)
    threads.emplace_back([&] {
      for (std::size_t n = next++; n < all.size() && !testing::Test::HasFailure(); n = next++)
        play(race, all[n]);
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

void sweep(const Race& race) {
  using What = Fault::What;
  std::vector<Conditions> all;
  std::size_t turn = std::hash<std::string>{}(race.name);  // so that each race has other ones
  for (const By by : {By::udp, By::tcp, By::tls}) {
    if (by != By::udp && !race.streams) continue;
    const auto messages = static_cast<int>(play(race, {by, {}}));
    if (testing::Test::HasFailure()) return;
    const std::vector<What> faults =
        by == By::udp ? std::vector<What>{What::lost, What::late, What::twice, What::reordered}
                      : std::vector<What>{What::late, What::cut};
    for (int message = 0; message < messages; ++message)
      for (const What what : faults)
        if (long_form() || turn++ % kShortStride == 0) all.push_back({by, {what, message}});
  }
  play_all(race, all);
}

}  // namespace switchhook::sip::test
