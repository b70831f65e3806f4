// SPDX-License-Identifier: Apache-2.0
#pragma once

// The vocabulary (switchhook/types.hpp, switchhook/error.hpp), described. Threads: constants only.

#include "api/describe/describe.hpp"
#include "base/limits.hpp"
#include "switchhook/types.hpp"

namespace switchhook::describe {

#define SWITCHHOOK_NAMES(type)                      \
  template <>                                       \
  struct Enumeration<type> {                        \
    static constexpr auto& kNames = k##type##Names; \
  };
SWITCHHOOK_NAMES(CallState)
SWITCHHOOK_NAMES(DisconnectMode)
SWITCHHOOK_NAMES(EndOrigin)
template <>
struct Enumeration<Privilege> {
  static constexpr auto& kNames = kPrivilegeNames;
  static constexpr std::array kValues{Privilege::none, Privilege::monitor, Privilege::owner};
};
SWITCHHOOK_NAMES(Direction)
SWITCHHOOK_NAMES(DropReason)
SWITCHHOOK_NAMES(Confirmation)
SWITCHHOOK_NAMES(Resource)
SWITCHHOOK_NAMES(RefusalReason)
SWITCHHOOK_NAMES(LeakAction)
#undef SWITCHHOOK_NAMES
/// A later version may know more of them.
template <>
struct Enumeration<Errc> {
#define SWITCHHOOK_ERROR(name, number, exit_code, lineerr, hresult, words) #name,
  static constexpr std::string_view kNames[] = {
#include "switchhook/errors.def"
  };
#undef SWITCHHOOK_ERROR
#define SWITCHHOOK_ERROR(name, number, exit_code, lineerr, hresult, words) Errc::name,
  static constexpr Errc kValues[] = {
#include "switchhook/errors.def"
  };
#undef SWITCHHOOK_ERROR
};

template <>
struct Wrapper<DurationCounts> {
  static constexpr auto& of(auto& durations) { return durations.counts; }
};

inline constexpr Limit kNameLimit{limits::kNameBytes};
inline constexpr Limit kAddressLimit{limits::kAddressBytes, Errc::invalid_address};
inline constexpr Limit kUserInfoLimit{limits::kUserInfoBytes, Errc::user_info_too_big};
inline constexpr Limit kSiteLimit{limits::kSiteBytes};
inline constexpr Limit kEntriesLimit{limits::kListEntries};

#define M SWITCHHOOK_MEMBER

SWITCHHOOK_DESCRIBE(Moment, M(monotonic, 0), M(wall, 1));
SWITCHHOOK_DESCRIBE(TimelineEntry, M(at, 0), M(state, 1), M(detail, 2));
SWITCHHOOK_DESCRIBE(Error, M(code, 0), M(context, 1));
SWITCHHOOK_DESCRIBE(Cause, M(mode, 0), M(sip_status, 1), M(q850, 2), M(words, 3));
SWITCHHOOK_DESCRIBE(End, M(origin, 0), M(cause, 1), M(at, 2), M(confirmation, 3),
                    M(confirmed_after, 4), M(sent_times, 5), M(returned_after, 6), M(released, 7));
SWITCHHOOK_DESCRIBE(Party, M(address, 0, kAddressLimit), M(name, 1, kNameLimit));
SWITCHHOOK_DESCRIBE(Parties, M(calling, 0), M(called, 1), M(connected, 2), M(redirecting, 3),
                    M(redirection, 4));
SWITCHHOOK_DESCRIBE(HolderRecord, M(application, 0), M(user, 1), M(process, 2),
                    M(privilege, 3).when_absent(2), M(acquired, 4), M(released, 5));
SWITCHHOOK_DESCRIBE(MediaStatistics, M(packets_sent, 0), M(packets_received, 1), M(packets_lost, 2),
                    M(bytes_sent, 3), M(bytes_received, 4), M(jitter_us, 5));
SWITCHHOOK_DESCRIBE(Record, M(session, 0), M(call_id, 1), M(related_call_id, 2), M(line, 3),
                    M(provider, 4), M(provider_call_id, 5), M(application, 20), M(comment, 21),
                    M(direction, 6), M(media_modes, 7),
                    member<&Record::parties, &Parties::calling>("calling", 8),
                    member<&Record::parties, &Parties::called>("called", 9),
                    member<&Record::parties, &Parties::connected>("connected", 10),
                    member<&Record::parties, &Parties::redirecting>("redirecting", 11),
                    member<&Record::parties, &Parties::redirection>("redirection", 12),
                    M(state, 13).when_absent(15), M(detail, 14), M(timeline, 15, kEntriesLimit),
                    M(end, 16), M(user_info_received, 17), M(user_info_sent, 18),
                    M(app_specific, 19), M(holders, 22, kEntriesLimit), M(media_statistics, 23),
                    M(ended_by_application, 24), M(ended_by_user, 25));
SWITCHHOOK_DESCRIBE(LineInfo, M(id, 0), M(name, 1), M(address, 2), M(provider, 3),
                    M(media_modes, 4), M(in_service, 5).when_absent(1), M(removed, 6), M(status, 7),
                    M(calls_max, 8), M(user_info_max, 9), M(digit_modes, 10).when_absent(2),
                    M(listens, 11));
SWITCHHOOK_DESCRIBE(EndTimes, M(acknowledged, 0), M(returned, 1), M(released, 2),
                    M(unacknowledged, 3));
SWITCHHOOK_DESCRIBE(LedgerLine, M(resource, 0), M(holder, 1), M(booked, 2), M(found, 3));
SWITCHHOOK_DESCRIBE(Refusal, M(at, 0), M(reason, 1), M(sip_status, 2), M(source, 3), M(calling, 4),
                    M(called, 5), M(provider_call_id, 6));
SWITCHHOOK_DESCRIBE(RefusalCount, M(reason, 0), M(count, 1));
SWITCHHOOK_DESCRIBE(NetworkRefusals, M(network, 0), M(count, 1), M(last, 2));
SWITCHHOOK_DESCRIBE(Refusals, M(total, 0), M(reasons, 1, kEntriesLimit),
                    M(networks, 2, kEntriesLimit), M(other_networks, 3), M(last, 4, kEntriesLimit));
SWITCHHOOK_DESCRIBE(AuditReport, M(lines, 0), M(findings, 1), M(refusals, 2));
SWITCHHOOK_DESCRIBE(ServiceStatus, M(version, 0), M(process, 1), M(up, 2), M(applications, 3),
                    M(lines, 4), M(sessions_live, 5), M(sessions_held, 6), M(sessions_total, 7),
                    M(records_written, 8), M(events_dropped, 9), M(late_events, 10), M(socket, 11),
                    M(store, 12), M(ends, 13), M(heap_bytes, 14), M(refusing, 15));
SWITCHHOOK_DESCRIBE(ReloadReport, M(changes, 0), M(needs_restart, 1), M(warnings, 2));
SWITCHHOOK_DESCRIBE(TracedMessage, M(at, 0), M(sent, 1), M(transport, 2), M(local, 3), M(remote, 4),
                    M(line, 5), M(session, 6), M(call_id, 7), M(text, 8), M(secrets, 9), M(cut, 10),
                    M(missed, 11), M(number, 12));
SWITCHHOOK_DESCRIBE(LineStatus, M(info, 0), M(openings, 1), M(active_calls, 2), M(held_calls, 3),
                    M(held_pending_calls, 4));

#undef M

}  // namespace switchhook::describe
