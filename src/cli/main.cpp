// SPDX-License-Identifier: Apache-2.0
// The command line: reads the arguments, says in a sentence what is wrong with them, and runs one
// command (docs/cli.md).
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <functional>
#include <vector>

#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/output.hpp"
#include "reference/describe_command.hpp"

namespace {

using namespace switchhook::cli;

/// An option that takes a duration.
void add_duration(CLI::App* command, const std::string& name,
                  std::optional<std::chrono::milliseconds>* value, const std::string& words) {
  command
      ->add_option_function<std::string>(
          name,
          [value, name](const std::string& text) {
            *value = parse_duration(text);
            if (!*value)
              throw CLI::ValidationError(
                  name, "\"" + text + "\" is not a duration such as 500ms, 5s or 2m");
          },
          words)
      ->type_name("DURATION");
}

/// A session's number, long or short.
std::uint64_t session_number(const std::string& name, const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0)
    throw CLI::ValidationError(name, "\"" + text + "\" is not the number of a session");
  return number;
}

/// The argument SESSION, or an option that takes one.
CLI::Option* add_session(CLI::App* command, const std::string& name, const std::string& words,
                         const std::function<void(std::uint64_t)>& take) {
  return command
      ->add_option_function<std::string>(
          name, [name, take](const std::string& text) { take(session_number(name, text)); }, words)
      ->type_name("SESSION");
}

/// Repeats a list, this often; 1 s when no interval is given.
void add_watch(CLI::App* command, std::optional<std::chrono::milliseconds>* watch) {
  command
      ->add_option_function<std::vector<std::string>>(
          "--watch",
          [watch](const std::vector<std::string>& given) {
            const std::string text = given.empty() || given.front().empty() ? "1s" : given.front();
            *watch = parse_duration(text);
            if (!*watch)
              throw CLI::ValidationError(
                  "--watch", "\"" + text + "\" is not a duration such as 500ms, 5s or 2m");
          },
          "Repeat the list at this interval (1s), until Ctrl-C")
      ->expected(0, 1)
      ->type_name("DURATION");
}

void add_csv(CLI::App* command, Common* common) {
  command->add_flag("--csv", common->csv,
                    "Write comma-separated values (RFC 4180), with a heading");
}

void take_origin(const std::string& text, switchhook::RecordQuery& query) {
  for (std::size_t i = 0; i < switchhook::kEndOriginCount; ++i) {
    const auto origin = static_cast<switchhook::EndOrigin>(i);
    if (to_string(origin) == text) query.origin = origin;
  }
  if (!query.origin)
    throw CLI::ValidationError("--origin", "\"" + text + "\" is not how a session ends");
}

void add_common(CLI::App* command, Common* common) {
  CLI::Option* socket = command
                            ->add_option("--socket", common->socket,
                                         "Where the service listens: a path, or tcp:HOST:PORT")
                            ->type_name("PATH");
  CLI::Option* user = command->add_flag_callback(
      "--user", [common] { common->service = switchhook::ServiceKind::user; },
      "Use the user's own service, whatever else runs");
  command
      ->add_flag_callback(
          "--system", [common] { common->service = switchhook::ServiceKind::machine; },
          "Use the machine's service, and no other")
      ->excludes(user)
      ->excludes(socket);
  user->excludes(socket);
  command->add_flag("--json", common->json, "Write JSON, one object per line");
  command->add_flag_callback(
      "--no-start", [common] { common->start = false; },
      "Fail when no service runs, instead of starting one");
}

