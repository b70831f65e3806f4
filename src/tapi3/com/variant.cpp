// SPDX-License-Identifier: Apache-2.0
// VARIANT for builds outside Windows.
#if !defined(_WIN32)

#include <charconv>
#include <cstring>
#include <type_traits>

#include "tapi3/com/automation.hpp"

using namespace switchhook::tapi3::automation;
using switchhook::tapi3::bstr_of;
using switchhook::tapi3::utf8_of;

namespace switchhook::tapi3::automation {

std::size_t size_of(VARTYPE vt) {
  switch (vt) {
#define SWITCHHOOK_TYPE(type, member) \
  case type:                          \
    return sizeof(VARIANT::member);
    SWITCHHOOK_INTEGER_TYPES(SWITCHHOOK_TYPE)
    SWITCHHOOK_OTHER_TYPES(SWITCHHOOK_TYPE)
#undef SWITCHHOOK_TYPE
    case VT_VARIANT:
      return sizeof(VARIANT);
    default:
      return 0;
  }
}

void free_element(VARTYPE vt, void* element) {
  if (vt == VT_BSTR) {
    SysFreeString(*static_cast<BSTR*>(element));
  } else if (vt == VT_DISPATCH || vt == VT_UNKNOWN) {
    if (IUnknown* unknown = *static_cast<IUnknown**>(element)) unknown->Release();
  } else if (vt == VT_VARIANT) {
    VariantClear(static_cast<VARIANT*>(element));
  }
}

/// Copies over raw memory: `to` holds nothing.
HRESULT copy_element(VARTYPE vt, void* to, const void* from, std::size_t size) {
  if (vt == VT_BSTR) {
    BSTR text = *static_cast<const BSTR*>(from);
    BSTR copy = text == nullptr
                    ? nullptr
                    : SysAllocStringByteLen(reinterpret_cast<LPCSTR>(text), SysStringByteLen(text));
    if (text != nullptr && copy == nullptr) return E_OUTOFMEMORY;
    *static_cast<BSTR*>(to) = copy;
  } else if (vt == VT_DISPATCH || vt == VT_UNKNOWN) {
    IUnknown* unknown = *static_cast<IUnknown* const*>(from);
    if (unknown != nullptr) unknown->AddRef();
    *static_cast<IUnknown**>(to) = unknown;
  } else if (vt == VT_VARIANT) {
    VariantInit(static_cast<VARIANT*>(to));
    return VariantCopy(static_cast<VARIANT*>(to), static_cast<const VARIANT*>(from));
  } else {
    std::memcpy(to, from, size);
  }
  return S_OK;
}

}  // namespace switchhook::tapi3::automation

STDAPI_(void) VariantInit(VARIANTARG* pvarg) {
  if (pvarg != nullptr) std::memset(pvarg, 0, sizeof(*pvarg));
}

STDAPI VariantClear(VARIANTARG* pvarg) {
  if (pvarg == nullptr) return E_INVALIDARG;
  if ((pvarg->vt & VT_BYREF) == 0) {
    if ((pvarg->vt & VT_ARRAY) != 0) {
      const HRESULT hr = SafeArrayDestroy(pvarg->parray);
      if (FAILED(hr)) return hr;
    } else if (pvarg->vt == VT_BSTR || pvarg->vt == VT_DISPATCH || pvarg->vt == VT_UNKNOWN) {
      free_element(pvarg->vt, &pvarg->bstrVal);
    } else if (pvarg->vt != VT_EMPTY && pvarg->vt != VT_NULL && size_of(pvarg->vt) == 0) {
      return DISP_E_BADVARTYPE;
    }
  }
  VariantInit(pvarg);
  return S_OK;
}

STDAPI VariantCopy(VARIANTARG* pvargDest, const VARIANTARG* pvargSrc) {
  if (pvargDest == nullptr || pvargSrc == nullptr) return E_INVALIDARG;
  if (pvargDest == pvargSrc) return S_OK;
  VARIANT copy = *pvargSrc;
  if ((pvargSrc->vt & VT_BYREF) == 0) {
    HRESULT hr = S_OK;
    if ((pvargSrc->vt & VT_ARRAY) != 0)
      hr = SafeArrayCopy(pvargSrc->parray, &copy.parray);
    else if (pvargSrc->vt == VT_BSTR || pvargSrc->vt == VT_DISPATCH || pvargSrc->vt == VT_UNKNOWN)
      hr = copy_element(pvargSrc->vt, &copy.bstrVal, &pvargSrc->bstrVal, sizeof(void*));
    if (FAILED(hr)) return hr;
  }
  const HRESULT cleared = VariantClear(pvargDest);
  if (FAILED(cleared)) {
    VariantClear(&copy);
    return cleared;
  }
  *pvargDest = copy;
  return S_OK;
}

