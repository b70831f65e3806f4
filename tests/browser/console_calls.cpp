// SPDX-License-Identifier: Apache-2.0
// A program with calls, for the tests of the console: console_calls NAME LINE ADDRESS COUNT
// Places them, says "ready", and then does what each line of standard input says: "drop" ends them
// all, "release" releases them. The end of the input ends it.
#include <cstdlib>
#include <iostream>
#include <string>
#include <switchhook/switchhook.hpp>
#include <vector>

using namespace switchhook;

namespace {

int fail(const Error& error) {
  std::cerr << error.text() << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  auto application = Application::connect(std::string(argv[1]));
  if (!application) return fail(application.error());
  auto line = application->open_line(argv[2]);
  if (!line) return fail(line.error());
  std::vector<Session> sessions;
  for (int left = std::atoi(argv[4]); left > 0; --left) {
    auto session = line->call(argv[3]);
    if (!session) return fail(session.error());
    sessions.push_back(std::move(*session));
  }
  std::cout << "ready" << std::endl;
  for (std::string order; std::getline(std::cin, order);) {
    for (Session& session : sessions) {
      if (order != "drop") break;
      if (auto dropped = session.drop(); !dropped) return fail(dropped.error());
    }
    if (order == "release") sessions.clear();
    std::cout << "done" << std::endl;
  }
}
