// SPDX-License-Identifier: Apache-2.0
// The application of the SIP benchmarks: answers every call of a line, clears and releases each when
// it ended. On SIGINT it leaves.
//   bench_answerer SOCKET LINE [keep]   keep: ended sessions are not released
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>

#include "switchhook/switchhook.hpp"

int main(int argc, char** argv) {
  using namespace switchhook;  // NOLINT: a program of one page
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_answerer SOCKET LINE [keep]\n");
    return 2;
  }
  const bool keep = argc > 3 && std::strcmp(argv[3], "keep") == 0;

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto app = Application::connect({.name = "bench_answerer", .socket = argv[1]});
  if (!app) {
    std::fprintf(stderr, "bench_answerer: %s\n", app.error().text().c_str());
    return 1;
  }
  auto line = app->open_line(argv[2], Privilege::owner);
  if (!line) {
    std::fprintf(stderr, "bench_answerer: %s\n", line.error().text().c_str());
    return 1;
  }

  std::mutex mutex;
  std::map<std::uint64_t, Session> sessions;
  auto on_call = line->on_call([&](Session session) {
    static_cast<void>(session.on_event([&, keep](SessionView view, const SessionEvent& event) {
      if (event.kind != SessionEvent::Kind::state) return;
      if (event.state == CallState::offering) static_cast<void>(view.answer());
      if (event.state == CallState::disconnected) static_cast<void>(view.drop());
      if (event.state == CallState::idle && !keep) {
        const std::scoped_lock lock(mutex);
        sessions.erase(view.id());
      }
    }));
    const std::scoped_lock lock(mutex);
    sessions.emplace(session.id(), std::move(session));
  });
  if (!on_call) {
    std::fprintf(stderr, "bench_answerer: %s\n", on_call.error().text().c_str());
    return 1;
  }
  std::printf("ready\n");
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  static_cast<void>(app->shutdown());
  return 0;
}
