// SPDX-License-Identifier: Apache-2.0
// What is read, and what operators do.
#include <algorithm>
#include <utility>

#include "api/describe/vocabulary.hpp"
#include "base/limits.hpp"
#include "daemon/console/rest_answers.hpp"
#include "switchhook/csv.hpp"

namespace switchhook::daemon {
namespace {

constexpr auto kPage = static_cast<std::uint32_t>(limits::kListEntries);

/// The first of a query's numbers that is not one.
class Numbers {
 public:
  explicit Numbers(const HttpServer::Request& request) : request_(request) {}
  template <typename Number>
  Number take(const std::string& name, Number standard) {
    const std::string text = request_.asked(name);
    if (text.empty()) return standard;
    const Result<Number> number = number_of<Number>(name, text);
    if (!number && !wrong) wrong = number.error();
    return number ? *number : standard;
  }
  std::optional<Error> wrong;

 private:
  const HttpServer::Request& request_;  // (ref)
};

std::chrono::microseconds wall_of(double seconds) {
  return std::chrono::microseconds(static_cast<std::int64_t>(std::min(seconds, 9e12) * 1e6));
}

Result<api::RecordQuery> query_of(const HttpServer::Request& request) {
  Numbers numbers(request);
  api::RecordQuery query;
  query.line = request.asked("line");
  query.provider = request.asked("provider");
  query.application = request.asked("application");
  query.party = request.asked("party");
  query.session = numbers.take<std::uint64_t>("session", 0);
  query.since_wall = wall_of(numbers.take<double>("since", 0));
  query.until_wall = wall_of(numbers.take<double>("until", 0));
  query.newest_first = numbers.take<unsigned>("oldest_first", 0) == 0;
  query.after_session = numbers.take<std::uint64_t>("after", 0);
  query.limit = numbers.take<std::uint32_t>("limit", 0);
  if (numbers.wrong) return *numbers.wrong;
  const std::string origin = request.asked("origin");
  for (std::size_t i = 0; i < kEndOriginNames.size(); ++i)
    if (origin == kEndOriginNames[i]) query.origin = static_cast<EndOrigin>(i);
  if (!origin.empty() && !query.origin)
    return Error{Errc::invalid_argument, "there is no origin \"" + origin + "\""};
  return query;
}

Leak public_leak(const api::Leak& leak) {
  return {.session = leak.session,
          .identifier = leak.call.value,
          .line = leak.line,
          .application = leak.application,
          .user = leak.user,
          .process = leak.process,
          .privilege = leak.privilege,
          .state = leak.state,
          .acquired = leak.acquired,
          .ended = leak.ended,
          .bytes = leak.bytes,
          .client_bytes = leak.client_bytes,
          .provider_bytes = leak.provider_bytes,
          .connection = leak.connection.value,
          .site = leak.site};
}

std::string ended_text(const Feed::Ended& ended) {
  return json_list(ended, [](const auto& each) {
    return JsonObject()
        .add("origin", to_string(each.first.first))
        .add("mode", to_string(each.first.second))
        .add("count", each.second)
        .text();
  });
}

// ---- the ladder

struct Rung {
  std::chrono::microseconds at;
  std::string kind, members;  ///< without braces
};

/// "INVITE sip:bob@example.org", "200 OK (INVITE)"
std::string words_of(const std::string& message) {
  std::string line = message.substr(0, message.find_first_of("\r\n"));
  constexpr std::string_view kVersion = "SIP/2.0";
  if (!line.starts_with(kVersion))
    return line.ends_with(kVersion) ? line.substr(0, line.size() - kVersion.size() - 1) : line;
  line.erase(0, std::min(kVersion.size() + 1, line.size()));
  std::size_t at = message.find("\nCSeq:");
  if (at == std::string::npos) return line;
  const std::size_t end = std::min(message.find_first_of("\r\n", at + 1), message.size());
  at = message.rfind(' ', end - 1);
  return line + " (" + message.substr(at + 1, end - at - 1) + ")";
}

std::string inner(const std::string& object) {
  return object.substr(1, object.size() - 2);
}

void add_messages(std::vector<Rung>& to, const Feed::Messages& messages, const Record& record) {
  for (const auto& each : messages) {
    const bool its = each->session != 0 ? each->session == record.session
                                        : !record.provider_call_id.empty() &&
                                              each->call_id == record.provider_call_id;
    if (!its) continue;
    to.push_back({each->at.wall, "message",
                  inner(JsonObject()
                            .add("sent", each->sent)
                            .add("transport", each->transport)
                            .add("local", each->local)
                            .add("remote", each->remote)
                            .add("call_id", each->call_id)
                            .add("words", words_of(each->text))
                            .add("text", each->text)
                            .add("cut", std::uint64_t{each->cut})
                            .text())});
  }
}

void add_record(std::vector<Rung>& to, const Record& record) {
  for (const TimelineEntry& step : record.timeline)
    to.push_back({step.at.wall, "state",
                  inner(JsonObject()
                            .add("state", to_string(step.state))
                            .add("detail", std::uint64_t{step.detail})
                            .text())});
  const auto program = [&](const HolderRecord& who, const char* what, const Moment& at) {
    to.push_back({at.wall, "program",
                  inner(JsonObject()
                            .add("what", what)
                            .add("application", who.application)
                            .add("user", who.user)
                            .add("process", std::uint64_t{who.process})
                            .add("privilege", to_string(who.privilege))
                            .text())});
  };
  for (const HolderRecord& holder : record.holders) {
    program(holder, "acquired", holder.acquired);
    if (holder.released) program(holder, "released", *holder.released);
  }
}

}  // namespace

Rest::Reply Rest::status(Asked& asked) {
  const Result<ServiceStatus> status = ask<ServiceStatus>(asked, api::GetServiceStatus{});
  if (!status) return status.error();
  std::string text = to_json(*status);
  text.pop_back();
  return json_answer(text + ",\"epoch\":" + json_text(parts_.feed.epoch()) + "}");
}

Rest::Reply Rest::lines(Asked& asked) {
  Result<api::LineList> list = ask<api::LineList>(asked, api::ListLines{});
  if (!list) return list.error();
  std::erase_if(list->lines, [](const LineInfo& line) { return line.removed; });
  return json_answer(
      JsonObject()
          .raw("lines", json_list(list->lines, [](const LineInfo& each) { return to_json(each); }))
          .text());
}

Rest::Reply Rest::sessions(Asked& asked) {
  Numbers numbers(asked.request);
  api::ListSessions command;
  command.after.value = numbers.take<std::uint64_t>("after", 0);
  command.limit = numbers.take<std::uint32_t>("limit", kPage);
  if (numbers.wrong) return *numbers.wrong;
  const Result<api::RecordPage> page = ask<api::RecordPage>(asked, command);
  if (!page) return page.error();
  return json_answer(
      JsonObject().raw("sessions", json_records(page->records)).add("more", page->more).text());
}

/// All who have a credential may see every session.
Result<Record> Rest::find(Asked& asked) {
  const Result<std::uint64_t> session =
      number_of<std::uint64_t>("the session", asked.place["session"]);
  if (!session) return session.error();
  Result<std::optional<Record>> there = parts_.inside.ask<std::optional<Record>>(
      [this, number = *session] { return parts_.record(number); });
  if (!there) return there.error();
  if (*there) return std::move(**there);
  api::RecordQuery query;
  query.session = *session;
  query.limit = 1;
  Result<api::RecordPage> page = ask<api::RecordPage>(asked, query);
  if (!page) return page.error();
  if (page->records.empty()) return Error{Errc::not_found, "session " + std::to_string(*session)};
  return std::move(page->records.front());
}

Rest::Reply Rest::session(Asked& asked) {
  const Result<Record> record = find(asked);
  if (!record) return record.error();
  return json_answer(with_ids(to_json(*record), record->session));
}

Rest::Reply Rest::ladder(Asked& asked) {
  const Result<Record> record = find(asked);
  if (!record) return record.error();
  const bool permitted = asked.who.role == api::Role::operating;
  const bool kept = parts_.feed.keeps_messages();
  std::vector<Rung> rungs;
  add_record(rungs, *record);
  if (permitted && kept) add_messages(rungs, parts_.feed.messages(), *record);
  if (record->end) rungs.push_back({record->end->at.wall, "end", inner(to_json(*record->end))});
  std::stable_sort(rungs.begin(), rungs.end(),
                   [](const Rung& a, const Rung& b) { return a.at < b.at; });
  const auto write = [](const Rung& rung) {
    JsonObject head;
    head.add("kind", rung.kind);
    // The end has a member `at` of its own, which is the same.
    if (rung.kind != "end") head.raw("at", to_json(Moment{{}, rung.at}));
    std::string text = head.text();
    text.back() = ',';
    return text + rung.members + "}";
  };
  return json_answer(JsonObject()
                         .add("session", record->session)
                         .add("session_id", std::to_string(record->session))
                         .raw("record", with_ids(to_json(*record), record->session))
                         .add("messages", !kept       ? "off"
                                          : permitted ? "kept"
                                                      : "denied")
                         .raw("steps", json_list(rungs, write))
                         .text());
}

Rest::Reply Rest::hang_up(Asked& asked) {
  const Result<std::uint64_t> session =
      number_of<std::uint64_t>("the session", asked.place["session"]);
  if (!session) return session.error();
  if (const Result<void> done = tell(asked, api::HangUp{api::SessionId{*session}}); !done)
    return done.error();
  return json_answer(JsonObject().add("session", *session).text());
}

Rest::Reply Rest::leaks(Asked& asked) {
  Numbers numbers(asked.request);
  const auto most = numbers.take<std::uint32_t>("limit", kPage);
  if (numbers.wrong) return *numbers.wrong;
  std::vector<Leak> leaks;
  std::uint64_t total = 0;
  for (api::ListLeaks command{.limit = kPage};;) {
    const Result<api::LeakList> list = ask<api::LeakList>(asked, command);
    if (!list) return list.error();
    if (!command.after) total = list->total;
    for (const api::Leak& leak : list->leaks) leaks.push_back(public_leak(leak));
    if (!list->more || list->leaks.empty() || leaks.size() >= limits::kConsoleExport) break;
    command.after = list->leaks.back().call;
  }
  std::stable_sort(leaks.begin(), leaks.end(), [](const Leak& a, const Leak& b) {
    return a.ended.monotonic < b.ended.monotonic;
  });
  if (leaks.size() > most) leaks.resize(most);
  const auto write = [](const Leak& each) {
    return with_ids(to_json(each), each.session, each.identifier);
  };
  return json_answer(JsonObject().raw("leaks", json_list(leaks, write)).add("total", total).text());
}

Rest::Reply Rest::reclaim(Asked& asked) {
  const Result<std::uint64_t> identifier =
      number_of<std::uint64_t>("the identifier", asked.place["identifier"]);
  if (!identifier) return identifier.error();
  if (*identifier == 0) return Error{Errc::not_found, "identifier 0"};
  const Result<api::Reclaimed> done =
      ask<api::Reclaimed>(asked, api::Reclaim{api::CallId{*identifier}});
  if (!done) return done.error();
  return json_answer(JsonObject().add("reclaimed", done->count).text());
}

Rest::Reply Rest::reclaim_all(Asked& asked) {
  const Result<api::Reclaimed> done = ask<api::Reclaimed>(asked, api::Reclaim{});
  if (!done) return done.error();
  return json_answer(JsonObject().add("reclaimed", done->count).text());
}

// ---- records

Rest::Reply Rest::records(Asked& asked) {
  Result<api::RecordQuery> query = query_of(asked.request);
  if (!query) return query.error();
  constexpr std::uint32_t kUsual = 100;
  query->limit = std::min(query->limit == 0 ? kUsual : query->limit, kPage);
  const Result<api::RecordPage> page = ask<api::RecordPage>(asked, *query);
  if (!page) return page.error();
  return json_answer(
      JsonObject().raw("records", json_records(page->records)).add("more", page->more).text());
}

namespace {

/// One kind of file.
struct Export {
  const char *ending, *type;
  std::string heading;
  std::string (*line)(const Record& record);
};

Export export_of(const std::string& path) {
  if (path.ends_with(".csv"))
    return {"csv", "text/csv; charset=utf-8", csv_heading(),
            [](const Record& record) { return to_csv(record); }};
  return {"ndjson", "application/x-ndjson", {}, [](const Record& record) {
            return to_json(record) + "\n";
          }};
}

}  // namespace

/// Page by page, as the client takes them.
Rest::Reply Rest::export_records(Asked& asked) {
  Result<api::RecordQuery> query = query_of(asked.request);
  if (!query) return query.error();
  const std::uint32_t most =
      std::min(query->limit == 0 ? limits::kConsoleExport : query->limit, limits::kConsoleExport);
  const Export file = export_of(asked.request.path);
  HttpServer::Answer answer{200, file.type, file.heading};
  answer.headers.emplace_back("Content-Disposition",
                              std::string("attachment; filename=\"records.") + file.ending + "\"");
  answer.more = [client = asked.client, query = std::move(*query), line = file.line,
                 left = most](std::string& piece) mutable {
    query.limit = std::min(left, kPage);
    if (left == 0) return false;
    const Result<api::RecordPage> page =
        client->service().call_for<api::RecordPage>(query, {}, limits::kConsoleAnswer);
    if (!page || page->records.empty()) return false;
    for (const Record& record : page->records) piece += line(record);
    query.after_session = page->records.back().session;
    left = page->more ? left - static_cast<std::uint32_t>(page->records.size()) : 0;
    return true;
  };
  return answer;
}

Rest::Reply Rest::summary(Asked&) {
  const Result<core::Counts> counts = parts_.inside.ask<core::Counts>(parts_.counts);
  if (!counts) return counts.error();
  JsonObject states, unreleased;
  for (std::size_t i = 0; i < counts->sessions.size(); ++i)
    if (counts->sessions[i] != 0) states.add(kCallStateNames[i], counts->sessions[i]);
  for (const auto& [application, count] : counts->unreleased) unreleased.add(application, count);
  Feed::Ended ended;
  for (std::size_t origin = 0; origin < counts->ended.size(); ++origin)
    for (std::size_t mode = 0; mode < counts->ended[origin].size(); ++mode)
      if (counts->ended[origin][mode] != 0)
        ended[{static_cast<EndOrigin>(origin), static_cast<DisconnectMode>(mode)}] =
            counts->ended[origin][mode];
  const auto write = [](const Feed::Span& span) {
    return JsonObject()
        .add("at", std::uint64_t(span.at.count()))
        .add("seconds", std::uint64_t(std::chrono::seconds(limits::kConsoleSpan).count()))
        .raw("ended", ended_text(span.ended))
        .raw("acknowledged", to_json(span.acknowledged))
        .add("unacknowledged", span.unacknowledged)
        .text();
  };
  return json_answer(JsonObject()
                         .raw("sessions", states.text())
                         .add("sessions_total", counts->sessions_total)
                         .raw("ended", ended_text(ended))
                         .raw("ends", to_json(counts->ends))
                         .raw("unreleased", unreleased.text())
                         .raw("spans", json_list(parts_.feed.spans(), write))
                         .text());
}

// ---- operators

Rest::Reply Rest::audit(Asked& asked) {
  const Result<AuditReport> report = ask<AuditReport>(asked, api::RunAudit{});
  if (!report) return report.error();
  return json_answer(to_json(*report));
}

Rest::Reply Rest::reload(Asked& asked) {
  const Result<ReloadReport> report = ask<ReloadReport>(asked, api::Reload{});
  if (!report) return report.error();
  return json_answer(to_json(*report));
}

Rest::Reply Rest::drain(Asked& asked) {
  api::Drain command;
  if (Result<void> taken = asked.body.take("cancel", command.cancel); !taken) return taken.error();
  if (Result<void> all = asked.body.all_taken(); !all) return all.error();
  if (const Result<void> done = tell(asked, command); !done) return done.error();
  return json_answer("{}");
}

Rest::Reply Rest::events(Asked& asked) {
  if (!parts_.streams.reserve(asked.who.user))
    return error_answer({Errc::overloaded, "there are as many streams as there may be"}, 429);
  const std::string seen = asked.request.header("last-event-id");
  // Gives the place back where the connection breaks before it becomes a stream.
  auto place = std::shared_ptr<void>(nullptr, [&streams = parts_.streams, user = asked.who.user](
                                                  void*) { streams.give_back(user); });
  struct Held {
    Clients::Use client;
    std::shared_ptr<void> place;
  };
  auto held = std::make_shared<Held>(Held{asked.client, std::move(place)});
  HttpServer::Answer answer{200, "text/event-stream", ": Switchhook\n\n"};
  answer.take_over = [this, held = std::move(held),
                      after = seen.empty() ? asked.request.asked("after")
                                           : seen](std::unique_ptr<HttpConnection> connection) {
    parts_.streams.add(std::move(connection), after, held);
  };
  return answer;
}

}  // namespace switchhook::daemon
