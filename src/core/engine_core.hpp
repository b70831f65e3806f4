// SPDX-License-Identifier: Apache-2.0
#pragma once

// The engine behind engine.hpp: its tables and everything it does with them. One class, one file of
// functions for each subject:
//   engine_core.cpp       the step: taking an input, settling what it left, timers
//   engine_apps.cpp       applications and their openings of lines; how they go
//   engine_calls.cpp      what applications ask of calls and only the provider can do
//   engine_holders.cpp    identifiers: given, released, handed off; privileges
//   engine_leaks.cpp      ended sessions that are still held, and the limits on them
//   engine_return.cpp     what an application held when the service died is given to it again
//   engine_loss.cpp       what becomes of the calls of an application that was lost
//   engine_ends.cpp       how sessions end and are returned
//   engine_provider.cpp   what providers report
//   engine_reports.cpp    lists, snapshots, records, leaks, status
//   engine_audit.cpp      the ledgers against reality
// Threads: one at a time, the owner's. Nothing here reads a clock, waits, or throws for anything a
// client or a provider may do.

#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/handle.hpp"
#include "core/engine_tables.hpp"
#include "core/io.hpp"
#include "core/ledger.hpp"
#include "core/rules.hpp"

namespace switchhook::core {

class EngineCore {
 public:
  [[nodiscard]] api::AppId new_app();
  void begin_at(std::uint32_t generation) {
    apps_.begin_at(generation);
    openings_.begin_at(generation);
    identifiers_.begin_at(generation);
    sessions_.begin_at(generation);
  }
  void apply(Input& input, Outputs& outputs);
  void journal() { journalled_ = true; }
  void policy(Policy policy) {
    policy_ = std::move(policy);
    for (Line& line : lines_) line.call_limits = policy_.calls_of(line.info.name);
  }
  void take_changed(const std::function<void(provider::CallRef, const Record&)>& changed);
  [[nodiscard]] std::optional<Record> orphan_ended(std::uint64_t session, const End& end);
  [[nodiscard]] bool lives(std::uint64_t session) const;
  [[nodiscard]] std::size_t unrecorded() const;

 private:
  /// A command under way: who asked, and under which number the reply goes back.
  struct Ask {
    App& app;
    api::RequestId number;
  };
  /// How an opening goes.
  struct Closing {
    EndOrigin origin = EndOrigin::line_closed;
    const char* words = "";
  };
  struct Audit {
    api::AppId app;
    api::RequestId number = 0;
    TimerHandle timer;
    struct Wait {
      ProviderId provider = 0;
      std::uint64_t calls_made = 0, calls_closed = 0;  ///< when it was asked
    };
    std::vector<Wait> waiting;
    api::AuditReport report;
  };

  // ---- engine_core.cpp: the step
  void on(AppAttached& input);
  void on(AppCommand& input);
  void on(AppReturned& input);
  void on(SessionTakenUp& input);
  void on(AppLost& input);
  void on(ProviderAttached& input);
  void on(ProviderEvent& input);
  void on(ProviderLost& input);
  void on(TimerDue& input);
  void on(StopAll& input);
  void finish_step();
  void settle(Session& session);
  void settle_now(Session& session);
  void forget(Session& session);
  void touch(Session& session);
  void remember(Session& session);
  void tune_timers();
  void check_stopped();
  std::uint64_t set_timer(Timer timer, std::chrono::nanoseconds delay);
  void clear_timer(std::uint64_t& number);
  void due(const Timer& timer);
  void answers_due();
  void lingering_due();
  /// Does what a timer that never came would have done; true when there was one.
  [[nodiscard]] bool make_up_for_timers();

