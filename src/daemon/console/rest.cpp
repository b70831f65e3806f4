// SPDX-License-Identifier: Apache-2.0
// Which request goes where, and what none of the routes may forget: hosts, origins, credentials.
#include "daemon/console/rest.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "daemon/console/rest_answers.hpp"

namespace switchhook::daemon {
namespace {

using Answer = HttpServer::Answer;
using Request = HttpServer::Request;

int status_of(Errc code) {
  // The classes are those of the command line's exit status (errors.def).
  constexpr std::array<int, 15> kByClass{200, 500, 400, 409, 410, 403, 404, 503,
                                         501, 404, 503, 503, 503, 403, 504};
  switch (code) {
#define SWITCHHOOK_ERROR(name, number, exit_code, lineerr, hresult, words) \
  case Errc::name:                                                         \
    return code == Errc::line_removed ? 410 : kByClass[exit_code];
#include "switchhook/errors.def"
#undef SWITCHHOOK_ERROR
  }
  return 500;
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    parts.push_back(path.substr(at + 1, end - at - 1));
    at = end;
  }
  return parts;
}

/// Whether a path is one of this route; its variable parts are filled in.
bool fits(const std::vector<std::string>& path, const char* route,
          std::map<std::string, std::string>& place) {
  const std::vector<std::string> wanted = parts_of(route);
  if (wanted.size() != path.size()) return false;
  place.clear();
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (wanted[i].starts_with('{'))
      place[wanted[i].substr(1, wanted[i].size() - 2)] = path[i];
    else if (wanted[i] != path[i])
      return false;
  }
  return true;
}

/// "https://name:port" without what stands before the name.
std::string_view host_of(std::string_view origin) {
  const std::size_t at = origin.find("://");
  return at == std::string_view::npos ? std::string_view() : origin.substr(at + 3);
}

}  // namespace

Answer json_answer(std::string text, int status) {
  return {status, "application/json", std::move(text)};
}

Answer error_answer(const Error& error, int status) {
  return json_answer(
      JsonObject()
          .raw("error",
               JsonObject().add("code", name_of(error.code)).add("text", error.text()).text())
          .text(),
      status);
}

Answer error_answer(const Error& error) {
  return error_answer(error, status_of(error.code));
}

Answer Rest::failure(int status) {
  switch (status) {
    case 400:
      return error_answer({Errc::malformed, "the request cannot be read"}, status);
    case 404:
      return error_answer({Errc::not_found, "there is no such path"}, status);
    case 413:
    case 414:
    case 431:
      return error_answer({Errc::invalid_argument, "the request is too long"}, status);
    case 415:
      return error_answer({Errc::unsupported, "a body is plain, neither compressed nor in parts"},
                          status);
    case 416:
      return error_answer({Errc::unsupported, "no parts of answers are given"}, status);
    default:
      return error_answer({Errc::failed, {}}, status);
  }
}

std::vector<std::pair<std::string, std::string>> Rest::headers() {
  return {{"Content-Security-Policy",
           "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Accept-Ranges", "none"},
          {"Cache-Control", "no-store"}};
}

bool Rest::is_own(std::string_view host) const {
  return std::any_of(parts_.hosts.begin(), parts_.hosts.end(), [&](const std::string& own) {
    return host == own || (host.substr(0, host.rfind(':')) == own && host.rfind(':') > 0);
  });
}

/// A page of somebody else's that a browser has loaded can send requests to here, but cannot choose
/// these headers.
std::optional<Answer> Rest::refuse(const Request& request) const {
  const auto denied = [](const char* why) { return error_answer({Errc::denied, why}, 403); };
  if (!is_own(request.header("host"))) return denied("Host names another service");
  if (const auto found = request.headers.find("origin");
      found != request.headers.end() && host_of(found->second) != request.header("host"))
    return denied("the request comes from a page of another origin");
  if (request.method != "GET" && request.method != "HEAD" && request.header("x-switchhook") != "1")
    return denied("the header X-Switchhook: 1 is missing");
  return std::nullopt;
}

Answer Rest::serve(const Request& request) {
  if (std::optional<Answer> refused = refuse(request)) return std::move(*refused);
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  const std::vector<std::string> path = parts_of(request.path);
  Asked asked{request};
  bool known = false;
  for (const Route& route : routes()) {
    if (!fits(path, route.path, asked.place)) continue;
    known = true;
    if (method != route.method) continue;
    Reply reply = run(route, asked);
    return reply ? std::move(*reply) : error_answer(reply.error());
  }
  if (known) return error_answer({Errc::unsupported, "the path has no such method"}, 405);
  if (method == "GET")
    if (std::optional<Answer> file = page_file(parts_.files, request.path)) return std::move(*file);
  return failure(404);
}

