// SPDX-License-Identifier: Apache-2.0
// Every standing of a session x every input: the table has an answer, and the engine does what the
// table says. Each pair gets a world of its own.
#include "core/transition_table.hpp"

#include <algorithm>
#include <functional>

#include "tests/unit/core/engine_world.hpp"

namespace switchhook::core::test {
namespace {

using enum SessionInput;

constexpr seconds kNoAnswer{15}, kLength{20};  // before anything at the provider is overdue

/// A session in a certain standing, with its sole owner A and, if wanted, a monitor M.
class Stage {
 public:
  Stage(Standing standing, SessionInput input) : standing_(standing), input_(input) {
    const bool alone = input == last_holder_gone;
    const std::uint32_t version = input == ask_release_pre_20 ? 0x00010004 : api::kApiVersionLatest;
    a_ = &world_.app("A", kOwner, version);
    if (!alone) m_ = &world_.app("M", kMonitor);
    bring();
    state_ =
        standing_ == Standing::being_made ? CallState::unknown : world_.snapshot(*a_).record.state;
  }

  World& world() { return world_; }

  /// Applies the input, or says that it cannot be produced in this standing (nullopt).
  std::optional<Words> apply() {
    if (input_ >= report_idle && input_ <= report_unknown) {
      const auto state =
          static_cast<CallState>(static_cast<int>(input_) - static_cast<int>(report_idle));
      if (state == CallState::disconnected) return world_.report(ref_, state, Cause{});
      return world_.report(ref_, state, 1);  // with a detail, so that it is always news
    }
    if (input_ <= ask_release_pre_20) return world_.act(*a_, asked());
    switch (input_) {
      case owner_released:
        if (standing_ == Standing::being_made) return std::nullopt;
        return world_.act(*a_, api::ReleaseCall{a_->call});
      case last_owner_gone:
        if (standing_ == Standing::being_made) return std::nullopt;
        return world_.lose(*a_);
      case last_holder_gone:
        return world_.lose(*a_);
      case no_answer_due:
        if (standing_ == Standing::being_made) return std::nullopt;  // the limits run from `made`
        return world_.advance(kNoAnswer);
      case length_due:
        if (standing_ == Standing::being_made) return std::nullopt;
        return world_.advance(kLength);
      case make_overdue:
        if (standing_ == Standing::being_made) return world_.advance(limits::kProviderAnswer);
        return std::nullopt;
      case drop_overdue:
        if (standing_ == Standing::idle || standing_ == Standing::being_made) return std::nullopt;
        if (standing_ == Standing::disconnected) return std::nullopt;  // see DropCrossing below
        if (standing_ != Standing::cut) world_.act(*a_, api::DropCall{a_->call});
        return world_.advance(limits::kProviderAnswer);
      case line_lost:
        return world_.post(provider::LineForcedClosed{0, "test"});
      case made:
        if (standing_ != Standing::being_made) return std::nullopt;
        return world_.complete("make");
      case not_made:
        if (standing_ != Standing::being_made) return std::nullopt;
        return world_.complete("make", Error{Errc::failed, "no"});
      case report_information:
        return world_.post(provider::InfoChanged{.call = ref_, .connected = Party{"1", "one"}});
      case report_digit:
        return world_.post(provider::DigitReceived{ref_, '5', digits::kDtmf});
      case ended:
        return world_.ended(ref_);
      default:
        return std::nullopt;  // nobody_owns: see Unowned below
    }
  }

  [[nodiscard]] std::string command_name() const {
    static constexpr const char* kNames[] = {
        "accept",       "answer",       "drop",        "hold",           "unhold",   "transfer",
        "swap",         "swap",         "send digits", "monitor digits", "hand off", "privilege",
        "app specific", "release info", "get call",    "release",        "release"};
    return kNames[static_cast<std::size_t>(input_)];
  }

  [[nodiscard]] CallState state_before() const { return state_; }
  TestApp& a() { return *a_; }
  TestApp* m() { return m_; }
  [[nodiscard]] std::uint64_t late() {
    TestApp& inspector = world_.attach("late");
    return world_.late(inspector);
  }

