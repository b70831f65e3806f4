// SPDX-License-Identifier: Apache-2.0
#include "providers/remote/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>

namespace switchhook::remote {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

Error failure(const std::string& what, int number) {
  return {number == ENOENT ? Errc::not_found : Errc::resource_unavailable,
          what + ": " + std::generic_category().message(number)};
}

/// What the child gets at its start. Descriptors are moved above all that they may become first.
class Spawning {
 public:
  Spawning() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, 2, 1);
  }
  ~Spawning() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
    for (const int each : high_) ::close(each);
  }
  Spawning(const Spawning&) = delete;
  Spawning& operator=(const Spawning&) = delete;

  /// Becomes the next descriptor, from kLinkDescriptor on.
  bool give(int descriptor) {
    constexpr int kHigh = 64;
    const int high = ::fcntl(descriptor, F_DUPFD_CLOEXEC, kHigh);
    if (high < 0) return false;
    high_.push_back(high);
    return ::posix_spawn_file_actions_adddup2(&actions_, high, next_++) == 0;
  }
  int spawn(const std::string& program, std::vector<std::string> words, pid_t& pid) {
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, next_);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  std::vector<int> high_;  // (owned)
  int next_ = kLinkDescriptor;
};

std::string words_of_status(int status) {
  if (!WIFSIGNALED(status)) return "status " + std::to_string(WEXITSTATUS(status));
  const int number = WTERMSIG(status);
  const char* name = ::sigdescr_np(number);
  return "signal " + std::to_string(number) + (name != nullptr ? std::string(", ") + name : "");
}

}  // namespace

Result<Child> Child::start(const std::string& program, const std::vector<std::string>& arguments,
                           const std::vector<int>& shared) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return failure("a socket", errno);
  Descriptor ours(ends[0]);
  const Descriptor theirs(ends[1]);
  Descriptor safe(::eventfd(0, EFD_CLOEXEC));
  if (safe.get() < 0) return failure("eventfd", errno);
  if (::fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0) return failure("a socket", errno);
  Spawning spawning;
  bool given = spawning.give(theirs.get()) && spawning.give(safe.get());
  for (const int each : shared) given = given && spawning.give(each);
  if (!given) return failure("descriptors", errno);
  Child child;
  if (const int error = spawning.spawn(program, arguments, child.pid_); error != 0) {
    child.pid_ = -1;
    return failure(program, error);
  }
  child.link_ = ours.release();
  child.safe_ = safe.release();
  child.death_ = static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0));
  if (child.death_ < 0) return failure("pidfd", errno);
  return child;
}

Child::~Child() {
  if (there()) end(std::chrono::milliseconds(0));
}

Child::Child(Child&& other) noexcept {
  *this = std::move(other);
}

Child& Child::operator=(Child&& other) noexcept {
  if (this == &other) return *this;
  if (there()) end(std::chrono::milliseconds(0));
  pid_ = std::exchange(other.pid_, -1);
  link_ = std::exchange(other.link_, -1);
  safe_ = std::exchange(other.safe_, -1);
  death_ = std::exchange(other.death_, -1);
  return *this;
}

void Child::tell_safe() const {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(safe_, &one, sizeof one));
}

void Child::abort() const {
  if (there()) ::kill(pid_, SIGABRT);
}

std::string Child::end(std::chrono::milliseconds patience) {
  if (!there()) return {};
  for (int* each : {&link_, &safe_})
    if (*each >= 0) ::close(std::exchange(*each, -1));
  if (death_ >= 0) {
    pollfd dead{death_, POLLIN, 0};
    ::poll(&dead, 1, static_cast<int>(patience.count()));
    ::close(std::exchange(death_, -1));
  }
  // Of one that is dead already, the status stays what it was.
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return words_of_status(status);
}

}  // namespace switchhook::remote
