// SPDX-License-Identifier: Apache-2.0
// Transfer (RFC 3515, RFC 5589): the far end is asked to call somebody else, and says by NOTIFY
// what came of it. The subscription that this makes lives in the call's dialog but is another usage
// of it: whatever becomes of it, the call goes on until somebody ends it (RFC 5057 section 5).
#include "providers/sip/dialog/usage.hpp"

namespace switchhook::sip::usage {

Verdict Usage::on(const usage::Refer& refer, Outputs& out) {
  if (!refer_possible()) return Verdict::refused;
  refer_ = {.sent = true, .active = true, .to = refer.refer_to};
  send_refer(out);
  set(Timer::refer, settings_.transfer_limit, out);
  return Verdict::acted;
}

void Usage::send_refer(Outputs& out) {
  ++main_.cseq;
  ++revision_;
  refer_.transaction = next_transaction();
  Request request = make(main_, Method::refer);
  request.contact = id_.contact;
  request.refer_to = refer_.to;
  request.authorization = authorization_for("REFER", request.uri);
  out.push_back(SendRequest{refer_.transaction, std::move(request)});
}

Verdict Usage::on_refer_response(const ResponseIn& response, Outputs& out) {
  if (response.transaction == 0 || response.transaction != refer_.transaction)
    return Verdict::stray;
  if (response.status < 200) return Verdict::repeated;
  out.push_back(Forget{refer_.transaction, false});
  refer_.transaction = 0;
  if (!refer_.active || response.status < 300) return Verdict::acted;  // the NOTIFYs tell the rest
  if (authenticate(response, refer_.auth_tries)) {
    send_refer(out);
  } else {
    end_refer(
        {Referred::What::refused, response.status, words_of_refusal(response, refer_.auth_tries)},
        out);
  }
  return Verdict::acted;
}

/// It may come before the response to the REFER (RFC 6665 section 4.1.2.4).
Verdict Usage::on_notify(const RequestIn& request, Outputs& out) {
  if (!refer_.sent || (state_ != State::confirmed && state_ != State::ending)) {
    respond(request.server, 481, out);
    return Verdict::stray;
  }
  if (request.event != "refer") {
    respond(request.server, 489, out);
    return Verdict::stray;
  }
  respond(request.server, 200, out);
  if (!refer_.active) return Verdict::repeated;
  if (request.notified >= 200) {
    end_refer({request.notified < 300 ? Referred::What::succeeded : Referred::What::failed,
               request.notified, request.notified_phrase},
              out);
  } else if (request.subscription_over) {
    end_refer({Referred::What::unknown, 0, "the far end does not say what became of it"}, out);
  }
  return Verdict::acted;
}

void Usage::end_refer(const Referred& outcome, Outputs& out) {
  clear(Timer::refer, out);
  if (refer_.transaction != 0) out.push_back(Forget{refer_.transaction, false});
  refer_.transaction = 0;
  if (refer_.active) out.push_back(outcome);
  refer_.active = false;
}

std::string Usage::address_to_replace() const {
  std::string out = "<" + main_.target + "?Replaces=";
  const std::string value =
      id_.call_id + ";to-tag=" + main_.remote_tag + ";from-tag=" + id_.local_tag;
  constexpr const char* kDigits = "0123456789ABCDEF";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.';
    if (plain) {
      out += c;
    } else {
      (out += '%') += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out + ">";
}

}  // namespace switchhook::sip::usage
