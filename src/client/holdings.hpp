// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an application holds at the service: its openings and its identifiers, as its own end of the
// stream tells them. With it, another service is asked for the same after this one died, and what a
// face keeps for an opening or an identifier is found again.
// Threads: one at a time, whoever holds the attachment's lock. Ownership: values, and a share in
// each object of a face. Objects may do anything when they are destroyed, so none is destroyed
// here: what is let go of waits in take_dropped(), to be destroyed without the lock.

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "api/messages.hpp"

namespace switchhook::client {

/// What a face keeps for an opening or an identifier.
class Object {
 public:
  virtual ~Object() = default;
};
using Objects = std::vector<std::shared_ptr<Object>>;

/// What the answer to a command will mean for what is held.
struct Asked {
  enum class What : std::uint8_t { other, drop, open, close, release, calls };
  What what = What::other;
  api::OpenId open;  ///< that it belongs to; none = to the application
  api::CallId call;  ///< that it is about
  api::OpenLine how;
  std::optional<api::DropCall> drop;
};

/// One identifier.
struct Identifier {
  api::OpenId open;
  api::SessionId session;
  std::optional<CallState> state;  ///< the last that was told
  bool releasing = false;          ///< the application lets go of it
  bool gone = false;               ///< it is stale; kept until the face lets go of its object
  const void* site = nullptr;      ///< (the program's) where it was acquired
  std::shared_ptr<Object> object;

  [[nodiscard]] bool held() const { return !releasing && !gone; }
  [[nodiscard]] bool ended() const {
    return state == CallState::idle || state == CallState::disconnected;
  }
};

/// One opening of a line.
struct Opening {
  std::string name;  ///< the line's
  api::OpenLine how;
  bool closing = false;  ///< the application lets go of it
  bool gone = false;
  std::shared_ptr<Object> object;
};

class Holdings {
 public:
  /// Each command that is handed in, each answer and each event, in the order of the stream.
  [[nodiscard]] Asked asking(const api::Command& command);
  void answered(const Asked& asked, const Result<api::Value>& result);
  void told(const api::Event& event);

  [[nodiscard]] Identifier* find(api::CallId call);
  [[nodiscard]] Opening* find(api::OpenId open);
  [[nodiscard]] const std::unordered_map<api::CallId, Identifier>& calls() const { return calls_; }
  [[nodiscard]] const std::unordered_map<api::OpenId, Opening>& lines() const { return lines_; }
  /// The other openings of the same line, the first opened first.
  [[nodiscard]] std::vector<api::OpenId> openings_beside(api::OpenId open) const;
  /// Whether its release takes the completions of its requests with it (TAPI below version 2.0).
  [[nodiscard]] bool release_suppresses(api::CallId call);

  void forget(api::CallId call);
  void forget(api::OpenId open);
  /// The service is lost for good: all is stale.
  void lose_all();
  void forget_all();
  [[nodiscard]] Objects take_dropped() { return std::exchange(dropped_, {}); }

  // ---- after the service died, or was stopped
  void interrupted(std::string why) { why_ = std::move(why); }
  [[nodiscard]] const std::string& interruption() const { return why_; }
  /// The answer to a request that the dead service did not answer: what was to end or to be let go
  /// of is, for with the service it all ended, or will by unfinished_drops(); of the rest nobody
  /// knows.
  /// @param when  of the error: what follows the reason of the interruption
  [[nodiscard]] Result<api::Value> give_up(Asked&& asked, const char* when);
  /// What to ask the next service for, in parts of at most so many calls.
  [[nodiscard]] std::vector<api::Restore> to_restore(std::size_t calls_at_most) const;
  /// What the next one could not restore, as the events that tell it.
  [[nodiscard]] std::vector<api::Event> not_restored(const api::Restored& lost, const Moment& now);
  /// After all was restored, once: drops that the dead service did not answer, of calls that have
  /// not ended with it. To be asked for again.
  [[nodiscard]] std::vector<api::DropCall> unfinished_drops();

 private:
  void become_stale(api::CallId call);
  void drop(std::shared_ptr<Object> object) {
    if (object) dropped_.push_back(std::move(object));
  }

  std::unordered_map<api::OpenId, Opening> lines_;
  std::unordered_map<api::CallId, Identifier> calls_;
  std::vector<api::DropCall> drops_;  // given up
  std::string why_;                   // the service is not there any more
  Objects dropped_;
};

}  // namespace switchhook::client
