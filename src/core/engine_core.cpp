// SPDX-License-Identifier: Apache-2.0
#include "core/engine_core.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace switchhook::core {
namespace {

// The engine's own timers; all others are handles, whose values are far above.
constexpr std::uint64_t kAnswerTimer = 1, kLingerTimer = 2, kStopTimer = 3;

void cut_to(std::string& text, std::size_t bytes) {
  if (text.size() > bytes) text.resize(bytes);
}

}  // namespace

api::AppId EngineCore::new_app() {
  const api::AppId id = apps_.emplace();
  apps_.find(id)->id = id;
  return id;
}

void EngineCore::apply(Input& input, Outputs& outputs) {
  now_ = input.now;
  out_ = &outputs;
  if (!started_) started_ = now_.monotonic;
  std::visit([this](auto& what) { on(what); }, input.what);
  finish_step();
  out_ = nullptr;
}

// ---- inputs

void EngineCore::on(AppAttached& input) {
  App* app = apps_.find(input.app);
  if (app == nullptr || app->info != nullptr) {
    ++late_;
    return;
  }
  if (attached_ == limits::kApplications) {
    apps_.erase(input.app);
    put(AppGone{input.app});
    return;
  }
  cut_to(input.info.name, limits::kNameBytes);
  cut_to(input.info.user, limits::kNameBytes);
  app->leak_limits = policy_.leaks_of(input.info.name);
  app->info = std::make_shared<const api::ApplicationInfo>(std::move(input.info));
  ++attached_;
}

void EngineCore::on(AppCommand& input) {
  App* app = apps_.find(input.app);
  if (app == nullptr || app->info == nullptr) {
    ++late_;
    return;
  }
  const Ask ask{*app, input.request};
  if (ask.number == 0 || ask.number > 0x7fffffff)
    return fail(ask, Errc::invalid_argument, "the request number is not within 1…0x7fffffff");
  std::visit([this, &ask](auto& what) { command(ask, what); }, input.command);
}

void EngineCore::on(AppReturned& input) {
  App* app = apps_.find(input.app);
  if (app == nullptr || app->info == nullptr) {
    ++late_;
    return;
  }
  restore({*app, input.request}, input.what, input.records);
}

void EngineCore::on(AppLost& input) {
  App* app = apps_.find(input.app);
  if (app == nullptr) {
    ++late_;
    return;
  }
  provide_for_calls(*app);
  drop_app(*app, {EndOrigin::application_lost, "the application was lost"});
}

void EngineCore::on(ProviderAttached& input) {
  if (providers_.contains(input.provider)) {
    ++late_;
    return;
  }
  Provider& provider = providers_[input.provider];
  provider.id = input.provider;
  provider.name = std::move(input.name);
  provider.call_bytes = input.call_bytes;
}

void EngineCore::on(ProviderEvent& input) {
  const auto found = providers_.find(input.provider);
  if (found == providers_.end() || found->second.gone) {
    ++late_;
    return;
  }
  std::visit([this, &found](auto& what) { provider_event(found->second, what); }, input.event);
}

void EngineCore::on(ProviderLost& input) {
  const auto found = providers_.find(input.provider);
  if (found != providers_.end()) lose(found->second, input.why);
}

void EngineCore::on(StopAll& input) {
  if (stopping_) return;
  stopping_ = true;
  stopping_why_ = input.why.empty() ? "the service is stopping" : std::move(input.why);
  for (Line& line : lines_) end_line(line, LineEnd::stopping, stopping_why_);
  for (auto& [id, provider] : providers_) to_provider(provider, provider::Stop{});
  put(SetTimer{kStopTimer, now_.monotonic + limits::kProviderLinger});
}

// ---- timers

std::uint64_t EngineCore::set_timer(Timer timer, std::chrono::nanoseconds delay) {
  if (timer.kind != Timer::Kind::audit) ledger_.acquire(Resource::engine_timers);
  const TimerHandle handle = timers_.emplace(timer);
  put(SetTimer{handle.value, now_.monotonic + delay});
  return handle.value;
}

void EngineCore::clear_timer(std::uint64_t& number) {
  const Timer* timer = timers_.find(TimerHandle{number});
  if (timer != nullptr) {
    if (timer->kind != Timer::Kind::audit) ledger_.give_back(Resource::engine_timers);
    timers_.erase(TimerHandle{number});
    put(ClearTimer{number});
  }
  number = 0;
}

