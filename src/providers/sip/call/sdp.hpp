// SPDX-License-Identifier: Apache-2.0
#pragma once

// Session descriptions, as far as a telephone call needs them (RFC 4566, offer and answer of
// RFC 3264): one audio stream of PCMU or PCMA, other streams refused, hold by direction. Telephone
// events are not offered: there is no audio yet that could carry them. The parser takes anything:
// what it cannot use is an error value, and its work and memory are bounded by the limits below.
// Threads: any. Ownership: by value.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "switchhook/error.hpp"

namespace switchhook::sip::sdp {

inline constexpr std::size_t kBytes = 16 * 1024;
inline constexpr std::size_t kStreams = 16;
inline constexpr std::size_t kFormats = 64;  ///< of one stream

/// In bits: 1 sends, 2 receives.
enum class Direction : std::uint8_t { inactive, sendonly, recvonly, sendrecv };

/// What the far end may do when we do `ours`, and the reverse.
[[nodiscard]] Direction mirror(Direction direction);
[[nodiscard]] std::string_view to_string(Direction direction);

struct Format {
  std::uint8_t payload = 0;
  std::string name;  ///< "PCMU", upper case; empty = a dynamic one without a=rtpmap
  std::uint32_t rate = 8000;
};

struct Stream {
  std::string media, protocol, formats_text;  ///< as written, to refuse it with the same words
  std::uint16_t port = 0;
  std::string address;  ///< its own c=, or the session's
  Direction direction = Direction::sendrecv;
  std::vector<Format> formats;
};

struct Description {
  std::vector<Stream> streams;
  /// The first audio stream that is not refused; nullptr = none.
  [[nodiscard]] const Stream* audio() const;
  /// On hold by the far end: it neither wants nor sends, or the old way by address 0.0.0.0.
  [[nodiscard]] bool holds() const;
};

[[nodiscard]] Result<Description> parse(std::string_view text);

/// Our side.
struct Local {
  std::string address;
  std::uint16_t port = 0;
  std::uint64_t session = 0;
  std::uint32_t version = 1;
  Direction direction = Direction::sendrecv;
};

[[nodiscard]] std::string offer(const Local& local);
/// The answer to an offer, stream by stream. Error incompatible streams: `unsupported`.
[[nodiscard]] Result<std::string> answer(const Description& offered, const Local& local);
/// Whether an answer to our offer accepted the audio.
[[nodiscard]] bool acceptable(const Description& answered);

}  // namespace switchhook::sip::sdp
