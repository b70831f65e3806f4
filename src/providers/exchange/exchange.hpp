// SPDX-License-Identifier: Apache-2.0
#pragma once

// The embedded telephone exchange: lines that can call each other, and extensions that behave in a
// known way. No network, no thread; all time comes from the clock it is given, so that it is the
// same in every run. It is also the example of a provider: docs/providers.md walks through it.
// Threads: the host's. Ownership: it owns its calls; the clock must outlive it.

#include <map>

#include "base/clock.hpp"
#include "provider/provider.hpp"
#include "providers/exchange/plan.hpp"

namespace switchhook::exchange {

class Exchange final : public provider::Provider {
 public:
  Exchange(const base::Clock& clock, Config config = {});
  ~Exchange() override;

  [[nodiscard]] std::string name() const override { return "exchange"; }
  [[nodiscard]] Result<void> start(provider::Sink& sink) override;
  void submit(provider::Command command) override;
  [[nodiscard]] std::size_t bytes_per_call() const override { return sizeof(Call) + 64; }
  [[nodiscard]] std::optional<std::chrono::nanoseconds> next_deadline() const override;
  void advance(const Moment& now) override;

 private:
  using CallRef = provider::CallRef;
  using Time = std::chrono::nanoseconds;

  /// What waits for its time.
  enum class Due : std::uint8_t { answer, refuse, hang_up, digit };
  struct Appointment {
    CallRef call;
    Due due = Due::answer;
  };
  using Agenda = std::multimap<Time, Appointment>;

  enum class Phase : std::uint8_t {
    calling,    ///< on its way out, not answered
    offered,    ///< came in, not answered
    connected,  ///< (also held)
    over,       ///< ended; waits for CloseCall
  };
  struct Sending {
    provider::RequestNumber request = 0;
    std::string digits;
    std::size_t next = 0;
    std::uint32_t mode = digits::kDtmf;
    Time each{0};
  };
  struct Call {
    provider::LineNumber line = 0;
    Phase phase = Phase::calling;
    CallRef peer;                          ///< the other line's call; none for an extension
    const Extension* extension = nullptr;  ///< (ref into config_)
    bool held = false;
    bool ended = false;  ///< Ended was posted
    std::uint32_t digit_modes = 0;
    std::optional<Sending> sending;
    std::optional<Agenda::iterator> appointment;  ///< answer, refuse or hang up
    std::optional<Agenda::iterator> next_digit;
  };

  // Commands, one function each.
  void carry_out(const provider::OpenLine&) {}
  void carry_out(const provider::CloseLine&) {}
  void carry_out(const provider::MakeCall& command);
  void carry_out(const provider::Accept& command);
  void carry_out(const provider::Answer& command);
  void carry_out(const provider::Drop& command);
  void carry_out(const provider::Hold& command);
  void carry_out(const provider::Unhold& command);
  void carry_out(const provider::Transfer& command);
  void carry_out(const provider::Trace&) {}  // it has no messages
  void carry_out(const provider::Swap& command);
  void carry_out(const provider::MonitorDigits& command);
  void carry_out(const provider::SendDigits& command);
  void carry_out(const provider::CloseCall& command);
  void carry_out(const provider::EndOrphan& command);
  void carry_out(const provider::AddLine& command);
  void carry_out(const provider::RemoveLine& command);
  void carry_out(const provider::ReportLedger& command);
  void carry_out(const provider::Stop&);

  /// What a call of ours leads to: another line's call, or an extension.
  struct FarEnd {
    CallRef line;
    const Extension* extension = nullptr;  // (ref into config_)
  };
  void announce(provider::LineNumber line);
  [[nodiscard]] static bool talking(const Call& call);
  [[nodiscard]] FarEnd far_end_of(CallRef ref, Call& call);
  void join(FarEnd a, FarEnd b);
  void call_extension(CallRef ref, Call& call);
  void call_line(CallRef ref, Call& call, provider::LineNumber line, const provider::MakeCall& how);
  void connect(CallRef ref, Call& call);
  /// The communication of a live call is over on this side; the other side is told `cause`.
  void end(CallRef ref, Call& call, const Cause& cause, const UserInfo& user_info);
  /// The far end is gone: this side is told.
  void far_end_gone(CallRef ref, Call& call, const Cause& cause, const UserInfo& user_info);
  void finish(CallRef ref, Call& call);
  void next_digit(CallRef ref, Call& call);
  void hear(CallRef ref, char digit, std::uint32_t mode);
  void stop_sending(CallRef ref, Call& call);
  void keep_appointment(Appointment appointment);
  void appoint(CallRef ref, Call& call, Due due, Time after);
  void cancel(std::optional<Agenda::iterator>& entry);

  [[nodiscard]] Call* find(CallRef ref);
  void complete(CallRef ref, provider::RequestNumber request, std::optional<Error> error = {});
  void state(CallRef ref, CallState state, std::uint8_t detail = 0,
             std::optional<Cause> cause = std::nullopt);
  void pass_user_info(CallRef to, const UserInfo& user_info);

  const base::Clock& clock_;
  Config config_;                   // a line that was removed has no name
  provider::Sink* sink_ = nullptr;  // (ref) from start() on
  std::map<CallRef, Call> calls_;   // ordered, so that every walk is the same in every run
  Agenda agenda_;
  std::uint64_t minted_ = 0;
  std::int64_t calls_booked_ = 0, timers_booked_ = 0;
};

}  // namespace switchhook::exchange
