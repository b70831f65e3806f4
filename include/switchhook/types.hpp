// SPDX-License-Identifier: Apache-2.0
#pragma once

// The vocabulary: what a session is, how it ends, and what is known of it afterwards. Plain values,
// used by the C++ API, by the port behind all faces (src/api), and by the providers, so that a
// state or a cause is defined once. Threads: plain values. Ownership: all by value.
// Sources: TAPI "LINECALLSTATE_ Constants", "LINEDISCONNECTMODE_ Constants", "Session identifier",
// "Terminate a session"; RFC 3326 (Reason), RFC 7433 (user-user information), ITU-T Q.850.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace switchhook {

/// The state of a session. `idle` is terminal: a session never leaves it. `disconnected` means that
/// the communication is over but that the session has still to be cleared (dropped) to reach idle.
enum class CallState : std::uint8_t {
  idle,          ///< over and cleared
  offering,      ///< incoming, nobody has taken it yet
  accepted,      ///< incoming, an owner has claimed it; the caller hears ringing
  dialtone,      ///< ready for digits
  dialing,       ///< digits are being sent
  proceeding,    ///< dialled, on its way
  ringback,      ///< the remote party is being alerted
  busy,          ///< the remote party is busy (detail: BusyMode)
  special_info,  ///< special information tone (detail: SpecialInfo)
  connected,     ///< talking (detail: ConnectedMode)
  on_hold,       ///< held
  conferenced,   ///< member of a conference
  on_hold_pending_conference,
  on_hold_pending_transfer,
  disconnected,  ///< the communication ended; the cause says how
  unknown,       ///< exists, state not known
};
inline constexpr std::size_t kCallStateCount = 16;

/// Details of states, carried as a plain number beside the state. 0 = none given.
enum class BusyMode : std::uint8_t { none, station, trunk, unknown, unavailable };
enum class SpecialInfo : std::uint8_t {
  none,
  no_circuit,
  customer_irregular,
  reorder,
  unknown,
  unavailable
};
enum class ConnectedMode : std::uint8_t {
  none,
  active,
  inactive,
  active_held,
  inactive_held,
  confirmed
};
enum class OfferingMode : std::uint8_t { none, active, inactive };

/// How the communication ended. TAPI 2.x names, one value each.
enum class DisconnectMode : std::uint8_t {
  normal,
  unknown,
  reject,
  pickup,
  forwarded,
  busy,
  no_answer,
  bad_address,
  unreachable,
  congestion,
  incompatible,
  unavailable,
  no_dialtone,
  number_changed,
  out_of_order,
  temporary_failure,
  qos_unavailable,
  blocked,
  do_not_disturb,
  cancelled,
};
inline constexpr std::size_t kDisconnectModeCount = 20;

/// On whose initiative the session ended.
enum class EndOrigin : std::uint8_t {
  local_user,        ///< an owner asked for it
  remote_party,      ///< the far end, or the network on its behalf
  policy,            ///< a rule: no answer in time, a length limit, nobody to own the call
  application_lost,  ///< its last owner died or vanished
  line_closed,       ///< its last owner closed the line, shut down, or released a live call
  provider,          ///< the provider: it reached nobody, refused, failed or went away
  system,            ///< the service was stopped, or repaired itself
};
inline constexpr std::size_t kEndOriginCount = 7;

/// What an application may do with a session. Values combine only in line openings.
enum class Privilege : std::uint8_t { none = 1, monitor = 2, owner = 4 };

/// Who started the call, seen from the line.
enum class Direction : std::uint8_t { outgoing, incoming };

/// Why an owner drops a call that was offered to it; elsewhere it makes no difference.
enum class DropReason : std::uint8_t { normal, no_answer, rejected };

/// Kinds of media, as bits.
namespace media {
inline constexpr std::uint32_t kUnknown = 1, kVoice = 2 /* interactive */, kAutomatedVoice = 4,
                               kDataModem = 8, kFaxG3 = 16;
}

/// Kinds of digits, as bits.
namespace digits {
inline constexpr std::uint32_t kPulse = 1, kDtmf = 2, kDtmfEnd = 4;
}

/// A point in time on both clocks: monotonic for arithmetic, wall for people.
struct Moment {
  std::chrono::nanoseconds monotonic{0};  ///< since an arbitrary start; never goes back
  std::chrono::microseconds wall{0};      ///< since 1970-01-01 00:00 UTC
  friend bool operator==(const Moment&, const Moment&) = default;
};

