// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one side of a connection has sent and the other has not acknowledged: sent again when the
// connection is lost and resumed (docs/protocol.md). Bytes are numbered from the first one behind
// the greeting. Bounded: of a peer that acknowledges nothing, nothing is kept any more. Threads:
// one at a time, the owner's. Ownership: its bytes.

#include <cstdint>
#include <optional>

#include "rpc/codec.hpp"

namespace switchhook::rpc {

class Retained {
 public:
  /// These have been sent.
  void add(View bytes);
  /// The peer has the first `count` of all bytes ever sent.
  void acknowledge(std::uint64_t count);
  /// Memory that it takes.
  [[nodiscard]] std::size_t bytes() const { return bytes_.capacity(); }
  /// What the peer, which has the first `count`, did not get: it is not kept here any more, as it
  /// is going to be sent, and added, once more. Nothing when it is not known.
  [[nodiscard]] std::optional<Bytes> take_from(std::uint64_t count);
  [[nodiscard]] bool can_resume(std::uint64_t count) const {
    return !given_up_ && count >= first_ && count <= first_ + bytes_.size() - begin_;
  }

 private:
  Bytes bytes_;
  std::size_t begin_ = 0;    // of bytes_, the first that is kept
  std::uint64_t first_ = 0;  // its number
  bool given_up_ = false;
};

/// How many bytes came, and whether it is time to say so.
class Arrived {
 public:
  void add(std::size_t bytes) { count_ += bytes; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// True about every 16 KiB; count() is then said.
  [[nodiscard]] bool to_acknowledge();

 private:
  std::uint64_t count_ = 0, said_ = 0;
};

}  // namespace switchhook::rpc
