// SPDX-License-Identifier: Apache-2.0
#pragma once

// The INVITE usage: the state machine that decides when to answer, CANCEL, wait for the ACK, BYE,
// and give up. Pure: no stack, no clock, no thread; inputs in, outputs out, so that every race is
// taken through in virtual time (tests/unit/sip) by the code that runs on the wire. One object per
// call; forked dialogs of the same INVITE live inside it until each of them got its BYE.
// Threads: one at a time. Ownership: owns everything but the settings, which outlive it.
// Sources: RFC 3261 sections 9, 12 to 15; RFC 5407; docs/sip.md tells the states.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "providers/sip/dialog/digest.hpp"
#include "providers/sip/dialog/messages.hpp"
#include "providers/sip/dialog/recovery.hpp"

namespace switchhook::sip::usage {

enum class State : std::uint8_t {
  fresh,             ///< nothing happened yet
  calling,           ///< INVITE sent, no response of any kind
  proceeding,        ///< a provisional response came
  calling_dropped,   ///< to be ended, but no CANCEL may leave before a provisional (9.1)
  cancelling,        ///< CANCEL sent, the INVITE's final response is awaited
  offered,           ///< INVITE received, no final response sent
  answered,          ///< our 2xx sent, not acknowledged
  answered_dropped,  ///< the same, to be ended: no BYE before the ACK or 64*T1 (15)
  rejected,          ///< our final failure sent, not acknowledged
  confirmed,         ///< talking
  ending,            ///< our BYE sent
  terminated,        ///< over; nothing leads out of here
};
inline constexpr std::size_t kStateCount = 12;
[[nodiscard]] std::string_view to_string(State state);

/// What became of an input. There is no input without a verdict.
enum class Verdict : std::uint8_t {
  acted,     ///< it moved something
  repeated,  ///< known already; answered again where the protocol wants that
  stray,     ///< means nothing (any more) here; a request was refused on the wire
  refused,   ///< a command that is not possible in this state; nothing was done
};

/// What all calls of one line share.
struct Settings {
  std::chrono::milliseconds t1{500};
  std::chrono::milliseconds t2{4000};
  std::uint8_t auth_tries = 3;   ///< how often one request is sent again after 401 or 407
  std::uint8_t glare_tries = 3;  ///< how often a re-INVITE is sent again after 491
  std::uint8_t forks = 8;        ///< forked dialogs cleaned up; further ones are left alone
  std::chrono::seconds ring_again{60};
  digest::Credentials credentials;  ///< empty user = none
  /// RFC 4028: after so long without a refresh a session is over. 0 = no session timers.
  std::chrono::seconds session_expires{0};
  std::chrono::seconds min_se{90};           ///< shorter sessions are refused with 422
  std::uint8_t session_tries = 3;            ///< how often an INVITE is sent again after 422
  std::chrono::seconds transfer_limit{180};  ///< from a REFER to what became of it
  bool follow_refers = false;                ///< what the far end asks for by REFER is done

  [[nodiscard]] std::chrono::milliseconds limit() const { return 64 * t1; }
  /// Whether an INVITE asks for less than min_se, and can be told so.
  [[nodiscard]] bool too_short(const SessionTimes& asked) const {
    return session_expires.count() != 0 && asked.supported && asked.expires_s != 0 &&
           asked.expires_s < min_se.count();
  }
};

/// The identity of a call, chosen by whoever makes it.
struct Identity {
  std::string call_id;
  std::string local_tag;
  std::string local;     ///< name-addr without tag: From of our requests
  std::string remote;    ///< name-addr without tag
  std::string withheld;  ///< who we are, where `local` does not say it; name-addr
  std::string target;    ///< URI of the initial request; the far end's Contact later
  std::string contact;   ///< our Contact, name-addr
  std::string next_hop;  ///< where the initial INVITE goes, whatever the target; empty = the target
  std::uint32_t first_cseq = 1;
  std::uint64_t entropy = 0;  ///< differs from call to call; for cnonces and waiting times
  digest::Teacher teacher = digest::Teacher::nobody;  ///< who challenges our requests
};

class Usage {
 public:
  /// `settings` must outlive the usage.
  Usage(const Settings& settings, Identity identity);

