// SPDX-License-Identifier: Apache-2.0
#include "daemon/postgresql.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "rpc/platform.hpp"
#include "switchhook/json.hpp"
#include "switchhook/text.hpp"

namespace switchhook::daemon {
namespace {

using Clock = std::chrono::steady_clock;

#define SWITCHHOOK_TABLE "switchhook_records"

/// Without being told of anything, the store is asked this often.
constexpr std::chrono::minutes kLook{1};

struct Column {
  const char *name, *type;
};
constexpr std::array kColumns{
    Column{"store", "bigint"},
    Column{"session", "bigint"},
    Column{"line", "text"},
    Column{"provider", "text"},
    Column{"provider_call_id", "text"},
    Column{"direction", "text"},
    Column{"calling", "text"},
    Column{"calling_name", "text"},
    Column{"called", "text"},
    Column{"called_name", "text"},
    Column{"connected", "text"},
    Column{"redirecting", "text"},
    Column{"redirection", "text"},
    Column{"began", "timestamptz"},
    Column{"answered", "timestamptz"},
    Column{"ended", "timestamptz"},
    Column{"talk_seconds", "double precision"},
    Column{"held_seconds", "double precision"},
    Column{"origin", "text"},
    Column{"mode", "text"},
    Column{"sip_status", "integer"},
    Column{"q850", "integer"},
    Column{"words", "text"},
    Column{"confirmation", "text"},
    Column{"application", "text"},
    Column{"ended_by_application", "text"},
    Column{"ended_by_user", "text"},
    Column{"record", "jsonb"},
};

/// "store bigint, session bigint, …", or the names alone.
std::string columns(bool types) {
  std::string out;
  for (const Column& each : kColumns)
    out.append(out.empty() ? "" : ", ")
        .append(each.name)
        .append(types ? " " : "")
        .append(types ? each.type : "");
  return out;
}

const std::string& insertion() {
  static const std::string kSql = "INSERT INTO " SWITCHHOOK_TABLE " (" + columns(false) +
                                  ") SELECT " + columns(false) +
                                  " FROM json_to_recordset($1::json) AS r(" + columns(true) +
                                  ") ON CONFLICT (store, session) DO NOTHING";
  return kSql;
}

std::string row_of(std::int64_t store, const Record& record) {
  const End end = record.end.value_or(End{});
  const auto answer =
      std::find_if(record.timeline.begin(), record.timeline.end(),
                   [](const TimelineEntry& step) { return step.state == CallState::connected; });
  const auto wall = [](const Moment& at) { return json_text(exact_wall_text(at.wall)); };
  const Moment until = record.end ? end.at : Moment{};
  const Parties& parties = record.parties;
  JsonObject row;
  row.raw("store", std::to_string(store));
  row.add("session", record.session);
  row.add("line", record.line).add("provider", record.provider);
  row.add("provider_call_id", record.provider_call_id);
  row.add("direction", to_string(record.direction));
  row.add("calling", parties.calling.address).add("calling_name", parties.calling.name);
  row.add("called", parties.called.address).add("called_name", parties.called.name);
  row.add("connected", parties.connected.address);
  row.add("redirecting", parties.redirecting.address);
  row.add("redirection", parties.redirection.address);
  if (!record.timeline.empty()) row.raw("began", wall(record.timeline.front().at));
  if (answer != record.timeline.end()) row.raw("answered", wall(answer->at));
  if (record.end) row.raw("ended", wall(end.at));
  row.add("talk_seconds", talk_time(record, until)).add("held_seconds", held_time(record, until));
  row.add("origin", to_string(end.origin)).add("mode", to_string(end.cause.mode));
  row.add("sip_status", std::uint64_t{end.cause.sip_status});
  row.add("q850", std::uint64_t{end.cause.q850}).add("words", end.cause.words);
  row.add("confirmation", to_string(end.confirmation)).add("application", record.application);
  row.add("ended_by_application", record.ended_by_application);
  row.add("ended_by_user", record.ended_by_user).raw("record", to_json(record));
  return row.text();
}

/// What a database cannot have in a text becomes something else: a NUL in any, in one that is not in
/// UTF-8 all that is not ASCII.
std::string takeable(std::string json, bool utf8) {
  for (std::size_t at = json.find('\\'); at != std::string::npos; at = json.find('\\', at + 2)) {
    if (json[at + 1] != 'u') continue;
    const std::string code = json.substr(at + 2, 4);
    if (code == "0000" || (!utf8 && code > "007f")) json.replace(at, 6, "\\u003f");
  }
  if (!utf8)
    std::replace_if(
        json.begin(), json.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7f; }, '?');
  return json;
}

}  // namespace

