// SPDX-License-Identifier: Apache-2.0
#pragma once

// The DispatchMapper object: finds, for a script, the IDispatch of one of an object's interfaces.
// Threads: any. Ownership: none of its own.

#include "tapi3/com/object.hpp"

namespace switchhook::tapi3 {

class DispatchMapper final : public ComClass<DispatchMapper, ITDispatchMapper> {
 public:
  /// E_NOINTERFACE when the object has no such interface, or one that scripts cannot call.
  HRESULT QueryDispatchInterface(BSTR pIID, IDispatch* pInterfaceToMap,
                                 IDispatch** ppReturnedInterface);
  [[nodiscard]] std::string description() const override { return "dispatch mapper"; }
};

}  // namespace switchhook::tapi3
