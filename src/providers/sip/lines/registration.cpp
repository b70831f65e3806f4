// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/lines/registration.hpp"

#include <algorithm>
#include <utility>

namespace switchhook::sip {

using std::chrono::milliseconds;
using std::chrono::seconds;

Registration::Registration(const RegistrationSettings& settings)
    : settings_(settings),
      expires_(settings.expires),
      retry_(settings.retry_first),
      refused_retry_(settings.refused_first) {}

bool Registration::apply(const Input& input, Outputs& out) {
  return std::visit([&](const auto& in) { return on(in, out); }, input);
}

bool Registration::on(const Start&, Outputs& out) {
  if (state_ != State::fresh) return false;
  state_ = State::registering;
  send(static_cast<std::uint32_t>(expires_.count()), out);
  return true;
}

bool Registration::on(const Stop&, Outputs& out) {
  switch (state_) {
    case State::fresh:
    case State::waiting:
      stop(out);
      return true;
    case State::registering:
    case State::registered:
    case State::refreshing:
      // Also while the first REGISTER is under way: it may well be granted after we are gone.
      forget(out);
      state_ = State::unregistering;
      tries_ = 0;
      send(0, out);
      return true;
    case State::unregistering:
    case State::stopped:
      return false;
  }
  return false;
}

bool Registration::on(const ResponseIn& response, Outputs& out) {
  if (response.transaction == 0 || response.transaction != transaction_) return false;
  if (response.status < 200) return true;
  forget(out);
  const std::uint32_t asked =
      state_ == State::unregistering ? 0 : static_cast<std::uint32_t>(expires_.count());
  if ((response.status == 401 || response.status == 407) && tries_ < settings_.auth_tries &&
      !settings_.credentials.user.empty() &&
      auth_.take(response.challenges, settings_.credentials, digest::Teacher::nobody,
                 tries_ != 0)) {
    ++tries_;
    send(asked, out);
    return true;
  }
  if (state_ == State::unregistering) {
    stop(out);
    return true;
  }
  if (response.status == 423 && response.min_expires_s > expires_.count() &&
      tries_ < settings_.auth_tries) {
    ++tries_;
    expires_ = seconds(std::min<std::uint32_t>(response.min_expires_s, 86400));
    send(static_cast<std::uint32_t>(expires_.count()), out);
    return true;
  }
  if (response.status == 401 || response.status == 403 || response.status == 407) {
    refused(response, out);
    return true;
  }
  if (response.status >= 300) {
    const auto asked_for = std::min(seconds(response.retry_after_s), settings_.retry_after_longest);
    fail(std::to_string(response.status) + " " + response.phrase, std::max(again(), asked_for),
         out);
    return true;
  }
  tries_ = 0;
  retry_ = settings_.retry_first;
  refused_retry_ = settings_.refused_first;
  state_ = State::registered;
  if (settings_.learned != nullptr)
    if (auto answered = auth_.answered(); !answered.empty())
      settings_.learned->realms = std::move(answered);
  const seconds granted(response.granted_s != 0 ? response.granted_s : asked);
  set(std::max(milliseconds(1000), milliseconds(granted) * 4 / 5), out);
  if (!registered_) {
    registered_ = true;
    out.push_back(Status{true, "registered"});
  }
  return true;
}

bool Registration::on(const NoResponse& none, Outputs& out) {
  if (none.transaction == 0 || none.transaction != transaction_) return false;
  forget(out);
  if (state_ == State::unregistering) {
    stop(out);
  } else {
    fail(none.words.empty() ? "no response" : none.words, again(), out);
  }
  return true;
}

bool Registration::on(const TimerDue&, Outputs& out) {
  if (!timer_) return false;
  timer_ = false;
  switch (state_) {
    case State::registered:
      flows_lost_ = 0;
      doubted_ = false;
      refresh(out);
      return true;
    case State::waiting:
      state_ = State::registering;
      break;
    case State::registering:
    case State::refreshing:
    case State::unregistering:
      return on(NoResponse{transaction_, {}}, out);
    case State::fresh:
    case State::stopped:
      return false;
  }
  tries_ = 0;
  send(static_cast<std::uint32_t>(expires_.count()), out);
  return true;
}

void Registration::refresh(Outputs& out) {
  state_ = State::refreshing;
  tries_ = 0;
  send(static_cast<std::uint32_t>(expires_.count()), out);
}

/// Once at once; a registrar that closes each connection is not registered with without end.
bool Registration::on(const FlowLost& lost, Outputs& out) {
  if (state_ != State::registered) return false;
  if (lost.lasted) flows_lost_ = 0;
  if (flows_lost_ == 0) {
    refresh(out);
  } else {
    fail("the connection to the registrar was lost",
         std::min(settings_.retry_first * (1 << (flows_lost_ - 1)), settings_.retry_longest), out);
  }
  flows_lost_ = static_cast<std::uint8_t>(std::min(flows_lost_ + 1, 8));
  return true;
}

/// At once, but not more than once before the next refresh: a number may just not exist.
bool Registration::on(const Doubted&, Outputs& out) {
  if (state_ != State::registered || std::exchange(doubted_, true)) return false;
  refresh(out);
  return true;
}

void Registration::send(std::uint32_t expires_s, Outputs& out) {
  transaction_ = ++last_transaction_;
  usage::Request request;
  request.method = Method::registration;
  request.uri = settings_.registrar;
  request.call_id = settings_.call_id;
  request.from = settings_.address + ";tag=" + settings_.local_tag;
  request.to = settings_.address;
  request.cseq = ++cseq_;
  request.contact = settings_.contact;
  request.next_hop = settings_.next_hop;
  request.authorization = auth_.headers(settings_.credentials, "REGISTER", request.uri,
                                        digest::derived(settings_.entropy, cseq_));
  out.push_back(SendRegister{transaction_, std::move(request), expires_s});
  set(64 * settings_.t1, out);
}

void Registration::forget(Outputs& out) {
  if (transaction_ != 0) out.push_back(Forget{transaction_});
  transaction_ = 0;
  clear(out);
}

void Registration::fail(const std::string& words, seconds pause, Outputs& out) {
  registered_ = false;
  state_ = State::waiting;
  out.push_back(Status{false, "not registered: " + words});
  set(pause, out);
}

/// The next pause after a failure that may mend itself.
seconds Registration::again() {
  return std::exchange(retry_, std::min(2 * retry_, settings_.retry_longest));
}

/// RFC 3261 22.2: what was refused is not said again at once. The next try begins without
/// credentials, so that it is one failure and not two.
void Registration::refused(const ResponseIn& response, Outputs& out) {
  const char* why = "";
  if (response.status != 403 && settings_.credentials.user.empty())
    why = "the line has no password; ";
  else if (response.status != 403)
    why = "user, password or realm is wrong; ";
  auth_ = {};
  const seconds pause =
      std::exchange(refused_retry_, std::min(2 * refused_retry_, settings_.refused_longest));
  fail(std::to_string(response.status) + " " + response.phrase + " (" + why + "next try in " +
           std::to_string(pause.count()) + " s)",
       pause, out);
}

void Registration::stop(Outputs& out) {
  forget(out);
  clear(out);
  state_ = State::stopped;
  registered_ = false;
  out.push_back(Stopped{});
}

void Registration::set(milliseconds after, Outputs& out) {
  timer_ = true;
  out.push_back(SetTimer{after});
}

void Registration::clear(Outputs& out) {
  if (timer_) out.push_back(ClearTimer{});
  timer_ = false;
}

}  // namespace switchhook::sip