Rest::Reply Rest::run(const Route& route, Asked& asked) {
  if (route.needs != Needs::nothing) {
    Result<Visitor> who = parts_.logins.visitor(asked.request, Logins::Clock::now());
    if (!who) return error_answer(who.error(), 401);
    asked.who = std::move(*who);
  }
  if (*route.body != '\0') {
    Result<JsonMembers> body = JsonMembers::read(asked.request.body);
    if (!body) return body.error();
    asked.body = std::move(*body);
  }
  // A request that names its lease renews it, whatever it is about.
  const std::string lease = asked.request.header("x-switchhook-lease");
  const std::string named = lease.empty() ? asked.request.asked("lease") : lease;
  if (route.needs == Needs::lease || (route.needs != Needs::nothing && !named.empty())) {
    Result<Clients::Use> client = parts_.clients.leased(asked.who, named);
    if (!client) return client.error();
    asked.client = std::move(*client);
  } else if (route.needs == Needs::view) {
    Result<Clients::Use> client = parts_.clients.view(asked.who);
    if (!client) return client.error();
    asked.client = std::move(*client);
  }
  return (this->*route.run)(asked);
}

const std::vector<Rest::Route>& Rest::routes() {
  constexpr auto* kFilters =
      "line:string provider:string application:string party:string session:integer origin:string "
      "since:number until:number oldest_first:integer after:integer limit:integer";
  // clang-format off
  static const std::vector<Route> kAll{
    {"POST", "/api/v1/login", Needs::nothing, &Rest::login,
     "Begins a login, by the token or by a user's password.",
     "", "token:string user:string password:string", "user:string role:string token:string"},
    {"POST", "/api/v1/logout", Needs::login, &Rest::logout, "Ends the login.", "", "", ""},
    {"GET", "/api/v1/me", Needs::login, &Rest::me, "Who the request comes from.",
     "", "", "user:string role:string"},
    {"GET", "/api/v1/status", Needs::view, &Rest::status, "How the service is.",
     "", "", "ServiceStatus epoch:string"},
    {"GET", "/api/v1/lines", Needs::view, &Rest::lines, "All lines.", "", "", "lines:[LineInfo]"},
    {"GET", "/api/v1/sessions", Needs::view, &Rest::sessions,
     "Sessions that live, or ended and are held, a page at a time.",
     "after:integer limit:integer", "", "sessions:[Record] more:boolean"},
    {"GET", "/api/v1/sessions/{session}", Needs::view, &Rest::session,
     "One session: live, held, or from the store.", "", "", "Record"},
    {"GET", "/api/v1/sessions/{session}/ladder", Needs::view, &Rest::ladder,
     "What is known of a session, in the order of time.", "", "",
     "session:integer session_id:string record:Record messages:string steps:[object]"},
    {"POST", "/api/v1/sessions/{session}/hangup", Needs::view, &Rest::hang_up,
     "Ends the communication of a session, whoever holds it.", "", "", "session:integer"},
    {"GET", "/api/v1/leaks", Needs::view, &Rest::leaks,
     "Sessions that ended and are held, the one that ended first in front.",
     "limit:integer", "", "leaks:[Leak] total:integer"},
    {"POST", "/api/v1/leaks/{identifier}/reclaim", Needs::view, &Rest::reclaim,
     "Takes an identifier away from its holder.", "", "", "reclaimed:integer"},
    {"POST", "/api/v1/leaks/reclaim", Needs::view, &Rest::reclaim_all,
     "Takes all identifiers of ended sessions away.", "", "", "reclaimed:integer"},
    {"GET", "/api/v1/records", Needs::view, &Rest::records, "Records of ended sessions.",
     kFilters, "", "records:[Record] more:boolean"},
    {"GET", "/api/v1/records.csv", Needs::view, &Rest::export_records,
     "The same as a file, in the columns of switchhook records --csv.", kFilters, "", "file"},
    {"GET", "/api/v1/records.ndjson", Needs::view, &Rest::export_records,
     "The same as a file, an object a line.", kFilters, "", "file"},
    {"GET", "/api/v1/summary", Needs::view, &Rest::summary,
     "Sessions by state, and how sessions ended, in all and over time.", "", "",
     "sessions:object sessions_total:integer ended:[object] ends:EndTimes unreleased:object "
     "spans:[object]"},
    {"GET", "/api/v1/audit", Needs::view, &Rest::audit,
     "Compares the ledgers with reality.", "", "", "AuditReport"},
    {"POST", "/api/v1/reload", Needs::view, &Rest::reload,
     "Has the service take its configuration file.", "", "", "ReloadReport"},
    {"POST", "/api/v1/drain", Needs::view, &Rest::drain,
     "No call begins any more, and the service ends with the last one; or takes that back.",
     "", "cancel:boolean", ""},
    {"POST", "/api/v1/leases", Needs::login, &Rest::begin_lease,
     "Begins a lease, with which calls are placed.",
     "", "name:string seconds:integer", "lease:string name:string seconds:integer"},
    {"GET", "/api/v1/leases", Needs::login, &Rest::leases, "All leases.", "", "", "leases:[object]"},
    {"DELETE", "/api/v1/leases", Needs::lease, &Rest::end_lease,
     "Ends the request's own lease in order.", "", "", ""},
    {"POST", "/api/v1/calls", Needs::lease, &Rest::place_call, "Places a call.", "",
     "line:string address:string no_answer:number length_limit:number comment:string "
     "called_name:string app_specific:integer", "session:integer session_id:string identifier:integer"},
    {"GET", "/api/v1/calls", Needs::lease, &Rest::calls, "The calls that the lease holds.",
     "", "", "calls:[SessionInfo]"},
    {"POST", "/api/v1/calls/{session}/drop", Needs::lease, &Rest::drop, "Ends a call.",
     "", "", "session:integer"},
    {"POST", "/api/v1/calls/{session}/hold", Needs::lease, &Rest::hold, "Puts the far end on hold.",
     "", "", "session:integer"},
    {"POST", "/api/v1/calls/{session}/unhold", Needs::lease, &Rest::unhold, "Takes it back.",
     "", "", "session:integer"},
    {"POST", "/api/v1/calls/{session}/release", Needs::lease, &Rest::release,
     "Lets go of the session.", "", "", "session:integer"},
    {"POST", "/api/v1/calls/{session}/digits", Needs::lease, &Rest::digits, "Sends digits.",
     "", "digits:string", "session:integer"},
    {"GET", "/api/v1/events", Needs::view, &Rest::events, "What changes, as server-sent events.",
     "after:string lease:string", "", "events"},
    {"GET", "/openapi.json", Needs::nothing, &Rest::openapi, "This description.", "", "", "object"},
  };
  // clang-format on
  return kAll;
}

