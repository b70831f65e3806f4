// SPDX-License-Identifier: Apache-2.0
#include "daemon/store.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "daemon/batch.hpp"
#include "daemon/database.hpp"
#include "daemon/store_open.hpp"
#include "daemon/tail.hpp"
#include "daemon/turns.hpp"
#include "daemon/wal.hpp"
#include "rpc/platform.hpp"

namespace switchhook::daemon {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// What comes within this time after the first note is written with it.
constexpr std::chrono::milliseconds kGather{100};
constexpr std::size_t kLostNamed = 100;
/// How often records are looked for that need not be kept.
constexpr std::chrono::seconds kRetire{10};
constexpr std::size_t kQuestions = 1024;
constexpr std::chrono::milliseconds kRetryFirst{100}, kRetryLast{5000};
constexpr std::chrono::milliseconds kLastAttempt{1000};

}  // namespace

struct Store::Question {
  /// A part of the answer. @return whether it was the last.
  std::function<bool(Database& database)> carry_out;
  std::function<void(const Error& why)> refuse;
  bool exact = false;       ///< worth nothing while notes cannot be written
  bool at_once = false;     ///< asks only for what is written
  std::uint64_t after = 0;  ///< the note before it, which it sees
};

class Store::Impl {
 public:
  Impl(std::string path, Options options, Database database, Tail tail,
       rpc::platform::FileLock lock, std::string set_aside, std::vector<std::string> damage)
      : path_(std::move(path)),
        options_(std::move(options)),
        database_(std::move(database)),
        boot_(database_.first_generation()),
        lock_(std::move(lock)),
        tail_(std::move(tail)),
        sequence_(database_.sequence()) {
    status_.path = path_;
    status_.set_aside = std::move(set_aside);
    status_.damage = std::move(damage);
    look_at_clock();
    database_.keep_unsent(options_.outbox);
    status_.unsent = count_unsent();
    if (options_.files != nullptr) return;
    const rpc::platform::SignalShield shield;
    thread_ = std::thread([this] { work(); });
  }
  ~Impl() {
    static_cast<void>(flush(kLastAttempt));
    if (!thread_.joinable()) return;
    {
      base::Lock lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// A note that is no record.
  void note(TailEntry entry, std::uint64_t session) {
    bool first = false;
    {
      base::Lock lock(mutex_);
      append(entry);
      first = next_.empty();
      next_.take(entry, session);
      if (first) due_ = now() + kGather;
    }
    if (first) wake_.notify_one();
  }

  void note(TailEntry entry, Row row) {
    const bool amends = entry.kind == TailEntry::Kind::amended;
    bool first = false;
    {
      base::Lock lock(mutex_);
      if (!amends && waiting() >= limits::kRecordsUnwritten) {
        ++status_.lost;
        if (status_.lost_sessions.size() < kLostNamed) status_.lost_sessions.push_back(row.session);
        // What the journal has of it stays there: the next start makes a record of that.
        next_.journal.erase({entry.boot, entry.provider, entry.call});
        return;
      }
      append(entry);
      first = next_.empty();
      next_.take(entry, std::move(row));
      if (!amends) ++added_;
      if (first) due_ = now() + kGather;
    }
    if (first) wake_.notify_one();
  }

  /// False when too many wait; the question is then left untouched.
  bool ask(const std::string& user, Question& question) {
    {
      base::Lock lock(mutex_);
      const bool full = user.empty() ? questions_.of(user) >= kQuestions
                                     : questions_.size() - questions_.of({}) >= kQuestions ||
                                           questions_.of(user) >= limits::kQueriesOfUser;
      if (full) return false;
      question.after = question.at_once ? 0 : sequence_;
      questions_.add(user, std::move(question));
    }
    wake_.notify_one();
    return true;
  }

  bool flush(std::chrono::milliseconds wait) {
    const auto deadline = Clock::now() + wait;
    base::Lock lock(mutex_);
    retry_at_ = {};  // at once, not when its time has come
    due_ = {};
    const std::uint64_t until = sequence_;
    if (!thread_.joinable()) {
      while (do_next().did) {
      }
      return written_ >= until;
    }
    wake_.notify_one();
    while (written_ < until)
      if (progress_.wait_until(mutex_, deadline) == std::cv_status::timeout)
        return written_ >= until;
    return true;
  }

  Status status() const {
    base::Lock lock(mutex_);
    Status status = status_;
    status.waiting = waiting();
    return status;
  }
  void on_written(std::function<void()> tell) {
    base::Lock lock(mutex_);
    on_written_ = std::move(tell);
  }
  [[nodiscard]] std::uint32_t boot() const { return boot_; }
  [[nodiscard]] bool journal_kept() const { return journal_kept_; }
  std::optional<std::chrono::nanoseconds> run_due() {
    base::Lock lock(mutex_);
    Next next = do_next();
    while (next.did) next = do_next();
    if (!next.at) return std::nullopt;
    return next.at->time_since_epoch();
  }

 private:
  [[nodiscard]] std::uint64_t waiting() const SWITCHHOOK_REQUIRES(mutex_) {
    return added_ - status_.written;
  }

  void step(Step which) const {
    if (options_.at_step) options_.at_step(which);
  }
  /// Numbers the entry and gives it to the kernel.
  void append(TailEntry& entry) SWITCHHOOK_REQUIRES(mutex_) {
    step(Step::before_note);
    entry.sequence = ++sequence_;
    const Result<void> appended = tail_.append(entry);
    step(Step::after_note);
    if (appended) return;
    status_.unsafe = appended.error().context;
    journal_kept_ = false;
    unsafe_until_ = sequence_;
  }

  [[nodiscard]] Moment moment() const {
    return options_.clock != nullptr ? options_.clock->now() : base::SystemClock().now();
  }
  [[nodiscard]] Clock::time_point now() const {
    return options_.clock != nullptr ? Clock::time_point(options_.clock->now().monotonic)
                                     : Clock::now();
  }

  void work() {
    mutex_.lock();
    for (Next next = do_next(); !next.over; next = do_next()) {
      if (next.did) continue;
      if (next.at)
        wake_.wait_until(mutex_, *next.at);
      else
        wake_.wait(mutex_);
    }
    mutex_.unlock();
    static_cast<void>(database_.keep_sent());
  }

  struct Next {
    bool did = false;                     ///< something, and there may be more
    bool over = false;                    ///< the thread is not needed any more
    std::optional<Clock::time_point> at;  ///< when there is more; nothing = when woken
  };
  /// One thing that is due.
  Next do_next() SWITCHHOOK_REQUIRES(mutex_) {
    const bool in_trouble = !status_.trouble.empty();
    const bool asked = !questions_.empty() && questions_.front().after > written_;
    const bool something = !batch_.empty() || !next_.empty();
    const Clock::time_point at = in_trouble           ? retry_at_
                                 : asked || stopping_ ? Clock::time_point{}
                                                      : due_;
    if (something && now() >= at) {
      write_batch();
    } else if (retires() && !in_trouble && now() >= retire_at_ + kRetire) {
      retire();  // also where somebody asks without end
    } else if (!questions_.empty() && (in_trouble || !asked)) {
      answer();
    } else if (stopping_ && (in_trouble || !something)) {
      return {.over = true};  // what could not be written by now stays in the tail
    } else if (retires() && !in_trouble && now() >= retire_at_) {
      retire();
    } else if (in_log_ && !something && !in_trouble && now() >= quiet_at_) {
      checkpoint();
    } else {
      std::optional<Clock::time_point> next;
      const auto also = [&next](Clock::time_point when) {
        next = next ? std::min(*next, when) : when;
      };
      if (something) also(at);
      if (retires()) also(something ? retire_at_ : std::max(retire_at_, retry_at_));
      if (in_log_ && !something && !in_trouble) also(quiet_at_);
      return {.at = next};
    }
    return {.did = true};
  }

  void write_batch() SWITCHHOOK_REQUIRES(mutex_) {
    if (batch_.empty()) {  // otherwise it is tried again
      batch_ = std::exchange(next_, {});
      tail_.turn();
    }
    mutex_.unlock();
    step(Step::before_commit);
    const Result<void> written = database_.write(batch_);
    step(Step::after_commit);
    std::optional<std::string> aside;
    if (!written && written.error().code == Errc::malformed) aside = start_anew();
    const std::uint64_t unsent = count_unsent();
    mutex_.lock();
    status_.unsent = unsent;
    if (written) {
      status_.written += batch_.rows.size();
      if (!batch_.rows.empty() && on_written_) on_written_();
      written_ = batch_.sequence;
      status_.trouble.clear();
      in_log_ = true;
      quiet_at_ = now() + limits::kStoreQuiet;
      batch_ = {};
      tail_.forget();
      step(Step::after_forget);
      if (written_ >= unsafe_until_) status_.unsafe.clear();
      journal_kept_ = status_.unsafe.empty();
      retry_after_ = kRetryFirst;
    } else {
      ++status_.failed_writes;
      status_.trouble = written.error().context;
      retry_at_ = now() + (aside ? std::chrono::milliseconds(0) : retry_after_);
      retry_after_ = std::min(retry_after_ * 2, kRetryLast);
      if (aside) status_.set_aside = *aside;
    }
    progress_.notify_all();
  }

  [[nodiscard]] bool retires() const {
    return options_.keep.count() != 0 || options_.bytes_max != 0;
  }

  /// Not with the mutex: it asks the database.
  std::uint64_t count_unsent() {
    return options_.outbox ? database_.count_unsent().value_or(0) : 0;
  }

  /// What the disk may do to the log beside the database, it cannot do to what is not in it.
  void checkpoint() SWITCHHOOK_REQUIRES(mutex_) {
    in_log_ = false;
    const bool trusted = trusts_clock();
    mutex_.unlock();
    if (trusted) static_cast<void>(database_.wall_seen(moment().wall.count()));
    const Result<void> done = database_.checkpoint();
    mutex_.lock();
    if (done) return;
    in_log_ = true;
    quiet_at_ = now() + kRetire;
  }

  /// Whether the wall clock goes on as the other one does, and has for a while. A clock that is wrong
  /// for a moment is not to remove what should be kept for years.
  void look_at_clock() SWITCHHOOK_REQUIRES(mutex_) {
    using std::chrono::seconds;
    const Moment now = moment();
    const auto offset =
        now.wall - std::chrono::duration_cast<std::chrono::microseconds>(now.monotonic);
    if (!offset_) {
      const std::chrono::microseconds seen{database_.wall_seen_us()};
      const bool good =
          seen.count() == 0 || (now.wall >= seen && now.wall - seen < limits::kAbsence);
      steady_at_ = now.monotonic + (good ? seconds(0) : options_.clock_steady);
      if (!good)
        status_.clock = "since the wall clock was last known, " +
                        std::to_string((now.wall - seen) / seconds(1)) + " s have passed by it";
    } else if (std::chrono::abs(offset - *offset_) > limits::kClockJump) {
      steady_at_ = now.monotonic + options_.clock_steady;
      status_.clock =
          "the wall clock jumped by " + std::to_string((offset - *offset_) / seconds(1)) + " s";
    }
    offset_ = offset;
    if (now.monotonic >= steady_at_) status_.clock.clear();
  }
  [[nodiscard]] bool trusts_clock() SWITCHHOOK_REQUIRES(mutex_) {
    look_at_clock();
    return status_.clock.empty();
  }

  /// Some of the records that need not be kept. By age only a few at a time: should the clock be wrong
  /// after all, there is time to see it.
  void retire() SWITCHHOOK_REQUIRES(mutex_) {
    const bool by_age = options_.keep.count() != 0 && trusts_clock();
    const std::uint64_t before = status_.unsent;
    mutex_.unlock();
    Result<std::size_t> old = std::size_t{0}, beyond = std::size_t{0};
    if (by_age)
      old = database_.retire_older((moment().wall - options_.keep).count(), limits::kRetireAtOnce);
    if (options_.bytes_max != 0)
      beyond = database_.retire_beyond(options_.bytes_max, limits::kRetireAtOnce);
    const std::uint64_t unsent = count_unsent();
    mutex_.lock();
    status_.unsent = unsent;
    if (unsent < before) status_.never_sent += before - unsent;
    const std::size_t removed = (old ? *old : 0) + (beyond ? *beyond : 0);
    status_.retired += removed;
    if (removed != 0) in_log_ = true;
    if (beyond && *beyond != 0) return;  // at once again while there are more
    retire_at_ = now() + (old && *old != 0 ? limits::kRetireEvery : kRetire);
  }

  /// The database is damaged: it is set aside for whoever can mend it, and a new one begun.
  std::optional<std::string> start_anew() {
    Result<std::string> aside = set_aside(path_);
    if (!aside) return std::nullopt;
    Result<Database> fresh = Database::open(path_);
    if (!fresh || !fresh->begin_boot(boot_)) return std::nullopt;
    fresh->keep_unsent(options_.outbox);
    database_ = std::move(*fresh);
    return *aside;
  }

  void answer() SWITCHHOOK_REQUIRES(mutex_) {
    auto [user, question] = questions_.take();
    const std::string trouble = question.after > written_ ? status_.trouble : std::string();
    mutex_.unlock();
    bool over = true;
    if (question.exact && !trouble.empty())
      question.refuse({Errc::failed, trouble});
    else
      over = question.carry_out(database_);
    const std::uint64_t unsent = count_unsent();
    mutex_.lock();
    status_.unsent = unsent;
    for (std::string& words : database_.take_damage())
      if (status_.damage.size() < limits::kDamageNamed) status_.damage.push_back(std::move(words));
    if (!over) questions_.put_back(user, std::move(question));
    if (!database_.sent_unwritten() || in_log_) return;
    in_log_ = true;
    quiet_at_ = now() + limits::kStoreQuiet;
  }

  const std::string path_;
  const Options options_;
  Database database_;  // the thread's
  const std::uint32_t boot_;
  const rpc::platform::FileLock lock_;
  Batch batch_;  // the thread's: being written, or to be tried again
  std::chrono::milliseconds retry_after_ = kRetryFirst;

  std::atomic<bool> journal_kept_ = true;

  mutable base::Mutex mutex_;
  base::Condition wake_, progress_;
  Tail tail_ SWITCHHOOK_GUARDED_BY(mutex_);
  Batch next_ SWITCHHOOK_GUARDED_BY(mutex_);
  Turns<Question> questions_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::uint64_t sequence_ SWITCHHOOK_GUARDED_BY(mutex_);  // of the last note
  std::uint64_t written_ SWITCHHOOK_GUARDED_BY(mutex_) = sequence_;
  std::uint64_t unsafe_until_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;  // the last that no tail has
  std::uint64_t added_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;         // records
  Clock::time_point due_ SWITCHHOOK_GUARDED_BY(mutex_){};
  Clock::time_point retire_at_ SWITCHHOOK_GUARDED_BY(mutex_){};
  Clock::time_point retry_at_ SWITCHHOOK_GUARDED_BY(mutex_){};
  bool in_log_ SWITCHHOOK_GUARDED_BY(mutex_) = true;  // something of the database, perhaps
  Clock::time_point quiet_at_ SWITCHHOOK_GUARDED_BY(mutex_){};
  std::optional<std::chrono::microseconds> offset_ SWITCHHOOK_GUARDED_BY(mutex_);  // of the clocks
  std::chrono::nanoseconds steady_at_ SWITCHHOOK_GUARDED_BY(mutex_){0};
  std::function<void()> on_written_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool stopping_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  Status status_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::thread thread_;  // last: begins when all else is there
};

// ---- opening

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::string& path, Options options) {
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  const bool simulated = options.files != nullptr;
  if (!folder.empty() && !simulated) {
    fs::create_directories(folder, error);
    if (error) return Error{Errc::failed, "store " + path + ": " + error.message()};
  }
  Result<rpc::platform::FileLock> lock =
      simulated ? Result<rpc::platform::FileLock>(rpc::platform::FileLock())
                : rpc::platform::FileLock::take(path + ".lock", std::chrono::milliseconds(0));
  if (!lock && lock.error().code == Errc::timed_out)
    return Error{Errc::resource_unavailable,
                 "store " + path + " is in use by another switchhookd; name another by --store"};
  if (!lock) return Error{Errc::failed, "store: " + lock.error().text()};
  for (const char* part : {"", "-wal", "-shm"})
    if (!simulated && fs::hard_link_count(path + part, error) > 1 && !error)
      return Error{Errc::denied, "store " + path + part + " has another name, too (a hard link)"};
  // A file of another program is not set aside, whatever it is.
  const bool ours = fs::exists(path + "-tail0", error);
  std::string aside;
  Result<Tail> tail = Tail::open(path, simulated ? *options.files : system_files());
  if (!tail) return Error{tail.error().code, "store " + tail.error().context};
  std::vector<std::string> damage;
  if (!simulated)
    if (std::optional<std::string> lost = damage_of_log(path)) damage.push_back(std::move(*lost));
  Result<Database> database = open_whole(path, *tail, damage);
  if (!database && database.error().code == Errc::malformed && ours) {
    if (Result<std::string> moved = set_aside(path)) aside = *moved;
    database = open_whole(path, *tail, damage);
  }
  if (!database) {
    const Errc code =
        database.error().code == Errc::malformed ? Errc::failed : database.error().code;
    return Error{code, "store " + database.error().context};
  }
  Result<std::vector<Orphan>> orphans = orphans_of(*database);
  if (!orphans) return Error{Errc::failed, "store " + orphans.error().context};
  Result<Lines> lines = database->lines();
  if (!lines) return Error{Errc::failed, "store " + lines.error().context};
  const std::vector<Orphan> twice = fold(*orphans);
  for (std::string& words : database->take_damage()) damage.push_back(std::move(words));
  auto impl =
      std::make_unique<Impl>(path, std::move(options), std::move(*database), std::move(*tail),
                             std::move(*lock), std::move(aside), std::move(damage));
  std::unique_ptr<Store> store(new Store(std::move(impl)));  // NOLINT: private constructor
  store->orphans_ = std::move(*orphans);
  store->lines_ = std::move(*lines);
  for (const Orphan& orphan : twice) store->forget(orphan);
  return store;
}

// ---- taking in

void Store::note(const std::string& provider, const provider::Recovery& recovery) {
  TailEntry entry{.kind = TailEntry::Kind::recovery,
                  .boot = impl_->boot(),
                  .call = recovery.call.value,
                  .provider = provider,
                  .line = recovery.line,
                  .provider_call_id = recovery.provider_call_id,
                  .recovery = recovery.recovery,
                  .direction = static_cast<std::uint8_t>(recovery.direction)};
  impl_->note(std::move(entry), std::uint64_t{0});
}

void Store::note(provider::CallRef call, const Record& record) {
  TailEntry entry{.kind = TailEntry::Kind::session,
                  .boot = impl_->boot(),
                  .call = call.value,
                  .provider = record.provider,
                  .record = rpc::encode_record(record)};
  impl_->note(std::move(entry), record.session);
}

void Store::add(provider::CallRef call, const Record& record) {
  add({.boot = impl_->boot(), .provider = record.provider, .call = call.value}, record);
}

void Store::add(const Orphan& orphan, const Record& record) {
  Row row = row_of(record);
  TailEntry entry{.kind = TailEntry::Kind::done,
                  .boot = orphan.boot,
                  .call = orphan.call,
                  .provider = orphan.provider,
                  .record = row.bytes};
  impl_->note(std::move(entry), std::move(row));
}

void Store::amend(const Record& record) {
  Row row = row_of(record);
  TailEntry entry{.kind = TailEntry::Kind::amended, .record = row.bytes};
  impl_->note(std::move(entry), std::move(row));
}

void Store::forget(const std::string& provider, provider::CallRef call) {
  TailEntry entry{.kind = TailEntry::Kind::make_failed,
                  .boot = impl_->boot(),
                  .call = call.value,
                  .provider = provider};
  impl_->note(std::move(entry), std::uint64_t{0});
}

void Store::forget(const Orphan& orphan) {
  TailEntry entry{.kind = TailEntry::Kind::make_failed,
                  .boot = orphan.boot,
                  .call = orphan.call,
                  .provider = orphan.provider};
  impl_->note(std::move(entry), std::uint64_t{0});
}

std::vector<Store::Orphan> Store::take_orphans() {
  return std::exchange(orphans_, {});
}

void Store::query(api::RecordQuery query, Who who, Answer answer) {
  if (query.verify && !who.operator_rights)
    return answer(Error{Errc::denied, "to verify all records is an operator's"});
  std::string user = who.operator_rights ? std::string() : who.user;
  auto scan = std::make_shared<Scan>(Scan{.query = std::move(query), .who = std::move(who)});
  ask(std::move(user), {.carry_out =
                            [scan, answer](Database& database) {
                              const Result<bool> over = database.read_some(*scan);
                              if (over && !*over) return false;
                              if (over)
                                answer(std::move(scan->page));
                              else
                                answer(over.error());
                              return true;
                            },
                        .refuse = [answer](const Error& why) { answer(why); }});
}

void Store::find(std::vector<std::uint64_t> sessions, Answer answer) {
  const auto carry_out = [sessions = std::move(sessions), answer](Database& database) {
    api::RecordPage all;
    for (const std::uint64_t session : sessions) {
      Result<api::RecordPage> one =
          database.read({.session = session}, {.user = {}, .operator_rights = true});
      if (!one) {
        answer(std::move(one));
        return true;
      }
      for (Record& record : one->records) all.records.push_back(std::move(record));
    }
    answer(std::move(all));
    return true;
  };
  ask({}, {.carry_out = carry_out, .refuse = [answer](const Error& why) { answer(why); }});
}

void Store::keep_lines(Lines lines) {
  lines_ = lines;
  ask({}, {.carry_out =
               [lines = std::move(lines)](Database& database) {
                 // Should it fail, the numbers of new lines are others after the next start.
                 static_cast<void>(database.keep_lines(lines));
                 return true;
               },
           .refuse = [](const Error&) {}});
}

void Store::unsent(std::size_t most, std::function<void(Result<Unsent>)> answer) {
  ask({}, {.carry_out =
               [most, answer](Database& database) {
                 answer(database.unsent(most));
                 return true;
               },
           .refuse = [answer](const Error& why) { answer(why); },
           .at_once = true});
}

void Store::sent(Unsent records) {
  ask({}, {.carry_out =
               [records = std::move(records)](Database& database) {
                 database.sent(records);
                 return true;
               },
           .refuse = [](const Error&) {},  // it is sent again
           .at_once = true});
}

void Store::look_back(std::int64_t records, std::function<void(Result<std::uint64_t>)> answer) {
  ask({}, {.carry_out =
               [records, answer](Database& database) {
                 answer(database.look_back(records));
                 return true;
               },
           .refuse = [answer](const Error& why) { answer(why); },
           .at_once = true});
}

void Store::count_journal(std::function<void(Result<JournalCount>)> answer) {
  ask({}, {.carry_out =
               [answer](Database& database) {
                 answer(database.count_journal());
                 return true;
               },
           .refuse = [answer](const Error& why) { answer(why); },
           .exact = true});
}

void Store::ask(std::string user, Question question) {
  if (!impl_->ask(user, question)) question.refuse({Errc::overloaded, "too many questions wait"});
}

void Store::on_written(std::function<void()> tell) {
  impl_->on_written(std::move(tell));
}
bool Store::flush(std::chrono::milliseconds wait) {
  return impl_->flush(wait);
}
std::optional<std::chrono::nanoseconds> Store::run_due() {
  return impl_->run_due();
}
Store::Status Store::status() const {
  return impl_->status();
}
bool Store::journal_kept() const {
  return impl_->journal_kept();
}
std::uint32_t Store::first_generation() const {
  return impl_->boot();
}

}  // namespace switchhook::daemon