/// How and why the communication ended. Never "none": every end has one.
struct Cause {
  DisconnectMode mode = DisconnectMode::normal;
  std::uint16_t sip_status = 0;  ///< final SIP status or Reason SIP;cause, 0 = none
  std::uint16_t q850 = 0;        ///< ITU-T Q.850 cause value, 0 = none
  std::string words;             ///< the far end's or the rule's own words, for people
  friend bool operator==(const Cause&, const Cause&) = default;
};

/// Whether and how the far end acknowledged the end.
enum class Confirmation : std::uint8_t {
  pending,         ///< the signalling is not finished yet
  confirmed,       ///< acknowledged (200 to BYE, 487 to INVITE, or the end was the far end's own)
  already_gone,    ///< the far end did not know the call any more (481)
  unconfirmed,     ///< no answer came in bounded time
  not_applicable,  ///< nothing was ever sent to a far end
};

/// Everything that is counted because a session exists.
enum class Resource : std::uint8_t {
  identifiers,
  sessions,
  requests,
  engine_timers,
  provider_calls,
  dialogs,
  transactions,
  rtp_ports,
  descriptors,
  provider_timers,
  journal_rows,
};
inline constexpr std::size_t kResourceCount = 11;
/// How many of each, by Resource.
using ResourceCounts = std::array<std::uint16_t, kResourceCount>;

/// The end of a session: who, why, and whether it is known to be complete.
struct End {
  EndOrigin origin = EndOrigin::system;
  Cause cause;
  Moment at;  ///< when the communication was over on our side
  Confirmation confirmation = Confirmation::pending;
  /// From the request to end to the far end's answer.
  std::chrono::microseconds confirmed_after{0};
  std::uint16_t sent_times = 0;  ///< how often the ending request was sent
  /// From the request to end, or from the far end's end, until the provider held nothing any more.
  std::chrono::microseconds returned_after{0};
  ResourceCounts released{};  ///< what the provider had taken for the session, and gave back
  friend bool operator==(const End&, const End&) = default;
};

/// One party of a call.
struct Party {
  std::string address;  ///< extension, number or URI; empty = not known
  std::string name;     ///< display name; empty = not known
  friend bool operator==(const Party&, const Party&) = default;
};

/// All parties of a call.
struct Parties {
  Party calling, called, connected, redirecting, redirection;
  friend bool operator==(const Parties&, const Parties&) = default;
};

/// One step of a session's life.
struct TimelineEntry {
  CallState state = CallState::unknown;
  std::uint8_t detail = 0;
  Moment at;
  friend bool operator==(const TimelineEntry&, const TimelineEntry&) = default;
};
using Timeline = std::vector<TimelineEntry>;

/// User-user information: opaque bytes, the first is the protocol discriminator.
using UserInfo = std::vector<std::uint8_t>;

/// What the media of a session did. All zero while there is none.
struct MediaStatistics {
  std::uint64_t packets_sent = 0, packets_received = 0, packets_lost = 0;
  std::uint64_t bytes_sent = 0, bytes_received = 0;
  std::uint32_t jitter_us = 0;
  friend bool operator==(const MediaStatistics&, const MediaStatistics&) = default;
};

/// Who held a session, and until when.
struct HolderRecord {
  std::string application;    ///< its name for itself
  std::string user;           ///< the account it ran under
  std::uint32_t process = 0;  ///< process id, 0 = not known
  Privilege privilege = Privilege::monitor;
  Moment acquired;
  std::optional<Moment> released;  ///< empty = it is still held
  friend bool operator==(const HolderRecord&, const HolderRecord&) = default;
};

/// The record of a session: what is known of it, during its life and after its end.
/// Made exactly once for each session, frozen when it is idle and the provider returned everything.
struct Record {
  std::uint64_t session = 0;  ///< unique for the life of the service
  std::uint32_t call_id = 0;  ///< TAPI's dwCallID: the same for all applications
  std::uint32_t related_call_id = 0;
  std::string line;              ///< name of the line
  std::string provider;          ///< name of the provider
  std::string provider_call_id;  ///< the provider's own name for the call (SIP: Call-ID)
  Direction direction = Direction::outgoing;
  std::uint32_t media_modes = media::kVoice;
  Parties parties;
  CallState state = CallState::unknown;
  std::uint8_t detail = 0;
  Timeline timeline;
  std::optional<End> end;  ///< empty = still communicating
  UserInfo user_info_received;
  UserInfo user_info_sent;
  std::uint32_t app_specific = 0;  ///< set by an owner, seen by all
  std::string application;         ///< who placed or first owned the call
  std::string comment;
  std::vector<HolderRecord> holders;
  MediaStatistics media_statistics;
  /// The application that dropped or transferred the call, or left it last, and the account it ran
  /// under; empty = no application ended it.
  std::string ended_by_application, ended_by_user;
  friend bool operator==(const Record&, const Record&) = default;
};

