// SPDX-License-Identifier: Apache-2.0
#include "daemon/postgresql_connection.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>

#include "base/counted.hpp"
#include "base/limits.hpp"

namespace switchhook::daemon {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};

/// libpq's lines as one.
std::string one_line(const char* text) {
  std::string out;
  for (; text != nullptr && *text != '\0' && out.size() < 2 * limits::kWordsBytes; ++text) {
    const bool gap = *text == '\n' || *text == '\t' || *text == ' ';
    if (!gap)
      out += *text;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace

CallOff::CallOff() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
CallOff::~CallOff() {
  if (event_ >= 0) ::close(event_);
}
void CallOff::wake() const {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(event_, &one, sizeof one));
}
void CallOff::stop() {
  stopped_ = true;
  wake();
}

CallOff::Came CallOff::wait(int descriptor, bool to_write, Clock::time_point until,
                            bool news) const {
  while (!stopped_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return Came::late;
    std::array<pollfd, 2> all{
        {{event_, POLLIN, 0}, {descriptor, static_cast<short>(to_write ? POLLOUT : POLLIN), 0}}};
    static_cast<void>(
        ::poll(all.data(), all.size(), static_cast<int>(std::min<std::int64_t>(left, INT_MAX))));
    if (all[1].revents != 0) return Came::ready;
    std::uint64_t count = 0;
    if (all[0].revents == 0 || ::read(event_, &count, sizeof count) < 0) continue;
    if (news) return Came::woken;
  }
  return Came::woken;
}

void PostgresqlConnection::Close::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

Result<bool> PostgresqlConnection::check(const std::string& conninfo) {
  char* why = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(conninfo.c_str(), &why));
  if (!options) {
    const std::string words = one_line(why);
    PQfreemem(why);
    return Error{Errc::invalid_argument, words};
  }
  for (const PQconninfoOption* each = options.get(); each->keyword != nullptr; ++each)
    if (std::string_view(each->keyword) == "password" && each->val != nullptr) return true;
  return false;
}

PostgresqlConnection::PostgresqlConnection(Options options, const CallOff& call_off)
    : options_(std::move(options)), call_off_(call_off) {}
PostgresqlConnection::~PostgresqlConnection() = default;

Clock::time_point PostgresqlConnection::deadline() const {
  return Clock::now() + std::chrono::seconds(options_.timeout_s);
}

Error PostgresqlConnection::failure(Errc code, const std::string& before) const {
  return {code, before + one_line(PQerrorMessage(connection_.get()))};
}

Result<void> PostgresqlConnection::await(bool to_write, Clock::time_point until) {
  switch (call_off_.wait(PQsocket(connection_.get()), to_write, until, false)) {
    case CallOff::Came::ready:
      return {};
    case CallOff::Came::woken:
      return Error{Errc::disconnected, "called off"};
    case CallOff::Came::late:
      break;
  }
  return Error{Errc::timed_out, "no answer within " + base::counted(options_.timeout_s, "seconds")};
}

Result<void> PostgresqlConnection::open() {
  const auto until = deadline();
  const char* password = options_.password.empty() ? nullptr : options_.password.c_str();
  const std::array names{"dbname", "password", "fallback_application_name", "client_encoding",
                         static_cast<const char*>(nullptr)};
  const std::array values{options_.conninfo.c_str(), password, "switchhookd", "UTF8",
                          static_cast<const char*>(nullptr)};
  connection_.reset(PQconnectStartParams(names.data(), values.data(), 1));
  if (!connection_) return Error{Errc::no_memory, "out of memory"};
  // What a server has to say beside its answers is for nobody.
  PQsetNoticeReceiver(
      connection_.get(), [](void*, const PGresult*) {}, nullptr);
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  if (PQstatus(connection_.get()) == CONNECTION_BAD) status = PGRES_POLLING_FAILED;
  while (status != PGRES_POLLING_OK) {
    if (status == PGRES_POLLING_FAILED) return failure(Errc::disconnected);
    if (Result<void> came = await(status == PGRES_POLLING_WRITING, until); !came) return came;
    status = PQconnectPoll(connection_.get());
  }
  if (PQsetnonblocking(connection_.get(), 1) != 0) return failure(Errc::failed);
  where_ = std::string(PQhost(connection_.get())) + "/" + PQdb(connection_.get());
  // A server that is slow gives up when we do; what it has confirmed survives its death.
  const std::string time = std::to_string(options_.timeout_s) + "000";
  Result<std::vector<Row>> set =
      query("SET statement_timeout = " + time + "; SET lock_timeout = " + time +
            "; SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'");
  if (!set) return std::move(set).error();
  return {};
}

void PostgresqlConnection::close() {
  connection_.reset();
}

bool PostgresqlConnection::takes_utf8() const {
  const char* encoding = PQparameterStatus(connection_.get(), "server_encoding");
  return encoding != nullptr && std::string_view(encoding) == "UTF8";
}

Result<std::vector<PostgresqlConnection::Row>> PostgresqlConnection::query(
    const std::string& sql, const std::vector<std::string>& parameters) {
  pg_conn* const connection = connection_.get();
  const auto until = deadline();
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const std::string& each : parameters) values.push_back(each.c_str());
  const int sent = parameters.empty()
                       ? PQsendQuery(connection, sql.c_str())
                       : PQsendQueryParams(connection, sql.c_str(), static_cast<int>(values.size()),
                                           nullptr, values.data(), nullptr, nullptr, 0);
  if (sent == 0) return failure(Errc::disconnected);
  for (int left = 1; left != 0;) {
    left = PQflush(connection);
    if (left < 0) return failure(Errc::disconnected);
    // A server that does not read while it sends waits for us to read.
    if (left > 0) {
      if (Result<void> came = await(true, until); !came) return std::move(came).error();
      if (PQconsumeInput(connection) == 0) return failure(Errc::disconnected);
    }
  }
  std::vector<Row> rows;
  Error refused;
  bool good = true;
  while (true) {
    while (PQisBusy(connection) != 0) {
      if (Result<void> came = await(false, until); !came) return std::move(came).error();
      if (PQconsumeInput(connection) == 0) return failure(Errc::disconnected);
    }
    const std::unique_ptr<PGresult, FreeResult> result(PQgetResult(connection));
    if (!result) break;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && good) {
      good = false;
      const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
      const char* words = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
      if (state == nullptr || words == nullptr)
        refused = failure(Errc::disconnected);
      else
        refused = {Errc::failed, one_line(words) + " (SQLSTATE " + state + ")"};
    }
    for (int i = 0; i < PQntuples(result.get()); ++i) {
      Row& row = rows.emplace_back();
      for (int k = 0; k < PQnfields(result.get()); ++k)
        row.emplace_back(PQgetvalue(result.get(), i, k));
    }
  }
  if (!good) return refused;
  return rows;
}

Result<void> PostgresqlConnection::await_news(Clock::time_point until) {
  while (true) {
    const CallOff::Came came = call_off_.wait(PQsocket(connection_.get()), false, until, true);
    if (came != CallOff::Came::ready) return {};
    if (PQconsumeInput(connection_.get()) == 0) return failure(Errc::disconnected);
    while (PQisBusy(connection_.get()) == 0)
      if (!std::unique_ptr<PGresult, FreeResult>(PQgetResult(connection_.get()))) break;
    if (PQstatus(connection_.get()) == CONNECTION_BAD) return failure(Errc::disconnected);
  }
}

void PostgresqlConnection::pause(std::chrono::milliseconds time) const {
  static_cast<void>(call_off_.wait(-1, false, Clock::now() + time, false));
}

}  // namespace switchhook::daemon
