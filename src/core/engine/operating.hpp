// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a program does to sessions that others hold. Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

void command(Step& step, const Ask& ask, api::HangUp& what);
/// The host's, where it has a configuration and an end.
void command(Step& step, const Ask& ask, api::Reload&);
void command(Step& step, const Ask& ask, api::Drain&);

}  // namespace switchhook::core
