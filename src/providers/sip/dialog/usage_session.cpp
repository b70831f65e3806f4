// SPDX-License-Identifier: Apache-2.0
// Session timers (RFC 4028): a session that nobody refreshes is over, so that no call outlives a
// far end that vanished without a word. Refreshes are re-INVITEs with the description that stands.
#include <algorithm>

#include "providers/sip/dialog/usage.hpp"

namespace switchhook::sip::usage {

using std::chrono::seconds;
using Refresher = SessionTimes::Refresher;

/// For an INVITE of ours (section 7.1).
SessionTimes Usage::ask_session() const {
  const auto wanted = static_cast<std::uint32_t>(settings_.session_expires.count());
  if (wanted == 0) return {};
  SessionTimes out;
  out.supported = true;
  out.expires_s = std::max(session_.seconds != 0 ? session_.seconds : wanted, session_.min_s);
  out.min_s = session_.min_s;
  if (session_.seconds != 0) out.refresher = session_.ours ? Refresher::uac : Refresher::uas;
  return out;
}

/// What a 2xx to an INVITE of ours says; without Session-Expires there is no session timer (7.2).
void Usage::agree_session(const SessionTimes& theirs) {
  if (settings_.session_expires.count() == 0) return;
  session_.seconds = theirs.expires_s;
  session_.ours = theirs.refresher != Refresher::uas;
}

/// For our 2xx to their INVITE (section 9): their interval, or ours when it is shorter. Who does
/// not know session timers cannot refresh: then we do.
SessionTimes Usage::grant_session() {
  const auto wanted = static_cast<std::uint32_t>(settings_.session_expires.count());
  if (wanted == 0) return {};
  const SessionTimes& asked = session_.asked;
  SessionTimes out;
  out.supported = true;
  out.expires_s = asked.expires_s == 0 ? wanted : std::min(asked.expires_s, wanted);
  out.expires_s = std::max(out.expires_s, asked.min_s);
  out.refresher = asked.refresher;
  if (out.refresher == Refresher::none)
    out.refresher = asked.expires_s != 0 ? Refresher::uac : Refresher::uas;
  if (!asked.supported) out.refresher = Refresher::uas;
  session_.seconds = out.expires_s;
  session_.ours = out.refresher == Refresher::uas;
  return out;
}

/// Whether the INVITE is to be sent again after 422 (section 7.3).
bool Usage::lengthen(const ResponseIn& response) {
  if (response.status != 422 || settings_.session_expires.count() == 0) return false;
  if (response.times.min_s <= session_.min_s || session_.tries >= settings_.session_tries)
    return false;
  session_.min_s = response.times.min_s;
  ++session_.tries;
  return true;
}

/// Begins the interval again (section 10): half of it until we refresh; the end some time before it
/// is over, so that the BYE still finds the far end's own state.
void Usage::watch_session(Outputs& out) {
  clear(Timer::refresh, out);
  clear(Timer::unrefreshed, out);
  if (session_.seconds == 0 || state_ != State::confirmed) return;
  if (session_.ours) set(Timer::refresh, seconds(session_.seconds) / 2, out);
  set(Timer::unrefreshed, seconds(session_.seconds - std::min(32u, session_.seconds / 3)), out);
}

Verdict Usage::refresh(Outputs& out) {
  if (!reoffer_possible() || ok_) {
    set(Timer::refresh, seconds(1), out);  // another re-INVITE is under way; it refreshes too
    return Verdict::repeated;
  }
  reinvite_ = {};
  reinvite_.active = reinvite_.refresh = true;
  reinvite_.body = local_body_;
  send_reinvite(out);
  return Verdict::acted;
}

/// Any other refusal than those that end the dialog: again, as long as the session lasts.
void Usage::refresh_failed(const ResponseIn& response, Outputs& out) {
  if (response.status == 408 || response.status == 481)
    return lose_dialog(response.status, response.phrase, out);
  set(Timer::refresh, std::max(seconds(session_.seconds) / 16, seconds(1)), out);
}

}  // namespace switchhook::sip::usage
