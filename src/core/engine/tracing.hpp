// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who is shown the messages of the network, and which. Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

void command(Step& step, const Ask& ask, api::Trace& what);
void provider_event(Step& step, Provider& from, provider::Traced& what);
/// The application goes, or wants no more.
void stop_tracing(Step& step, App& app);

}  // namespace switchhook::core
