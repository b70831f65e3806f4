// SPDX-License-Identifier: Apache-2.0
// What the engine hears of a provider whose process dies and is started again.
#include "providers/remote/relay.hpp"

#include <gtest/gtest.h>

namespace switchhook::remote {
namespace {

using provider::CallRef;
using std::chrono::seconds;

constexpr CallRef kMade{7};                               // by the engine
constexpr CallRef kCame{CallRef::kMintedByProvider | 1};  // as the process calls it

class RelayTest : public testing::Test {
 protected:
  RelayTest() {
    EXPECT_TRUE(relay_.starts(out_).empty());
    tell(provider::LineAdded{0, {.name = "alice", .status = "listening on 127.0.0.1:5060"}});
    tell(provider::LineAdded{1, {.name = "bob"}});
    relay_.serves(out_);
    clear();
  }

  void clear() { out_ = {}; }
  void ask(provider::Command command) { relay_.command(std::move(command), out_); }
  void tell(provider::Event event) {
    const Result<void> heard = relay_.event(std::move(event), out_);
    EXPECT_TRUE(heard) << heard.error().context;
  }
  bool refuses(provider::Event event) { return !relay_.event(std::move(event), out_); }
  void die() { relay_.died("it died", now_, out_); }
  /// The next process, up to its first command.
  void be_back() {
    first_ = relay_.starts(out_);
    tell(provider::LineAdded{0, {.name = "alice", .status = "listening again"}});
    tell(provider::LineAdded{1, {.name = "bob"}});
    relay_.serves(out_);
  }
  void make_call() {
    ask(provider::MakeCall{.call = kMade, .request = 11});
    note(kMade);
    tell(provider::Completed{kMade, 11, std::nullopt});
  }
  void be_called() {
    note(kCame);
    tell(provider::NewCall{.call = kCame});
  }
  void note(CallRef call) {
    tell(provider::Recovery{.call = call, .line = "alice", .recovery = "bytes"});
  }

  template <typename Kind>
  std::vector<Kind> events() const {
    std::vector<Kind> found;
    for (const provider::Event& event : out_.events)
      if (const auto* kind = std::get_if<Kind>(&event)) found.push_back(*kind);
    return found;
  }
  template <typename Kind>
  std::vector<Kind> commands() const {
    std::vector<Kind> found;
    for (const provider::Command& command : out_.commands)
      if (const auto* kind = std::get_if<Kind>(&command)) found.push_back(*kind);
    return found;
  }
  template <typename Kind>
  std::size_t place_of() const {
    std::size_t i = 0;
    while (i < out_.events.size() && !std::holds_alternative<Kind>(out_.events[i])) ++i;
    return i;
  }

  Relay relay_;
  Relay::Out out_;
  std::vector<provider::EndOrphan> first_;  ///< what the last process was told at its start
  Relay::Time now_{seconds(1000)};
};

TEST_F(RelayTest, ADeathClosesTheLinesAndTakesThemOutOfService) {
  die();
  const auto closed = events<provider::LineForcedClosed>();
  ASSERT_EQ(closed.size(), 2u);
  EXPECT_EQ(closed[1].line, 1u);
  EXPECT_EQ(closed[1].why, "it died");
  const auto status = events<provider::LineStatus>();
  ASSERT_EQ(status.size(), 2u);
  EXPECT_FALSE(status[0].in_service);
  EXPECT_EQ(status[0].status, "it died");
}

TEST_F(RelayTest, TheLinesOfTheNextProcessAreTheOnesThatWereThere) {
  ask(provider::OpenLine{0});
  die();
  ask(provider::CloseLine{0});
  ask(provider::OpenLine{1, false});
  clear();
  be_back();
  EXPECT_TRUE(events<provider::LineAdded>().empty());
  const auto status = events<provider::LineStatus>();
  ASSERT_EQ(status.size(), 2u);
  EXPECT_TRUE(status[0].in_service);
  EXPECT_EQ(status[0].status, "listening again");
  const auto opened = commands<provider::OpenLine>();
  ASSERT_EQ(opened.size(), 1u) << "what is open at the engine is open at the process";
  EXPECT_EQ(opened[0].line, 1u);
  EXPECT_FALSE(opened[0].takes_calls);
  EXPECT_EQ(relay_.announced()[0].status, "listening on 127.0.0.1:5060");
}

TEST_F(RelayTest, ACallIsEndedByTheNextProcessAndReturnedOnce) {
  make_call();
  die();
  EXPECT_TRUE(events<provider::Ended>().empty());
  ask(provider::Drop{.call = kMade, .request = 12});
  ask(provider::CloseCall{kMade});
  const auto done = events<provider::Completed>();
  ASSERT_EQ(done.size(), 2u);
  EXPECT_FALSE(done[1].error) << "it is over, as was wanted";
  clear();
  be_back();
  const auto ending = first_;
  ASSERT_EQ(ending.size(), 1u);
  EXPECT_EQ(ending[0].line, "alice");
  EXPECT_EQ(ending[0].recovery, "bytes");
  for (int twice = 0; twice < 2; ++twice)
    tell(provider::OrphanEnded{ending[0].number, Confirmation::confirmed,
                               std::chrono::microseconds(5), 2});
  const auto ended = events<provider::Ended>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].call, kMade);
  EXPECT_EQ(ended[0].confirmation, Confirmation::confirmed);
  EXPECT_EQ(ended[0].confirmed_after, std::chrono::microseconds(5));
  EXPECT_EQ(ended[0].sent_times, 2);
  EXPECT_TRUE(events<provider::OrphanEnded>().empty()) << "the daemon's orphans are others";
}

