// SPDX-License-Identifier: Apache-2.0
// What Switchhook is for, in one program: three_endings [--socket PATH]
// Three calls from line alice to line bob, ended by the caller, by the remote party, and by a rule.
// For each: the states as they happen, the record read through the still valid identifier, the
// release. Then a session that its holder forgets: found, named, reclaimed. Then the audit.
// Exits with 0 only when all of it came out as it should.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <switchhook/switchhook.hpp>
#include <thread>

using namespace switchhook;
using namespace std::chrono_literals;

namespace {

int problems = 0;

void expect(bool good, const std::string& what) {
  if (good) return;
  ++problems;
  std::cout << "  NOT AS IT SHOULD BE: " << what << '\n';
}

[[noreturn]] void stop(const std::string& what, const Error& error) {
  std::cout << std::flush;
  std::cerr << what << ": " << error.text() << '\n';
  std::exit(1);
}

/// The value, or the end of the program: for steps without which nothing further makes sense.
template <typename T>
T must(const std::string& what, Result<T> result) {
  if (!result) stop(what, result.error());
  return std::move(*result);
}
void must(const std::string& what, Result<void> result) {
  if (!result) stop(what, result.error());
}

/// Prints what both parties see, in the order in which it happened: the two report on threads of
/// their own, so a line waits a moment for an earlier one.
class Ladder {
 public:
  Ladder() : printer_([this] { print(); }) {}
  ~Ladder() {
    {
      std::lock_guard lock(mutex_);
      finished_ = true;
    }
    printer_.join();
  }

  void watch(Session& session, bool left) {
    must("watching", session.on_event([this, left](SessionView, const SessionEvent& event) {
      if (event.kind != SessionEvent::Kind::state) return;
      std::string words(to_string(event.state));
      if (event.cause) words += ", " + std::string(to_string(event.cause->mode));
      std::lock_guard lock(mutex_);
      lines_.emplace(event.at.monotonic, std::make_pair(left, words));
    }));
  }

 private:
  static constexpr auto kPatience = 40ms;
  static constexpr std::size_t kColumn = 26;

  void print() {
    for (bool last = false; !last;) {
      std::this_thread::sleep_for(10ms);
      std::lock_guard lock(mutex_);
      last = finished_;
      const auto now = std::chrono::steady_clock::now().time_since_epoch();
      while (!lines_.empty() && (last || lines_.begin()->first + kPatience < now)) {
        const auto& [at, line] = *lines_.begin();
        if (!start_) start_ = at;
        std::string words = line.second;
        if (!line.first) words.insert(0, kColumn, ' ');
        std::printf("  %8s   %s\n", seconds_text(at - *start_).c_str(), words.c_str());
        std::fflush(stdout);
        lines_.erase(lines_.begin());
      }
    }
  }

  std::mutex mutex_;
  std::multimap<std::chrono::nanoseconds, std::pair<bool, std::string>> lines_;  // true = left
  std::optional<std::chrono::nanoseconds> start_;
  bool finished_ = false;
  std::thread printer_;  // last: uses all of the above
};

struct Telephone {
  Application application;
  Line line;
};

Telephone pick_up(const std::string& socket, const std::string& name, Privilege privilege) {
  Telephone phone;
  phone.application = must(
      "connecting", Application::connect({.name = "three_endings, " + name, .socket = socket}));
  const auto deadline = std::chrono::steady_clock::now() + 10s;  // SIP may still be coming up
  while (true) {
    Result<Line> line = phone.application.open_line(name, privilege);
    if (line) {
      phone.line = std::move(*line);
      return phone;
    }
    if (line.error().code != Errc::no_such_line || std::chrono::steady_clock::now() > deadline)
      stop("opening line " + name, line.error());
    std::this_thread::sleep_for(50ms);
  }
}

enum class Ending { by_caller, by_remote, by_rule };

/// One call from alice to bob, to its end. Both sessions come back ended and unreleased.
std::pair<Session, Session> converse(Telephone& alice, Telephone& bob, Ending ending) {
  std::printf("  %8s   %-26s%s\n", "seconds", "alice", "bob");
  Ladder ladder;
  CallOptions options;
  if (ending == Ending::by_rule) options.no_answer = 1500ms;
  const std::string address = bob.line.info().address;
  Session caller = must("calling", alice.line.call(address.empty() ? "bob" : address, options));
  ladder.watch(caller, true);
  Session callee = must("waiting for the call", bob.line.next_call(5s));
  ladder.watch(callee, false);
  if (ending == Ending::by_rule) {
    must("accepting", callee.accept());  // rings, and nobody answers
  } else {
    must("answering", callee.answer());
    must("waiting for the answer", caller.wait_for(CallState::connected, 5s));
    must("waiting for the answer", callee.wait_for(CallState::connected, 5s));
    std::this_thread::sleep_for(800ms);  // they talk
    must("hanging up", (ending == Ending::by_caller ? caller : callee).drop());
  }
  must("waiting for the end", caller.wait_for_record(20s));
  must("waiting for the end", callee.wait_for_record(20s));
  must("waiting for callbacks", alice.application.drain_callbacks(5s));
  must("waiting for callbacks", bob.application.drain_callbacks(5s));
  return {std::move(caller), std::move(callee)};
}

void indent(const std::string& text) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1);
    std::cout << "  " << text.substr(begin, end - begin + 1);
    begin = end + 1;
  }
}

