// SPDX-License-Identifier: Apache-2.0
#pragma once

// The frames that are not the port's, described, and the kinds of all frames. For the codec's own
// files and its tests. Threads: constants only.

#include "api/describe/messages.hpp"
#include "rpc/codec.hpp"

namespace switchhook::describe {

#define M SWITCHHOOK_MEMBER

SWITCHHOOK_DESCRIBE(rpc::Hello, M(version_min, 0), M(version_max, 1), M(application, 2),
                    M(process, 3), M(token, 4), M(library, 5), M(identifier_bytes, 6),
                    M(resumable, 7), M(resume, 8), M(received, 9));
SWITCHHOOK_DESCRIBE(rpc::HelloAck, M(version, 0), M(application, 1), M(epoch, 2), M(process, 3),
                    M(server, 4), M(heartbeat_ms, 5), M(operator_rights, 6), M(resume, 7),
                    M(resume_ms, 8), M(resumed, 9), M(received, 10), M(restore_ms, 11));
SWITCHHOOK_DESCRIBE(rpc::Ping, M(token, 0));
SWITCHHOOK_DESCRIBE(rpc::Pong, M(token, 0));
SWITCHHOOK_DESCRIBE(rpc::Ack, M(received, 0));
SWITCHHOOK_DESCRIBE(rpc::Goodbye, M(why, 0), M(restores, 1));

#undef M

}  // namespace switchhook::describe

namespace switchhook::rpc {

/// What is in a frame, by its number on the wire. Those from `first_event` on are the events of the
/// port in their order, with room for `ack` between them.
enum class Body : std::uint8_t {
  none,
  hello,
  hello_ack,
  request,
  reply,
  ping,
  pong,
  goodbye,
  first_event,
  ack = 20
};

constexpr Body body_of_event(std::size_t index) {
  const std::size_t number = static_cast<std::size_t>(Body::first_event) + index;
  return static_cast<Body>(number < static_cast<std::size_t>(Body::ack) ? number : number + 1);
}
/// Which event it is; kAlternatives<Event> or more = none that is known.
constexpr std::size_t event_of_body(Body body) {
  const std::size_t index =
      static_cast<std::size_t>(body) - static_cast<std::size_t>(Body::first_event);
  return body > Body::ack ? index - 1 : index;
}

}  // namespace switchhook::rpc
