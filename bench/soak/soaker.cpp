// SPDX-License-Identifier: Apache-2.0
// The application of the soak. Takes the calls of four lines, each in its own way, and places calls
// at a steady rate to four far ends, each of which ends them in its own way; releases every session
// and counts those that did not end as they had to. Says "ready", begins on a line of input, and
// says after the last end: "placed N, taken N, failed N". Leaves at the end of its input.
//   bench_soaker SOCKET RATE CALLS PORT-HANGS-UP PORT-WAITS PORT-RINGS PORT-REFUSES
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "switchhook/switchhook.hpp"

namespace {

using namespace switchhook;  // NOLINT: a program of one page
using Clock = std::chrono::steady_clock;

/// How a call has to go.
struct Kind {
  const char* line;  // that takes it; null: we place it
  CallState act_at;  // the state in which we do our part
  EndOrigin origin;
  DisconnectMode mode;
};
constexpr std::array<Kind, 8> kKinds{{
    {"answers", CallState::offering, EndOrigin::remote_party, DisconnectMode::temporary_failure},
    {"hangs_up", CallState::offering, EndOrigin::local_user, DisconnectMode::normal},
    {"rings", CallState::offering, EndOrigin::remote_party, DisconnectMode::pickup},
    {"rejects", CallState::offering, EndOrigin::local_user, DisconnectMode::reject},
    {nullptr, CallState::unknown, EndOrigin::remote_party, DisconnectMode::temporary_failure},
    {nullptr, CallState::connected, EndOrigin::local_user, DisconnectMode::normal},
    {nullptr, CallState::ringback, EndOrigin::local_user, DisconnectMode::cancelled},
    {nullptr, CallState::unknown, EndOrigin::remote_party, DisconnectMode::busy},
}};

class Soaker {
 public:
  Soaker(Application& app, std::array<std::string, 4> ports)
      : app_(app), ports_(std::move(ports)) {}

  bool open() {
    for (std::size_t i = 0; i < 4; ++i) {
      auto line = app_.open_line(kKinds[i].line, Privilege::owner);
      if (!line) return complain(line.error());
      auto on_call = line->on_call([this, i](Session session) { take(i, std::move(session)); });
      if (!on_call) return complain(on_call.error());
      lines_.push_back(std::move(*line));
    }
    auto out = app_.open_line("out", Privilege::owner);
    if (!out) return complain(out.error());
    lines_.push_back(std::move(*out));
    return true;
  }

  void place(std::uint64_t number) {
    const std::size_t kind = 4 + number % 4;
    ++placed_;
    auto session = lines_.back().call("sip:soak@127.0.0.1:" + ports_[kind - 4]);
    if (!session) {
      complain(session.error());
      ++failed_;
      return;
    }
    take(kind, std::move(*session));
  }

  bool quiet() {
    const std::scoped_lock lock(mutex_);
    return sessions_.empty();
  }
  void report() const {
    std::printf("placed %llu, taken %llu, failed %llu\n", count(placed_), count(taken_),
                count(failed_));
    std::fflush(stdout);
  }

 private:
  static unsigned long long count(const std::atomic<std::uint64_t>& number) {
    return number.load();
  }
  static bool complain(const Error& error) {
    std::fprintf(stderr, "bench_soaker: %s\n", error.text().c_str());
    return false;
  }

  void take(std::size_t kind, Session session) {
    if (kind < 4) ++taken_;
    const std::uint64_t id = session.id();
    const std::scoped_lock lock(mutex_);  // its end waits until it is kept
    Session& kept = sessions_.emplace(id, std::move(session)).first->second;
    static_cast<void>(kept.on_event([this, kind](SessionView view, const SessionEvent& event) {
      if (event.kind == SessionEvent::Kind::state) happened(kind, view, event.state);
    }));
  }

  void happened(std::size_t kind, SessionView& view, CallState state) {
    if (state == CallState::disconnected) return static_cast<void>(view.drop());
    if (state == CallState::idle) return over(kind, view);
    if (kind == 1 && state == CallState::connected) return static_cast<void>(view.drop());
    if (state != kKinds[kind].act_at || kind == 2) return;
    if (kind < 2)
      static_cast<void>(view.answer());
    else
      static_cast<void>(view.drop());
  }

  void over(std::size_t kind, SessionView& view) {
    const auto record = view.record();
    const Kind& wanted = kKinds[kind];
    if (!record || !record->end || record->end->origin != wanted.origin ||
        record->end->cause.mode != wanted.mode) {
      if (++failed_ <= 20)
        std::fprintf(stderr, "bench_soaker: kind %zu: %s\n", kind,
                     record ? to_text(record->end).c_str() : record.error().text().c_str());
    }
    const std::scoped_lock lock(mutex_);
    sessions_.erase(view.id());
  }

  Application& app_;  // (ref)
  const std::array<std::string, 4> ports_;
  std::vector<Line> lines_;
  std::atomic<std::uint64_t> placed_{0}, taken_{0}, failed_{0};
  std::mutex mutex_;
  std::map<std::uint64_t, Session> sessions_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr, "usage: bench_soaker SOCKET RATE CALLS FOUR-PORTS\n");
    return 2;
  }
  const double rate = std::atof(argv[2]);
  const auto calls = static_cast<std::uint64_t>(std::atoll(argv[3]));
  auto app = Application::connect({.name = "bench_soaker", .socket = argv[1]});
  if (!app) {
    std::fprintf(stderr, "bench_soaker: %s\n", app.error().text().c_str());
    return 1;
  }
  Soaker soaker(*app, {argv[4], argv[5], argv[6], argv[7]});
  if (!soaker.open()) return 1;
  std::cout << "ready" << std::endl;
  std::string word;
  while (std::getline(std::cin, word)) {
    const Clock::time_point start = Clock::now();
    for (std::uint64_t i = 0; i < calls; ++i) {
      std::this_thread::sleep_until(
          start + std::chrono::duration_cast<Clock::duration>(
                      std::chrono::duration<double>(static_cast<double>(i) / rate)));
      soaker.place(i);
    }
    for (int i = 0; i < 600 && !soaker.quiet(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    soaker.report();
  }
  static_cast<void>(app->shutdown());
  return 0;
}
