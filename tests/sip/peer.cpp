// SPDX-License-Identifier: Apache-2.0
#include "tests/sip/peer.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "tests/support/eventually.hpp"

namespace switchhook::sip::test {
namespace {

constexpr std::chrono::seconds kPeerPatience{30};

bool eventually(const std::function<bool()>& holds) {
  return switchhook::test::eventually(holds, kPeerPatience);
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Looks for a local port, in the kernel's own words, in a table of /proc/net.
bool listed(const char* table, std::uint16_t port, const std::string& state) {
  char wanted[8];
  std::snprintf(wanted, sizeof wanted, ":%04X ", port);
  std::istringstream lines(read(table));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t local = line.find(": ");
    if (local == std::string::npos) continue;
    const std::size_t found = line.find(wanted);
    if (found == std::string::npos || found > local + 12) continue;
    if (state.empty() || line.find(" " + state + " ") != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "switchhook-sip-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

namespace {

/// Whether nobody has it, by UDP and by TCP.
bool is_free(std::uint16_t port) {
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    const int descriptor = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    ::inet_pton(AF_INET, "127.0.0.1", &where.sin_addr);
    const bool bound =
        ::bind(descriptor, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
    ::close(descriptor);
    if (!bound) return false;
  }
  return true;
}

}  // namespace

std::uint16_t free_port() {
  // Below those that the system gives to whoever wants any, so that nobody gets it meanwhile; each
  // process begins elsewhere.
  constexpr unsigned kFirst = 10000, kCount = 11000;
  static std::atomic<unsigned> next = static_cast<unsigned>(::getpid()) * 13;
  for (unsigned tries = 0; tries < kCount; ++tries) {
    const auto port = static_cast<std::uint16_t>(kFirst + 2 * (next++ % kCount));
    if (is_free(port)) return port;
  }
  return 0;
}

bool wait_for_udp(std::uint16_t port) {
  return eventually([&] { return listed("/proc/net/udp", port, ""); });
}

bool wait_for_tcp(std::uint16_t port) {
  return eventually([&] { return listed("/proc/net/tcp", port, "0A"); });
}

Process::Process(const std::vector<std::string>& arguments, const std::filesystem::path& output) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const std::string file = output.string();
  pid_ = ::fork();
  if (pid_ != 0) return;
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int in = ::open("/dev/null", O_RDONLY);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

Process::~Process() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

int Process::wait() {
  int status = 0;
  if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Sipp::Sipp(const std::string& scenario, Words words) : port_(free_port()) {
  start(scenario, words, {});
  EXPECT_TRUE(wait_for_udp(port_)) << read(dir_.path() / "output");
}

Sipp::Sipp(const std::string& scenario, std::uint16_t target, Words words, bool tcp)
    : port_(free_port()) {
  words.emplace("@USER@", "bob");
  std::vector<std::string> arguments = {"127.0.0.1:" + std::to_string(target)};
  if (tcp) arguments.insert(arguments.end(), {"-t", "t1"});
  start(scenario, words, std::move(arguments));
}

void Sipp::start(const std::string& scenario, const Words& words,
                 std::vector<std::string> arguments) {
  std::string text = read(std::filesystem::path(SWITCHHOOK_SIPP_SCENARIOS) / (scenario + ".xml"));
  for (const auto& [word, replacement] : words)
    for (std::size_t at = text.find(word); at != std::string::npos;
         at = text.find(word, at + replacement.size()))
      text.replace(at, word.size(), replacement);
  const std::filesystem::path file = dir_.path() / (scenario + ".xml");
  std::ofstream(file) << text;
  std::vector<std::string> all = {"sipp",
                                  "-sf",
                                  file.string(),
                                  "-i",
                                  "127.0.0.1",
                                  "-p",
                                  std::to_string(port_),
                                  "-m",
                                  "1",
                                  "-nostdin",
                                  "-timeout",
                                  "25s",
                                  "-timeout_error",
                                  "-mp",
                                  std::to_string(free_port() & ~1u),
                                  "-trace_err",
                                  "-error_file",
                                  (dir_.path() / "errors").string(),
                                  "-trace_msg",
                                  "-message_file",
                                  (dir_.path() / "messages").string()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  process_ = std::make_unique<Process>(all, dir_.path() / "output");
}

void Sipp::expect_success() {
  EXPECT_EQ(process_->wait(), 0) << read(dir_.path() / "errors") << read(dir_.path() / "messages");
}

}  // namespace switchhook::sip::test
