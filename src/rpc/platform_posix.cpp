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
#include <cstring>
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
  return "/run/switchhook/switchhook.sock";
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
  // The kernel's own word, where it gives it: it cannot mean a process that came later.
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

namespace {

/// Where the daemon's program may be: named by the environment, beside this library or program
/// (also in a build tree), or in the search path.
std::vector<fs::path> places_of_daemon() {
  std::vector<fs::path> places;
  if (const std::string named = environment("SWITCHHOOKD"); !named.empty()) return {named};
  std::vector<fs::path> folders;
  Dl_info info{};
  if (::dladdr(reinterpret_cast<void*>(&places_of_daemon), &info) != 0 &&
      info.dli_fname != nullptr) {
    std::error_code error;
    folders.push_back(fs::absolute(info.dli_fname, error).parent_path());
  }
  std::error_code error;
  if (const fs::path self = fs::read_symlink("/proc/self/exe", error); !error)
    folders.push_back(self.parent_path());
  for (const fs::path& folder : folders)
    for (const char* way : {".", "../bin", "../../bin", "../daemon", "../../src/daemon"})
      places.push_back(folder / way / "switchhookd");
  const std::string path = environment("PATH");
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    if (end > begin && path[begin] == '/')
      places.push_back(fs::path(path.substr(begin, end - begin)) / "switchhookd");
    begin = end + 1;
  }
  return places;
}

/// In the child of a process that may have threads: only what is allowed after fork().
[[noreturn]] void become_daemon(char* const argv[], int ready, int log) {
  ::setsid();
  const pid_t second = ::fork();
  if (second != 0) ::_exit(second < 0 ? 1 : 0);
  // The daemon is nobody's child and nobody's foreground: neither wait() nor Ctrl-C reaches it.
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGQUIT})
    ::signal(number, SIG_DFL);
  const int null = ::open("/dev/null", O_RDWR);
  // Out of the way of 0…3 first, whatever numbers they have.
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

/// What comes before the end of a line or of the pipe.
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
  std::string program;
  for (const fs::path& place : places_of_daemon()) {
    std::error_code error;
    if (!fs::is_regular_file(place, error) || ::access(place.c_str(), X_OK) != 0) continue;
    program = place.string();
    break;
  }
  if (program.empty())
    return Error{Errc::not_found, "switchhookd was found neither beside this program nor in PATH"};
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
