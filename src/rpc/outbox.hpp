// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is on its way to one application: encoded bytes, and behind them, when the application does
// not read, the values that wait. Bounded: of a slow reader's events the repeatable ones are
// merged, then dropped and counted; when even what may not be dropped is too much, the outbox
// overflows and its owner gives the application up. Threads: one at a time, the owner's.

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <variant>

#include "rpc/codec.hpp"
#include "rpc/retained.hpp"

namespace switchhook::rpc {

class Outbox {
 public:
  /// @param encoder  (ref) shared with other outboxes of the same thread
  explicit Outbox(Encoder& encoder) : encoder_(encoder) {}

  /// Puts a frame that is not of the port in line (HelloAck, Ping, Goodbye).
  template <typename Control>
  void control(const Control& frame) {
    encode_waiting(SIZE_MAX);
    encoder_.append(frame, ready_);
  }
  void reply(api::Reply&& reply);
  void event(api::Event&& event);

  /// What can be sent now. Valid until the next call.
  [[nodiscard]] View pending() const { return View(ready_).subspan(sent_); }
  /// The first `count` bytes of pending() are on the wire.
  void sent(std::size_t count);
  /// From now on what is sent is kept until it is acknowledged; what is in line now is not counted.
  void retain();
  /// What was sent is not kept any more: can_resume() is false from now on.
  void stop_retaining();
  /// Memory that it takes, about.
  [[nodiscard]] std::size_t bytes() const {
    return ready_.capacity() + event_bytes_ + retained_.bytes();
  }
  void acknowledge(std::uint64_t received) { retained_.acknowledge(received); }
  [[nodiscard]] bool can_resume(std::uint64_t received) const {
    return retaining_ && retained_.can_resume(received);
  }
  /// On another connection: `greeting`, what the peer has not received, and what waits.
  /// Precondition: can_resume(received).
  void resume(std::uint64_t received, const HelloAck& greeting);
  void clear();
  /// What is not encoded yet is not sent any more.
  void forget_waiting();

  /// No further request should be read from this application before it has read its answers.
  [[nodiscard]] bool congested() const;
  /// More waits than may wait.
  [[nodiscard]] bool overflown() const { return overflown_; }
  /// Events dropped so far.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  /// Replies and events that wait as values.
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    std::variant<api::Reply, api::Event> what;
    std::size_t bytes = 0;
    std::uint64_t key = 0;  ///< of what can be merged with it; 0 = nothing
  };
  void encode_waiting(std::size_t until_bytes);
  bool merge(std::uint64_t key, const api::Event& event);
  void push(Waiting&& waiting);
  void count_as_lost();

  Encoder& encoder_;
  Bytes ready_;
  std::size_t sent_ = 0;
  Retained retained_;
  bool retaining_ = false;
  std::size_t uncounted_ = 0;  // of pending(): the greeting
  std::deque<Waiting> waiting_;
  std::uint64_t first_ = 0;                                // number of waiting_.front()
  std::unordered_map<std::uint64_t, std::uint64_t> last_;  // key → number of the one to merge with
  std::size_t events_ = 0, event_bytes_ = 0;
  std::size_t traces_ = 0;           // messages of a trace that wait
  std::uint64_t traces_missed_ = 0;  // of these, dropped since the last one
  std::uint64_t dropped_ = 0;
  bool overflown_ = false;
};

}  // namespace switchhook::rpc
