// SPDX-License-Identifier: Apache-2.0
// The memory of COM and its strings for builds outside Windows, in Windows' own layout: the length
// of a BSTR is in the four bytes before it.
#if !defined(_WIN32)

#include <cstdlib>
#include <cstring>
#include <limits>

#include "tapi3/com/com.hpp"

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

#endif  // !_WIN32
