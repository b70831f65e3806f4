// SPDX-License-Identifier: Apache-2.0
#pragma once

// The audit: what the ledgers say against what is really there, here and at the providers.
// Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

void command(Step& step, const Ask& ask, api::RunAudit&);

/// The ledger of a provider.
void report(Step& step, Provider& from, provider::LedgerReport& what);
/// A provider will not answer any audit any more.
void not_reporting(Step& step, const Provider& provider, const char* why);
/// Answers an audit with what has been reported.
void conclude(Step& step, std::uint64_t token);
/// Sessions that the journal is to have: counted by walking the table.
[[nodiscard]] std::size_t unrecorded(const World& world);

}  // namespace switchhook::core
