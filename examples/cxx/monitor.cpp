// SPDX-License-Identifier: Apache-2.0
// Watches all calls of a line, whoever places or takes them: monitor [LINE] [CALLS]
// Shows: the privilege `monitor`, and that a monitor holds an identifier of its own, which it has
// to release as well. The session itself is not touched by that.
#include <cstdlib>
#include <iostream>
#include <list>
#include <switchhook/switchhook.hpp>

using namespace switchhook;

int main(int argc, char** argv) {
  auto application = Application::connect("monitor");
  if (!application) return std::cerr << application.error().text() << '\n', 1;
  auto line = application->open_line(argc > 1 ? argv[1] : "100", Privilege::monitor);
  if (!line) return std::cerr << line.error().text() << '\n', 1;
  const unsigned long calls = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;  // 0 = for ever

  // What was there before is not told as a new call; it has to be asked for.
  std::list<Session> watched;
  if (auto existing = line->existing_calls())
    for (Session& session : *existing) watched.push_back(std::move(session));
  std::cout << "watching line " << line->info().name << std::endl;

  unsigned long ended = 0;
  while (calls == 0 || ended < calls) {
    auto fresh = line->next_call(std::chrono::milliseconds(50));
    if (fresh)
      watched.push_back(std::move(*fresh));
    else if (fresh.error().code != Errc::timed_out)
      return std::cerr << fresh.error().text() << '\n', 1;

    for (auto at = watched.begin(); at != watched.end();) {
      auto event = at->next_event(std::chrono::milliseconds(0));
      bool over = !event;
      if (event && *event && (*event)->kind == SessionEvent::Kind::state) {
        std::cout << "session " << at->id() << ": " << to_string((*event)->state) << std::endl;
        over = (*event)->state == CallState::idle;
      }
      if (!over && event && *event) continue;  // there may be more
      if (over) {
        if (auto record = at->record()) std::cout << to_text(*record) << std::flush;
        at = watched.erase(at);  // released
        ++ended;
      } else {
        ++at;
      }
    }
  }
}