 private:
  void bring() {
    if (input_ == ask_swap || input_ == ask_swap_held) {
      const provider::CallRef ref = world_.make(*a_);
      if (input_ == ask_swap) world_.report(ref, CallState::on_hold);
      other_ = a_->call;
      a_->call = {};
    }
    world_.act(
        *a_, api::MakeCall{
                 .open = a_->open,
                 .address = "200",
                 .no_answer_timeout =
                     standing_ == Standing::cut || input_ == no_answer_due ? kNoAnswer : seconds{0},
                 .length_limit = input_ == length_due ? kLength : seconds{0}});
    for (const Output& output : world_.last)
      if (const auto* command = std::get_if<ToProvider>(&output))
        if (const auto* make = std::get_if<provider::MakeCall>(&command->command))
          ref_ = make->call;
    if (standing_ == Standing::being_made) return;
    world_.complete("make");
    if (input_ == length_due && standing_ != Standing::cut)
      world_.report(ref_, CallState::connected);
    if (standing_ == Standing::cut) {
      world_.advance(kNoAnswer);
    } else if (standing_ != Standing::unknown || input_ == length_due) {
      world_.bring(ref_, static_cast<CallState>(standing_));
    }
  }

  api::Command asked() {
    const api::CallId call = a_->call;
    switch (input_) {
      case ask_accept:
        return api::AcceptCall{call};
      case ask_answer:
        return api::AnswerCall{call};
      case ask_drop:
        return api::DropCall{call};
      case ask_hold:
        return api::HoldCall{call};
      case ask_unhold:
        return api::UnholdCall{call};
      case ask_transfer:
        return api::TransferCall{.call = call, .address = "201"};
      case ask_swap:
        return api::SwapHold{.call = call, .with = other_};
      case ask_swap_held:
        return api::SwapHold{.call = other_, .with = call};
      case ask_send_digits:
        return api::SendDigits{.call = call, .digits = "1"};
      case ask_monitor_digits:
        return api::MonitorDigits{call, digits::kDtmf};
      case ask_hand_off: {
        TestApp& other = world_.app("B", kOwner);
        return api::HandOff{call, other.name};
      }
      case ask_give_up_ownership:
        return api::SetPrivilege{call, Privilege::monitor};
      case ask_set_app_specific:
        return api::SetAppSpecific{call, 5};
      case ask_release_user_info:
        return api::ReleaseUserInfo{call};
      case ask_information:
        return api::GetCall{call};
      default:
        return api::ReleaseCall{call};
    }
  }

  Standing standing_;
  SessionInput input_;
  World world_;
  TestApp* a_ = nullptr;
  TestApp* m_ = nullptr;
  api::CallId other_;  // of a swap
  provider::CallRef ref_;
  CallState state_ = CallState::unknown;
};

bool contains(const Words& words, const std::string& part) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return word.find(part) != word.npos; });
}

/// The same for what providers report.
void expect_reported(Action action, SessionInput input, const Words& words) {
  switch (action) {
    case Action::enter: {
      const std::string entered(to_string(
          static_cast<CallState>(static_cast<int>(input) - static_cast<int>(report_idle))));
      EXPECT_THAT(words, ElementsAre("A " + entered, "M " + entered));
      break;
    }
    case Action::disconnect:
      EXPECT_THAT(words, ElementsAre("A disconnected (normal, remote party)",
                                     "M disconnected (normal, remote party)"));
      break;
    case Action::idle:
      EXPECT_TRUE(contains(words, "A idle"));
      EXPECT_TRUE(contains(words, "M idle"));
      EXPECT_TRUE(contains(words, "P close"));
      break;
    case Action::absorb:
      EXPECT_THAT(words, IsEmpty());
      break;
    case Action::make_succeeded:
      EXPECT_THAT(words, ElementsAre("A make ok", "M appears as monitor", "M unknown as monitor"));
      break;
    case Action::make_failed:
      if (input == ended) {
        EXPECT_THAT(words, ElementsAre("P close", "A make failed"));  // it knew the call
      } else {
        EXPECT_THAT(words, ElementsAre("A make failed"));
      }
      break;
    case Action::note:
      EXPECT_FALSE(contains(words, "A idle"));
      break;
    case Action::lose:
      EXPECT_TRUE(contains(words, "A idle (temporary failure, provider)"));
      EXPECT_TRUE(contains(words, "P close"));
      break;
    default:
      FAIL() << "not for a report";
  }
}

