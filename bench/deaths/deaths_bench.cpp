// SPDX-License-Identifier: Apache-2.0
// Another application while one dies that holds many calls: how long its requests take, against the
// quiet time before in the same run, and when the last of the dead one's calls is over.
//   bench_deaths SOCKET PID     PID: who is to be killed
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <vector>

#include "bench/support/bench.hpp"
#include "switchhook/switchhook.hpp"

namespace {

using namespace switchhook;  // NOLINT: a program of one page

struct Latency {
  std::vector<double> taken;  // microseconds
  void ask(const Session& session) {
    const bench::Watch watch;
    static_cast<void>(session.record());
    taken.push_back(watch.seconds() * 1e6);
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  double share(double part) {
    std::sort(taken.begin(), taken.end());
    return taken.empty()
               ? 0
               : taken[static_cast<std::size_t>(part * static_cast<double>(taken.size() - 1))];
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_deaths SOCKET PID\n");
    return 2;
  }
  auto app = Application::connect({.name = "bench_deaths", .socket = argv[1]});
  if (!app) {
    std::fprintf(stderr, "bench_deaths: %s\n", app.error().text().c_str());
    return 1;
  }
  auto line = app->open_line("100", Privilege::owner);
  auto session = line ? line->call("200") : Result<Session>(line.error());
  if (!session) {
    std::fprintf(stderr, "bench_deaths: %s\n", session.error().text().c_str());
    return 1;
  }
  const Operator looking(*app);
  const auto live = [&] {
    const auto status = looking.status();
    return status ? status->sessions_live : 0;
  };
  const std::uint64_t held = live() - 1;
  Latency quiet, busy;
  while (quiet.taken.size() < 4000) quiet.ask(*session);
  const auto before = looking.status();
  if (!before) return 1;

  ::kill(static_cast<pid_t>(std::atoi(argv[2])), SIGKILL);
  const bench::Watch since;
  double over = 0, confirmed = 0;
  while (since.seconds() < 60 && (over == 0 || confirmed == 0)) {
    for (int i = 0; i < 10; ++i) busy.ask(*session);
    const auto now = looking.status();
    if (!now) return 1;
    if (over == 0 && now->sessions_live <= 1) over = since.seconds();
    if (confirmed == 0 &&
        now->ends.acknowledged.total() >= before->ends.acknowledged.total() + held)
      confirmed = since.seconds();
  }
  std::printf("%llu connected SIP calls, whose application was killed\n",
              static_cast<unsigned long long>(held));
  bench::row("the last one ended here", over, "s", "goal 5: every BYE is out");
  bench::row("the last BYE was confirmed", confirmed, "s", "");
  const auto compare = [&](const char* what, double part) {
    const double was = quiet.share(part), is = busy.share(part);
    bench::row(what, is, "us", (std::to_string(is / was) + " x the quiet time").c_str());
  };
  compare("another application's request, half within", 0.5);
  compare("99 of 100 within", 0.99);
  compare("the longest", 1.0);
  static_cast<void>(session->drop());
  *session = Session();
  return app->shutdown() && over != 0 ? 0 : 1;
}
