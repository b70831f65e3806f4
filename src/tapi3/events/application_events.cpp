// SPDX-License-Identifier: Apache-2.0
// The way of events: from the service's thread, which only updates mirrors and posts, to the TAPI
// thread, which makes event objects and calls the program's sinks.
#include "base/cases.hpp"
#include "tapi3/boundary.hpp"
#include "tapi3/events/events.hpp"
#include "tapi3/objects/address_object.hpp"
#include "tapi3/objects/application.hpp"
#include "tapi3/objects/call_hub_object.hpp"
#include "tapi3/objects/call_object.hpp"
#include "tapi3/objects/tapi_object.hpp"

namespace switchhook::tapi3 {

// ---- on the service's thread

void Application::on_event(api::Event event) {
  std::visit(
      base::Cases{
          [&](const api::CallAppeared& appeared) { on_appeared(appeared); },
          [&](api::CallStateChanged& changed) { on_state(std::move(changed)); },
          [&](const api::CallInfoChanged& changed) { on_info(changed); },
          [&](const api::LineClosed& closed) { on_line_closed(closed); },
          [&](const api::LineChanged& changed) { on_line_changed(changed); },
          [&](const api::LineAppeared& added) {
            post([self = shared_from_this(), line = added.line] {
              self->deliver_of_tapi(TE_ADDRESSCREATE, self->address(line));
            });
          },
          [&](const api::LineRemoved& removed) { on_line_removed(removed.line); },
          [&](const api::CallReclaimed& reclaimed) {
            if (Keep<CallObject> call = find(reclaimed.call))
              static_cast<void>(call->lose(Errc::reclaimed));
          },
          // Digits belong to ITLegacyCallMediaControl, which is not offered; nobody asks for them.
          [](const api::DigitReceived&) {},
          [](const api::DigitsSent&) {},
          // TAPI 3 has no event for it, and sinks are told no number that their headers do not have.
          // The daemon's log and the ledger's report at Shutdown say it (docs/decisions/0135).
          [](const api::LeakLimitReached&) {},
          [](const api::TracedMessage&) {},  // no program of TAPI can ask for them
          // A state that was lost is told by itself, and all else is read when it is asked for.
          [](const api::EventsLost&) {},
      },
      event);
}

void Application::on_line_removed(api::LineId line) {
  post([self = shared_from_this(), line] {
    Keep<AddressObject> known;
    {
      base::Lock lock(self->mutex_);
      if (auto found = self->addresses_.find(line); found != self->addresses_.end())
        known = found->second;
      self->addresses_.erase(line);
    }
    self->deliver_of_tapi(TE_ADDRESSREMOVE, Held<AddressObject>(known.get()));
  });
}

void Application::on_appeared(const api::CallAppeared& appeared) {
  const auto opening = client_->find<Opening>(appeared.open);
  bool wanted = false;
  if (opening) {
    base::Lock lock(mutex_);
    wanted = !down_ && !opening->retired;
    if (wanted) ++opening->calls;
  }
  if (!wanted) return release_identifier(appeared.call);  // nobody is registered any more
  Held<CallObject> call =
      make<CallObject>(Held<AddressObject>(opening->address.get()), appeared.call, appeared.open,
                       appeared.privilege, opening->instance);
  add_call(appeared.call, *call);
  {
    base::Lock lock(mutex_);
    if (!down_) unseen_.emplace(appeared.call, call);
  }
  post([self = shared_from_this(), keep = Keep<CallObject>(call.get()),
        privilege = appeared.privilege] {
    if (Held<CallObject> held = keep.lock()) self->deliver_new_call(held, privilege);
  });
}

void Application::on_state(api::CallStateChanged changed) {
  Keep<CallObject> call = find(changed.call);
  if (!call) return;  // released a moment ago
  // The first event tells the privilege that the call was made or offered with, too.
  const bool new_privilege =
      changed.privilege && *changed.privilege != call->privilege() && call->shown();
  const std::optional<StateEvent> event = call->apply(changed);
  if (!event && !new_privilege) return;
  post([self = shared_from_this(), call, event, new_privilege] {
    Held<CallObject> held = call.lock();
    if (!held) return;  // the program has let go of it: what was on its way is not delivered
    if (new_privilege && held->wants(TE_CALLINFOCHANGE, CIC_PRIVILEGE)) {
      Held<CallInfoChangeEvent> info = make<CallInfoChangeEvent>(held, CIC_PRIVILEGE);
      self->fire(TE_CALLINFOCHANGE, info->face<ITCallInfoChangeEvent>());
    }
    if (event) self->deliver_state(held, *event);
  });
}

void Application::on_info(const api::CallInfoChanged& changed) {
  Keep<CallObject> call = find(changed.call);
  if (!call || !call->collect_info(changed.what)) return;
  post([self = shared_from_this(), call] {
    const std::uint32_t what = call->take_info();
    if (Held<CallObject> held = call.lock()) self->deliver_info(held, what);
  });
}

void Application::on_line_changed(const api::LineChanged& changed) {
  ADDRESS_EVENT event = AE_STATE;
  if (changed.what == api::LineChange::ringing)
    event = AE_RINGING;
  else if (changed.what != api::LineChange::in_service &&
           changed.what != api::LineChange::out_of_service)
    return;
  const auto opening = client_->find<Opening>(changed.open);
  if (!opening) return;
  const Keep<AddressObject> address = opening->address;
  if (event == AE_STATE) address->set_in_service(changed.what == api::LineChange::in_service);
  post([self = shared_from_this(), address, event] { self->deliver_of_address(address, event); });
}

/// The calls of a closed line get no last state from the service, and a program that waits for one
/// has no other sign: they end here, as failed.
void Application::lose(const Keep<CallObject>& call) {
  const std::optional<StateEvent> event = call->lose(Errc::stale_handle);
  if (!event) return;
  post([self = shared_from_this(), call, event] {
    if (Held<CallObject> held = call.lock()) self->deliver_state(held, *event);
  });
}

void Application::on_line_closed(const api::LineClosed& closed) {
  const auto opening = client_->find<Opening>(closed.open);
  if (!opening) return;
  {
    base::Lock lock(mutex_);
    opening->retired = true;
  }
  for (const Keep<CallObject>& call : kept_calls(closed.open)) lose(call);
  close_if_unused(*opening);
  post([self = shared_from_this(), address = opening->address] {
    self->deliver_of_tapi(TE_ADDRESSCLOSE, Held<AddressObject>(address.get()));
  });
}

void Application::on_lost() {
  for (const Keep<CallObject>& call : kept_calls()) {
    lose(call);
    call->wake();
  }
  post([self = shared_from_this()] { self->deliver_of_tapi(TE_REINIT, {}); });
}

// ---- on the TAPI thread

/// True when at least one sink was called.
bool Application::fire(TAPI_EVENT kind, IDispatch* event) {
  const Held<TapiObject> tapi = tapi_.lock();
  return tapi && tapi->sinks().fire(kind, event);
}

void Application::deliver_new_call(const Held<CallObject>& call, Privilege privilege) {
  const CALL_NOTIFICATION_EVENT kind = privilege == Privilege::owner ? CNE_OWNER : CNE_MONITOR;
  if (call->address().wants(TE_CALLNOTIFICATION, kind)) {
    Held<CallNotificationEvent> event = make<CallNotificationEvent>(call, kind);
    if (fire(TE_CALLNOTIFICATION, event->face<ITCallNotificationEvent>())) call->set_shown();
  }
  join_hub(call);
}

/// Only when the program asked for hubs to be tracked; asked of the call's hub otherwise, too.
void Application::join_hub(const Held<CallObject>& call) {
  if (!call->address().tracks_hubs() || call->has_hub()) return;
  const std::uint32_t call_id = call->call_id();
  if (call_id == 0) return;
  Held<CallHubObject> hub = this->hub(call_id);
  call->set_hub(hub);
  if (hub->join() && call->address().wants(TE_CALLHUB, CHE_CALLHUBNEW)) {
    Held<CallHubEvent> event = make<CallHubEvent>(CHE_CALLHUBNEW, hub, Held<CallObject>());
    fire(TE_CALLHUB, event->face<ITCallHubEvent>());
  }
  if (call->address().wants(TE_CALLHUB, CHE_CALLJOIN)) {
    Held<CallHubEvent> event = make<CallHubEvent>(CHE_CALLJOIN, hub, call);
    fire(TE_CALLHUB, event->face<ITCallHubEvent>());
  }
}

void Application::deliver_state(const Held<CallObject>& call, const StateEvent& event) {
  join_hub(call);
  if (call->wants(TE_CALLSTATE, event.state)) {
    Held<CallStateEvent> object = make<CallStateEvent>(call, event.state, event.cause);
    if (fire(TE_CALLSTATE, object->face<ITCallStateEvent>())) call->set_shown();
  }
  if (event.state == CS_DISCONNECTED) deliver_hub_end(call);
  // A call that nobody was shown waits to be asked for, but not beyond its end.
  if (call->shown() || event.state == CS_DISCONNECTED) seen(*call);
}

void Application::deliver_info(const Held<CallObject>& call, std::uint32_t what) {
  for (std::uint32_t bit = 1; bit != 0 && bit <= what; bit <<= 1) {
    if ((what & bit) == 0) continue;
    const std::optional<CALLINFOCHANGE_CAUSE> cause = info_cause_of(bit);
    if (!cause || !call->wants(TE_CALLINFOCHANGE, *cause)) continue;
    Held<CallInfoChangeEvent> event = make<CallInfoChangeEvent>(call, *cause);
    fire(TE_CALLINFOCHANGE, event->face<ITCallInfoChangeEvent>());
  }
}

void Application::deliver_hub_end(const Held<CallObject>& call) {
  if (!call->has_hub()) return;
  Held<CallHubObject> hub = this->hub(call->call_id());
  if (call->address().wants(TE_CALLHUB, CHE_CALLLEAVE)) {
    Held<CallHubEvent> event = make<CallHubEvent>(CHE_CALLLEAVE, hub, call);
    fire(TE_CALLHUB, event->face<ITCallHubEvent>());
  }
  if (hub->state() == CHS_IDLE && call->address().wants(TE_CALLHUB, CHE_CALLHUBIDLE)) {
    Held<CallHubEvent> event = make<CallHubEvent>(CHE_CALLHUBIDLE, hub, Held<CallObject>());
    fire(TE_CALLHUB, event->face<ITCallHubEvent>());
  }
}

void Application::deliver_of_address(const Keep<AddressObject>& address, ADDRESS_EVENT event) {
  if (!address->wants(TE_ADDRESS, event)) return;
  Held<AddressEvent> object = make<AddressEvent>(Held<AddressObject>(address.get()), event);
  fire(TE_ADDRESS, object->face<ITAddressEvent>());
}

void Application::deliver_of_tapi(TAPIOBJECT_EVENT event, const Held<AddressObject>& address) {
  if (!filter().wants(TE_TAPIOBJECT, event)) return;
  const Held<TapiObject> tapi = tapi_.lock();
  if (!tapi) return;
  Held<TapiObjectEvent> object = make<TapiObjectEvent>(tapi, event, address);
  fire(TE_TAPIOBJECT, object->face<ITTAPIObjectEvent2>());
}

}  // namespace switchhook::tapi3
