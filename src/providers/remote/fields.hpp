// SPDX-License-Identifier: Apache-2.0
#pragma once

// The values of the provider boundary, for values.hpp: how many fields each structure has, and
// where each enumeration ends. Threads: none of its own.

#include <iterator>

#include "provider/provider.hpp"
#include "providers/remote/codec.hpp"

namespace switchhook::remote {

template <>
inline constexpr std::size_t kFields<Start> = 2;
template <>
inline constexpr std::size_t kFields<Inherit> = 1;
template <>
inline constexpr std::size_t kFields<Started> = 1;

template <>
inline constexpr std::size_t kFields<Error> = 2;
template <>
inline constexpr std::size_t kFields<Party> = 2;
template <>
inline constexpr std::size_t kFields<Parties> = 5;
template <>
inline constexpr std::size_t kFields<Cause> = 4;
template <>
inline constexpr std::size_t kFields<LineInfo> = 10;
template <>
inline constexpr std::size_t kFields<MediaStatistics> = 6;
template <>
inline constexpr std::size_t kFields<provider::CallRef> = 1;

template <>
inline constexpr std::size_t kFields<provider::OpenLine> = 1;
template <>
inline constexpr std::size_t kFields<provider::CloseLine> = 1;
template <>
inline constexpr std::size_t kFields<provider::MakeCall> = 7;
template <>
inline constexpr std::size_t kFields<provider::Accept> = 3;
template <>
inline constexpr std::size_t kFields<provider::Answer> = 3;
template <>
inline constexpr std::size_t kFields<provider::Drop> = 4;
template <>
inline constexpr std::size_t kFields<provider::Hold> = 2;
template <>
inline constexpr std::size_t kFields<provider::Unhold> = 2;
template <>
inline constexpr std::size_t kFields<provider::Transfer> = 4;
template <>
inline constexpr std::size_t kFields<provider::MonitorDigits> = 2;
template <>
inline constexpr std::size_t kFields<provider::SendDigits> = 5;
template <>
inline constexpr std::size_t kFields<provider::CloseCall> = 1;
template <>
inline constexpr std::size_t kFields<provider::EndOrphan> = 7;
template <>
inline constexpr std::size_t kFields<provider::ReportLedger> = 1;

template <>
inline constexpr std::size_t kFields<provider::LineAdded> = 2;
template <>
inline constexpr std::size_t kFields<provider::LineGone> = 2;
template <>
inline constexpr std::size_t kFields<provider::LineForcedClosed> = 2;
template <>
inline constexpr std::size_t kFields<provider::LineStatus> = 3;
template <>
inline constexpr std::size_t kFields<provider::NewCall> = 6;
template <>
inline constexpr std::size_t kFields<provider::StateChanged> = 4;
template <>
inline constexpr std::size_t kFields<provider::InfoChanged> = 8;
template <>
inline constexpr std::size_t kFields<provider::Completed> = 3;
template <>
inline constexpr std::size_t kFields<provider::DigitReceived> = 3;
template <>
inline constexpr std::size_t kFields<provider::Ended> = 6;
template <>
inline constexpr std::size_t kFields<provider::Recovery> = 5;
template <>
inline constexpr std::size_t kFields<provider::OrphanEnded> = 4;
template <>
inline constexpr std::size_t kFields<provider::TakeUpAnswered> = 2;
template <>
inline constexpr std::size_t kFields<provider::LedgerReport> = 3;
template <>
inline constexpr std::size_t kFields<provider::Failed> = 1;

namespace detail {
inline constexpr Errc kErrors[] = {
#define SWITCHHOOK_ERROR(name, number, exit_code, lineerr, hresult, words) Errc::name,
#include "switchhook/errors.def"
#undef SWITCHHOOK_ERROR
};
}  // namespace detail
template <>
inline constexpr Errc kFirst<Errc> = detail::kErrors[0];
template <>
inline constexpr Errc kLast<Errc> = detail::kErrors[std::size(detail::kErrors) - 1];
template <>
inline constexpr CallState kLast<CallState> = CallState::unknown;
template <>
inline constexpr DisconnectMode kLast<DisconnectMode> = DisconnectMode::cancelled;
template <>
inline constexpr Confirmation kLast<Confirmation> = Confirmation::not_applicable;
template <>
inline constexpr Direction kLast<Direction> = Direction::incoming;
template <>
inline constexpr provider::DropWhy kLast<provider::DropWhy> = provider::DropWhy::length_limit;

static_assert(static_cast<std::size_t>(kLast<Errc>) == std::size(detail::kErrors));
static_assert(static_cast<std::size_t>(kLast<CallState>) + 1 == kCallStateCount);
static_assert(static_cast<std::size_t>(kLast<DisconnectMode>) + 1 == kDisconnectModeCount);

}  // namespace switchhook::remote
