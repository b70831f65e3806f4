// SPDX-License-Identifier: Apache-2.0
// Calls that survive their process: what the journal is told of ours, and how those of an earlier
// process are ended or taken up. An orphan is a call without an engine: from the beginning it is
// closed, so that nothing but OrphanEnded is told of it.
#include "providers/sip/shell.hpp"

#define NTA_AGENT_MAGIC_T switchhook::sip::Shell
#include <sofia-sip/msg_types.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_tagarg.h>

#include <utility>

#include "base/limits.hpp"
#include "providers/sip/call/mapping.hpp"
#include "providers/sip/net/wire.hpp"

namespace switchhook::sip {

namespace {

// So many at once, and then a pause: a far end that had all of them would not read them all.
constexpr std::size_t kOrphansAtOnce = 50;
constexpr std::chrono::milliseconds kOrphansPause{10};
constexpr std::chrono::seconds kOffersRemembered{32};  // RFC 3261: 64*T1, as callers wait
// As with CSeq: above all that may have been sent after the last note.
constexpr std::uint32_t kVersionsAhead = 1000;

}  // namespace

/// Before what it makes true leaves for the wire (rule 9 of provider.hpp).
void Shell::note(Call& call) {
  if (call.orphan != 0 || call.usage->revision() == call.noted || !sink_.keeps_recovery() ||
      call.usage->state() == usage::State::terminated)
    return;
  call.noted = call.usage->revision();
  Call* other = calls_.find(call.other);
  if (call.leg && other == nullptr) return;
  Call& owner = call.leg ? *other : call;
  std::vector<usage::Recovery> dialogs;
  for (Call* each : {&owner, call.leg ? &call : other}) {
    if (each == nullptr || !each->usage || each->usage->state() == usage::State::fresh ||
        each->usage->state() == usage::State::terminated)
      continue;
    usage::Recovery& recovery = dialogs.emplace_back(each->usage->recovery());
    recovery.sdp_session = static_cast<std::uint32_t>(each->sdp_session);
    recovery.sdp_version = each->sdp_version;
    if (recovery.stage == usage::Recovery::Stage::offered) {
      recovery.invite = each->invite;
    } else {
      each->invite = {};
    }
  }
  tell(provider::Recovery{.call = owner.ref,
                          .line = lines_[owner.line]->config.name,
                          .direction = owner.outgoing ? Direction::outgoing : Direction::incoming,
                          .provider_call_id = dialogs.front().call_id,
                          .recovery = usage::to_bytes(dialogs)});
}

void Shell::on(const provider::EndOrphan& orphan) {
  orphans_.push_back(orphan);
  // Their INVITE comes again until it is answered: it is not another call.
  for (const usage::Recovery& recovery : usage::recoveries_from(orphan.recovery))
    if (recovery.stage == usage::Recovery::Stage::offered)
      refused_offers_.insert_or_assign(recovery.call_id + "\n" + recovery.remote_tag,
                                       now() + kOffersRemembered);
  if (orphans_.size() == 1) end_orphans();
}

/// Whether an INVITE is the one that an earlier process was offered, come again.
bool Shell::was_offered_before(const sip_s* sip) {
  if (refused_offers_.empty()) return false;
  std::erase_if(refused_offers_, [at = now()](const auto& offer) { return offer.second < at; });
  return refused_offers_.contains(wire::call_id_of(sip) + "\n" + wire::from_of(sip).tag);
}

void Shell::end_orphans() {
  for (std::size_t i = 0; i < kOrphansAtOnce && !orphans_.empty(); ++i) {
    const provider::EndOrphan orphan = std::move(orphans_.front());
    orphans_.pop_front();
    end_orphan(orphan);
  }
  if (!orphans_.empty()) add_deadline({now() + kOrphansPause, Owner::shell, 0, kOrphansTimer});
}

void Shell::orphan_ended(std::uint64_t number, Confirmation confirmation) {
  tell(provider::OrphanEnded{.number = number, .confirmation = confirmation});
}

void Shell::dialog_of_orphan_ended(const Call& call, const usage::Finished& finished) {
  provider::OrphanEnded over{.number = call.orphan,
                             .confirmation = finished.confirmation,
                             .sent_times = finished.sent_times};
  if (call.drop_at != Clock::time_point{})
    over.confirmed_after =
        std::chrono::duration_cast<std::chrono::microseconds>(now() - call.drop_at);
  orphan_by_tag_.erase(call.usage->local_tag());
  const auto all = orphan_dialogs_.find(call.orphan);
  if (all == orphan_dialogs_.end()) return tell(over);
  if (!call.leg) all->second.second = over;
  if (--all->second.first != 0) return;
  tell(all->second.second);
  orphan_dialogs_.erase(all);
}

void Shell::end_orphan(const provider::EndOrphan& orphan) {
  const std::vector<usage::Recovery> dialogs = usage::recoveries_from(orphan.recovery);
  // One that is known already was told twice; one that cannot be read cannot be ended.
  if (dialogs.empty() || lines_.empty() || orphan_by_tag_.contains(dialogs.front().local_tag))
    return orphan_ended(orphan.number, Confirmation::unconfirmed);
  if (orphan.take_up) {
    if (dialogs.size() == 1 && take_up(orphan, dialogs.front())) return;
    tell(provider::TakeUpAnswered{orphan.number, false});
  }
  if (dialogs.size() > 1) orphan_dialogs_[orphan.number].first = dialogs.size();
  for (const usage::Recovery& dialog : dialogs)
    end_dialog_of_orphan(orphan, dialog, &dialog != dialogs.data());
}

void Shell::end_dialog_of_orphan(const provider::EndOrphan& orphan, const usage::Recovery& recovery,
                                 bool leg) {
  const auto line = line_by_user_.find(orphan.line);
  const CallHandle handle = calls_.emplace();
  Call& call = *calls_.find(handle);
  call.orphan = orphan.number;
  call.closed = call.idle = true;
  call.leg = leg;
  call.line = line != line_by_user_.end() ? line->second : 0;
  call.outgoing = recovery.outgoing;
  call.answered = recovery.stage == usage::Recovery::Stage::dialog;
  call.invite = recovery.invite;
  ++lines_[call.line]->calls;
  orphan_by_tag_.emplace(recovery.local_tag, handle);
  call.usage = std::make_unique<usage::Usage>(lines_[call.line]->settings, recovery, random());
  ++booked_dialogs_;
  call.drop_at = now();
  usage::Drop drop;
  drop.status = 480;
  drop.reason = mapping::format_reason({"Q.850", 41, orphan.why});
  run(handle, std::move(drop));
}

/// Our Contact, by the transport of an earlier one: the port may be another.
std::string Shell::contact_now(const Line& line, const std::string& before) const {
  Transport transport = Transport::udp;
  if (before.find(";transport=tcp") != std::string::npos) transport = Transport::tcp;
  if (before.find(";transport=tls") != std::string::npos) transport = Transport::tls;
  return transport == line.config.transport ? line.contact
                                            : contact_of(line.config.name, transport);
}

/// The call is the engine's again, in the state that it had. Its last offer, made once more, tells
/// whether the far end is still there (RFC 5057).
bool Shell::take_up(const provider::EndOrphan& orphan, const usage::Recovery& dialog) {
  const auto line = line_by_user_.find(orphan.line);
  if (dialog.stage != usage::Recovery::Stage::dialog || dialog.sdp_session == 0 ||
      line == line_by_user_.end() || stopping_ || find_ref(orphan.take_up))
    return false;
  const CallHandle handle = add_call(orphan.take_up, line->second, dialog.outgoing);
  Call& call = *calls_.find(handle);
  if (!take_port(call)) {
    remove_call(handle);
    return false;
  }
  call.taken_up = call.proving = call.answered = call.alerted = true;
  call.held = orphan.state == CallState::on_hold;
  call.remote_held =
      !call.held && orphan.detail == static_cast<std::uint8_t>(ConnectedMode::active_held);
  call.sdp_session = dialog.sdp_session;
  call.sdp_version = dialog.sdp_version + kVersionsAhead;
  usage::Recovery here = dialog;
  here.contact = contact_now(*lines_[call.line], dialog.contact);
  call.usage = std::make_unique<usage::Usage>(lines_[call.line]->settings, here, random());
  ++booked_dialogs_;
  call.took(Resource::dialogs);
  orphan_by_tag_.emplace(dialog.local_tag, handle);
  call.noted = call.usage->revision() + 1;  // under its new name it is not noted yet
  note(call);
  tell(provider::TakeUpAnswered{orphan.number, true});
  run(handle, usage::Reoffer{sdp::offer(local_sdp(call))});
  return true;
}

/// The far end has answered the offer, or nobody has. A call that 408, 481 or silence has ended is
/// ended by the usage.
void Shell::proven(CallHandle handle, Call& call, const usage::ReofferDone& done) {
  if (done.accepted) {
    const Result<sdp::Description> theirs = sdp::parse(done.body);
    const bool before = std::exchange(call.remote_held, theirs && theirs->holds());
    if (!call.held && before != call.remote_held)
      tell_state(call, CallState::connected,
                 static_cast<std::uint8_t>(call.remote_held ? ConnectedMode::active_held
                                                            : ConnectedMode::active));
    return;
  }
  if (done.status == 408 || done.status == 481 || !mapping::ends_dialog(done.status)) return;
  carry_out(handle, call,
            usage::Disconnected{.by = usage::Disconnected::By::dialog_lost, .status = done.status});
  call.drop_at = now();
  run(handle, usage::Drop{.reason = mapping::format_reason({"Q.850", 41, "the call was lost"})});
}

Shell::CallHandle Shell::find_orphan(std::string_view tag, std::string_view call_id) const {
  if (orphan_by_tag_.empty()) return {};
  const auto found = orphan_by_tag_.find(std::string(tag));
  if (found == orphan_by_tag_.end()) return {};
  const Call* call = calls_.find(found->second);
  return call != nullptr && call->usage && call->usage->call_id() == call_id ? found->second
                                                                             : CallHandle{};
}

/// An INVITE of the earlier process has no transaction here: it is answered from its text.
void Shell::answer_orphan(const Call& call, const usage::SendResponse& send) {
  if (current_.msg != nullptr && send.server == current_.id) {
    nta_msg_treply(agent_, msg_ref_create(current_.msg), send.status, nullptr, TAG_END());
    return;
  }
  msg_t* request = wire::request_of(call.invite);
  if (request == nullptr) return;
  su_home_t home[1] = {SU_HOME_INIT(home)};
  sip_to_t* to = sip_to_dup(home, sip_object(request)->sip_to);
  if (to != nullptr && to->a_tag == nullptr) sip_to_tag(home, to, call.usage->local_tag().c_str());
  nta_msg_treply(agent_, request, send.status, sip_status_phrase(send.status), SIPTAG_TO(to),
                 TAG_IF(!send.reason.empty(), SIPTAG_REASON_STR(send.reason.c_str())), TAG_END());
  su_home_deinit(home);
}

/// A final failure of an INVITE that no transaction here is waiting for.
void Shell::on_late_refusal(sip_s* sip) {
  if (const CallHandle handle = find_tag(wire::from_of(sip).tag, wire::call_id_of(sip)))
    run(handle, wire::response_in(sip, 0));
}

}  // namespace switchhook::sip
