// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is remembered of calls whose usage is gone, so that what comes late for them is answered
// without keeping them: a BYE that comes again gets its 200; a 2xx that comes again gets its ACK
// (RFC 5407 appendix D); and a callee that answers only now, because our CANCEL was lost or it was
// a fork's slower branch, is not left in a call that nobody has: ACK and BYE (RFC 3261 13.2.2.4).
// Pure: told the time. Threads: one at a time. Ownership: keeps hashes, nothing else; bounded.

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "providers/sip/usage/usage.hpp"

namespace switchhook::sip::usage {

class Graveyard {
 public:
  /// @param time  how long a message may come late: 64*T1
  explicit Graveyard(std::chrono::milliseconds time) : time_(time) {}

  /// Remembers a finished usage. `now` never goes back.
  void bury(const Usage& usage, std::chrono::milliseconds now);

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

  [[nodiscard]] std::size_t size() const { return graves_.size(); }
  static constexpr std::size_t kGraves = 262144;  ///< the oldest make room

 private:
  void add(std::uint64_t key, bool outgoing, std::chrono::milliseconds now);

  std::chrono::milliseconds time_;
  std::deque<std::pair<std::chrono::milliseconds, std::uint64_t>> order_;
  std::unordered_map<std::uint64_t, bool> graves_;  // of calls (whether outgoing) and of dialogs
};

}  // namespace switchhook::sip::usage
