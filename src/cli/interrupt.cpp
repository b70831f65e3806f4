// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace switchhook::cli {

namespace {

std::atomic<int> signal_pipe = -1;
std::atomic<int> signals = 0;

/// Async-signal-safe: writes the signal's number into the pipe; the second one ends the program,
/// whatever the handler of the first is waiting for.
void on_posix_signal(int number) {
  if (signals.fetch_add(1) > 0) ::_exit(128 + number);
  const int saved = errno;
  const auto byte = static_cast<char>(number);
  [[maybe_unused]] const auto written = ::write(signal_pipe.load(), &byte, 1);
  errno = saved;
}

}  // namespace

Interrupt::Interrupt() {
  if (::pipe2(pipe_, O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  signal_pipe = pipe_[1];
  signals = 0;
  thread_ = std::thread([this] { run(); });
  struct sigaction action = {};
  action.sa_handler = on_posix_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

Interrupt::~Interrupt() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  const char stop = 0;
  [[maybe_unused]] const auto written = ::write(pipe_[1], &stop, 1);
  thread_.join();
  ::close(pipe_[0]);
  ::close(pipe_[1]);
}

void Interrupt::on_signal(std::function<void()> handler) {
  std::lock_guard lock(mutex_);
  handler_ = std::move(handler);
  if (handler_ && exit_code() != 0) handler_();
}

bool Interrupt::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return came_.wait_for(lock, time, [this] { return exit_code() != 0; });
}

void Interrupt::run() {
  char byte = 0;
  while (true) {
    const auto got = ::read(pipe_[0], &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got != 1 || byte == 0) return;
    const int code = 128 + byte;
    std::lock_guard lock(mutex_);
    exit_code_ = code;
    if (!handler_) ::_exit(code);
    handler_();
    came_.notify_all();
  }
}

}  // namespace switchhook::cli
