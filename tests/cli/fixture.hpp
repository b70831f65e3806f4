// SPDX-License-Identifier: Apache-2.0
#pragma once

// A daemon of the test's own, with a folder, a socket, a store and free SIP ports of its own, and
// the command line against it. The daemon has to end cleanly after each test. Threads: the test's.

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include <unistd.h>

#include "command.hpp"
#include "json_reader.hpp"
#include "switchhook/switchhook.hpp"

namespace switchhook::test {

/// Waits for a condition that another process brings about.
template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class Cli : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "switchhook-cli.XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::ofstream(folder_ + "/switchhook.toml") << "[sip]\nport = 0\n";
    daemon_ = std::make_unique<Command>(
        std::vector<std::string>{SWITCHHOOK_DAEMON, "--config", folder_ + "/switchhook.toml",
                                 "--socket", socket(), "--store", folder_ + "/records.db"});
    ASSERT_TRUE(daemon_->says("ready")) << daemon_->err();
  }

  void TearDown() override {
    if (daemon_) {
      daemon_->signal(SIGTERM);
      EXPECT_EQ(daemon_->wait(), 0) << daemon_->err();
    }
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] std::string socket() const { return folder_ + "/switchhook.sock"; }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  /// `switchhook` with these arguments.
  [[nodiscard]] std::unique_ptr<Command> run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), SWITCHHOOK_CLI);
    return std::make_unique<Command>(std::move(arguments),
                                     Command::Environment{{"SWITCHHOOK_SOCKET", socket()}});
  }

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
  std::string folder_;
  std::unique_ptr<Command> daemon_;
};

}  // namespace switchhook::test
