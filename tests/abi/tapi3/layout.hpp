// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a tapi3.h says, as data: the place of every method in its vtable, the value of every
// constant, the sizes of the structures. Compiled twice, by the native compiler with our header and
// by mingw-w64 with its own, and compared. Both compilers represent a pointer to a virtual member
// by the Itanium C++ ABI: one more than its offset in the vtable, then an adjustment of 0.

#if defined(_WIN32)
#include <olectl.h>
#include <tapi3.h>
#else
#include "tapi/tapi3.h"
#endif

#include <cstddef>
#include <cstdint>

struct Slots {
#define SLOT(interface_name, method, slot) \
  decltype(&interface_name::method) interface_name##_##method = &interface_name::method;
#include "tests/abi/tapi3/slots.inc"
#undef SLOT
};

inline constexpr std::int64_t kValues[] = {
#define ENUM_VALUE(name, value) static_cast<std::int64_t>(name),
#define COM_VALUE(name) static_cast<std::int64_t>(name),
#include "tests/abi/tapi3/values.inc"
#undef ENUM_VALUE
#undef COM_VALUE
};

inline constexpr std::int64_t kSizes[] = {
    sizeof(GUID),
    sizeof(HRESULT),
    sizeof(ULONG),
    sizeof(DWORD),
    sizeof(OLECHAR),
    sizeof(VARIANT_BOOL),
    sizeof(DISPID),
    sizeof(VARIANT),
    offsetof(VARIANT, bstrVal),
    sizeof(SAFEARRAY),
    offsetof(SAFEARRAY, cbElements),
    offsetof(SAFEARRAY, cLocks),
    offsetof(SAFEARRAY, pvData),
    offsetof(SAFEARRAY, rgsabound),
    sizeof(SAFEARRAYBOUND),
    sizeof(DISPPARAMS),
    offsetof(DISPPARAMS, rgdispidNamedArgs),
    offsetof(DISPPARAMS, cArgs),
    offsetof(DISPPARAMS, cNamedArgs),
    sizeof(EXCEPINFO),
    offsetof(EXCEPINFO, bstrDescription),
    offsetof(EXCEPINFO, dwHelpContext),
    offsetof(EXCEPINFO, scode),
    sizeof(CONNECTDATA),
    sizeof(CALL_STATE),
};
