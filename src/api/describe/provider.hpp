// SPDX-License-Identifier: Apache-2.0
#pragma once

// What passes the boundary to the providers (provider/provider.hpp), described. It crosses only
// between processes of one build, so the numbers are places. Threads: constants only.

#include "api/describe/vocabulary.hpp"
#include "provider/provider.hpp"

namespace switchhook::describe {

template <>
struct Enumeration<provider::DropWhy> {
  static constexpr std::array<std::string_view, 6> kNames{"normal",   "rejected", "no answer",
                                                          "no owner", "stopping", "length limit"};
};
template <>
struct Wrapper<provider::CallRef> {
  static constexpr auto& of(auto& call) { return call.value; }
};

#define M SWITCHHOOK_MEMBER

// ---- commands

SWITCHHOOK_DESCRIBE(provider::OpenLine, M(line, 0), M(takes_calls, 1));
SWITCHHOOK_DESCRIBE(provider::CloseLine, M(line, 0));
SWITCHHOOK_DESCRIBE(provider::MakeCall, M(call, 0), M(request, 1), M(line, 2), M(address, 3),
                    M(calling, 4), M(media_modes, 5), M(user_info, 6), M(emergency, 7));
SWITCHHOOK_DESCRIBE(provider::Accept, M(call, 0), M(request, 1), M(user_info, 2));
SWITCHHOOK_DESCRIBE(provider::Answer, M(call, 0), M(request, 1), M(user_info, 2));
SWITCHHOOK_DESCRIBE(provider::Drop, M(call, 0), M(request, 1), M(why, 2), M(user_info, 3));
SWITCHHOOK_DESCRIBE(provider::Hold, M(call, 0), M(request, 1));
SWITCHHOOK_DESCRIBE(provider::Unhold, M(call, 0), M(request, 1));
SWITCHHOOK_DESCRIBE(provider::Transfer, M(call, 0), M(request, 1), M(address, 2), M(with, 3));
SWITCHHOOK_DESCRIBE(provider::Swap, M(call, 0), M(request, 1), M(with, 2));
SWITCHHOOK_DESCRIBE(provider::MonitorDigits, M(call, 0), M(modes, 1));
SWITCHHOOK_DESCRIBE(provider::SendDigits, M(call, 0), M(request, 1), M(digits, 2), M(mode, 3),
                    M(duration, 4));
SWITCHHOOK_DESCRIBE(provider::CloseCall, M(call, 0));
SWITCHHOOK_DESCRIBE(provider::EndOrphan, M(number, 0), M(line, 1), M(recovery, 2), M(why, 3),
                    M(take_up, 4), M(state, 5), M(detail, 6));
SWITCHHOOK_DESCRIBE(provider::ReportLedger, M(token, 0));
SWITCHHOOK_DESCRIBE_EMPTY(provider::Stop);
SWITCHHOOK_DESCRIBE(provider::AddLine, M(line, 0), M(config, 1));
SWITCHHOOK_DESCRIBE(provider::RemoveLine, M(line, 0), M(why, 1));
SWITCHHOOK_DESCRIBE(provider::Trace, M(on, 0), M(secrets, 1));

// ---- events

SWITCHHOOK_DESCRIBE(provider::LineAdded, M(line, 0), M(info, 1));
SWITCHHOOK_DESCRIBE(provider::LineGone, M(line, 0), M(why, 1));
SWITCHHOOK_DESCRIBE(provider::LineForcedClosed, M(line, 0), M(why, 1));
SWITCHHOOK_DESCRIBE(provider::LineStatus, M(line, 0), M(in_service, 1), M(status, 2));
SWITCHHOOK_DESCRIBE(provider::NewCall, M(call, 0), M(line, 1), M(provider_call_id, 2),
                    M(parties, 3), M(media_modes, 4), M(user_info, 5));
SWITCHHOOK_DESCRIBE(provider::StateChanged, M(call, 0), M(state, 1), M(detail, 2), M(cause, 3),
                    M(origin, 4));
SWITCHHOOK_DESCRIBE(provider::InfoChanged, M(call, 0), M(calling, 1), M(called, 2), M(connected, 3),
                    M(redirecting, 4), M(redirection, 5), M(user_info, 6), M(provider_call_id, 7));
SWITCHHOOK_DESCRIBE(provider::Completed, M(call, 0), M(request, 1), M(error, 2));
SWITCHHOOK_DESCRIBE(provider::DigitReceived, M(call, 0), M(digit, 1), M(mode, 2));
SWITCHHOOK_DESCRIBE(provider::Ended, M(call, 0), M(confirmation, 1), M(confirmed_after, 2),
                    M(sent_times, 3), M(released, 4), M(media_statistics, 5));
SWITCHHOOK_DESCRIBE(provider::LedgerReport, M(token, 0), M(booked, 1), M(found, 2), M(refusals, 3));
SWITCHHOOK_DESCRIBE(provider::Failed, M(why, 0));
SWITCHHOOK_DESCRIBE_EMPTY(provider::Stopped);
SWITCHHOOK_DESCRIBE(provider::Recovery, M(call, 0), M(line, 1), M(direction, 2),
                    M(provider_call_id, 3), M(recovery, 4));
SWITCHHOOK_DESCRIBE(provider::OrphanEnded, M(number, 0), M(confirmation, 1), M(confirmed_after, 2),
                    M(sent_times, 3));
SWITCHHOOK_DESCRIBE(provider::TakeUpAnswered, M(number, 0), M(taken_up, 1));
SWITCHHOOK_DESCRIBE(provider::Traced, M(call, 0), M(line, 1), M(message, 2), M(secret, 3));

#undef M

}  // namespace switchhook::describe
