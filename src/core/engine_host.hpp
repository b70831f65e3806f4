// SPDX-License-Identifier: Apache-2.0
#pragma once

// Carries an engine through the real (or a simulated) world: feeds it commands, provider events and
// timers, and carries out what it says. Single-threaded: all functions but the provider sink's
// post() and Wake belong to one thread, the host's. Used by the daemon (on its event loop), by the
// in-process service (on a thread of its own), by tests and by the simulator (on theirs).

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/service.hpp"
#include "base/clock.hpp"
#include "base/limits.hpp"
#include "core/counts.hpp"
#include "core/io.hpp"
#include "core/policy.hpp"
#include "provider/provider.hpp"

namespace switchhook::core {

class Journal;
class Observer;

class EngineHost {
 public:
  /// Called on any thread when a provider posted something: run() should be called soon.
  using Wake = std::function<void()>;
  /// Sees each finished record once, in order, on the host's thread.
  using RecordSink = std::function<void(const Record& record)>;
  /// May complete what the engine answers (the daemon adds its own part to ServiceStatus).
  using Amender = std::function<void(api::AppId, api::RequestId, api::Value&)>;

  using OrphanSink = std::function<void(const provider::OrphanEnded&)>;
  using TakeUpSink = std::function<void(const provider::TakeUpAnswered&)>;

  /// @param provider_events_max  a provider that has posted so many events that were not taken in
  ///                             yet has failed.
  EngineHost(const base::Clock& clock, Wake wake,
             std::size_t provider_events_max = limits::kProviderEvents);
  ~EngineHost();
  EngineHost(const EngineHost&) = delete;
  EngineHost& operator=(const EngineHost&) = delete;

  /// Engine::begin_at. Before all else.
  void begin_at(std::uint32_t generation);
  /// Engine::policy. On the host's thread.
  void policy(Policy policy);
  void on_record(RecordSink sink);
  using Lines = std::vector<std::pair<std::string, bool>>;
  /// Engine::expect_lines. Before any provider is added.
  void expect_lines(const Lines& lines);
  /// Engine::lines. On the host's thread.
  [[nodiscard]] Lines lines() const;
  /// Engine::refuse_calls. On the host's thread.
  void refuse_calls(std::string why);
  /// Keeps a journal. Before any provider is added.
  void journal(Journal& journal);
  /// Tells it, too, all that the engine takes in and says. Before any provider is added.
  void observe(Observer& observer);
  /// Engine::session_of. On the host's thread, also from the observer.
  [[nodiscard]] api::SessionId session_of(ProviderId provider, provider::CallRef call) const;

  /// Has a call of an earlier process ended by the provider of this name. False: there is none.
  /// What became of it comes to the sink, on the host's thread, from within run().
  void on_orphan_ended(OrphanSink sink);
  /// The same of the answers to take_up.
  void on_take_up_answered(TakeUpSink sink);
  /// Submits a Restore, with the records of the sessions that it asks for, as far as there are.
  void restore(api::AppId app, api::RequestId request, api::Restore what,
               std::vector<Record> records);
  /// Goes on with a session whose call its provider has taken up. On the host's thread. False: it
  /// cannot be; the provider was told to close the call. @param wait  for those who held it
  [[nodiscard]] bool take_up(Record record, std::chrono::seconds wait);
  /// Engine::record. On the host's thread.
  [[nodiscard]] std::optional<Record> record(std::uint64_t session) const;
  /// Sessions that have not ended. On the host's thread.
  [[nodiscard]] std::size_t live() const;
  /// Engine::counts. On the host's thread.
  [[nodiscard]] Counts counts() const;
  /// Engine::unrecorded. On the host's thread.
  [[nodiscard]] std::size_t unrecorded() const;
  /// Engine::orphan_ended. On the host's thread.
  [[nodiscard]] std::optional<Record> orphan_ended(std::uint64_t session, const End& end);
  void amend(Amender amender);

  /// Has the provider of this name take a command that is not the engine's. False: there is none.
  bool tell_provider(const std::string& name, provider::Command command);
  /// Starts a provider and takes it. Its lines appear as its events are run.
  [[nodiscard]] Result<void> add_provider(std::unique_ptr<provider::Provider> provider,
                                          const std::vector<provider::EndOrphan>& orphans = {});

  /// Attaches an application. `sink` is called on the host's thread, from within run(), submit() or
  /// detach() of any application, in stream order, until detach() returned or AppGone.
  [[nodiscard]] api::AppId attach(api::ApplicationInfo info, api::ServiceSink& sink);
  /// The application is gone without ShutDown. Its sink is not called any more.
  void detach(api::AppId app, std::string why);
  /// The service stops and the next one restores what the application holds: its sink is not called any
  /// more, and what the records say of it stays.
  void hand_over(api::AppId app);
  /// Precondition for the caller: none; an unknown application is ignored.
  void submit(api::AppId app, api::RequestId request, api::Command command);

  /// Takes in what providers posted and what is due. Returns when there is nothing left to do now.
  void run();
  /// When run() has to be called next even if nothing is posted.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> next_deadline() const;

  /// Begins to end everything; run() on until stopped().
  /// @param restores  see StopAll
  void stop(std::string why, bool restores = false);
  [[nodiscard]] bool stopped() const;
  /// Waits for the providers no longer: they are destroyed, and the engine records what they held
  /// as unconfirmed. For the end of a stop that took its time.
  void abandon_providers(const std::string& why);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace switchhook::core
