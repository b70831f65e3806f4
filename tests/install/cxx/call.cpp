// SPDX-License-Identifier: Apache-2.0
// A C++ program built from an installed prefix alone: calls 200 on line 100, drops, reads the
// record, releases. Exits with 0 when all of that happened.
#include <iostream>
#include <switchhook/switchhook.hpp>

int main() {
  using namespace switchhook;
  auto application = Application::connect("install test");
  if (!application) return std::cerr << application.error().text() << '\n', 1;
  auto line = application->open_line("100");
  if (!line) return std::cerr << line.error().text() << '\n', 1;
  auto session = line->call("200");
  if (!session) return std::cerr << session.error().text() << '\n', 1;
  if (auto up = session->wait_for(CallState::connected, std::chrono::seconds(20)); !up)
    return std::cerr << up.error().text() << '\n', 1;
  if (auto down = session->drop(); !down) return std::cerr << down.error().text() << '\n', 1;
  auto record = session->wait_for_record(std::chrono::seconds(20));
  if (!record) return std::cerr << record.error().text() << '\n', 1;
  std::cout << to_text(*record);
  if (auto released = session->release(); !released)
    return std::cerr << released.error().text() << '\n', 1;
}