/// A line, as offered by a provider.
struct LineInfo {
  std::uint32_t id = 0;  ///< TAPI's device id; stable while the service runs
  std::string name;      ///< "100", "alice"
  std::string address;   ///< what others dial to reach it
  std::string provider;  ///< "exchange", "sip"
  std::uint32_t media_modes = media::kVoice;
  bool in_service = true;
  bool removed = false;                       ///< gone for good; its id is not used again
  std::string status;                         ///< for people: "registered", "listening on …"
  std::uint32_t calls_max = 0;                ///< 0 = no limit of the line's own
  std::uint16_t user_info_max = 0;            ///< bytes of user-user information that can be sent
  std::uint32_t digit_modes = digits::kDtmf;  ///< kinds that it sends and hears; 0 = none
  std::string listens = {};  ///< where the network's calls arrive, "address:port"; may be empty
  friend bool operator==(const LineInfo&, const LineInfo&) = default;
};

/// A line now, with the use that all programs make of it.
struct LineStatus {
  LineInfo info;
  std::uint32_t openings = 0;
  std::uint32_t active_calls = 0, held_calls = 0, held_pending_calls = 0;
};

/// How many durations fell into which span. The first span goes up to a quarter of a millisecond,
/// each further one to twice as much, the last has no limit.
struct DurationCounts {
  static constexpr std::size_t kSpans = 20;
  std::array<std::uint64_t, kSpans> counts{};

  /// The longest duration that falls into a span. Not for the last, which has no limit.
  [[nodiscard]] static constexpr std::chrono::microseconds limit(std::size_t span) {
    return std::chrono::microseconds(std::int64_t{250} << span);
  }
  constexpr void add(std::chrono::nanoseconds duration) {
    std::size_t span = 0;
    while (span + 1 < kSpans && duration > limit(span)) ++span;
    ++counts[span];
  }
  [[nodiscard]] constexpr std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts) sum += count;
    return sum;
  }
  /// The limit of the span in which this share of all durations is reached; zero of none.
  /// @param percent  1…100
  [[nodiscard]] constexpr std::chrono::microseconds within(unsigned percent) const {
    const std::uint64_t all = total();
    std::uint64_t sum = 0;
    for (std::size_t span = 0; all != 0 && span < kSpans; ++span) {
      sum += counts[span];
      if (sum * 100 >= all * percent) return limit(span);
    }
    return std::chrono::microseconds{0};
  }
  friend bool operator==(const DurationCounts&, const DurationCounts&) = default;
};

/// How long ends took, over all sessions since the service started. Each is counted from the
/// request to end, or from the far end's own end.
struct EndTimes {
  DurationCounts acknowledged;  ///< until the far end acknowledged an end that was asked for here
  DurationCounts returned;      ///< until the provider held nothing any more
  DurationCounts released;      ///< until the last identifier was released
  std::uint64_t unacknowledged = 0;  ///< ends asked for here that nobody acknowledged in time
  friend bool operator==(const EndTimes&, const EndTimes&) = default;
};

/// What is done about an application that holds too many ended sessions, or one for too long.
enum class LeakAction : std::uint8_t {
  warn,        ///< it is told, and the service's log
  refuse_new,  ///< the same, and it gets no further session until it has released enough
  reclaim,     ///< the same, and the oldest are reclaimed from it
};

/// One ledger against reality.
struct LedgerLine {
  Resource resource = Resource::sessions;
  std::string holder;       ///< "engine", or a provider's name
  std::int64_t booked = 0;  ///< what the ledger says
  std::int64_t found = 0;   ///< what is really there
};

/// Why an incoming call was offered to no line, and so became no session.
enum class RefusalReason : std::uint8_t {
  unknown_user,    ///< no line has that name
  nobody,          ///< no program has the line open for incoming calls
  source,          ///< the line accepts no calls from that address
  busy,            ///< the line has as many calls as it may have
  overloaded,      ///< a limit: of calls, of unanswered ones, or of those from one address
  not_understood,  ///< it is malformed, or asks for what is not offered
  not_taken,       ///< the service takes none: it stops, or its journal cannot be kept
};

