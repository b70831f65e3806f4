// SPDX-License-Identifier: Apache-2.0
// The class factories, and the entry points of COM outside Windows.
#include "tapi3/com/runtime.hpp"

#include <atomic>

#include "tapi3/com/object.hpp"

namespace switchhook::tapi3 {

namespace {

/// Makes objects of one class.
class ClassFactory final : public ComClass<ClassFactory, IClassFactory> {
 public:
  explicit ClassFactory(const Coclass& coclass) : coclass_(coclass) {}

  HRESULT CreateInstance(IUnknown* pUnkOuter, REFIID riid, void** ppvObject) {
    if (pUnkOuter != nullptr) return CLASS_E_NOAGGREGATION;
    return coclass_.create(riid, ppvObject, current_entry().site);
  }
  /// The library stays loaded anyway.
  HRESULT LockServer(BOOL) { return S_OK; }
  [[nodiscard]] std::string description() const override { return "class factory"; }

 private:
  const Coclass& coclass_;
};

}  // namespace

HRESULT give_class_object(REFCLSID clsid, REFIID riid, void** out) {
  if (out == nullptr) return E_POINTER;
  *out = nullptr;
  for (const Coclass& coclass : coclasses())
    if (IsEqualCLSID(clsid, *coclass.id))
      return make<ClassFactory>(coclass)->query(riid, out, current_entry().site);
  return CLASS_E_CLASSNOTAVAILABLE;
}

}  // namespace switchhook::tapi3

#if !defined(_WIN32)

namespace {

using namespace switchhook::tapi3;

/// One use of COM by a thread after the other; all of a thread's are of one kind.
struct ThreadUse {
  unsigned count = 0;
  bool apartment = false;
};
thread_local ThreadUse thread_use;
std::atomic<unsigned> uses{0};

}  // namespace

STDAPI CoInitializeEx(LPVOID pvReserved, DWORD dwCoInit) {
  constexpr DWORD kKnown =
      COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE | COINIT_SPEED_OVER_MEMORY;
  if (pvReserved != nullptr || (dwCoInit & ~kKnown) != 0) return E_INVALIDARG;
  const bool apartment = (dwCoInit & COINIT_APARTMENTTHREADED) != 0;
  if (thread_use.count != 0 && thread_use.apartment != apartment) return RPC_E_CHANGED_MODE;
  thread_use.apartment = apartment;
  uses.fetch_add(1);
  return thread_use.count++ == 0 ? S_OK : S_FALSE;
}

STDAPI CoInitialize(LPVOID pvReserved) {
  return CoInitializeEx(pvReserved, COINIT_APARTMENTTHREADED);
}

STDAPI_(void) CoUninitialize(void) {
  if (thread_use.count == 0) return;
  --thread_use.count;
  uses.fetch_sub(1);
}

STDAPI CoGetClassObject(REFCLSID rclsid, DWORD dwClsContext, LPVOID pvReserved, REFIID riid,
                        LPVOID* ppv) {
  return boundary("CoGetClassObject", [&]() -> HRESULT {
    if (ppv == nullptr) return E_POINTER;
    *ppv = nullptr;
    if (pvReserved != nullptr) return E_INVALIDARG;
    if (uses.load() == 0) return CO_E_NOTINITIALIZED;
    if ((dwClsContext & CLSCTX_INPROC_SERVER) == 0) return REGDB_E_CLASSNOTREG;
    const HRESULT hr = give_class_object(rclsid, riid, ppv);
    return hr == CLASS_E_CLASSNOTAVAILABLE ? REGDB_E_CLASSNOTREG : hr;
  });
}

STDAPI CoCreateInstance(REFCLSID rclsid, LPUNKNOWN pUnkOuter, DWORD dwClsContext, REFIID riid,
                        LPVOID* ppv) {
  return boundary("CoCreateInstance", [&]() -> HRESULT {
    if (ppv == nullptr) return E_POINTER;
    *ppv = nullptr;
    Com<IClassFactory> factory;
    const HRESULT hr = CoGetClassObject(rclsid, dwClsContext, nullptr, IID_IClassFactory,
                                        reinterpret_cast<void**>(factory.out()));
    return FAILED(hr) ? hr : factory->CreateInstance(pUnkOuter, riid, ppv);
  });
}

// ---- identifiers as text

STDAPI_(int) StringFromGUID2(REFGUID rguid, LPOLESTR lpsz, int cchMax) {
  constexpr char kForm[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
  if (lpsz == nullptr || cchMax < static_cast<int>(sizeof(kForm))) return 0;
  unsigned char bytes[16];
  for (unsigned i = 0; i < 4; ++i)
    bytes[i] = static_cast<unsigned char>(rguid.Data1 >> (24 - 8 * i));
  for (unsigned i = 0; i < 2; ++i) {
    bytes[4 + i] = static_cast<unsigned char>(rguid.Data2 >> (8 - 8 * i));
    bytes[6 + i] = static_cast<unsigned char>(rguid.Data3 >> (8 - 8 * i));
  }
  for (unsigned i = 0; i < 8; ++i) bytes[8 + i] = rguid.Data4[i];
  unsigned nibble = 0;
  for (std::size_t i = 0; i < sizeof(kForm); ++i) {
    char unit = kForm[i];
    if (unit == 'x') {
      const unsigned value = (bytes[nibble / 2] >> (nibble % 2 == 0 ? 4 : 0)) & 0xFu;
      unit = "0123456789ABCDEF"[value];
      ++nibble;
    }
    lpsz[i] = static_cast<OLECHAR>(unit);
  }
  return static_cast<int>(sizeof(kForm));
}

STDAPI CLSIDFromString(LPCOLESTR lpsz, LPCLSID pclsid) {
  if (pclsid == nullptr) return E_INVALIDARG;
  *pclsid = GUID{};
  if (lpsz == nullptr) return S_OK;
  std::string text = utf8_of(lpsz);
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  if (text.size() != 36) return CO_E_CLASSSTRING;
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  unsigned nibbles = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return CO_E_CLASSSTRING;
      continue;
    }
    const char unit = text[i];
    unsigned value = 16;
    if (unit >= '0' && unit <= '9') value = static_cast<unsigned>(unit - '0');
    if (unit >= 'a' && unit <= 'f') value = static_cast<unsigned>(unit - 'a') + 10;
    if (unit >= 'A' && unit <= 'F') value = static_cast<unsigned>(unit - 'A') + 10;
    if (value == 16) return CO_E_CLASSSTRING;
    std::uint64_t& half = nibbles++ < 16 ? high : low;
    half = (half << 4) | value;
  }
  pclsid->Data1 = static_cast<std::uint32_t>(high >> 32);
  pclsid->Data2 = static_cast<std::uint16_t>(high >> 16);
  pclsid->Data3 = static_cast<std::uint16_t>(high);
  for (unsigned i = 0; i < 8; ++i)
    pclsid->Data4[i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  return S_OK;
}

STDAPI IIDFromString(LPCOLESTR lpsz, LPIID lpiid) {
  return CLSIDFromString(lpsz, lpiid);
}

#endif  // !_WIN32
