// SPDX-License-Identifier: Apache-2.0
// The way of events: from the service's thread, which only updates mirrors and posts, to the TAPI
// thread, which makes event objects and calls the program's sinks.
#include "tapi3/boundary.hpp"
#include "tapi3/events/events.hpp"
#include "tapi3/objects/address_object.hpp"
#include "tapi3/objects/application.hpp"
#include "tapi3/objects/call_hub_object.hpp"
#include "tapi3/objects/call_object.hpp"
#include "tapi3/objects/tapi_object.hpp"

namespace switchhook::tapi3 {

// ---- on the service's thread

void Application::on_notice(api::Notice notice) {
  if (const auto* lost = std::get_if<api::Disconnected>(&notice)) return on_lost(lost->why);
  auto* event = std::get_if<api::Event>(&notice);
  if (event == nullptr) return;  // completions go to complete()
  if (const auto* appeared = std::get_if<api::CallAppeared>(event)) {
    on_appeared(*appeared);
  } else if (auto* state = std::get_if<api::CallStateChanged>(event)) {
    on_state(std::move(*state));
  } else if (const auto* info = std::get_if<api::CallInfoChanged>(event)) {
    on_info(*info);
  } else if (const auto* closed = std::get_if<api::LineClosed>(event)) {
    on_line_closed(*closed);
  } else if (const auto* changed = std::get_if<api::LineChanged>(event)) {
    on_line_changed(*changed);
  } else if (const auto* added = std::get_if<api::LineAppeared>(event)) {
    dispatcher_.post([self = shared_from_this(), line = added->line] {
      self->deliver_of_tapi(TE_ADDRESSCREATE, self->address(line));
    });
  } else if (const auto* removed = std::get_if<api::LineRemoved>(event)) {
    dispatcher_.post([self = shared_from_this(), line = removed->line] {
      Keep<AddressObject> known;
      {
        base::Lock lock(self->mutex_);
        if (auto found = self->addresses_.find(line); found != self->addresses_.end())
          known = found->second;
        self->addresses_.erase(line);
      }
      self->deliver_of_tapi(TE_ADDRESSREMOVE, Held<AddressObject>(known.get()));
    });
  } else if (const auto* reclaimed = std::get_if<api::CallReclaimed>(event)) {
    if (Keep<CallObject> call = find(reclaimed->call))
      static_cast<void>(call->lose(Errc::reclaimed));
  } else if (std::get_if<api::EventsLost>(event) != nullptr) {
    dispatcher_.post([self = shared_from_this()] { self->resync(); });
  }
}

void Application::on_appeared(const api::CallAppeared& appeared) {
  Keep<AddressObject> address;
  long instance = 0;
  {
    base::Lock lock(mutex_);
    auto found = openings_.find(appeared.open);
    if (!down_ && found != openings_.end() && !found->second.retired) {
      address = found->second.address;
      instance = found->second.instance;
      ++found->second.calls;
    }
  }
  if (!address) return release_identifier(appeared.call);  // nobody is registered any more
  Held<CallObject> call = make<CallObject>(Held<AddressObject>(address.get()), appeared.call,
                                           appeared.open, appeared.privilege, instance);
  add_call(appeared.call, *call);
  {
    base::Lock lock(mutex_);
    if (!down_) unseen_.emplace(appeared.call, call);
  }
  dispatcher_.post([self = shared_from_this(), keep = Keep<CallObject>(call.get()),
                    privilege = appeared.privilege] {
    if (Held<CallObject> held = keep.lock()) self->deliver_new_call(held, privilege);
  });
}

void Application::on_state(api::CallStateChanged changed) {
  Keep<CallObject> call = find(changed.call);
  if (!call) return;  // released a moment ago
  const std::optional<StateEvent> event = call->apply(changed);
  const bool new_privilege = changed.privilege && call->shown();
  if (!event && !new_privilege) return;
  dispatcher_.post([self = shared_from_this(), call, event, new_privilege] {
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
  dispatcher_.post([self = shared_from_this(), call] {
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
  Keep<AddressObject> address;
  {
    base::Lock lock(mutex_);
    auto found = openings_.find(changed.open);
    if (found == openings_.end()) return;
    address = found->second.address;
  }
  if (event == AE_STATE) address->set_in_service(changed.what == api::LineChange::in_service);
  dispatcher_.post(
      [self = shared_from_this(), address, event] { self->deliver_of_address(address, event); });
}

/// The calls of a closed line get no last state from the service, and a program that waits for one
/// has no other sign: they end here, as failed.
void Application::lose(const Keep<CallObject>& call) {
  const std::optional<StateEvent> event = call->lose(Errc::stale_handle);
  if (!event) return;
  dispatcher_.post([self = shared_from_this(), call, event] {
    if (Held<CallObject> held = call.lock()) self->deliver_state(held, *event);
  });
}

void Application::on_line_closed(const api::LineClosed& closed) {
  Keep<AddressObject> address;
  std::vector<Keep<CallObject>> all;
  {
    base::Lock lock(mutex_);
    auto found = openings_.find(closed.open);
    if (found == openings_.end()) return;
    address = found->second.address;
    openings_.erase(found);
    for (const auto& [id, call] : calls_) all.push_back(call);
  }
  for (const Keep<CallObject>& call : all)
    if (call->open() == closed.open) lose(call);
  dispatcher_.post([self = shared_from_this(), address] {
    self->deliver_of_tapi(TE_ADDRESSCLOSE, Held<AddressObject>(address.get()));
  });
}

void Application::on_lost(const Error& why) {
  std::vector<Keep<CallObject>> all;
  {
    base::Lock lock(mutex_);
    gone_ = Error{Errc::disconnected, why.text()};
    for (const auto& [id, call] : calls_) all.push_back(call);
  }
  abandon(Error{Errc::disconnected, why.text()});
  for (const Keep<CallObject>& call : all) {
    lose(call);
    call->wake();
  }
  dispatcher_.post([self = shared_from_this()] { self->deliver_of_tapi(TE_REINIT, {}); });
}

// ---- on the TAPI thread

/// True when at least one sink was called.
bool Application::fire(TAPI_EVENT kind, IDispatch* event) {
  const Held<TapiObject> tapi = tapi_.lock();
  return tapi && tapi->fire(kind, event);
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

/// Events were lost: asks for every call what became of it, so that no end is missed.
void Application::resync() {
  std::vector<Keep<CallObject>> all;
  {
    base::Lock lock(mutex_);
    for (const auto& [id, call] : calls_) all.push_back(call);
  }
  for (const Keep<CallObject>& call : all) {
    Held<CallObject> held = call.lock();
    if (!held) continue;
    Result<api::CallSnapshot> snapshot = perform_for<api::CallSnapshot>(api::GetCall{held->id()});
    if (!snapshot) continue;
    if (std::optional<StateEvent> event = held->correct(*snapshot)) deliver_state(held, *event);
  }
}

}  // namespace switchhook::tapi3