/// One of them. Texts are cut at the limits of a record's.
struct Refusal {
  Moment at;
  RefusalReason reason = RefusalReason::unknown_user;
  std::uint16_t sip_status = 0;
  std::string source;  ///< the IP address that it came from
  std::string calling, called;
  std::string provider_call_id;
};
struct RefusalCount {
  RefusalReason reason = RefusalReason::unknown_user;
  std::uint64_t count = 0;
};
/// Those of one network: the first 24 bits of an IPv4 address, the first 64 of an IPv6 address.
struct NetworkRefusals {
  std::string network;
  std::uint64_t count = 0;
  Moment last;
};
/// Incoming calls that were refused without a session, since the provider's process began.
struct Refusals {
  std::uint64_t total = 0;
  std::vector<RefusalCount> reasons;      ///< those that occurred
  std::vector<NetworkRefusals> networks;  ///< the largest first; their number is bounded
  std::uint64_t other_networks = 0;       ///< of networks that had to make room for others
  std::vector<Refusal> last;              ///< the last 100, the newest first
};

/// All ledgers against reality.
struct AuditReport {
  static constexpr const char* kService = "service";  ///< holder of what is there for applications
  std::vector<LedgerLine> lines;
  std::vector<std::string> findings;      ///< differences and overdue work, as text; empty = clean
  std::optional<Refusals> refusals = {};  ///< of SIP; empty = there is none

  [[nodiscard]] bool clean() const { return findings.empty(); }
  /// Nothing is held for any session. What exists for applications may be.
  [[nodiscard]] bool all_zero() const {
    for (const LedgerLine& line : lines)
      if (line.holder != kService && (line.booked != 0 || line.found != 0)) return false;
    return true;
  }
};

/// The service itself, and what it carries.
struct ServiceStatus {
  std::string version;
  std::uint32_t process = 0;
  std::chrono::seconds up{0};
  std::uint64_t applications = 0, lines = 0, sessions_live = 0, sessions_held = 0;
  std::uint64_t sessions_total = 0, records_written = 0, events_dropped = 0, late_events = 0;
  std::string socket;            ///< where it listens
  std::string store;             ///< where records go; empty = memory only
  EndTimes ends;                 ///< how long ends took since it started
  std::uint64_t heap_bytes = 0;  ///< memory that it uses, what the allocator keeps not counted
  std::string refusing;          ///< why no call may begin; empty = calls may begin
};

/// What taking a changed configuration did.
struct ReloadReport {
  std::vector<std::string> changes;        ///< what is in force now: "line 102 added", …
  std::vector<std::string> needs_restart;  ///< the settings that were changed and are not in force
  std::vector<std::string> warnings;       ///< what the configuration should not say
};

/// A message of the network, as a trace shows it.
struct TracedMessage {
  Moment at;
  bool sent = false;      ///< by the service; otherwise received
  std::string transport;  ///< "udp", "tcp", "tls"
  std::string local;   ///< address and port of the service: "192.0.2.1:5060", "[2001:db8::1]:5060"
  std::string remote;  ///< of the far end
  std::string line;    ///< its name; empty = of no line
  std::uint64_t session = 0;  ///< Record::session; 0 = of none, or of none any more
  std::string call_id;        ///< the SIP Call-ID
  std::string text;           ///< the message; secrets are blanked unless they were asked for
  bool secrets = false;       ///< nothing is blanked
  std::uint32_t cut = 0;      ///< so many bytes behind `text` are left out
  std::uint64_t missed = 0;   ///< messages left out before this one: they came too fast
  std::uint32_t number = 0;   ///< Record::call_id of the session; 0 = of none
  friend bool operator==(const TracedMessage&, const TracedMessage&) = default;
};

/// The names of the values, for people and for records: lower case, words apart, stable.
namespace detail {
template <typename Value, std::size_t N>
constexpr std::string_view name_in(const std::array<std::string_view, N>& names, Value value) {
  const auto at = static_cast<std::size_t>(value);
  return at < N ? names[at] : "?";
}
}  // namespace detail

inline constexpr std::array<std::string_view, 16> kCallStateNames{"idle",
                                                                  "offering",
                                                                  "accepted",
                                                                  "dialtone",
                                                                  "dialing",
                                                                  "proceeding",
                                                                  "ringback",
                                                                  "busy",
                                                                  "special information",
                                                                  "connected",
                                                                  "on hold",
                                                                  "conferenced",
                                                                  "on hold pending conference",
                                                                  "on hold pending transfer",
                                                                  "disconnected",
                                                                  "unknown"};
[[nodiscard]] constexpr std::string_view to_string(CallState state) {
  return detail::name_in(kCallStateNames, state);
}