std::string postgresql_rows(std::int64_t store, const std::vector<Record>& records, bool utf8) {
  std::string out = "[";
  for (const Record& each : records)
    out.append(out.size() == 1 ? "" : ",\n").append(row_of(store, each));
  return takeable(out + "]", utf8);
}

class Postgresql::Worker {
 public:
  Worker(Store& store, Options options)
      : store_(&store), connection_(std::move(options), call_off_) {}

  void work() {
    auto retry = limits::kOutboxRetryFirst;
    while (!call_off_.stopped()) {
      Result<void> good = connect();
      while (good) {
        Result<bool> sent = send_some();
        if (sent) retry = limits::kOutboxRetryFirst;
        good = !sent   ? Result<void>(std::move(sent).error())
               : *sent ? Result<void>()
                       : connection_.await_news(Clock::now() + kLook);
        if (call_off_.stopped()) break;
      }
      connection_.close();
      if (call_off_.stopped()) break;
      tell([&](Status& status) {
        status.connected = false;
        status.trouble = good.error().context;
        ++status.failed;
      });
      connection_.pause(retry);
      retry = std::min(retry * 2, limits::kOutboxRetryLast);
    }
    base::Lock lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }

  /// Does not wait for long: a look-up of a name may.
  bool stop() {
    const auto until = Clock::now() + limits::kOutboxGoodbye;
    base::Lock lock(mutex_);
    store_->on_written({});
    store_ = nullptr;
    call_off_.stop();
    while (!over_)
      if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) break;
    return over_;
  }
  /// Something was written. Called with the store's own mutex.
  void look() {
    all_sent_ = false;
    call_off_.wake();
  }
  Status status() const {
    base::Lock lock(mutex_);
    return status_;
  }
  void finish(std::chrono::milliseconds wait) {
    const auto until = Clock::now() + wait;
    base::Lock lock(mutex_);
    while (!all_sent_ && status_.connected && !over_)
      if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) return;
  }

 private:
  template <typename Change>
  void tell(Change change) {
    base::Lock lock(mutex_);
    change(status_);
    changed_.notify_all();
  }

  /// Asks the store one thing, and waits for the answer. Errors: also disconnected: it is over.
  template <typename Answer, typename Ask>
  Result<Answer> ask(Ask question) {
    auto promise = std::make_shared<std::promise<Result<Answer>>>();
    std::future<Result<Answer>> answer = promise->get_future();
    {
      base::Lock lock(mutex_);
      if (store_ == nullptr) return Error{Errc::disconnected, "called off"};
      question(*store_, [promise](Result<Answer> found) { promise->set_value(std::move(found)); });
    }
    promise.reset();
    try {
      return answer.get();
    } catch (const std::future_error&) {  // the store went away
      return Error{Errc::disconnected, "called off"};
    }
  }

  Result<void> connect() {
    Result<void> good = connection_.open();
    if (good) good = prepare_table();
    if (good)
      tell([this](Status& status) {
        status.connected = true;
        status.where = connection_.where();
      });
    return good;
  }

  /// Makes the table if there is none, tries whether it is one to insert into, and looks whether it has
  /// what was sent: a database may be another one, or an older copy.
  Result<void> prepare_table() {
    auto there = connection_.query("SELECT to_regclass('" SWITCHHOOK_TABLE "') IS NULL");
    if (!there) return std::move(there).error();
    const bool fresh = there->at(0).at(0) == "t";
    if (fresh) {
      const auto made = connection_.query(
          "CREATE TABLE " SWITCHHOOK_TABLE " (" + columns(true) +
          ", PRIMARY KEY (store, session)); CREATE INDEX ON " SWITCHHOOK_TABLE " (ended)");
      if (!made) return table_error(made.error());
    }
    if (const auto tried = connection_.query(insertion(), {"[]"}); !tried)
      return table_error(tried.error());
    return look_back(fresh);
  }

  static Error table_error(const Error& why) {
    if (why.code != Errc::failed) return why;
    return {why.code, "table " SWITCHHOOK_TABLE ": " + why.context};
  }

  Result<void> look_back(bool fresh) {
    const auto none =
        ask<Store::Unsent>([](Store& store, auto answer) { store.unsent(0, answer); });
    if (!none) return none.error();
    const std::string store_name = std::to_string(none->store);
    for (std::int64_t back = fresh ? INT64_MAX : 0;;
         back = back == 0 ? std::int64_t{limits::kOutboxRecords} : back * 2) {
      const auto session =
          ask<std::uint64_t>([back](Store& store, auto answer) { store.look_back(back, answer); });
      if (!session) return session.error();
      if (*session == 0) return {};
      const auto has =
          connection_.query("SELECT EXISTS (SELECT FROM " SWITCHHOOK_TABLE
                            " WHERE store = $1::bigint AND session = $2::bigint), "
                            "EXISTS (SELECT FROM " SWITCHHOOK_TABLE " WHERE store = $1::bigint)",
                            {store_name, std::to_string(*session)});
      if (!has) return table_error(has.error());
      // Where nothing of this store is left, somebody has removed it, and wants it gone.
      if (has->at(0).at(0) == "t" || has->at(0).at(1) == "f") return {};
    }
  }

  /// @return  whether there may be more
  Result<bool> send_some() {
    all_sent_ = true;  // unless something is written from now on
    auto unsent = ask<Store::Unsent>(
        [](Store& store, auto answer) { store.unsent(limits::kOutboxRecords, answer); });
    if (!unsent) return std::move(unsent).error();
    const bool something = unsent->last != 0;
    if (something) all_sent_ = false;
    if (!unsent->records.empty()) {
      const auto inserted = connection_.query(
          insertion(), {postgresql_rows(unsent->store, unsent->records, connection_.takes_utf8())});
      if (!inserted) return table_error(inserted.error());
    }
    base::Lock lock(mutex_);
    status_.trouble.clear();
    status_.records += unsent->records.size();
    if (something && store_ != nullptr) store_->sent(std::move(*unsent));
    changed_.notify_all();
    return something;
  }

  CallOff call_off_;
  mutable base::Mutex mutex_;
  base::Condition changed_;
  Store* store_ SWITCHHOOK_GUARDED_BY(mutex_);  // (ref) null = it is over
  Status status_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool over_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::atomic<bool> all_sent_ = false;
  PostgresqlConnection connection_;  // the thread's
};

Postgresql::Postgresql(Store& store, Options options)
    : worker_(std::make_shared<Worker>(store, std::move(options))) {
  store.on_written([worker = worker_.get()] { worker->look(); });
  const rpc::platform::SignalShield shield;
  std::thread([worker = worker_] { worker->work(); }).detach();
}

Postgresql::~Postgresql() {
  static_cast<void>(worker_->stop());
}

Postgresql::Status Postgresql::status() const {
  return worker_->status();
}
void Postgresql::finish(std::chrono::milliseconds wait) {
  worker_->finish(wait);
}

}  // namespace switchhook::daemon
