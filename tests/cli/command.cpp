// SPDX-License-Identifier: Apache-2.0
#include "command.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;  // NOLINT: POSIX

namespace switchhook::test {

Command::Command(std::vector<std::string> arguments, const Environment& environment) {
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) std::abort();
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!environment.contains(text.substr(0, text.find('=')))) variables.push_back(text);
  }
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> envp;
  for (std::string& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  ::posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  if (::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), envp.data()) != 0) pid_ = -1;
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  ::close(err[1]);
  reader_ = std::thread([this, from_out = out[0], from_err = err[0]] { read(from_out, from_err); });
}

Command::~Command() {
  if (pid_ > 0 && !reaped_) {
    ::kill(pid_, SIGKILL);
    static_cast<void>(wait());
  }
  if (reader_.joinable()) reader_.join();
}

void Command::read(int out, int err) {
  pollfd fds[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  int open = 2;
  while (open > 0) {
    if (::poll(fds, 2, -1) < 0 && errno != EINTR) break;
    for (int i = 0; i < 2; ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      char buffer[4096];
      const auto got = ::read(fds[i].fd, buffer, sizeof buffer);
      if (got <= 0) {
        ::close(fds[i].fd);
        fds[i].fd = -1;
        --open;
        continue;
      }
      {
        base::Lock lock(mutex_);
        (i == 0 ? out_ : err_).append(buffer, static_cast<std::size_t>(got));
      }
      changed_.notify_all();
    }
  }
  {
    base::Lock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

void Command::signal(int number) const {
  if (pid_ > 0 && !reaped_) ::kill(pid_, number);
}

bool Command::says(const std::string& text) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  base::Lock lock(mutex_);
  while (out_.find(text) == std::string::npos) {
    if (closed_ || std::chrono::steady_clock::now() > deadline) return false;
    changed_.wait_until(mutex_, deadline);
  }
  return true;
}

int Command::wait() {
  if (pid_ < 0) return 127;
  if (!reaped_) {
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
  }
  if (reader_.joinable()) reader_.join();
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

std::string Command::out() const {
  base::Lock lock(mutex_);
  return out_;
}

std::string Command::err() const {
  base::Lock lock(mutex_);
  return err_;
}

std::vector<std::string> Command::lines() const {
  std::vector<std::string> lines;
  std::istringstream in(out());
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace switchhook::test
