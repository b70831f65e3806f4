// SPDX-License-Identifier: Apache-2.0
// Bytes of a connection as sofia-sip parses them for us, with our bounds: in pieces of any size,
// with any lengths, and floods. The first two bytes say how it is cut; a zero byte with two more
// repeats what was just said. However it is cut, the same messages come of it.
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_buffer.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "base/limits.hpp"
#include "providers/sip/net/message_class.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace switchhook;  // NOLINT: a program of one page
using fuzz::require;

constexpr std::uint32_t kLimit = 8192;
constexpr std::size_t kBytes = 64 * 1024;

std::string unfolded(const std::uint8_t* data, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size && out.size() < kBytes; ++i) {
    if (data[i] != 0 || i + 2 >= size) {
      out.push_back(static_cast<char>(data[i]));
      continue;
    }
    const std::string again =
        out.substr(out.size() - std::min<std::size_t>(out.size(), data[i + 1]));
    for (std::size_t n = data[i + 2] * 16u; n > 0 && out.size() < kBytes; --n) out += again;
    i += 2;
  }
  return out;
}

struct Heard {
  std::size_t messages = 0;
  bool closed = false;
};

void check(msg_t* msg) {
  // sofia-sip counts a body twice that came in pieces.
  const sip_payload_t* body = sip_object(msg)->sip_payload;
  const std::size_t twice = body != nullptr ? body->pl_len + 2 : 0;
  require(msg_size(msg) <= kLimit + twice, "a message is within its limit of bytes");
  require(twice <= kLimit, "and its body");
  std::size_t fields = 0;
  for (const msg_header_t* h = *msg_chain_head(msg); h != nullptr; h = h->sh_succ) ++fields;
  require(fields <= limits::kSipHeaders + limits::kSipHeaderParts + 4, "and of headers");
  require(sip_object(msg)->sip_request != nullptr || sip_object(msg)->sip_status != nullptr,
          "and says what it is");
}

/// What sofia-sip's transports do with what they read.
class Connection {
 public:
  explicit Connection(bool datagrams) : datagrams_(datagrams) {}
  ~Connection() { msg_destroy(msg_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void read(std::string_view piece) {
    if (heard.closed || piece.empty()) return;
    if (msg_ == nullptr) {
      msg_ = msg_create(sip::net::message_class(), 0);
      msg_maxsize(msg_, sip::net::buffer_bytes(kLimit));
    }
    std::array<msg_iovec_t, msg_n_fragments> parts{};
    const auto size = static_cast<usize_t>(piece.size());
    const issize_t n = msg_recv_iovec(msg_, parts.data(), msg_n_fragments, size, datagrams_);
    if (n < 0) return close();
    std::string_view left = piece;
    for (issize_t i = 0; i < n; ++i) {
      const std::size_t part =
          std::min<std::size_t>(parts[static_cast<std::size_t>(i)].mv_len, left.size());
      std::memcpy(parts[static_cast<std::size_t>(i)].mv_base, left.data(), part);
      left.remove_prefix(part);
    }
    require(left.empty(), "there is room for all that was read");
    msg_recv_commit(msg_, size, datagrams_);
    parse(datagrams_);
  }
  void end() {
    if (msg_ == nullptr || heard.closed) return;
    msg_recv_commit(msg_, 0, 1);
    parse(true);
  }

  Heard heard;

 private:
  void close() {
    msg_destroy(msg_);
    msg_ = nullptr;
    heard.closed = !datagrams_;
  }
  void parse(bool whole) {
    while (msg_ != nullptr) {
      const int n = msg_extract(msg_);
      if (n < 0 || (n == 0 && whole)) return close();
      if (n == 0) return;
      check(msg_);
      ++heard.messages;
      msg_t* next = datagrams_ ? nullptr : msg_next(msg_);
      msg_destroy(msg_);
      msg_ = next;
    }
  }
  const bool datagrams_;
  msg_t* msg_ = nullptr;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string all = unfolded(data + 2, size - 2);
  Connection pieces((data[0] & 1) != 0);
  std::uint32_t state = data[0] + 256u * data[1];
  for (std::size_t at = 0; at < all.size();) {
    state = state * 1664525u + 1013904223u;
    const std::size_t longest = (data[0] & 2) != 0 ? 65536 : 64;
    const std::size_t part = std::min<std::size_t>(all.size() - at, 1 + (state >> 8) % longest);
    pieces.read(std::string_view(all).substr(at, part));
    at += part;
  }
  pieces.end();
  if ((data[0] & 1) != 0 || all.size() > limits::kSipReadAhead) return 0;
  Connection one(false);
  one.read(all);
  one.end();
  require(one.heard.messages == pieces.heard.messages, "the same messages, however they are cut");
  return 0;
}
