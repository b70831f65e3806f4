// SPDX-License-Identifier: Apache-2.0
#pragma once

// The protocol's frames as values, and both ways between them and bytes (schema/switchhook.fbs).
// What is read is verified before it is looked at: a frame that is not well-formed is an Error,
// never a crash. Threads: decode() any; an Encoder belongs to one thread at a time.
// Ownership: all by value; an Encoder keeps its scratch memory.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/messages.hpp"

namespace switchhook::rpc {

inline constexpr std::uint32_t kProtocolMin = 1;  ///< versions that this library speaks
inline constexpr std::uint32_t kProtocolMax = 1;

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

// ---- frames beside those of the port

struct Hello {
  std::uint32_t version_min = kProtocolMin, version_max = kProtocolMax;
  std::string application;
  std::uint32_t process = 0;
  std::string token;
  std::string library;
  std::uint32_t identifier_bytes = 0;
  bool resumable = false;
  std::string resume;
  std::uint64_t received = 0;
};
struct HelloAck {
  std::uint32_t version = kProtocolMax;
  api::AppId application;
  std::uint64_t epoch = 0;
  std::uint32_t process = 0;
  std::string server;
  std::uint32_t heartbeat_ms = 0;
  bool operator_rights = false;
  std::string resume;
  std::uint32_t resume_ms = 0;
  bool resumed = false;
  std::uint64_t received = 0;
  std::uint32_t restore_ms = 0;
};
/// A command with its number, or what is wrong with the command: the frame itself is well-formed.
struct Request {
  api::RequestId number = 0;
  Result<api::Command> command = Errc::malformed;
};
struct Ping {
  std::uint64_t token = 0;
};
struct Pong {
  std::uint64_t token = 0;
};
struct Ack {
  std::uint64_t received = 0;
};
struct Goodbye {
  Error why;
  bool restores = false;
};
/// Well-formed, and of a kind that only a later version knows.
struct UnknownFrame {};

using Frame = std::variant<Hello, HelloAck, Request, api::Reply, api::Event, Ping, Pong, Ack,
                           Goodbye, UnknownFrame>;

// ---- from bytes

/// Length of the first frame in `bytes`, its prefix included; 0 = not known yet.
/// Errors: malformed: the prefix announces an empty frame or more than `limit` bytes.
[[nodiscard]] Result<std::size_t> frame_length(View bytes, std::size_t limit);

/// Who sends a frame: what the sender may not send is refused by its kind, unread. A stranger is an
/// application before its hello.
enum class Sender : std::uint8_t { any, stranger, application, daemon };

/// Reads one whole frame, prefix included. What it makes is bounded (limits::kDecodedBytes), however
/// often the frame names one part. Errors: malformed.
[[nodiscard]] Result<Frame> decode(View frame, Sender sender = Sender::any);

/// Whether a command's fields are within the limits of the protocol. Errors: invalid_argument,
/// invalid_address, invalid_digits, user_info_too_big, each naming the field.
[[nodiscard]] Result<void> check(const api::Command& command);

/// "FIELD has SIZE UNIT, at most MOST are allowed"
[[nodiscard]] std::string too_many(std::string_view field, std::size_t size, std::size_t most,
                                   std::string_view unit);

// ---- to bytes

class Encoder {
 public:
  Encoder();
  ~Encoder();
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  // Each appends one whole frame to `out`.
  void append(const Hello& hello, Bytes& out);
  void append(const HelloAck& ack, Bytes& out);
  void append(const Ping& ping, Bytes& out);
  void append(const Pong& pong, Bytes& out);
  void append(const Ack& ack, Bytes& out);
  void append(const Goodbye& goodbye, Bytes& out);
  void append(const api::Event& event, Bytes& out);
  /// A list that is too long for one frame is cut, and says so (`more`, `total`); any other answer
  /// that is too long becomes the error resource_unavailable.
  void append(const api::Reply& reply, Bytes& out);
  /// Errors: those of check(); nothing is appended then.
  [[nodiscard]] Result<void> append(api::RequestId number, const api::Command& command, Bytes& out);

 private:
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
};

// ---- records, as the store keeps them

/// One record as bytes, whole in itself.
[[nodiscard]] Bytes encode_record(const Record& record);
/// Errors: malformed.
[[nodiscard]] Result<Record> decode_record(View bytes);

}  // namespace switchhook::rpc
