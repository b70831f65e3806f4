// SPDX-License-Identifier: Apache-2.0
#pragma once

// A real switchhookd for a test: its own folder, socket, store and free SIP port; waited for until
// it is ready, stopped by SIGTERM at the end, which has to give exit status 0. Dies with the test.
// Threads: the test's. Ownership: the process and the folder.

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/eventually.hpp"

namespace switchhook::test {

/// A folder that goes away with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

using Environment = std::vector<std::pair<std::string, std::string>>;

/// A child process, killed with the object and with the test.
class ChildProcess {
 public:
  ChildProcess() = default;
  /// @param ready_fd  becomes descriptor 3 of the child; -1 = none
  ChildProcess(const std::vector<std::string>& command, const Environment& environment,
               const std::string& output_file, int ready_fd = -1);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Exit status, 128 + the signal that ended it, or -1 when it lives on after `wait`.
  int wait(std::chrono::milliseconds wait);

 private:
  pid_t pid_ = -1;
  int status_ = -1;
};

class DaemonProcess {
 public:
  struct Options {
    std::string config = "[sip]\nport = 0\n";
    std::vector<std::string> arguments;  ///< after those of this class
    Environment environment;
    std::string program = {};  ///< empty = switchhookd
    bool store = true;         ///< a file; otherwise in memory
    bool expect_ready = true;  ///< a failed start fails the test
  };
  DaemonProcess();
  explicit DaemonProcess(Options options);
  /// Stops it, unless that was done; fails the test when it does not stop cleanly.
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  /// Starts it again on the same folder, after stop() or kill(), or after it died.
  void start() { start(options_.program); }
  /// The same with another program that takes the same arguments; empty = switchhookd.
  void start(const std::string& program);
  /// What its next start reads.
  void configure(std::string config) { options_.config = std::move(config); }
  /// SIGTERM, and waits. Exit status as ChildProcess::wait().
  int stop();
  /// SIGKILL, and waits.
  void kill();

  [[nodiscard]] bool ready() const { return !ready_.empty(); }
  [[nodiscard]] const std::string& ready_line() const { return ready_; }
  /// A field of the ready line: "socket", "sip", "tcp", "token", "pid".
  [[nodiscard]] std::string field(const std::string& name) const;
  [[nodiscard]] std::string socket() const { return folder_ / "switchhook.sock"; }
  [[nodiscard]] std::string store() const { return folder_ / "records.db"; }
  [[nodiscard]] std::string log() const;  ///< all it wrote to its outputs
  [[nodiscard]] const TempFolder& folder() const { return folder_; }
  [[nodiscard]] ChildProcess& process() { return *process_; }

  /// The program under test.
  [[nodiscard]] static std::string program();

 private:
  Options options_;
  TempFolder folder_;
  std::unique_ptr<ChildProcess> process_;
  std::string ready_;
};

/// A short pause between two looks. Not for waiting.
void pause();

/// All of a file; empty when it is not there.
[[nodiscard]] std::string content_of(const std::string& path);

}  // namespace switchhook::test