  // Outputs are made in place: they are large, and there are many. Through a conversion, because
  // emplacing without arguments (or with T{}) would first fill all of it with zeros.
  template <typename T>
  struct Fresh {
    operator T() const {  // NOLINT: implicit by intent
      T fresh;
      return fresh;
    }
  };
  template <typename T>
  T& put() {
    return *std::get_if<T>(&out_->emplace_back(std::in_place_type<T>, Fresh<T>{}));
  }
  template <typename T>
  void put(T output) {
    out_->emplace_back(std::in_place_type<T>, std::move(output));
  }
  void reply(api::AppId app, api::RequestId number, Result<api::Value>&& result);
  void accept(const Ask& ask);
  void done(const Ask& ask) { reply(ask.app.id, ask.number, api::Value{}); }
  void done(const Ask& ask, api::Value&& value) { reply(ask.app.id, ask.number, std::move(value)); }
  void fail(const Ask& ask, Errc code, std::string context = {});
  template <typename T>
  void event(const App& app, T&& what) {
    if (app.leaving) return;
    ToAppEvent& output = put<ToAppEvent>();
    output.app = app.id;
    output.event = std::forward<T>(what);
  }
  template <typename T>
  void to_provider(const Provider& provider, T&& command) {
    if (provider.gone) return;
    ToProvider& output = put<ToProvider>();
    output.provider = provider.id;
    output.command = std::forward<T>(command);
  }
  void line_changed(Line& line, api::LineChange what, std::uint32_t count,
                    const Opening* but = nullptr);

  // ---- engine_apps.cpp
  void command(const Ask& ask, api::ListLines& what);
  void command(const Ask& ask, api::OpenLine& what);
  void command(const Ask& ask, api::CloseLine& what);
  void command(const Ask& ask, api::GetLineStatus& what);
  void command(const Ask& ask, api::ShutDown& what);
  Line* line_of(const Ask& ask, api::LineId id);
  static std::optional<Error> objection(const App& app, const Line& line,
                                        const api::OpenLine& what);
  Opening* opening_of(const Ask& ask, api::OpenId id);
  Opening& add_opening(Opening& opening, api::OpenId id, App& app, Line& line,
                       const api::OpenLine& how);
  void close_opening(Opening& opening, Closing how);
  void remove_opening(Opening& opening);
  void drop_app(App& app, Closing how);
  enum class LineEnd : std::uint8_t { forced, removed, provider_lost, stopping };
  void end_line(Line& line, LineEnd how, const std::string& why);
  void void_opening(Opening& opening, Errc code, const std::string& why);

  // ---- engine_calls.cpp
  void command(const Ask& ask, api::MakeCall& what);
  void command(const Ask& ask, api::AcceptCall& what);
  void command(const Ask& ask, api::AnswerCall& what);
  void command(const Ask& ask, api::DropCall& what);
  void command(const Ask& ask, api::HoldCall& what);
  void command(const Ask& ask, api::UnholdCall& what);
  void command(const Ask& ask, api::TransferCall& what);
  void command(const Ask& ask, api::SendDigits& what);
  std::optional<Error> objection(const App& app, const Opening& opening,
                                 const api::MakeCall& what) const;
  Session& new_outgoing(const Opening& opening, api::MakeCall& what);
  bool user_info_fits(const Ask& ask, const Line& line, const UserInfo& info);
  Request* new_request(const Ask& ask, RequestKind kind, Session& session, Opening& opening,
                       api::CallId call);
  Request& add_request(RequestKind kind, Session& session);
  void watch(Request& request);
  void unwatch(Request& request);
  void answer(Request& request, Result<api::Value>&& result);
  void silence(Request& request);
  void erase(Request& request);
  static Request* drop_under_way(const Session& session);
  static Request* transfer_under_way(const Session& session);
  void transferred(Request& request, std::optional<Error>& error);
  void transfer_due(Session& session);
  provider::RequestNumber unheard_number();
  void completed(Request& request, std::optional<Error>& error);
  void made(Request& request, std::optional<Error>& error);
  void make_succeeded(Request& request);
  void dropped(Request& request, const std::optional<Error>& error);
  void answer_drops(Session& session, const Result<api::Value>& result);
  void digits_done(Request& request, bool cancelled);

