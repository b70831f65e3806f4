// SPDX-License-Identifier: Apache-2.0
// `switchhook call`: places a call and stays with it until it is released.
#include "cli/commands.hpp"
#include "cli/follow.hpp"
#include "cli/output.hpp"
#include "switchhook/json.hpp"

namespace switchhook::cli {

int run_call(const Common& common, const CallArguments& arguments) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Interrupt interrupt;
  Result<Line> line = application->open_line(arguments.line);
  if (!line) return report(line.error(), common.json);
  CallOptions options;
  options.no_answer = arguments.no_answer.value_or(std::chrono::milliseconds(0));
  options.user_info.assign(arguments.user_info.begin(), arguments.user_info.end());
  Result<Session> session = line->call(arguments.address, options);
  if (!session) return report(session.error(), common.json);
  if (common.json) {
    print_line(JsonObject()
                   .add("event", "call")
                   .add("line", arguments.line)
                   .add("address", arguments.address)
                   .text());
  } else {
    print_line(shown(arguments.line) + " calls " + shown(arguments.address));
  }
  interrupt.on_signal([view = session->view()]() mutable { static_cast<void>(view.drop()); });
  const int code =
      follow(std::move(*session),
             {.json = common.json, .prefix = {}, .hangup_after = arguments.hangup_after});
  interrupt.on_signal([] {});  // all is printed; a late Ctrl-C changes nothing
  return interrupt.exit_code() != 0 ? interrupt.exit_code() : code;
}

}  // namespace switchhook::cli
