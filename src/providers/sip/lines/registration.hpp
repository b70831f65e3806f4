// SPDX-License-Identifier: Apache-2.0
#pragma once

// The registration of an account line (RFC 3261 section 10): registers, refreshes before the
// granted time is over, authenticates, backs off after failures, unregisters when stopped. As pure
// as the INVITE usage: inputs in, outputs out, no clock. Threads: one at a time.
// Ownership: owns everything but the settings, which outlive it.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "providers/sip/dialog/digest.hpp"
#include "providers/sip/dialog/messages.hpp"

namespace switchhook::sip {

struct RegistrationSettings {
  std::string registrar;  ///< URI: the target of REGISTER
  std::string address;    ///< name-addr of the account: From and To
  std::string contact;    ///< name-addr by which we are reached
  std::string call_id;
  std::string local_tag;
  std::string next_hop;  ///< where to send it, whatever the target; empty = the target
  digest::Credentials credentials;
  /// Told by whom the account was asked, when it is registered; null = nobody wants to know.
  std::shared_ptr<digest::KnownRealms> learned = {};
  std::chrono::seconds expires{600};  ///< asked for
  std::chrono::milliseconds t1{500};
  std::chrono::seconds retry_first{5}, retry_longest{300};
  /// What a registrar may ask for by Retry-After.
  std::chrono::seconds retry_after_longest{3600};
  /// After a refusal, which only somebody's hand mends: servers ban who tries too often.
  std::chrono::seconds refused_first{300}, refused_longest{3600};
  std::uint8_t auth_tries = 3;
  std::uint64_t entropy = 0;
};

class Registration {
 public:
  enum class State : std::uint8_t {
    fresh,
    registering,    ///< REGISTER sent, not registered
    registered,     ///< until the refresh
    refreshing,     ///< REGISTER sent, still registered
    waiting,        ///< failed; to be tried again
    unregistering,  ///< REGISTER with Expires 0 sent
    stopped,        ///< over; nothing leads out of here
  };

  // Inputs.
  struct Start {};
  struct Stop {};
  struct ResponseIn {
    usage::TransactionId transaction = 0;
    std::uint16_t status = 0;
    std::string phrase;
    std::uint32_t granted_s = 0;      ///< of our contact, else of Expires; 0 = not said
    std::uint32_t min_expires_s = 0;  ///< of a 423
    std::uint32_t retry_after_s = 0;  ///< 0 = not said
    std::vector<std::pair<bool, std::string>> challenges;
  };
  struct NoResponse {
    usage::TransactionId transaction = 0;
    std::string words;
  };
  struct TimerDue {};
  /// The connection by which it was registered is no more: nothing comes by it.
  struct FlowLost {
    bool lasted = false;  ///< it had stood for a while: the registrar does not close each one
  };
  /// The registrar may have forgotten the account: it refused a call as one does that has.
  struct Doubted {};
  using Input = std::variant<Start, Stop, ResponseIn, NoResponse, TimerDue, FlowLost, Doubted>;

  // Outputs.
  struct SendRegister {
    usage::TransactionId transaction = 0;
    usage::Request request;
    std::uint32_t expires_s = 0;
  };
  struct Forget {
    usage::TransactionId transaction = 0;
  };
  struct SetTimer {
    std::chrono::milliseconds after{0};
  };
  struct ClearTimer {};
  struct Status {
    bool registered = false;
    std::string words;
  };
  struct Stopped {};
  using Output = std::variant<SendRegister, Forget, SetTimer, ClearTimer, Status, Stopped>;
  using Outputs = std::vector<Output>;

  /// `settings` must outlive the registration.
  explicit Registration(const RegistrationSettings& settings);

  /// Takes one input; false when it means nothing here (a late response, a cleared timer).
  bool apply(const Input& input, Outputs& out);
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool registered() const { return registered_; }

 private:
  bool on(const Start&, Outputs&);
  bool on(const Stop&, Outputs&);
  bool on(const ResponseIn&, Outputs&);
  bool on(const NoResponse&, Outputs&);
  bool on(const TimerDue&, Outputs&);
  bool on(const FlowLost&, Outputs&);
  bool on(const Doubted&, Outputs&);
  void refresh(Outputs& out);
  void send(std::uint32_t expires_s, Outputs& out);
  void forget(Outputs& out);
  void fail(const std::string& words, std::chrono::seconds pause, Outputs& out);
  [[nodiscard]] std::chrono::seconds again();
  void refused(const ResponseIn& response, Outputs& out);
  void stop(Outputs& out);
  void set(std::chrono::milliseconds after, Outputs& out);
  void clear(Outputs& out);

  const RegistrationSettings& settings_;
  digest::Client auth_;
  std::chrono::seconds expires_;
  std::chrono::seconds retry_, refused_retry_;
  std::uint32_t cseq_ = 0;
  usage::TransactionId transaction_ = 0, last_transaction_ = 0;
  std::uint8_t tries_ = 0;
  std::uint8_t flows_lost_ = 0;  // since one lasted, or a refresh came by time
  bool registered_ = false, timer_ = false, doubted_ = false;
  State state_ = State::fresh;
};

}  // namespace switchhook::sip
