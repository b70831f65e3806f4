// SPDX-License-Identifier: Apache-2.0
#pragma once

// A simulated application: it does what its habit makes it do, and it checks everything that it is
// told. Threads: the host's. Ownership: it belongs to its life; host and judge outlive it.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "api/service.hpp"
#include "core/engine_host.hpp"
#include "simulator/random.hpp"

namespace switchhook::simulator {

enum class Habit : std::uint8_t {
  polite,     ///< answers, clears what was disconnected, releases what is idle
  forgetful,  ///< the same, but releases nothing before it goes
  racing,     ///< asks for anything at any time, also with identifiers that are none
  dying,      ///< polite, and gone without a word at a random moment
};

/// Collects what is wrong with the world. The first finding ends a life.
class Judge {
 public:
  void accuse(const std::string& what) { findings_.push_back(what); }
  [[nodiscard]] const std::vector<std::string>& findings() const { return findings_; }
  /// Every identifier ever seen: none may mean two things.
  std::set<std::uint64_t> identifiers;
  /// Folds what was heard into one number, by which two runs of a life can be compared.
  void hear(std::uint64_t what) { digest_ = (digest_ ^ what) * 0x100000001b3u; }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }

 private:
  std::vector<std::string> findings_;
  std::uint64_t digest_ = 0xcbf29ce484222325u;
};

class SimulatedApplication final : private api::ServiceSink {
 public:
  struct World {
    core::EngineHost& host;
    Judge& judge;
    Random random;
    bool trace = false;
  };
  SimulatedApplication(World world, std::string name, Habit habit);

  /// Does one thing, or nothing. Call between steps of the host.
  void act();
  /// Goes: politely by ShutDown, or by vanishing.
  void leave(bool vanish);
  [[nodiscard]] bool gone() const { return gone_; }
  [[nodiscard]] Habit habit() const { return habit_; }
  /// Requests that were not completed and not suppressed by rule.
  [[nodiscard]] std::size_t unanswered() const { return requests_.size(); }
  [[nodiscard]] std::string unanswered_names() const;
  /// Identifiers that this application was given, for others to misuse.
  [[nodiscard]] const std::vector<api::CallId>& ever_held() const { return ever_held_; }
  void know_foreign(std::vector<api::CallId> calls) { foreign_ = std::move(calls); }

 private:
  struct Asked {
    api::Command command;
    api::OpenId open;  // whose closing suppresses the completion
    bool accepted = false;
    bool must_fail = false;  // the identifier was not valid when it was used
    api::CallId call;
  };
  struct Held {
    api::OpenId open;
    CallState state = CallState::unknown;
    bool disconnected_seen = false;
    bool idle_seen = false;
    bool state_seen = false;
  };

  void on_reply(api::Reply reply) override;
  void on_event(api::Event event) override;
  void on_disconnected(const Error& why) override;

  void ask(api::Command command, api::OpenId open = {}, api::CallId call = {});
  void ask_about(api::CallId call, api::Command command);
  void open_or_call();
  void react(api::CallId call, const Held& held);
  void try_anything();
  void forget_opening(api::OpenId open);
  void heard(const api::CallAppeared& event);
  void heard(const api::CallStateChanged& event);
  void heard(const api::LineClosed& event);
  void heard(const api::CallReclaimed& event);
  template <typename T>
  void heard(const T& event);
  void check_snapshot(const api::CallSnapshot& snapshot);
  void take_identifier(api::CallId call, api::OpenId open);
  void accuse(const std::string& what);

  World world_;
  std::string name_;
  Habit habit_;
  api::AppId app_;
  bool gone_ = false;
  bool leaving_ = false;
  api::RequestId last_request_ = 0;
  std::map<api::RequestId, Asked> requests_;
  std::map<api::OpenId, std::uint32_t> openings_;  // and their API versions
  std::map<api::CallId, Held> held_;
  std::vector<api::CallId> ever_held_;
  std::vector<api::CallId> foreign_;
};

}  // namespace switchhook::simulator
