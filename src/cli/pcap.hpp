// SPDX-License-Identifier: Apache-2.0
#pragma once

// Traced messages as a capture file, as Wireshark, tshark and sngrep open it: each message is a
// packet of UDP over IPv4 or IPv6 between the addresses it really passed, whatever carried it.
// Threads: plain functions.

#include <string>

#include "switchhook/types.hpp"

namespace switchhook::cli {

/// What such a file begins with: microseconds, and packets that begin with their IP header.
[[nodiscard]] std::string pcap_head();
/// One message. Addresses that cannot be read are 0.0.0.0.
[[nodiscard]] std::string pcap_packet(const TracedMessage& message);

}  // namespace switchhook::cli
