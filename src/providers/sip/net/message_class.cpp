// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/net/message_class.hpp"

#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_buffer.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/limits.hpp"

namespace switchhook::sip::net {
namespace {

/// What is counted of a message while it is parsed. It stands behind sofia-sip's own part.
struct Counts {
  std::uint32_t headers = 0, parts = 0;
};
static_assert(alignof(Counts) <= alignof(void*));

Counts& counts_of(sip_t* sip) {
  return *reinterpret_cast<Counts*>(reinterpret_cast<char*>(sip) + sip->sip_size - sizeof(Counts));
}

std::size_t limit_of(msg_t* msg) {
  const usize_t buffer = msg_maxsize(msg, 0);
  return buffer > limits::kSipReadAhead ? buffer - limits::kSipReadAhead : 0;
}

/// Header line: commas and semicolons separate what sofia-sip makes list entries and parameters of.
/// The line ends where the next one does not begin with white space.
std::uint32_t parts_of(std::string_view text) {
  std::uint32_t parts = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',' || text[i] == ';') ++parts;
    if (text[i] == '\n' && (i + 1 == text.size() || (text[i + 1] != ' ' && text[i + 1] != '\t')))
      break;
  }
  return parts;
}

/// Ends the parsing. A request that came by a connection is answered (413, or 400 where too little
/// of it is known) and the connection is closed; nothing answers a datagram.
issize_t refuse(sip_t* sip, bool datagram) {
  const bool answered = sip->sip_request != nullptr && sip->sip_via != nullptr &&
                        sip->sip_request->rq_method != sip_method_ack;
  sip->sip_flags |= MSG_FLG_ERROR;
  if (datagram || sip->sip_status != nullptr) {
    sip->sip_request = nullptr;
    sip->sip_status = nullptr;
  } else if (answered) {
    sip->sip_flags |= MSG_FLG_TOOLARGE;
  }
  return -1;
}

/// What follows a whole message in the buffer becomes the next message, under the same limits.
bool pass_on(msg_t* msg, const sip_t* sip, std::string_view rest) {
  msg_t* next = msg_create(msg_mclass(msg), sip->sip_flags & MSG_FLG_USERMASK);
  if (next == nullptr) return false;
  msg_maxsize(next, msg_maxsize(msg, 0));
  const auto size = static_cast<usize_t>(rest.size());
  void* to = msg_buf_exact(next, size + 1);
  if (to == nullptr) {
    msg_destroy(next);
    return false;
  }
  std::memcpy(to, rest.data(), size);
  msg_buf_commit(next, size, 0);
  msg_addr_copy(next, msg);
  return msg_set_next(msg, next) == 0;
}

/// A header line. 0: it has not come whole yet.
issize_t extract_header(msg_t* msg, sip_t* sip, char text[], isize_t size, int end) {
  Counts& counts = counts_of(sip);
  const auto left = static_cast<std::size_t>(size);
  const std::uint32_t parts = parts_of({text, left});
  if (counts.headers >= limits::kSipHeaders || counts.parts + parts > limits::kSipHeaderParts)
    return refuse(sip, end != 0);
  const issize_t used = msg_extract_header(msg, reinterpret_cast<msg_pub_t*>(sip), text, size, end);
  const std::size_t line = used > 0 ? static_cast<std::size_t>(used) : left;
  if (used >= 0 && msg_size(msg) + line > limit_of(msg)) return refuse(sip, end != 0);
  if (used > 0) {
    ++counts.headers;
    counts.parts += parts;
  }
  return used;
}

/// Called for every line after the first, because on_first() says that the body has begun.
issize_t extract(msg_t* msg, msg_pub_t* object, char text[], isize_t size, int end) {
  auto* sip = reinterpret_cast<sip_t*>(object);
  const auto left = static_cast<std::size_t>(size);
  if (sip->sip_separator == nullptr) {
    if (text[0] != '\r' && text[0] != '\n') return extract_header(msg, sip, text, size, end);
    sip->sip_flags &= ~MSG_FLG_BODY;
    // An answer goes to where the request came from, and not to where a stranger wants it.
    if (sip->sip_via != nullptr) msg_header_remove_param(sip->sip_via->v_common, "maddr");
  } else {
    const std::size_t body =
        sip->sip_content_length != nullptr ? std::size_t{sip->sip_content_length->l_length} : left;
    if (msg_size(msg) + body > limit_of(msg)) return refuse(sip, end != 0);
  }
  const issize_t used = sip_default_mclass()->mc_extract_body(msg, object, text, size, end);
  sip->sip_flags |= MSG_FLG_BODY;
  // After a message with an error the connection is closed, and what follows it would be forgotten.
  const bool whole =
      (sip->sip_flags & (MSG_FLG_COMPLETE | MSG_FLG_ERROR)) == MSG_FLG_COMPLETE && used >= 0;
  const auto taken = static_cast<std::size_t>(used);
  if (whole && end == 0 && taken < left && !pass_on(msg, sip, {text + taken, left - taken}))
    return refuse(sip, false);
  return used;
}

/// A request line or status line. The library calls extract() for what follows once the message
/// says that its body has begun.
issize_t on_first(msg_hclass_t* theirs, su_home_t* home, msg_header_t* header, char* text,
                  isize_t size) {
  const issize_t good = theirs->hc_parse(home, header, text, size);
  auto* msg = reinterpret_cast<msg_t*>(home);
  if (good >= 0) sip_object(msg)->sip_flags |= MSG_FLG_BODY;
  return good;
}

issize_t on_request(su_home_t* home, msg_header_t* header, char* text, isize_t size) {
  return on_first(sip_request_class, home, header, text, size);
}
issize_t on_status(su_home_t* home, msg_header_t* header, char* text, isize_t size) {
  return on_first(sip_status_class, home, header, text, size);
}

msg_mclass_t* make() {
  static msg_hclass_s request = *sip_request_class, status = *sip_status_class;
  request.hc_parse = on_request;
  status.hc_parse = on_status;
  msg_mclass_t* out = msg_mclass_clone(sip_default_mclass(), 0, msg_mclass_copy);
  if (out == nullptr) std::abort();  // at the start, without memory for a table
  out->mc_extract_body = extract;
  out->mc_request->hr_class = &request;
  out->mc_status->hr_class = &status;
  out->mc_msize += sizeof(Counts);
  return out;
}

}  // namespace

const msg_mclass_s* message_class() {
  static const msg_mclass_t* const one = make();
  return one;
}

std::uint32_t buffer_bytes(std::uint32_t message_bytes) {
  return message_bytes + limits::kSipReadAhead;
}

}  // namespace switchhook::sip::net
