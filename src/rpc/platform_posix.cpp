// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "rpc/platform.hpp"

namespace switchhook::rpc::platform {
namespace {

namespace fs = std::filesystem;

constexpr int kPeerPidfd = 77;  // SO_PEERPIDFD, Linux 6.5

std::string reason(int error) {
  return std::generic_category().message(error);
}
Error failure(const std::string& what, const std::string& path, int error) {
  const Errc code = error == ENOENT                     ? Errc::not_found
                    : error == EACCES || error == EPERM ? Errc::denied
                                                        : Errc::failed;
  return {code, what + " " + path + ": " + reason(error)};
}

/// A descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

std::chrono::milliseconds left_until(std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

}  // namespace

std::string environment(const char* name) {
  const char* value = ::secure_getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string program_name() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  std::string name = program.filename().string();
  return name.empty() ? "application" : name;
}

std::uint32_t process_id() {
  return static_cast<std::uint32_t>(::getpid());
}
std::uint32_t user_id() {
  return ::geteuid();
}

std::string user_name(std::uint32_t user) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> text{};
  if (::getpwuid_r(user, &entry, text.data(), text.size(), &found) == 0 && found != nullptr)
    return found->pw_name;
  return std::to_string(user);
}

std::string user_directory() {
  const std::string runtime = environment("XDG_RUNTIME_DIR");
  if (!runtime.empty() && runtime.front() == '/') return runtime + "/switchhook";
  return "/tmp/switchhook-" + std::to_string(user_id());
}
std::string user_socket() {
  return user_directory() + "/switchhook.sock";
}
std::string system_socket() {
  const std::string named = environment("SWITCHHOOK_SYSTEM_SOCKET");
  return named.empty() ? "/run/switchhook/switchhook.sock" : named;
}

Result<void> check_private_directory(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return failure("the folder", path, errno);
  if (!S_ISDIR(info.st_mode)) return Error{Errc::denied, path + " is not a folder"};
  if (info.st_uid != ::geteuid())
    return Error{Errc::denied, path + " belongs to " + user_name(info.st_uid)};
  if ((info.st_mode & 077) != 0)
    return Error{Errc::denied, path + " is open to others; its mode has to be 0700"};
  return {};
}

Result<void> make_private_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return failure("cannot make the folder", path, errno);
  return check_private_directory(path);
}

std::optional<Peer> peer_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return Peer{peer.pid > 0 ? static_cast<std::uint32_t>(peer.pid) : 0, peer.uid};
}

int watch_of(int socket, const Peer& peer) {
  int watch = -1;
  socklen_t size = sizeof watch;
  // From the kernel, where it tells: it cannot name a process that came later.
  if (::getsockopt(socket, SOL_SOCKET, kPeerPidfd, &watch, &size) == 0) return watch;
  if (peer.process == 0) return -1;
  return static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(peer.process), 0));
}

std::ptrdiff_t send_now(std::intptr_t socket, const void* data, std::size_t size) {
  ssize_t sent = -1;
  do {
    sent = ::send(static_cast<int>(socket), data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return sent;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? 0 : -1;
}

void keep_from_children(std::intptr_t socket) {
  static_cast<void>(::fcntl(static_cast<int>(socket), F_SETFD, FD_CLOEXEC));
}

void set_tcp_user_timeout(std::intptr_t socket, std::chrono::milliseconds timeout) {
  const auto value = static_cast<unsigned>(timeout.count());
  static_cast<void>(
      ::setsockopt(static_cast<int>(socket), IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof value));
}

Result<std::string> read_secret(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) return failure("cannot read", path, errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return failure("cannot read", path, errno);
  if (!S_ISREG(info.st_mode)) return Error{Errc::failed, path + " is not a file"};
  if ((info.st_mode & 077) != 0)
    return Error{Errc::denied, path + " is open to others; its mode has to be 0600"};
  std::array<char, 257> text{};
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size < 0) return failure("cannot read", path, errno);
  std::string secret(text.data(), static_cast<std::size_t>(size));
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.empty() || secret.size() > 256)
    return Error{Errc::failed, path + " does not hold a secret of 1…256 bytes"};
  return secret;
}

