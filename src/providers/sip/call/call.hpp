// SPDX-License-Identifier: Apache-2.0
#pragma once

// One call of the engine: the state machine between the engine's commands and what the dialogs
// report, and what the engine is told. Pure as the usage below it: inputs in, outputs out; no
// stack, no clock, no table. A call has one dialog, or two while a REFER of the far end is followed
// (RFC 3515, RFC 5589; docs/decisions/0051 tells the rules): then one of them is the engine's, and
// becomes the other one when that has answered, or when whoever referred us has left. Threads: one
// at a time. Ownership: owns its state; the dialogs' usages are its host's, and attached while they
// live.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "provider/provider.hpp"
#include "providers/sip/call/sdp.hpp"
#include "providers/sip/dialog/usage.hpp"

namespace switchhook::sip::call {

/// A place for a dialog: 0 or 1.
using Slot = std::uint8_t;
inline constexpr std::size_t kSlots = 2;

enum class Timer : std::uint8_t {
  hold,   ///< a Hold or Unhold is completed by then
  reach,  ///< the one to whom we were referred answers by then
  part,   ///< the one who referred us hangs up by then
};
inline constexpr std::size_t kTimers = 3;

// ---- inputs besides the engine's own commands

/// provider::MakeCall, carried out: its dialog is in slot 0.
struct Make {
  provider::RequestNumber request = 0;
  UserInfo user_info;
};
/// An INVITE came: its dialog is in slot 0, and knows it.
struct Offered {
  provider::NewCall event;
  std::string offer;  ///< its session description; empty = none
  bool ring = false;  ///< at once
};
/// A call of an earlier process; its dialog is in slot 0. Its last offer, made once more, tells
/// whether the far end is still there (RFC 5057).
struct TakeUp {
  bool held = false, remote_held = false;
};
/// One of the re-INVITEs of a provider::Swap.
struct Half {
  provider::RequestNumber request = 0;
  bool hold = false;
};
/// provider::Transfer, with the address looked up.
struct Refer {
  provider::RequestNumber request = 0;
  std::string to;  ///< name-addr
};
/// The far end's REFER is followed: the new dialog is in the slot that was free.
struct Follow {
  usage::Referral referral;
  std::chrono::milliseconds limit{0};
};
/// An answered call has taken its place (RFC 3891).
struct Replaced {};
/// The provider stops.
struct Stop {};
/// Of a dialog; Finished when its usage is gone.
struct Report {
  Slot slot = 0;
  usage::Output what;
};
struct TimerDue {
  Timer timer = Timer::hold;
};

using Input = std::variant<Make, Offered, TakeUp, provider::Accept, provider::Answer,
                           provider::Drop, provider::Hold, provider::Unhold, Half, Refer,
                           provider::CloseCall, Follow, Replaced, Stop, Report, TimerDue>;

// ---- outputs

struct Tell {
  provider::Event event;
};
struct Feed {
  Slot slot = 0;
  usage::Input input;
};
struct SetTimer {
  Timer timer = Timer::hold;
  std::chrono::milliseconds after{0};
};
struct ClearTimer {
  Timer timer = Timer::hold;
};
/// The journal's entry of the call is to be written again.
struct Note {};
/// All of its dialogs are over. `released` is left to the host.
struct Over {
  provider::Ended ended;
};
using Output = std::variant<Tell, Feed, SetTimer, ClearTimer, Note, Over>;
using Outputs = std::vector<Output>;

class Call {
 public:
  struct Rules {
    std::uint16_t reject_code = 486;         ///< what a refused caller is told
    std::chrono::milliseconds limit{32000};  ///< for a far end that should hang up
  };
  Call(provider::CallRef ref, bool outgoing, const Rules& rules)
      : ref_(ref), rules_(rules), outgoing_(outgoing) {}

  /// A dialog is there, and this is how its audio is described: `local`'s version and direction are
  /// the call's.
  void attach(Slot slot, const usage::Usage& usage, sdp::Local local);
  /// It is there no more; Report of Finished comes next.
  void detach(Slot slot) { sides_[slot].usage = nullptr; }
  /// Before an answer: a port was taken.
  void use_port(std::uint16_t port) { sides_[main_].local.port = port; }

  /// @param now  of any clock that does not go back
  void apply(const Input& input, std::chrono::nanoseconds now, Outputs& out);
  /// After each input of the engine's dialog, whether it reported anything or not.
  void settle(Outputs& out) { offer_hold(out); }

  [[nodiscard]] provider::CallRef ref() const { return ref_; }
  [[nodiscard]] bool outgoing() const { return outgoing_; }
  [[nodiscard]] Slot main() const { return main_; }
  [[nodiscard]] bool closed() const { return phase_ == Phase::closed; }
  /// Neither end has ended it.
  [[nodiscard]] bool up() const { return phase_ == Phase::up; }
  /// Incoming, and neither answered nor over.
  [[nodiscard]] bool awaits_answer() const { return !outgoing_ && !answered_; }
  /// CloseCall came and Over was said.
  [[nodiscard]] bool dead() const { return closed() && over_; }
  [[nodiscard]] const sdp::Local& local(Slot slot) const { return sides_[slot].local; }
  /// What keeps an Answer from being given; no error: apply() gives it.
  [[nodiscard]] Result<void> may_answer(const provider::Answer& answer) const;
  /// The same of a transfer, and of being the other call of one.
  [[nodiscard]] bool may_transfer() const;
  /// The status that a REFER of the far end is refused with, or 0.
  [[nodiscard]] std::uint16_t refuses_referral() const;
  [[nodiscard]] bool held() const { return held_; }
  [[nodiscard]] bool transfers() const { return transfer_request_ != 0; }

