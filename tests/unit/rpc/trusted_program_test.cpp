// SPDX-License-Identifier: Apache-2.0
// A daemon's program that a stranger could have put there is not started.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "rpc/platform.hpp"
#include "tests/support/daemon_process.hpp"

namespace switchhook::rpc {
namespace {

namespace fs = std::filesystem;

class TrustedProgram : public testing::Test {
 protected:
  TrustedProgram() {
    fs::create_directories(folder_ / "opt/lib");
    fs::create_directories(folder_ / "opt/bin");
    std::ofstream(program_) << "#!/bin/sh\n";
    fs::permissions(program_, fs::perms(0755));
  }
  Error refusal() {
    const Result<std::string> trusted = platform::trusted_program(program_);
    EXPECT_FALSE(trusted);
    return trusted ? Error{} : trusted.error();
  }
  test::TempFolder folder_;
  const std::string program_ = folder_ / "opt/bin/switchhookd";
};

TEST_F(TrustedProgram, OfThisUserInFoldersOfThisUser) {
  const Result<std::string> trusted = platform::trusted_program(program_);
  ASSERT_TRUE(trusted) << trusted.error().context;
  EXPECT_EQ(*trusted, fs::canonical(program_));
  EXPECT_TRUE(platform::trusted_program("/bin/sh"));
}

TEST_F(TrustedProgram, NotWhereOthersMayWrite) {
  for (const std::string& open : {folder_ / "opt/bin", folder_ / "opt", program_}) {
    const fs::perms before = fs::status(open).permissions();
    fs::permissions(open, fs::perms(0777));
    EXPECT_EQ(refusal().code, Errc::denied);
    EXPECT_EQ(refusal().context, "others may write to " + fs::canonical(open).string());
    fs::permissions(open, before);
  }
  fs::permissions(folder_ / "opt/bin", fs::perms(01777));
  EXPECT_TRUE(platform::trusted_program(program_)) << "as /tmp: nobody can replace another's file";
}

TEST_F(TrustedProgram, NotOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(::chown((folder_ / "opt/bin").c_str(), kNobody, kNobody), 0);
  EXPECT_EQ(refusal().context,
            fs::canonical(folder_ / "opt/bin").string() + " belongs to user 65534");
  ASSERT_EQ(::chown((folder_ / "opt/bin").c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(program_.c_str(), kNobody, kNobody), 0);
  EXPECT_EQ(refusal().code, Errc::denied);
}

TEST_F(TrustedProgram, NotThroughALinkIntoSuchAFolder) {
  fs::create_directory(folder_ / "open");
  fs::rename(program_, folder_ / "open/switchhookd");
  fs::permissions(folder_ / "open", fs::perms(0777));
  fs::create_symlink(folder_ / "open/switchhookd", program_);
  EXPECT_EQ(refusal().code, Errc::denied);
}

TEST_F(TrustedProgram, IsLookedForInThePrefixOfTheLibraryOnly) {
  const std::string prefix = fs::canonical(folder_ / "opt").string();
  const std::vector<std::string> own{prefix + "/bin/switchhookd"};
  EXPECT_EQ(platform::places_of_daemon(prefix + "/lib/libswitchhook.so"), own);
  EXPECT_EQ(platform::places_of_daemon(prefix + "/lib/x86_64-linux-gnu/libswitchhook.so"), own);
  EXPECT_EQ(platform::places_of_daemon(prefix + "/bin/program"), own);
  EXPECT_EQ(platform::places_of_daemon(prefix + "/games/program"), std::vector<std::string>());
  std::ofstream(folder_ / "opt/CMakeCache.txt") << "";
  EXPECT_EQ(platform::places_of_daemon(prefix + "/src/cxx/libswitchhook.so"),
            std::vector<std::string>{prefix + "/src/daemon/switchhookd"});
}

}  // namespace
}  // namespace switchhook::rpc