/// What must come out of the engine for an action of the table.
void expect(Action action, Stage& stage, SessionInput input, const Words& words,
            std::uint64_t late_before) {
  const std::uint64_t late = stage.late() - late_before;
  if (action != Action::late) {
    EXPECT_EQ(late, 0u);
  }
  const std::string name = input <= ask_release_pre_20 ? "A " + stage.command_name() : "";
  switch (action) {
    case Action::undefined:
      FAIL();
    case Action::refuse:
      EXPECT_THAT(words, ElementsAre(name + " invalid_state"));
      break;
    case Action::late:
      EXPECT_EQ(late, 1u);
      EXPECT_THAT(words, IsEmpty());
      break;
    case Action::not_applicable:
      if (input <= ask_release_pre_20) {
        EXPECT_THAT(words, ElementsAre(name + " stale_handle"));
      } else {
        EXPECT_THAT(words, IsEmpty());
      }
      break;
    case Action::allow:
      if (input <= ask_release_pre_20) {
        EXPECT_EQ(words.front(), name + " ok");
      }
      EXPECT_FALSE(contains(words, "invalid_state"));
      break;
    case Action::forward:
      if (input == ask_send_digits) {
        EXPECT_THAT(words, ElementsAre(name + " ok", "P digits '1'"));
      } else {
        EXPECT_THAT(words, ElementsAre(name + " accepted", "P " + stage.command_name()));
      }
      break;
    case Action::keep:
      EXPECT_FALSE(contains(words, "P drop"));
      EXPECT_FALSE(contains(words, "idle"));
      EXPECT_FALSE(contains(words, "disconnected"));
      break;
    case Action::drop:
      EXPECT_TRUE(contains(words, "P drop")) << ::testing::PrintToString(words);
      EXPECT_FALSE(contains(words, "idle"));
      EXPECT_FALSE(contains(words, "P close call"));
      break;
    case Action::clear:
      EXPECT_FALSE(contains(words, "P drop"));
      EXPECT_TRUE(contains(words, "P close"));
      if (input == ask_drop) {
        EXPECT_THAT(words,
                    ElementsAre(name + " accepted", name + " ok", ::testing::StartsWith("A idle"),
                                ::testing::StartsWith("M idle"), "P close"));
      }
      break;
    case Action::close:
      EXPECT_TRUE(contains(words, "P drop")) << ::testing::PrintToString(words);
      EXPECT_TRUE(contains(words, "P close"));
      break;
    case Action::cut:
      EXPECT_TRUE(contains(words, "P drop"));
      EXPECT_TRUE(contains(words, "A disconnected"));
      EXPECT_TRUE(contains(words, "policy"));
      EXPECT_FALSE(contains(words, "P close"));
      break;
    default:
      expect_reported(action, input, words);
  }
}

class EveryPair : public ::testing::TestWithParam<int> {};

TEST_P(EveryPair, DoesWhatTheTableSays) {
  // Section 2: "No fixed sequence is guaranteed", "IDLE is absorbing"; and no silent default.
  const auto input = static_cast<SessionInput>(GetParam());
  for (std::size_t i = 0; i < kStandingCount; ++i) {
    const auto standing = static_cast<Standing>(i);
    SCOPED_TRACE(std::string(to_string(standing)) + " x " + std::string(to_string(input)));
    const Rule rule = rule_for(standing, input);
    ASSERT_NE(rule.action, Action::undefined);
    EXPECT_EQ(rule.action == Action::not_applicable, !rule.because.empty());
    Stage stage(standing, input);
    const std::uint64_t late = stage.late();
    const std::optional<Words> words = stage.apply();
    if (words) expect(rule.action, stage, input, *words, late);
    stage.world().give_back();
  }
}