 private:
  /// What the engine was told of the end, in order.
  enum class Phase : std::uint8_t { up, disconnected, idle, closed };
  struct Side {
    const usage::Usage* usage = nullptr;  // (ref)
    sdp::Local local;
    bool disconnected = false;  // the far end's end was reported
  };
  struct PendingHold {
    provider::RequestNumber request = 0;
    bool wanted = false;
    bool waits = false;  // its re-INVITE may not leave yet
  };
  /// What the newer dialog owes to a REFER.
  struct Referral {
    Slot slot = 0;
    Party target, by;
    std::uint16_t progress = 0;  // the last that was told
  };
  using Time = std::chrono::nanoseconds;

  void on(const Make&, Time, Outputs&);
  void on(const Offered&, Time, Outputs&);
  void on(const TakeUp&, Time, Outputs&);
  void on(const provider::Accept&, Time, Outputs&);
  void on(const provider::Answer&, Time, Outputs&);
  void on(const provider::Drop&, Time, Outputs&);
  void on(const provider::Hold&, Time, Outputs&);
  void on(const provider::Unhold&, Time, Outputs&);
  void on(const Half&, Time, Outputs&);
  void on(const Refer&, Time, Outputs&);
  void on(const provider::CloseCall&, Time, Outputs&);
  void on(const Follow&, Time, Outputs&);
  void on(const Replaced&, Time, Outputs&);
  void on(const Stop&, Time, Outputs&);
  void on(const Report&, Time, Outputs&);
  void on(const TimerDue&, Time, Outputs&);

  // Reports. What is only for the wire is none.
  template <typename NoReport>
  void report(Slot, const NoReport&, Time, Outputs&) {}
  void report(Slot, const usage::Progressed&, Time, Outputs&);
  void report(Slot, const usage::Answered&, Time, Outputs&);
  void report(Slot, const usage::Acknowledged&, Time, Outputs&);
  void report(Slot, const usage::Reoffered&, Time, Outputs&);
  void report(Slot, const usage::ReofferDone&, Time, Outputs&);
  void report(Slot, const usage::Referred&, Time, Outputs&);
  void report(Slot, const usage::Disconnected&, Time, Outputs&);
  void report(Slot, const usage::Finished&, Time, Outputs&);

  void tell_state(CallState state, Outputs& out, std::uint8_t detail = 0,
                  std::optional<Cause> cause = std::nullopt,
                  EndOrigin origin = EndOrigin::remote_party);
  void tell_connected(Outputs& out);
  void tell_user_info(const std::string& header, Outputs& out);
  void complete(provider::RequestNumber request, Outputs& out,
                std::optional<Error> error = std::nullopt) const;
  void fail_requests(const char* words, Outputs& out);
  void hold(provider::RequestNumber request, bool wanted, std::chrono::milliseconds limit,
            Outputs& out);
  void offer_hold(Outputs& out);
  void proven(const usage::ReofferDone& done, Time now, Outputs& out);
  void end(provider::DropWhy why, const UserInfo& user_info, Time now, Outputs& out);
  /// The communication is over on our side's initiative: the engine is told, the far end gets this.
  void end_with(usage::Drop drop, Cause cause, EndOrigin origin, Time now, Outputs& out);
  void answered_badly(Time now, Outputs& out);
  void note_remote(const sdp::Description& theirs, Outputs& out);

  // Two dialogs.
  [[nodiscard]] static Slot other(Slot slot) { return static_cast<Slot>(1 - slot); }
  [[nodiscard]] const usage::Usage* usage() const { return sides_[main_].usage; }
  [[nodiscard]] const usage::Usage* second() const { return sides_[other(main_)].usage; }
  [[nodiscard]] bool referred(Slot slot) const { return referral_ && referral_->slot == slot; }
  /// The newer one is not the engine's yet.
  [[nodiscard]] bool follows(Slot slot) const { return referred(slot) && slot != main_; }
  [[nodiscard]] bool followed(Slot slot, bool usable, Outputs& out);
  void take_over(Outputs& out);
  void tell_progress(Slot from, std::uint16_t status, const std::string& phrase, Outputs& out);
  void end_other(Outputs& out);

  [[nodiscard]] sdp::Local describe(Slot slot, sdp::Direction direction);
  [[nodiscard]] sdp::Local describe(Slot slot) {
    return describe(slot, held_ ? sdp::Direction::sendonly : sdp::Direction::sendrecv);
  }

  const provider::CallRef ref_;
  const Rules rules_;
  std::array<Side, kSlots> sides_;
  std::string offer_;  // the caller's, until we answer
  PendingHold hold_;
  std::optional<bool> late_;  // what a re-INVITE under way asks for that nobody waits for any more
  provider::RequestNumber transfer_request_ = 0;
  std::unique_ptr<Referral> referral_;
  std::unique_ptr<provider::Ended> last_word_;  // all is over but a second dialog
  Time dropped_at_{0};
  Slot main_ = 0;  // the engine's dialog
  std::uint8_t referrals_ = 0;
  Phase phase_ = Phase::up;
  const bool outgoing_;
  bool alerted_ = false, proceeding_ = false, answered_ = false;
  bool early_ = false;  // 183: many gateways ring so, in the audio
  bool held_ = false, remote_held_ = false;
  bool proving_ = false;  // taken up, and it is not known yet whether its far end is there
  bool over_ = false;
};

}  // namespace switchhook::sip::call
