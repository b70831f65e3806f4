// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything that passes the port: commands of applications, the replies to them, and events. Plain
// values; the wire protocol (schema/switchhook.fbs) carries exactly these.
//
// A command is answered by exactly one completed Reply. Commands marked "asynchronous" that pass
// their checks (handle, privilege, state) are first acknowledged by an accepted Reply; the
// completed one follows when the provider has done it. Replies and events of one application form
// ONE ordered stream: what is before a reply in the stream happened before it. Closing a line and
// shutting down suppress the completion of what was outstanding there (TAPI lineClose,
// lineShutdown); releasing an identifier does not.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/ids.hpp"
#include "base/variant.hpp"
#include "switchhook/error.hpp"
#include "switchhook/types.hpp"

namespace switchhook::api {

/// TAPI API versions decide a few rules (release by a sole owner: lineDeallocateCall).
inline constexpr std::uint32_t kApiVersion20 = 0x00020000;
inline constexpr std::uint32_t kApiVersionLatest = 0x00030001;

/// What an application may do with calls of other users: nothing, see them, or everything.
/// docs/daemon.md has the table.
enum class Role : std::uint8_t { user, observer, operating };
inline constexpr std::size_t kRoleCount = 3;

/// The number of an account that is not known.
inline constexpr std::uint32_t kNoUser = 0xffffffff;

/// Who attaches. Process and user come from the transport (peer credentials), not from the client;
/// role and groups come from the service.
struct ApplicationInfo {
  std::string name;
  std::string user;
  std::uint32_t process = 0;
  Role role = Role::operating;
  std::uint32_t identifier_bytes = 0;  ///< what its library keeps for each identifier, 0 = unknown
  std::uint32_t uid = kNoUser;         ///< of the user
  std::vector<std::uint32_t> groups = {};  ///< that the user is in
};

// ---- commands

struct ListLines {};  // → LineList

/// Opens a line. Privileges combine (Privilege values as bits). → OpenedLine
struct OpenLine {
  LineId line = 0;
  std::uint8_t privileges = 0;    ///< bits of Privilege; none alone = outgoing calls only
  std::uint32_t media_modes = 0;  ///< which incoming calls an owner wants
  std::uint32_t api_version = kApiVersionLatest;
};
/// Closes an opening: its identifiers become stale, calls it solely owned are dropped,
/// outstanding completions are suppressed (but this one's own).
struct CloseLine {
  OpenId open;
};
/// → LineStatus.
struct GetLineStatus {
  LineId line = 0;
};

/// Places a call. Asynchronous; completion → MadeCall. The creator is sole owner.
struct MakeCall {
  OpenId open;
  std::string address;
  std::chrono::milliseconds no_answer_timeout{0};  ///< 0 = none; then policy ends it: no_answer
  std::chrono::milliseconds length_limit{0};  ///< from connected; 0 = none; then policy ends it
  std::uint32_t media_modes = media::kVoice;
  Party calling;             ///< empty = the line's own
  std::string called_party;  ///< name for people
  std::string comment;
  UserInfo user_info;
  std::uint32_t app_specific = 0;
  std::string site = {};  ///< where in the program; empty = not known
};
/// Asynchronous.
struct AcceptCall {
  CallId call;
  UserInfo user_info;
  std::string site = {};  ///< where in the program the call was taken; empty = not known
};
/// Asynchronous.
struct AnswerCall {
  CallId call;
  UserInfo user_info;
  std::string site = {};  ///< where in the program the call was taken; empty = not known
};
/// Ends the communication; the identifier stays valid. In `disconnected` it clears to `idle`.
/// Asynchronous.
struct DropCall {
  CallId call;
  DropReason reason = DropReason::normal;
  UserInfo user_info;
};
/// Releases the identifier; the session itself is not touched (but a live one nobody holds any more
/// is closed). Synchronous.
struct ReleaseCall {
  CallId call;
};
/// Asynchronous.
struct HoldCall {
  CallId call;
};
/// Asynchronous.
struct UnholdCall {
  CallId call;
};
/// The far end is to talk to `address`, or to the far end of the call `with`, instead of to this
/// application. Answered when the outcome is known; both calls are idle then, or as they were.
/// Asynchronous.
struct TransferCall {
  CallId call;
  std::string address;  ///< empty with `with`
  CallId with;
};
/// What is connected (`call`) and what is on hold (`with`), both of this application on one line,
/// change places: both do, or neither. Asynchronous.
struct SwapHold {
  CallId call;
  CallId with;
};
/// Synchronous.
struct SetPrivilege {
  CallId call;
  Privilege privilege = Privilege::monitor;
};
/// Makes another application an owner as well. By name, or by media mode when the name is empty.
/// Synchronous.
struct HandOff {
  CallId call;
  std::string application;
  std::uint32_t media_mode = 0;
};
struct SetAppSpecific {
  CallId call;
  std::uint32_t value = 0;
};
/// Bits of digits::, 0 = stop.
struct MonitorDigits {
  CallId call;
  std::uint32_t modes = 0;
};
/// Sends digits; DigitsSent tells when they are out. A second one cancels the first. "" cancels.
struct SendDigits {
  CallId call;
  std::string digits;
  std::uint32_t mode = digits::kDtmf;
  std::chrono::milliseconds duration{0};  ///< of each; 0 = the provider's default
  std::uint32_t tag = 0;                  ///< comes back in DigitsSent
};
struct ReleaseUserInfo {
  CallId call;
};
/// → CallSnapshot.
struct GetCall {
  CallId call;
};
/// Identifiers (monitor) for the sessions of a line that this application has none for. → CallList
struct GetNewCalls {
  OpenId open;
  std::string site = {};   ///< where in the program; empty = not known
  SessionId session = {};  ///< only for this one; 0 = all
};

/// → RecordPage, live and ended-but-held.
struct ListSessions {
  SessionId after;
  std::uint32_t limit = 0;
};
/// In no order of age. The next page begins after the last identifier of the one before.
/// → LeakList.
struct ListLeaks {
  std::uint32_t limit = 0;
  CallId after = {};
};
/// Takes identifiers of ended sessions away from their holders. Invalid `call` = all leaks.
/// → Reclaimed.
struct Reclaim {
  CallId call;
};
/// Ends the communication of a session, whoever holds it; for those who may control it. Its end
/// follows as after a drop. Synchronous.
struct HangUp {
  SessionId session;
};
struct RunAudit {};   // → AuditReport (asynchronous inside)
struct RecordQuery {  // → RecordPage, from the store
  std::uint64_t after_session = 0;
  std::string line;  ///< empty = all
  std::chrono::microseconds since_wall{0};
  std::uint32_t limit = 0;  ///< 0 = limits::kListEntries
  bool newest_first = true;
  std::uint64_t session = 0;                ///< only this one's; 0 = all
  std::chrono::microseconds until_wall{0};  ///< ended before this; 0 = all
  std::string party;                        ///< part of an address or name; empty = all
  std::string application;                  ///< who placed or first owned it; empty = all
  std::string provider;                     ///< empty = all
  std::optional<EndOrigin> origin;          ///< empty = all
  bool verify =
      false;  ///< no records: all are looked at, for an operator, and the damaged are named
};
struct GetServiceStatus {};  // → ServiceStatus
/// Takes a changed configuration, or says why it is not taken. An operator's. → ReloadReport
struct Reload {};
/// From now on no call begins, and the service ends when the last one is over; or, with `cancel`, it
/// goes on. An operator's. Synchronous.
struct Drain {
  bool cancel = false;
};
struct OpeningToRestore {
  OpenId open;
  std::string line;             ///< name
  std::uint8_t privileges = 0;  ///< these as in OpenLine
  std::uint32_t media_modes = 0;
  std::uint32_t api_version = kApiVersionLatest;
};
struct CallToRestore {
  CallId call;
  OpenId open;
  SessionId session;
  bool over = false;  ///< the application was told idle
};
/// After the service died and was started again: what it had given this process is given to it
/// again, under the same numbers. Sessions that it was not told the end of are told disconnected
/// and idle. → Restored
struct Restore {
  std::vector<OpeningToRestore> openings;
  std::vector<CallToRestore> calls;
};
/// From now on the messages of the network come as TracedMessage, of those that are asked for; only
/// for operators. Replaces what was asked for before. Synchronous.
struct Trace {
  bool on = true;        ///< false = none any more
  SessionId session;     ///< only of this one; 0 = all
  std::string line;      ///< only of the line of this name; empty = all
  bool secrets = false;  ///< nothing is blanked
};
/// Detaches the application: equivalent of closing all its lines. No event and no completion but
/// its own follows.
struct ShutDown {};

class Command
    : public std::variant<ListLines, OpenLine, CloseLine, GetLineStatus, MakeCall, AcceptCall,
                          AnswerCall, DropCall, ReleaseCall, HoldCall, UnholdCall, SetPrivilege,
                          HandOff, SetAppSpecific, MonitorDigits, SendDigits, ReleaseUserInfo,
                          GetCall, GetNewCalls, ListSessions, ListLeaks, Reclaim, RunAudit,
                          RecordQuery, GetServiceStatus, ShutDown, TransferCall, Restore, HangUp,
                          SwapHold, Reload, Drain, Trace> {
  SWITCHHOOK_VARIANT_MEMBERS(Command)
};

// ---- what replies carry

struct LineList {
  std::vector<LineInfo> lines;
};
struct OpenedLine {
  OpenId open;
  std::string line = {};  ///< its name, which outlives the service
};
using switchhook::LineStatus;
struct MadeCall {
  CallId call;
  SessionId session = {};
};

/// What an application may do with a session now, state and privilege taken into account.
namespace feature {
inline constexpr std::uint32_t kAccept = 1, kAnswer = 2, kDrop = 4, kHold = 8, kUnhold = 16,
                               kSendDigits = 32, kMonitorDigits = 64, kHandOff = 128,
                               kSetPrivilege = 256, kReleaseUserInfo = 512, kTransfer = 1024,
                               kSwapHold = 2048;  // of the call that is connected
}

/// All that an identifier answers: before and after the end.
struct CallSnapshot {
  CallId call;
  OpenId open;
  LineId line = 0;
  Record record;
  Privilege privilege = Privilege::monitor;
  std::uint32_t features = 0;  ///< bits of feature::
  std::uint32_t owners = 0, monitors = 0;
  std::uint32_t monitored_digits = 0;  ///< bits of digits::, this identifier's
  Moment state_entered;
};
struct CallList {
  std::vector<CallId> calls;
  std::vector<SessionId> sessions = {};  ///< theirs, in the same order
};
struct RecordPage {
  std::vector<Record> records;
  bool more = false;
  std::uint64_t checked = 0;         ///< to verify: so many were looked at
  std::vector<std::string> damaged;  ///< to verify: what was found, limits::kListEntries at most
};

/// A session that ended and whose identifier is still held.
struct Leak {
  CallId call;
  std::uint64_t session = 0;
  std::string line;
  std::string application;
  std::string user;
  std::uint32_t process = 0;
  Privilege privilege = Privilege::monitor;
  CallState state = CallState::idle;
  Moment acquired;
  Moment ended;
  std::uint64_t bytes = 0;           ///< kept for it in the service
  std::uint64_t client_bytes = 0;    ///< kept for it by the holder's library, as that says
  std::uint64_t provider_bytes = 0;  ///< kept for it by the provider; 0 once it was returned
  AppId connection;                  ///< the holder's attachment
  std::string site;                  ///< where the holder acquired it; empty = not known
};
struct LeakList {
  std::vector<Leak> leaks;
  std::uint64_t total = 0;  ///< of all pages
  bool more = false;
};
struct Reclaimed {
  std::uint64_t count = 0;
};
/// What could not be restored: the line does not exist any more, the session is unknown, or this
/// process did not hold it.
struct Restored {
  std::vector<OpenId> lost_openings;
  std::vector<CallId> lost_calls;
};

using switchhook::AuditReport;
using switchhook::LedgerLine;
using switchhook::ReloadReport;
using switchhook::ServiceStatus;

class Value : public std::variant<std::monostate, LineList, OpenedLine, LineStatus, MadeCall,
                                  CallSnapshot, CallList, RecordPage, LeakList, Reclaimed,
                                  AuditReport, ServiceStatus, Restored, ReloadReport> {
  SWITCHHOOK_VARIANT_MEMBERS(Value)
};

struct Reply {
  RequestId request = 0;
  bool accepted_only = false;  ///< true: acknowledged, the completed one follows
  Result<Value> result = Value{};
};

// ---- events

/// An identifier given without having been asked for: incoming call, handoff, monitored call.
/// Always followed at once by its CallStateChanged (TAPI LINE_APPNEWCALL).
struct CallAppeared {
  OpenId open;
  CallId call;
  Privilege privilege = Privilege::monitor;
  SessionId session = {};
};

struct CallStateChanged {
  CallId call;
  CallState state = CallState::unknown;
  std::uint8_t detail = 0;             ///< BusyMode, ConnectedMode, …, by state
  std::optional<Cause> cause;          ///< with disconnected and idle: how it ended
  std::optional<EndOrigin> origin;     ///< with disconnected and idle: on whose initiative
  std::optional<Privilege> privilege;  ///< set when newly given (first event, handoff)
  Moment at;
};

/// Bits of what changed in the information of a call.
namespace change {
inline constexpr std::uint32_t kParties = 1, kUserInfo = 2, kAppSpecific = 4, kOwnersUp = 8,
                               kOwnersDown = 16, kMonitors = 32, kMedia = 64, kOther = 128,
                               kConfirmation = 256;
}
/// Never sent once the call is idle, nor to who caused an owner or monitor change (LINE_CALLINFO).
struct CallInfoChanged {
  CallId call;
  std::uint32_t what = 0;
};

/// The line was closed by the service; it and its identifiers are already stale (LINE_CLOSE).
struct LineClosed {
  OpenId open;
  std::string why;
};

/// What changed about a line (LINE_LINEDEVSTATE, LINE_ADDRESSSTATE). Once for each application and
/// change: with the first opening that it has of the line, whatever others it has. Who opens or
/// closes a line is not told of it. A step that changes too much at once is told as EventsLost.
enum class LineChange : std::uint8_t { in_service, out_of_service, opened, closed, ringing, calls };
struct LineChanged {
  OpenId open;
  LineChange what = LineChange::calls;
  std::uint32_t count = 0;
};

/// A line came or went for good; pushed to all applications (LINE_CREATE, LINE_REMOVE).
struct LineAppeared {
  LineId line = 0;
};
struct LineRemoved {
  LineId line = 0;
};

struct DigitReceived {
  CallId call;
  char digit = 0;
  std::uint32_t mode = digits::kDtmf;
  Moment at;
};
struct DigitsSent {
  CallId call;
  bool cancelled = false;
  std::uint32_t tag = 0;
  Moment at;
};

/// This application's identifier of an ended session was reclaimed: stale from now on.
struct CallReclaimed {
  CallId call;
};

/// This application holds more ended sessions than its limit allows, or one for longer.
struct LeakLimitReached {
  std::uint64_t held = 0;  ///< ended sessions it holds
  CallId oldest;           ///< the one that it holds for longest
  Moment ended;            ///< when that one ended
  bool by_age = false;     ///< the limit on age; otherwise that on their number
  LeakAction action = LeakAction::warn;
};

/// The stream lost `count` events because it was not read in time; identifiers are unaffected.
struct EventsLost {
  std::uint64_t count = 0;
};

/// To who asked for it by Trace.
using switchhook::TracedMessage;

class Event : public std::variant<CallAppeared, CallStateChanged, CallInfoChanged, LineClosed,
                                  LineChanged, LineAppeared, LineRemoved, DigitReceived, DigitsSent,
                                  CallReclaimed, EventsLost, LeakLimitReached, TracedMessage> {
  SWITCHHOOK_VARIANT_MEMBERS(Event)
};

}  // namespace switchhook::api
