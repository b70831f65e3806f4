// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/call/calls.hpp"

#include <utility>
#include <vector>

#include "base/cases.hpp"
#include "base/limits.hpp"
#include "providers/sip/call/mapping.hpp"
#include "providers/sip/dialog/name_addr.hpp"

namespace switchhook::sip {

using provider::CallRef;
using provider::LineNumber;

namespace {

// As with CSeq: above all that may have been sent after the last note.
constexpr std::uint32_t kVersionsAhead = 1000;

Error stale() {
  return {Errc::stale_handle, "no such call"};
}

/// What a merged request has in common with the one that came first (RFC 3261 8.2.2.2), and the
/// line: a proxy may fork a call to several lines of ours, at once or one after the other.
std::string merge_key(const Invite& invite) {
  return std::to_string(invite.line) + "\n" + std::to_string(invite.request.cseq) + "\n" +
         invite.request.remote_tag + "\n" + invite.call_id;
}

/// The URI without what only says how to reach it.
std::string without_transport(const std::string& uri) {
  return uri.substr(0, uri.find(";transport="));
}

}  // namespace

Calls::Calls(const Workshop& shop) : shop_(shop) {
  shop_.dialogs.serve(DialogId::Of::call, *this);
}

std::size_t Calls::bytes_per_call() {
  return sizeof(Entry) + sizeof(usage::Usage) + std::size_t{RtpPorts::kReceiveBytes};
}

// ---- the table

Calls::Entry* Calls::find(CallRef ref) {
  const auto found = by_ref_.find(ref.value);
  return found != by_ref_.end() ? calls_.find(found->second) : nullptr;
}

Dialog* Calls::find(const DialogId& id) {
  Entry* entry = calls_.find(Handle{id.owner});
  if (entry == nullptr || id.index >= call::kSlots) return nullptr;
  std::optional<Dialog>& dialog = entry->dialogs[id.index];
  return dialog ? &*dialog : nullptr;
}

CallRef Calls::ref_of(const DialogId& id) {
  const Entry* entry = id.of == DialogId::Of::call ? calls_.find(Handle{id.owner}) : nullptr;
  return entry != nullptr ? entry->call.ref() : CallRef{};
}

Calls::Handle Calls::add(CallRef ref, LineNumber line, bool outgoing) {
  const Line& its = shop_.lines[line];
  const Handle handle = calls_.emplace(
      ref, line, outgoing, call::Call::Rules{its.config.reject_code, its.settings.limit()});
  Entry& entry = *calls_.find(handle);
  entry.booked = shop_.ledger.take(Resource::provider_calls, entry.taken);
  by_ref_.emplace(ref.value, handle);
  return handle;
}

void Calls::remove(Handle handle) {
  by_ref_.erase(calls_.find(handle)->call.ref().value);
  forget_invite(*calls_.find(handle));
  calls_.erase(handle);
}

/// The same INVITE by another way is a new call from now on: a proxy hunts, and comes back.
void Calls::forget_invite(Entry& entry) {
  if (!entry.invite.empty()) by_invite_.erase(std::exchange(entry.invite, {}));
}

Dialog& Calls::add_dialog(Handle handle, call::Slot slot, std::unique_ptr<usage::Usage> usage,
                          sdp::Local local) {
  Entry& entry = *calls_.find(handle);
  const DialogId id = id_of(handle, slot);
  Dialog& dialog = entry.dialogs[slot].emplace(
      id, Dialog::Parts{shop_.ledger, shop_.timers, shop_.lines[entry.line].calls},
      std::move(usage), shop_.network.make_link(id, entry.line));
  local.address = shop_.config.bind_address;
  entry.call.attach(slot, dialog.usage(), std::move(local));
  return dialog;
}

std::unique_ptr<usage::Usage> Calls::make_usage(const DialogId& id, const Line& line,
                                                const std::string& target,
                                                const std::string& calling,
                                                const std::string& display) {
  usage::Identity identity;
  identity.call_id = shop_.random.word() + "@" + shop_.config.bind_address;
  identity.local_tag = shop_.dialogs.make_tag(id);
  identity.local = name_addr(calling, display);
  if (line.config.withhold_number) {
    if (line.config.mode == LineMode::account || !line.proxy.empty() ||
        shop_.lines.is_own_server(line, target))
      identity.withheld = identity.local;
    identity.local = name_addr("sip:anonymous@anonymous.invalid", "Anonymous");
  }
  identity.remote = name_addr(without_transport(target));
  identity.target = target;
  identity.contact = line.contact;
  identity.next_hop = line.proxy;
  if (!line.proxy.empty())
    identity.teacher = digest::Teacher::proxy;
  else if (shop_.lines.is_own_server(line, target))
    identity.teacher = digest::Teacher::server;
  identity.first_cseq = static_cast<std::uint32_t>(shop_.random.next() % 100000 + 1);
  identity.entropy = shop_.random.next();
  return std::make_unique<usage::Usage>(line.settings, std::move(identity));
}

bool Calls::full(const Line& line) const {
  return live() >= std::int64_t{shop_.config.calls_max} || line.full();
}

// ---- running the machines

void Calls::apply(Handle handle, const call::Input& input) {
  shop_.dialogs.in_turn([&] {
    Entry& entry = *calls_.find(handle);
    call::Outputs outputs;
    entry.call.apply(input, shop_.timers.now(), outputs);
    for (call::Output& output : outputs) carry_out(handle, output);
    if (!entry.call.awaits_answer() || !entry.call.up()) {
      entry.unanswered = {};
      entry.untaken.reset();
    }
    if (!entry.call.up()) forget_invite(entry);
    if (entry.call.dead()) remove(handle);
    for (provider::Completed& done : std::exchange(halves_, {})) half_done(std::move(done));
  });
}

void Calls::carry_out(Handle handle, call::Output& output) {
  Entry& entry = *calls_.find(handle);
  std::visit(base::Cases{
                 [&](call::Tell& said) {
                   auto* done = std::get_if<provider::Completed>(&said.event);
                   if (done != nullptr && swaps_.contains(done->request))
                     halves_.push_back(std::move(*done));
                   else
                     tell(std::move(said.event));
                 },
                 [&](call::Feed& feed) {
                   shop_.dialogs.feed(id_of(handle, feed.slot), std::move(feed.input));
                 },
                 [&](const call::SetTimer& set) {
                   const auto which = static_cast<std::uint8_t>(set.timer);
                   entry.alarms[which] = {
                       shop_.timers.set({Timers::Of::call, handle.value, 0, which}, set.after),
                       shop_.ledger.take(Resource::provider_timers, entry.taken)};
                 },
                 [&](const call::ClearTimer& clear) {
                   entry.alarms[static_cast<std::size_t>(clear.timer)] = {};
                 },
                 [&](const call::Note&) { journal(entry); },
                 [&](call::Over& over) {
                   for (Entry::Set& each : entry.alarms) each = {};
                   over.ended.released = entry.taken;
                   tell(std::move(over.ended));
                 },
             },
             output);
}

void Calls::report(const DialogId& id, usage::Output what) {
  const Handle handle{id.owner};
  if (const auto* asked = std::get_if<usage::ReferAsked>(&what)) return follow(id, asked->referral);
  if (std::holds_alternative<usage::Acknowledged>(what)) calls_.find(handle)->of_source = {};
  if (const auto* end = std::get_if<usage::Disconnected>(&what);
      end != nullptr && end->by == usage::Disconnected::By::response && end->status == 404)
    shop_.lines.run(calls_.find(handle)->line, Registration::Doubted{});
  apply(handle, call::Report{id.index, std::move(what)});
}

void Calls::settle(const DialogId& id) {
  const Handle handle{id.owner};
  Entry* entry = calls_.find(handle);
  if (entry == nullptr) return;
  call::Outputs outputs;
  entry->call.settle(outputs);
  for (call::Output& output : outputs) carry_out(handle, output);
}

void Calls::finished(const DialogId& id, const usage::Finished& how) {
  const Handle handle{id.owner};
  Entry& entry = *calls_.find(handle);
  std::optional<Dialog>& dialog = entry.dialogs[id.index];
  entry.call.detach(id.index);
  for (std::size_t i = 0; i < entry.taken.size(); ++i)
    entry.taken[i] = static_cast<std::uint16_t>(entry.taken[i] + dialog->taken()[i]);
  dialog.reset();
  if (id.index == 0) entry.of_source = {};
  apply(handle, call::Report{id.index, how});
}

void Calls::timer_due(std::uint64_t owner, std::uint8_t which) {
  const Handle handle{owner};
  Entry* entry = calls_.find(handle);
  if (entry == nullptr) return;
  entry->alarms[which] = {};
  apply(handle, call::TimerDue{static_cast<call::Timer>(which)});
}

// ---- commands

template <typename Command>
void Calls::forward(const Command& command) {
  Entry* entry = find(command.call);
  if (entry == nullptr || entry->call.closed())
    return complete(command.call, command.request, stale());
  apply(by_ref_.at(command.call.value), command);
}

void Calls::on(const provider::Accept& accept) {
  forward(accept);
}
void Calls::on(const provider::Drop& drop) {
  give_up_swaps(drop.call);
  forward(drop);
}
void Calls::on(const provider::Hold& hold) {
  forward(hold);
}
void Calls::on(const provider::Unhold& unhold) {
  forward(unhold);
}

void Calls::on(const provider::MakeCall& make) {
  const auto fail = [&](Error error) { complete(make.call, make.request, std::move(error)); };
  if (!shop_.lines.has(make.line)) return fail({Errc::no_such_line, ""});
  const Line& line = shop_.lines[make.line];
  if (stopping_) return fail({Errc::provider_gone, "the provider stops"});
  if (!make.call || find(make.call) != nullptr)
    return fail({Errc::invalid_argument, "call reference"});
  if (!line.in_service) return fail({Errc::line_unavailable, "not registered"});
  if (make.user_info.size() > limits::kUserInfoBytes) return fail({Errc::user_info_too_big, ""});
  const bool reserve = make.emergency && live() < std::int64_t{shop_.config.calls_max} +
                                                      std::int64_t{limits::kEmergencySessions};
  if (full(line) && !reserve) return fail({Errc::call_unavailable, "limit of calls reached"});
  Result<std::string> target = shop_.lines.resolve(line, make.address);
  if (!target) return fail(target.error());
  std::string calling = line.uri, display = line.config.display_name;
  if (!make.calling.address.empty()) {
    Result<std::string> given = shop_.lines.resolve(line, make.calling.address);
    if (!given) return fail(given.error());
    calling = without_transport(*given);
  }
  if (!make.calling.name.empty()) display = make.calling.name.substr(0, limits::kNameBytes);

  const Handle handle = add(make.call, make.line, true);
  Dialog& dialog =
      add_dialog(handle, 0, make_usage(id_of(handle, 0), line, *target, calling, display), local());
  if (Result<void> port = dialog.take_port(shop_.ports); !port) {
    remove(handle);
    return fail(port.error());
  }
  calls_.find(handle)->call.use_port(dialog.port());
  apply(handle, call::Make{make.request, make.user_info});
}

void Calls::on(const provider::Answer& answer) {
  Entry* entry = find(answer.call);
  if (entry == nullptr || entry->call.closed())
    return complete(answer.call, answer.request, stale());
  if (Result<void> may = entry->call.may_answer(answer); !may)
    return complete(answer.call, answer.request, may.error());
  Dialog& dialog = *entry->dialogs[entry->call.main()];
  if (Result<void> port = dialog.take_port(shop_.ports); !port)
    return complete(answer.call, answer.request, port.error());
  entry->call.use_port(dialog.port());
  const Handle replaced = std::exchange(entry->replaces, {});
  apply(by_ref_.at(answer.call.value), answer);
  if (calls_.find(replaced) != nullptr) apply(replaced, call::Replaced{});
}

void Calls::on(const provider::Transfer& transfer) {
  const auto fail = [&](Error error) {
    complete(transfer.call, transfer.request, std::move(error));
  };
  Entry* entry = find(transfer.call);
  if (entry == nullptr || entry->call.closed())
    return fail({Errc::stale_handle, "the call is gone"});
  if (!entry->call.may_transfer() || entry->call.transfers())
    return fail({Errc::invalid_state, "the call cannot be transferred now"});
  std::string to;
  if (transfer.with) {
    Entry* other = find(transfer.with);
    if (other == nullptr || other == entry || !other->call.may_transfer())
      return fail({Errc::invalid_state, "nobody to transfer to in the other call"});
    to = other->dialogs[other->call.main()]->usage().address_to_replace();
  } else {
    const Result<std::string> uri = shop_.lines.resolve(shop_.lines[entry->line], transfer.address);
    if (!uri) return fail(uri.error());
    to = "<" + *uri + ">";
  }
  apply(by_ref_.at(transfer.call.value), call::Refer{transfer.request, std::move(to)});
}

void Calls::on(const provider::SendDigits& send) {
  const Entry* entry = find(send.call);
  complete(send.call, send.request,
           entry == nullptr || entry->call.closed()
               ? stale()
               : Error{Errc::unsupported, "digits need audio, which SIP lines do not carry yet"});
}

void Calls::on(const provider::CloseCall& close) {
  give_up_swaps(close.call);
  Entry* entry = find(close.call);
  if (entry == nullptr || entry->call.closed()) return;
  if (entry->untaken) {  // closed without a Drop: the engine does not take it
    entry->untaken->reason = RefusalReason::not_taken;
    entry->untaken->sip_status = shop_.lines[entry->line].config.reject_code;
    refusals_.note(std::move(*entry->untaken));
  }
  apply(by_ref_.at(close.call.value), close);
}

void Calls::stop() {
  stopping_ = true;
  std::vector<Handle> all;
  calls_.for_each([&](Handle handle, Entry& entry) {
    for (const std::optional<Dialog>& dialog : entry.dialogs)
      if (dialog && (all.empty() || all.back() != handle)) all.push_back(handle);
  });
  for (Handle handle : all)
    if (calls_.find(handle) != nullptr) apply(handle, call::Stop{});
}

void Calls::give_up() {
  std::vector<DialogId> left;
  calls_.for_each([&](Handle handle, Entry& entry) {
    for (call::Slot slot = 0; slot < call::kSlots; ++slot)
      if (entry.dialogs[slot]) left.push_back(id_of(handle, slot));
  });
  for (const DialogId& id : left) shop_.dialogs.give_up(id);
}

// ---- INVITEs

Calls::Refused Calls::refuses(const Invite& invite) const {
  const Line& line = shop_.lines[invite.line];
  if (by_invite_.contains(merge_key(invite)))
    return {482, RefusalReason::not_taken, "Request Merged"};
  Handle replaced;
  if (const int status = find_replaced(invite, replaced); status != 0) return {status};
  const Refused later{503, RefusalReason::overloaded, nullptr, "Retry-After: 5"};
  if (stopping_) return {480, RefusalReason::not_taken};
  if (live() >= std::int64_t{shop_.config.calls_max} ||
      unanswered_.held() >= std::int64_t{shop_.config.calls_unanswered})
    return later;
  if (const auto source = sources_.find(invite.source);
      source != sources_.end() &&
      source->second.held() >= std::int64_t{shop_.config.calls_of_source})
    return later;
  if (line.full()) return {486, RefusalReason::busy};
  if (invite.request.body.empty()) return {};
  const Result<sdp::Description> offered = sdp::parse(invite.request.body);
  if (!offered) return {400, RefusalReason::not_understood, "Bad session description"};
  if (offered->audio() == nullptr) return {488};
  return {};
}

Refusal Calls::refusal_of(const Invite& invite) const {
  Refusal out;
  out.at = shop_.clock.now();
  out.source = invite.source;
  out.calling = invite.from.address;
  out.called = invite.to.address;
  out.provider_call_id = invite.call_id;
  return bounded(std::move(out));
}

void Calls::note_refused(const Invite& invite, RefusalReason reason, int status) {
  Refusal refused = refusal_of(invite);
  refused.reason = reason;
  refused.sip_status = static_cast<std::uint16_t>(status);
  refusals_.note(std::move(refused));
}

/// What an INVITE replaces, if it says so; or, other than 0, the status that refuses it.
int Calls::find_replaced(const Invite& invite, Handle& out) const {
  if (!invite.replaces) return 0;
  const Replaces& wanted = *invite.replaces;
  const DialogId id = shop_.dialogs.find(wanted.local_tag, wanted.call_id);
  if (id.of != DialogId::Of::call)
    return shop_.dialogs.tombstones.knows(wanted.call_id, wanted.local_tag) ? 603 : 481;
  const Entry& entry = *calls_.find(Handle{id.owner});
  const usage::Usage& usage = entry.dialogs[id.index]->usage();
  if (entry.line != invite.line || !usage.knows_peer(wanted.remote_tag)) return 481;
  if (!entry.call.up() || entry.call.main() != id.index) return 603;
  switch (usage.state()) {
    case usage::State::answered:
    case usage::State::confirmed:
      if (wanted.early_only) return 486;
      break;
    case usage::State::proceeding:
      break;  // our own call that rings there: picked up elsewhere
    case usage::State::offered:
    case usage::State::fresh:
    case usage::State::calling:
      return 481;  // section 3: an early dialog that we did not initiate is none to replace
    case usage::State::calling_dropped:
    case usage::State::cancelling:
    case usage::State::answered_dropped:
    case usage::State::rejected:
    case usage::State::ending:
    case usage::State::terminated:
      return 603;
  }
  out = Handle{id.owner};
  return 0;
}

bool Calls::offer(Invite invite, const std::function<usage::TransactionId(Dialog& dialog)>& take) {
  const Line& line = shop_.lines[invite.line];
  const CallRef ref{CallRef::kMintedByProvider | ++last_ref_};
  const Handle handle = add(ref, invite.line, false);
  Entry& entry = *calls_.find(handle);
  static_cast<void>(find_replaced(invite, entry.replaces));
  entry.unanswered = unanswered_.book();
  entry.untaken = refusal_of(invite);
  if (sources_.size() > shop_.config.calls_unanswered)
    std::erase_if(sources_, [](const auto& each) { return each.second.held() == 0; });
  entry.of_source = sources_.try_emplace(invite.source).first->second.book();
  entry.invite = merge_key(invite);
  by_invite_.emplace(entry.invite, handle);
  const DialogId id = id_of(handle, 0);
  usage::Identity identity;
  identity.call_id = invite.call_id;
  identity.local_tag = shop_.dialogs.make_tag(id);
  identity.local = name_addr(invite.to.address, invite.to.name);
  identity.remote = name_addr(invite.from.address, invite.from.name);
  identity.target = invite.from.address;
  identity.contact = shop_.lines.contact_by(line, invite.transport);
  identity.first_cseq = static_cast<std::uint32_t>(shop_.random.next() % 100000 + 1);
  identity.entropy = shop_.random.next();
  Dialog& dialog = add_dialog(
      handle, 0, std::make_unique<usage::Usage>(line.settings, std::move(identity)), local());
  invite.request.server = take(dialog);
  if (invite.request.server == 0) {  // out of memory: nobody has heard of the call yet
    remove(handle);
    return false;
  }
  dialog.invite = std::move(invite.head);

  call::Offered offered;
  offered.event.call = ref;
  offered.event.line = invite.line;
  offered.event.provider_call_id = invite.call_id;
  offered.event.parties = std::move(invite.parties);
  offered.offer = invite.request.body;
  offered.ring = line.config.ring_on_offer;
  if (std::optional<UserInfo> info = mapping::parse_user_to_user(invite.request.user_to_user))
    offered.event.user_info = std::move(*info);
  // The journal knows of it first: whatever the engine is told of has one record, also when this
  // process dies and the INVITE comes again to the next one.
  shop_.dialogs.feed(id, std::move(invite.request));
  if (calls_.find(handle) != nullptr) apply(handle, offered);
  return true;
}

// ---- a REFER of the far end

void Calls::follow(const DialogId& id, const usage::Referral& referral) {
  const Handle handle{id.owner};
  Entry& entry = *calls_.find(handle);
  const auto refuse_with = [&](std::uint16_t status) {
    shop_.dialogs.feed(id, usage::AnswerRefer{status});
  };
  const Line& line = shop_.lines[entry.line];
  if (const std::uint16_t status = entry.call.refuses_referral(); status != 0)
    return refuse_with(status);
  if (stopping_ || !line.in_service || full(line)) return refuse_with(503);
  const Result<std::string> target = shop_.lines.resolve(line, referral.to);
  if (!target) return refuse_with(400);

  const auto slot = static_cast<call::Slot>(1 - id.index);
  Dialog& dialog = add_dialog(
      handle, slot,
      make_usage(id_of(handle, slot), line, *target, line.uri, line.config.display_name), local());
  if (!dialog.take_port(shop_.ports)) {
    entry.call.detach(slot);
    entry.dialogs[slot].reset();
    return refuse_with(503);
  }
  sdp::Local local = entry.call.local(slot);
  local.port = dialog.port();
  entry.call.attach(slot, dialog.usage(), std::move(local));
  apply(handle, call::Follow{referral, line.settings.transfer_limit});
}

// ---- calls that survive their process

/// Before what it makes true leaves for the wire (rule 9 of provider.hpp).
void Calls::note(const DialogId& id) {
  Dialog& dialog = *find(id);
  if (!shop_.sink.keeps_recovery() || dialog.usage().state() == usage::State::terminated ||
      dialog.noted())
    return;
  journal(*calls_.find(Handle{id.owner}));
}

void Calls::journal(Entry& entry) {
  if (!shop_.sink.keeps_recovery()) return;
  std::vector<usage::Recovery> dialogs;
  const call::Slot main = entry.call.main();
  for (const call::Slot slot : {main, static_cast<call::Slot>(1 - main)}) {
    std::optional<Dialog>& dialog = entry.dialogs[slot];
    if (!dialog || dialog->usage().state() == usage::State::fresh ||
        dialog->usage().state() == usage::State::terminated)
      continue;
    static_cast<void>(dialog->noted());
    usage::Recovery& recovery = dialogs.emplace_back(dialog->usage().recovery());
    recovery.sdp_session = static_cast<std::uint32_t>(entry.call.local(slot).session);
    recovery.sdp_version = entry.call.local(slot).version;
    if (recovery.stage == usage::Recovery::Stage::offered) {
      recovery.invite = dialog->invite;
    } else {
      dialog->invite = {};
    }
  }
  if (dialogs.empty()) return;
  tell(provider::Recovery{
      .call = entry.call.ref(),
      .line = shop_.lines[entry.line].config.name,
      .direction = entry.call.outgoing() ? Direction::outgoing : Direction::incoming,
      .provider_call_id = dialogs.front().call_id,
      .recovery = usage::to_bytes(dialogs)});
}

bool Calls::take_up(const provider::EndOrphan& orphan, const usage::Recovery& dialog) {
  const std::optional<LineNumber> number = shop_.lines.find(orphan.line);
  if (dialog.stage != usage::Recovery::Stage::dialog || dialog.sdp_session == 0 || !number ||
      stopping_ || find(orphan.take_up) != nullptr)
    return false;
  const Line& line = shop_.lines[*number];
  const Handle handle = add(orphan.take_up, *number, dialog.outgoing);
  usage::Recovery here = dialog;
  here.contact = shop_.lines.contact_now(line, dialog.contact);
  sdp::Local local;
  local.session = dialog.sdp_session;
  local.version = dialog.sdp_version + kVersionsAhead;
  Dialog& its = add_dialog(handle, 0,
                           std::make_unique<usage::Usage>(line.settings, here, shop_.random.next()),
                           std::move(local));
  if (!its.take_port(shop_.ports)) {
    remove(handle);
    return false;
  }
  Entry& entry = *calls_.find(handle);
  entry.call.use_port(its.port());
  shop_.dialogs.know(dialog.local_tag, id_of(handle, 0));
  journal(entry);  // under its new name
  tell(provider::TakeUpAnswered{orphan.number, true});
  const bool held = orphan.state == CallState::on_hold;
  apply(handle, call::TakeUp{held, !held && orphan.detail == static_cast<std::uint8_t>(
                                                                 ConnectedMode::active_held)});
  return true;
}

// ---- the ledger

void Calls::count(std::array<std::int64_t, kResourceCount>& found) const {
  const auto slot = [&](Resource resource) -> std::int64_t& {
    return found[static_cast<std::size_t>(resource)];
  };
  calls_.for_each([&](Handle, const Entry& entry) {
    slot(Resource::provider_calls) += 1;
    for (const std::optional<Dialog>& dialog : entry.dialogs) {
      if (!dialog) continue;
      slot(Resource::dialogs) += 1;
      slot(Resource::transactions) += static_cast<std::int64_t>(dialog->link().transactions());
    }
  });
}

}  // namespace switchhook::sip