void EngineCore::on(TimerDue& input) {
  if (input.timer == kAnswerTimer && answer_timer_) {
    answer_timer_ = false;
    ledger_.give_back(Resource::engine_timers);
    return answers_due();
  }
  if (input.timer == kLingerTimer && linger_timer_) {
    linger_timer_ = false;
    ledger_.give_back(Resource::engine_timers);
    return lingering_due();
  }
  if (input.timer == kStopTimer && stopping_ && !stopped_) {
    // Whoever has not answered by now is recorded as it is; the service goes down regardless.
    lingering_.for_each([this](Session& session) {
      session.overdue = true;
      settle(session);
    });
    stopped_ = true;
    for (const api::SessionId id : settling_) settle_now(*sessions_.find(id));
    settling_.clear();
    put(AllStopped{});
    return;
  }
  if (const Timer* found = timers_.find(TimerHandle{input.timer})) {
    const Timer timer = *found;
    timers_.erase(TimerHandle{input.timer});
    if (timer.kind != Timer::Kind::audit) ledger_.give_back(Resource::engine_timers);
    due(timer);
  }
}

void EngineCore::due(const Timer& timer) {
  if (timer.kind == Timer::Kind::leaks) {
    App* app = apps_.find(timer.app);
    SWITCHHOOK_ASSERT(app != nullptr);
    app->leak_timer = 0;
    return look_at_leaks(*app);
  }
  if (timer.kind == Timer::Kind::audit) {
    const auto audit = audits_.find(timer.audit);
    if (audit == audits_.end()) return;
    for (const Audit::Wait& wait : audit->second.waiting)
      audit->second.report.findings.push_back("provider " + providers_[wait.provider].name +
                                              ": did not report its ledger in time");
    audit->second.waiting.clear();
    return conclude(timer.audit);
  }
  Session* session = sessions_.find(timer.session);
  SWITCHHOOK_ASSERT(session != nullptr);
  if (timer.kind == Timer::Kind::kept) return kept_due(*session);
  if (timer.kind == Timer::Kind::transfer) return transfer_due(*session);
  const bool no_answer = timer.kind == Timer::Kind::no_answer;
  std::uint64_t& number = no_answer ? session->answer_timer : session->length_timer;
  number = 0;
  if (session->end_pending) {
    // A drop is on its way. Should the provider refuse it, the rule still stands.
    number = set_timer(timer, limits::kProviderAnswer);
    return;
  }
  const SessionInput input = no_answer ? SessionInput::no_answer_due : SessionInput::length_due;
  if (session->rule(input).action != Action::cut) return;
  if (no_answer)
    cut(*session, provider::DropWhy::no_answer, DisconnectMode::no_answer,
        "not answered within the limit");
  else
    cut(*session, provider::DropWhy::length_limit, DisconnectMode::normal,
        "the length limit was reached");
}

void EngineCore::answers_due() {
  while (Request* request = unanswered_.front()) {
    if (request->deadline > now_.monotonic) return;
    Session& session = *request->session;
    switch (request->kind) {
      case RequestKind::make:
        unwatch(*request);
        answer(*request, {Errc::timed_out, "the provider did not answer"});
        end_by(session, SessionInput::make_overdue,
               {EndOrigin::provider, "the provider did not answer"});
        break;
      case RequestKind::drop:
        session.drop_overdue = true;
        answer_drops(session, {Errc::timed_out, "the provider did not answer"});
        if (session.rule(SessionInput::drop_overdue).action == Action::idle)
          idle(session);
        else
          erase(*request);
        break;
      default:
        answer(*request, {Errc::timed_out, "the provider did not answer"});
        erase(*request);
        break;
    }
  }
}

void EngineCore::lingering_due() {
  while (Session* session = lingering_.front()) {
    if (session->overdue_at > now_.monotonic) return;
    lingering_.remove(*session);
    session->overdue = true;
    settle(*session);
  }
}

/// A busy machine's timers are late, but not so late.
constexpr std::chrono::seconds kTimerLate{5};

bool EngineCore::make_up_for_timers() {
  const auto lost = [this](bool set, auto deadline) {
    return set && deadline + kTimerLate <= now_.monotonic;
  };
  const Request* request = unanswered_.front();
  const bool answer = request != nullptr && lost(answer_timer_, request->deadline);
  const Session* session = lingering_.front();
  const bool linger = session != nullptr && lost(linger_timer_, session->overdue_at);
  TimerDue answers{kAnswerTimer}, lingers{kLingerTimer};
  if (answer) on(answers);
  if (linger) on(lingers);
  return answer || linger;
}

