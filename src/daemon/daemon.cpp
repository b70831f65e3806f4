// SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <asio.hpp>
#include <csignal>
#include <filesystem>
#include <optional>
#include <random>
#include <unordered_map>
#include <utility>

#include "base/limits.hpp"
#include "base/open_sockets.hpp"
#include "core/engine_host.hpp"
#include "daemon/access.hpp"
#include "daemon/console/console.hpp"
#include "daemon/inside.hpp"
#include "daemon/log.hpp"
#include "daemon/memory.hpp"
#include "daemon/metrics_server.hpp"
#include "daemon/orphans.hpp"
#include "daemon/postgresql.hpp"
#include "daemon/providers.hpp"
#include "daemon/reload.hpp"
#include "daemon/self_audit.hpp"
#include "daemon/shared_audit.hpp"
#include "daemon/store.hpp"
#include "daemon/store_journal.hpp"
#include "daemon/store_log.hpp"
#include "daemon/supervisor.hpp"
#include "daemon/telephony_log.hpp"
#include "rpc/platform.hpp"
#include "rpc/server.hpp"

namespace switchhook::daemon {
namespace {

using log::Subject;
using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

/// After this much of kStopTime the providers are not waited for any more.
constexpr std::chrono::seconds kProvidersStopTime{5};
constexpr std::chrono::seconds kLastWordsTime{1};
constexpr std::chrono::seconds kOtherDaemonStops{10};
constexpr auto* kRefused = "new calls are refused: the journal cannot be kept";
constexpr auto* kDraining = "new calls are refused: the service ends when the last call is over";

std::uint64_t new_epoch() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

bool keeps_store(const Settings& settings) {
  return settings.store && *settings.store != ":memory:" && !settings.store->empty();
}

}  // namespace

class Daemon::Impl final : public rpc::Backend {
 public:
  explicit Impl(Settings settings)
      : settings_(std::move(settings)),
        host_(clock_, [this] { asio::post(io_, [this] { settle(); }); }),
        server_(
            io_, *this,
            {.version = SWITCHHOOK_VERSION,
             .epoch = new_epoch(),
             .user = rpc::platform::user_id(),
             .describe = [this](api::ApplicationInfo& who) { access_.describe(who); },
             .local_heartbeat =
                 std::chrono::milliseconds(settings_.silence_time) / limits::kHeartbeatsMissed,
             .resume_time = settings_.resume_time,
             .restore_time =
                 keeps_store(settings_) ? settings_.restore_time : std::chrono::seconds(0),
             .notice =
                 [](const std::string& words) { log::of(Subject::service).warn("{}", words); }}) {}
  ~Impl() override {
    std::error_code ignored;
    if (token_written_) fs::remove(settings_.token_file, ignored);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<std::string> start();
  bool run();

  // ---- rpc::Backend

  api::AppId attach(api::ApplicationInfo info, api::ServiceSink& sink) override {
    App app{info.user, info.role};
    const api::AppId id = host_.attach(std::move(info), sink);
    apps_.emplace(id, std::move(app));
    idle_since_.reset();
    return id;
  }
  void detach(api::AppId app, const std::string& why) override {
    if (shared_audit_) shared_audit_->forget(app);
    forget_queries(app);
    apps_.erase(app);
    if (audits_) audits_->forget(app);
    if (handing_over_)
      host_.hand_over(app);
    else
      host_.detach(app, why);
    if (apps_.empty()) idle_since_ = Clock::now();
  }
  void submit(api::AppId app, api::RequestId request, api::Command command) override {
    metrics_.asked(command.index());
    if (auto* query = std::get_if<api::RecordQuery>(&command); query != nullptr && store_)
      return ask_store(app, request, std::move(*query));
    if (std::holds_alternative<api::Reload>(command)) return ask_reload(app, request);
    if (const auto* what = std::get_if<api::Drain>(&command)) return drain(app, request, *what);
    if (std::holds_alternative<api::RunAudit>(command) && sees_all(app))
      return shared_audit_->ask(app, request);
    if (auto* what = std::get_if<api::Restore>(&command); what != nullptr && store_)
      return restore(app, request, std::move(*what));
    host_.submit(app, request, std::move(command));
  }
  void settle() override {
    if (std::exchange(settling_, true)) return;
    host_.run();
    watch_journal();
    watch_drain();
    if (console_) console_->refusing(refusing());
    server_.flush();
    settling_ = false;
    set_timer();
  }

 private:
  [[nodiscard]] bool refuses() const { return !journal_kept_ && settings_.refuses_unnoted(); }
  [[nodiscard]] const char* refusing() const {
    return draining_ ? kDraining : refuses() ? kRefused : "";
  }

  /// A reply that does not come from the engine.
  void answer(api::AppId app, api::Reply reply) {
    if (!inside_.reply(app, reply)) server_.reply(app, std::move(reply));
  }

  struct App {
    std::string user;
    api::Role role = api::Role::user;
    std::size_t queries = 0;  ///< of the store, not answered yet
  };

  [[nodiscard]] bool sees_all(api::AppId app) const {
    const auto found = apps_.find(app);
    return found != apps_.end() && found->second.role != api::Role::user;
  }
  Result<void> take_place();
  Result<std::uint16_t> listen_tcp();
  void ask_store(api::AppId app, api::RequestId request, api::RecordQuery query);
  void restore(api::AppId app, api::RequestId request, api::Restore what);
  void restore_decided(api::AppId app, api::RequestId request, api::Restore what);
  [[nodiscard]] bool goes_on(const Record& record) const;
  void count_journal(Audits::Counted counted);
  void add_own_lines(api::AuditReport& report);
  void amend(api::Value& value);
  [[nodiscard]] Measured measure() const;
  void set_timer();
  void watch_idleness();
  void watch_store();
  void watch_journal();
  void watch_drain();
  [[nodiscard]] bool is_operator(api::AppId app, api::RequestId request, const char* deed);
  void ask_reload(api::AppId app, api::RequestId request);
  void put_in_force(Access access);
  Result<ReloadReport> reload_now();
  void drain(api::AppId app, api::RequestId request, const api::Drain& what);
  void await_signal();
  void forget_queries(api::AppId app);
  void begin_stop(const std::string& why);
  bool stop_all();

  Settings settings_;
  asio::io_context io_{1};
  base::SystemClock clock_;
  std::optional<rpc::platform::FileLock> place_;
  std::unique_ptr<Store> store_;  // outlives the engine, which fills it
  std::optional<Postgresql> postgresql_;
  std::optional<StoreJournal> journal_;
  core::EngineHost host_;
  std::optional<Orphans> orphans_;
  std::optional<Audits> audits_;
  std::optional<SelfAudit> self_audit_;
  TelephonyLog telephony_log_{host_, clock_};
  Access access_;
  std::optional<SharedAudit> shared_audit_;
  rpc::Server server_;
  Inside inside_{io_, *this};
  asio::steady_timer timer_{io_}, second_{io_};
  Memory memory_;
  Supervisor supervisor_;
  std::optional<Clock::time_point> timer_at_;
  asio::signal_set signals_{io_};
  std::unordered_map<api::AppId, App> apps_;
  std::unordered_map<std::string, std::size_t> queries_of_;  // of the store, by user
  std::optional<Clock::time_point> idle_since_ = Clock::now();
  std::string sip_note_;
  StoreLog store_log_;
  bool journal_kept_ = true;
  const Clock::time_point started_ = Clock::now();
  std::optional<std::string> stopping_;
  std::uint16_t tcp_port_ = 0;
  bool settling_ = false, token_written_ = false, draining_ = false, handing_over_ = false;
  bool providers_begun_ = false;
  std::unique_ptr<Console> console_;
  MetricsServer metrics_{io_, [this] { return measure(); }};  // asks the loop: the first to go
};

// ---- starting

/// Only one daemon serves a socket. One that is just stopping is waited for.
Result<void> Daemon::Impl::take_place() {
  const fs::path folder = fs::path(settings_.socket).parent_path();
  if (settings_.socket == rpc::platform::user_socket()) {
    if (Result<void> made = rpc::platform::make_private_directory(folder.string()); !made)
      return made;
  } else if (settings_.system && settings_.socket == rpc::platform::system_socket()) {
    std::error_code error;
    fs::create_directory(folder, error);
    if (error) return Error{Errc::failed, folder.string() + ": " + error.message()};
  }
  const std::string path = settings_.socket + ".lock";
  const auto deadline = Clock::now() + kOtherDaemonStops;
  while (true) {
    Result<rpc::platform::FileLock> lock =
        rpc::platform::FileLock::take(path, std::chrono::milliseconds(50));
    if (lock) {
      place_.emplace(std::move(*lock));
      return {};
    }
    if (lock.error().code != Errc::timed_out)
      return Error{lock.error().code,
                   "cannot listen at " + settings_.socket + ": " + lock.error().context};
    asio::local::stream_protocol::socket probe(io_);
    std::error_code error;
    probe.connect(settings_.socket, error);
    if (!error || Clock::now() >= deadline)
      return Error{Errc::resource_unavailable,
                   "another switchhookd serves " + settings_.socket + " already"};
  }
}

Result<std::uint16_t> Daemon::Impl::listen_tcp() {
  Result<std::string> token = rpc::platform::make_secret();
  if (!token) return token.error();
  if (Result<void> written = rpc::platform::write_secret(settings_.token_file, *token); !written)
    return written.error();
  token_written_ = true;
  return server_.listen_tcp(*settings_.tcp_port, std::move(*token));
}

Result<std::string> Daemon::Impl::start() {
  if (settings_.socket.size() > 100)
    return Error{Errc::invalid_argument, settings_.socket + ": too long for a socket's path"};
  if (Result<void> taken = take_place(); !taken) return taken.error();
  if (keeps_store(settings_)) {
    Result<std::unique_ptr<Store>> store = Store::open(*settings_.store, store_options(settings_));
    if (!store) return std::move(store).error();
    store_ = std::move(*store);
    host_.begin_at(store_->first_generation());
    host_.expect_lines(store_->lines());
    journal_.emplace(*store_, [this] { return settings_.refuses_unnoted() ? kRefused : ""; });
    host_.journal(*journal_);
    if (!settings_.postgresql.conninfo.empty()) postgresql_.emplace(*store_, settings_.postgresql);
    watch_store();
  } else if (!settings_.postgresql.conninfo.empty()) {
    return Error{Errc::invalid_argument, "records.postgresql needs a store, where records wait"};
  }
  Result<Access> access = Access::resolve(settings_.access, rpc::platform::user_id());
  if (!access) return std::move(access).error();
  put_in_force(std::move(*access));
  for (const std::string& warning : settings_.warnings)
    log::of(Subject::service).warn("{}", warning);
  host_.observe(telephony_log_);
  if (!settings_.console.listen.empty())
    console_ = std::make_unique<Console>(host_, inside_, settings_.console, new_epoch(),
                                         SWITCHHOOK_VERSION);
  host_.amend([this](api::AppId app, api::RequestId request, api::Value& value) {
    if (auto* report = std::get_if<api::AuditReport>(&value)) audits_->amend(app, request, *report);
    amend(value);
  });
  audits_.emplace(host_, [this](Audits::Counted counted) { count_journal(std::move(counted)); });
  self_audit_.emplace(
      host_, [this](api::AppId app, api::RequestId request) { audits_->run(app, request); }, clock_,
      settings_.audit_every,
      [](bool came, const std::string& finding) {
        if (came)
          log::of(Subject::audit).error("{}", finding);
        else
          log::of(Subject::audit).info("no longer: {}", finding);
      });
  shared_audit_.emplace(
      host_, [this](api::AppId app, api::RequestId request) { audits_->run(app, request); },
      [this](api::AppId app, api::Reply reply) {
        answer(app, std::move(reply));
        asio::post(io_, [this] {
          shared_audit_->tick();
          settle();
        });
      });
  // What asks to stop while the providers start is not lost.
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) signals_.add(number);
  await_signal();
  if (store_)
    orphans_.emplace(host_, *store_, clock_,
                     Orphans::TakeUp{[this](const Record& record) { return goes_on(record); },
                                     settings_.restore_time});
  Result<Started> started = add_providers(settings_, clock_, host_, orphans_ ? &*orphans_ : nullptr,
                                          place_->descriptor());
  if (!started) return std::move(started).error();
  if (orphans_) orphans_->begin();
  host_.run();
  providers_begun_ = true;
  watch_store();  // its lines have their numbers now
  const std::string sip = sip_address(host_);
  sip_note_ = started->sip_note;
  if (!sip_note_.empty()) log::of(Subject::service).warn("SIP listens on {}{}", sip, sip_note_);

