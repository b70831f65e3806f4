// SPDX-License-Identifier: Apache-2.0
// One small program in three APIs, this is the C++ one: places a call, waits until the far end has
// ended it, says how it ended, releases it.
#include <iostream>
#include <switchhook/switchhook.hpp>

using namespace switchhook;

int main(int argc, char** argv) {
  auto application = Application::connect("with_cxx");
  if (!application) return std::cerr << application.error().text() << '\n', 1;
  auto line = application->open_line(argc > 1 ? argv[1] : "100");
  if (!line) return std::cerr << line.error().text() << '\n', 1;
  auto session = line->call(argc > 2 ? argv[2] : "204");
  if (!session) return std::cerr << session.error().text() << '\n', 1;
  auto record = session->wait_for_record();  // clears what the far end has ended
  if (!record) return std::cerr << record.error().text() << '\n', 1;
  std::cout << "ended: " << to_string(record->end->cause.mode) << '\n';
}  // the session is released, the line closed, the application shut down
