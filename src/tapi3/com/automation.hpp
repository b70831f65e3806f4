// SPDX-License-Identifier: Apache-2.0
#pragma once

// The values of Automation, type by type: what variants and arrays share. For builds outside
// Windows. Threads: any. Ownership: as each function says.

#include "tapi3/com/com.hpp"

namespace switchhook::tapi3::automation {

// clang-format off
/// The types of a variant's content and the member that holds each. First the integers, as far as
/// each value of theirs fits into a signed one of 64 bits.
#define SWITCHHOOK_INTEGER_TYPES(X) \
  X(VT_I1, cVal) X(VT_UI1, bVal) X(VT_I2, iVal) X(VT_UI2, uiVal) X(VT_I4, lVal) X(VT_UI4, ulVal) \
  X(VT_INT, lVal) X(VT_UINT, ulVal) X(VT_ERROR, lVal) X(VT_I8, llVal)
#define SWITCHHOOK_OTHER_TYPES(X) \
  X(VT_UI8, ullVal) X(VT_BOOL, boolVal) X(VT_R4, fltVal) X(VT_R8, dblVal) X(VT_DATE, dblVal) \
  X(VT_CY, llVal) X(VT_BSTR, bstrVal) X(VT_DISPATCH, pdispVal) X(VT_UNKNOWN, punkVal)
// clang-format on

/// In bytes; 0 = no type of an array's element or a variant's content.
std::size_t size_of(VARTYPE vt);
/// Gives back what an element of this type holds; its memory stays.
void free_element(VARTYPE vt, void* element);
/// Copies over raw memory: `to` holds nothing. E_OUTOFMEMORY.
HRESULT copy_element(VARTYPE vt, void* to, const void* from, std::size_t size);

}  // namespace switchhook::tapi3::automation
