// SPDX-License-Identifier: Apache-2.0
#pragma once

// The engine's timers: two common deadlines with fixed numbers, and timers of their own for all
// else.
// Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

/// @return its number, which is not 0
std::uint64_t set_timer(Step& step, Timer timer, std::chrono::nanoseconds delay);
/// Sets the number to 0. It may be that of a timer that has come.
void clear_timer(Step& step, std::uint64_t& number);
void on(Step& step, TimerDue& input);
/// Does what a timer that never came would have done; true when there was one.
[[nodiscard]] bool make_up_for_timers(Step& step);
/// Sets and clears the two common timers as needed.
void tune_timers(Step& step);

}  // namespace switchhook::core
