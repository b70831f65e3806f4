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

HRESULT CallHubObject::usable() const {
  return application_->usable();
}

HRESULT CallHubObject::Clear() {
  // Not every call may be ours to end: what is, ends; the first refusal is the answer.
  HRESULT result = S_OK;
  for (const Held<CallObject>& call : calls()) {
    const HRESULT hr = call->drop(DropReason::normal);
    if (FAILED(hr) && SUCCEEDED(result)) result = hr;
  }
  return result;
}

HRESULT CallHubObject::EnumerateCalls(IEnumCall** ppEnumCall) {
  return give_enumerator(application_->show_calls(calls()), owner(), ppEnumCall);
}

HRESULT CallHubObject::get_Calls(VARIANT* pCalls) {
  return give_collection(application_->show_calls(calls()), owner(), pCalls);
}

HRESULT CallHubObject::get_NumCalls(long* plCalls) {
  *plCalls = static_cast<long>(calls().size());
  return S_OK;
}

HRESULT CallHubObject::get_State(CALLHUB_STATE* pState) {
  *pState = state();
  return S_OK;
}

}  // namespace switchhook::tapi3
