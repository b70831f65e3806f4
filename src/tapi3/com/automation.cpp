// SPDX-License-Identifier: Apache-2.0
// BSTR, VARIANT and SAFEARRAY for builds outside Windows, in Windows' own layout: the length of a
// BSTR in the four bytes before it, the element type of an array in the four bytes before that.
#if !defined(_WIN32)

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "tapi3/com/com.hpp"

using switchhook::tapi3::bstr_of;
using switchhook::tapi3::utf8_of;

// ---- memory

STDAPI_(LPVOID) CoTaskMemAlloc(SIZE_T cb) {
  return std::malloc(cb == 0 ? 1 : cb);
}

STDAPI_(LPVOID) CoTaskMemRealloc(LPVOID pv, SIZE_T cb) {
  if (cb == 0) {
    std::free(pv);
    return nullptr;
  }
  return std::realloc(pv, cb);
}

STDAPI_(void) CoTaskMemFree(LPVOID pv) {
  std::free(pv);
}

// ---- BSTR

namespace {

constexpr std::size_t kPrefix = 8;  ///< the length in its last four bytes; 8 keeps alignment

BSTR allocate_bstr(const void* bytes, std::size_t size) {
  if (size > std::numeric_limits<UINT>::max() - 64) return nullptr;
  auto* block = static_cast<unsigned char*>(std::malloc(kPrefix + size + 2));
  if (block == nullptr) return nullptr;
  const auto length = static_cast<std::uint32_t>(size);
  std::memcpy(block + kPrefix - 4, &length, 4);
  unsigned char* text = block + kPrefix;
  if (bytes != nullptr)
    std::memcpy(text, bytes, size);
  else
    std::memset(text, 0, size);
  std::memset(text + size, 0, 2);
  return reinterpret_cast<BSTR>(text);
}

}  // namespace

STDAPI_(BSTR) SysAllocString(const OLECHAR* psz) {
  if (psz == nullptr) return nullptr;
  return allocate_bstr(psz, std::char_traits<OLECHAR>::length(psz) * sizeof(OLECHAR));
}

STDAPI_(BSTR) SysAllocStringLen(const OLECHAR* strIn, UINT ui) {
  return allocate_bstr(strIn, std::size_t{ui} * sizeof(OLECHAR));
}

STDAPI_(BSTR) SysAllocStringByteLen(LPCSTR psz, UINT len) {
  return allocate_bstr(psz, len);
}

STDAPI_(INT) SysReAllocString(BSTR* pbstr, const OLECHAR* psz) {
  if (pbstr == nullptr) return FALSE;
  BSTR fresh = SysAllocString(psz);
  if (fresh == nullptr && psz != nullptr) return FALSE;
  SysFreeString(*pbstr);
  *pbstr = fresh;
  return TRUE;
}

STDAPI_(void) SysFreeString(BSTR bstrString) {
  if (bstrString != nullptr) std::free(reinterpret_cast<unsigned char*>(bstrString) - kPrefix);
}

STDAPI_(UINT) SysStringByteLen(BSTR bstr) {
  if (bstr == nullptr) return 0;
  std::uint32_t length = 0;
  std::memcpy(&length, reinterpret_cast<const unsigned char*>(bstr) - 4, 4);
  return length;
}

STDAPI_(UINT) SysStringLen(BSTR pbstr) {
  return SysStringByteLen(pbstr) / static_cast<UINT>(sizeof(OLECHAR));
}

// ---- SAFEARRAY

