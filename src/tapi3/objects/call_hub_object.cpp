// SPDX-License-Identifier: Apache-2.0
#include "tapi3/objects/call_hub_object.hpp"

#include "tapi3/com/collections.hpp"
#include "tapi3/objects/call_object.hpp"

namespace switchhook::tapi3 {

void CallHubObject::on_last_reference() {
  application_->remove_hub(*this);
}

std::vector<Held<CallObject>> CallHubObject::calls() const {
  std::vector<Held<CallObject>> own;
  for (Held<CallObject>& call : application_->calls())
    if (call->call_id() == call_id_) own.push_back(std::move(call));
  return own;
}

CALLHUB_STATE CallHubObject::state() const {
  for (const Held<CallObject>& call : calls())
    if (call->state() != CS_DISCONNECTED) return CHS_ACTIVE;
  return CHS_IDLE;
}

HRESULT CallHubObject::Clear() {
  return boundary("ITCallHub::Clear", [&]() -> HRESULT {
    if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
    // Not every call may be ours to end: what is, ends; the first refusal is the answer.
    HRESULT result = S_OK;
    for (const Held<CallObject>& call : calls()) {
      const HRESULT hr = call->drop(DropReason::normal);
      if (FAILED(hr) && SUCCEEDED(result)) result = hr;
    }
    return result;
  });
}

HRESULT CallHubObject::EnumerateCalls(IEnumCall** ppEnumCall) {
  return boundary("ITCallHub::EnumerateCalls", [&]() -> HRESULT {
    if (ppEnumCall == nullptr) return E_POINTER;
    *ppEnumCall = nullptr;
    if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
    return give_enumerator(application_->show_calls(calls()), owner(), ppEnumCall);
  });
}

HRESULT CallHubObject::get_Calls(VARIANT* pCalls) {
  return boundary("ITCallHub::get_Calls", [&]() -> HRESULT {
    if (pCalls == nullptr) return E_POINTER;
    VariantInit(pCalls);
    if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
    return give_collection(application_->show_calls(calls()), owner(), pCalls);
  });
}

HRESULT CallHubObject::get_NumCalls(long* plCalls) {
  return boundary("ITCallHub::get_NumCalls", [&]() -> HRESULT {
    if (plCalls == nullptr) return E_POINTER;
    if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
    *plCalls = static_cast<long>(calls().size());
    return S_OK;
  });
}

HRESULT CallHubObject::get_State(CALLHUB_STATE* pState) {
  return boundary("ITCallHub::get_State", [&]() -> HRESULT {
    if (pState == nullptr) return E_POINTER;
    if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
    *pState = state();
    return S_OK;
  });
}

std::span<const DispatchMember> CallHubObject::members() {
  using namespace dispatch;
  static constexpr DispatchMember kMembers[] = {
      member<CallHubObject, &ITCallHub::Clear>("Clear", kMethod, 1),
      member<CallHubObject, &ITCallHub::get_Calls>("Calls", kGet, 3),
      member<CallHubObject, &ITCallHub::get_NumCalls>("NumCalls", kGet, 4),
      member<CallHubObject, &ITCallHub::get_State>("State", kGet, 5),
  };
  return kMembers;
}

}  // namespace switchhook::tapi3