  // ---- engine_holders.cpp
  void command(const Ask& ask, api::ReleaseCall& what);
  void command(const Ask& ask, api::SetPrivilege& what);
  void command(const Ask& ask, api::HandOff& what);
  void command(const Ask& ask, api::SetAppSpecific& what);
  void command(const Ask& ask, api::MonitorDigits& what);
  void command(const Ask& ask, api::ReleaseUserInfo& what);
  void command(const Ask& ask, api::GetNewCalls& what);
  void command(const Ask& ask, api::Reclaim& what);
  Identifier* identifier_of(const Ask& ask, api::CallId call);
  Identifier* permitted(const Ask& ask, api::CallId call, SessionInput input, bool owners_only);
  static Privilege& privilege_of(const Identifier& identifier);
  Identifier* identifier_in(const Session& session, const App& app);
  Identifier* give(Session& session, Opening& opening, Privilege privilege);
  void bind(Identifier& identifier, api::CallId id, Session& session, Opening& opening,
            Privilege privilege);
  void give_unasked(Session& session, Opening& opening, Privilege privilege);
  void give_to_monitors(Session& session, const App* but);
  Opening* find_owner(const Line& line, std::uint32_t media_modes) const;
  void announce(Session& session);
  /// Takes the identifier away. What then becomes of the session is the caller's to decide.
  Privilege take(Identifier& identifier);
  /// Takes the identifier away and does what the table says when the last owner or holder went.
  void let_go(Identifier& identifier, SessionInput owner_gone, Closing how);
  void reclaim(Identifier& identifier);
  void tell_holders(Session& session, std::uint32_t what, const App* but = nullptr,
                    const App* nor = nullptr);
  void tell_state(Session& session);
  api::CallStateChanged state_event(const Session& session, api::CallId call) const;
  void tune_digits(Session& session);

  // ---- engine_leaks.cpp
  void command(const Ask& ask, api::ListLeaks& what);
  static const std::string* site_of(App& app, const std::string& site);
  static void note_site(Identifier& identifier, const std::string& site);
  void leak_begins(Identifier& identifier);
  void leak_ends(Identifier& identifier);
  void look_at_leaks(App& app);
  void check_leaks(App& app);
  void leak_limit_reached(App& app, bool by_age);
  [[nodiscard]] static std::string words_of_leaks(const App& app);
  /// Whether the application may be given one more identifier.
  [[nodiscard]] static bool takes_more(const App& app);

  // ---- engine_return.cpp
  void command(const Ask& ask, api::Restore& what);
  void restore(const Ask& ask, const api::Restore& what, const std::vector<Record>& records);
  bool restore(App& app, const api::OpeningToRestore& what);
  using RecordsBySession = std::unordered_map<std::uint64_t, const Record*>;
  bool restore(App& app, const api::CallToRestore& what, const RecordsBySession& records);
  Session* revive(const Record& record);
  Line* line_of(const Record& record);
  void await_holders(Session& session, std::chrono::seconds time);
  static bool lacks_holders(const Session& session);
  void holders_missing(Session& session);

  // ---- engine_loss.cpp
  void provide_for_calls(App& lost);
  bool offer(Session& session, const App* but);
  void make_owner(Session& session, Opening& opening, const App* but);
  void keep(Session& session, const App& lost, std::chrono::seconds time);
  void unkeep(Session& session);
  void kept_due(Session& session);
  void give_back_kept(Opening& opening);

  // ---- engine_ends.cpp
  Session& new_session(Line& line, std::uint32_t media_modes);
  void begin(Session& session, Line& line);
  void enter(Session& session, CallState state, std::uint8_t detail);
  void set_end(Session& session, EndOrigin origin, Cause cause);
  void disconnect(Session& session, EndOrigin origin, Cause cause);
  void idle(Session& session);
  void request_end(Session& session, PendingEnd wanted);
  void drop_unasked(Session& session, provider::DropWhy why);
  void cut(Session& session, provider::DropWhy why, DisconnectMode mode, const char* words);
  void finish_requests(Session& session);
  void clear_timers(Session& session);
  /// Sets the timer of the limit that applies, unless it runs.
  void limit_answer(Session& session);
  void limit_length(Session& session);
  void close_at_provider(Session& session);
  void returned(Session& session);
  /// Carries out what the table says for inputs that end a session from this side.
  void end_by(Session& session, SessionInput input, Closing how,
              provider::DropWhy why = provider::DropWhy::normal);

