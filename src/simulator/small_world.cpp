// SPDX-License-Identifier: Apache-2.0
#include "simulator/small_world.hpp"

#include <array>

#include "base/limits.hpp"
#include "simulator/words.hpp"

namespace switchhook::simulator {
namespace {

using std::chrono::seconds;

constexpr std::array<std::string_view, kPhases> kPhaseNames = {
    "being made", "dialing",  "ringback", "connected",
    "on hold",    "offering", "answered", "disconnected"};
constexpr std::array<std::string_view, kSeconds> kSecondNames = {"alone", "with a monitor",
                                                                 "with a second owner"};
constexpr std::array<std::string_view, kEndings> kEndingNames = {"nothing",
                                                                 "A drops",
                                                                 "A gives its ownership up",
                                                                 "A releases",
                                                                 "A closes its line",
                                                                 "A shuts down",
                                                                 "A vanishes",
                                                                 "B drops",
                                                                 "B gives its ownership up",
                                                                 "B releases",
                                                                 "B closes its line",
                                                                 "B shuts down",
                                                                 "B vanishes",
                                                                 "the far end hangs up",
                                                                 "the provider says idle",
                                                                 "the provider loses the call",
                                                                 "the line is closed by force",
                                                                 "the line goes",
                                                                 "the provider fails",
                                                                 "the no-answer limit",
                                                                 "the length limit",
                                                                 "the service stops",
                                                                 "an operator reclaims",
                                                                 "an operator hangs up"};

constexpr seconds kNoAnswer{4}, kLength{5};  // before a provider's answer is overdue

}  // namespace

std::string_view to_string(Phase phase) {
  return kPhaseNames[static_cast<std::size_t>(phase)];
}
std::string_view to_string(Second second) {
  return kSecondNames[static_cast<std::size_t>(second)];
}
std::string_view to_string(Ending ending) {
  return kEndingNames[static_cast<std::size_t>(ending)];
}

SmallWorld::SmallWorld(Violations& violations, Ladder* ladder)
    : violations_(violations),
      ladder_(ladder),
      a_(violations, "A"),
      b_(violations, "B"),
      inspector_(violations, "inspector"),
      provider_(violations, "P") {}

void SmallWorld::note(const std::string& from, const std::string& to, const std::string& what) {
  if (ladder_ != nullptr) ladder_->note(now_.monotonic, from, to, what);
}

// ---- the engine

void SmallWorld::apply(decltype(core::Input::what) what) {
  ++steps_;
  outputs_.clear();
  engine_.apply(core::Input{now_, std::move(what)}, outputs_);
  for (core::Output& output : outputs_) carry_out(output);
}

SmallWorld::App* SmallWorld::app_of(api::AppId id) {
  for (App* app : {&a_, &b_, &inspector_})
    if (app->id == id) return app;
  return nullptr;
}

void SmallWorld::carry_out(core::Output& output) {
  if (auto* reply = std::get_if<core::ToAppReply>(&output)) {
    App& app = *app_of(reply->app);
    if (&app == &inspector_) {
      if (!reply->reply.result) return;
      if (const auto* audit = std::get_if<api::AuditReport>(&*reply->reply.result))
        app.audit = *audit;
      if (const auto* page = std::get_if<api::RecordPage>(&*reply->reply.result)) {
        app.seen.clear();
        app.sessions = page->records;
        for (const Record& record : page->records) {
          for (const TimelineEntry& entry : record.timeline)
            app.seen += static_cast<char>('a' + static_cast<int>(entry.state));
          if (record.end)
            app.seen += "/" + std::to_string(static_cast<int>(record.end->origin)) + "," +
                        std::to_string(static_cast<int>(record.end->cause.mode)) + "," +
                        std::to_string(static_cast<int>(record.end->confirmation));
          for (const HolderRecord& holder : record.holders)
            app.seen += holder.released ? '-' : holder.privilege == Privilege::owner ? 'O' : 'M';
        }
      }
      return;
    }
    note("engine", app.witness.name(), words_of(reply->reply));
    app.witness.hear(reply->reply);
    if (reply->reply.result)
      if (const auto* opened = std::get_if<api::OpenedLine>(&*reply->reply.result))
        app.open = opened->open;
  } else if (auto* event = std::get_if<core::ToAppEvent>(&output)) {
    App& app = *app_of(event->app);
    if (&app == &inspector_) return;
    note("engine", app.witness.name(), words_of(event->event));
    app.witness.hear(event->event);
  } else if (auto* command = std::get_if<core::ToProvider>(&output)) {
    provider_.told(command->command);
    if (const auto* make = std::get_if<provider::MakeCall>(&command->command)) call_ = make->call;
    if (!provider_gone_) commands_.push_back(std::move(command->command));
  } else if (const auto* set = std::get_if<core::SetTimer>(&output)) {
    timers_[set->timer] = set->at;
  } else if (const auto* clear = std::get_if<core::ClearTimer>(&output)) {
    timers_.erase(clear->timer);
  } else if (const auto* done = std::get_if<core::RecordDone>(&output)) {
    keep(done->record);
  } else if (std::holds_alternative<core::AllStopped>(output)) {
    stopped_ = true;
  }
}

void SmallWorld::keep(const Record& record) {
  if (!records_.insert(record.session).second)
    violations_.report(Invariant::one_record, "two records of one session");
  if (!record.end)
    return violations_.report(Invariant::end_has_a_reason, "a record without an end");
  if (record.end->confirmation == Confirmation::pending)
    violations_.report(Invariant::one_record, "a record that is not final");
}

void SmallWorld::attach(App& app) {
  app.id = engine_.new_app();
  apply(core::AppAttached{app.id, {.name = app.witness.name(), .user = "u", .process = 1}});
}

void SmallWorld::open(App& app, Privilege privilege) {
  attach(app);
  ask(app, api::OpenLine{0, static_cast<std::uint8_t>(privilege), media::kVoice});
}

void SmallWorld::ask(App& app, api::Command command) {
  const api::RequestId request = ++app.last;
  if (&app != &inspector_) {
    note(app.witness.name(), "engine", std::to_string(request) + " " + words_of(command));
    app.witness.asked(request, command);
  }
  apply(core::AppCommand{app.id, request, std::move(command)});
}

// ---- the provider

void SmallWorld::post(provider::Event event) {
  provider_.tells(event);
  events_.push_back(std::move(event));
}

void SmallWorld::report(CallState state, std::optional<Cause> cause) {
  reported_ = state;
  post(provider::StateChanged{.call = call_, .state = state, .cause = std::move(cause)});
}

void SmallWorld::complete(provider::RequestNumber request, bool good) {
  provider::Completed done{.call = call_, .request = request};
  if (!good) done.error = Error{Errc::stale_handle, "no such call"};
  post(std::move(done));
}

void SmallWorld::react(const provider::Command& command) {
  const auto end = [this] {
    post(provider::Ended{.call = call_, .confirmation = Confirmation::confirmed});
    has_call_ = false;
  };
  if (const auto* make = std::get_if<provider::MakeCall>(&command)) {
    has_call_ = born_ = true;
    complete(make->request);
    report(CallState::dialing);
  } else if (const auto* answer = std::get_if<provider::Answer>(&command)) {
    complete(answer->request, has_call_);
    if (has_call_) report(CallState::connected);
  } else if (const auto* hold = std::get_if<provider::Hold>(&command)) {
    complete(hold->request, has_call_);
    if (has_call_) report(CallState::on_hold);
  } else if (const auto* drop = std::get_if<provider::Drop>(&command)) {
    complete(drop->request, has_call_);
    if (has_call_) {
      report(CallState::idle);
      end();
    }
  } else if (std::holds_alternative<provider::CloseCall>(command)) {
    if (has_call_) end();
  } else if (const auto* ledger = std::get_if<provider::ReportLedger>(&command)) {
    provider::LedgerReport books{.token = ledger->token};
    constexpr auto kCalls = static_cast<std::size_t>(Resource::provider_calls);
    books.booked[kCalls] = books.found[kCalls] = has_call_ ? 1 : 0;
    post(std::move(books));
  } else if (std::holds_alternative<provider::Stop>(command)) {
    if (has_call_) end();
    post(provider::Stopped{});
  }
}

void SmallWorld::deliver_command() {
  const provider::Command command = std::move(commands_.front());
  commands_.pop_front();
  note("engine", "P", words_of(command));
  react(command);
}

void SmallWorld::deliver_event() {
  provider::Event event = std::move(events_.front());
  events_.pop_front();
  note("P", "engine", words_of(event));
  if (std::holds_alternative<provider::Failed>(event)) provider_gone_ = true;
  apply(core::ProviderEvent{0, std::move(event)});
  if (provider_gone_) {
    commands_.clear();
    events_.clear();
  }
}

void SmallWorld::deliver_all() {
  while (!commands_.empty() || !events_.empty()) {
    if (!commands_.empty()) deliver_command();
    if (!events_.empty()) deliver_event();
  }
}

// ---- the call

void SmallWorld::begin(Phase phase, Second second) {
  attach(inspector_);
  apply(core::ProviderAttached{0, "P"});
  LineInfo line;
  line.name = line.address = "100";
  post(provider::LineAdded{0, line});
  deliver_all();
  open(a_, Privilege::owner);
  if (second != Second::none)
    open(b_, second == Second::monitor ? Privilege::monitor : Privilege::owner);
  deliver_all();
  if (phase == Phase::offering || phase == Phase::answered) {
    call_ = {provider::CallRef::kMintedByProvider | 1};
    has_call_ = born_ = true;
    post(provider::NewCall{.call = call_, .line = 0});
    report(CallState::offering);
    deliver_all();
    if (phase == Phase::answered && !a_.witness.held().empty())
      ask(a_, api::AnswerCall{a_.witness.held().begin()->first, {}});
    return deliver_all();
  }
  ask(a_, api::MakeCall{.open = a_.open,
                        .address = "200",
                        .no_answer_timeout = kNoAnswer,
                        .length_limit = kLength});
  if (phase == Phase::making) return;
  deliver_all();
  if (second == Second::owner && !a_.witness.held().empty())
    ask(a_, api::HandOff{a_.witness.held().begin()->first, "B", 0});
  if (phase == Phase::dialing) return;
  report(CallState::ringback);
  deliver_all();
  if (phase == Phase::ringback) return;
  report(CallState::connected);
  deliver_all();
  if (phase == Phase::on_hold)
    ask(a_, api::HoldCall{a_.witness.held().begin()->first});
  else if (phase == Phase::disconnected)
    report(CallState::disconnected, Cause{});
  deliver_all();
}

bool SmallWorld::possible(Ending ending) const {
  const auto here = [](const App& app) { return app.id && !app.witness.leaving(); };
  const auto holds = [&](const App& app) { return here(app) && !app.witness.held().empty(); };
  const bool speaks = has_call_ && !provider_gone_ && reported_ != CallState::idle;
  switch (ending) {
    case Ending::none:
      return false;
    case Ending::a_drops:
    case Ending::a_gives_up:
    case Ending::a_releases:
      return holds(a_);
    case Ending::b_drops:
    case Ending::b_gives_up:
    case Ending::b_releases:
      return holds(b_);
    case Ending::a_closes_line:
      return here(a_) && !a_.witness.openings().empty();
    case Ending::b_closes_line:
      return here(b_) && !b_.witness.openings().empty();
    case Ending::a_shuts_down:
    case Ending::a_vanishes:
      return here(a_);
    case Ending::b_shuts_down:
    case Ending::b_vanishes:
      return here(b_);
    case Ending::far_end_hangs_up:
      return speaks && reported_ != CallState::disconnected;
    case Ending::provider_says_idle:
    case Ending::provider_loses_it:
      return speaks;
    case Ending::line_closed_by_force:
    case Ending::line_gone:
      return !provider_gone_ && !line_gone_;
    case Ending::provider_fails:
      return !provider_gone_;
    case Ending::no_answer_limit:
    case Ending::length_limit:
      return !timers_.empty();
    case Ending::service_stops:
    case Ending::operator_reclaims:
    case Ending::operator_hangs_up:
      return !stopping_;
  }
  return false;
}

void SmallWorld::happen(Ending ending) {
  note("world", "world", std::string(to_string(ending)));
  const bool second = ending >= Ending::b_drops && ending <= Ending::b_vanishes;
  App& app = second ? b_ : a_;
  switch (ending) {
    case Ending::none:
      return;
    case Ending::a_drops:
    case Ending::b_drops:
      return ask(app, api::DropCall{app.witness.held().begin()->first});
    case Ending::a_gives_up:
    case Ending::b_gives_up:
      return ask(app, api::SetPrivilege{app.witness.held().begin()->first, Privilege::monitor});
    case Ending::a_releases:
    case Ending::b_releases:
      let_go_ = true;
      return ask(app, api::ReleaseCall{app.witness.held().begin()->first});
    case Ending::a_closes_line:
    case Ending::b_closes_line:
      return ask(app, api::CloseLine{app.open});
    case Ending::a_shuts_down:
    case Ending::b_shuts_down:
      return ask(app, api::ShutDown{});
    case Ending::a_vanishes:
    case Ending::b_vanishes:
      app.witness.vanished();
      return apply(core::AppLost{app.id, "it died"});
    case Ending::far_end_hangs_up:
      return report(CallState::disconnected, Cause{});
    case Ending::provider_says_idle:
      return report(CallState::idle, Cause{});
    case Ending::provider_loses_it:
      has_call_ = false;
      return post(provider::Ended{.call = call_});
    case Ending::line_closed_by_force:
      return post(provider::LineForcedClosed{0, "by force"});
    case Ending::line_gone:
      line_gone_ = true;
      return post(provider::LineGone{0, "gone"});
    case Ending::provider_fails:
      has_call_ = false;
      return post(provider::Failed{"it failed"});
    case Ending::no_answer_limit:
      return pass(kNoAnswer);
    case Ending::length_limit:
      return pass(kLength);
    case Ending::service_stops:
      stopping_ = true;
      return apply(core::StopAll{"stop"});
    case Ending::operator_reclaims:
      return ask(inspector_, api::Reclaim{});
    case Ending::operator_hangs_up:
      ask(inspector_, api::ListSessions{});
      for (const Record& record : inspector_.sessions)
        ask(inspector_, api::HangUp{{record.session}});
      return;
  }
}

/// Time passes, and what is due happens.
void SmallWorld::pass(std::chrono::nanoseconds time) {
  const auto until = now_.monotonic + time;
  while (!timers_.empty()) {
    auto first = timers_.begin();
    for (auto it = timers_.begin(); it != timers_.end(); ++it)
      if (it->second < first->second) first = it;
    if (first->second > until) break;
    now_.monotonic = std::max(now_.monotonic, first->second);
    const std::uint64_t timer = first->first;
    timers_.erase(first);
    apply(core::TimerDue{timer});
  }
  now_.monotonic = until;
}

/// Everything was answered: nothing lives unowned, and what is held answers.
void SmallWorld::look() {
  ask(inspector_, api::ListSessions{});
  for (const Record& record : inspector_.sessions)
    if (lives_unowned(record) && (!let_go_ || record.state == CallState::disconnected))
      violations_.report(Invariant::owned_or_ending,
                         "it lives without an owner, " + std::string(to_string(record.state)));
  for (App* app : {&a_, &b_}) {
    if (!app->id || app->witness.leaving()) continue;
    const auto held = app->witness.held();
    for (const auto& [call, state] : held) ask(*app, api::GetCall{call});
  }
}

void SmallWorld::finish() {
  deliver_all();
  pass(limits::kProviderAnswer + seconds(1));
  deliver_all();
  look();
  for (App* app : {&a_, &b_}) {
    if (!app->id || app->witness.leaving()) continue;
    if (app->witness.unanswered_count() != 0)
      violations_.report(Invariant::completed_once,
                         app->witness.name() + " never got:" + app->witness.unanswered());
    ask(*app, api::ShutDown{});
    deliver_all();
  }
  for (int i = 0; i < 4; ++i) {
    pass(limits::kProviderAnswer + limits::kProviderLinger);
    deliver_all();
  }
  ask(inspector_, api::RunAudit{});
  deliver_all();
  if (!stopping_) {
    if (!inspector_.audit || !inspector_.audit->clean() || !inspector_.audit->all_zero())
      violations_.report(Invariant::provider_returns_all, !inspector_.audit ? "no audit"
                                                          : inspector_.audit->clean()
                                                              ? "something is left"
                                                              : inspector_.audit->findings.front());
    apply(core::StopAll{"the end"});
    deliver_all();
  }
  pass(seconds(200));
  deliver_all();
  if (!stopped_) violations_.report(Invariant::service_stops, "it does not stop");
  if (!timers_.empty()) violations_.report(Invariant::service_stops, "a timer is left");
  if (born_ ? records_.size() != 1 : records_.size() > 1)
    violations_.report(Invariant::one_record,
                       std::to_string(records_.size()) + " records of one session");
}

std::uint64_t SmallWorld::state() {
  ask(inspector_, api::ListSessions{});
  std::string all = inspector_.seen;
  for (const App* app : {&a_, &b_}) {
    const Witness& witness = app->witness;
    all += '|';
    all += static_cast<char>('0' + (app->id ? 1 : 0) + (witness.leaving() ? 2 : 0) +
                             (witness.gone() ? 4 : 0));
    all += std::to_string(witness.openings().size()) + "," +
           std::to_string(witness.unanswered_count());
    for (const auto& [call, held] : witness.held())
      all += static_cast<char>('a' + static_cast<int>(held.state));
  }
  all += has_call_ ? "|c" : "|-";
  all += provider_gone_ ? 'g' : '-';
  all += stopping_ ? 's' : '-';
  all += std::to_string(records_.size());
  for (const auto& command : commands_) all += static_cast<char>('A' + command.index());
  all += '>';
  for (const auto& event : events_) {
    all += static_cast<char>('A' + event.index());
    if (const auto* changed = std::get_if<provider::StateChanged>(&event))
      all += static_cast<char>('a' + static_cast<int>(changed->state));
  }
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : all) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

}  // namespace switchhook::simulator