inline constexpr std::array<std::string_view, 20> kDisconnectModeNames{
    "normal",          "unknown",        "reject",         "pickup",
    "forwarded",       "busy",           "no answer",      "bad address",
    "unreachable",     "congestion",     "incompatible",   "unavailable",
    "no dialtone",     "number changed", "out of order",   "temporary failure",
    "qos unavailable", "blocked",        "do not disturb", "cancelled"};
[[nodiscard]] constexpr std::string_view to_string(DisconnectMode mode) {
  return detail::name_in(kDisconnectModeNames, mode);
}

inline constexpr std::array<std::string_view, 7> kEndOriginNames{
    "local user",  "remote party", "policy", "application lost",
    "line closed", "provider",     "system"};
[[nodiscard]] constexpr std::string_view to_string(EndOrigin origin) {
  return detail::name_in(kEndOriginNames, origin);
}

inline constexpr std::array<std::string_view, 7> kRefusalReasonNames{
    "unknown user",   "nobody there", "source not accepted", "busy line", "overloaded",
    "not understood", "not taken"};
[[nodiscard]] constexpr std::string_view to_string(RefusalReason reason) {
  return detail::name_in(kRefusalReasonNames, reason);
}

inline constexpr std::array<std::string_view, 3> kPrivilegeNames{"none", "monitor", "owner"};
[[nodiscard]] constexpr std::string_view to_string(Privilege privilege) {
  const auto bits = static_cast<unsigned>(privilege);
  return bits == 4 ? kPrivilegeNames[2] : bits == 1 || bits == 2 ? kPrivilegeNames[bits - 1] : "?";
}

inline constexpr std::array<std::string_view, 2> kDirectionNames{"outgoing", "incoming"};
[[nodiscard]] constexpr std::string_view to_string(Direction direction) {
  return detail::name_in(kDirectionNames, direction);
}

inline constexpr std::array<std::string_view, 3> kDropReasonNames{"normal", "no answer",
                                                                  "rejected"};
[[nodiscard]] constexpr std::string_view to_string(DropReason reason) {
  return detail::name_in(kDropReasonNames, reason);
}

inline constexpr std::array<std::string_view, 5> kConfirmationNames{
    "pending", "confirmed", "already gone", "unconfirmed", "not applicable"};
[[nodiscard]] constexpr std::string_view to_string(Confirmation confirmation) {
  return detail::name_in(kConfirmationNames, confirmation);
}

inline constexpr std::array<std::string_view, 11> kResourceNames{
    "identifiers",  "sessions",  "requests",    "engine timers",   "provider calls", "dialogs",
    "transactions", "rtp ports", "descriptors", "provider timers", "journal rows"};
[[nodiscard]] constexpr std::string_view to_string(Resource resource) {
  return detail::name_in(kResourceNames, resource);
}

inline constexpr std::array<std::string_view, 3> kLeakActionNames{"warn", "refuse new", "reclaim"};
[[nodiscard]] constexpr std::string_view to_string(LeakAction action) {
  return detail::name_in(kLeakActionNames, action);
}

/// Durations for people, on the monotonic clock; zero when the step was never reached.
/// @param until  what "now" is, for a session that has not ended yet.
[[nodiscard]] inline std::chrono::nanoseconds time_to_answer(const Record& record) {
  for (const TimelineEntry& step : record.timeline)
    if (step.state == CallState::connected)
      return step.at.monotonic - record.timeline.front().at.monotonic;
  return {};
}

/// Time between the first and the last moment in which `counts(state)` held, gaps left out.
template <typename Counts>
[[nodiscard]] std::chrono::nanoseconds time_in(const Record& record, const Moment& until,
                                               Counts counts) {
  std::chrono::nanoseconds sum{0};
  for (std::size_t i = 0; i < record.timeline.size(); ++i) {
    if (!counts(record.timeline[i].state)) continue;
    const bool last = i + 1 == record.timeline.size();
    sum += (last ? until : record.timeline[i + 1].at).monotonic - record.timeline[i].at.monotonic;
  }
  return sum;
}

[[nodiscard]] constexpr bool is_hold(CallState state) {
  return state == CallState::on_hold || state == CallState::on_hold_pending_conference ||
         state == CallState::on_hold_pending_transfer;
}

/// From answer to end, held time included.
[[nodiscard]] inline std::chrono::nanoseconds talk_time(const Record& record, const Moment& until) {
  return time_in(record, until, [](CallState state) {
    return state == CallState::connected || state == CallState::conferenced || is_hold(state);
  });
}

[[nodiscard]] inline std::chrono::nanoseconds held_time(const Record& record, const Moment& until) {
  return time_in(record, until, is_hold);
}

}  // namespace switchhook
