// SPDX-License-Identifier: Apache-2.0
#pragma once

// Durations as people type them. Threads: a plain function.

#include <chrono>
#include <optional>
#include <string_view>

namespace switchhook::cli {

/// "500ms", "5s", "2m", "1h", also "1.5s"; 0 to 1000 hours. Nothing when it is not one.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace switchhook::cli
