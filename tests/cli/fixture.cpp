// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace switchhook::test {

std::unique_ptr<Command> Cli::run(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), SWITCHHOOK_CLI);
  return std::make_unique<Command>(std::move(arguments),
                                   Command::Environment{{"SWITCHHOOK_SOCKET", socket()}});
}

}  // namespace switchhook::test
