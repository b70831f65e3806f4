// SPDX-License-Identifier: Apache-2.0
// A child that a program forks has copies of what it holds; they are the parent's.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>

#include "switchhook/switchhook.hpp"
#include "tests/support/daemon_process.hpp"

namespace switchhook {
namespace {

using Clock = std::chrono::steady_clock;

class Fork : public testing::Test {
 protected:
  Fork() {
    application_ = *Application::connect({.name = "parent", .socket = daemon_.socket()});
    line_ = *application_.open_line("100", Privilege::owner);
    call_ = *line_.call("200");
    wait_for(CallState::connected);
  }
  void wait_for(CallState state) {
    for (int i = 0; i < 20; ++i) {
      const auto event = call_.next_event(std::chrono::seconds(5));
      ASSERT_TRUE(event && *event);
      if ((*event)->kind == SessionEvent::Kind::state && (*event)->state == state) return;
    }
    FAIL() << "it does not get there";
  }
  /// What `run` returns in a child, as its exit status.
  static int in_child(const std::function<int()>& run) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);
      ::_exit(run());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  /// The parent's call is there, and all it asks for is answered.
  void parent_goes_on() {
    const auto record = call_.record();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->state, CallState::connected);
    const auto status = Operator(application_).status();
    ASSERT_TRUE(status);
    EXPECT_EQ(status->applications, 1u);
    EXPECT_EQ(status->sessions_live, 1u);
    EXPECT_TRUE(call_.drop());
    wait_for(CallState::idle);
  }
  test::DaemonProcess daemon_;
  Application application_;
  Line line_;
  Session call_;
};

TEST_F(Fork, AChildsRequestsAreRefusedAtOnce) {
  const int status = in_child([this] {
    const auto begun = Clock::now();
    const Result<void> dropped = call_.drop();
    const Result<void> closed = line_.close();
    const Result<ServiceStatus> asked = Operator(application_).status();
    const bool right = !dropped && dropped.error().code == Errc::disconnected && !closed &&
                       !asked && asked.error().code == Errc::disconnected;
    return right && Clock::now() - begun < std::chrono::seconds(2) ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
  parent_goes_on();
}

TEST_F(Fork, AChildThatShutsDownAndDestroysEverythingHarmsNobody) {
  const int status = in_child([this] {
    const auto begun = Clock::now();
    call_ = Session();
    line_ = Line();
    static_cast<void>(application_.shutdown());
    application_ = Application();
    return Clock::now() - begun < std::chrono::seconds(2) ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
  parent_goes_on();
}

TEST_F(Fork, AChildMayConnectForItself) {
  const int status = in_child([this] {
    auto own = Application::connect({.name = "child", .socket = daemon_.socket()});
    return own && own->open_line("101", Privilege::owner) ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(test::eventually([&] { return Operator(application_).status()->applications == 1; }));
  parent_goes_on();
}

}  // namespace
}  // namespace switchhook
