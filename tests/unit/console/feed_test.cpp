// SPDX-License-Identifier: Apache-2.0
// The events: what they tell, and that a stream that comes back misses none, or is told.
#include "daemon/console/feed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "tests/unit/console/json_text.hpp"
#include "tests/unit/host/host_world.hpp"

namespace switchhook::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

class FeedTest : public core::test::ObservedHost<base::SystemClock> {
 protected:
  FeedTest() {
    begin(feed_);
    next_ = feed_.resume("", first_);
  }
  /// What came since it was asked last.
  std::string news() {
    std::string text;
    feed_.read(next_, text, std::size_t{1} << 20);
    return text;
  }

  Feed feed_{host_, 0xabc, "1.2.3", 4};
  std::string first_;
  std::uint64_t next_ = 0;
};

TEST_F(FeedTest, TellsEachChangeOfASessionAndItsEnd) {
  const provider::MakeCall make = connected();
  const std::string begun = news();
  EXPECT_THAT(begun,
              HasSubstr("event: session\ndata: {\"session\":" + std::to_string(make.call.value)));
  EXPECT_THAT(begun, HasSubstr("\"state\":\"connected\""));
  EXPECT_THAT(begun, HasSubstr("\"called\":\"555\""));
  EXPECT_THAT(begun, HasSubstr("\"over\":false,\"end\":null"));
  post(provider::StateChanged{make.call, CallState::disconnected, 0, {}});
  post(provider::StateChanged{make.call, CallState::idle, 0, {}});
  post(provider::Ended{make.call, Confirmation::confirmed});
  const std::string ended = news();
  EXPECT_THAT(ended, HasSubstr("\"held\":true,\"over\":true,\"end\":{\"origin\":"));
  EXPECT_THAT(news(), "");
  host_.submit(app_, 3, api::ReleaseCall{sink_.value_of<api::MadeCall>(2).call});
  host_.run();
  EXPECT_THAT(news(), HasSubstr("\"held\":false,\"over\":true"));
}

TEST_F(FeedTest, EveryDataIsAnObjectOnOneLine) {
  connected();
  feed_.refusing("because\n\"so\"");
  const std::string text = first_ + news();
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find("data: ", at)) != std::string::npos; ++found) {
    at += 6;
    EXPECT_TRUE(test::JsonText::object(text.substr(at, text.find('\n', at) - at)))
        << text.substr(at, 200);
  }
  EXPECT_GE(found, 3u);
  EXPECT_THAT(text, HasSubstr("event: service\ndata: {\"refusing\":\"because\\n\\\"so\\\"\"}"));
}

TEST_F(FeedTest, GoesOnBehindTheLastIdOfThisStart) {
  connected();
  const std::string before = news();
  const std::size_t at = before.rfind("id: ") + 4;
  const std::string last = before.substr(at, before.find('\n', at) - at);
  feed_.refusing("later");
  std::string first;
  next_ = feed_.resume(last, first);
  EXPECT_THAT(first, HasSubstr("event: hello"));
  EXPECT_THAT(first, Not(HasSubstr("event: reset")));
  EXPECT_THAT(news(), HasSubstr("later"));
}

TEST_F(FeedTest, SaysWhatItDoesNotHaveAnyMore) {
  for (const char* unknown : {"abd.1", "abc.99999", "abc.x", "abc.", "nonsense"}) {
    std::string first;
    next_ = feed_.resume(unknown, first);
    EXPECT_THAT(first, HasSubstr("event: reset")) << unknown;
    EXPECT_EQ(news(), "") << unknown;
  }
  std::string first;
  static_cast<void>(feed_.resume("", first));
  EXPECT_THAT(first, Not(HasSubstr("event: reset"))) << "one that is new has missed nothing";
}

TEST_F(FeedTest, WhoIsTooSlowIsTold) {
  for (std::size_t i = 0; i <= limits::kConsoleEvents; ++i) feed_.refusing(std::to_string(i));
  EXPECT_THAT(news(), HasSubstr("event: reset"));
  feed_.refusing("after it");
  EXPECT_THAT(news(), HasSubstr("after it"));
}

TEST_F(FeedTest, ReadsNoMoreThanIsAskedForAtOnce) {
  for (int i = 0; i < 100; ++i) feed_.refusing(std::to_string(i));
  std::string text;
  feed_.read(next_, text, 300);
  EXPECT_LT(text.size(), 600u);
  EXPECT_THAT(news(), HasSubstr("\"99\""));
}

TEST_F(FeedTest, CountsEndsByTheirTime) {
  const provider::MakeCall make = connected();
  host_.submit(app_, 3, api::DropCall{sink_.value_of<api::MadeCall>(2).call});
  const auto drop = script_.all<provider::Drop>().back();
  post(provider::Completed{make.call, drop.request, {}});
  post(provider::StateChanged{make.call, CallState::idle, 0, {}});
  post(provider::Ended{make.call, Confirmation::confirmed});
  const std::vector<Feed::Span> spans = feed_.spans();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].at.count() % 300, 0);
  EXPECT_EQ(spans[0].ended.at({EndOrigin::local_user, DisconnectMode::normal}), 1u);
  EXPECT_EQ(spans[0].acknowledged.total(), 1u);
}

TEST_F(FeedTest, KeepsTheLastMessages) {
  feed_.begin();
  for (int i = 0; i < 6; ++i) {
    provider::Traced traced;
    traced.message.text = "message " + std::to_string(i);
    post(std::move(traced));
  }
  const Feed::Messages kept = feed_.messages();
  ASSERT_EQ(kept.size(), 4u);
  EXPECT_EQ(kept.front()->text, "message 2");
  EXPECT_EQ(kept.back()->text, "message 5");
  feed_.end("over");
  EXPECT_THAT(news(), HasSubstr("event: bye"));
}

}  // namespace
}  // namespace switchhook::daemon