namespace {

constexpr std::size_t kArrayPrefix = 16;  ///< the element type in its last four bytes

std::size_t size_of(VARTYPE vt) {
  switch (vt) {
    case VT_I1:
    case VT_UI1:
      return 1;
    case VT_I2:
    case VT_UI2:
    case VT_BOOL:
      return 2;
    case VT_I4:
    case VT_UI4:
    case VT_R4:
    case VT_INT:
    case VT_UINT:
    case VT_ERROR:
      return 4;
    case VT_I8:
    case VT_UI8:
    case VT_R8:
    case VT_DATE:
    case VT_CY:
      return 8;
    case VT_BSTR:
    case VT_DISPATCH:
    case VT_UNKNOWN:
      return sizeof(void*);
    case VT_VARIANT:
      return sizeof(VARIANT);
    default:
      return 0;
  }
}

USHORT features_of(VARTYPE vt) {
  switch (vt) {
    case VT_BSTR:
      return FADF_BSTR | FADF_HAVEVARTYPE;
    case VT_DISPATCH:
      return FADF_DISPATCH | FADF_HAVEVARTYPE;
    case VT_UNKNOWN:
      return FADF_UNKNOWN | FADF_HAVEVARTYPE;
    case VT_VARIANT:
      return FADF_VARIANT | FADF_HAVEVARTYPE;
    default:
      return FADF_HAVEVARTYPE;
  }
}

VARTYPE type_of(const SAFEARRAY* array) {
  std::uint32_t vt = 0;
  std::memcpy(&vt, reinterpret_cast<const unsigned char*>(array) - 4, 4);
  return static_cast<VARTYPE>(vt);
}

std::size_t count_of(const SAFEARRAY* array) {
  std::size_t count = 1;
  for (USHORT i = 0; i < array->cDims; ++i) count *= array->rgsabound[i].cElements;
  return count;
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

/// Where an element is. Indices come with the first dimension first, bounds are kept the other way
/// round. Null when an index is out of bounds.
void* element_at(const SAFEARRAY* array, const LONG* indices) {
  std::size_t offset = 0;
  std::size_t stride = 1;
  for (USHORT dim = 0; dim < array->cDims; ++dim) {
    const SAFEARRAYBOUND& bound = array->rgsabound[array->cDims - 1 - dim];
    const std::int64_t at = std::int64_t{indices[dim]} - bound.lLbound;
    if (at < 0 || at >= std::int64_t{bound.cElements}) return nullptr;
    offset += static_cast<std::size_t>(at) * stride;
    stride *= bound.cElements;
  }
  return static_cast<unsigned char*>(array->pvData) + offset * array->cbElements;
}

}  // namespace

STDAPI_(SAFEARRAY*) SafeArrayCreate(VARTYPE vt, UINT cDims, SAFEARRAYBOUND* rgsabound) {
  const std::size_t size = size_of(vt);
  if (size == 0 || cDims == 0 || cDims > 64 || rgsabound == nullptr) return nullptr;
  const std::size_t head = sizeof(SAFEARRAY) + (cDims - 1) * sizeof(SAFEARRAYBOUND);
  auto* block = static_cast<unsigned char*>(std::calloc(1, kArrayPrefix + head));
  if (block == nullptr) return nullptr;
  const std::uint32_t type = vt;
  std::memcpy(block + kArrayPrefix - 4, &type, 4);
  auto* array = reinterpret_cast<SAFEARRAY*>(block + kArrayPrefix);
  array->cDims = static_cast<USHORT>(cDims);
  array->fFeatures = features_of(vt);
  array->cbElements = static_cast<ULONG>(size);
  for (UINT i = 0; i < cDims; ++i) array->rgsabound[cDims - 1 - i] = rgsabound[i];
  array->pvData = std::calloc(count_of(array) == 0 ? 1 : count_of(array), size);
  if (array->pvData == nullptr) {
    std::free(block);
    return nullptr;
  }
  return array;
}

STDAPI_(SAFEARRAY*) SafeArrayCreateVector(VARTYPE vt, LONG lLbound, ULONG cElements) {
  SAFEARRAYBOUND bound{cElements, lLbound};
  return SafeArrayCreate(vt, 1, &bound);
}

STDAPI SafeArrayDestroy(SAFEARRAY* psa) {
  if (psa == nullptr) return S_OK;
  if (psa->cLocks != 0) return DISP_E_ARRAYISLOCKED;
  auto* element = static_cast<unsigned char*>(psa->pvData);
  for (std::size_t i = count_of(psa); i > 0; --i, element += psa->cbElements)
    free_element(type_of(psa), element);
  std::free(psa->pvData);
  std::free(reinterpret_cast<unsigned char*>(psa) - kArrayPrefix);
  return S_OK;
}

STDAPI SafeArrayCopy(SAFEARRAY* psa, SAFEARRAY** ppsaOut) {
  if (ppsaOut == nullptr) return E_INVALIDARG;
  *ppsaOut = nullptr;
  if (psa == nullptr) return S_OK;
  SAFEARRAYBOUND bounds[64];
  for (USHORT i = 0; i < psa->cDims; ++i) bounds[i] = psa->rgsabound[psa->cDims - 1 - i];
  SAFEARRAY* copy = SafeArrayCreate(type_of(psa), psa->cDims, bounds);
  if (copy == nullptr) return E_OUTOFMEMORY;
  const auto* from = static_cast<const unsigned char*>(psa->pvData);
  auto* to = static_cast<unsigned char*>(copy->pvData);
  for (std::size_t i = count_of(psa); i > 0; --i) {
    const HRESULT hr = copy_element(type_of(psa), to, from, psa->cbElements);
    if (FAILED(hr)) {
      SafeArrayDestroy(copy);
      return hr;
    }
    from += psa->cbElements;
    to += psa->cbElements;
  }
  *ppsaOut = copy;
  return S_OK;
}

STDAPI_(UINT) SafeArrayGetDim(SAFEARRAY* psa) {
  return psa == nullptr ? 0 : psa->cDims;
}

STDAPI_(UINT) SafeArrayGetElemsize(SAFEARRAY* psa) {
  return psa == nullptr ? 0 : psa->cbElements;
}

STDAPI SafeArrayGetLBound(SAFEARRAY* psa, UINT nDim, LONG* plLbound) {
  if (psa == nullptr || plLbound == nullptr) return E_INVALIDARG;
  if (nDim == 0 || nDim > psa->cDims) return DISP_E_BADINDEX;
  *plLbound = psa->rgsabound[psa->cDims - nDim].lLbound;
  return S_OK;
}

STDAPI SafeArrayGetUBound(SAFEARRAY* psa, UINT nDim, LONG* plUbound) {
  if (psa == nullptr || plUbound == nullptr) return E_INVALIDARG;
  if (nDim == 0 || nDim > psa->cDims) return DISP_E_BADINDEX;
  const SAFEARRAYBOUND& bound = psa->rgsabound[psa->cDims - nDim];
  *plUbound = static_cast<LONG>(bound.lLbound + static_cast<LONG>(bound.cElements) - 1);
  return S_OK;
}

STDAPI SafeArrayGetVartype(SAFEARRAY* psa, VARTYPE* pvt) {
  if (psa == nullptr || pvt == nullptr) return E_INVALIDARG;
  *pvt = type_of(psa);
  return S_OK;
}

STDAPI SafeArrayLock(SAFEARRAY* psa) {
  if (psa == nullptr) return E_INVALIDARG;
  __atomic_fetch_add(&psa->cLocks, 1u, __ATOMIC_RELAXED);
  return S_OK;
}

STDAPI SafeArrayUnlock(SAFEARRAY* psa) {
  if (psa == nullptr) return E_INVALIDARG;
  if (__atomic_load_n(&psa->cLocks, __ATOMIC_RELAXED) == 0) return E_UNEXPECTED;
  __atomic_fetch_sub(&psa->cLocks, 1u, __ATOMIC_RELAXED);
  return S_OK;
}

STDAPI SafeArrayAccessData(SAFEARRAY* psa, void** ppvData) {
  if (psa == nullptr || ppvData == nullptr) return E_INVALIDARG;
  *ppvData = psa->pvData;
  return SafeArrayLock(psa);
}

STDAPI SafeArrayUnaccessData(SAFEARRAY* psa) {
  return SafeArrayUnlock(psa);
}

STDAPI SafeArrayGetElement(SAFEARRAY* psa, LONG* rgIndices, void* pv) {
  if (psa == nullptr || rgIndices == nullptr || pv == nullptr) return E_INVALIDARG;
  const void* element = element_at(psa, rgIndices);
  if (element == nullptr) return DISP_E_BADINDEX;
  return copy_element(type_of(psa), pv, element, psa->cbElements);
}

STDAPI SafeArrayPutElement(SAFEARRAY* psa, LONG* rgIndices, void* pv) {
  if (psa == nullptr || rgIndices == nullptr) return E_INVALIDARG;
  void* element = element_at(psa, rgIndices);
  if (element == nullptr) return DISP_E_BADINDEX;
  const VARTYPE vt = type_of(psa);
  // Strings and interfaces are passed as themselves, everything else by address.
  const bool itself = vt == VT_BSTR || vt == VT_DISPATCH || vt == VT_UNKNOWN;
  if (!itself && pv == nullptr) return E_INVALIDARG;
  free_element(vt, element);
  return copy_element(vt, element, itself ? static_cast<const void*>(&pv) : pv, psa->cbElements);
}

// ---- VARIANT

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
    case VT_EMPTY:
      value = 0;
      return S_OK;
    case VT_I1:
      value = from.cVal;
      return S_OK;
    case VT_UI1:
      value = from.bVal;
      return S_OK;
    case VT_I2:
      value = from.iVal;
      return S_OK;
    case VT_BOOL:
      value = from.boolVal;
      return S_OK;
    case VT_UI2:
      value = from.uiVal;
      return S_OK;
    case VT_I4:
    case VT_INT:
    case VT_ERROR:
      value = from.lVal;
      return S_OK;
    case VT_UI4:
    case VT_UINT:
      value = from.ulVal;
      return S_OK;
    case VT_I8:
      value = from.llVal;
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

HRESULT put_integer(VARIANT& to, VARTYPE vt, std::int64_t value) {
  const auto fits = [value](std::int64_t low, std::int64_t high) {
    return value >= low && value <= high;
  };
  switch (vt) {
    case VT_BOOL:
      to.boolVal = value != 0 ? VARIANT_TRUE : VARIANT_FALSE;
      return S_OK;
    case VT_I1:
      if (!fits(INT8_MIN, INT8_MAX)) return DISP_E_OVERFLOW;
      to.cVal = static_cast<CHAR>(value);
      return S_OK;
    case VT_UI1:
      if (!fits(0, UINT8_MAX)) return DISP_E_OVERFLOW;
      to.bVal = static_cast<BYTE>(value);
      return S_OK;
    case VT_I2:
      if (!fits(INT16_MIN, INT16_MAX)) return DISP_E_OVERFLOW;
      to.iVal = static_cast<SHORT>(value);
      return S_OK;
    case VT_UI2:
      if (!fits(0, UINT16_MAX)) return DISP_E_OVERFLOW;
      to.uiVal = static_cast<USHORT>(value);
      return S_OK;
    case VT_I4:
    case VT_INT:
    case VT_ERROR:
      if (!fits(INT32_MIN, INT32_MAX)) return DISP_E_OVERFLOW;
      to.lVal = static_cast<LONG>(value);
      return S_OK;
    case VT_UI4:
    case VT_UINT:
      if (!fits(0, UINT32_MAX)) return DISP_E_OVERFLOW;
      to.ulVal = static_cast<ULONG>(value);
      return S_OK;
    case VT_I8:
      to.llVal = value;
      return S_OK;
    case VT_UI8:
      if (value < 0) return DISP_E_OVERFLOW;
      to.ullVal = static_cast<ULONGLONG>(value);
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
