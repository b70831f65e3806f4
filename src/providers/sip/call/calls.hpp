// SPDX-License-Identifier: Apache-2.0
#pragma once

// All calls of the engine: their state machines with their dialogs, what the engine commands, what
// INVITEs begin, which calls transfer to, replace or follow each other, and what the journal is
// told. Pure but for what it is given. Threads: the SIP thread. Ownership: owns calls and dialogs;
// what it refers to outlives it.

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/handle.hpp"
#include "provider/provider.hpp"
#include "providers/sip/call/call.hpp"
#include "providers/sip/call/refusals.hpp"
#include "providers/sip/config.hpp"
#include "providers/sip/dialog/dialogs.hpp"
#include "providers/sip/dialog/recovery.hpp"
#include "providers/sip/ledger.hpp"
#include "providers/sip/lines/lines.hpp"
#include "providers/sip/net/rtp_port.hpp"
#include "providers/sip/timers.hpp"

namespace switchhook::sip {

/// Makes the links of dialogs.
class Network {
 public:
  virtual ~Network() = default;
  [[nodiscard]] virtual std::unique_ptr<Link> make_link(const DialogId& id,
                                                        provider::LineNumber line) = 0;
};

/// What all owners of dialogs work with.
struct Workshop {
  const Config& config;
  const base::Clock& clock;
  provider::Sink& sink;
  Lines& lines;
  Dialogs& dialogs;
  Ledger& ledger;
  Timers& timers;
  Random& random;
  RtpPorts& ports;
  Network& network;
};

/// An INVITE that begins a call.
struct Invite {
  provider::LineNumber line = 0;
  usage::RequestIn request;
  std::string call_id;
  Party from, to;      ///< as the headers say, which the dialog repeats
  Parties parties;     ///< as the engine is told
  std::string source;  ///< the IP address that it came from
  std::optional<Replaces> replaces;
  Transport transport = Transport::udp;  ///< by which it came
  std::string head;                      ///< as it came, for the journal
};

class Calls final : public DialogOwner {
 public:
  explicit Calls(const Workshop& shop);
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  void on(const provider::MakeCall&);
  void on(const provider::Accept&);
  void on(const provider::Answer&);
  void on(const provider::Drop&);
  void on(const provider::Hold&);
  void on(const provider::Unhold&);
  void on(const provider::Transfer&);
  void on(const provider::Swap&);
  void on(const provider::SendDigits&);
  void on(const provider::CloseCall&);

  /// What an INVITE that cannot become a call is refused with.
  struct Refused {
    int status = 0;  ///< 0 = it can
    RefusalReason reason = RefusalReason::not_understood;
    const char* phrase = nullptr;
    const char* header = nullptr;
  };
  [[nodiscard]] Refused refuses(const Invite& invite) const;
  /// One was refused.
  void note_refused(const Invite& invite, RefusalReason reason, int status);
  [[nodiscard]] Refusals refusals() const { return refusals_.report(); }
  /// Makes a call of one that is not refused. @param take  takes the INVITE up as a transaction of
  /// the dialog's link, and returns its number; 0 = it cannot, and there is no call
  bool offer(Invite invite, const std::function<usage::TransactionId(Dialog& dialog)>& take);

  /// A call of an earlier process is the engine's again, in the state that it had.
  [[nodiscard]] bool take_up(const provider::EndOrphan& orphan, const usage::Recovery& dialog);

  void timer_due(std::uint64_t owner, std::uint8_t which);
  /// Ends everything, and takes no new calls.
  void stop();
  void give_up();

  /// The call that has this dialog; 0 = none.
  [[nodiscard]] provider::CallRef ref_of(const DialogId& id);
  [[nodiscard]] std::int64_t live() const { return shop_.ledger[Resource::provider_calls].held(); }
  /// Recounts what is there.
  void count(std::array<std::int64_t, kResourceCount>& found) const;
  [[nodiscard]] static std::size_t bytes_per_call();