Result<void> write_secret(const std::string& path, const std::string& secret) {
  const std::string fresh = path + ".new";
  static_cast<void>(::unlink(fresh.c_str()));
  const Descriptor file(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return failure("cannot write", fresh, errno);
  const std::string text = secret + "\n";
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::rename(fresh.c_str(), path.c_str()) != 0)
    return failure("cannot write", path, errno);
  return {};
}

Result<std::string> make_secret() {
  std::array<unsigned char, 32> bits{};
  if (::getrandom(bits.data(), bits.size(), 0) != static_cast<ssize_t>(bits.size()))
    return Error{Errc::failed, "no random numbers: " + reason(errno)};
  std::string text;
  for (const unsigned char byte : bits) {
    text.push_back("0123456789abcdef"[byte >> 4]);
    text.push_back("0123456789abcdef"[byte & 15]);
  }
  return text;
}

SignalShield::SignalShield() {
  static_assert(sizeof(sigset_t) <= sizeof before_);
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, reinterpret_cast<sigset_t*>(before_));
}
SignalShield::~SignalShield() {
  ::pthread_sigmask(SIG_SETMASK, reinterpret_cast<const sigset_t*>(before_), nullptr);
}

FileLock::~FileLock() {
  if (file_ >= 0) ::close(file_);
}

Result<FileLock> FileLock::take(const std::string& path, std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return failure("the lock", path, errno);
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return failure("the lock", path, errno);
    if (left_until(deadline).count() == 0)
      return Error{Errc::timed_out, path + " is held by another process"};
    ::poll(nullptr, 0, 10);
  }
  FileLock lock;
  lock.file_ = file.release();
  return lock;
}

// ---- starting a daemon

Result<std::string> trusted_program(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::canonical(path, error);
  if (error) return Error{Errc::not_found, path + ": " + error.message()};
  const auto mine = [](uid_t owner) { return owner == 0 || owner == ::geteuid(); };
  fs::path at;
  for (const fs::path& part : whole) {
    at /= part;
    struct stat info {};
    if (::lstat(at.c_str(), &info) != 0) return failure("cannot look at", at.string(), errno);
    if (!mine(info.st_uid))
      return Error{Errc::denied, at.string() + " belongs to user " + std::to_string(info.st_uid)};
    // In a folder like /tmp everybody may make files, but nobody can replace those of others.
    const bool sticky = S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0;
    const bool by_group =
        (info.st_mode & S_IWGRP) != 0 && info.st_gid != 0 && info.st_gid != ::getegid();
    if (!sticky && ((info.st_mode & S_IWOTH) != 0 || by_group))
      return Error{Errc::denied, "others may write to " + at.string()};
    if (at == whole && (!S_ISREG(info.st_mode) || ::access(at.c_str(), X_OK) != 0))
      return Error{Errc::not_found, at.string() + " is no program"};
  }
  return whole.string();
}

std::vector<std::string> places_of_daemon(const std::string& library) {
  std::error_code error;
  const fs::path folder = fs::weakly_canonical(library, error).parent_path();
  fs::path tree = folder;
  for (int up = 0; up < 5 && tree.has_relative_path(); ++up, tree = tree.parent_path())
    if (fs::exists(tree / "CMakeCache.txt", error)) return {tree / "src/daemon/switchhookd"};
  // PREFIX/bin/program, PREFIX/lib/library, PREFIX/lib/ARCHITECTURE/library
  const fs::path above = folder.parent_path();
  if (folder.filename() == "bin") return {folder / "switchhookd"};
  if (folder.filename().string().starts_with("lib")) return {above / "bin/switchhookd"};
  if (above.filename().string().starts_with("lib"))
    return {above.parent_path() / "bin/switchhookd"};
  return {};
}