constexpr const char* kFooter =
    "Exit status: 0 success; 1-14 an error; 20-39 how a call ended that did not get\n"
    "through; 130 Ctrl-C. switchhook(1) and docs/cli.md list all codes.";

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("Place, answer and end calls, and know that they ended.", "switchhook");
  app.require_subcommand(1);
  app.footer(kFooter);
  app.set_version_flag("--version", SWITCHHOOK_VERSION);
  Common common;
  add_common(&app, &common);
  int code = 0;
  const auto command = [&](const char* name, const char* words) {
    CLI::App* sub = app.add_subcommand(name, words);
    add_common(sub, &common);
    sub->footer(kFooter);
    return sub;
  };

  CallArguments call;
  CLI::App* sub = command("call", "Place a call, show its states, its end and its record");
  sub->add_option("LINE", call.line, "The line to call from")->required();
  sub->add_option("ADDRESS", call.address, "Whom to call: number, name or SIP URI")->required();
  add_duration(sub, "--hangup-after", &call.hangup_after, "Hang up this long after the answer");
  add_duration(sub, "--no-answer", &call.no_answer, "Give up when nobody answers within this time");
  sub->add_option("--user-info", call.user_info, "User-user information to send")
      ->type_name("TEXT");
  sub->callback([&] { code = run_call(common, call); });

  AnswerArguments answer;
  sub = command("answer", "Answer the calls of a line until Ctrl-C");
  sub->add_option("LINE", answer.line, "The line whose calls are taken")->required();
  sub->add_flag("--once", answer.once, "End after the first call");
  sub->add_flag("--reject", answer.reject, "Reject instead of answering");
  add_duration(sub, "--hangup-after", &answer.hangup_after, "Hang up this long after the answer");
  sub->callback([&] { code = run_answer(common, answer); });

  sub = command("lines", "List the lines");
  add_csv(sub, &common);
  sub->callback([&] { code = run_lines(common); });
  std::optional<std::chrono::milliseconds> watch;
  sub = command("sessions", "List all sessions: live, or ended and still held");
  add_csv(sub, &common);
  add_watch(sub, &watch);
  sub->callback([&] { code = run_sessions(common, watch); });

  std::vector<std::uint64_t> hangups;
  sub = command("hangup", "End calls, whoever holds them");
  sub->add_option_function<std::vector<std::string>>(
         "SESSION",
         [&hangups](const std::vector<std::string>& given) {
           for (const std::string& text : given) hangups.push_back(session_number("SESSION", text));
         },
         "The numbers of the sessions")
      ->required();
  sub->callback([&] { code = run_hangup(common, hangups); });

  ControlArguments control;
  const auto take_session = [&](std::uint64_t number) { control.session = number; };
  sub = command("hold", "Put the other side of a call on hold");
  add_session(sub, "SESSION", "The number of the session", take_session)->required();
  sub->callback([&] { code = run_hold(common, control); });
  sub = command("unhold", "Take the other side of a call back");
  add_session(sub, "SESSION", "The number of the session", take_session)->required();
  sub->callback([&] { code = run_unhold(common, control); });
  sub = command("transfer", "Have the other side of a call talk to somebody else");
  add_session(sub, "SESSION", "The number of the session", take_session)->required();
  CLI::Option* address =
      sub->add_option("ADDRESS", control.address, "Whom it shall call: number, name or SIP URI");
  add_session(sub, "--with", "To the other side of this session", [&](std::uint64_t number) {
    control.with = number;
  })->excludes(address);
  sub->callback([&] {
    if (control.address.empty() && control.with == 0)
      throw CLI::RequiredError("an ADDRESS or --with SESSION");
    code = run_transfer(common, control);
  });
  sub = command("digits", "Send digits in a call, and wait until they are out");
  add_session(sub, "SESSION", "The number of the session", take_session)->required();
  sub->add_option("DIGITS", control.digits, "0-9 * # A-D, and \",\" for a pause")->required();
  add_duration(sub, "--duration", &control.duration, "How long each digit lasts");
  sub->callback([&] { code = run_digits(common, control); });

  RecordArguments records;
  sub = command("records", "List records of ended sessions, newest first");
  sub->add_option("--line", records.query.line, "Only of this line")->type_name("LINE");
  sub->add_option("--provider", records.query.provider, "Only of this provider")->type_name("NAME");
  sub->add_option("--application", records.query.application,
                  "Only of this application, which placed or first owned the call")
      ->type_name("APPLICATION");
  sub->add_option("--party", records.query.party,
                  "Only with a party whose address or name has this")
      ->type_name("TEXT");
  add_session(sub, "--session", "Only of this session",
              [&](std::uint64_t number) { records.query.session = number; });
  sub->add_option_function<std::string>(
         "--origin", [&records](const std::string& text) { take_origin(text, records.query); },
         "Only with this origin of the end: \"local user\", \"remote party\", \"policy\", …")
      ->type_name("WORDS");
  CLI::Option* limit = sub->add_option("--limit", records.query.limit, "How many, 1 to 100000 (20)")
                           ->check(CLI::Range(1, 100000))
                           ->type_name("N");
  sub->add_flag("--all", records.all, "Without a limit")->excludes(limit);
  sub->add_flag("--oldest-first", records.query.oldest_first, "In the order in which they ended");
  sub->add_flag("--verify", records.verify, "Show none, but look at all and name the damaged ones");
  add_csv(sub, &common);
  sub->add_flag("--follow", records.follow, "Show new ones as they come, until Ctrl-C");
  add_duration(sub, "--since", &records.since, "Only those that ended within this time");
  add_duration(sub, "--until", &records.until, "Only those that ended before this time ago");
  sub->callback([&] { code = run_records(common, records); });

  sub = command("leaks", "List sessions that ended and are still held, and by whom");
  add_csv(sub, &common);
  add_watch(sub, &watch);
  sub->callback([&] { code = run_leaks(common, watch); });

  ReleaseArguments release;
  sub = command("release", "Reclaim ended sessions from their holders");
  CLI::Option* session = add_session(sub, "SESSION", "The number of the session",
                                     [&](std::uint64_t number) { release.session = number; });
  sub->add_flag("--all-leaks", release.all_leaks, "All of them")->excludes(session);
  sub->callback([&] {
    if (!release.session && !release.all_leaks)
      throw CLI::RequiredError("a SESSION or --all-leaks");
    code = run_release(common, release);
  });

  bool zero = false;
  sub = command("audit", "Compare all ledgers with a recount");
  add_csv(sub, &common);
  sub->add_flag("--zero", zero, "Also fail when anything is held");
  sub->callback([&] { code = run_audit(common, zero); });
  sub = command("status", "Show the state of the service");
  sub->callback([&] { code = run_status(common); });
  sub = command("reload", "Have the service take its configuration file as it is now");
  sub->callback([&] { code = run_reload(common); });
  bool cancel = false;
  sub = command("drain", "Refuse new calls, and end the service when the last call is over");
  sub->add_flag("--cancel", cancel, "Take new calls again");
  sub->callback([&] { code = run_drain(common, cancel); });

  if (argc == 2 && std::string_view(argv[1]) == "--describe") {  // for packaging/reference/make
    print_line("{\"program\":" + switchhook::reference::describe_command(app) + "}");
    return finish_output(0);
  }
  const auto is_command = [&app](const std::string& name) {
    const auto all = app.get_subcommands([](const CLI::App*) { return true; });
    return std::any_of(all.begin(), all.end(),
                       [&name](const CLI::App* one) { return one->get_name() == name; });
  };
  if (argc > 1 && argv[1][0] != '-' && !is_command(argv[1])) {
    std::fprintf(stderr, "switchhook: there is no command \"%s\"\nTry: switchhook --help\n",
                 shown(argv[1]).c_str());
    return kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return finish_output(app.exit(asked));
  } catch (const CLI::ParseError& wrong) {
    std::fprintf(stderr, "switchhook: %s\nTry: switchhook --help\n", shown(wrong.what()).c_str());
    return kExitUsage;
  }
  return finish_output(code);
} catch (const std::exception& error) {
  std::fprintf(stderr, "switchhook: %s\n", error.what());
  return exit_code(switchhook::Errc::failed);
}
