// SPDX-License-Identifier: Apache-2.0
// The daemon's end of a provider's process, with a process that does what it should not.
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "providers/remote/remote_provider.hpp"
#include "tests/support/daemon_process.hpp"

namespace switchhook::remote {
namespace {

using provider::CallRef;
using test::eventually;

class Kept final : public provider::Sink {
 public:
  void post(provider::Event event) override {
    base::Lock lock(mutex_);
    events_.push_back(std::move(event));
  }
  template <typename Kind>
  [[nodiscard]] std::vector<Kind> all() const {
    base::Lock lock(mutex_);
    std::vector<Kind> found;
    for (const provider::Event& event : events_)
      if (const auto* kind = std::get_if<Kind>(&event)) found.push_back(*kind);
    return found;
  }

 private:
  mutable base::Mutex mutex_;
  std::vector<provider::Event> events_ SWITCHHOOK_GUARDED_BY(mutex_);
};

class ProcessTest : public testing::Test {
 protected:
  Result<void> start(const std::string& config, const std::string& argument = "-",
                     const std::string& program = SWITCHHOOK_TEST_CHILD) {
    remote::Setup setup{.name = "test", .program = program, .arguments = {"child", argument}};
    setup.config = [config](const std::vector<LineInfo>&, const std::vector<provider::Command>&) {
      return config;
    };
    setup.beat = std::chrono::milliseconds(50);
    provider_ = make_provider(std::move(setup));
    EXPECT_TRUE(provider_->inherit(inherited_));
    return provider_->start(sink_);
  }
  void call(const std::string& address) {
    ++number_;
    provider_->submit(
        provider::MakeCall{.call = CallRef{number_}, .request = number_, .address = address});
  }
  /// The line was closed, for this reason among others, and serves again.
  void expect_back(const std::string& why) {
    EXPECT_TRUE(eventually([&] {
      const auto status = sink_.all<provider::LineStatus>();
      return !status.empty() && status.back().in_service;
    })) << why;
    const auto closed = sink_.all<provider::LineForcedClosed>();
    ASSERT_EQ(closed.size(), 1u) << why;
    EXPECT_NE(closed[0].why.find(why), std::string::npos) << closed[0].why;
    EXPECT_EQ(sink_.all<provider::LineAdded>().size(), 1u);
    call("");
    EXPECT_TRUE(eventually([&] {
      const auto done = sink_.all<provider::Completed>();
      return !done.empty() && done.back().request == number_ && !done.back().error;
    })) << why;
  }

  Kept sink_;
  std::unique_ptr<provider::Provider> provider_;
  std::uint64_t number_ = 0;
  std::vector<provider::EndOrphan> inherited_;
};

TEST_F(ProcessTest, WhatKeepsTheProviderFromStartingIsTold) {
  const Result<void> started = start("refuses");
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::denied);
  EXPECT_EQ(started.error().context, "not today");
}

TEST_F(ProcessTest, AProgramThatIsNotThereIsAnError) {
  const Result<void> started = start("", "-", "/nowhere/at/all");
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().context.find("/nowhere/at/all"), std::string::npos);
}

TEST_F(ProcessTest, AProcessThatEndsBeforeItServesIsAnError) {
  const Result<void> started = start("", "exits");
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().context.find("status 7"), std::string::npos) << started.error().context;
}

TEST_F(ProcessTest, OneThatAbortsComesBack) {
  ASSERT_TRUE(start(""));
  call("abort");
  expect_back("signal 6");
}

TEST_F(ProcessTest, OneThatSaysThatItCannotGoOnComesBack) {
  ASSERT_TRUE(start(""));
  call("fail");
  expect_back("it had enough");
}

TEST_F(ProcessTest, OneThatSaysNothingThatMeansAnythingComesBack) {
  ASSERT_TRUE(start(""));
  call("garbage");
  expect_back("no possible length");
}

TEST_F(ProcessTest, OneThatBreaksTheRulesComesBack) {
  ASSERT_TRUE(start(""));
  call("twice");
  expect_back("breaks the rules");
}

TEST_F(ProcessTest, OneThatHangsIsEndedAndComesBack) {
  ASSERT_TRUE(start(""));
  call("hang");
  expect_back("does nothing any more");
}

TEST_F(ProcessTest, AnyNumberOfOrphansComesWithTheStart) {
  for (std::uint64_t number = 1; number <= 20000; ++number)
    inherited_.push_back({.number = number, .line = "a", .recovery = std::string(2000, 'r')});
  ASSERT_TRUE(start(""));
  EXPECT_TRUE(
      eventually([&] { return sink_.all<provider::OrphanEnded>().size() == inherited_.size(); }));
}

TEST_F(ProcessTest, TheProcessEndsWithTheProvider) {
  ASSERT_TRUE(start(""));
  const pid_t process = std::stoi(sink_.all<provider::LineAdded>().at(0).info.status);
  EXPECT_EQ(::kill(process, 0), 0);
  provider_.reset();
  EXPECT_NE(::kill(process, 0), 0) << "and nobody has to wait for it";
}

TEST_F(ProcessTest, AStoppedProcessEndsWithTheProviderToo) {
  ASSERT_TRUE(start(""));
  const pid_t process = std::stoi(sink_.all<provider::LineAdded>().at(0).info.status);
  call("hang");
  provider_.reset();
  EXPECT_NE(::kill(process, 0), 0);
}

}  // namespace
}  // namespace switchhook::remote
