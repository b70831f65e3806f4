// SPDX-License-Identifier: Apache-2.0
#include "tests/support/daemon_process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace switchhook::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStartTime{30}, kStopTime{30};

std::string read_line(int pipe, std::chrono::milliseconds wait) {
  const auto deadline = Clock::now() + wait;
  std::string line;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd ready{pipe, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return {};
    char c = 0;
    if (::read(pipe, &c, 1) != 1) return {};
    if (c == '\n') return line;
    line.push_back(c);
  }
}

}  // namespace

TempFolder::TempFolder() {
  std::string pattern = (fs::temp_directory_path() / "switchhook-test.XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}
TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

ChildProcess::ChildProcess(const std::vector<std::string>& command, const Environment& environment,
                           const std::string& output_file, int ready_fd) {
  std::vector<std::string> words = command;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int output = ::open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ != 0) {
    ::close(output);
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::dup2(output, 1);
  ::dup2(output, 2);
  if (ready_fd >= 0) {
    const int high = ::fcntl(ready_fd, F_DUPFD_CLOEXEC, 10);
    ::dup2(high, 3);
  }
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0 || status_ >= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void ChildProcess::signal(int number) const {
  if (pid_ > 0 && status_ < 0) ::kill(pid_, number);
}

int ChildProcess::wait(std::chrono::milliseconds wait) {
  if (pid_ <= 0 || status_ >= 0) return status_;
  int status = 0;
  if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, wait)) return -1;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return status_;
}

DaemonProcess::DaemonProcess() : DaemonProcess(Options()) {}

DaemonProcess::DaemonProcess(Options options) : options_(std::move(options)) {
  start();
}

void DaemonProcess::start(const std::string& other) {
  std::ofstream(folder_ / "switchhook.toml") << options_.config;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  std::vector<std::string> command{other.empty() ? program() : other,
                                   "--config",
                                   folder_ / "switchhook.toml",
                                   "--socket",
                                   socket(),
                                   "--store",
                                   options_.store ? store() : ":memory:",
                                   "--ready-fd",
                                   "3"};
  command.insert(command.end(), options_.arguments.begin(), options_.arguments.end());
  process_ = std::make_unique<ChildProcess>(command, options_.environment,
                                            folder_ / "switchhookd.log", ends[1]);
  ::close(ends[1]);
  ready_ = read_line(ends[0], kStartTime);
  ::close(ends[0]);
  if (options_.expect_ready && !ready_.starts_with("ready")) {
    ADD_FAILURE() << "switchhookd did not start: " << log();
  }
}

DaemonProcess::~DaemonProcess() {
  if (!process_ || !ready()) return;
  EXPECT_EQ(stop(), 0) << log();
}

int DaemonProcess::stop() {
  process_->signal(SIGTERM);
  const int status = process_->wait(kStopTime);
  ready_.clear();
  return status;
}

void DaemonProcess::kill() {
  process_->signal(SIGKILL);
  process_->wait(kStopTime);
  ready_.clear();
}

std::string DaemonProcess::field(const std::string& name) const {
  const std::string key = " " + name + "=";
  const std::size_t at = ready_.find(key);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + key.size();
  return ready_.substr(begin, ready_.find(' ', begin) - begin);
}

std::string DaemonProcess::log() const {
  return content_of(folder_ / "switchhookd.log");
}

std::string DaemonProcess::program() {
  return SWITCHHOOKD_PROGRAM;
}

void pause() {
  ::poll(nullptr, 0, 5);
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace switchhook::test