void EngineCore::tune_timers() {
  const auto tune = [this](std::uint64_t number, bool& set, bool wanted, auto at) {
    if (wanted == set) return;
    set = wanted;
    if (wanted) {
      ledger_.acquire(Resource::engine_timers);
      put(SetTimer{number, at});
    } else {
      ledger_.give_back(Resource::engine_timers);
      put(ClearTimer{number});
    }
  };
  // Both deadlines are the same span for all, so the front of each chain is due first. A timer that
  // was set for one that is gone comes early, finds nothing due, and is set again.
  const Request* request = unanswered_.front();
  tune(kAnswerTimer, answer_timer_, request != nullptr,
       request != nullptr ? request->deadline : std::chrono::nanoseconds{});
  const Session* session = lingering_.front();
  tune(kLingerTimer, linger_timer_, session != nullptr,
       session != nullptr ? session->overdue_at : std::chrono::nanoseconds{});
}

// ---- what a step leaves

void EngineCore::settle(Session& session) {
  if (session.settling) return;
  session.settling = true;
  settling_.push_back(session.id);
}

void EngineCore::settle_now(Session& session) {
  session.settling = false;
  if (session.state != CallState::idle) return;
  if (!session.recorded && !session.make_failed && (session.returned || session.overdue)) {
    if (session.end.confirmation == Confirmation::pending)
      session.end.confirmation = Confirmation::unconfirmed;
    RecordDone& done = put<RecordDone>();
    done.call = session.ref;
    fill(done.record, session);
    remember(session);
    session.recorded = true;
    session.touched = false;
    ++records_;
  }
  if (session.returned && !session.held()) forget(session);
}

void EngineCore::forget(Session& session) {
  SWITCHHOOK_ASSERT((session.closed && !Chain<Session, OfLine>::chained(session)));
  while (Request* request = session.requests.front()) erase(*request);
  if (session.ref.minted_by_provider()) session.line->provider->refs.erase(session.ref.value);
  ledger_.give_back(Resource::sessions);
  if (session.make_failed && journalled_)
    put(CallNeverMade{session.line->provider->id, session.ref});
  if (session.recorded) end_times_.released.add(now_.monotonic - session.wanted_at);
  if (session.recorded && session.touched) fill(put<RecordAmended>().record, session);
  const api::SessionId id = session.id;
  if (session.recorded && remembered_[session.remembered_at].id == id)
    remembered_[session.remembered_at].session.emplace(std::move(session));
  sessions_.erase(id);
}

/// The journal is to have it as it is now.
void EngineCore::touch(Session& session) {
  if (!journalled_ || session.touched) return;
  session.touched = true;
  touched_.push_back(session.id);
}

void EngineCore::take_changed(
    const std::function<void(provider::CallRef, const Record&)>& changed) {
  for (const api::SessionId id : touched_) {
    Session* session = sessions_.find(id);
    if (session == nullptr) continue;  // over already: its record or its failure was told
    if (!session->touched || session->recorded || session->make_failed) continue;
    session->touched = false;
    changed(session->ref, record_of(*session));
  }
  touched_.clear();
}

void EngineCore::remember(Session& session) {
  session.remembered_at = static_cast<std::uint32_t>(remembered_next_);
  if (remembered_.size() == remembered_next_)
    remembered_.emplace_back();
  else
    remembered_[remembered_next_].session.reset();
  remembered_[remembered_next_].id = session.id;
  remembered_next_ = (remembered_next_ + 1) % limits::kRecordsRemembered;
}

void EngineCore::finish_step() {
  for (const api::AppId id : std::exchange(leaking_, {}))
    if (App* app = apps_.find(id)) check_leaks(*app);
  for (const api::SessionId id : settling_) settle_now(*sessions_.find(id));
  settling_.clear();
  tune_timers();
  check_stopped();
}

void EngineCore::check_stopped() {
  if (!stopping_ || stopped_ || lingering_.front() != nullptr) return;
  for (const auto& [id, provider] : providers_)
    if (!provider.gone && !provider.stopped) return;
  for (const Line& line : lines_)
    if (!line.sessions.empty()) return;
  stopped_ = true;
  put(ClearTimer{kStopTimer});
  put(AllStopped{});
}

// ---- outputs

void EngineCore::reply(api::AppId app, api::RequestId number, Result<api::Value>&& result) {
  ToAppReply& output = put<ToAppReply>();
  output.app = app;
  output.reply.request = number;
  output.reply.result = std::move(result);
}

void EngineCore::accept(const Ask& ask) {
  ToAppReply& output = put<ToAppReply>();
  output.app = ask.app.id;
  output.reply.request = ask.number;
  output.reply.accepted_only = true;
}

void EngineCore::fail(const Ask& ask, Errc code, std::string context) {
  reply(ask.app.id, ask.number, {code, std::move(context)});
}

void EngineCore::line_changed(Line& line, api::LineChange what, std::uint32_t count,
                              const Opening* but) {
  line.openings.for_each([&](Opening& opening) {
    if (&opening != but) event(*opening.app, api::LineChanged{opening.id, what, count});
  });
}

}  // namespace switchhook::core
