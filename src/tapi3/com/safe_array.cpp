// SPDX-License-Identifier: Apache-2.0
// SAFEARRAY for builds outside Windows, in Windows' own layout: the element type is in the four
// bytes before the array.
#if !defined(_WIN32)

#include <cstdlib>
#include <cstring>

#include "tapi3/com/automation.hpp"

using namespace switchhook::tapi3::automation;

namespace {

constexpr std::size_t kArrayPrefix = 16;  ///< the element type in its last four bytes

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

#endif  // !_WIN32