TEST_F(RelayTest, AMadeCallOfWhichNothingWentOutIsOver) {
  ask(provider::MakeCall{.call = kMade, .request = 11});
  tell(provider::Completed{kMade, 11, std::nullopt});
  die();
  const auto ended = events<provider::Ended>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].confirmation, Confirmation::not_applicable);
  EXPECT_GT(place_of<provider::Ended>(), place_of<provider::LineForcedClosed>());
  be_back();
  EXPECT_TRUE(first_.empty());
}

TEST_F(RelayTest, ACallOfWhichOnlyTheJournalKnowsIsToldToTheEngineForTheRecord) {
  tell(provider::Recovery{
      .call = kCame, .line = "bob", .provider_call_id = "id", .recovery = "bytes"});
  clear();
  die();
  const auto calls = events<provider::NewCall>();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].call, kCame);
  EXPECT_EQ(calls[0].line, 1u);
  EXPECT_EQ(calls[0].provider_call_id, "id");
  EXPECT_LT(place_of<provider::NewCall>(), place_of<provider::LineForcedClosed>());
  be_back();
  EXPECT_EQ(first_.size(), 1u);
}

TEST_F(RelayTest, BothCallsOfATransferAreNamedAsTheProcessNamesThem) {
  die();
  be_back();
  clear();
  be_called();
  const CallRef came = events<provider::NewCall>()[0].call;
  make_call();
  clear();
  ask(provider::Transfer{.call = kMade, .request = 30, .with = came});
  ASSERT_EQ(commands<provider::Transfer>().size(), 1u);
  EXPECT_EQ(commands<provider::Transfer>()[0].with, kCame);
  ask(provider::Transfer{.call = kMade, .request = 31, .address = "x"});
  EXPECT_EQ(commands<provider::Transfer>().size(), 2u);
  ask(provider::Transfer{.call = kMade, .request = 32, .with = kCame});
  EXPECT_EQ(commands<provider::Transfer>().size(), 2u) << "a call of a process that died";
  ASSERT_EQ(events<provider::Completed>().size(), 1u);
  EXPECT_EQ(events<provider::Completed>()[0].request, 32u);
}

TEST_F(RelayTest, BothCallsOfASwapAreNamedAsTheProcessNamesThem) {
  die();
  be_back();
  clear();
  be_called();
  const CallRef came = events<provider::NewCall>()[0].call;
  make_call();
  clear();
  ask(provider::Swap{.call = kMade, .request = 30, .with = came});
  ASSERT_EQ(commands<provider::Swap>().size(), 1u);
  EXPECT_EQ(commands<provider::Swap>()[0].with, kCame);
  ask(provider::Swap{.call = kMade, .request = 31, .with = kCame});
  EXPECT_EQ(commands<provider::Swap>().size(), 1u) << "a call of a process that died";
}