  Result<void> listening = server_.listen(
      {.path = settings_.socket, .mode = *settings_.socket_mode, .group = settings_.socket_group});
  if (!listening) return listening.error();
  std::string ready = "ready socket=" + settings_.socket;
  if (!sip.empty()) ready += " sip=" + sip;
  if (settings_.tcp_port) {
    const Result<std::uint16_t> port = listen_tcp();
    if (!port) return port.error();
    tcp_port_ = *port;
    ready += " tcp=127.0.0.1:" + std::to_string(*port) + " token=" + settings_.token_file;
  }
  if (Result<void> good = metrics_.listen(settings_.metrics_listen, ready); !good)
    return good.error();
  if (console_)
    if (Result<void> good = console_->listen(ready); !good) return good.error();
  ready += " pid=" + std::to_string(rpc::platform::process_id());
  log::of(Subject::service)
      .info("version {}; {}; store {}", SWITCHHOOK_VERSION, ready,
            store_ ? *settings_.store : "in memory");
  settle();
  supervisor_.ready();
  return ready;
}

// ---- operators

void Daemon::Impl::await_signal() {
  signals_.async_wait([this](const std::error_code& error, int number) {
    if (error) return;
    if (number != SIGHUP) return begin_stop("the service was stopped");
    static_cast<void>(reload_now());
    settle();
    await_signal();
  });
}

/// Refuses, and says so, unless it is one.
bool Daemon::Impl::is_operator(api::AppId app, api::RequestId request, const char* deed) {
  const auto found = apps_.find(app);
  if (found == apps_.end()) return false;
  const bool permitted = found->second.role == api::Role::operating;
  telephony_log_.asked(app, deed, permitted);
  if (!permitted) answer(app, {request, false, Error{Errc::denied, "this is for operators"}});
  return permitted;
}

void Daemon::Impl::ask_reload(api::AppId app, api::RequestId request) {
  if (!is_operator(app, request, "reload the configuration")) return;
  Result<ReloadReport> done = reload_now();
  answer(app,
         {request, false, done ? Result<api::Value>(std::move(*done)) : std::move(done).error()});
}

void Daemon::Impl::put_in_force(Access access) {
  access_ = std::move(access);
  core::Policy policy = settings_.policy;
  policy.users_by_line = access_.lines();
  host_.policy(std::move(policy));
  telephony_log_.tell_digits(settings_.log.digits);
}

/// Takes the configuration as it is now, or nothing of it.
Result<ReloadReport> Daemon::Impl::reload_now() {
  const auto refused = [](const Error& why) {
    write_log(why);
    return why;
  };
  if (stopping_) return Error{Errc::invalid_state, *stopping_};
  if (!settings_.again) return refused({Errc::unsupported, "it was not read from a file"});
  Result<Settings> wanted = settings_.again();
  if (!wanted) return refused(wanted.error());
  Result<Access> access = Access::resolve(wanted->access, rpc::platform::user_id());
  if (!access) return refused(access.error());
  Reload news = reload(settings_, std::move(*wanted));
  settings_ = std::move(news.settings);
  log::begin(settings_.log);
  put_in_force(std::move(*access));
  for (auto& [provider, command] : news.commands) host_.tell_provider(provider, std::move(command));
  host_.refuse_calls(refusing());
  write_log(news.report);
  return std::move(news.report);
}

void Daemon::Impl::drain(api::AppId app, api::RequestId request, const api::Drain& what) {
  if (!is_operator(app, request, what.cancel ? "take calls again" : "drain the service")) return;
  draining_ = !what.cancel;
  host_.refuse_calls(refusing());
  answer(app, {request, false, api::Value{}});
}

/// The last call is over: nothing is left to end, neither here nor of earlier starts.
void Daemon::Impl::watch_drain() {
  if (!draining_ || stopping_ || host_.live() != 0 || (orphans_ && orphans_->pending() != 0))
    return;
  begin_stop("the service was drained");
}

// ---- serving

void Daemon::Impl::ask_store(api::AppId app, api::RequestId request, api::RecordQuery query) {
  const auto found = apps_.find(app);
  if (found == apps_.end()) return;
  const bool all = found->second.role != api::Role::user;
  if (found->second.queries >= limits::kQueriesInFlight ||
      (!all && queries_of_[found->second.user] >= limits::kQueriesOfUser))
    return answer(app,
                  {request, false, Error{Errc::overloaded, "too many questions to the store"}});
  ++found->second.queries;
  ++queries_of_[found->second.user];
  store_->query(std::move(query), {found->second.user, all},
                [this, app, request](Result<api::RecordPage> page) {
                  Result<api::Value> result = Errc::failed;
                  if (page)
                    result = api::Value{std::move(*page)};
                  else
                    result = std::move(page).error();
                  asio::post(io_, [this, app, request, result = std::move(result)]() mutable {
                    const auto asker = apps_.find(app);
                    if (asker == apps_.end()) return;
                    --asker->second.queries;
                    if (--queries_of_[asker->second.user] == 0)
                      queries_of_.erase(asker->second.user);
                    answer(app, {request, false, std::move(result)});
                    settle();
                  });
                });
}

/// What it asked for is answered to nobody.
void Daemon::Impl::forget_queries(api::AppId app) {
  const auto found = apps_.find(app);
  if (found == apps_.end() || found->second.queries == 0) return;
  std::size_t& of_user = queries_of_[found->second.user];
  of_user -= found->second.queries;
  if (of_user == 0) queries_of_.erase(found->second.user);
}

/// Whether the policy of its line is to take it up.
bool Daemon::Impl::goes_on(const Record& record) const {
  const auto& lines = settings_.sip.lines;
  return settings_.sip_enabled && record.provider == "sip" &&
         std::any_of(lines.begin(), lines.end(), [&](const sip::LineConfig& line) {
           return line.name == record.line && line.after_death == sip::AfterDeath::take_up;
         });
}

/// What the engine needs of an earlier service's sessions: of those that died with it, and of those
/// that had ended before. Those that go on it has by then.
void Daemon::Impl::restore(api::AppId app, api::RequestId request, api::Restore what) {
  orphans_->when_decided([this, app, request, what = std::move(what)]() mutable {
    restore_decided(app, request, std::move(what));
  });
}

void Daemon::Impl::restore_decided(api::AppId app, api::RequestId request, api::Restore what) {
  std::vector<std::uint64_t> sessions;
  sessions.reserve(what.calls.size());
  for (const api::CallToRestore& each : what.calls)
    if (each.session) sessions.push_back(each.session.value);
  std::vector<Record> known = orphans_->take_known(sessions);
  store_->find(
      std::move(sessions), [this, app, request, what = std::move(what),
                            known = std::move(known)](Result<api::RecordPage> page) mutable {
        if (page)
          for (Record& record : page->records) known.push_back(std::move(record));
        asio::post(
            io_, [this, app, request, what = std::move(what), known = std::move(known)]() mutable {
              host_.restore(app, request, std::move(what), std::move(known));
              settle();
            });
      });
}

/// The journal is counted on the store's thread, against what is to be in it now.
void Daemon::Impl::count_journal(Audits::Counted counted) {
  if (!store_) return counted({});
  const std::size_t live = host_.unrecorded(), orphans = orphans_->pending();
  store_->count_journal([this, counted = std::move(counted), live,
                         orphans](Result<Store::JournalCount> found) mutable {
    asio::post(io_, [this, counted = std::move(counted), live, orphans, found = std::move(found)] {
      std::vector<api::LedgerLine> lines;
      if (found)
        lines = {{Resource::sessions, "journal", static_cast<std::int64_t>(live),
                  static_cast<std::int64_t>(found->sessions)},
                 {Resource::sessions, "journal, earlier starts", static_cast<std::int64_t>(orphans),
                  static_cast<std::int64_t>(found->orphans)}};
      counted(std::move(lines));
      settle();
    });
  });
}

/// The connections of applications.
void Daemon::Impl::add_own_lines(api::AuditReport& report) {
  std::int64_t open = 0;
  for (const base::OpenSocket& socket : base::open_sockets())
    open += !socket.datagram && !socket.listening &&
            ((!socket.path.empty() && socket.path == settings_.socket) ||
             (socket.port != 0 && socket.port == tcp_port_));
  add_line(report, {Resource::descriptors, api::AuditReport::kService,
                    static_cast<std::int64_t>(server_.sockets()), open});
}

/// The daemon's own part of what the engine answers.
void Daemon::Impl::amend(api::Value& value) {
  const auto note = [this](LineInfo& line) {
    if (!sip_note_.empty() && line.provider == "sip") line.status += sip_note_;
    if (const char* why = refusing(); *why != '\0')
      line.status += std::string(line.status.empty() ? "" : "; ") + why;
  };
  if (auto* list = std::get_if<api::LineList>(&value)) {
    for (LineInfo& line : list->lines) note(line);
  } else if (auto* line = std::get_if<api::LineStatus>(&value)) {
    note(line->info);
  } else if (auto* report = std::get_if<api::AuditReport>(&value)) {
    add_own_lines(*report);
    self_audit_->amend(*report);
  } else if (auto* status = std::get_if<api::ServiceStatus>(&value)) {
    status->version = SWITCHHOOK_VERSION;
    status->process = rpc::platform::process_id();
    status->socket = settings_.socket;
    status->events_dropped += server_.events_dropped();
    status->heap_bytes = Memory::in_use();
    status->refusing = refusing();
    if (!store_) return;
    const Store::Status store = store_->status();
    std::optional<Postgresql::Status> database;
    if (postgresql_) database = postgresql_->status();
    status->store = store_text(store, refuses(), database ? &*database : nullptr);
    status->records_written = store.written;
  }
}

Measured Daemon::Impl::measure() const {
  const Store::Status store = store_ ? store_->status() : Store::Status{};
  return {
      .counts = host_.counts(),
      .audit_findings = self_audit_->findings(),
      .records_waiting = store.waiting,
      .records_lost = store.lost,
      .records_unsent = store.unsent,
      .database_up = postgresql_ ? std::optional(postgresql_->status().connected) : std::nullopt,
      .events_dropped = server_.events_dropped(),
      .calls_refused = refuses()};
}

/// Wakes when the engine wants it; a timer that is too early does no harm.
void Daemon::Impl::set_timer() {
  const auto next = host_.next_deadline();
  if (!next) return;
  const Clock::time_point at{std::chrono::duration_cast<Clock::duration>(*next)};
  if (timer_at_ && *timer_at_ <= at) return;
  timer_at_ = at;
  timer_.expires_at(at);
  timer_.async_wait([this](const std::error_code& error) {
    if (error) return;
    timer_at_.reset();
    settle();
  });
}

/// Once a second, for what need not be exact.
void Daemon::Impl::watch_idleness() {
  second_.expires_after(std::chrono::seconds(1));
  second_.async_wait([this](const std::error_code& error) {
    if (error || stopping_) return;
    metrics_.late(Clock::now() - second_.expiry());
    watch_store();
    supervisor_.lives(Clock::now());
    memory_.keep_small(Clock::now());
    self_audit_->tick();
    shared_audit_->tick();
    if (orphans_ && Clock::now() - started_ > settings_.restore_time) orphans_->forget();
    settle();
    if (settings_.idle_exit.count() != 0 && idle_since_ &&
        Clock::now() - *idle_since_ >= settings_.idle_exit)
      return begin_stop("no program uses it");
    watch_idleness();
  });
}

void Daemon::Impl::watch_store() {
  if (!store_) return;
  Store::Lines lines = host_.lines();  // all of them: not while the providers begin, or go
  if (providers_begun_ && !stopping_ && lines != store_->lines()) store_->keep_lines(lines);
  store_log_.tell(store_->status(), settings_, refuses());
  if (postgresql_) store_log_.tell(postgresql_->status(), store_->status());
}

/// After each step, not once a second: calls may begin again as soon as they are kept.
void Daemon::Impl::watch_journal() {
  const bool kept = !store_ || store_->journal_kept();
  if (std::exchange(journal_kept_, kept) != kept) watch_store();
  host_.refuse_calls(refusing());  // it may have begun to by itself
}

void Daemon::Impl::begin_stop(const std::string& why) {
  if (stopping_) return;
  stopping_ = why;
  io_.stop();
}

bool Daemon::Impl::run() {
  if (!stopping_) {
    watch_idleness();
    io_.restart();
    io_.run();
  }
  return stop_all();
}

// ---- stopping

bool Daemon::Impl::stop_all() {
  log::of(Subject::service).info("stopping: {}", *stopping_);
  supervisor_.stopping();
  const auto begun = Clock::now();
  const bool restores = keeps_store(settings_) && settings_.restore_time.count() != 0;
  second_.cancel();
  server_.stop_listening();
  host_.stop(*stopping_, restores);
  settle();
  const auto run_until = [this](Clock::time_point deadline, const auto& done) {
    while (!done() && Clock::now() < deadline) {
      io_.restart();
      io_.run_one_until(deadline);
    }
    return done();
  };
  const auto stopped = [this] { return host_.stopped(); };
  bool clean = run_until(begun + kProvidersStopTime, stopped);
  if (!clean) {
    log::of(Subject::service)
        .warn("not every far end has answered; these sessions are recorded as unconfirmed");
    host_.abandon_providers("the service was stopped");
    settle();
    clean = host_.stopped();
  }
  if (console_) {
    console_->stop(*stopping_);
    inside_.close_all({Errc::disconnected, *stopping_});
    io_.poll();  // what the console's threads wait for
    console_->close();
  }
  handing_over_ = restores;
  server_.close_all({Errc::disconnected, *stopping_}, restores);
  run_until(Clock::now() + kLastWordsTime, [this] { return server_.idle(); });
  if (store_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        begun + limits::kStopTime - Clock::now());
    if (!store_->flush(std::max(left, std::chrono::milliseconds(500)))) {
      const Store::Status status = store_->status();
      log::of(Subject::store)
          .critical("{} records could not be written: {}", status.waiting, status.trouble);
      clean = false;
    }
    if (postgresql_) postgresql_->finish(limits::kOutboxGoodbye);
  }
  log::of(Subject::service).info("stopped");
  return clean;
}

Daemon::Daemon(Settings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
Daemon::~Daemon() = default;
Result<std::string> Daemon::start() {
  return impl_->start();
}
bool Daemon::run() {
  return impl_->run();
}

}  // namespace switchhook::daemon