  /// A call of a process that died, taken up only to be ended: by Drop. It keeps nothing alive and
  /// has no transaction of the old process; what is still on its way for those comes with
  /// transaction 0. `settings` must outlive the usage.
  Usage(const Settings& settings, const Recovery& recovery, std::uint64_t entropy);

  /// What it takes to end the call from another process; `invite` is left to the shell.
  [[nodiscard]] Recovery recovery() const;
  /// Changes whenever recovery() does.
  [[nodiscard]] std::uint32_t revision() const { return revision_; }

  /// Takes one input; appends what is to be done, in order. Inputs that come from outputs' carrying
  /// out (a send that fails at once) are fed afterwards, never from within.
  [[nodiscard]] Verdict apply(const Input& input, Outputs& out);

  [[nodiscard]] State state() const { return state_; }
  /// Finished was reported: no timer runs, nothing is awaited.
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] const std::string& call_id() const { return id_.call_id; }
  [[nodiscard]] const std::string& local_tag() const { return id_.local_tag; }
  /// The far end, name-addr without tag.
  [[nodiscard]] const std::string& remote() const { return id_.remote; }
  [[nodiscard]] const std::string& remote_tag() const { return main_.remote_tag; }
  [[nodiscard]] bool outgoing() const { return outgoing_; }
  /// Whether the far end of this dialog, early or not, has this tag.
  [[nodiscard]] bool knows_peer(std::string_view tag) const;
  /// The far ends, by tag, that answered an INVITE of ours, or may yet: they may do it again.
  [[nodiscard]] std::vector<std::string_view> answerers() const;
  [[nodiscard]] bool refer_possible() const {
    return state_ == State::confirmed && !refer_.active && !referee_busy();
  }
  /// A REFER of the far end is being followed, or its outcome has not reached the far end yet.
  [[nodiscard]] bool referee_busy() const {
    return referee_ && (referee_->open || referee_->asked != 0);
  }
  /// What names this dialog to its far end, in an address that somebody else is to call (RFC 3891).
  [[nodiscard]] std::string address_to_replace() const;
  /// Answered and not ended; whether a re-INVITE may leave at once is another matter.
  [[nodiscard]] bool established() const {
    return state_ == State::answered || state_ == State::confirmed;
  }
  [[nodiscard]] bool reoffer_possible() const {
    return state_ == State::confirmed && !reinvite_.active && remote_reinvite_ == 0;
  }

 private:
  struct Dialog {
    std::string remote_tag;
    std::string target;
    std::vector<std::string> routes;
    std::uint32_t cseq = 0;  // of the last request sent in it
    TransactionId bye = 0;
    std::uint8_t auth_tries = 0;
    bool over = false;  // a fork's: its BYE is done
  };
  struct Reinvite {
    bool active = false;  // sent, or waiting to be sent again
    TransactionId transaction = 0;
    std::uint32_t cseq = 0;
    std::uint8_t auth_tries = 0, glare_tries = 0;
    bool refresh = false;  // asked for by the session timer, not by the user
    std::string body;
    Headers authorization;
  };
  struct Refer {
    bool sent = false;    // ever: what comes of it is acknowledged to the end
    bool active = false;  // the outcome is awaited
    TransactionId transaction = 0;
    std::uint8_t auth_tries = 0;
    std::string to;
  };
  /// A REFER of the far end (usage_referee.cpp). The subscription outlives the call if it must.
  struct Referee {
    std::uint32_t cseq = 0;   // of the REFER that was accepted last
    bool accepted = false;    // any was
    TransactionId asked = 0;  // a REFER that waits for our answer
    std::uint32_t asked_cseq = 0;
    bool asked_silent = false;
    bool open = false;  // accepted, and its outcome not told yet
    bool silent = false;
    bool numbered = false;     // the second in this dialog, or a later one
    TransactionId notify = 0;  // on its way
    std::uint8_t auth_tries = 0;
    ReferProgress said;         // by it
    ReferProgress next{0, {}};  // waits for it to be answered
  };
  /// What the INVITE says of its origin when it follows a REFER.
  struct Origin {
    std::string replaces, referred_by;
  };
  /// A 2xx of ours that has not been acknowledged.
  struct Ok {
    TransactionId server = 0;
    std::uint32_t cseq = 0;
    std::chrono::milliseconds interval{0};
    std::string body, user_to_user;
    SessionTimes times;
    bool offers = false;  // theirs had no description: the ACK has to answer ours
  };
  /// A far end that has not answered yet: somebody's of several.
  struct Early {
    std::string tag;
    std::string body;  // the latest description of its provisional responses
  };
  /// RFC 4028 in this call.
  struct Session {
    std::uint32_t seconds = 0;  // agreed upon; 0 = it lives until it is ended
    std::uint32_t min_s = 0;    // what a 422 asked for
    bool ours = false;          // we refresh
    std::uint8_t tries = 0;
    SessionTimes asked;  // by the INVITE that waits for our answer
  };

