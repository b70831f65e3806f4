// SPDX-License-Identifier: Apache-2.0
#pragma once

// The boundary to what makes sessions real. Commands go to a provider, events come back; both are
// plain, serialisable values, so that a provider can also live in a process of its own.
//
// Rules of the boundary (docs/providers.md tells them at length):
// 1. A call is named by a CallRef. Whoever starts the call mints it: the engine for outgoing calls,
//    the provider (top bit set) for incoming ones. A CallRef is never used twice.
// 2. A provider answers every command that carries a request by exactly one Completed, promptly:
//    what takes time on the wire (the answer to a BYE) is finished in the background. Only Transfer
//    may take until its outcome is known, in bounded time.
// 3. MakeCall: Completed(ok) comes before the first StateChanged, and no later than `proceeding`.
//    Completed(error) means that no call ever was: nothing else comes, not even Ended.
// 4. NewCall is the first event of an incoming call; StateChanged(offering) the next.
// 5. Drop: Completed, then StateChanged(idle), without waiting for the far end. A call that the far
//    end ended is reported disconnected, with its cause; the engine clears it by itself.
//    An unanswered incoming call that is abandoned is reported disconnected and then idle.
// 6. Ended comes exactly once for every call that was made or offered (3, 4), when ALL its
//    resources but the CallRef are returned, in bounded time after the end. It may precede or
//    follow CloseCall.
// 7. CloseCall is the last command for a call; it may come at any time, also before the answer to a
//    command: the provider then completes every pending request with `failed`, ends the call if it
//    lives, and falls silent about it but for Ended. A CallRef is dead when CloseCall was sent
//    and Ended came.
// 8. Commands for a call the provider does not know are completed with stale_handle; events for a
//    call the engine does not know are counted and dropped.
// 9. A provider whose calls outlive its process (they have a far end elsewhere) posts a Recovery
//    before the message leaves that makes it true, so that after the process's sudden death another
//    one can end the call by EndOrphan, or take it up. When post() has returned it is safe.

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/variant.hpp"
#include "switchhook/error.hpp"
#include "switchhook/types.hpp"

