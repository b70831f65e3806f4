// SPDX-License-Identifier: Apache-2.0
#pragma once

// The operator's view of the service: every session, whoever holds it, what is held too long, and
// whether the ledgers agree with reality. Threads: all functions from any thread. Ownership: a
// copyable look at an Application, which it may outlive: it then answers stale_application.
// Errors that every function may answer: denied (no operator's rights), stale_application,
// disconnected, overloaded, timed_out.

#include "switchhook/application.hpp"

namespace switchhook {

/// An identifier of a session that ended, still held by somebody.
struct Leak {
  std::uint64_t session = 0;     ///< Record::session
  std::uint64_t identifier = 0;  ///< the identifier, as reclaim() takes it
  std::string line;
  std::string application;  ///< the holder: its name for itself
  std::string user;
  std::uint32_t process = 0;
  Privilege privilege = Privilege::monitor;
  CallState state = CallState::idle;
  Moment acquired;
  Moment ended;
  std::uint64_t bytes = 0;           ///< kept for it in the service
  std::uint64_t client_bytes = 0;    ///< kept for it by the holder's library, as that says
  std::uint64_t provider_bytes = 0;  ///< kept for it by the provider; 0 once it was returned
  std::uint64_t connection = 0;      ///< the holder's connection to the service
  std::string site;                  ///< where the holder acquired it; empty = not known
};

/// What is held too long.
struct LeakReport {
  std::vector<Leak> leaks;  ///< the one that ended first in front
  std::uint64_t total = 0;  ///< when the list was begun
};

/// Which records are wanted.
struct RecordQuery {
  std::string line = {};  ///< its name; empty = all
  /// Those that ended at or after this, since 1970 UTC; 0 = all.
  std::chrono::microseconds since{0};
  std::uint32_t limit = 100;             ///< 1…100000
  std::chrono::microseconds until{0};    ///< those that ended before this; 0 = all
  std::uint64_t session = 0;             ///< only the one of this session; 0 = all
  std::string party = {};                ///< part of the address or name of any party; empty = all
  std::string application = {};          ///< who placed or first owned the call; empty = all
  std::string provider = {};             ///< empty = all
  std::optional<EndOrigin> origin = {};  ///< empty = all
  bool oldest_first = false;             ///< the order in which the sessions ended
  std::uint64_t after = 0;  ///< go on behind the record of this session, in that order; 0 = begin
};

/// Which messages of the network are wanted.
struct TraceOptions {
  std::uint64_t session = 0;  ///< only of this one: Record::session; 0 = all
  std::string line = {};      ///< only of this one, by name; empty = all
  /// Nothing is blanked: neither Authorization nor User-to-User nor bodies.
  bool secrets = false;
};

/// The messages of the network as they come and go. Ends when it is destroyed. Move-only; it may
/// outlive the Application. Threads: next() from one at a time.
class SWITCHHOOK_EXPORT Trace {
 public:
  ~Trace();
  Trace(Trace&&) noexcept;
  Trace& operator=(Trace&&) noexcept;
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  /// The next message; nothing when none came in this time. Those that a program does not take are
  /// left out and counted in the next one, TracedMessage::missed. When the service died and was
  /// started again it goes on, and what passed in between is missing.
  /// Errors: disconnected, stale_application; after a restart also what Operator::trace() answers.
  Result<std::optional<TracedMessage>> next(std::chrono::milliseconds timeout);

 private:
  friend class Operator;
  explicit Trace(std::shared_ptr<detail::TraceState> state);
  std::shared_ptr<detail::TraceState> state_;
};

/// What a look at all records found.
struct RecordsCheck {
  std::uint64_t checked = 0;
  std::vector<std::string> damaged;  ///< which, in words; 1000 at most
};

/// See the head of this file.
class SWITCHHOOK_EXPORT Operator {
 public:
  /// Threads: any. Errors: none.
  explicit Operator(const Application& application);
  ~Operator();
  Operator(const Operator&);
  Operator& operator=(const Operator&);

  /// All sessions that exist: live, or ended and still held. Threads: any.
  [[nodiscard]] Result<std::vector<Record>> sessions() const;
  /// All sessions that ended and are still held, with who holds them. Threads: any.
  /// @param most  so many at most, for who only wants to look. Errors: invalid_argument: 0.
  [[nodiscard]] Result<LeakReport> leaks(std::size_t most = 100000) const;

  /// Ends the communication of a session, whoever holds it. Returns when the end is under way; its
  /// holders are told, keep their identifiers, and see the end as they see any other. The record has
  /// the origin `local user`, says in words that an operator hung up, and names this program among
  /// those who held the session.
  /// @param session  Record::session.
  /// Errors: not_found (no such session, or this program may not see it); denied (it may not control
  /// it); invalid_state (it has ended). Threads: any.
  Result<void> hang_up(std::uint64_t session);

  /// Takes the identifiers of an ended session away from all who hold them; they are told.
  /// @param session  Record::session.
  /// @return how many identifiers. Errors: not_found (no such session, or nobody holds it);
  /// invalid_state (it has not ended). Threads: any.
  Result<std::uint64_t> reclaim(std::uint64_t session);
  /// Takes this one identifier away. Errors: not_found; invalid_state. Threads: any.
  Result<std::uint64_t> reclaim(const Leak& leak);
  /// Takes all identifiers of all ended sessions away. @return how many. Threads: any.
  Result<std::uint64_t> reclaim_all();

  /// Compares all ledgers with reality, and tells of calls that were refused; asks the providers, 10
  /// seconds at most. Errors: denied: this is for observers and operators. Threads: any.
  [[nodiscard]] Result<AuditReport> audit() const;
  /// Records of ended sessions, from the service's store. Errors: invalid_argument; not_found:
  /// there is no record of `after`. Threads: any.
  [[nodiscard]] Result<std::vector<Record>> records(const RecordQuery& query = {}) const;
  /// Looks at all records in the store. Errors: denied: this is an operator's. Threads: any.
  [[nodiscard]] Result<RecordsCheck> verify_records() const;
  /// Begins to show the messages of the network. One at a time for each Application.
  /// Errors: denied: this is an operator's; not_found: no such session; no_such_line; invalid_state:
  /// there is one already. Threads: any.
  [[nodiscard]] Result<Trace> trace(const TraceOptions& options = {}) const;
  /// How the service is. Threads: any.
  [[nodiscard]] Result<ServiceStatus> status() const;

  /// Has the service take its configuration as the file says it now: all of it, or nothing.
  /// Calls on lines that do not change go on.
  /// @return what changed, and what needs a restart. Errors: invalid_argument: what is wrong with the
  /// file, each mistake on a line of its own; denied; unsupported: there is no file. Threads: any.
  Result<ReloadReport> reload();
  /// From now on no call begins but emergency calls, and the service ends when the last one is over.
  /// Errors: denied; unsupported. Threads: any.
  Result<void> drain();
  /// Takes drain() back. Errors: denied; unsupported. Threads: any.
  Result<void> cancel_drain();

 private:
  std::shared_ptr<detail::Hub> hub_;
};

}  // namespace switchhook
