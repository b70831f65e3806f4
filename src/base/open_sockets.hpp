// SPDX-License-Identifier: Apache-2.0
#pragma once

// What sockets this process really has open, as the system says (/proc/self/fd): what audits hold
// the books against. Threads: any. Costs a system call or two for each descriptor.

#include <cstdint>
#include <string>
#include <vector>

namespace switchhook::base {

struct OpenSocket {
  bool datagram = false;
  bool listening = false;
  std::string path;        ///< its own end; of a local socket that has a name
  std::uint16_t port = 0;  ///< its own end; of an IP socket
};

/// Those that are bound to something.
[[nodiscard]] std::vector<OpenSocket> open_sockets();

}  // namespace switchhook::base
