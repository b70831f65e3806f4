// SPDX-License-Identifier: Apache-2.0
#pragma once

// How many files and sockets this process may have, and whether the last of them are being taken.
// Threads: any. Costs one system call.

#include <cstddef>

namespace switchhook::base {

/// How many descriptors this process may have (`ulimit -n`).
[[nodiscard]] std::size_t descriptors_allowed();

/// Whether a descriptor that was just given leaves fewer than `kept` free ones; of a limit under 256,
/// in proportion. The system gives the lowest number that is free, so that all below it are taken.
[[nodiscard]] bool is_of_the_last(int descriptor, std::size_t kept);

}  // namespace switchhook::base
