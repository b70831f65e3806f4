// SPDX-License-Identifier: Apache-2.0
// The commands that make calls and change those that are there, as CLI11 is told of them.
#include "cli/options.hpp"

namespace switchhook::cli {

void add_call_commands(Commands& commands) {
  CLI::App* sub = commands.add("call", "Place a call, show its states, its end and its record");
  sub->add_option("LINE", commands.call.line, "The line to call from")->required();
  sub->add_option("ADDRESS", commands.call.address, "Whom to call: number, name or SIP URI")
      ->required();
  add_duration(sub, "--hangup-after", &commands.call.hangup_after,
               "Hang up this long after the answer");
  add_duration(sub, "--no-answer", &commands.call.no_answer,
               "Give up when nobody answers within this time");
  sub->add_option("--user-info", commands.call.user_info, "User-user information to send")
      ->type_name("TEXT");
  sub->callback([&commands] { commands.code = run_call(commands.common, commands.call); });

  sub = commands.add("answer", "Answer the calls of a line until Ctrl-C");
  sub->add_option("LINE", commands.answer.line, "The line whose calls are taken")->required();
  sub->add_flag("--once", commands.answer.once, "End after the first call");
  sub->add_flag("--reject", commands.answer.reject, "Reject instead of answering");
  add_duration(sub, "--hangup-after", &commands.answer.hangup_after,
               "Hang up this long after the answer");
  sub->callback([&commands] { commands.code = run_answer(commands.common, commands.answer); });

  sub = commands.add("lines", "List the lines");
  add_csv(sub, &commands.common);
  sub->callback([&commands] { commands.code = run_lines(commands.common); });
  sub = commands.add("sessions", "List all sessions: live, or ended and still held");
  add_csv(sub, &commands.common);
  add_watch(sub, &commands.watch);
  sub->callback([&commands] { commands.code = run_sessions(commands.common, commands.watch); });

  sub = commands.add("hangup", "End calls, whoever holds them");
  sub->add_option_function<std::vector<std::string>>(
         "SESSION",
         [&commands](const std::vector<std::string>& given) {
           for (const std::string& text : given)
             commands.hangups.push_back(session_number("SESSION", text));
         },
         "The numbers of the sessions")
      ->required();
  sub->callback([&commands] { commands.code = run_hangup(commands.common, commands.hangups); });

  const auto take_session = [&commands](std::uint64_t number) {
    commands.control.session = number;
  };
  sub = commands.add("hold", "Put the other side of a call on hold");
  add_session(sub, "SESSION", "The number of the session", take_session)->required();
  sub->callback([&commands] { commands.code = run_hold(commands.common, commands.control); });
  sub = commands.add("unhold", "Take the other side of a call back");
  add_session(sub, "SESSION", "The number of the session", take_session)->required();
  sub->callback([&commands] { commands.code = run_unhold(commands.common, commands.control); });
  sub = commands.add("transfer", "Have the other side of a call talk to somebody else");
  add_session(sub, "SESSION", "The number of the session", take_session)->required();
  CLI::Option* address = sub->add_option("ADDRESS", commands.control.address,
                                         "Whom it is to call: number, name or SIP URI");
  add_session(sub, "--with", "To the other side of this session",
              [&commands](std::uint64_t number) { commands.control.with = number; })
      ->excludes(address);
  sub->callback([&commands] {
    if (commands.control.address.empty() && commands.control.with == 0)
      throw CLI::RequiredError("an ADDRESS or --with SESSION");
    commands.code = run_transfer(commands.common, commands.control);
  });
  sub = commands.add("digits", "Send digits in a call, and wait until they are out");
  add_session(sub, "SESSION", "The number of the session", take_session)->required();
  sub->add_option("DIGITS", commands.control.digits, "0-9 * # A-D, and \",\" for a pause")
      ->required();
  add_duration(sub, "--duration", &commands.control.duration, "How long each digit lasts");
  sub->callback([&commands] { commands.code = run_digits(commands.common, commands.control); });
}

}  // namespace switchhook::cli
