// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a sink is given: one small object for each event, with the values of its moment. It holds
// the call (or address) that it is about, so a program that keeps the event keeps that, too.
// Threads: any; all values are constant. Ownership: the program's once it takes a reference.

#include "tapi3/objects/address_object.hpp"
#include "tapi3/objects/call_object.hpp"
#include "tapi3/objects/tapi_object.hpp"

namespace switchhook::tapi3 {

/// Its methods' [out] parameters are never null.
template <typename T>
HRESULT give_value(T value, T* out) {
  *out = value;
  return S_OK;
}

/// What all events of a call answer. `Event` is the class, `Interface` its COM interface.
template <typename Event, typename Interface>
class EventOfCall : public ComClass<Event, Interface> {
 public:
  explicit EventOfCall(Held<CallObject> call) : call_(std::move(call)) {}
  HRESULT get_Call(ITCallInfo** ppCallInfo) {
    return call_ ? call_->give(ppCallInfo) : TAPI_E_WRONGEVENT;
  }
  HRESULT get_CallbackInstance(long* plCallbackInstance) {
    return give_value(call_->instance(), plCallbackInstance);
  }
  [[nodiscard]] std::string description() const override {
    return call_ ? "event of " + call_->description() : "event";
  }
  [[nodiscard]] const void* owner() const override { return call_ ? call_->owner() : nullptr; }

 private:
  const Held<CallObject> call_;
};

class CallStateEvent final : public EventOfCall<CallStateEvent, ITCallStateEvent> {
 public:
  CallStateEvent(Held<CallObject> call, CALL_STATE state, CALL_STATE_EVENT_CAUSE cause)
      : EventOfCall(std::move(call)), state_(state), cause_(cause) {}
  HRESULT get_State(CALL_STATE* pCallState) { return give_value(state_, pCallState); }
  HRESULT get_Cause(CALL_STATE_EVENT_CAUSE* pCEC) { return give_value(cause_, pCEC); }

 private:
  const CALL_STATE state_;
  const CALL_STATE_EVENT_CAUSE cause_;
};

class CallNotificationEvent final
    : public EventOfCall<CallNotificationEvent, ITCallNotificationEvent> {
 public:
  CallNotificationEvent(Held<CallObject> call, CALL_NOTIFICATION_EVENT event)
      : EventOfCall(std::move(call)), event_(event) {}
  HRESULT get_Event(CALL_NOTIFICATION_EVENT* pCallNotificationEvent) {
    return give_value(event_, pCallNotificationEvent);
  }

 private:
  const CALL_NOTIFICATION_EVENT event_;
};

class CallInfoChangeEvent final : public EventOfCall<CallInfoChangeEvent, ITCallInfoChangeEvent> {
 public:
  CallInfoChangeEvent(Held<CallObject> call, CALLINFOCHANGE_CAUSE cause)
      : EventOfCall(std::move(call)), cause_(cause) {}
  HRESULT get_Cause(CALLINFOCHANGE_CAUSE* pCIC) { return give_value(cause_, pCIC); }

 private:
  const CALLINFOCHANGE_CAUSE cause_;
};

/// get_Call answers TAPI_E_WRONGEVENT where the event is about the hub alone.
class CallHubEvent final : public EventOfCall<CallHubEvent, ITCallHubEvent> {
 public:
  CallHubEvent(CALLHUB_EVENT event, Held<CallHubObject> hub, Held<CallObject> call)
      : EventOfCall(std::move(call)), event_(event), hub_(std::move(hub)) {}
  HRESULT get_Event(CALLHUB_EVENT* pEvent) { return give_value(event_, pEvent); }
  HRESULT get_CallHub(ITCallHub** ppCallHub) { return hub_->give(ppCallHub); }

 private:
  const CALLHUB_EVENT event_;
  const Held<CallHubObject> hub_;
};

class AddressEvent final : public ComClass<AddressEvent, ITAddressEvent> {
 public:
  AddressEvent(Held<AddressObject> address, ADDRESS_EVENT event)
      : address_(std::move(address)), event_(event) {}
  HRESULT get_Address(ITAddress** ppAddress) { return address_->give(ppAddress); }
  HRESULT get_Event(ADDRESS_EVENT* pEvent) { return give_value(event_, pEvent); }
  /// No event of ours is about a terminal.
  HRESULT get_Terminal(ITTerminal**) { return TAPI_E_WRONGEVENT; }
  [[nodiscard]] std::string description() const override {
    return "event of " + address_->description();
  }
  [[nodiscard]] const void* owner() const override { return address_->owner(); }

 private:
  const Held<AddressObject> address_;
  const ADDRESS_EVENT event_;
};

class TapiObjectEvent final : public ComClass<TapiObjectEvent, ITTAPIObjectEvent2> {
 public:
  TapiObjectEvent(Held<TapiObject> tapi, TAPIOBJECT_EVENT event, Held<AddressObject> address)
      : tapi_(std::move(tapi)), event_(event), address_(std::move(address)) {}
  HRESULT get_TAPIObject(ITTAPI** ppTAPIObject) { return tapi_->give(ppTAPIObject); }
  HRESULT get_Event(TAPIOBJECT_EVENT* pEvent) { return give_value(event_, pEvent); }
  HRESULT get_Address(ITAddress** ppAddress) {
    return address_ ? address_->give(ppAddress) : TAPI_E_WRONGEVENT;
  }
  HRESULT get_CallbackInstance(long* plCallbackInstance) {
    return give_value(0L, plCallbackInstance);
  }
  /// Phones are not offered, so no event is about one.
  HRESULT get_Phone(ITPhone**) { return TAPI_E_WRONGEVENT; }
  [[nodiscard]] std::string description() const override { return "event of the TAPI object"; }

 private:
  const Held<TapiObject> tapi_;
  const TAPIOBJECT_EVENT event_;
  const Held<AddressObject> address_;
};

}  // namespace switchhook::tapi3
