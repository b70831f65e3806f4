// SPDX-License-Identifier: Apache-2.0
#include "tapi3/objects/dispatch_mapper.hpp"

namespace switchhook::tapi3 {

HRESULT DispatchMapper::QueryDispatchInterface(BSTR pIID, IDispatch* pInterfaceToMap,
                                               IDispatch** ppReturnedInterface) {
  if (pIID == nullptr || pInterfaceToMap == nullptr) return E_INVALIDARG;
  IID iid{};
  if (FAILED(IIDFromString(pIID, &iid))) return E_INVALIDARG;
  Com<IUnknown> found;
  const HRESULT hr = pInterfaceToMap->QueryInterface(iid, reinterpret_cast<void**>(found.out()));
  if (FAILED(hr)) return hr;
  // Every IDispatch of one of our objects knows the names of all of its interfaces.
  return found->QueryInterface(IID_IDispatch, reinterpret_cast<void**>(ppReturnedInterface));
}

}  // namespace switchhook::tapi3