INSTANTIATE_TEST_SUITE_P(TransitionTable, EveryPair,
                         ::testing::Range(0, static_cast<int>(kSessionInputCount)),
                         [](const auto& pair) {
                           std::string name(to_string(static_cast<SessionInput>(pair.param)));
                           std::erase_if(name, [](char c) { return c == '.'; });
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

TEST(TransitionTable, IdleIsNeverLeft) {
  // Section 2, rule 2: "IDLE is absorbing" (linecallstate--constants).
  for (std::size_t i = 0; i < kSessionInputCount; ++i) {
    const Action action = rule_for(Standing::idle, static_cast<SessionInput>(i)).action;
    for (const Action leaving :
         {Action::drop, Action::clear, Action::close, Action::cut, Action::enter,
          Action::disconnect, Action::idle, Action::make_succeeded, Action::lose, Action::forward})
      EXPECT_NE(action, leaving) << to_string(static_cast<SessionInput>(i));
  }
}

TEST(TransitionTable, DisconnectedIsLeftOnlyForIdle) {
  // Section 2, rule 3: DISCONNECTED "still has to be cleared", which moves it to IDLE.
  for (const Standing standing : {Standing::disconnected, Standing::cut})
    for (std::size_t i = 0; i < kSessionInputCount; ++i) {
      const Action action = rule_for(standing, static_cast<SessionInput>(i)).action;
      for (const Action other : {Action::enter, Action::disconnect, Action::drop, Action::close,
                                 Action::cut, Action::forward, Action::make_succeeded})
        EXPECT_NE(action, other) << to_string(static_cast<SessionInput>(i));
    }
}

using DropCrossing = EngineTest;

TEST_F(DropCrossing, IsOverdueInDisconnected) {
  // The cell disconnected x drop overdue: the far end was quicker, the provider never answers.
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.report(call, CallState::disconnected, Cause{.mode = DisconnectMode::busy}),
              ElementsAre("A disconnected (busy, remote party)"));
  EXPECT_THAT(world.advance(limits::kProviderAnswer),
              ElementsAre("A drop timed_out", "A idle (busy, remote party)", "P close"));
  world.act(a, api::ReleaseCall{a.call});
  world.all_gone();
}

using Given = EngineTest;

TEST_F(Given, UpWhileBeingMadeAndThenMadeAfterAll) {
  // The cell idle x made: the creating application closed its line before the provider answered.
  TestApp& a = world.app("A", kOwner);
  world.act(a, api::MakeCall{.open = a.open, .address = "200"});
  EXPECT_THAT(world.act(a, api::CloseLine{a.open}),
              ElementsAre("P drop normal", "P close", "P close line", "A close ok"));
  EXPECT_THAT(world.complete("make"), IsEmpty());
  world.all_gone();
  ASSERT_EQ(world.records.size(), 1u);
  EXPECT_EQ(world.records[0].end->origin, EndOrigin::line_closed);
  EXPECT_EQ(world.records[0].end->cause.mode, DisconnectMode::cancelled);
}

TEST_F(Given, UpWhileBeingMadeAndNeverMade) {
  // The cell idle x not made.
  TestApp& a = world.app("A", kOwner);
  world.act(a, api::MakeCall{.open = a.open, .address = "200"});
  EXPECT_THAT(world.lose(a), ElementsAre("P drop normal", "P close", "P close line", "gone"));
  EXPECT_THAT(world.complete("make", Error{Errc::failed, ""}), ElementsAre("record"));
  world.all_gone();
  EXPECT_EQ(world.records[0].end->origin, EndOrigin::application_lost);
  EXPECT_EQ(world.records[0].end->confirmation, Confirmation::not_applicable);
}

}  // namespace
}  // namespace switchhook::core::test