TEST_F(RelayTest, ACallBeingMadeIsNoneUnlessSomethingWentOut) {
  ask(provider::MakeCall{.call = kMade, .request = 11});
  ask(provider::MakeCall{.call = CallRef{8}, .request = 12});
  note(CallRef{8});
  die();
  const auto done = events<provider::Completed>();
  ASSERT_EQ(done.size(), 2u);
  for (const provider::Completed& each : done)
    EXPECT_EQ(each.error.has_value(), each.request == 11);
  EXPECT_LT(place_of<provider::Completed>(), place_of<provider::LineForcedClosed>());
  clear();
  be_back();
  EXPECT_EQ(first_.size(), 1u);
}

TEST_F(RelayTest, RequestsOfTheDeadAreAnswered) {
  make_call();
  ask(provider::Hold{kMade, 12});
  ask(provider::SendDigits{.call = kMade, .request = 13});
  tell(provider::Completed{kMade, 12, std::nullopt});
  clear();
  die();
  const auto done = events<provider::Completed>();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].request, 13u);
  EXPECT_TRUE(done[0].error);
}

TEST_F(RelayTest, NothingIsAskedOfAProcessThatIsNotThere) {
  die();
  clear();
  ask(provider::MakeCall{.call = kMade, .request = 11});
  ask(provider::Answer{.call = kCame, .request = 12});
  ask(provider::CloseCall{kCame});
  ask(provider::MonitorDigits{.call = kCame});
  ask(provider::ReportLedger{5});
  EXPECT_TRUE(out_.commands.empty());
  const auto done = events<provider::Completed>();
  ASSERT_EQ(done.size(), 2u);
  EXPECT_EQ(done[0].error->code, Errc::line_unavailable);
  EXPECT_EQ(done[1].error->code, Errc::stale_handle);
  EXPECT_EQ(events<provider::LedgerReport>().size(), 1u);
}

TEST_F(RelayTest, WhatIsAskedDuringAStartWaitsForIt) {
  die();
  clear();
  static_cast<void>(relay_.starts(out_));
  ask(provider::OpenLine{0});
  ask(provider::MakeCall{.call = kMade, .request = 11});
  EXPECT_TRUE(out_.commands.empty());
  relay_.serves(out_);
  ASSERT_EQ(out_.commands.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<provider::MakeCall>(out_.commands[1]));
  die();
  clear();
  static_cast<void>(relay_.starts(out_));
  ask(provider::MakeCall{.call = CallRef{8}, .request = 12});
  relay_.did_not_start("it does not start", now_, out_);
  ASSERT_EQ(events<provider::Completed>().size(), 1u);
  EXPECT_EQ(events<provider::Completed>()[0].error->code, Errc::line_unavailable);
}

TEST_F(RelayTest, ACallThatCameDuringAStartIsLostWithIt) {
  die();
  clear();
  static_cast<void>(relay_.starts(out_));
  be_called();
  die();
  EXPECT_EQ(events<provider::LineForcedClosed>().size(), 2u);
  clear();
  be_back();
  EXPECT_EQ(first_.size(), 1u);
}

TEST_F(RelayTest, TheCallsOfTwoProcessesHaveDifferentNames) {
  be_called();
  EXPECT_EQ(events<provider::NewCall>()[0].call, kCame);
  die();
  clear();
  be_back();
  clear();
  be_called();  // by the same number
  const auto calls = events<provider::NewCall>();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_NE(calls[0].call, kCame);
  EXPECT_TRUE(calls[0].call.minted_by_provider());
  EXPECT_EQ(events<provider::Recovery>()[0].call, calls[0].call);
  ask(provider::Answer{.call = calls[0].call, .request = 20});
  ASSERT_EQ(commands<provider::Answer>().size(), 1u);
  EXPECT_EQ(commands<provider::Answer>()[0].call, kCame) << "as the process calls it";
  ask(provider::Answer{.call = kCame, .request = 21});
  EXPECT_EQ(commands<provider::Answer>().size(), 1u) << "the process knows no such call";
  ASSERT_EQ(events<provider::Completed>().size(), 1u);
  EXPECT_EQ(events<provider::Completed>()[0].request, 21u);
}