  // ---- engine_provider.cpp
  void provider_event(Provider& from, provider::LineAdded& what);
  void provider_event(Provider& from, provider::LineGone& what);
  void provider_event(Provider& from, provider::LineForcedClosed& what);
  void provider_event(Provider& from, provider::LineStatus& what);
  void provider_event(Provider& from, provider::NewCall& what);
  void provider_event(Provider& from, provider::StateChanged& what);
  void provider_event(Provider& from, provider::InfoChanged& what);
  void provider_event(Provider& from, provider::Completed& what);
  void provider_event(Provider& from, provider::DigitReceived& what);
  void provider_event(Provider& from, provider::Ended& what);
  void provider_event(Provider& from, provider::LedgerReport& what);
  void provider_event(Provider& from, provider::Failed& what);
  void provider_event(Provider& from, provider::Stopped& what);
  void count_acknowledged(const provider::Ended& what);
  void provider_event(Provider&, provider::Recovery&) { ++late_; }     // the host's business
  void provider_event(Provider&, provider::OrphanEnded&) { ++late_; }  // the same
  void provider_event(Provider&, provider::TakeUpAnswered&) { ++late_; }
  Session* session_of(Provider& from, provider::CallRef ref);
  Line* line_of(Provider& from, provider::LineNumber number);
  void lose(Provider& provider, const std::string& why);
  std::uint32_t take_user_info(Session& session, UserInfo info);

  // ---- engine_reports.cpp
  void command(const Ask& ask, api::GetCall& what);
  void command(const Ask& ask, api::ListSessions& what);
  void command(const Ask& ask, api::RecordQuery& what);
  void command(const Ask& ask, api::GetServiceStatus& what);

  // ---- engine_audit.cpp
  void command(const Ask& ask, api::RunAudit& what);
  void report(Provider& from, const provider::LedgerReport& what);
  void not_reporting(const Provider& provider, const char* why);
  void conclude(std::uint64_t token);
  void audit_itself(api::AuditReport& report);

  Moment now_;
  Outputs* out_ = nullptr;  // (ref) during a step

  std::map<ProviderId, Provider> providers_;
  std::deque<Line> lines_;
  base::HandleTable<api::AppTag, App> apps_;
  base::HandleTable<api::OpenTag, Opening> openings_;
  base::HandleTable<api::CallTag, Identifier> identifiers_;
  base::HandleTable<api::SessionTag, Session> sessions_;
  base::HandleTable<RequestTag, Request> requests_;
  base::HandleTable<TimerTag, Timer> timers_;
  std::map<std::uint64_t, Audit> audits_;

  Chain<Request, ByDeadline> unanswered_;  // those a provider has to answer in time
  Chain<Session, OfLine> lingering_;       // idle, and not yet returned by their providers
  bool answer_timer_ = false, linger_timer_ = false;  // whether they are set
  std::vector<api::SessionId> settling_;
  std::vector<api::AppId> leaking_;  // to be looked at when the step is done
  Policy policy_;
  std::vector<api::SessionId> touched_;  // changed since take_changed()
  bool journalled_ = false;              // whether somebody calls it

  Ledger ledger_;
  /// A recorded session: in its table while somebody holds it, then here. Kept as compact as it
  /// was; it is spelt out only when somebody asks.
  struct Remembered {
    api::SessionId id;
    std::optional<Session> session;
  };
  std::vector<Remembered> remembered_;  // a ring once it is full
  std::size_t remembered_next_ = 0;
  EndTimes end_times_;
  std::uint64_t sessions_total_ = 0, records_ = 0, late_ = 0, audits_total_ = 0;
  std::uint32_t last_call_id_ = 0;
  std::size_t attached_ = 0, leaks_ = 0;
  std::optional<std::chrono::nanoseconds> started_;
  bool stopping_ = false, stopped_ = false;
  std::string stopping_why_;
};

}  // namespace switchhook::core
