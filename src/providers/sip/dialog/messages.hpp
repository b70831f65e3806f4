// SPDX-License-Identifier: Apache-2.0
#pragma once

// What goes into the INVITE usage and what comes out of it: plain values only. The usage stands on
// a transaction layer (the shell's is sofia-sip's nta, the tests' is virtual) that retransmits
// requests, absorbs repeated ones, acknowledges failures of an INVITE and answers 200 to a CANCEL
// that it can match (RFC 3261 section 17). Everything else of RFC 3261 sections 9, 12 to 15 is the
// usage's. Threads: plain values. Ownership: all by value.

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "switchhook/types.hpp"

namespace switchhook::sip {

enum class Method : std::uint8_t {
  invite,
  ack,
  bye,
  cancel,
  options,
  registration,
  refer,
  notify,
  other,
};
/// "INVITE"; "UNKNOWN" for any other.
[[nodiscard]] const char* to_string(Method method);

/// Name and value of a header field that carries credentials.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The dialog that an INVITE wants to take the place of (RFC 3891), as this side sees it.
struct Replaces {
  std::string call_id, local_tag, remote_tag;
  bool early_only = false;
};

}  // namespace switchhook::sip

namespace switchhook::sip::usage {

/// A transaction. Client transactions are numbered by the usage, server transactions by whoever
/// feeds it; the two never meet. 0 = none.
using TransactionId = std::uint32_t;

enum class Timer : std::uint8_t {
  invite,       ///< an INVITE without provisional (timer B), or cancelled without a final response
  ok_again,     ///< our 2xx to an INVITE was not acknowledged yet: send it again
  ok_limit,     ///< our 2xx was not acknowledged in 64*T1
  bye,          ///< our BYE has no final response in 64*T1
  orphans,      ///< the BYEs of forked dialogs have no final response in 64*T1
  reoffer,      ///< our re-INVITE has no final response in 64*T1, or is to be sent again after 491
  ring_again,   ///< a provisional response has to be repeated within three minutes (13.3.1.1)
  expires,      ///< the INVITE's own Expires (13.3.1)
  refresh,      ///< RFC 4028: we refresh the session now
  unrefreshed,  ///< RFC 4028: nobody has refreshed the session in time
  refer,        ///< the far end has not said what became of our REFER
  notify,       ///< our NOTIFY has no final response in 64*T1
};
inline constexpr std::size_t kTimerCount = 12;

/// Session timers (RFC 4028) in a message. Who refreshes is said by the roles of that message's own
/// transaction.
struct SessionTimes {
  enum class Refresher : std::uint8_t { none, uac, uas };
  std::uint32_t expires_s = 0;  ///< Session-Expires; 0 = not there
  Refresher refresher = Refresher::none;
  std::uint32_t min_s = 0;  ///< Min-SE; 0 = not there
  bool supported = false;   ///< "timer" among the values of Supported
};

/// Somebody else whom a REFER asks to be called.
struct Referral {
  std::string to;            ///< URI, without header fields
  std::string replaces;      ///< value of Replaces in the INVITE; empty = none
  std::string referred_by;   ///< the same of Referred-By
  bool silent = false;       ///< nobody wants to be told what came of it (RFC 4488)
  std::uint16_t refuse = 0;  ///< it cannot be followed, and this is the answer
};

// ---- inputs: commands

/// Outgoing: send the INVITE.
struct Start {
  std::string body;
  std::string user_to_user;
  std::string replaces, referred_by;  ///< header values of an INVITE that follows a REFER
};
/// Incoming: send 180.
struct Ring {
  std::string user_to_user;
};
/// Incoming: send 200.
struct Answer {
  std::string body;
  std::string user_to_user;
};
/// End it, whatever it takes in the present state. `status` and `phrase` answer an INVITE that has
/// no final response yet; `reason` goes into CANCEL, BYE and that response.
struct Drop {
  std::uint16_t status = 486;
  std::string phrase;
  std::string reason;
  std::string user_to_user;
};
/// Confirmed: offer a new session description (hold, resume) by re-INVITE.
struct Reoffer {
  std::string body;
};
/// The answer to Reoffered: 200 with a body, or a refusal.
struct AnswerReoffer {
  std::uint16_t status = 200;
  std::string body;
};

/// Confirmed: ask the far end to call somebody else in our place (RFC 3515).
struct Refer {
  std::string refer_to;  ///< name-addr
};
/// The answer to ReferAsked: 202, or a refusal.
struct AnswerRefer {
  std::uint16_t status = 202;
};
/// The party that a REFER asks us to call has answered; a final status ends the subscription.
struct ReferProgress {
  std::uint16_t status = 100;
  std::string phrase;  ///< empty = the usual one
};

// ---- inputs: the wire

struct RequestIn {
  TransactionId server = 0;
  Method method = Method::other;
  std::uint32_t cseq = 0;
  std::string remote_tag;                  ///< From tag
  std::string contact;                     ///< URI; empty = none
  std::vector<std::string> record_routes;  ///< name-addr each, in the message's order
  std::string body;                        ///< the session description; empty = none
  std::vector<std::string> reasons;        ///< values of Reason
  std::string user_to_user;
  std::uint32_t expires_s = 0;  ///< 0 = none
  SessionTimes times;
  // Of a NOTIFY.
  std::string event;            ///< the package, without parameters
  std::uint16_t notified = 0;   ///< status of the response that it tells of; 0 = of none
  std::string notified_phrase;  ///< and its words
  bool subscription_over = false;
  Referral referral;  ///< of a REFER
};
/// `transaction` 0 = a response that no transaction knows any more, told apart by CSeq.
struct ResponseIn {
  TransactionId transaction = 0;
  Method method = Method::other;
  std::uint32_t cseq = 0;
  std::uint16_t status = 0;
  std::string phrase;
  std::string remote_tag;  ///< To tag
  std::string contact;
  std::vector<std::string> record_routes;
  std::string body;
  std::vector<std::string> reasons;
  std::string user_to_user;
  /// 401 and 407: values of WWW-Authenticate (false) and Proxy-Authenticate (true), in order.
  std::vector<std::pair<bool, std::string>> challenges;
  bool retry_after = false;
  SessionTimes times;
  bool unsent = false;  ///< nobody's: the request could not be sent
};
/// Our final failure to an INVITE was acknowledged.
struct FailureAcknowledged {
  TransactionId server = 0;
};
/// The transaction layer gave up waiting: for a final response, or (server) for the ACK of a
/// failure.
struct TransactionTimeout {
  TransactionId transaction = 0;
  bool server = false;
};
/// A client transaction's request could not be sent.
struct TransportError {
  TransactionId transaction = 0;
  std::string words;
};
struct TimerDue {
  Timer timer = Timer::invite;
};

using Input = std::variant<Start, Ring, Answer, Drop, Reoffer, AnswerReoffer, Refer, AnswerRefer,
                           ReferProgress, RequestIn, ResponseIn, FailureAcknowledged,
                           TransactionTimeout, TransportError, TimerDue>;

// ---- outputs: the wire

struct Request {
  Method method = Method::invite;
  std::string uri;  ///< the target; the shell swaps it with the first route if that is strict
  std::string call_id;
  std::string from;  ///< with tag
  std::string to;    ///< with tag, once there is one
  std::uint32_t cseq = 0;
  std::vector<std::string> routes;
  std::string contact;   ///< ours; empty where the method has none
  std::string next_hop;  ///< URI to send to, whatever the target; empty = by routes and target
  std::string branch;    ///< of its Via; empty = the transaction layer gives one
  std::string body;
  std::string reason;
  std::string user_to_user;
  std::string refer_to;  ///< name-addr
  std::string replaces, referred_by;
  std::string withheld;             ///< who we are, for our own server only (RFC 3325); name-addr
  std::string event, subscription;  ///< Event and Subscription-State; the body is a sipfrag then
  Headers authorization;
  SessionTimes times;
};
struct SendRequest {
  TransactionId transaction = 0;
  Request request;
};
/// CANCEL of the INVITE `invite`: made from it by the transaction layer (RFC 3261 section 9.1).
struct SendCancel {
  TransactionId transaction = 0;
  TransactionId invite = 0;
  std::string reason;
};
/// ACK of a 2xx: its own branch, no transaction, no response.
struct SendAck {
  Request request;
};
struct SendResponse {
  TransactionId server = 0;
  std::uint16_t status = 0;
  bool again = false;  ///< the same 2xx once more
  std::string phrase;  ///< empty = the usual one
  std::string contact;
  std::string body;
  std::string reason;
  std::string user_to_user;
  std::uint16_t retry_after_s = 0;  ///< 0 = none
  SessionTimes times;               ///< with refresher uac: Require: timer
  bool no_subscription = false;     ///< Refer-Sub: false
  bool capabilities = false;        ///< what we can do: of an OPTIONS
};
/// Nobody waits for this transaction any more; it may live on in the layer as long as it must.
struct Forget {
  TransactionId transaction = 0;
  bool server = false;
};
struct SetTimer {
  Timer timer = Timer::invite;
  std::chrono::milliseconds after{0};
};
struct ClearTimer {
  Timer timer = Timer::invite;
};

// ---- outputs: reports

/// A provisional response.
struct Progressed {
  std::uint16_t status = 0;
  std::string body;
  std::string user_to_user;
};
/// Outgoing: answered.
struct Answered {
  std::string body;
  std::string user_to_user;
};
/// Our 200 was acknowledged: to the INVITE, or to a later one that had no description.
struct Acknowledged {
  std::string body;
  bool answers = false;  ///< it has to answer the offer in our 200
};
/// The far end wants to change the session; empty = it asks for an offer. Answer by AnswerReoffer.
struct Reoffered {
  std::string body;
};
struct ReofferDone {
  bool accepted = false;
  std::uint16_t status = 0;
  std::string body;
  bool unsent = false;  ///< the far end has not heard of it
};
/// What became of our REFER, once. The call goes on until it is dropped, whatever it says.
struct Referred {
  enum class What : std::uint8_t {
    succeeded,  ///< the far end has reached the other one
    refused,    ///< it does not want to, or did not answer
    failed,     ///< it tried, and did not reach the other one
    unknown,    ///< it accepted, and does not say what came of it
  };
  What what = What::unknown;
  std::uint16_t status = 0;
  std::string phrase;
};
/// The far end asks us to call somebody else in its place. Answer by AnswerRefer at once, then tell
/// by ReferProgress what comes of it: until a final one the usage does not finish.
struct ReferAsked {
  Referral referral;
};
/// How the communication ended without our asking.
struct Disconnected {
  enum class By : std::uint8_t {
    response,     ///< final failure of our INVITE
    bye,          ///< the far end's BYE
    cancel,       ///< the far end's CANCEL
    no_response,  ///< nothing came back for our INVITE
    transport,    ///< our INVITE could not be sent
    expired,      ///< the incoming INVITE's own limit
    no_ack,       ///< our 2xx was never acknowledged
    dialog_lost,  ///< a request within the dialog was answered 481 or 408, or not at all
  };
  By by = By::response;
  std::uint16_t status = 0;
  std::string phrase;
  std::vector<std::string> reasons;
  std::string user_to_user;
  std::string contact;  ///< of a 3xx
  bool retry_after = false;
};
/// Everything on the wire is over. Exactly once, last.
struct Finished {
  Confirmation confirmation = Confirmation::not_applicable;
  std::uint16_t sent_times = 0;  ///< BYE, CANCEL or refusal, as often as the usage sent it
};

using Output = std::variant<SendRequest, SendCancel, SendAck, SendResponse, Forget, SetTimer,
                            ClearTimer, Progressed, Answered, Acknowledged, Reoffered, ReofferDone,
                            Referred, ReferAsked, Disconnected, Finished>;
/// In the order in which they are to be carried out.
using Outputs = std::vector<Output>;

}  // namespace switchhook::sip::usage
