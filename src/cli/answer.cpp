// SPDX-License-Identifier: Apache-2.0
// `switchhook answer`: takes the calls of a line, each on a thread of its own.
#include <atomic>
#include <list>
#include <mutex>
#include <thread>

#include "cli/commands.hpp"
#include "cli/follow.hpp"
#include "cli/output.hpp"
#include "switchhook/json.hpp"

namespace switchhook::cli {

namespace {

/// The calls in progress, so that a signal can end them all.
class Calls {
 public:
  void start(Session session, const AnswerArguments& arguments, bool json) {
    reap(false);
    std::lock_guard lock(mutex_);
    Entry& entry = entries_.emplace_back();
    entry.view = session.view();
    entry.thread = std::thread([&entry, &arguments, json, taken = std::move(session)]() mutable {
      take(std::move(taken), arguments, json);
      entry.finished = true;
    });
  }

  void drop_all() {
    std::list<SessionView> views;
    {
      std::lock_guard lock(mutex_);
      for (Entry& entry : entries_) views.push_back(entry.view);
    }
    for (SessionView& view : views) static_cast<void>(view.drop());
  }

  /// Joins the threads of calls that are over; all of them with `wait`.
  void reap(bool wait) {
    std::list<Entry> done;
    {
      std::lock_guard lock(mutex_);
      for (auto at = entries_.begin(); at != entries_.end();) {
        auto here = at++;
        if (wait || here->finished) done.splice(done.end(), entries_, here);
      }
    }
    for (Entry& entry : done) entry.thread.join();
  }

 private:
  struct Entry {
    SessionView view;
    std::atomic<bool> finished = false;
    std::thread thread;
  };

  static void take(Session session, const AnswerArguments& arguments, bool json) {
    FollowOptions options;
    options.json = json;
    options.hangup_after = arguments.hangup_after;
    if (Result<Record> record = session.record()) {
      options.prefix = "[" + short_number(*record) + "] ";
      if (json) {
        print_line(JsonObject()
                       .add("event", "offered")
                       .add("session", record->session)
                       .add("from", record->parties.calling.address)
                       .add("to", record->parties.called.address)
                       .text());
      } else {
        print_line(options.prefix + "call from " + shown(record->parties.calling.address));
      }
    }
    const Result<void> taken =
        arguments.reject ? session.drop(DropReason::rejected) : session.answer();
    // The caller may have given up meanwhile: the ladder shows it.
    if (!taken && taken.error().code != Errc::invalid_state)
      static_cast<void>(report(taken.error(), json));
    static_cast<void>(follow(std::move(session), options));
  }

  std::mutex mutex_;
  std::list<Entry> entries_;  // guarded by mutex_; entries never move in memory
};

/// Waits until the line can be opened again, or somebody ends it.
Result<void> open_again(Application& application, Result<Line>& line,
                        const AnswerArguments& arguments, const Common& common,
                        Interrupt& interrupt, const Error& why) {
  if (why.code == Errc::disconnected) return why;  // the service itself is gone
  const auto told = [&](const char* event, const std::string& words) {
    if (common.json)
      print_line(JsonObject().add("event", event).add("line", arguments.line).text());
    else
      print_line("Line " + shown(arguments.line) + words);
  };
  told("line_closed", " was closed: " + shown(why.text()) + "; waiting until it is back.");
  constexpr std::chrono::milliseconds kAgain{200};
  while (!interrupt.wait(kAgain)) {
    line = application.open_line(arguments.line, Privilege::owner);
    if (line) {
      told("waiting", " is back.");
      return {};
    }
    if (line.error().code == Errc::disconnected || line.error().code == Errc::denied)
      return line.error();
  }
  return why;
}

}  // namespace

int run_answer(const Common& common, const AnswerArguments& arguments) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Interrupt interrupt;
  Result<Line> line = application->open_line(arguments.line, Privilege::owner);
  if (!line) return report(line.error(), common.json);
  const UnhurriedOutput unhurried;  // who does not read its output keeps no caller waiting
  if (common.json)
    print_line(JsonObject().add("event", "waiting").add("line", arguments.line).text());
  else
    print_line("Waiting for calls on line " + shown(arguments.line) + "; Ctrl-C ends.");

  Calls calls;
  interrupt.on_signal([&calls] { calls.drop_all(); });
  constexpr std::chrono::milliseconds kLook{100};  // how soon a signal is seen while idle
  int code = 0;
  while (interrupt.exit_code() == 0) {
    Result<Session> session = line->next_call(kLook);
    if (session) {
      calls.start(std::move(*session), arguments, common.json);
      if (arguments.once) break;
    } else if (session.error().code != Errc::timed_out) {
      // The line was closed under it: its provider's process died, perhaps, and comes back.
      const Result<void> again =
          open_again(*application, line, arguments, common, interrupt, session.error());
      if (again || interrupt.exit_code() != 0) continue;
      code = report(again.error(), common.json);
      break;
    }
  }
  if (interrupt.exit_code() != 0) calls.drop_all();  // one that came after the signal
  calls.reap(true);
  interrupt.on_signal([] {});
  return interrupt.exit_code() != 0 ? interrupt.exit_code() : code;
}

}  // namespace switchhook::cli
