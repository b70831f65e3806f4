// SPDX-License-Identifier: Apache-2.0
#pragma once

// Checks one application's stream, and one provider's commands, against the invariants. It decides
// nothing and asks nothing; a simulated application or the exhaustion tells it what was asked and
// what came. Threads: one. Ownership: the violations outlive it.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/messages.hpp"
#include "provider/provider.hpp"
#include "simulator/invariants.hpp"

namespace switchhook::simulator {

class Witness {
 public:
  struct Held {
    api::OpenId open;
    CallState state = CallState::unknown;
    bool disconnected_seen = false;
    bool idle_seen = false;
    bool state_seen = false;
    bool drop_unanswered = false;  ///< timed out: it has to be idle now
  };

  /// @param distant  what is asked and told takes time: it may cross
  Witness(Violations& violations, std::string name, bool distant = false)
      : violations_(violations), name_(std::move(name)), distant_(distant) {}

  /// It runs under this account, and may see the calls of this account only.
  void runs_as_user(std::uint32_t user) { user_ = user; }
  /// Before the command is handed in.
  void asked(api::RequestId request, const api::Command& command);
  /// It vanished: nothing may come any more.
  void vanished();
  void hear(const api::Reply& reply);
  void hear(const api::Event& event);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool gone() const { return gone_; }
  /// It asked to shut down, or is gone.
  [[nodiscard]] bool leaving() const { return leaving_; }
  [[nodiscard]] const std::map<api::OpenId, std::uint32_t>& openings() const { return openings_; }
  [[nodiscard]] const std::map<api::CallId, Held>& held() const { return held_; }
  [[nodiscard]] const std::vector<api::CallId>& ever_held() const { return ever_held_; }
  /// Requests that were not completed and not suppressed by rule, in words; empty = none.
  [[nodiscard]] std::string unanswered() const;
  [[nodiscard]] std::size_t unanswered_count() const { return requests_.size(); }

 private:
  struct Asked {
    api::Command command;
    api::OpenId open = {};  // whose closing suppresses the completion
    bool accepted = false;
    bool must_fail = false;  // the identifier was not valid when it was used
    api::CallId call = {}, with = {};
  };

  void succeeded(api::RequestId request, const Asked& asked, const api::Value& value);
  void check_snapshot(const api::CallSnapshot& snapshot);
  void take_identifier(api::CallId call, api::OpenId open);
  /// The session that it is for.
  void may_see(api::SessionId session);
  void forget_opening(api::OpenId open);
  /// Something became void: what was asked of it before is suppressed by rule, what was asked later
  /// finds a stale handle.
  template <typename Of>
  void becomes_void(api::RequestId by, Of of);
  void heard(const api::CallAppeared& event);
  void heard(const api::CallStateChanged& event);
  void heard(const api::LineClosed& event);
  void heard(const api::CallReclaimed& event);
  void heard(const TracedMessage& event);
  void heard(const api::LineRemoved& event);
  template <typename T>
  void heard(const T& event);
  void report(Invariant invariant, const std::string& what) {
    violations_.report(invariant, name_ + ": " + what);
  }

  Violations& violations_;
  const std::string name_;
  const bool distant_;
  std::optional<std::uint32_t> user_;  // that it may see the calls of; empty = all
  bool gone_ = false, leaving_ = false;
  api::RequestId last_words_ = 0;  // the request to shut down
  std::map<api::RequestId, Asked> requests_;
  std::map<api::OpenId, std::uint32_t> openings_;  // and their API versions
  std::map<api::OpenId, api::LineId> lines_;       // of them
  std::optional<api::Trace> traces_;               // what it was granted last
  std::map<api::CallId, Held> held_;
  std::vector<api::CallId> ever_held_;
};

using MayMake = std::function<bool(const provider::MakeCall&)>;

/// What a provider is told and what it tells.
class ProviderWitness {
 public:
  /// @param may_make  whether the provider may be told to make this call now; may be null
  ProviderWitness(Violations& violations, std::string name, MayMake may_make = {})
      : violations_(violations), name_(std::move(name)), may_make_(std::move(may_make)) {}
  void told(const provider::Command& command);
  void tells(const provider::Event& event);

 private:
  struct Call {
    bool closed = false;
    bool ended = false;
    bool taken = false;   ///< by the engine: it told something of it before
    bool ending = false;  ///< told to drop, or over by its own account
  };
  void report(const std::string& what) {
    violations_.report(Invariant::provider_told_in_order, name_ + ": " + what);
  }
  void closed(std::uint64_t number, Call& call);

  Violations& violations_;
  const std::string name_;
  const MayMake may_make_;
  std::unordered_map<std::uint64_t, Call> calls_;
};

}  // namespace switchhook::simulator
