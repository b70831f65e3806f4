// SPDX-License-Identifier: Apache-2.0
#pragma once

// The class of the messages that sofia-sip parses for us: its own SIP class, with bounds. sofia-sip
// bounds only the first message of a connection, and believes every Content-Length. Here each
// message, by every transport, has a limit of bytes, of header lines and of the parts of its
// headers (limits.hpp), checked line by line before the library parses them. By a connection, a
// message beyond a limit ends it, with a 413 where the request can be answered; a datagram beyond a
// limit is dropped. `maddr` in a Via is not heeded, whoever
// answers. Threads: the SIP thread. Ownership: one for the process, never freed, because
// messages refer to it for as long as they live.

#include <cstdint>

struct msg_mclass_s;
struct msg_s;

namespace switchhook::sip::net {

[[nodiscard]] const msg_mclass_s* message_class();

/// What sofia-sip is told as its own limit (NTATAG_MAXSIZE, msg_maxsize()) for messages of at most
/// `message_bytes`: it counts also what follows a message in the same read.
[[nodiscard]] std::uint32_t buffer_bytes(std::uint32_t message_bytes);

}  // namespace switchhook::sip::net