TEST_F(RelayTest, TheDaemonsOrphansOutliveAProcessToo) {
  ask(provider::EndOrphan{.number = 3, .line = "alice", .recovery = "old"});
  EXPECT_EQ(commands<provider::EndOrphan>().size(), 1u);
  die();
  clear();
  be_back();
  ASSERT_EQ(first_.size(), 1u);
  EXPECT_EQ(first_[0].recovery, "old");
  tell(provider::OrphanEnded{.number = 3, .confirmation = Confirmation::already_gone});
  ASSERT_EQ(events<provider::OrphanEnded>().size(), 1u);
  die();
  clear();
  be_back();
  EXPECT_TRUE(first_.empty());
}

TEST_F(RelayTest, ACallThatKillsWhoEndsItIsGivenUp) {
  make_call();
  ask(provider::EndOrphan{.number = 3, .recovery = "old"});
  die();
  unsigned attempts = 0;
  for (unsigned i = 0; i < 2 * Relay::kAttemptsMax; ++i) {
    clear();
    be_back();
    for (const provider::EndOrphan& each : first_) attempts += each.recovery == "bytes" ? 1 : 0;
    if (!events<provider::Ended>().empty()) break;
    die();
  }
  EXPECT_EQ(attempts, Relay::kAttemptsMax);
  ASSERT_EQ(events<provider::Ended>().size(), 1u);
  EXPECT_EQ(events<provider::Ended>()[0].confirmation, Confirmation::unconfirmed);
}

TEST_F(RelayTest, AStartThatFailsIsNoAttemptToEndACall) {
  make_call();
  die();
  for (unsigned i = 0; i < 2 * Relay::kAttemptsMax; ++i) {
    EXPECT_EQ(relay_.starts(out_).size(), 1u);
    relay_.did_not_start("no", now_, out_);
  }
  EXPECT_TRUE(events<provider::Ended>().empty());
}

TEST_F(RelayTest, WithoutAnyProcessTheCallsAreGivenUpInTheEnd) {
  make_call();
  ask(provider::EndOrphan{.number = 3, .recovery = "old"});
  die();
  ASSERT_TRUE(relay_.next_deadline());
  clear();
  EXPECT_EQ(relay_.starts(out_).size(), 2u);
  relay_.did_not_start("it does not start", now_ + seconds(5), out_);
  EXPECT_TRUE(events<provider::LineForcedClosed>().empty()) << "who opened it since keeps it";
  relay_.tick(*relay_.next_deadline() - seconds(1), out_);
  EXPECT_TRUE(events<provider::Ended>().empty());
  relay_.tick(*relay_.next_deadline(), out_);
  ASSERT_EQ(events<provider::Ended>().size(), 1u);
  EXPECT_EQ(events<provider::Ended>()[0].confirmation, Confirmation::unconfirmed);
  EXPECT_EQ(events<provider::OrphanEnded>().size(), 1u);
  EXPECT_FALSE(relay_.next_deadline());
}

TEST_F(RelayTest, AnOrphanIsInTheBooksUntilItIsEnded) {
  constexpr auto kCalls = static_cast<std::size_t>(Resource::provider_calls);
  make_call();
  ask(provider::ReportLedger{1});
  die();
  ask(provider::ReportLedger{2});
  be_back();
  ask(provider::ReportLedger{3});
  tell(provider::LedgerReport{.token = 3});
  auto reports = events<provider::LedgerReport>();
  ASSERT_EQ(reports.size(), 3u) << "also the one that the dead one was asked for";
  for (const provider::LedgerReport& report : reports) {
    EXPECT_EQ(report.booked[kCalls], 1) << report.token;
    EXPECT_EQ(report.found[kCalls], 1) << report.token;
  }
  tell(provider::OrphanEnded{.number = first_[0].number});
  ask(provider::ReportLedger{4});
  tell(provider::LedgerReport{.token = 4});
  EXPECT_EQ(events<provider::LedgerReport>()[3].booked[kCalls], 0);
}