  // DialogOwner.
  [[nodiscard]] Dialog* find(const DialogId& id) override;
  void note(const DialogId& id) override;
  void report(const DialogId& id, usage::Output what) override;
  void settle(const DialogId& id) override;
  void finished(const DialogId& id, const usage::Finished& how) override;

 private:
  struct CallTag;
  using Handle = base::Handle<CallTag>;
  struct Entry {
    Entry(provider::CallRef ref, provider::LineNumber its_line, bool outgoing,
          const call::Call::Rules& rules)
        : call(ref, outgoing, rules), line(its_line) {}
    call::Call call;
    provider::LineNumber line;
    std::array<std::optional<Dialog>, call::kSlots> dialogs;
    ResourceCounts taken{};  // by dialogs that are over, and by the call itself
    Counter::Token booked, unanswered;
    Counter::Token of_source;  // incoming, until its last answer is acknowledged
    struct Set {
      Timers::Alarm alarm;
      Counter::Token booked;
    };
    std::array<Set, call::kTimers> alarms;
    Handle replaces;                 // incoming: the call that ends when this one is answered
    std::optional<Refusal> untaken;  // incoming, unanswered: what is counted if it is not taken
    std::string invite;              // incoming and not over: its key in by_invite_
  };

  /// A Swap under way: its calls have one re-INVITE each, and the first one more if it is undone.
  struct Swap {
    provider::CallRef active, held;
    enum class Step : std::uint8_t { hold, resume, undo } step = Step::hold;
    std::optional<Error> why;  // it is undone
    bool answered = false;     // the active call ended meanwhile
  };

  // Swaps (calls_swap.cpp).
  void half(provider::CallRef call, provider::RequestNumber request, bool hold);
  void half_done(provider::Completed done);
  void give_up_swaps(provider::CallRef call);

  void forget_invite(Entry& entry);
  [[nodiscard]] Refusal refusal_of(const Invite& invite) const;
  template <typename Command>
  void forward(const Command& command);
  void apply(Handle handle, const call::Input& input);
  void carry_out(Handle handle, call::Output& output);
  void follow(const DialogId& id, const usage::Referral& referral);
  void journal(Entry& entry);
  void tell(provider::Event event) { shop_.sink.post(std::move(event)); }
  void complete(provider::CallRef call, provider::RequestNumber request, Error error) {
    tell(provider::Completed{call, request, std::move(error)});
  }
  [[nodiscard]] Entry* find(Handle handle) { return calls_.find(handle); }
  [[nodiscard]] Entry* find(provider::CallRef ref);
  Handle add(provider::CallRef ref, provider::LineNumber line, bool outgoing);
  void remove(Handle handle);
  Dialog& add_dialog(Handle handle, call::Slot slot, std::unique_ptr<usage::Usage> usage,
                     sdp::Local local);
  [[nodiscard]] std::unique_ptr<usage::Usage> make_usage(const DialogId& id, const Line& line,
                                                         const std::string& target,
                                                         const std::string& calling,
                                                         const std::string& display);
  [[nodiscard]] bool full(const Line& line) const;
  [[nodiscard]] int find_replaced(const Invite& invite, Handle& out) const;
  [[nodiscard]] static DialogId id_of(Handle handle, call::Slot slot) {
    return {DialogId::Of::call, handle.value, slot};
  }
  [[nodiscard]] sdp::Local local() { return {.session = shop_.random.next() >> 33}; }

  Workshop shop_;
  Counter unanswered_;  // incoming calls without a final response
  std::unordered_map<std::string, Counter> sources_;
  RefusalBook refusals_;
  base::HandleTable<CallTag, Entry> calls_;
  std::unordered_map<std::uint64_t, Handle> by_ref_;
  std::unordered_map<std::string, Handle> by_invite_;  // incoming calls that are not over
  std::unordered_map<provider::RequestNumber, Swap> swaps_;
  std::vector<provider::Completed> halves_;  // of swaps, to be looked at after the call's turn
  std::uint64_t last_ref_ = 0;
  bool stopping_ = false;
};

}  // namespace switchhook::sip
