// SPDX-License-Identifier: Apache-2.0
// One application that releases nothing: calls that ended and are still held. What a question to
// one of many costs against one of a thousand, what each keeps in the daemon, and what is left when
// all were released. The daemon has to be a fresh one.
//   bench_held SOCKET [SESSIONS]
#include <algorithm>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "bench/support/bench.hpp"
#include "switchhook/switchhook.hpp"

namespace {

using namespace switchhook;  // NOLINT: a program of one page

constexpr std::size_t kFew = 1000, kQuestions = 20000, kThreads = 8;

/// Calls somebody who answers, hangs up, and keeps the session.
bool fill(Line& line, std::vector<Session>& sessions, std::size_t from, std::size_t to) {
  std::vector<std::thread> threads;
  std::atomic<bool> good{true};
  for (std::size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = from + t; i < to && good; i += kThreads) {
        Result<Session> session = line.call("200");
        if (!session || !session->drop()) {
          good = false;
          return;
        }
        sessions[i] = std::move(*session);
      }
    });
  for (std::thread& thread : threads) thread.join();
  return good;
}

/// Microseconds that half of the questions take at most.
double ask(const std::vector<Session>& sessions, std::size_t count) {
  std::mt19937_64 random(1);
  std::vector<double> taken;
  for (std::size_t i = 0; i < kQuestions; ++i) {
    const Session& session = sessions[random() % count];
    const bench::Watch watch;
    if (!session.record()) return -1;
    taken.push_back(watch.seconds() * 1e6);
  }
  std::nth_element(taken.begin(), taken.begin() + kQuestions / 2, taken.end());
  return taken[kQuestions / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_held SOCKET [SESSIONS]\n");
    return 2;
  }
  const auto many = static_cast<std::size_t>(argc > 2 ? std::atoll(argv[2]) : 1'000'000);
  auto app = Application::connect({.name = "bench_held", .socket = argv[1]});
  if (!app) {
    std::fprintf(stderr, "bench_held: %s\n", app.error().text().c_str());
    return 1;
  }
  auto line = app->open_line("100", Privilege::owner);
  if (!line) {
    std::fprintf(stderr, "bench_held: %s\n", line.error().text().c_str());
    return 1;
  }
  const Operator looking(*app);
  const auto heap = [&] {
    const auto status = looking.status();
    if (!status) {
      std::fprintf(stderr, "bench_held: %s\n", status.error().text().c_str());
      std::exit(1);
    }
    return static_cast<double>(status->heap_bytes);
  };
  // The far ends' sessions belong to nobody and are recorded; they are gone when they have ended.
  std::vector<Session> sessions(many);
  if (!fill(*line, sessions, 0, kFew)) return 1;
  const double few = ask(sessions, kFew);
  const double before = heap();
  const bench::Watch filling;
  if (!fill(*line, sessions, kFew, many)) return 1;
  const double took = filling.seconds();
  const double held = heap();
  const double all = ask(sessions, many);
  const double count = static_cast<double>(many - kFew);
  std::printf("%zu ended sessions, held by one application (%.0f s)\n", many, took);
  bench::row("a question to one of 1,000", few, "us", "the baseline");
  bench::row("a question to one of all", all, "us",
             (std::to_string(all / few) + " x the baseline").c_str());
  bench::row("each keeps in the daemon", (held - before) / count, "bytes", "goal 1,024");
  const bench::Watch releasing;
  sessions.clear();
  for (int i = 0; i < 6000; ++i) {
    const auto status = looking.status();
    if (status && status->sessions_held == 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const double let_go = releasing.seconds();
  bench::row("all released in", let_go, "s", "");
  bench::row("left in the daemon, each", (heap() - before) / count, "bytes", "goal 0");
  return app->shutdown() ? 0 : 1;
}
