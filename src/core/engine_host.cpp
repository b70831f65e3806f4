// SPDX-License-Identifier: Apache-2.0
#include "core/engine_host.hpp"

#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/engine.hpp"
#include "core/host_inbox.hpp"
#include "core/host_timers.hpp"
#include "core/journal.hpp"
#include "core/observer.hpp"

namespace switchhook::core {

struct EngineHost::State {
  /// A provider and its way in. The sink outlives the provider.
  struct Hosted {
    std::unique_ptr<ProviderSink> sink;
    std::unique_ptr<provider::Provider> provider;  // null = gone
    std::string name = {};
  };

  const base::Clock& clock;
  std::shared_ptr<Inbox> inbox;
  RecordSink record_sink;
  Amender amender;
  OrphanSink orphan_sink;
  TakeUpSink take_up_sink;
  Journal* journal = nullptr;        // (ref)
  std::vector<Observer*> observers;  // (ref)
  bool wants_changes = false;
  Engine engine;
  std::unordered_map<api::AppId, api::ServiceSink*> apps;  // (ref)
  std::vector<Hosted> providers;                           // by ProviderId
  Timers timers;
  std::deque<Occurrence> waiting;  // what came while a step was being carried out
  bool stepping = false;
  bool stopped = false;

  State(const base::Clock& c, Wake wake, std::size_t provider_events_max)
      : clock(c), inbox(std::make_shared<Inbox>(std::move(wake), provider_events_max)) {}

  ~State() {
    for (ProviderId id = 0; id < providers.size(); ++id) remove_provider(id);
  }

  void remove_provider(ProviderId id) {
    inbox->close(id);
    providers[id].provider.reset();
  }

  /// One step, and those that it causes on this thread: a sink or a provider may ask for more while
  /// the outputs of a step are being carried out. Each waits until all of them are.
  void step(Occurrence what) {
    waiting.push_back(std::move(what));
    if (stepping) return;
    stepping = true;
    Outputs outputs;
    while (!waiting.empty()) {
      Input next{clock.now(), std::move(waiting.front())};
      waiting.pop_front();
      outputs.clear();
      for (Observer* observer : observers) observer->takes(next.what);
      engine.apply(std::move(next), outputs);
      for (Observer* observer : observers) observer->took();
      for (Output& output : outputs) {
        for (Observer* observer : observers) observer->says(output);
        std::visit([this](auto& o) { carry_out(o); }, output);
      }
    }
    stepping = false;
  }

  void carry_out(ToAppReply& output) {
    const auto app = apps.find(output.app);
    if (app == apps.end()) return;
    if (amender && output.reply.result)
      amender(output.app, output.reply.request, *output.reply.result);
    app->second->on_reply(std::move(output.reply));
  }
  void carry_out(ToAppEvent& output) {
    const auto app = apps.find(output.app);
    if (app != apps.end()) app->second->on_event(std::move(output.event));
  }
  /// What has changed of all sessions, or of one, to the journal and to the observers that want it.
  void tell_changes(api::SessionId only = {}) {
    if (journal == nullptr && !wants_changes) return;
    engine.take_changed(
        [this](provider::CallRef call, const Record& record) {
          if (journal != nullptr) journal->changed(call, record);
          for (Observer* observer : observers)
            if (observer->wants_changes()) observer->changed(record);
        },
        only);
  }
  /// Before anybody has done or heard anything of a call that begins, if it became a session.
  /// @return  why it may not begin: the journal does not have it; empty = it may
  std::string may_begin(api::SessionId session) {
    if (journal != nullptr && session) tell_changes(session);
    return objection();
  }
  /// Why no call may begin, which the engine then knows, too; empty = it may.
  std::string objection() {
    std::string why = journal != nullptr ? journal->objection() : std::string();
    if (!why.empty()) engine.refuse_calls(why);
    return why;
  }

