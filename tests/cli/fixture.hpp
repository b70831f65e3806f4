// SPDX-License-Identifier: Apache-2.0
#pragma once

// The command line against a daemon of the test's own. Threads: the test's.

#include <gtest/gtest.h>

#include <memory>

#include <unistd.h>

#include "command.hpp"
#include "json_reader.hpp"
#include "switchhook/switchhook.hpp"
#include "tests/support/daemon_process.hpp"

namespace switchhook::test {

class Cli : public testing::Test {
 protected:
  [[nodiscard]] std::string socket() const { return daemon_.socket(); }
  [[nodiscard]] const std::string& folder() const { return daemon_.folder().path(); }

  [[nodiscard]] DaemonProcess& daemon() { return daemon_; }

  /// `switchhook` with these arguments.
  [[nodiscard]] std::unique_ptr<Command> run(std::vector<std::string> arguments) const;

  /// An application of this process.
  [[nodiscard]] Application application(const std::string& name) const {
    auto made = Application::connect({.name = name, .socket = socket()});
    EXPECT_TRUE(made) << made.error().text();
    return made ? std::move(*made) : Application();
  }

  /// What the command wrote, each line read as JSON.
  [[nodiscard]] static std::vector<Json> json_lines(const Command& command) {
    std::vector<Json> lines;
    for (const std::string& line : command.lines()) {
      std::optional<Json> value = JsonReader::read(line);
      EXPECT_TRUE(value) << "not JSON: " << line;
      if (value) lines.push_back(std::move(*value));
    }
    return lines;
  }
  /// The first event of this name.
  [[nodiscard]] static Json event(const Command& command, const std::string& name) {
    for (const Json& line : json_lines(command))
      if (line["event"].string == name) return line;
    ADD_FAILURE() << "no event \"" << name << "\" in: " << command.out() << command.err();
    return {};
  }

 private:
  DaemonProcess daemon_;  // stopped last; fails the test when it does not stop cleanly
};

}  // namespace switchhook::test
