// SPDX-License-Identifier: Apache-2.0
#pragma once

// The other party of a race on the wire where it has to do what our provider never would: a script
// on a far end that repeats its requests and its answers as RFC 3261 asks it to, and leaves every
// decision to the script. Threads: its own, on which the script runs; post(), saw() any.
// Ownership: owns its sockets.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "tests/sip/far_end.hpp"
#include "tests/sip/relay.hpp"

namespace switchhook::sip::test {

/// What a message is.
[[nodiscard]] bool is_request(const std::string& text, const std::string& method);
[[nodiscard]] int status_of(const std::string& text);  ///< 0 = a request
[[nodiscard]] std::string cseq_method(const std::string& text);
[[nodiscard]] int cseq_number(const std::string& text);
[[nodiscard]] std::string tag_of(const std::string& address);  ///< of a From or To
[[nodiscard]] std::string branch_of(const std::string& text);

class Scripted {
 public:
  using Clock = std::chrono::steady_clock;
  using Text = std::string;

  /// @param toward  the port of its other party
  Scripted(By by, std::chrono::milliseconds t1, std::uint16_t toward);
  ~Scripted();
  Scripted(const Scripted&) = delete;
  Scripted& operator=(const Scripted&) = delete;
  [[nodiscard]] std::uint16_t port() const { return far_.port(); }

  // The script, written before start(). Unset: 180 and 200 to an INVITE, 200 to other requests, 487
  // for a cancelled INVITE, an ACK for each of their answers.
  std::function<void(const Text& invite)> on_invite;
  std::function<void(const Text& request)> on_request;
  std::function<void(const Text& invite)> on_cancel;
  std::function<void(const Text& answer)> on_answer;  ///< a 2xx to our INVITE, the first time
  void start();

  /// Has it done on the script's thread, now or later.
  void post(std::function<void()> what, std::chrono::milliseconds later = {});

  /// The same, as soon as it knows the other one's tag.
  void post_known(std::function<void()> what, std::chrono::milliseconds later = {});

  // What a script does.
  void invite();
  /// Within the dialog; `skip` leaves out numbers before it, or goes back.
  void request(const std::string& method, bool sdp = false, int skip = 0);
  void cancel();
  void ack(const Text& answer, bool sdp = false);
  void respond(const Text& request, int status, bool sdp = false, const std::string& tag = "far");

  std::string uri = {};        ///< whom invite() calls
  bool offers_at_once = true;  ///< in its INVITE; otherwise in its ACK

 private:
  struct Repeat {
    Text text;
    Clock::time_point next, until;
    std::chrono::milliseconds interval;
  };
  void work();
  void tick();
  void take(const Text& text);
  void take_response(const Text& text);
  void send(const Text& text);
  void repeat(const std::string& key, const Text& text);

  const bool udp_;
  const std::chrono::milliseconds t1_;
  const std::uint16_t toward_;
  FarEnd far_;
  // The thread's.
  std::map<std::string, Repeat> repeats_;
  std::map<std::string, Text> responses_;  // by branch and method
  std::set<std::string> known_, answers_;
  Text invite_;                  // the first one, ours or theirs
  std::map<int, Text> invites_;  // ours, by number
  std::string local_, remote_, call_id_, target_;
  int cseq_ = 100;

  base::Mutex mutex_;
  bool stop_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::multimap<Clock::time_point, std::function<void()>> tasks_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace switchhook::sip::test