  void carry_out(ToProvider& output) {
    const auto* make = std::get_if<provider::MakeCall>(&output.command);
    if (make != nullptr) {
      std::string why = may_begin({make->call.value});
      if (!why.empty() && !make->emergency) {
        Error error{Errc::resource_unavailable, std::move(why)};
        waiting.push_back(ProviderEvent{
            output.provider, provider::Completed{make->call, make->request, std::move(error)}});
        return;
      }
    }
    if (output.provider < providers.size() && providers[output.provider].provider)
      providers[output.provider].provider->submit(std::move(output.command));
  }
  void carry_out(const SetTimer& output) { timers.set(output.timer, output.at); }
  void carry_out(const ClearTimer& output) { timers.clear(output.timer); }
  void carry_out(const RecordDone& output) {
    if (journal != nullptr) journal->done(output.call, output.record);
    if (record_sink) record_sink(output.record);
  }
  void carry_out(const RecordAmended& output) {
    if (journal != nullptr) journal->amended(output.record);
  }
  void carry_out(const CallNeverMade& output) {
    if (journal != nullptr && output.provider < providers.size())
      journal->make_failed(providers[output.provider].name, output.call);
  }
  void carry_out(const AppGone& output) { apps.erase(output.app); }
  void carry_out(const Notice&) {}  // the observer's
  void carry_out(const AllStopped&) { stopped = true; }

  /// Everything that providers have posted. False when there was nothing.
  bool take_in_posted() {
    std::deque<ProviderEvent> events = inbox->take();
    for (ProviderEvent& event : events) {
      const ProviderId id = event.provider;
      if (!providers[id].provider) continue;  // gone since: what it had posted means nothing now
      if (const auto* orphan = std::get_if<provider::OrphanEnded>(&event.event)) {
        if (orphan_sink) orphan_sink(*orphan);
        continue;
      }
      if (const auto* answer = std::get_if<provider::TakeUpAnswered>(&event.event)) {
        if (take_up_sink) take_up_sink(*answer);
        continue;
      }
      const bool failed = std::holds_alternative<provider::Failed>(event.event);
      const auto* call = std::get_if<provider::NewCall>(&event.event);
      const provider::CallRef begins = call != nullptr ? call->call : provider::CallRef{};
      if (begins) objection();
      step(std::move(event));
      if (begins) may_begin(engine.session_of(id, begins));
      if (failed) remove_provider(id);
    }
    return !events.empty();
  }

