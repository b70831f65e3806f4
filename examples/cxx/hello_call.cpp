// SPDX-License-Identifier: Apache-2.0
// Places a call, shows its states, waits for its end, prints its record: hello_call [LINE]
// [ADDRESS]
#include <iostream>
#include <switchhook/switchhook.hpp>

using namespace switchhook;

int fail(const Error& error) {
  std::cerr << error.text() << '\n';
  return 1;
}

int main(int argc, char** argv) {
  auto application = Application::connect("hello_call");
  if (!application) return fail(application.error());
  auto line = application->open_line(argc > 1 ? argv[1] : "100");
  if (!line) return fail(line.error());
  auto session = line->call(argc > 2 ? argv[2] : "204", {.no_answer = std::chrono::seconds(20)});
  if (!session) return fail(session.error());

  while (true) {
    auto event = session->next_event(kForever);
    if (!event) return fail(event.error());
    if ((*event)->kind != SessionEvent::Kind::state) continue;
    std::cout << to_string((*event)->state) << '\n';
    if ((*event)->cause) break;  // the communication has ended; the identifier is still valid
  }
  auto record = session->wait_for_record();
  if (!record) return fail(record.error());
  std::cout << to_text(*record);
}  // the session is released here