namespace switchhook::provider {

/// A call at the boundary; see rule 1. Zero is no call.
struct CallRef {
  std::uint64_t value = 0;
  static constexpr std::uint64_t kMintedByProvider = std::uint64_t{1} << 63;
  explicit constexpr operator bool() const { return value != 0; }
  [[nodiscard]] constexpr bool minted_by_provider() const {
    return (value & kMintedByProvider) != 0;
  }
  friend constexpr auto operator<=>(CallRef, CallRef) = default;
};

using LineNumber = std::uint32_t;     ///< the provider's own number for a line, 0…n-1
using RequestNumber = std::uint64_t;  ///< minted by the engine

// ---- commands: engine → provider

/// Somebody uses the line now. Comes again when `takes_calls` changes.
struct OpenLine {
  LineNumber line = 0;
  /// Somebody would be offered an incoming call. Otherwise, and before the first OpenLine, a provider
  /// that hears strangers refuses them itself, counts them, and reports no call.
  bool takes_calls = true;
};
/// Nobody does any more; its calls were closed before.
struct CloseLine {
  LineNumber line = 0;
};
struct MakeCall {
  CallRef call;
  RequestNumber request = 0;
  LineNumber line = 0;
  std::string address;
  Party calling;  ///< empty = the line's own
  std::uint32_t media_modes = media::kVoice;
  UserInfo user_info;
  bool emergency = false;  ///< no limit of the provider's own refuses it
};
struct Accept {
  CallRef call;
  RequestNumber request = 0;
  UserInfo user_info;
};
struct Answer {
  CallRef call;
  RequestNumber request = 0;
  UserInfo user_info;
};

/// Why the engine ends a call; decides what an offered or outgoing call's far end is told.
enum class DropWhy : std::uint8_t { normal, rejected, no_answer, no_owner, stopping, length_limit };
struct Drop {
  CallRef call;
  RequestNumber request = 0;
  DropWhy why = DropWhy::normal;
  UserInfo user_info;
};
struct Hold {
  CallRef call;
  RequestNumber request = 0;
};
struct Unhold {
  CallRef call;
  RequestNumber request = 0;
};
/// The far end is to talk to somebody else instead of us: to `address`, which it calls, or to the
/// far end of the call `with`, which is of the same line or another line of this provider.
/// Completed(ok): it does, and the engine drops this call and `with` next. Completed(error): the
/// calls go on as they are.
struct Transfer {
  CallRef call;
  RequestNumber request = 0;
  std::string address;  ///< empty with `with`
  CallRef with;
};
/// The active call (`call`) is held, and the held one (`with`, of the same line) is taken back.
/// Completed(ok): both, and both states are reported. Completed(error): neither, or what was done
/// is undone; a state that comes or stays in spite of it is reported as any other.
struct Swap {
  CallRef call;
  RequestNumber request = 0;
  CallRef with;
};
/// Union of what all holders want to hear of; no completion.
struct MonitorDigits {
  CallRef call;
  std::uint32_t modes = 0;
};
/// Completed when all are sent. A second one completes the first with `failed`.
struct SendDigits {
  CallRef call;
  RequestNumber request = 0;
  std::string digits;
  std::uint32_t mode = digits::kDtmf;
  std::chrono::milliseconds duration{0};
};
struct CloseCall {
  CallRef call;
};
/// A call that an earlier process left behind is to be ended at its far end. It is none of the
/// engine's calls; answered by one OrphanEnded of the same number, in bounded time (rule 6).
/// With `take_up`, a provider that can goes on with the call under that name instead, as one that
/// is connected or on hold, and says so by TakeUpAnswered: from then on the call is one of the
/// engine's. A Recovery of it may come before. Whether its far end is there is found out
/// afterwards; if not, the call is reported disconnected as any other.
struct EndOrphan {
  std::uint64_t number = 0;
  std::string line;                        ///< name of its line, which may be there no more
  std::string recovery;                    ///< what the last Recovery of the call said
  std::string why;                         ///< for the far end, in words
  CallRef take_up;                         ///< zero = it is to be ended
  CallState state = CallState::connected;  ///< with take_up: as the engine knew it last
  std::uint8_t detail = 0;                 ///< of the state
};
/// Answered by one LedgerReport with the same token.
struct ReportLedger {
  std::uint64_t token = 0;
};
/// The configuration has one more line, which is answered by LineAdded with the next number; or another
/// one of this name. Then the line goes on, as LineAdded with its number says, or is replaced:
/// LineGone, and LineAdded with the next number.
struct AddLine {
  std::string line;    ///< its name
  std::string config;  ///< in a form that the provider's maker and whoever sends this know
};
/// The configuration has this line no more: LineGone follows. Its calls are closed by the engine.
struct RemoveLine {
  std::string line;  ///< its name
  std::string why;
};
/// Messages of the network are told by Traced from now on, or not any more. A provider without any
/// does nothing.
struct Trace {
  bool on = false;
  bool secrets = false;  ///< also as they are, with nothing blanked
};
/// End everything, unregister, report Ended for every call, then Stopped. Bounded time.
struct Stop {};

class Command
    : public std::variant<OpenLine, CloseLine, MakeCall, Accept, Answer, Drop, Hold, Unhold,
                          Transfer, MonitorDigits, SendDigits, CloseCall, EndOrphan, ReportLedger,
                          Stop, Swap, AddLine, RemoveLine, Trace> {
  SWITCHHOOK_VARIANT_MEMBERS(Command)
};

// ---- events: provider → engine

/// A line exists. `info.id` is filled in by the engine. Numbers count up from 0 without gaps. Once more
/// for a line that is there: what is said of it has changed, but not its name.
struct LineAdded {
  LineNumber line = 0;
  LineInfo info;
};
/// For good; its calls end with it.
struct LineGone {
  LineNumber line = 0;
  std::string why;
};
/// The provider wants the line closed for now; its calls end with it.
struct LineForcedClosed {
  LineNumber line = 0;
  std::string why;
};
struct LineStatus {
  LineNumber line = 0;
  bool in_service = true;
  std::string status;
};

struct NewCall {
  CallRef call;
  LineNumber line = 0;
  std::string provider_call_id;
  Parties parties;
  std::uint32_t media_modes = media::kVoice;
  UserInfo user_info;
};
struct StateChanged {
  CallRef call;
  CallState state = CallState::unknown;
  std::uint8_t detail = 0;
  std::optional<Cause> cause;  ///< always with disconnected; with idle when the far end caused it
  /// With a cause: whose end it is, the far end's or the provider's own (EndOrigin::provider).
  EndOrigin origin = EndOrigin::remote_party;
};
/// What is set replaces what was known.
struct InfoChanged {
  CallRef call;
  std::optional<Party> calling, called, connected, redirecting, redirection;
  std::optional<UserInfo> user_info;
  std::optional<std::string> provider_call_id;
};
struct Completed {
  CallRef call;
  RequestNumber request = 0;
  std::optional<Error> error;
};
struct DigitReceived {
  CallRef call;
  char digit = 0;
  std::uint32_t mode = digits::kDtmf;
};
struct Ended {
  CallRef call;
  Confirmation confirmation = Confirmation::not_applicable;
  std::chrono::microseconds confirmed_after{0};
  std::uint16_t sent_times = 0;
  ResourceCounts released{};  ///< what the call took in its life; all of it is given back
  MediaStatistics media_statistics;
};
/// What it takes to end the call at its far end; replaces what was said before (rule 9). Goes to
/// the journal, never to the engine.
struct Recovery {
  CallRef call;
  std::string line;  ///< name
  Direction direction = Direction::outgoing;
  std::string provider_call_id;
  std::string recovery;  ///< the provider's own bytes, opaque to all others
};
/// The answer to EndOrphan, unless the call was taken up.
struct OrphanEnded {
  std::uint64_t number = 0;
  Confirmation confirmation = Confirmation::not_applicable;
  std::chrono::microseconds confirmed_after{0};
  std::uint16_t sent_times = 0;
};
/// The first answer to one with take_up, promptly, of a provider that can do it.
struct TakeUpAnswered {
  std::uint64_t number = 0;
  bool taken_up = false;  ///< false = it is being ended; OrphanEnded follows
};
struct LedgerReport {
  std::uint64_t token = 0;
  std::array<std::int64_t, kResourceCount> booked{};  ///< by Resource
  std::array<std::int64_t, kResourceCount> found{};   ///< really there, counted independently
  std::optional<Refusals> refusals = {};              ///< of a provider that hears strangers
};
/// A message of the network, while Trace is on.
struct Traced {
  CallRef call;                    ///< whose it is, if that is known; 0 = no call's
  std::optional<LineNumber> line;  ///< whose it is, if that is known
  TracedMessage message;           ///< blanked; without line and session
  std::string secret;              ///< the same text as it is, if that was asked for
};
/// The provider cannot go on: all its calls and lines end with it.
struct Failed {
  std::string why;
};
struct Stopped {};

class Event
    : public std::variant<LineAdded, LineGone, LineForcedClosed, LineStatus, NewCall, StateChanged,
                          InfoChanged, Completed, DigitReceived, Ended, LedgerReport, Failed,
                          Stopped, Recovery, OrphanEnded, TakeUpAnswered, Traced> {
  SWITCHHOOK_VARIANT_MEMBERS(Event)
};

// ---- the interface

/// Where a provider's events go. Threads: any. Never blocks, never calls back into the provider.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void post(Event event) = 0;
  /// Whether there is a journal that keeps Recovery events; otherwise they need not be made.
  [[nodiscard]] virtual bool keeps_recovery() const { return false; }
};