void show_call(int number, const std::string& title, Telephone& alice, Telephone& bob,
               Ending ending, EndOrigin origin, DisconnectMode mode) {
  std::cout << "Call " << number << ": " << title << "\n\n" << std::flush;
  auto [caller, callee] = converse(alice, bob, ending);
  std::cout << "\n  The call is over; alice's identifier is still valid and answers:\n";
  const Record record = must("reading the record", caller.record());
  indent(to_text(record));
  expect(record.state == CallState::idle, "the session is not idle");
  expect(record.end && record.end->origin == origin, "the end has another origin");
  expect(record.end && record.end->cause.mode == mode, "the end has another cause");
  expect(record.end && (record.end->confirmation == Confirmation::confirmed ||
                        record.end->confirmation == Confirmation::not_applicable),
         "the far end did not confirm the end");
  must("releasing", caller.release());
  must("releasing", callee.release());
  const Result<CallState> after = caller.state();
  expect(!after && after.error().code == Errc::stale_handle, "the identifier is still valid");
  std::cout << "  Released by both. Asked again, the identifier says:\n    "
            << (after ? std::string(to_string(*after)) : after.error().text()) << "\n\n";
}

void show_leak(Telephone& alice, Telephone& bob) {
  std::cout << "Call 4: ended by alice, who then forgets to release it\n\n" << std::flush;
  auto [caller, callee] = converse(alice, bob, Ending::by_caller);
  must("releasing", callee.release());
  const std::uint64_t session = must("reading the record", caller.record()).session;

  Operator service(alice.application);
  const LeakReport report = must("asking for leaks", service.leaks());
  std::cout << "\n  Leak report: " << report.total << " found\n";
  bool named = false;
  for (const Leak& leak : report.leaks) {
    std::cout << "    session " << leak.session << " on line " << leak.line << ", "
              << to_string(leak.state) << ", held as " << to_string(leak.privilege) << " by \""
              << leak.application << "\",\n      process " << leak.process << " of user "
              << leak.user << ", " << leak.bytes << " bytes\n";
    named = named || (leak.session == session && leak.application == "three_endings, alice" &&
                      leak.line == "alice");
  }
  expect(named, "the leak report does not name the session and its holder");
  const std::uint64_t count = must("reclaiming", service.reclaim(session));
  expect(count == 1, "another number of identifiers was reclaimed");
  std::cout << "  Reclaimed: " << count << ". Asked again, the identifier says:\n    ";
  const Result<CallState> after = caller.state();
  std::cout << (after ? std::string(to_string(*after)) : after.error().text()) << "\n";
  expect(
      !after && (after.error().code == Errc::reclaimed || after.error().code == Errc::stale_handle),
      "the reclaimed identifier is still valid");
  expect(must("asking for leaks", service.leaks()).total == report.total - 1,
         "the leak is still reported");
  std::cout << "\n";
}

void show_audit(Telephone& alice) {
  Operator service(alice.application);
  AuditReport audit = must("auditing", service.audit());
  // SIP keeps a finished transaction for repeated requests a while (RFC 3261 section 17).
  const auto deadline = std::chrono::steady_clock::now() + 45s;
  while (!(audit.clean() && audit.all_zero()) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(100ms);
    audit = must("auditing", service.audit());
  }
  std::cout << "Audit: what is held because of sessions, booked and really there\n\n";
  std::printf("  %-18s%-12s%8s%8s\n", "ledger", "of", "booked", "found");
  for (const LedgerLine& line : audit.lines)
    std::printf("  %-18s%-12s%8lld%8lld\n", std::string(to_string(line.resource)).c_str(),
                line.holder.c_str(), static_cast<long long>(line.booked),
                static_cast<long long>(line.found));
  std::fflush(stdout);
  for (const std::string& finding : audit.findings) std::cout << "  finding: " << finding << "\n";
  expect(audit.clean(), "the ledgers and reality differ");
  expect(audit.all_zero(), "something is still held");
  if (audit.clean() && audit.all_zero()) std::cout << "  All ledgers are zero.\n";
}

}  // namespace

int main(int argc, char** argv) {
  std::string socket;
  if (argc == 3 && std::string(argv[1]) == "--socket") {
    socket = argv[2];
  } else if (argc != 1) {
    std::cerr << "usage: three_endings [--socket PATH]\n";
    return 2;
  }
  Telephone alice = pick_up(socket, "alice", Privilege::none);
  Telephone bob = pick_up(socket, "bob", Privilege::owner);

  show_call(1, "alice calls bob, and alice hangs up", alice, bob, Ending::by_caller,
            EndOrigin::local_user, DisconnectMode::normal);
  show_call(2, "alice calls bob, and bob hangs up", alice, bob, Ending::by_remote,
            EndOrigin::remote_party, DisconnectMode::normal);
  show_call(3, "bob does not answer, and alice's rule ends it after 1.5 seconds", alice, bob,
            Ending::by_rule, EndOrigin::policy, DisconnectMode::no_answer);
  show_leak(alice, bob);
  show_audit(alice);
  if (problems > 0) {
    std::cout << "\n" << problems << " things were not as they should be.\n";
    return 1;
  }
  std::cout << "\nAll was as it should be.\n";
}