namespace {

/// The integer in a variant, whatever its width. DISP_E_TYPEMISMATCH when it holds none.
HRESULT integer_of(const VARIANT& from, std::int64_t& value) {
  switch (from.vt) {
#define SWITCHHOOK_TYPE(type, member) \
  case type:                          \
    value = from.member;              \
    return S_OK;
    SWITCHHOOK_INTEGER_TYPES(SWITCHHOOK_TYPE)
#undef SWITCHHOOK_TYPE
    case VT_EMPTY:
      value = 0;
      return S_OK;
    case VT_BOOL:
      value = from.boolVal;
      return S_OK;
    case VT_UI8:
      if (from.ullVal > static_cast<ULONGLONG>(INT64_MAX)) return DISP_E_OVERFLOW;
      value = static_cast<std::int64_t>(from.ullVal);
      return S_OK;
    case VT_R4:
    case VT_R8: {
      const double number = from.vt == VT_R4 ? static_cast<double>(from.fltVal) : from.dblVal;
      if (!(number >= -9.0e15 && number <= 9.0e15)) return DISP_E_OVERFLOW;
      value = static_cast<std::int64_t>(number < 0 ? number - 0.5 : number + 0.5);
      return S_OK;
    }
    case VT_BSTR: {
      const std::string text = utf8_of(from.bstrVal);
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error == std::errc::result_out_of_range) return DISP_E_OVERFLOW;
      return error == std::errc() && end == text.data() + text.size() ? S_OK : DISP_E_TYPEMISMATCH;
    }
    default:
      return DISP_E_TYPEMISMATCH;
  }
}

/// DISP_E_OVERFLOW when the value is too large for the type.
template <typename T>
HRESULT put(T& to, std::int64_t value) {
  to = static_cast<T>(value);
  const bool same_sign = std::is_signed_v<T> || value >= 0;
  return same_sign && static_cast<std::int64_t>(to) == value ? S_OK : DISP_E_OVERFLOW;
}

HRESULT put_integer(VARIANT& to, VARTYPE vt, std::int64_t value) {
  switch (vt) {
#define SWITCHHOOK_TYPE(type, member) \
  case type:                          \
    return put(to.member, value);
    SWITCHHOOK_INTEGER_TYPES(SWITCHHOOK_TYPE)
#undef SWITCHHOOK_TYPE
    case VT_UI8:
      return put(to.ullVal, value);
    case VT_BOOL:
      to.boolVal = value != 0 ? VARIANT_TRUE : VARIANT_FALSE;
      return S_OK;
    default:
      return DISP_E_TYPEMISMATCH;
  }
}

/// What a VT_BYREF variant points to, as a variant that owns nothing.
HRESULT dereference(const VARIANT& from, VARIANT& value) {
  if ((from.vt & VT_BYREF) == 0) {
    value = from;
    return S_OK;
  }
  if (from.byref == nullptr) return E_POINTER;
  if (from.vt == (VT_BYREF | VT_VARIANT)) {
    value = *from.pvarVal;
    return (value.vt & VT_BYREF) != 0 ? DISP_E_TYPEMISMATCH : S_OK;
  }
  VariantInit(&value);
  value.vt = static_cast<VARTYPE>(from.vt & ~VT_BYREF);
  const std::size_t size = (value.vt & VT_ARRAY) != 0 ? sizeof(void*) : size_of(value.vt);
  if (size == 0 || size > sizeof(value.llVal)) return DISP_E_BADVARTYPE;
  std::memcpy(&value.llVal, from.byref, size);
  return S_OK;
}

HRESULT convert(VARIANT& to, const VARIANT& from, VARTYPE vt) {
  to.vt = vt;
  if (vt == VT_UNKNOWN || vt == VT_DISPATCH) {
    if (from.vt != VT_UNKNOWN && from.vt != VT_DISPATCH) return DISP_E_TYPEMISMATCH;
    if (from.punkVal == nullptr) return S_OK;
    return from.punkVal->QueryInterface(vt == VT_UNKNOWN ? IID_IUnknown : IID_IDispatch,
                                        reinterpret_cast<void**>(&to.punkVal));
  }
  if (vt == VT_BSTR && from.vt == VT_BOOL) {
    to.bstrVal = bstr_of(from.boolVal != VARIANT_FALSE ? "True" : "False");
    return to.bstrVal == nullptr ? E_OUTOFMEMORY : S_OK;
  }
  std::int64_t value = 0;
  const HRESULT hr = integer_of(from, value);
  if (FAILED(hr)) return hr;
  if (vt == VT_BSTR) {
    to.bstrVal = bstr_of(from.vt == VT_EMPTY ? std::string() : std::to_string(value));
    return to.bstrVal == nullptr ? E_OUTOFMEMORY : S_OK;
  }
  return put_integer(to, vt, value);
}

}  // namespace

STDAPI VariantChangeType(VARIANTARG* pvargDest, const VARIANTARG* pvarSrc, USHORT /*wFlags*/,
                         VARTYPE vt) {
  if (pvargDest == nullptr || pvarSrc == nullptr) return E_INVALIDARG;
  VARIANT from;
  HRESULT hr = dereference(*pvarSrc, from);
  if (FAILED(hr)) return hr;
  VARIANT to;
  VariantInit(&to);
  hr = from.vt == vt ? VariantCopy(&to, &from) : convert(to, from, vt);
  if (FAILED(hr)) return hr;
  hr = VariantClear(pvargDest);
  if (FAILED(hr)) {
    VariantClear(&to);
    return hr;
  }
  *pvargDest = to;
  return S_OK;
}

#endif  // !_WIN32
