// SPDX-License-Identifier: Apache-2.0
#pragma once

// The other end: what a provider's process does. Threads: the process's first. Ownership: the
// process's whole life.

#include <functional>
#include <memory>
#include <string>

#include "provider/provider.hpp"

namespace switchhook::remote {

/// Makes the provider of what the daemon says of it; the provider has a thread of its own.
using Maker = std::function<Result<std::unique_ptr<provider::Provider>>(const std::string& config)>;

/// Serves the daemon at the other end of kLinkDescriptor until that goes away; then this process is
/// over, whatever its calls are in: the next one ends them from what it said of them.
/// @param each_second  called about once a second, on the first thread
[[noreturn]] void serve(const Maker& make, const std::function<void()>& each_second = {});

}  // namespace switchhook::remote