TEST_F(RelayTest, LinesThatAreAddedAndRemovedAreKnownToTheNextProcess) {
  ask(provider::AddLine{"carol", "config"});
  ASSERT_EQ(commands<provider::AddLine>().size(), 1u);
  tell(provider::LineAdded{2, {.name = "carol"}});
  ask(provider::RemoveLine{"alice", "gone"});
  ASSERT_EQ(commands<provider::RemoveLine>().size(), 1u);
  tell(provider::LineGone{0, "gone"});
  die();
  ask(provider::RemoveLine{"bob", "gone too"});
  const auto gone = events<provider::LineGone>();
  ASSERT_EQ(gone.size(), 2u);
  EXPECT_EQ(gone[1].line, 1u) << "at once, though there is no process";
  EXPECT_EQ(relay_.line_changes().size(), 3u);
  clear();
  be_back();
  EXPECT_TRUE(commands<provider::RemoveLine>().empty()) << "it was told at its start";
  tell(provider::LineAdded{2, {.name = "carol", .calls_max = 3}});
  ASSERT_EQ(events<provider::LineAdded>().size(), 1u) << "configured again";
  EXPECT_EQ(events<provider::LineAdded>()[0].info.calls_max, 3u);
  tell(provider::LineAdded{1, {.name = "bob"}});
  EXPECT_EQ(events<provider::LineAdded>().size(), 1u) << "what has gone does not come back";
}

TEST_F(RelayTest, AStopReachesTheNextProcess) {
  make_call();
  die();
  ask(provider::Stop{});
  EXPECT_TRUE(events<provider::Stopped>().empty()) << "there is a call to be ended";
  clear();
  be_back();
  EXPECT_EQ(commands<provider::Stop>().size(), 1u);
  EXPECT_EQ(first_.size(), 1u);
  tell(provider::Stopped{});
  EXPECT_EQ(events<provider::Stopped>().size(), 1u);
}

TEST_F(RelayTest, WithoutCallsAndProcessAStopIsDoneAtOnce) {
  die();
  ask(provider::Stop{});
  EXPECT_EQ(events<provider::Stopped>().size(), 1u);
}

TEST_F(RelayTest, AProcessThatBreaksTheRulesIsRefused) {
  EXPECT_TRUE(refuses(provider::LineAdded{0, {.name = "carol"}})) << "another one's number";
  EXPECT_TRUE(refuses(provider::LineAdded{5, {.name = "carol"}})) << "out of turn";
  EXPECT_TRUE(refuses(provider::LineGone{2, ""}));
  EXPECT_TRUE(refuses(provider::LineForcedClosed{2, ""}));
  EXPECT_TRUE(refuses(provider::LineStatus{2, true, ""}));
  EXPECT_TRUE(refuses(provider::NewCall{.call = kMade})) << "a name that the engine gives";
  EXPECT_TRUE(refuses(provider::NewCall{.call = CallRef{kCame.value | std::uint64_t{1} << 50}}));
  EXPECT_TRUE(refuses(provider::NewCall{.call = kCame, .line = 2}));
  be_called();
  EXPECT_TRUE(refuses(provider::NewCall{.call = kCame}));
  EXPECT_TRUE(refuses(provider::Stopped{})) << "nobody asked it to";
  EXPECT_TRUE(refuses(provider::Failed{"no"}));
}

TEST_F(RelayTest, WhatIsSaidOfCallsThatAreNotTheProcesssOwnChangesNothing) {
  make_call();
  die();
  be_back();
  clear();
  tell(provider::Ended{.call = kMade});
  tell(provider::StateChanged{.call = kMade, .state = CallState::connected});
  tell(provider::Completed{kMade, 11, std::nullopt});
  note(kMade);
  note(CallRef{99});
  tell(provider::LedgerReport{.token = 77});
  tell(provider::OrphanEnded{.number = 77});
  EXPECT_TRUE(out_.events.empty());
}

TEST_F(RelayTest, TellsTheNextProcessToTraceAndNamesCallsAsTheEngineDoes) {
  ask(provider::Trace{.on = true, .secrets = true});
  die();
  clear();
  be_back();
  const auto again = commands<provider::Trace>();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_TRUE(again[0].on && again[0].secrets);
  clear();
  be_called();
  tell(provider::Traced{.call = kCame});
  tell(provider::Traced{});  // of no call
  const auto came = events<provider::NewCall>();
  const auto traced = events<provider::Traced>();
  ASSERT_EQ(came.size(), 1u);
  ASSERT_EQ(traced.size(), 2u);
  EXPECT_EQ(traced[0].call, came[0].call);
  EXPECT_FALSE(traced[1].call);
  ask(provider::Trace{});
  die();
  clear();
  be_back();
  EXPECT_TRUE(commands<provider::Trace>().empty()) << "nobody wants it any more";
}

}  // namespace
}  // namespace switchhook::remote
