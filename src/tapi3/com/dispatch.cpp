// SPDX-License-Identifier: Apache-2.0
#include "tapi3/com/dispatch.hpp"

namespace switchhook::tapi3 {

namespace {

/// Names are compared without regard to case, as scripts expect.
bool same_name(const OLECHAR* asked, const char* name) {
  const auto lower = [](unsigned unit) {
    return unit >= 'A' && unit <= 'Z' ? unit + ('a' - 'A') : unit;
  };
  for (; *name != '\0'; ++asked, ++name)
    if (lower(static_cast<unsigned>(*asked)) != lower(static_cast<unsigned char>(*name)))
      return false;
  return *asked == 0;
}

/// What is wrong with a method's own failure, for scripts that show it.
HRESULT raised(HRESULT failure, EXCEPINFO* exception) {
  if (exception == nullptr) return failure;
  *exception = EXCEPINFO{};
  exception->bstrSource = bstr_of("TAPI");
  exception->scode = failure;
  return DISP_E_EXCEPTION;
}

bool is_of_automation(HRESULT hr) {
  return HRESULT_FACILITY(hr) == HRESULT_FACILITY(DISP_E_TYPEMISMATCH);
}

}  // namespace

HRESULT dispatch_ids(std::span<const DispatchLevel> levels, REFIID riid, LPOLESTR* names,
                     UINT count, DISPID* ids) {
  if (!IsEqualIID(riid, GUID{})) return DISP_E_UNKNOWNINTERFACE;
  if (names == nullptr || ids == nullptr) return E_POINTER;
  for (UINT i = 0; i < count; ++i) ids[i] = DISPID_UNKNOWN;
  // Only the first name is a member's; parameters have no names here.
  if (count != 0 && names[0] != nullptr)
    for (const DispatchLevel& level : levels)
      for (const DispatchMember* member = level.members; member->name != nullptr; ++member)
        if (member->how != kHidden && same_name(names[0], member->name)) ids[0] = member->id;
  return count > 1 || (count == 1 && ids[0] == DISPID_UNKNOWN) ? DISP_E_UNKNOWNNAME : S_OK;
}

HRESULT dispatch_invoke(std::span<const DispatchLevel> levels, DISPID id, REFIID riid, WORD flags,
                        DISPPARAMS* params, VARIANT* result, EXCEPINFO* exception,
                        UINT* bad_argument) {
  if (!IsEqualIID(riid, GUID{})) return DISP_E_UNKNOWNINTERFACE;
  if (params == nullptr) return E_POINTER;
  if (result != nullptr) VariantInit(result);
  const bool put = (flags & DISPATCH_PROPERTYPUT) != 0;
  const bool named_put = put && params->cNamedArgs == 1 && params->rgdispidNamedArgs != nullptr &&
                         params->rgdispidNamedArgs[0] == DISPID_PROPERTYPUT;
  if (params->cNamedArgs != 0 && !named_put) return DISP_E_NONAMEDARGS;
  for (const DispatchLevel& level : levels)
    for (const DispatchMember* member = level.members; member->name != nullptr; ++member) {
      if (member->id != id || (member->how & flags) == 0) continue;
      DispatchCall call{params, result, 0};
      const EntryScope scope(member->name, current_entry().site);
      const HRESULT hr = member->run(level.interface_pointer, call);
      if (hr == DISP_E_TYPEMISMATCH && bad_argument != nullptr) *bad_argument = call.bad_argument;
      return FAILED(hr) && !is_of_automation(hr) ? raised(hr, exception) : hr;
    }
  return DISP_E_MEMBERNOTFOUND;
}

namespace dispatch {

const VARIANT& argument(const DispatchCall& call, UINT place) {
  return call.params->rgvarg[call.params->cArgs - 1 - place];
}

HRESULT integer_argument(DispatchCall& call, UINT place, VARTYPE vt, std::int32_t& to) {
  Variant converted;
  call.bad_argument = call.params->cArgs - 1 - place;
  const HRESULT hr = VariantChangeType(converted.get(), look(argument(call, place)), 0, vt);
  if (FAILED(hr)) return hr;
  to = vt == VT_BOOL ? converted->boolVal : converted->lVal;
  return S_OK;
}

HRESULT text_argument(DispatchCall& call, UINT place, Variant& holder, BSTR& to) {
  call.bad_argument = call.params->cArgs - 1 - place;
  const HRESULT hr = VariantChangeType(holder.get(), look(argument(call, place)), 0, VT_BSTR);
  if (SUCCEEDED(hr)) to = holder->bstrVal;
  return hr;
}

HRESULT object_argument(DispatchCall& call, UINT place, REFIID iid, void** to) {
  call.bad_argument = call.params->cArgs - 1 - place;
  const VARIANT& given = argument(call, place);
  if (given.vt == VT_EMPTY || given.vt == VT_NULL) return S_OK;
  Variant converted;
  const HRESULT hr = VariantChangeType(converted.get(), look(given), 0, VT_UNKNOWN);
  if (FAILED(hr)) return hr;
  if (converted->punkVal == nullptr) return S_OK;
  return FAILED(converted->punkVal->QueryInterface(iid, to)) ? DISP_E_TYPEMISMATCH : S_OK;
}

}  // namespace dispatch

}  // namespace switchhook::tapi3
