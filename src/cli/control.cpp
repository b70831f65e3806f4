// SPDX-License-Identifier: Apache-2.0
// The commands that change something: the service (reload, drain), and calls of some program's (hangup,
// hold, unhold, transfer, digits). Of these all but
// hangup take an identifier of their own, become an owner with it, and release it when they are done.
#include <poll.h>

#include <cstdio>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "switchhook/json.hpp"

namespace switchhook::cli {

namespace {

constexpr std::chrono::seconds kEnd{15};     ///< for the far end to acknowledge
constexpr std::chrono::seconds kDigits{60};  ///< beyond the time that the digits themselves take
constexpr std::chrono::milliseconds kLook{50};

/// A session that this program owns as well, while the object lives.
struct Taken {
  Line line;
  Session session;
  Record record;
};

Result<Taken> take(Application& application, std::uint64_t number) {
  Result<Record> record = find_session(Operator(application), number);
  if (!record) return std::move(record).error();
  Result<Line> line = application.open_line(record->line);
  if (!line) return std::move(line).error();
  Result<Session> session = line->existing_call(record->session);
  if (!session) return std::move(session).error();
  if (Result<void> owner = session->set_privilege(Privilege::owner); !owner)
    return std::move(owner).error();
  return Taken{std::move(*line), std::move(*session), std::move(*record)};
}

/// Says what was done, as words and as {"event":NAME,"session":…}.
void tell(const Common& common, const Record& record, const char* event, const std::string& words) {
  if (common.json)
    print_line(JsonObject().add("event", event).add("session", record.session).text());
  else
    print_line("Session " + short_number(record) + " " + words + ".");
}

/// Takes the session, does that with it and says so.
template <typename Work>
int with_session(const Common& common, std::uint64_t number, const char* event,
                 const std::string& words, Work work) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Result<Taken> taken = take(*application, number);
  if (!taken) return report(taken.error(), common.json);
  const Result<void> done = work(taken->session);
  if (!done) return report(done.error(), common.json);
  tell(common, taken->record, event, words);
  return 0;
}

/// Waits until there is a record of it. Errors: timed_out.
Result<Record> record_of(const Operator& service, std::uint64_t session) {
  const auto deadline = std::chrono::steady_clock::now() + kEnd;
  while (true) {
    Result<std::vector<Record>> found = service.records({.limit = 1, .session = session});
    if (!found) return std::move(found).error();
    if (!found->empty()) return std::move(found->front());
    if (std::chrono::steady_clock::now() > deadline)
      return Error{Errc::timed_out, "the far end has not acknowledged the end yet"};
    ::poll(nullptr, 0, static_cast<int>(kLook.count()));
  }
}

int hang_up(const Common& common, Operator& service, std::uint64_t number) {
  const Result<Record> session = find_session(service, number);
  if (!session) return report(session.error(), common.json);
  if (const Result<void> done = service.hang_up(session->session); !done)
    return report(done.error(), common.json);
  const Result<Record> record = record_of(service, session->session);
  if (!record) return report(record.error(), common.json);
  if (common.json)
    print_line(JsonObject().add("event", "record").raw("record", to_json(*record)).text());
  else
    print_line("Session " + short_number(*record) + " ended " + shown(to_text(record->end)) + ".");
  return 0;
}

}  // namespace

int run_hangup(const Common& common, const std::vector<std::uint64_t>& sessions) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Operator service(*application);
  int code = 0;
  for (const std::uint64_t each : sessions)
    if (const int one = hang_up(common, service, each); code == 0) code = one;
  return code;
}

int run_hold(const Common& common, const ControlArguments& arguments) {
  return with_session(common, arguments.session, "held", "is on hold",
                      [](Session& session) { return session.hold(); });
}

int run_unhold(const Common& common, const ControlArguments& arguments) {
  return with_session(common, arguments.session, "unheld", "is connected again",
                      [](Session& session) { return session.unhold(); });
}

int run_transfer(const Common& common, const ControlArguments& arguments) {
  if (arguments.with == 0)
    return with_session(common, arguments.session, "transferred",
                        "was transferred to " + shown(arguments.address),
                        [&](Session& session) { return session.transfer(arguments.address); });
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Result<Taken> session = take(*application, arguments.session);
  if (!session) return report(session.error(), common.json);
  Result<Taken> with = take(*application, arguments.with);
  if (!with) return report(with.error(), common.json);
  if (const Result<void> done = session->session.transfer(with->session); !done)
    return report(done.error(), common.json);
  tell(common, session->record, "transferred",
       "was transferred to the far end of session " + short_number(with->record));
  return 0;
}

int run_digits(const Common& common, const ControlArguments& arguments) {
  const auto send = [&](Session& session) -> Result<void> {
    DigitOptions options;
    options.duration = arguments.duration.value_or(options.duration);
    options.tag = 1;
    if (Result<void> sent = session.send_digits(arguments.digits, options); !sent) return sent;
    const auto deadline = std::chrono::steady_clock::now() + kDigits +
                          options.duration * static_cast<long>(arguments.digits.size());
    while (true) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      Result<std::optional<SessionEvent>> event =
          session.next_event(std::max(left, std::chrono::milliseconds(0)));
      if (!event) return std::move(event).error();
      if (!*event) return Error{Errc::timed_out, "the digits are not all sent yet"};
      if ((*event)->kind == SessionEvent::Kind::digits_sent && (*event)->tag == options.tag)
        return (*event)->cancelled
                   ? Result<void>(Errc::failed, "other digits, or the call's end, came between")
                   : Result<void>();
      if ((*event)->kind == SessionEvent::Kind::gone && (*event)->why) return *(*event)->why;
    }
  };
  return with_session(common, arguments.session, "digits_sent", "was sent the digits", send);
}

int run_reload(const Common& common) {
  Common running = common;
  running.start = false;
  Result<Application> application = connect(running);
  if (!application) return report(application.error(), common.json);
  const Result<ReloadReport> done = Operator(*application).reload();
  if (!done) {
    if (common.json || done.error().code != Errc::invalid_argument)
      return report(done.error(), common.json);
    std::istringstream mistakes(done.error().context);  // one a line
    for (std::string each; std::getline(mistakes, each);)
      std::fprintf(stderr, "switchhook: %s\n", shown(each).c_str());
    std::fprintf(stderr, "switchhook: the configuration stays as it was\n");
    return exit_code(done.error().code);
  }
  if (common.json) {
    print_line(to_json(*done));
    return 0;
  }
  for (const std::string& each : done->changes) print_line(shown(each));
  for (const std::string& each : done->needs_restart)
    print_line("not in force before a restart: " + shown(each));
  for (const std::string& each : done->warnings) print_line("warning: " + shown(each));
  if (done->changes.empty() && done->needs_restart.empty()) print_line("nothing has changed");
  return 0;
}

int run_drain(const Common& common, bool cancel) {
  Common running = common;
  running.start = false;
  Result<Application> application = connect(running);
  if (!application) return report(application.error(), common.json);
  Operator service(*application);
  const Result<void> done = cancel ? service.cancel_drain() : service.drain();
  if (!done) return report(done.error(), common.json);
  if (common.json)
    print_line(JsonObject().add("event", cancel ? "drain cancelled" : "drain").text());
  else
    print_line(cancel ? "new calls are taken again"
                      : "new calls are refused; the service ends when the last call is over");
  return 0;
}

}  // namespace switchhook::cli
