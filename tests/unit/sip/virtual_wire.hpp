// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two INVITE usages on a network that does not exist, in virtual time: a small transaction layer
// (RFC 3261 section 17: repetition, absorption, ACK of failures, 200 to CANCEL) and packets that
// are delayed, lost and doubled by a seed or by a rule. A late BYE for a usage that is through is
// answered 200, as the shell does from its memory of ended dialogs.
// Threads: one. Ownership: owns both ends.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "providers/sip/dialog/usage.hpp"

namespace switchhook::sip::usage::test {

inline constexpr int kCaller = 0, kCallee = 1;  ///< the sides of a wire, as most tests use them

using std::chrono::milliseconds;

struct Packet {
  int to = 0;  ///< 0 the caller, 1 the callee
  bool response = false;
  std::string branch;  ///< of the transaction; an ACK of a 2xx has one of its own
  Method method = Method::other;
  std::uint16_t status = 0;
  std::uint32_t cseq = 0;
  std::string to_tag, from_tag, body;
  SessionTimes times;
  [[nodiscard]] std::string text() const;
};

/// What one end did, for the invariants.
struct Log {
  std::vector<std::string> sent;  ///< every message that the usage itself sent
  std::vector<Output> reports;
  int byes = 0, cancels = 0, invites = 0, finished = 0, disconnected = 0;
  bool provisional_seen = false, ack_seen = false;
  std::optional<milliseconds> ok_sent_at;
  std::optional<Confirmation> confirmation;
  std::vector<std::string> wrongs;  ///< broken rules, in words
};

class VirtualWire {
 public:
  struct Conditions {
    std::uint64_t seed = 1;
    int lost_percent = 0, doubled_percent = 0;
    milliseconds delay_longest{20};
    /// Swallows a packet when it says so. Counts are the caller's business.
    std::function<bool(const Packet&)> swallow;
    /// Changes a packet on its way.
    std::function<void(Packet&)> forge;
    std::chrono::seconds session_expires{0};
  };
  explicit VirtualWire(Conditions conditions);
  ~VirtualWire();
  VirtualWire(const VirtualWire&) = delete;
  VirtualWire& operator=(const VirtualWire&) = delete;

  /// A command for one end, `after` from now.
  void at(milliseconds after, int end, Input input);
  /// The callee answers an offered call by itself: rings at once, answers after this time.
  void answer_after(milliseconds after) { answer_after_ = after; }
  /// Runs until nothing is left to do, or the time is up; returns whether nothing is left.
  bool run(milliseconds limit = std::chrono::minutes(10));

  [[nodiscard]] milliseconds now() const { return now_; }
  [[nodiscard]] Usage& usage(int end) { return *ends_[end].usage; }
  [[nodiscard]] const Log& log(int end) const { return ends_[end].log; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] std::string ladder() const { return ladder_; }

 private:
  struct Client {
    std::string branch;
    Method method = Method::other;
    Packet request;
    bool provisional = false, final = false, forgotten = false;
    milliseconds interval{0};
    Packet ack;  // of a failure of an INVITE
  };
  struct Server {
    TransactionId id = 0;
    Method method = Method::other;
    std::optional<Packet> response;
    Packet request;
    bool final = false, acknowledged = false;
    milliseconds interval{0};
  };
  struct End {
    std::unique_ptr<Usage> usage;
    std::map<TransactionId, Client> clients;
    std::map<std::string, Server> servers;
    std::map<Timer, std::uint64_t> timers;  // the serial number of the one that counts
    TransactionId last_server = 0;
    std::uint32_t last_cseq = 0;
    Log log;
  };
  struct Event {
    milliseconds at;
    std::uint64_t serial;
    std::function<void()> what;
    friend bool operator>(const Event& a, const Event& b) {
      return a.at != b.at ? a.at > b.at : a.serial > b.serial;
    }
  };

  void schedule(milliseconds after, std::function<void()> what);
  void send(const Packet& packet);
  void arrive(const Packet& packet);
  void arrive_request(End& end, int index, const Packet& packet);
  void arrive_response(End& end, int index, const Packet& packet);
  void feed(int index, const Input& input);
  void carry_out(int index, const Output& output);
  void request_again(int index, TransactionId id);
  void response_again(int index, const std::string& branch);

  Conditions conditions_;
  Settings settings_;
  std::mt19937_64 random_;
  milliseconds now_{0};
  std::uint64_t serial_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  End ends_[2];
  std::optional<milliseconds> answer_after_;
  std::string ladder_;
};

}  // namespace switchhook::sip::usage::test
