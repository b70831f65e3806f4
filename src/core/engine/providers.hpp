// SPDX-License-Identifier: Apache-2.0
#pragma once

// What providers report. A provider may be late, wrong or gone: whatever does not fit is counted
// and dropped.
// Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

void provider_event(Step& step, Provider& from, provider::LineAdded& what);
void provider_event(Step& step, Provider& from, provider::LineGone& what);
void provider_event(Step& step, Provider& from, provider::LineForcedClosed& what);
void provider_event(Step& step, Provider& from, provider::LineStatus& what);
void provider_event(Step& step, Provider& from, provider::Failed& what);
void provider_event(Step& step, Provider& from, provider::Stopped&);
void provider_event(Step& step, Provider& from, provider::NewCall& what);
void provider_event(Step& step, Provider& from, provider::StateChanged& what);
void provider_event(Step& step, Provider& from, provider::InfoChanged& what);
void provider_event(Step& step, Provider& from, provider::Completed& what);
void provider_event(Step& step, Provider& from, provider::DigitReceived& what);
void provider_event(Step& step, Provider& from, provider::Ended& what);
void provider_event(Step& step, Provider& from, provider::LedgerReport& what);
// These three are the host's business.
void provider_event(Step& step, Provider& from, provider::Recovery& what);
void provider_event(Step& step, Provider& from, provider::OrphanEnded& what);
void provider_event(Step& step, Provider& from, provider::TakeUpAnswered& what);

/// The session whose call it is now; null = none.
[[nodiscard]] Session* session_of(World& world, const Provider& from, provider::CallRef ref);

/// The provider is gone: nobody answers any more, and nothing of its is held any more.
void lose(Step& step, Provider& provider, const std::string& why);

}  // namespace switchhook::core