  /// Lets the providers without a thread of their own go on. False when none was due.
  bool advance_providers(const Moment& now) {
    bool any = false;
    for (Hosted& hosted : providers) {
      if (!hosted.provider) continue;
      const auto deadline = hosted.provider->next_deadline();
      if (!deadline || *deadline > now.monotonic) continue;
      hosted.provider->advance(now);
      any = true;
    }
    return any;
  }
};

EngineHost::EngineHost(const base::Clock& clock, Wake wake, std::size_t provider_events_max)
    : state_(std::make_unique<State>(clock, std::move(wake), provider_events_max)) {}
EngineHost::~EngineHost() = default;

void EngineHost::begin_at(std::uint32_t generation) {
  state_->engine.begin_at(generation);
}
void EngineHost::policy(Policy policy) {
  state_->engine.policy(std::move(policy));
}
void EngineHost::expect_lines(const Lines& lines) {
  state_->engine.expect_lines(lines);
}
EngineHost::Lines EngineHost::lines() const {
  return state_->engine.lines();
}
void EngineHost::refuse_calls(std::string why) {
  state_->engine.refuse_calls(std::move(why));
}
void EngineHost::on_record(RecordSink sink) {
  state_->record_sink = std::move(sink);
}
void EngineHost::journal(Journal& journal) {
  state_->journal = &journal;
  state_->engine.journal();
}
void EngineHost::observe(Observer& observer) {
  state_->observers.push_back(&observer);
  if (!observer.wants_changes()) return;
  state_->wants_changes = true;
  state_->engine.journal();
}
api::SessionId EngineHost::session_of(ProviderId provider, provider::CallRef call) const {
  return state_->engine.session_of(provider, call);
}
void EngineHost::on_orphan_ended(OrphanSink sink) {
  state_->orphan_sink = std::move(sink);
}
void EngineHost::on_take_up_answered(TakeUpSink sink) {
  state_->take_up_sink = std::move(sink);
}
void EngineHost::amend(Amender amender) {
  state_->amender = std::move(amender);
}

Result<void> EngineHost::add_provider(std::unique_ptr<provider::Provider> provider,
                                      const std::vector<provider::EndOrphan>& orphans) {
  const auto id = static_cast<ProviderId>(state_->providers.size());
  std::string name = provider->name();
  state_->providers.push_back(
      {std::make_unique<ProviderSink>(state_->inbox, id, state_->journal, name),
       std::move(provider), name});
  state_->inbox->open(id);
  State::Hosted& hosted = state_->providers.back();
  state_->step(ProviderAttached{id, std::move(name), hosted.provider->bytes_per_call()});
  const bool inherited = hosted.provider->inherit(orphans);
  if (Result<void> started = hosted.provider->start(*hosted.sink); !started) {
    state_->remove_provider(id);
    state_->step(ProviderLost{id, started.error().text()});
    return started;
  }
  if (!inherited)
    for (const provider::EndOrphan& orphan : orphans) hosted.provider->submit(orphan);
  return {};
}

bool EngineHost::tell_provider(const std::string& name, provider::Command command) {
  for (State::Hosted& hosted : state_->providers)
    if (hosted.name == name && hosted.provider) {
      hosted.provider->submit(std::move(command));
      return true;
    }
  return false;
}

api::AppId EngineHost::attach(api::ApplicationInfo info, api::ServiceSink& sink) {
  const api::AppId app = state_->engine.new_app();
  state_->apps.emplace(app, &sink);
  state_->step(AppAttached{app, std::move(info)});
  return app;
}

void EngineHost::detach(api::AppId app, std::string why) {
  // Already gone after ShutDown: the engine then knows nothing of it any more.
  if (state_->apps.erase(app) == 0) return;
  state_->step(AppLost{app, std::move(why)});
}

void EngineHost::hand_over(api::AppId app) {
  state_->apps.erase(app);
}

void EngineHost::submit(api::AppId app, api::RequestId request, api::Command command) {
  state_->step(AppCommand{app, request, std::move(command)});
}

void EngineHost::restore(api::AppId app, api::RequestId request, api::Restore what,
                         std::vector<Record> records) {
  state_->step(AppReturned{app, request, std::move(what), std::move(records)});
}
bool EngineHost::take_up(Record record, std::chrono::seconds wait) {
  const std::uint64_t session = record.session;
  state_->step(SessionTakenUp{std::move(record), wait});
  return state_->engine.lives(session);
}
std::optional<Record> EngineHost::record(std::uint64_t session) const {
  return state_->engine.record(session);
}
std::size_t EngineHost::live() const {
  return state_->engine.live();
}
Counts EngineHost::counts() const {
  return state_->engine.counts();
}
std::size_t EngineHost::unrecorded() const {
  return state_->engine.unrecorded();
}
std::optional<Record> EngineHost::orphan_ended(std::uint64_t session, const End& end) {
  return state_->engine.orphan_ended(session, end);
}

void EngineHost::run() {
  bool more = true;
  while (more) {
    more = state_->take_in_posted();
    const Moment now = state_->clock.now();
    while (auto timer = state_->timers.take_due(now.monotonic)) {
      state_->step(TimerDue{*timer});
      more = true;
    }
    more = state_->advance_providers(now) || more;
  }
  state_->tell_changes();
}

std::optional<std::chrono::nanoseconds> EngineHost::next_deadline() const {
  std::optional<std::chrono::nanoseconds> next = state_->timers.next();
  for (const State::Hosted& hosted : state_->providers) {
    if (!hosted.provider) continue;
    const auto deadline = hosted.provider->next_deadline();
    if (deadline && (!next || *deadline < *next)) next = deadline;
  }
  return next;
}

void EngineHost::stop(std::string why, bool restores) {
  state_->step(StopAll{std::move(why), restores});
}
bool EngineHost::stopped() const {
  return state_->stopped;
}

void EngineHost::abandon_providers(const std::string& why) {
  for (ProviderId id = 0; id < state_->providers.size(); ++id) {
    if (!state_->providers[id].provider) continue;
    state_->remove_provider(id);
    state_->step(ProviderLost{id, why});
  }
}

}  // namespace switchhook::core
