// SPDX-License-Identifier: Apache-2.0
#pragma once

// For the codec's own files only: the generated reader and writer, and the proof that the schema's
// enumerations and the product's are the same numbers. Threads: none of its own.

#include "api/messages.hpp"
#include "rpc/switchhook_generated.h"

namespace switchhook::rpc {

template <typename Ours, typename Theirs>
constexpr bool same(Ours ours, Theirs theirs) {
  return static_cast<std::uint64_t>(ours) == static_cast<std::uint64_t>(theirs);
}
static_assert(same(CallState::unknown, wire::CallState::unknown));
static_assert(same(CallState::connected, wire::CallState::connected));
static_assert(same(CallState::disconnected, wire::CallState::disconnected));
static_assert(same(CallState::unknown, wire::CallState::MAX));
static_assert(same(DisconnectMode::cancelled, wire::DisconnectMode::MAX));
static_assert(same(DisconnectMode::no_answer, wire::DisconnectMode::no_answer));
static_assert(same(EndOrigin::system, wire::EndOrigin::MAX));
static_assert(same(EndOrigin::line_closed, wire::EndOrigin::line_closed));
static_assert(same(Privilege::none, wire::Privilege::none));
static_assert(same(Privilege::monitor, wire::Privilege::monitor));
static_assert(same(Privilege::owner, wire::Privilege::owner));
static_assert(same(Direction::incoming, wire::Direction::MAX));
static_assert(same(DropReason::rejected, wire::DropReason::MAX));
static_assert(same(Confirmation::not_applicable, wire::Confirmation::MAX));
static_assert(same(Resource::journal_rows, wire::Resource::MAX));
static_assert(same(api::LineChange::calls, wire::LineChange::MAX));

}  // namespace switchhook::rpc
