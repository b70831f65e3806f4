// SPDX-License-Identifier: Apache-2.0
#pragma once

// A session: one call, as one program holds it. `Session` owns the identifier and releases it when
// it is destroyed; `SessionView` is a copyable, weak look at the same session. What both can do is
// in `SessionBase`.
//
// A session ends in two steps. First the communication ends (state `disconnected` or `idle`):
// somebody dropped it, nobody answered, a rule struck. The identifier stays valid and record() goes
// on answering. Then the identifier is released: release(), or the destructor. A session that ended
// and is not released is a leak; the service can name its holder (operator.hpp).
//
// Threads: all functions from any thread, also several at once on one object, but for moving and
// destroying the object itself. Callbacks run on the application's one dispatch thread, with no
// lock held; any function may be called in them, also release(), and the Session may be destroyed
// there. Ownership: values; no pointer passes this interface. Objects outlive their application, a
// closed line and a lost service safely: every call then answers with an error.
//
// Errors that every function below may answer, and that are not repeated there:
//   stale_handle       the session was released, its line was closed, or the object is empty
//   reclaimed          an operator took the identifier of the ended session away
//   stale_application  the Application was shut down or destroyed
//   disconnected       the service cannot be reached (any more)
//   overloaded         too many requests at once
//   timed_out          the service did not answer within 30 seconds

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "switchhook/error.hpp"
#include "switchhook/export.hpp"
#include "switchhook/types.hpp"

namespace switchhook {

namespace detail {
class Hub;
class SessionState;
class LineState;
class TraceState;
}  // namespace detail

/// For waits that shall not end by time.
inline constexpr std::chrono::milliseconds kForever = std::chrono::milliseconds::max();

/// Something that happened to a session (to_string() names its kind). Which fields count is said with each kind.
struct SessionEvent {
  enum class Kind : std::uint8_t {
    state,        ///< a new state: state, detail, at; at the end cause, origin; maybe privilege
    information,  ///< what record() says has changed otherwise: parties, user information, …
    digit,        ///< the other side sent a digit: digit, digit_mode, at
    digits_sent,  ///< what send_digits() was given is out: tag, cancelled, at
    gone,         ///< the identifier became invalid without having been released: why
    events_lost,  ///< this many events came faster than they were taken: lost. Never the end
  };
  Kind kind = Kind::state;
  CallState state = CallState::unknown;
  std::uint8_t detail = 0;             ///< BusyMode, ConnectedMode, …, by state; 0 = none given
  std::optional<Cause> cause;          ///< with disconnected and idle: how it ended
  std::optional<EndOrigin> origin;     ///< with disconnected and idle: on whose initiative
  std::optional<Privilege> privilege;  ///< set when newly given (first event, hand-off)
  Moment at;
  char digit = 0;                ///< 0-9 * # A-D
  std::uint32_t digit_mode = 0;  ///< one bit of digits::
  std::uint32_t tag = 0;         ///< the one given to send_digits()
  bool cancelled = false;        ///< not all digits were sent
  std::uint64_t lost = 0;        ///< how many events
  std::optional<Error> why;      ///< disconnected, stale_line, reclaimed
};

/// The name of the kind: lower case, words apart, stable.
[[nodiscard]] constexpr std::string_view to_string(SessionEvent::Kind kind) {
  switch (kind) {
    case SessionEvent::Kind::state:
      return "state";
    case SessionEvent::Kind::information:
      return "information";
    case SessionEvent::Kind::digit:
      return "digit";
    case SessionEvent::Kind::digits_sent:
      return "digits sent";
    case SessionEvent::Kind::gone:
      return "gone";
    case SessionEvent::Kind::events_lost:
      return "events lost";
  }
  return "?";
}

/// All that an identifier answers, before the end and after it.
struct SessionInfo {
  Record record;
  Privilege privilege = Privilege::monitor;  ///< this program's
  std::uint32_t owners = 0, monitors = 0;    ///< of all programs
  Moment state_entered;
};

/// How digits are sent. All may be left as they are.
struct DigitOptions {
  std::uint32_t mode = digits::kDtmf;     ///< one bit of digits::
  std::chrono::milliseconds duration{0};  ///< of each digit, 0…10 s; 0 = the provider's choice
  std::uint32_t tag = 0;                  ///< comes back in the event `digits_sent`
};

class SessionView;

/// What can be done with a session, whether one owns it (Session) or looks at it (SessionView).
/// Threads, ownership, common errors: see the head of this file.
class SWITCHHOOK_EXPORT SessionBase {
 public:
  using Callback = std::function<void(SessionView session, const SessionEvent& event)>;

  /// True when the identifier was valid a moment ago: neither released nor lost. No round trip.
  /// Threads: any. Errors: none.
  [[nodiscard]] bool valid() const;

  /// A number for this identifier, unique in the application for its whole life; 0 when empty. It
  /// keeps its value after release. Threads: any. Errors: none.
  [[nodiscard]] std::uint64_t id() const;

  // ---- control. Each waits until the provider has done it, 10 seconds at most