  Verdict on(const Start&, Outputs&);
  Verdict on(const Ring&, Outputs&);
  Verdict on(const Answer&, Outputs&);
  Verdict on(const Drop&, Outputs&);
  Verdict on(const Reoffer&, Outputs&);
  Verdict on(const AnswerReoffer&, Outputs&);
  Verdict on(const usage::Refer&, Outputs&);
  Verdict on(const AnswerRefer&, Outputs&);
  Verdict on(const ReferProgress&, Outputs&);
  Verdict on(const RequestIn&, Outputs&);
  Verdict on(const ResponseIn&, Outputs&);
  Verdict on(const FailureAcknowledged&, Outputs&);
  Verdict on(const TransactionTimeout&, Outputs&);
  Verdict on(const TransportError&, Outputs&);
  Verdict on(const TimerDue&, Outputs&);

  Verdict on_invite(const RequestIn&, Outputs&);
  Verdict on_ack(const RequestIn&, Outputs&);
  Verdict on_bye(const RequestIn&, Outputs&);
  Verdict on_cancel(const RequestIn&, Outputs&);
  Verdict on_other(const RequestIn&, Outputs&);
  Verdict on_reinvite(const RequestIn&, Outputs&);

  Verdict on_invite_response(const ResponseIn&, Outputs&);
  Verdict on_provisional(const ResponseIn&, Outputs&);
  Verdict on_success(const ResponseIn&, Outputs&);
  Verdict on_failure(const ResponseIn&, Outputs&);
  Verdict on_fork(const ResponseIn&, Outputs&);
  Verdict on_reinvite_response(const ResponseIn&, Outputs&);
  Verdict on_old_reinvite_response(const ResponseIn&, Outputs&);
  Verdict on_bye_response(const ResponseIn&, Outputs&);
  Verdict on_cancel_response(const ResponseIn&, Outputs&);
  Verdict no_invite_response(Disconnected::By by, const std::string& words, Outputs& out);

  // Transfer (usage_transfer.cpp).
  void send_refer(Outputs& out);
  Verdict on_refer_response(const ResponseIn&, Outputs&);
  Verdict on_notify(const RequestIn&, Outputs&);
  void end_refer(const Referred& outcome, Outputs& out);

  // The far end's REFER (usage_referee.cpp).
  Verdict on_refer(const RequestIn&, Outputs&);
  Verdict on_notify_response(const ResponseIn&, Outputs&);
  Verdict notify_lost(Outputs& out);
  void send_notify(const ReferProgress& progress, Outputs& out);
  void forget_notify(Outputs& out);
  void give_up_referral(bool tell, Outputs& out);

