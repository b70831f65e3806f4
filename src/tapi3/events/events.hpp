// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a sink is given: one small object for each event, with the values of its moment. It holds
// the call (or address) that it is about, so a program that keeps the event keeps that, too.
// Threads: any; all values are constant. Ownership: the program's once it takes a reference.

#include "tapi3/objects/address_object.hpp"
#include "tapi3/objects/call_object.hpp"
#include "tapi3/objects/tapi_object.hpp"

namespace switchhook::tapi3 {

/// What all events of a call answer. `Event` is the class, `Interface` its COM interface.
template <typename Event, typename Interface>
class EventOfCall : public ComClass<Event, Interface> {
 public:
  explicit EventOfCall(Held<CallObject> call) : call_(std::move(call)) {}
  STDMETHODIMP get_Call(ITCallInfo** ppCallInfo) override {
    return boundary("event get_Call", [&]() -> HRESULT {
      if (ppCallInfo == nullptr) return E_POINTER;
      *ppCallInfo = nullptr;
      return call_ ? call_->give(ppCallInfo) : TAPI_E_WRONGEVENT;
    });
  }
  [[nodiscard]] std::string description() const override {
    return call_ ? "event of " + call_->description() : "event";
  }
  [[nodiscard]] const void* owner() const override { return call_ ? call_->owner() : nullptr; }

 protected:
  HRESULT give_instance(long* out) const {
    if (out == nullptr) return E_POINTER;
    *out = call_->instance();
    return S_OK;
  }

 private:
  const Held<CallObject> call_;
};

template <typename T>
HRESULT give_value(T value, T* out) {
  if (out == nullptr) return E_POINTER;
  *out = value;
  return S_OK;
}

class CallStateEvent final : public EventOfCall<CallStateEvent, ITCallStateEvent> {
 public:
  CallStateEvent(Held<CallObject> call, CALL_STATE state, CALL_STATE_EVENT_CAUSE cause)
      : EventOfCall(std::move(call)), state_(state), cause_(cause) {}
  STDMETHODIMP get_State(CALL_STATE* pCallState) override { return give_value(state_, pCallState); }
  STDMETHODIMP get_Cause(CALL_STATE_EVENT_CAUSE* pCEC) override { return give_value(cause_, pCEC); }
  STDMETHODIMP get_CallbackInstance(long* plCallbackInstance) override {
    return give_instance(plCallbackInstance);
  }
  static std::span<const DispatchMember> members();

 private:
  const CALL_STATE state_;
  const CALL_STATE_EVENT_CAUSE cause_;
};

class CallNotificationEvent final
    : public EventOfCall<CallNotificationEvent, ITCallNotificationEvent> {
 public:
  CallNotificationEvent(Held<CallObject> call, CALL_NOTIFICATION_EVENT event)
      : EventOfCall(std::move(call)), event_(event) {}
  STDMETHODIMP get_Event(CALL_NOTIFICATION_EVENT* pCallNotificationEvent) override {
    return give_value(event_, pCallNotificationEvent);
  }
  STDMETHODIMP get_CallbackInstance(long* plCallbackInstance) override {
    return give_instance(plCallbackInstance);
  }
  static std::span<const DispatchMember> members();

 private:
  const CALL_NOTIFICATION_EVENT event_;
};

class CallInfoChangeEvent final : public EventOfCall<CallInfoChangeEvent, ITCallInfoChangeEvent> {
 public:
  CallInfoChangeEvent(Held<CallObject> call, CALLINFOCHANGE_CAUSE cause)
      : EventOfCall(std::move(call)), cause_(cause) {}
  STDMETHODIMP get_Cause(CALLINFOCHANGE_CAUSE* pCIC) override { return give_value(cause_, pCIC); }
  STDMETHODIMP get_CallbackInstance(long* plCallbackInstance) override {
    return give_instance(plCallbackInstance);
  }
  static std::span<const DispatchMember> members();

 private:
  const CALLINFOCHANGE_CAUSE cause_;
};

/// get_Call answers TAPI_E_WRONGEVENT where the event is about the hub alone.
class CallHubEvent final : public EventOfCall<CallHubEvent, ITCallHubEvent> {
 public:
  CallHubEvent(CALLHUB_EVENT event, Held<CallHubObject> hub, Held<CallObject> call)
      : EventOfCall(std::move(call)), event_(event), hub_(std::move(hub)) {}
  STDMETHODIMP get_Event(CALLHUB_EVENT* pEvent) override { return give_value(event_, pEvent); }
  STDMETHODIMP get_CallHub(ITCallHub** ppCallHub) override {
    return boundary("ITCallHubEvent::get_CallHub", [&] { return hub_->give(ppCallHub); });
  }
  static std::span<const DispatchMember> members();

 private:
  const CALLHUB_EVENT event_;
  const Held<CallHubObject> hub_;
};

class AddressEvent final : public ComClass<AddressEvent, ITAddressEvent> {
 public:
  AddressEvent(Held<AddressObject> address, ADDRESS_EVENT event)
      : address_(std::move(address)), event_(event) {}
  STDMETHODIMP get_Address(ITAddress** ppAddress) override {
    return boundary("ITAddressEvent::get_Address", [&] { return address_->give(ppAddress); });
  }
  STDMETHODIMP get_Event(ADDRESS_EVENT* pEvent) override { return give_value(event_, pEvent); }
  /// No event of ours is about a terminal.
  STDMETHODIMP get_Terminal(ITTerminal** ppTerminal) override {
    if (ppTerminal == nullptr) return E_POINTER;
    *ppTerminal = nullptr;
    return TAPI_E_WRONGEVENT;
  }
  static std::span<const DispatchMember> members();
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
  STDMETHODIMP get_TAPIObject(ITTAPI** ppTAPIObject) override {
    return boundary("ITTAPIObjectEvent::get_TAPIObject", [&] { return tapi_->give(ppTAPIObject); });
  }
  STDMETHODIMP get_Event(TAPIOBJECT_EVENT* pEvent) override { return give_value(event_, pEvent); }
  STDMETHODIMP get_Address(ITAddress** ppAddress) override {
    return boundary("ITTAPIObjectEvent::get_Address", [&]() -> HRESULT {
      if (ppAddress == nullptr) return E_POINTER;
      *ppAddress = nullptr;
      return address_ ? address_->give(ppAddress) : TAPI_E_WRONGEVENT;
    });
  }
  STDMETHODIMP get_CallbackInstance(long* plCallbackInstance) override {
    return give_value(0L, plCallbackInstance);
  }
  /// Phones are not offered, so no event is about one.
  STDMETHODIMP get_Phone(ITPhone** ppPhone) override {
    if (ppPhone == nullptr) return E_POINTER;
    *ppPhone = nullptr;
    return TAPI_E_WRONGEVENT;
  }
  static std::span<const DispatchMember> members();
  [[nodiscard]] std::string description() const override { return "event of the TAPI object"; }

 private:
  const Held<TapiObject> tapi_;
  const TAPIOBJECT_EVENT event_;
  const Held<AddressObject> address_;
};

}  // namespace switchhook::tapi3
