// SPDX-License-Identifier: Apache-2.0
#include "tapi3/com/runtime.hpp"
#include "tapi3/objects/dispatch_mapper.hpp"
#include "tapi3/objects/tapi_object.hpp"

namespace switchhook::tapi3 {

namespace {

template <typename Object>
HRESULT create(REFIID riid, void** out, const void* site) {
  return make<Object>()->query(riid, out, site);
}

}  // namespace

std::span<const Coclass> coclasses() {
  static constexpr Coclass kAll[] = {{&CLSID_TAPI, &create<TapiObject>},
                                     {&CLSID_DispatchMapper, &create<DispatchMapper>}};
  return kAll;
}

}  // namespace switchhook::tapi3
