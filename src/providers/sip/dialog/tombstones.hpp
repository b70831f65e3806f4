// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is remembered of calls whose usage is gone, so that what comes late for them is answered
// without keeping them: a BYE that comes again gets its 200; a 2xx that comes again gets its ACK
// (RFC 5407 appendix D); and a callee that answers only now, because our CANCEL was lost or it was
// a fork's slower branch, is not left in a call that nobody has: ACK and BYE (RFC 3261 13.2.2.4).
// Pure: told the time. Threads: one at a time. Ownership: keeps hashes, nothing else; bounded, and
// in few large blocks: a small block for each tombstone would lie between the messages of its time and
// keep their pages from going back to the system long after the calls.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "providers/sip/dialog/usage.hpp"

namespace switchhook::sip::usage {

class Tombstones {
 public:
  /// @param time  how long a message may come late: 64*T1
  explicit Tombstones(std::chrono::milliseconds time) : time_(time) {}

  /// Remembers a finished usage. `now` never goes back.
  void remember(const Usage& usage, std::chrono::milliseconds now);

  /// Whether a request of this dialog comes late, and a BYE is to be answered 200.
  [[nodiscard]] bool knows(std::string_view call_id, std::string_view local_tag) const;

  /// What a 2xx to an INVITE deserves.
  enum class Late : std::uint8_t {
    ignored,       ///< no INVITE of ours
    acknowledged,  ///< its dialog was ended already: ACK
    ended,         ///< a dialog that nobody wants: ACK and BYE, once
  };
  [[nodiscard]] Late answered(std::string_view call_id, std::string_view local_tag,
                              std::string_view remote_tag, std::chrono::milliseconds now);

  [[nodiscard]] std::size_t size() const { return count_; }
  static constexpr std::size_t kTombstones = 262144;  ///< the oldest make room

 private:
  /// A key and when it was added; in the table, 0 is an empty slot.
  struct Tombstone {
    std::chrono::milliseconds at{0};
    std::uint64_t key = 0;
  };

  void add(std::uint64_t key, bool outgoing, std::chrono::milliseconds now);
  void remove_oldest();
  void grow();
  /// The slot that holds the key, or the empty one where it belongs.
  [[nodiscard]] std::size_t slot_of(std::uint64_t key) const;
  [[nodiscard]] bool holds(std::uint64_t key) const {
    return !slots_.empty() && slots_[slot_of(key)] != 0;
  }

  std::chrono::milliseconds time_;
  std::vector<Tombstone> order_;      // a ring, oldest at first_
  std::vector<std::uint64_t> slots_;  // open addressing, at most half full; low bit: outgoing
  std::size_t first_ = 0, count_ = 0;
};

}  // namespace switchhook::sip::usage
