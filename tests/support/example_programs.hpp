// SPDX-License-Identifier: Apache-2.0
#pragma once

// Programs of examples/, each as a process of its own, through a real daemon. Threads: the test's.
// Ownership: the fixture owns the daemon; a Program its process.

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/daemon_process.hpp"

namespace switchhook::test {

class ExamplePrograms : public testing::Test {
 protected:
  struct Program {
    std::string output;
    std::unique_ptr<ChildProcess> process;
    [[nodiscard]] std::string said() const { return content_of(output); }
    [[nodiscard]] bool says(const std::string& words) const {
      return eventually([&] { return said().find(words) != std::string::npos; });
    }
    [[nodiscard]] std::ptrdiff_t times(const std::string& words) const {
      const std::string all = said();
      std::ptrdiff_t count = 0;
      for (std::size_t at = all.find(words); at != std::string::npos; at = all.find(words, at + 1))
        ++count;
      return count;
    }
    [[nodiscard]] int wait() const { return process->wait(std::chrono::seconds(30)); }
  };
  /// @param path  of the program
  Program start(const std::string& path, std::vector<std::string> arguments,
                Environment environment = {}) {
    Program program;
    program.output =
        daemon.folder() / (std::to_string(++started_) + "_" + path.substr(path.rfind('/') + 1));
    arguments.insert(arguments.begin(), path);
    environment.emplace_back("SWITCHHOOK_SOCKET", daemon.socket());
    program.process = std::make_unique<ChildProcess>(arguments, environment, program.output);
    return program;
  }
  DaemonProcess daemon;

 private:
  int started_ = 0;
};

}  // namespace switchhook::test
