// SPDX-License-Identifier: Apache-2.0
// What a process of the daemon gives up for its safety, tried in processes of its own.
#include "daemon/protection.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/daemon_process.hpp"

namespace switchhook::daemon {
namespace {

/// Runs in a process of its own; its value is the exit status.
template <typename Program>
int elsewhere(Program program) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(program());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/// Opens the file; 0 = it can, else the error.
int try_to_open(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (file < 0) return errno;
  ::close(file);
  return 0;
}

std::string status_line(pid_t process, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name + ":"))
      return line.substr(line.find_first_not_of(" \t", name.size() + 1));
  return {};
}

TEST(ConfineProvider, OpensFilesOnlyToReadThem) {
  const test::TempFolder folder;
  const std::string path = folder / "there";
  std::ofstream(path) << "contents";
  EXPECT_EQ(elsewhere([&] { return try_to_open(path, O_RDWR); }), 0) << "without the filter";
  for (const int flags : {O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_RDONLY | O_CREAT,
                          O_WRONLY | O_APPEND, O_RDWR | O_TMPFILE}) {
    const auto attempt = [&] {
      confine_provider();
      return try_to_open((flags & O_TMPFILE) == O_TMPFILE ? folder.path() : path, flags);
    };
    EXPECT_EQ(elsewhere(attempt), EPERM) << flags;
  }
  EXPECT_EQ(elsewhere([&] {
              confine_provider();
              return try_to_open(path, O_RDONLY);
            }),
            0);
  std::string contents;
  EXPECT_TRUE(std::getline(std::ifstream(path), contents));
  EXPECT_EQ(contents, "contents");
}

TEST(ConfineProvider, StartsNothingAndRemovesNothing) {
  const test::TempFolder folder;
  const std::string path = folder / "there";
  std::ofstream(path) << "contents";
  EXPECT_EQ(elsewhere([&] {
              confine_provider();
              return ::unlink(path.c_str()) == 0 ? 0 : errno;
            }),
            EPERM);
  EXPECT_EQ(elsewhere([&] {
              confine_provider();
              return ::rename(path.c_str(), (folder / "away").c_str()) == 0 ? 0 : errno;
            }),
            EPERM);
  EXPECT_EQ(elsewhere([&] {
              confine_provider();
              const char* const arguments[] = {"true", nullptr};
              ::execv("/bin/true", const_cast<char* const*>(arguments));
              return errno;
            }),
            EPERM);
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
}

/// The SIP process of a daemon has the filter, and can gain no rights.
TEST(ConfineProvider, IsDoneByTheProcessOfSip) {
  test::DaemonProcess daemon({.config = "[sip]\nport = 0\nprocess = \"own\"\n"});
  pid_t sip = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t each = static_cast<pid_t>(std::atoi(entry.path().filename().c_str()));
    if (each > 0 && status_line(each, "PPid") == std::to_string(daemon.process().pid())) sip = each;
  }
  ASSERT_NE(sip, 0) << "there is no such process";
  EXPECT_EQ(status_line(sip, "Name"), "switchhookd-sip");
  EXPECT_EQ(status_line(sip, "Seccomp"), "2") << "SECCOMP_MODE_FILTER";
  EXPECT_EQ(status_line(sip, "NoNewPrivs"), "1");
}

/// Looks into a process of the same user, as a debugger does: 0 = it can, else the error.
int look_into(pid_t process) {
  const std::string folder = "/proc/" + std::to_string(process);
  if (const int error = try_to_open(folder + "/mem", O_RDONLY); error != 0) return error;
  return try_to_open(folder + "/environ", O_RDONLY);
}

TEST(ProtectProcess, OthersOfItsUserCannotLookIntoIt) {
  EXPECT_EQ(elsewhere([] {
              protect_process();
              return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
            }),
            0);
  constexpr uid_t kNobody = 65534;
  const auto seen_by_another = [](bool is_protected) {
    return elsewhere([is_protected] {
      if (::getuid() == 0 && ::setuid(kNobody) != 0) return 254;
      ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
      if (is_protected) protect_process();
      const pid_t self = ::getpid();
      return elsewhere([self] { return look_into(self); });
    });
  };
  if (seen_by_another(false) != 0) GTEST_SKIP() << "nobody may look into any process here";
  EXPECT_EQ(seen_by_another(true), EACCES);
}

}  // namespace
}  // namespace switchhook::daemon
