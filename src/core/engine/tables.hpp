// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the engine keeps besides sessions: providers, lines, applications, their openings of lines,
// the identifiers they hold, and the requests that wait for a provider's answer. Threads: the
// engine's. Ownership: the tables of World own all of them, and none moves. The pointers
// between them are (ref), and right because of the order in which things go: identifiers and
// requests before their opening and session, openings before their application; lines and providers
// never go, they are only marked removed and gone.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "api/messages.hpp"
#include "core/io.hpp"
#include "core/policy.hpp"
#include "core/session.hpp"

namespace switchhook::core {

struct Provider {
  ProviderId id = 0;
  std::string name;
  std::size_t call_bytes = 0;  ///< what it keeps for a call, as it says
  bool gone = false;           ///< failed or lost: no command reaches it
  bool stopped = false;        ///< answered Stop
  std::vector<Line*> lines;    ///< (ref) by its own line numbers
  std::unordered_map<std::uint64_t, api::SessionId> refs;  ///< of the calls it minted
  std::int64_t calls_open = 0;                             ///< calls it holds resources for
  std::int64_t calls_returned = 0;  ///< Ended came, CloseCall is not sent yet
  std::uint64_t calls_made = 0;     ///< MakeCall commands ever sent
  std::uint64_t calls_closed = 0;   ///< CloseCall commands ever sent
};

struct Opening;
struct Identifier;

/// Which messages of the network an application wants to see.
struct Tracing {
  api::SessionId session;  ///< 0 = of all
  ProviderId provider = 0;
  provider::CallRef call;    ///< of the session
  std::uint32_t number = 0;  ///< of the session, the short one
  std::string call_id;       ///< of the session, in the network
  std::string line;          ///< empty = of all
  bool secrets = false;
};

/// What one application has open of a line.
struct LineProgram {
  Opening* first = nullptr;  ///< (ref) the first opened of those that are open
  std::uint32_t openings = 0, monitors = 0;
};

struct Line {
  LineInfo info;
  Provider* provider = nullptr;  ///< (ref)
  provider::LineNumber number = 0;
  Chain<Opening, OfLine> openings;             ///< the first to open first
  std::map<api::AppId, LineProgram> programs;  ///< those that have it open
  CallLimits call_limits;
  LineUsers users;
  std::uint32_t openings_count = 0;
  std::uint32_t monitoring = 0;  ///< applications that monitor it
  std::uint32_t listening = 0;   ///< openings that get incoming calls
  bool was_there = false;        ///< in the service before this one, whose lines a program may know
  bool told_open = false, told_takes_calls = false;  ///< what its provider was told last
  Chain<Session, OfLine> sessions;                   ///< those that are not idle
  std::uint32_t calls = 0;                           ///< their number
  std::uint32_t kept = 0;  ///< of them, those that wait for a lost application
};

/// An account: its number, or its name where that is not known.
using UserKey = std::pair<std::uint32_t, std::string>;
/// What the programs of one user keep here, in bytes; known while it is not zero.
struct User {
  UserKey key;
  std::int64_t bytes = 0, max = 0, application_max = 0;
  bool told = false;  ///< the log says that it has as much as it may have
};

struct App {
  api::AppId id;
  std::shared_ptr<const api::ApplicationInfo> info;  ///< null = not attached yet
  Chain<Opening, OfApp> openings;
  std::size_t openings_count = 0;
  std::size_t identifiers = 0;
  std::size_t requests = 0;  ///< unanswered
  bool leaving = false;      ///< it shuts down or is lost: nothing is sent to it any more
  /// Identifiers that were reclaimed, the oldest first, so that using them is told apart.
  struct Reclaimed {
    std::deque<api::CallId> order;
    std::unordered_set<api::CallId> calls;
  };
  std::unique_ptr<Reclaimed> reclaimed;
  Chain<Identifier, OfHolder> leaks;  ///< of ended sessions, the one it holds for longest in front
  std::size_t leaks_count = 0;
  const LeakLimits* leak_limits = nullptr;  ///< (ref) null = none
  std::uint64_t leak_timer = 0;             ///< 0 = not set
  bool too_many_leaks = false, too_old_leaks = false;
  std::size_t emergencies = 0;  ///< its emergency calls whose sessions are not gone
  bool check_leaks = false;     ///< will be looked at when the step is done
  bool knows_lines =
      false;  ///< came from an earlier service, and was told what lines there are now
  std::set<std::string> sites;       ///< where it acquired what it holds
  std::unique_ptr<Tracing> tracing;  ///< null = it traces nothing
  User* user = nullptr;              ///< (ref) null = not attached yet
  std::int64_t bytes = 0;            ///< of the user's, its own
};

struct Identifier : Linked<Identifier, OfOpening>, Linked<Identifier, OfHolder> {
  api::CallId id;
  Session* session = nullptr;  ///< (ref)
  Opening* opening = nullptr;  ///< (ref)
  std::uint32_t digit_modes = 0;
  std::chrono::nanoseconds leaked_at{0};  ///< monotonic; meaningful on the chain OfHolder
  const std::string* site = nullptr;      ///< (ref, the application's) null = not known
};

enum class RequestKind : std::uint8_t {
  make,
  forwarded,  ///< accepting, holding and whatever else only the provider's answer completes
  answer,
  drop,
  transfer,
  digits,
};

struct RequestTag;
using RequestHandle = base::Handle<RequestTag>;  ///< its value is the provider's RequestNumber

/// One request a provider has to complete, or a drop that waits for the one before it.
struct Request : Linked<Request, OfSession>,
                 Linked<Request, OfOpening>,
                 Linked<Request, ByDeadline> {
  Request() {}  // NOLINT: a defaulted one would have it filled with zeros first

  RequestHandle id;
  RequestKind kind = RequestKind::make;
  bool joined = false;    ///< a drop while another is under way: shares its answer
  bool answered = false;  ///< a drop that was completed and now waits for idle
  App* app = nullptr;     ///< (ref) who gets the answer; null = nobody (any more)
  api::RequestId number = 0;
  Opening* opening = nullptr;         ///< (ref) null = nobody's (any more)
  Session* session = nullptr;         ///< (ref)
  api::CallId call;                   ///< the identifier it was made with; 0 = none
  std::uint32_t tag = 0;              ///< of digits
  api::SessionId with;                ///< of a transfer to another call's far end; 0 = none
  std::uint64_t timer = 0;            ///< of a transfer: its own limit
  const std::string* site = nullptr;  ///< (ref, the application's) of the call that is made
  std::chrono::nanoseconds deadline{0};
};

struct Opening : Linked<Opening, OfApp>, Linked<Opening, OfLine> {
  api::OpenId id;
  App* app = nullptr;    ///< (ref)
  Line* line = nullptr;  ///< (ref)
  std::uint8_t privileges = 0;
  std::uint32_t media_modes = 0;
  std::uint32_t api_version = 0;
  Chain<Identifier, OfOpening> identifiers;
  Chain<Request, OfOpening> requests;

  [[nodiscard]] bool has(Privilege privilege) const {
    return (privileges & static_cast<std::uint8_t>(privilege)) != 0;
  }
};

/// What a timer of its own is for. The engine's two common deadlines have fixed numbers.
struct TimerTag;
using TimerHandle = base::Handle<TimerTag>;
struct Timer {
  enum class Kind : std::uint8_t { no_answer, length, audit, leaks, kept, transfer };
  Kind kind = Kind::no_answer;
  api::SessionId session;
  std::uint64_t audit = 0;
  api::AppId app = {};
};

}  // namespace switchhook::core
