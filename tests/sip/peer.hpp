// SPDX-License-Identifier: Apache-2.0
#pragma once

// Programs that are not ours, run as peers on loopback: started with ports and files of their own,
// waited for, and ended at the latest by the destructor. Threads: one test thread.
// Ownership: owns the child process and its temporary folder.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace switchhook::sip::test {

/// A folder that is gone with its owner.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A UDP port of 127.0.0.1 that was free a moment ago.
[[nodiscard]] std::uint16_t free_port();
/// Waits until somebody listens on a port of 127.0.0.1.
[[nodiscard]] bool wait_for_udp(std::uint16_t port);
[[nodiscard]] bool wait_for_tcp(std::uint16_t port);

class Process {
 public:
  /// Standard output and error go to a file.
  Process(const std::vector<std::string>& arguments, const std::filesystem::path& output);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  /// The exit code; -1 when it did not end in time or not by itself.
  [[nodiscard]] int wait();

 private:
  pid_t pid_ = -1;
};

/// SIPp with a scenario of tests/sip/scenarios, whose @WORDS@ are replaced.
class Sipp {
 public:
  using Words = std::map<std::string, std::string>;
  /// As a callee (or registrar) on a port of its own, ready when the constructor returns.
  explicit Sipp(const std::string& scenario, Words words = {});
  /// As a caller of 127.0.0.1:target.
  Sipp(const std::string& scenario, std::uint16_t target, Words words = {}, bool tcp = false);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Expects that the scenario went through to its end.
  void expect_success();

 private:
  void start(const std::string& scenario, const Words& words, std::vector<std::string> arguments);
  TempDir dir_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace switchhook::sip::test
