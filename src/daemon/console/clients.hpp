// SPDX-License-Identifier: Apache-2.0
#pragma once

// The applications on behalf of which HTTP's clients act. One that only looks, or acts as an operator,
// shares an application with the others of its user; one that places calls has its own, with a name and
// a lease: when nobody used it for the time of the lease it counts as one that died.
// Threads: any, but the loop's. Ownership: `Inside` outlives it.

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "client/attachment.hpp"
#include "daemon/console/logins.hpp"
#include "daemon/inside.hpp"

namespace switchhook::daemon {

/// What a client of HTTP holds: an identifier of a session.
struct HeldCall final : client::Object {
  api::CallId call;
  api::SessionId session;
};
struct OpenedLine final : client::Object {
  api::OpenId open;
  std::string name;
};

class Client {
 public:
  const std::string name;           ///< as programs and records see it
  const Visitor who;                ///< whose it is
  const std::string secret;         ///< of its lease; empty = it has none
  const std::chrono::seconds time;  ///< of its lease

  [[nodiscard]] client::Attachment& service() const { return *attachment_; }
  /// The line is opened if it is not. Errors: no_such_line, and those of opening.
  [[nodiscard]] Result<api::OpenId> line(const std::string& wanted);
  [[nodiscard]] std::shared_ptr<HeldCall> call(std::uint64_t session) const;

  Client(std::string named, Visitor whose, std::string lease, std::chrono::seconds good_for)
      : name(std::move(named)), who(std::move(whose)), secret(std::move(lease)), time(good_for) {}

 private:
  friend class Clients;
  std::shared_ptr<client::Attachment> attachment_;
  std::shared_ptr<Inside::Link> link_;
  std::mutex opening_;  // one line at a time
  // Guarded by the mutex of Clients.
  std::chrono::steady_clock::time_point renewed_;
  std::size_t uses_ = 0;
};

class Clients {
 public:
  using Clock = std::chrono::steady_clock;
  /// While it lives, the client's lease does not end; then it begins anew.
  using Use = std::shared_ptr<Client>;

  /// @param now  for tests
  explicit Clients(
      Inside& inside, std::function<Clock::time_point()> now = [] { return Clock::now(); })
      : inside_(inside), now_(std::move(now)) {}
  ~Clients();
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  /// The one with which this user looks. Errors: those of Inside::attach().
  [[nodiscard]] Result<Use> view(const Visitor& who);
  /// A new one. Errors: invalid_argument; overloaded: there are too many.
  [[nodiscard]] Result<Use> lease(const Visitor& who, const std::string& name,
                                  std::chrono::seconds time);
  /// The one of this lease. Errors: stale_application: it has ended, or is another user's.
  [[nodiscard]] Result<Use> leased(const Visitor& who, const std::string& secret);
  /// Ends it in order, as a program that shuts down.
  [[nodiscard]] Result<void> end(const Use& client);
  /// Ends those that nobody uses any more. To be called about once a second.
  void tick();

  struct Told {
    std::string name, user;
    std::size_t calls = 0, uses = 0;
    std::chrono::seconds left{0};
  };
  [[nodiscard]] std::vector<Told> leases() const;

 private:
  [[nodiscard]] Result<Use> add(std::shared_ptr<Client> client);
  [[nodiscard]] Use use(const std::shared_ptr<Client>& client) SWITCHHOOK_REQUIRES(mutex_);
  void over(Client& client) const;

  Inside& inside_;  // (ref)
  const std::function<Clock::time_point()> now_;
  mutable base::Mutex mutex_;
  std::list<std::shared_ptr<Client>> clients_ SWITCHHOOK_GUARDED_BY(mutex_);
};

}  // namespace switchhook::daemon
