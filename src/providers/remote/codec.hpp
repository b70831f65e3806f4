// SPDX-License-Identifier: Apache-2.0
#pragma once

// What passes between the daemon and a provider in a process of its own: frames of a length (four
// bytes, little-endian) and a value. Both ends are of one build, so there are no versions; neither
// believes the other. Threads: any. Ownership: all by value.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "provider/provider.hpp"

namespace switchhook::remote {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

/// Calls that it has to end first of all: in any number of frames, before Start.
struct Inherit {
  std::vector<provider::EndOrphan> orphans;
};
/// After that it starts; Started is its answer. Between them come the lines.
struct Start {
  std::string config;  ///< of the provider, in a form that both ends know
  bool keeps_recovery = false;
};
struct Started {
  std::optional<Error> error;
};

using ToChild = std::variant<Start, Inherit, provider::Command>;
using ToDaemon = std::variant<Started, provider::Event>;

/// A frame that is longer than this is none.
inline constexpr std::size_t kFrameBytesMax = 16u << 20;

/// Appends one whole frame.
void append(const ToChild& message, Bytes& out);
void append(const ToDaemon& message, Bytes& out);

/// The value of a frame, its length taken off. Errors: malformed.
[[nodiscard]] Result<ToChild> to_child(View frame);
[[nodiscard]] Result<ToDaemon> to_daemon(View frame);

/// Makes frames of what comes in pieces.
class Frames {
 public:
  void add(View bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  /// The next frame without its length, valid until the next add(); nothing: it is not whole yet.
  /// Errors: malformed: there cannot be a frame of such a length.
  [[nodiscard]] Result<std::optional<View>> next();

 private:
  Bytes bytes_;
  std::size_t taken_ = 0;
};

}  // namespace switchhook::remote
