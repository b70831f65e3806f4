// SPDX-License-Identifier: Apache-2.0
#pragma once

// All that the engine knows between two steps. Only data: what is done with it stands in the rooms,
// one pair of files for each subject, whose headers say what other rooms may call:
//   access        who may do what
//   applications  applications and their openings of lines; how they go
//   calls         what applications ask of calls and only the provider can do
//   requests      what a provider has still to complete
//   holders       identifiers: given, released, handed off; privileges
//   memory        what the programs of each user keep, in bytes
//   leaks         ended sessions that are still held, and the limits on them
//   restoring     what an application held when the service died is given to it again
//   loss          what becomes of the calls of an application that was lost
//   ends          how sessions end and are returned
//   providers     what providers report
//   reports       lists, snapshots, records, status
//   audit         the ledgers against reality
//   timers        the engine's timers
//   tracing       who is shown the messages of the network
//   settling      what is left for the end of a step
// Threads: one at a time, the owner's. Nothing in the rooms reads a clock, waits, or throws for
// anything a client or a provider may do.

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/handle.hpp"
#include "core/counts.hpp"
#include "core/engine/tables.hpp"
#include "core/ledger.hpp"
#include "core/policy.hpp"

namespace switchhook::core {

/// The engine's own timers; all others are handles, whose values are far above.
inline constexpr std::uint64_t kAnswerTimer = 1, kLingerTimer = 2, kStopTimer = 3;

/// An audit that waits for the ledgers of providers.
struct Audit {
  api::AppId app;
  api::RequestId number = 0;
  TimerHandle timer;
  struct Wait {
    ProviderId provider = 0;
    std::uint64_t calls_made = 0, calls_closed = 0;  ///< when it was asked
  };
  std::vector<Wait> waiting;
  api::AuditReport report;
};

/// A recorded session: in its table while somebody holds it, then here. Kept as compact as it was;
/// it is spelt out only when somebody asks.
struct Remembered {
  api::SessionId id;
  std::optional<Session> session;
};

/// What applications are to be told of a line when the step is done.
struct LineNews {
  Line* line = nullptr;  ///< (ref)
  api::LineChange what = api::LineChange::calls;
  std::uint32_t count = 0;
  api::AppId but;  ///< who did it
};

struct World {
  std::map<ProviderId, Provider> providers;
  std::deque<Line> lines;
  std::map<UserKey, User> users;
  std::size_t lines_expected = 0;  ///< of them, those that earlier services had
  base::HandleTable<api::AppTag, App> apps;
  base::HandleTable<api::OpenTag, Opening> openings;
  base::HandleTable<api::CallTag, Identifier> identifiers;
  base::HandleTable<api::SessionTag, Session> sessions;
  base::HandleTable<RequestTag, Request> requests;
  base::HandleTable<TimerTag, Timer> timers;
  std::map<std::uint64_t, Audit> audits;

  Chain<Request, ByDeadline> unanswered;  ///< those a provider has to answer in time
  Chain<Session, OfLine> lingering;       ///< idle, and not yet returned by their providers
  bool answer_timer = false, linger_timer = false;  ///< whether they are set
  std::vector<api::SessionId> settling;
  std::vector<api::AppId> leaking;  ///< to be looked at when the step is done
  std::vector<LineNews> line_news;  ///< of this step
  std::vector<api::AppId> tracing;
  provider::Trace traced;  ///< what the providers were told of it
  Policy policy;
  std::vector<api::SessionId> touched;  ///< changed since take_changed()
  bool journalled = false;              ///< whether somebody calls it

  Ledger ledger;
  std::vector<Remembered> remembered;  ///< a ring once it is full
  std::size_t remembered_next = 0;
  EndTimes end_times;
  std::chrono::nanoseconds acknowledged{0};  ///< sum of those in end_times.acknowledged
  decltype(Counts::ended) ended{};           ///< sessions that were recorded
  std::uint64_t sessions_total = 0, records = 0, late = 0, audits_total = 0;
  std::uint32_t last_call_id = 0;
  std::size_t attached = 0, leaks = 0;
  std::optional<std::chrono::nanoseconds> started;
  bool stopping = false, stopped = false;
  bool restores = false;  ///< while it stops: the next service goes on with what is held
  std::string stopping_why;
  std::string refusing;  ///< why no call may begin; empty = it may
};

}  // namespace switchhook::core
