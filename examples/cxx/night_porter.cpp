// SPDX-License-Identifier: Apache-2.0
// Answers every call of a line and goes on when the service is restarted: night_porter [LINE] [CALLS]
// Shows: what outlives a service that died (the library reconnects by itself, and sessions of then
// are reported as ended), and how to begin again when the service was stopped or stays away.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <switchhook/switchhook.hpp>
#include <thread>

using namespace switchhook;

namespace {

/// One call, to its end, whoever or whatever ends it.
void serve(Session session) {
  if (auto answered = session.answer(); !answered)
    std::cout << "not answered: " << answered.error().text() << std::endl;
  if (auto ended = session.wait_for_end(); !ended)  // the service is gone for good, and the call
    std::cout << "lost: " << ended.error().text() << std::endl;
  else if (auto record = session.wait_for_record(std::chrono::seconds(20)))
    std::cout << "call from " << record->parties.calling.address << " ended "
              << to_text(record->end) << std::endl;
}  // released

/// Takes calls until `calls` were served, or until the line is lost: why.
Error stand_by(Line& line, unsigned long& served, unsigned long calls) {
  while (calls == 0 || served < calls) {
    auto session = line.next_call();  // a lost service and a closed line wake it
    if (!session) return session.error();
    serve(std::move(*session));
    ++served;
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "bob";
  const unsigned long calls = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;  // 0 = for ever
  constexpr std::chrono::milliseconds kFirst{100}, kLongest{5000};
  unsigned long served = 0;
  auto pause = kFirst;
  while (calls == 0 || served < calls) {
    // Whoever restarts the service starts it; a second one would be in the way.
    auto application = Application::connect({.name = "night_porter", .start_service = false});
    Error why;
    if (!application) {
      why = application.error();
    } else if (auto line = application->open_line(name, Privilege::owner); !line) {
      why = line.error();
    } else {
      std::cout << "on duty at line " << line->info().name << std::endl;
      pause = kFirst;
      why = stand_by(*line, served, calls);
    }
    if (calls != 0 && served >= calls) break;
    if (why.code == Errc::denied || why.code == Errc::no_such_line)
      return std::cerr << why.text() << '\n', 1;  // waiting does not help
    std::cout << "off duty: " << why.text() << std::endl;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongest);
  }
}