  // Session timers (usage_session.cpp).
  [[nodiscard]] SessionTimes ask_session() const;
  [[nodiscard]] SessionTimes grant_session();
  void agree_session(const SessionTimes& theirs);
  void watch_session(Outputs& out);
  bool lengthen(const ResponseIn& response);
  Verdict refresh(Outputs& out);
  void refresh_failed(const ResponseIn& response, Outputs& out);

  Request make(const Dialog& dialog, Method method) const;
  TransactionId next_transaction() { return ++last_transaction_; }
  void send_invite(Outputs& out);
  void send_reinvite(Outputs& out);
  void send_ack(const Dialog& dialog, std::uint32_t cseq, const Headers& authorization,
                Outputs& out) const;
  void send_bye(Dialog& dialog, Outputs& out);
  void send_ok(TransactionId server, std::uint32_t cseq, Outputs& out);
  void respond(TransactionId server, std::uint16_t status, Outputs& out,
               std::uint16_t retry_after_s = 0) const;
  void cancel(Outputs& out);
  void hang_up(Outputs& out);
  void establish(Dialog& dialog, const ResponseIn& response) const;
  void dialog_over(Dialog& dialog, Confirmation confirmation, Outputs& out);
  void lose_dialog(std::uint16_t status, const std::string& words, Outputs& out);
  void terminate(Confirmation confirmation, Outputs& out);
  [[nodiscard]] bool forks_pending() const;
  void settle(Outputs& out);
  void acknowledged(Outputs& out);
  void drop_remote_reinvite(std::uint16_t status, Outputs& out);
  bool authenticate(const ResponseIn& response, std::uint8_t& tries);
  [[nodiscard]] std::string words_of_refusal(const ResponseIn& response, std::uint8_t tries) const;
  Headers authorization_for(std::string_view method, std::string_view uri);
  void set(Timer timer, std::chrono::milliseconds after, Outputs& out);
  void clear(Timer timer, Outputs& out);
  std::uint64_t random();
  std::string branch();

  const Settings& settings_;
  Identity id_;
  Dialog main_;
  std::vector<Dialog> forks_;
  std::vector<Early> early_;                // those that ring, until one has answered
  std::unique_ptr<digest::Client> auth_;    // made at the first challenge
  std::string offer_, offer_user_to_user_;  // of our INVITE, until it is answered
  Headers invite_authorization_;
  Reinvite reinvite_;
  /// Accepted ones before it: their 2xx may come again and wants its ACK. The oldest makes room.
  static constexpr std::size_t kOldReinvites = 8;
  std::vector<std::pair<std::uint32_t, Headers>> old_reinvites_;
  std::unique_ptr<Ok> ok_;
  Refer refer_;
  std::unique_ptr<Referee> referee_;  // made at the first REFER
  std::unique_ptr<Origin> origin_;    // of our INVITE, until it is answered
  Session session_;
  std::string local_body_;  // what we said of the session last: a refresh says it again
  std::string drop_reason_, drop_user_to_user_;
  std::string ring_user_to_user_;

  std::string invite_branch_;
  std::uint32_t revision_ = 0, last_random_ = 0;
  std::uint32_t invite_cseq_ = 0;  // ours
  std::uint32_t remote_cseq_ = 0;
  TransactionId last_transaction_ = 0;
  TransactionId invite_ = 0;  // ours, while its final response is awaited
  TransactionId cancel_ = 0;
  TransactionId server_invite_ = 0;    // theirs, until it is over
  TransactionId remote_reinvite_ = 0;  // theirs, unanswered
  std::uint32_t remote_reinvite_cseq_ = 0;
  std::uint16_t sent_times_ = 0;
  std::uint16_t timers_ = 0;  // a bit for each that runs
  std::uint8_t invite_auth_tries_ = 0;
  State state_ = State::fresh;
  Confirmation confirmation_ = Confirmation::not_applicable;
  bool outgoing_ = false, ringing_ = false, confirmed_once_ = false, finished_ = false;
  bool recovered_ = false;
  bool offerless_ = false;  // their latest INVITE has no description
};

}  // namespace switchhook::sip::usage
