// SPDX-License-Identifier: Apache-2.0
#pragma once

// The configuration of the SIP provider, described, as it passes to a process of its own: as a
// value, so that no password stands in a command line or a file. Threads: constants only.

#include "api/describe/describe.hpp"
#include "providers/sip/config.hpp"

namespace switchhook::describe {

template <>
struct Enumeration<sip::LineMode> {
  static constexpr std::array<std::string_view, 2> kNames{"peer", "account"};
};
template <>
struct Enumeration<sip::ReferPolicy> {
  static constexpr std::array<std::string_view, 2> kNames{"refuse", "follow"};
};
template <>
struct Enumeration<sip::AfterDeath> {
  static constexpr std::array<std::string_view, 2> kNames{"end", "take up"};
};
template <>
struct Enumeration<sip::Transport> {
  static constexpr std::array<std::string_view, 3> kNames{"udp", "tcp", "tls"};
};

#define M SWITCHHOOK_MEMBER

SWITCHHOOK_DESCRIBE(sip::LineConfig, M(name, 0), M(display_name, 1), M(uri, 2), M(mode, 3),
                    M(transport, 4), M(peer, 5), M(accept_from, 6), M(strict_source, 7),
                    M(registrar, 8), M(user, 9), M(password, 10), M(realm, 11),
                    M(outbound_proxy, 12), M(expires, 13), M(t1, 14), M(session_expires, 15),
                    M(min_se, 16), M(reject_code, 17), M(refer, 18), M(ring_on_offer, 19),
                    M(calls_max, 20), M(after_death, 21), M(removed, 22), M(numbers, 23),
                    M(withhold_number, 24));
SWITCHHOOK_DESCRIBE(sip::HepConfig, M(collector, 0), M(capture_id, 1), M(password, 2),
                    M(secrets, 3));
SWITCHHOOK_DESCRIBE(sip::Config, M(bind_address, 0), M(port, 1), M(udp, 2), M(tcp, 3), M(tls, 4),
                    M(tls_port, 5), M(tls_folder, 6), M(tls_check_server, 7),
                    M(tls_check_client, 8), M(keep_alive, 9), M(stream_idle, 10),
                    M(stream_stalled, 11), M(stream_first, 12), M(streams_max, 13),
                    M(resolver_file, 14), M(rtp_first, 15), M(rtp_last, 16), M(lines, 17),
                    M(calls_max, 18), M(calls_unanswered, 19), M(message_bytes, 20),
                    M(user_agent, 21), M(calls_of_source, 22), M(hep, 23));

#undef M

}  // namespace switchhook::describe