Rest::Reply Rest::openapi(Asked&) {
  return json_answer(openapi_text(routes(), parts_.feed.version()));
}

// ---- logins

namespace {

Answer told(const Logins::Login& login, bool secure) {
  Answer answer = json_answer(JsonObject()
                                  .add("user", login.who.user)
                                  .add("role", role_name(login.who.role))
                                  .add("token", login.token)
                                  .text());
  const auto seconds = std::chrono::seconds(limits::kConsoleLoginTime).count();
  answer.headers.emplace_back(
      "Set-Cookie", std::string(Logins::kCookie) + "=" + login.token +
                        "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(seconds) +
                        (secure ? "; Secure" : ""));
  return answer;
}

}  // namespace

const char* role_name(api::Role role) {
  constexpr std::array<const char*, api::kRoleCount> kNames{"user", "observer", "operator"};
  return kNames[static_cast<std::size_t>(role)];
}

Rest::Reply Rest::login(Asked& asked) {
  std::string token, user, password;
  for (auto* each : {&token, &user, &password}) {
    const char* name = each == &token ? "token" : each == &user ? "user" : "password";
    if (Result<void> taken = asked.body.take(name, *each); !taken) return taken.error();
  }
  if (Result<void> all = asked.body.all_taken(); !all) return all.error();
  const auto now = Logins::Clock::now();
  const Result<Logins::Login> login = !token.empty()
                                          ? parts_.logins.by_token(token, now)
                                          : parts_.logins.by_password(user, password, now);
  if (login) return told(*login, parts_.secure);
  const Errc code = login.error().code;
  return error_answer(login.error(), code == Errc::overloaded ? 429
                                     : code == Errc::denied   ? 401
                                                              : 500);
}

Rest::Reply Rest::logout(Asked& asked) {
  parts_.logins.end(asked.request);
  Answer answer = json_answer("{}");
  answer.headers.emplace_back("Set-Cookie", std::string(Logins::kCookie) +
                                                "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
  return answer;
}

Rest::Reply Rest::me(Asked& asked) {
  return json_answer(
      JsonObject().add("user", asked.who.user).add("role", role_name(asked.who.role)).text());
}

}  // namespace switchhook::daemon
