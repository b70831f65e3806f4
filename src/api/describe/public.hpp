// SPDX-License-Identifier: Apache-2.0
#pragma once

// The values of the C++ API (include/switchhook) that are not of the vocabulary, described. They
// pass no wire, so the numbers are places. Threads: constants only.

#include "api/describe/vocabulary.hpp"
#include "switchhook/operator.hpp"

namespace switchhook::describe {

template <>
struct Enumeration<SessionEvent::Kind> {
  static constexpr std::array<std::string_view, 6> kNames{
      "state", "information", "digit", "digits sent", "gone", "events lost"};
};
template <>
struct Enumeration<ApplicationEvent::Kind> {
  static constexpr std::array<std::string_view, 7> kNames{
      "service lost",  "line added",  "line removed", "line closed",
      "call released", "events lost", "leak limit"};
};

#define M SWITCHHOOK_MEMBER

SWITCHHOOK_DESCRIBE(SessionEvent, M(kind, 0), M(state, 1), M(detail, 2), M(cause, 3), M(origin, 4),
                    M(privilege, 5), M(at, 6), M(digit, 7), M(digit_mode, 8), M(tag, 9),
                    M(cancelled, 10), M(lost, 11), M(why, 12));
SWITCHHOOK_DESCRIBE(SessionInfo, M(record, 0), M(privilege, 1), M(owners, 2), M(monitors, 3),
                    M(state_entered, 4));
SWITCHHOOK_DESCRIBE(DigitOptions, M(mode, 0), M(duration, 1), M(tag, 2));
SWITCHHOOK_DESCRIBE(LineOptions, M(privilege, 0), M(monitor_too, 1), M(media_modes, 2));
SWITCHHOOK_DESCRIBE(CallOptions, M(no_answer, 0), M(length_limit, 1), M(user_info, 2),
                    M(media_modes, 3), M(calling, 4), M(called_name, 5), M(comment, 6),
                    M(app_specific, 7));
SWITCHHOOK_DESCRIBE(ApplicationEvent, M(kind, 0), M(line, 1), M(lost, 2), M(held, 3), M(oldest, 4),
                    M(too_old, 5), M(action, 6), M(why, 7));
SWITCHHOOK_DESCRIBE(Leak, M(session, 0), M(identifier, 1), M(line, 2), M(application, 3),
                    M(user, 4), M(process, 5), M(privilege, 6), M(state, 7), M(acquired, 8),
                    M(ended, 9), M(bytes, 10), M(client_bytes, 11), M(provider_bytes, 12),
                    M(connection, 13), M(site, 14));
SWITCHHOOK_DESCRIBE(LeakReport, M(leaks, 0), M(total, 1));
SWITCHHOOK_DESCRIBE(RecordQuery, M(line, 0), M(since, 1), M(limit, 2), M(until, 3), M(session, 4),
                    M(party, 5), M(application, 6), M(provider, 7), M(origin, 8),
                    M(oldest_first, 9), M(after, 10));

SWITCHHOOK_DESCRIBE(TraceOptions, M(session, 0), M(line, 1), M(secrets, 2));
SWITCHHOOK_DESCRIBE(RecordsCheck, M(checked, 0), M(damaged, 1));

#undef M

}  // namespace switchhook::describe
