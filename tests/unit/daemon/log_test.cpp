// SPDX-License-Identifier: Apache-2.0
// How the log is written: as text, as JSON, to the journal; and what of it, by subject.
#include "daemon/log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/support/daemon_process.hpp"

namespace switchhook::daemon::log {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;

std::vector<std::string> told;
int refuse(const iovec*, int) {
  return -1;
}
int take(const iovec* fields, int count) {
  told.clear();
  for (int i = 0; i < count; ++i)
    told.emplace_back(static_cast<const char*>(fields[i].iov_base), fields[i].iov_len);
  return 0;
}

class Log : public testing::Test {
 protected:
  Log() : file_(::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)) {
    told.clear();
  }
  ~Log() override {
    begin({.level = "off"});
    ::unsetenv("JOURNAL_STREAM");
    ::close(file_);
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  [[nodiscard]] std::string written() const { return test::content_of(folder_ / "log"); }
  /// As systemd does for a service whose standard error it reads.
  void be_read_by_journal() const {
    struct stat what {};
    ASSERT_EQ(::fstat(file_, &what), 0);
    ::setenv("JOURNAL_STREAM",
             (std::to_string(what.st_dev) + ":" + std::to_string(what.st_ino)).c_str(), 1);
  }

  const test::TempFolder folder_;
  const int file_;
};

TEST_F(Log, IsTextWithTimeLevelAndSubject) {
  begin({}, {.descriptor = file_});
  write(Subject::calls, Level::warn, "a \"call\"\x1b[2J", {{"session", "7"}});
  EXPECT_THAT(written(), MatchesRegex("2[0-9-]+ [0-9:.]+ warning calls: a \"call\"\\\\x1b.2J\n"));
}

TEST_F(Log, IsOneJsonObjectALine) {
  begin({.format = Format::json}, {.descriptor = file_});
  write(Subject::calls, Level::info, "a \"call\"\n", {{"session", "7"}, {"line", ""}});
  EXPECT_THAT(written(),
              MatchesRegex("\\{\"time\":\"2[0-9T:.-]+[+-][0-9:]+\",\"level\":\"info\","
                           "\"subject\":\"calls\",\"message\":\"a \\\\\"call\\\\\"\\\\\\\\n\","
                           "\"session\":\"7\"\\}\n"));
}

TEST_F(Log, HasALevelForEachSubject) {
  Options options{.level = "warn"};
  options.levels[static_cast<std::size_t>(Subject::lines)] = "debug";
  options.levels[static_cast<std::size_t>(Subject::limits)] = "off";
  begin(options, {.descriptor = file_});
  write(Subject::calls, Level::info, "one");
  write(Subject::lines, Level::debug, "two");
  write(Subject::limits, Level::error, "three");
  EXPECT_THAT(written(), HasSubstr("two"));
  EXPECT_THAT(written(), Not(HasSubstr("one")));
  EXPECT_THAT(written(), Not(HasSubstr("three")));
  EXPECT_FALSE(wants(Subject::calls, Level::info));
  EXPECT_TRUE(wants(Subject::calls, Level::warn));
}

TEST_F(Log, GoesToTheJournalWithFieldsWhereThatReadsStandardError) {
  be_read_by_journal();
  begin({}, {.descriptor = file_, .journal = take});
  write(Subject::calls, Level::error, "ended", {{"session", "7"}, {"sip_status", "486"}});
  EXPECT_THAT(told, ElementsAre("MESSAGE=ended", "PRIORITY=3", "SYSLOG_IDENTIFIER=switchhookd",
                                "SWITCHHOOK_SUBJECT=calls", "SWITCHHOOK_SESSION=7",
                                "SWITCHHOOK_SIP_STATUS=486"));
  EXPECT_THAT(written(), IsEmpty());
}

TEST_F(Log, IsTextWhereTheJournalDoesNotReadItOrDoesNotTakeIt) {
  begin({}, {.descriptor = file_, .journal = take});
  write(Subject::calls, Level::info, "one");
  EXPECT_THAT(told, IsEmpty());
  be_read_by_journal();
  begin({}, {.descriptor = file_, .journal = refuse});
  write(Subject::calls, Level::info, "two");
  EXPECT_THAT(written(), HasSubstr("one"));
  EXPECT_THAT(written(), HasSubstr("two"));
}

}  // namespace
}  // namespace switchhook::daemon::log