  /// Accepts an offered call without answering it: the caller hears ringing.
  /// State offering → accepted.
  /// @param user_info  bytes for the caller, 0…LineInfo::user_info_max; copied.
  /// Errors: not_owner; invalid_state unless offering; user_info_too_big; unsupported; failed.
  /// Threads: any. Source: TAPI lineAccept; SIP: 180 (RFC 3261 section 13.3.1.1).
  Result<void> accept(const UserInfo& user_info = {});

  /// Answers an offered or accepted call. State offering, accepted → connected.
  /// @param user_info  as in accept().
  /// Errors: not_owner; invalid_state; user_info_too_big; failed. Threads: any.
  /// Source: TAPI lineAnswer; SIP: 200 (RFC 3261 section 13.3.1.4).
  Result<void> answer(const UserInfo& user_info = {});

  /// Ends the communication: hangs up, gives up an attempt, rejects an offer; clears a
  /// `disconnected` session. The identifier stays valid. Any state but idle → idle; the state event
  /// follows the return. The far end may still be finishing: record().end->confirmation tells.
  /// @param reason     what the caller of an offered call is told; otherwise not used.
  /// @param user_info  bytes for the other side, as in accept(); not promised to arrive.
  /// Errors: not_owner; invalid_state when idle already; user_info_too_big; failed. Threads: any.
  /// Source: TAPI lineDrop; SIP: BYE, CANCEL, 486/603/480 (RFC 3261 sections 15, 9, 13.3.1.3).
  Result<void> drop(DropReason reason = DropReason::normal, const UserInfo& user_info = {});

  /// Puts the other side on hold. State connected → on_hold.
  /// Errors: not_owner; invalid_state; unsupported; failed. Threads: any. Source: TAPI lineHold.
  Result<void> hold();

  /// Takes the other side back. State on_hold → connected.
  /// Errors: not_owner; invalid_state; unsupported; failed. Threads: any. Source: TAPI lineUnhold.
  Result<void> unhold();

  /// Puts the other side on hold and takes that of `held` back, in one step: when one of the two is
  /// refused, the other is undone. Both sessions are of one line. State connected → on_hold, and
  /// on_hold → connected. Errors: not_owner of both; invalid_state of either; invalid_argument when
  /// they are of different lines; unsupported; failed. Threads: any. Source: TAPI lineSwapHold;
  /// SIP: two re-INVITEs (RFC 3264 section 8.4).
  Result<void> swap_hold(const SessionBase& held);

  /// Has the other side call `address` in place of this session (a blind transfer), and returns
  /// when it has reached somebody there, or not: up to four minutes. State connected or on_hold →
  /// idle; after an error the session continues unchanged. Errors: not_owner; invalid_state;
  /// invalid_address; failed, with what was answered; timed_out when the other side does not say
  /// what came of it; unsupported. Threads: any. Source: TAPI lineBlindTransfer; SIP: REFER (RFC
  /// 3515).
  Result<void> transfer(const std::string& address);

  /// Has the other side of this session talk to the other side of `consultation` (an attended
  /// transfer). Both sessions connected or on_hold → idle. Errors, waiting: as transfer() to an
  /// address; unsupported when they belong to different providers. Threads: any.
  /// Source: TAPI lineCompleteTransfer; SIP: REFER with Replaces (RFC 3891).
  Result<void> transfer(const SessionBase& consultation);

  /// Sends digits; returns when they are accepted, the event `digits_sent` says when they are out.
  /// New digits cancel those of an earlier call that are not out yet; "" only cancels.
  /// @param digits  0…256 of 0-9 * # A-D, ',' (a pause) and '!' (a short press on the hook).
  /// Errors: not_owner; invalid_state unless connected; invalid_digits; invalid_argument (a mode
  /// that the line does not send); unsupported (the line sends none). Threads: any.
  /// Source: TAPI lineGenerateDigits.
  Result<void> send_digits(const std::string& digits, const DigitOptions& options = {});

  /// Reports the other side's digits from now on as events.
  /// @param modes  bits of digits::; 0 = stop.
  /// Errors: invalid_state when ended; invalid_argument (a mode that the line does not hear);
  /// unsupported (the line hears none). Threads: any. Source: TAPI lineMonitorDigits.
  Result<void> monitor_digits(std::uint32_t modes = digits::kDtmf);

  /// Becomes owner of, or mere monitor to, the session.
  /// Errors: invalid_state when the sole owner of a session that has not ended wants to be monitor;
  /// invalid_privilege; denied. Threads: any. Source: TAPI lineSetCallPrivilege.
  Result<void> set_privilege(Privilege privilege);

  /// Makes another application an owner as well; this one keeps its identifier and privilege.
  /// @param application  its name (Application::Options::name), 1…256 bytes.
  /// Errors: not_owner; invalid_state; target_not_found. Threads: any. Source: TAPI lineHandoff.
  Result<void> hand_off(const std::string& application);
  /// The same, to the application that has the line open to own calls of this medium.
  /// @param media_mode  one bit of media::.
  Result<void> hand_off(std::uint32_t media_mode);

