// SPDX-License-Identifier: Apache-2.0
#pragma once

// What passes the port (api/messages.hpp), described. The places of the commands, values and events
// in their variants are those in the unions of the wire. Threads: constants only.

#include "api/describe/vocabulary.hpp"
#include "api/messages.hpp"

namespace switchhook::describe {

template <>
struct Enumeration<api::LineChange> {
  static constexpr std::array<std::string_view, 6> kNames{"in service", "out of service", "opened",
                                                          "closed",     "ringing",        "calls"};
};

#define M SWITCHHOOK_MEMBER

// ---- commands

SWITCHHOOK_DESCRIBE_EMPTY(api::ListLines);
SWITCHHOOK_DESCRIBE(api::OpenLine, M(line, 0), M(privileges, 1), M(media_modes, 2),
                    M(api_version, 3));
SWITCHHOOK_DESCRIBE(api::CloseLine, M(open, 0));
SWITCHHOOK_DESCRIBE(api::GetLineStatus, M(line, 0));
SWITCHHOOK_DESCRIBE(api::MakeCall, M(open, 0), M(address, 1, kAddressLimit),
                    M(called_party, 6, kNameLimit), M(comment, 7, {limits::kCommentBytes}),
                    M(calling, 5), M(user_info, 8, kUserInfoLimit), M(site, 10, kSiteLimit),
                    M(no_answer_timeout, 2), M(length_limit, 3), M(media_modes, 4),
                    M(app_specific, 9));
SWITCHHOOK_DESCRIBE(api::AcceptCall, M(call, 0), M(user_info, 1, kUserInfoLimit),
                    M(site, 2, kSiteLimit));
SWITCHHOOK_DESCRIBE(api::AnswerCall, M(call, 0), M(user_info, 1, kUserInfoLimit),
                    M(site, 2, kSiteLimit));
SWITCHHOOK_DESCRIBE(api::DropCall, M(call, 0), M(reason, 1), M(user_info, 2, kUserInfoLimit));
SWITCHHOOK_DESCRIBE(api::ReleaseCall, M(call, 0));
SWITCHHOOK_DESCRIBE(api::HoldCall, M(call, 0));
SWITCHHOOK_DESCRIBE(api::UnholdCall, M(call, 0));
SWITCHHOOK_DESCRIBE(api::TransferCall, M(call, 0), M(address, 1, kAddressLimit), M(with, 2));
SWITCHHOOK_DESCRIBE(api::SwapHold, M(call, 0), M(with, 1));
SWITCHHOOK_DESCRIBE(api::SetPrivilege, M(call, 0), M(privilege, 1).when_absent(2));
SWITCHHOOK_DESCRIBE(api::HandOff, M(call, 0), M(application, 1, kNameLimit), M(media_mode, 2));
SWITCHHOOK_DESCRIBE(api::SetAppSpecific, M(call, 0), M(value, 1));
SWITCHHOOK_DESCRIBE(api::MonitorDigits, M(call, 0), M(modes, 1));
SWITCHHOOK_DESCRIBE(api::SendDigits, M(call, 0),
                    M(digits, 1, {limits::kDigits, Errc::invalid_digits}), M(mode, 2),
                    M(duration, 3), M(tag, 4));
SWITCHHOOK_DESCRIBE(api::ReleaseUserInfo, M(call, 0));
SWITCHHOOK_DESCRIBE(api::GetCall, M(call, 0));
SWITCHHOOK_DESCRIBE(api::GetNewCalls, M(open, 0), M(site, 1, kSiteLimit), M(session, 2));
SWITCHHOOK_DESCRIBE(api::ListSessions, M(after, 0), M(limit, 1));
SWITCHHOOK_DESCRIBE(api::ListLeaks, M(limit, 0), M(after, 1));
SWITCHHOOK_DESCRIBE(api::Reclaim, M(call, 0));
SWITCHHOOK_DESCRIBE(api::HangUp, M(session, 0));
SWITCHHOOK_DESCRIBE_EMPTY(api::RunAudit);
SWITCHHOOK_DESCRIBE(api::RecordQuery, M(after_session, 0), M(line, 1, kNameLimit), M(since_wall, 2),
                    M(limit, 3), M(newest_first, 4).when_absent(1), M(session, 5), M(until_wall, 6),
                    M(party, 7, {limits::kAddressBytes}), M(application, 8, kNameLimit),
                    M(provider, 9, kNameLimit), M(origin, 10), M(verify, 11));
SWITCHHOOK_DESCRIBE_EMPTY(api::GetServiceStatus);
SWITCHHOOK_DESCRIBE(api::Trace, M(on, 0).when_absent(1), M(session, 1), M(line, 2, kNameLimit),
                    M(secrets, 3));
SWITCHHOOK_DESCRIBE_EMPTY(api::ShutDown);
SWITCHHOOK_DESCRIBE_EMPTY(api::Reload);
SWITCHHOOK_DESCRIBE(api::Drain, M(cancel, 0));
SWITCHHOOK_DESCRIBE(api::OpeningToRestore, M(open, 0), M(line, 1, kNameLimit), M(privileges, 2),
                    M(media_modes, 3), M(api_version, 4));
SWITCHHOOK_DESCRIBE(api::CallToRestore, M(call, 0), M(open, 1), M(session, 2), M(over, 3));
SWITCHHOOK_DESCRIBE(api::Restore, M(openings, 0, {limits::kLineOpenings}),
                    M(calls, 1, {limits::kRestoredAtOnce}));

// ---- values

SWITCHHOOK_DESCRIBE(api::LineList, M(lines, 0));
SWITCHHOOK_DESCRIBE(api::OpenedLine, M(open, 0), M(line, 1));
SWITCHHOOK_DESCRIBE(api::MadeCall, M(call, 0), M(session, 1));
SWITCHHOOK_DESCRIBE(api::CallSnapshot, M(call, 0), M(open, 1), M(line, 2), M(record, 3),
                    M(privilege, 4).when_absent(2), M(features, 5), M(owners, 6), M(monitors, 7),
                    M(monitored_digits, 8), M(state_entered, 9));
SWITCHHOOK_DESCRIBE(api::CallList, M(calls, 0), M(sessions, 1));
SWITCHHOOK_DESCRIBE(api::RecordPage, M(records, 0, kEntriesLimit), M(more, 1), M(checked, 2),
                    M(damaged, 3, kEntriesLimit).left_out_when_empty());
SWITCHHOOK_DESCRIBE(api::Leak, M(call, 0), M(session, 1), M(line, 2), M(application, 3), M(user, 4),
                    M(process, 5), M(privilege, 6).when_absent(2), M(state, 7), M(acquired, 8),
                    M(ended, 9), M(bytes, 10), M(client_bytes, 11), M(provider_bytes, 12),
                    M(connection, 13), M(site, 14));
SWITCHHOOK_DESCRIBE(api::LeakList, M(leaks, 0, kEntriesLimit), M(total, 1), M(more, 2));
SWITCHHOOK_DESCRIBE(api::Reclaimed, M(count, 0));
SWITCHHOOK_DESCRIBE(api::Restored, M(lost_openings, 0), M(lost_calls, 1));

// ---- events

SWITCHHOOK_DESCRIBE(api::CallAppeared, M(open, 0), M(call, 1), M(privilege, 2).when_absent(2),
                    M(session, 3));
SWITCHHOOK_DESCRIBE(api::CallStateChanged, M(call, 0), M(state, 1).when_absent(15), M(detail, 2),
                    M(cause, 3), M(origin, 4), M(privilege, 5), M(at, 6));
SWITCHHOOK_DESCRIBE(api::CallInfoChanged, M(call, 0), M(what, 1));
SWITCHHOOK_DESCRIBE(api::LineClosed, M(open, 0), M(why, 1));
SWITCHHOOK_DESCRIBE(api::LineChanged, M(open, 0), M(what, 1).when_absent(5), M(count, 2));
SWITCHHOOK_DESCRIBE(api::LineAppeared, M(line, 0));
SWITCHHOOK_DESCRIBE(api::LineRemoved, M(line, 0));
SWITCHHOOK_DESCRIBE(api::DigitReceived, M(call, 0), M(digit, 1), M(mode, 2), M(at, 3));
SWITCHHOOK_DESCRIBE(api::DigitsSent, M(call, 0), M(cancelled, 1), M(tag, 2), M(at, 3));
SWITCHHOOK_DESCRIBE(api::CallReclaimed, M(call, 0));
SWITCHHOOK_DESCRIBE(api::EventsLost, M(count, 0));
SWITCHHOOK_DESCRIBE(api::LeakLimitReached, M(held, 0), M(oldest, 1), M(ended, 2), M(by_age, 3),
                    M(action, 4));

#undef M

}  // namespace switchhook::describe
