// SPDX-License-Identifier: Apache-2.0
// The commands about records, leaks and the service, as CLI11 is told of them.
#include "cli/options.hpp"

namespace switchhook::cli {
namespace {

void take_origin(const std::string& text, RecordQuery& query) {
  for (std::size_t i = 0; i < kEndOriginCount; ++i) {
    const auto origin = static_cast<EndOrigin>(i);
    if (to_string(origin) == text) query.origin = origin;
  }
  if (!query.origin)
    throw CLI::ValidationError("--origin", "\"" + text + "\" is not how a session ends");
}

void add_console(Commands& commands) {
  CLI::App* sub = commands.add(
      "console", "Show where the console is, with its token; or set a user's password");
  ConsoleArguments& arguments = commands.console;
  // "password NAME": one action, so that it needs no command within a command.
  CLI::Option* action =
      sub->add_option("password", "The word password: read one, and set it for the user NAME");
  action->type_name("")->check(CLI::IsMember({"password"}));
  CLI::Option* name =
      sub->add_option("NAME", arguments.name, "The user")->type_name("")->needs(action);
  action->needs(name);
  sub->add_flag("--operator", arguments.operating, "The user is an operator, not an observer")
      ->needs(name);
  sub->add_flag("--remove", arguments.remove, "The user is removed")->needs(name);
  sub->add_option("--file", arguments.file, "The file of users, where no service runs")
      ->type_name("FILE")
      ->needs(name);
  sub->add_flag("--token", arguments.token, "Show the token alone")->excludes(name);
  sub->callback([&commands] { commands.code = run_console(commands.common, commands.console); });
}

}  // namespace

void add_service_commands(Commands& commands) {
  CLI::App* sub = commands.add("records", "List records of ended sessions, newest first");
  sub->add_option("--line", commands.records.query.line, "Only of this line")->type_name("LINE");
  sub->add_option("--provider", commands.records.query.provider, "Only of this provider")
      ->type_name("NAME");
  sub->add_option("--application", commands.records.query.application,
                  "Only of this application, which placed or first owned the call")
      ->type_name("APPLICATION");
  sub->add_option("--party", commands.records.query.party,
                  "Only with a party whose address or name has this")
      ->type_name("TEXT");
  add_session(sub, "--session", "Only of this session",
              [&commands](std::uint64_t number) { commands.records.query.session = number; });
  sub->add_option_function<std::string>(
         "--origin",
         [&commands](const std::string& text) { take_origin(text, commands.records.query); },
         "Only with this origin of the end: \"local user\", \"remote party\", \"policy\", …")
      ->type_name("WORDS");
  CLI::Option* limit =
      sub->add_option("--limit", commands.records.query.limit, "How many, 1 to 100000 (20)")
          ->check(CLI::Range(1, 100000))
          ->type_name("N");
  sub->add_flag("--all", commands.records.all, "Without a limit")->excludes(limit);
  sub->add_flag("--oldest-first", commands.records.query.oldest_first,
                "In the order in which they ended");
  sub->add_flag("--verify", commands.records.verify,
                "Show none, but look at all and name the damaged ones");
  add_csv(sub, &commands.common);
  sub->add_flag_callback(
      "--cdr-csv",
      [&commands] {
        commands.common.csv = true;
        commands.records.columns = CsvColumns::cdr_csv;
      },
      "Write comma-separated values in the columns of Asterisk's cdr_csv, without a heading");
  sub->add_flag("--follow", commands.records.follow, "Show new ones as they come, until Ctrl-C");
  add_duration(sub, "--since", &commands.records.since, "Only those that ended within this time");
  add_duration(sub, "--until", &commands.records.until,
               "Only those that ended before this time ago");
  sub->callback([&commands] { commands.code = run_records(commands.common, commands.records); });

  sub = commands.add("leaks", "List sessions that ended and are still held, and by whom");
  add_csv(sub, &commands.common);
  add_watch(sub, &commands.watch);
  sub->callback([&commands] { commands.code = run_leaks(commands.common, commands.watch); });

  sub = commands.add("release", "Reclaim ended sessions from their holders");
  CLI::Option* session =
      add_session(sub, "SESSION", "The number of the session",
                  [&commands](std::uint64_t number) { commands.release.session = number; });
  sub->add_flag("--all-leaks", commands.release.all_leaks, "All of them")->excludes(session);
  sub->callback([&commands] {
    if (!commands.release.session && !commands.release.all_leaks)
      throw CLI::RequiredError("a SESSION or --all-leaks");
    commands.code = run_release(commands.common, commands.release);
  });

  sub = commands.add("audit", "Compare all ledgers with a recount");
  add_csv(sub, &commands.common);
  sub->add_flag("--zero", commands.zero, "Also fail when anything is held");
  sub->callback([&commands] { commands.code = run_audit(commands.common, commands.zero); });
  sub = commands.add("refusals",
                     "Show calls that were refused and became no session, and from where");
  add_csv(sub, &commands.common);
  sub->callback([&commands] { commands.code = run_refusals(commands.common); });
  sub = commands.add("status", "Show the state of the service");
  sub->callback([&commands] { commands.code = run_status(commands.common); });
  sub = commands.add("reload", "Have the service take its configuration file as it is now");
  sub->callback([&commands] { commands.code = run_reload(commands.common); });
  sub = commands.add("drain", "Refuse new calls, and end the service when the last call is over");
  sub->add_flag("--cancel", commands.cancel, "Take new calls again");
  sub->callback([&commands] { commands.code = run_drain(commands.common, commands.cancel); });
  add_console(commands);
  sub = commands.add("trace", "Show SIP messages as they come and go, until Ctrl-C");
  add_session(sub, "--session", "Only of this session",
              [&commands](std::uint64_t number) { commands.trace.options.session = number; });
  sub->add_option("--line", commands.trace.options.line, "Only of this line")->type_name("LINE");
  sub->add_option("--pcap", commands.trace.pcap,
                  "Also write a capture file; - is standard output alone")
      ->type_name("FILE");
  sub->add_flag("--messages", commands.trace.messages, "Show each message itself below its line");
  sub->add_flag("--secrets", commands.trace.options.secrets,
                "Do not blank Authorization and User-to-User values, passwords and bodies");
  sub->add_option("--count", commands.trace.count, "End after so many messages")->type_name("N");
  sub->callback([&commands] { commands.code = run_trace(commands.common, commands.trace); });
}

}  // namespace switchhook::cli