/// A provider in this process. start() is called once; then submit() for each command, always from
/// one thread. Events go to the sink given to start(), never from inside submit() on the engine's
/// state (the sink queues). The destructor stops at once: no post() after it returned.
class Provider {
 public:
  virtual ~Provider() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  /// Begins work and announces the lines. Errors: what keeps it from working, in words.
  [[nodiscard]] virtual Result<void> start(Sink& sink) = 0;
  /// Before start(): the calls that an earlier process left, so that what comes for them from their
  /// far ends is known from the first message on. False = not taken: they come by submit().
  [[nodiscard]] virtual bool inherit(const std::vector<EndOrphan>& orphans) {
    static_cast<void>(orphans);
    return false;
  }
  virtual void submit(Command command) = 0;
  /// What it keeps for a call, roughly, for the list of leaks. 0 = not known.
  [[nodiscard]] virtual std::size_t bytes_per_call() const { return 0; }

  /// For providers without a thread of their own: when advance() has to be called next.
  [[nodiscard]] virtual std::optional<std::chrono::nanoseconds> next_deadline() const {
    return std::nullopt;
  }
  /// Called on the engine's thread when next_deadline() has passed.
  virtual void advance(const Moment& now) { static_cast<void>(now); }
};

}  // namespace switchhook::provider