  /// Sets a number that all holders see in the record. Errors: not_owner. Threads: any.
  /// Source: TAPI lineSetAppSpecific.
  Result<void> set_app_specific(std::uint32_t value);

  /// Lets go of the user information received so far, so that later one can be shown.
  /// Errors: not_owner. Threads: any. Source: TAPI lineReleaseUserUserInfo.
  Result<void> release_user_info();

  // ---- information, during the call and after its end

  /// The state now, asked from the service. Threads: any. Source: TAPI lineGetCallStatus.
  [[nodiscard]] Result<CallState> state() const;

  /// What is known of the session: during its life, and after its end until it is released, with
  /// the end's cause, origin and confirmation. Final once the state is idle and
  /// end->confirmation is not pending. Threads: any. Source: TAPI lineGetCallInfo.
  [[nodiscard]] Result<Record> record() const;

  /// The record, and what this program may do. Threads: any.
  [[nodiscard]] Result<SessionInfo> info() const;

  // ---- waiting. All may be called in callbacks; one that waits there holds up other callbacks

  /// The next event, in order. Events that a callback has taken do not come here.
  /// @param timeout  0 = only look; kForever = no limit.
  /// @return nothing when none came in time. Threads: any; each event goes to one caller.
  /// Errors: the common ones, after all events have been taken.
  Result<std::optional<SessionEvent>> next_event(std::chrono::milliseconds timeout);

  /// Waits until the session is in `state` or passes through it. Takes no event away.
  /// Errors: timed_out; invalid_state when the session became idle without (the text says how it
  /// ended), or had done so before. Threads: any.
  Result<void> wait_for(CallState state, std::chrono::milliseconds timeout) const;

  /// Waits until the communication has ended: disconnected or idle. Takes no event away.
  /// Errors: timed_out. Threads: any.
  Result<void> wait_for_end(std::chrono::milliseconds timeout = kForever) const;

  /// Waits until the end is complete: the session is idle and the far end has acknowledged or its
  /// time is up (end->confirmation is not pending). Clears a `disconnected` session if this program
  /// owns it. Takes no event away.
  /// @return the final record. Errors: timed_out. Threads: any.
  Result<Record> wait_for_record(std::chrono::milliseconds timeout = kForever);

  /// Sets who is told of events, instead of next_event(); events that wait already are delivered
  /// first. Empty = nobody, they wait again. The callback runs on the application's dispatch
  /// thread, one at a time, in order within one session, and must not throw. It is let go of, at
  /// the latest, when the session is released: after that none begins; one that is running on the
  /// dispatch thread then finishes (Application::drain_callbacks waits for it).
  /// Threads: any. Errors: the common ones.
  Result<void> on_event(Callback callback);

  /// Same session? Two empty ones are the same. Threads: any. Errors: none.
  [[nodiscard]] bool same_as(const SessionBase& other) const { return state_ == other.state_; }

 protected:
  friend class detail::Hub;
  friend class SessionView;
  SessionBase();
  explicit SessionBase(std::shared_ptr<detail::SessionState> state);
  ~SessionBase();
  SessionBase(const SessionBase&);
  SessionBase& operator=(const SessionBase&);
  SessionBase(SessionBase&&) noexcept;
  SessionBase& operator=(SessionBase&&) noexcept;
  std::shared_ptr<detail::SessionState> state_;
};

/// A weak look at a session: copyable, never releases, does not keep the identifier. Given to
/// callbacks, made from a Session. An empty view answers stale_handle.
/// Threads, ownership, common errors: see the head of this file.
class SWITCHHOOK_EXPORT SessionView : public SessionBase {
 public:
  /// An empty view. Threads: any. Errors: none.
  SessionView();
  /// A look at that session. Threads: any. Errors: none.
  SessionView(const SessionBase& session);  // NOLINT: implicit, a Session is a view as well

 private:
  friend class detail::Hub;
  explicit SessionView(std::shared_ptr<detail::SessionState> state);
};

/// A session held by this program. Move-only. The destructor releases the identifier: local and
/// quick, it never waits for the network. Releasing the only identifier of a live call ends the
/// call (end origin line_closed). Threads, ownership, common errors: see the head of this file.
class SWITCHHOOK_EXPORT Session : public SessionBase {
 public:
  /// An empty session: every call answers stale_handle. Errors: none. Threads: any.
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  Session(Session&&) noexcept;
  /// Releases what it held before.
  Session& operator=(Session&&) noexcept;

  /// Releases the identifier: it is invalid from now on, whatever is returned. The communication
  /// itself is not touched, but a live call that nobody holds any more is ended.
  /// Waits for the service's word, not for the network. Threads: any, also the session's own
  /// callback. Errors: the common ones; state after: stale_handle for ever.
  /// Source: TAPI lineDeallocateCall; "Terminate a session".
  Result<void> release();

  /// A weak look at the same session. Threads: any. Errors: none.
  [[nodiscard]] SessionView view() const { return SessionView(*this); }

 private:
  friend class detail::Hub;
  explicit Session(std::shared_ptr<detail::SessionState> state);
};

}  // namespace switchhook
