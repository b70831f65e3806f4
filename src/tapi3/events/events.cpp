// SPDX-License-Identifier: Apache-2.0
#include "tapi3/events/events.hpp"

namespace switchhook::tapi3 {

using dispatch::kGet;
using dispatch::member;

std::span<const DispatchMember> CallStateEvent::members() {
  static constexpr DispatchMember kMembers[] = {
      member<CallStateEvent, &ITCallStateEvent::get_Call>("Call", kGet, 1),
      member<CallStateEvent, &ITCallStateEvent::get_State>("State", kGet, 2),
      member<CallStateEvent, &ITCallStateEvent::get_Cause>("Cause", kGet, 3),
      member<CallStateEvent, &ITCallStateEvent::get_CallbackInstance>("CallbackInstance", kGet, 4),
  };
  return kMembers;
}

std::span<const DispatchMember> CallNotificationEvent::members() {
  using Event = CallNotificationEvent;
  static constexpr DispatchMember kMembers[] = {
      member<Event, &ITCallNotificationEvent::get_Call>("Call", kGet, 1),
      member<Event, &ITCallNotificationEvent::get_Event>("Event", kGet, 2),
      member<Event, &ITCallNotificationEvent::get_CallbackInstance>("CallbackInstance", kGet, 3),
  };
  return kMembers;
}

std::span<const DispatchMember> CallInfoChangeEvent::members() {
  using Event = CallInfoChangeEvent;
  static constexpr DispatchMember kMembers[] = {
      member<Event, &ITCallInfoChangeEvent::get_Call>("Call", kGet, 1),
      member<Event, &ITCallInfoChangeEvent::get_Cause>("Cause", kGet, 2),
      member<Event, &ITCallInfoChangeEvent::get_CallbackInstance>("CallbackInstance", kGet, 3),
  };
  return kMembers;
}

std::span<const DispatchMember> CallHubEvent::members() {
  static constexpr DispatchMember kMembers[] = {
      member<CallHubEvent, &ITCallHubEvent::get_Event>("Event", kGet, 1),
      member<CallHubEvent, &ITCallHubEvent::get_CallHub>("CallHub", kGet, 2),
      member<CallHubEvent, &ITCallHubEvent::get_Call>("Call", kGet, 3),
  };
  return kMembers;
}

std::span<const DispatchMember> AddressEvent::members() {
  static constexpr DispatchMember kMembers[] = {
      member<AddressEvent, &ITAddressEvent::get_Address>("Address", kGet, 1),
      member<AddressEvent, &ITAddressEvent::get_Event>("Event", kGet, 2),
      member<AddressEvent, &ITAddressEvent::get_Terminal>("Terminal", kGet, 3),
  };
  return kMembers;
}

std::span<const DispatchMember> TapiObjectEvent::members() {
  using Event = TapiObjectEvent;
  static constexpr DispatchMember kMembers[] = {
      member<Event, &ITTAPIObjectEvent::get_TAPIObject>("TAPIObject", kGet, 1),
      member<Event, &ITTAPIObjectEvent::get_Event>("Event", kGet, 2),
      member<Event, &ITTAPIObjectEvent::get_Address>("Address", kGet, 3),
      member<Event, &ITTAPIObjectEvent::get_CallbackInstance>("CallbackInstance", kGet, 4),
  };
  return kMembers;
}

}  // namespace switchhook::tapi3