namespace {

/// The daemon's program: named by the environment, which is this user's own; or that of the prefix to
/// which this library (or the program that it is part of) belongs, if nobody else can have put it
/// there. It is not looked for anywhere else: what lies beside a program, or in the search path, may
/// be a stranger's.
Result<std::string> daemon_program() {
  if (const std::string named = environment("SWITCHHOOKD"); !named.empty()) {
    std::error_code error;
    if (fs::is_regular_file(named, error) && ::access(named.c_str(), X_OK) == 0) return named;
    return Error{Errc::not_found, "SWITCHHOOKD names " + named + ", which is no program"};
  }
  Dl_info info{};
  if (::dladdr(reinterpret_cast<void*>(&places_of_daemon), &info) == 0 || info.dli_fname == nullptr)
    return Error{Errc::not_found, "it is not known where this library is"};
  std::error_code error;
  std::string library = fs::absolute(info.dli_fname, error).string();
  // The loader gives a program's name as it was called.
  if (const fs::path self = fs::read_symlink("/proc/self/exe", error);
      !error && fs::path(library).filename() == self.filename())
    library = self.string();
  std::optional<Error> why;
  for (const std::string& place : places_of_daemon(library)) {
    if (!fs::exists(place, error)) continue;
    Result<std::string> program = trusted_program(place);
    if (program) return program;
    if (!why) why = Error{Errc::denied, place + " is not started: " + program.error().context};
  }
  if (why) return *why;
  return Error{Errc::not_found, "there is no switchhookd in the prefix of " + library +
                                    "; SWITCHHOOKD may name one"};
}

/// In the child of a process that may have threads: only what is allowed after fork().
[[noreturn]] void become_daemon(char* const argv[], int ready, int log) {
  ::setsid();
  const pid_t second = ::fork();
  if (second != 0) ::_exit(second < 0 ? 1 : 0);
  // The daemon has no parent here and no terminal: neither wait() nor Ctrl-C reaches it.
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGQUIT})
    ::signal(number, SIG_DFL);
  const int null = ::open("/dev/null", O_RDWR);
  // First to numbers above 3, whatever numbers they have.
  const int high_ready = ::fcntl(ready, F_DUPFD, 10);
  const int high_log = log < 0 ? ::fcntl(null, F_DUPFD, 10) : ::fcntl(log, F_DUPFD, 10);
  const int high_null = ::fcntl(null, F_DUPFD, 10);
  ::dup2(high_null, 0);
  ::dup2(high_null, 1);
  ::dup2(high_log, 2);
  ::dup2(high_ready, 3);
  ::syscall(SYS_close_range, 4U, ~0U, 0);
  static_cast<void>(!::chdir("/"));
  ::execv(argv[0], argv);
  ::_exit(127);
}

/// The text up to the end of a line or of the pipe.
Result<std::string> read_line(int pipe, std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  std::string line;
  while (true) {
    pollfd ready{pipe, POLLIN, 0};
    const int left = static_cast<int>(left_until(deadline).count());
    const int polled = ::poll(&ready, 1, left);
    if (polled == 0) return Error{Errc::timed_out, "switchhookd did not become ready"};
    if (polled < 0) continue;
    char c = 0;
    const ssize_t size = ::read(pipe, &c, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0 || c == '\n') return line;
    line.push_back(c);
  }
}

std::string last_line_of(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  std::array<char, 4096> text{};
  const off_t size = file.get() < 0 ? 0 : ::lseek(file.get(), 0, SEEK_END);
  if (size <= 0) return {};
  const off_t from = std::max<off_t>(0, size - static_cast<off_t>(text.size()));
  const ssize_t got = ::pread(file.get(), text.data(), text.size(), from);
  std::string_view all(text.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
  while (!all.empty() && all.back() == '\n') all.remove_suffix(1);
  return std::string(all.substr(all.rfind('\n') + 1));
}

}  // namespace

Result<void> start_user_daemon(const std::string& directory, std::chrono::milliseconds wait) {
  const Result<std::string> found = daemon_program();
  if (!found) return found.error();
  const std::string& program = *found;
  const std::string log_path = directory + "/switchhookd.log";
  const Descriptor log(::open(
      log_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error{Errc::failed, "no pipe: " + reason(errno)};
  Descriptor reading(ends[0]), writing(ends[1]);

  std::array<std::string, 6> words{program, "--user", "--idle-exit", "300", "--ready-fd", "3"};
  std::array<char*, 7> argv{};
  for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
  const pid_t child = ::fork();
  if (child < 0) return Error{Errc::failed, "no process: " + reason(errno)};
  if (child == 0) become_daemon(argv.data(), writing.get(), log.get());
  writing.reset();
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;

  const Result<std::string> line = read_line(reading.get(), wait);
  if (!line) return line.error();
  if (line->starts_with("ready")) return {};
  const std::string said = last_line_of(log_path);
  return Error{Errc::failed, program + " did not start" + (said.empty() ? "" : ": " + said)};
}

}  // namespace switchhook::rpc::platform
