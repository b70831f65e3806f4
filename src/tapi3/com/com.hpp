// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every file of this face starts from: tapi3.h (ours, or the compiler's own on Windows), the
// traits of each interface, and smart pointers for interfaces, strings and variants.
// Threads: a smart pointer belongs to one thread at a time. Ownership: as the names say.

#if defined(_WIN32)
#include <olectl.h>
#include <tapi3.h>
#else
#include "tapi/tapi3.h"
#endif

#include <string>
#include <string_view>
#include <utility>

namespace switchhook::tapi3 {

/// What the list of interfaces says of one: its name, its IID, the interface that it continues.
/// Not __uuidof: mingw-w64 has none for TAPI 3.
template <typename Interface>
struct InterfaceOf;
#define SWITCHHOOK_ROOT(name, base, iid)                    \
  template <>                                               \
  struct InterfaceOf<name> {                                \
    using Base = base;                                      \
    static constexpr const char* kName = #name;             \
    static constexpr const IID& id() { return IID_##name; } \
  };
#define SWITCHHOOK_INTERFACE(name, base, ids, iid) SWITCHHOOK_ROOT(name, base, iid)
#include "tapi3/interfaces.def"

template <typename Interface>
constexpr const IID& iid_of() {
  return InterfaceOf<Interface>::id();
}

/// A variant for Windows' functions, which take it without const and do not change it.
inline VARIANT* look(const VARIANT& value) {
  return const_cast<VARIANT*>(&value);
}

/// mingw-w64's header has these only as names of GUIDs.
inline const OLECHAR* const kMicrophoneClass = OLESTR("{AAF578EF-DC70-11D0-8ED3-00C04FB6809F}");
inline const OLECHAR* const kSpeakersClass = OLESTR("{AAF578F0-DC70-11D0-8ED3-00C04FB6809F}");
inline const OLECHAR* const kTelephoneProtocol = OLESTR("{831CE2D6-83B5-11D1-BB5C-00C04FB6809F}");

/// Owns one reference to an interface.
template <typename Interface>
class Com {
 public:
  Com() = default;
  explicit Com(Interface* pointer) : pointer_(pointer) {
    if (pointer_ != nullptr) pointer_->AddRef();
  }
  Com(const Com& other) : Com(other.pointer_) {}
  Com(Com&& other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
  Com& operator=(Com other) noexcept {
    std::swap(pointer_, other.pointer_);
    return *this;
  }
  ~Com() { reset(); }
  void reset() {
    if (Interface* old = std::exchange(pointer_, nullptr)) old->Release();
  }
  [[nodiscard]] Interface* get() const { return pointer_; }
  Interface* operator->() const { return pointer_; }
  explicit operator bool() const { return pointer_ != nullptr; }
  /// For an [out] parameter; what was held is released.
  [[nodiscard]] Interface** out() {
    reset();
    return &pointer_;
  }
  /// Gives the reference away.
  [[nodiscard]] Interface* detach() { return std::exchange(pointer_, nullptr); }
  template <typename Other>
  [[nodiscard]] Com<Other> as() const {
    Com<Other> other;
    if (pointer_ != nullptr)
      static_cast<void>(
          pointer_->QueryInterface(iid_of<Other>(), reinterpret_cast<void**>(other.out())));
    return other;
  }

 private:
  Interface* pointer_ = nullptr;
};

/// A variant that clears itself.
class Variant {
 public:
  Variant() { VariantInit(&value_); }
  ~Variant() { VariantClear(&value_); }
  Variant(const Variant&) = delete;
  Variant& operator=(const Variant&) = delete;
  Variant(Variant&& other) noexcept : value_(other.value_) { VariantInit(&other.value_); }
  Variant& operator=(Variant&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  VARIANT* operator->() { return &value_; }
  const VARIANT* operator->() const { return &value_; }
  VARIANT* get() { return &value_; }
  [[nodiscard]] const VARIANT* get() const { return &value_; }
  /// Gives the content away into an [out] parameter.
  void detach(VARIANT* out) {
    *out = value_;
    VariantInit(&value_);
  }

 private:
  VARIANT value_;
};

/// UTF-16 in a BSTR for UTF-8. Ill-formed bytes become U+FFFD. Null when there is no memory.
[[nodiscard]] BSTR bstr_of(std::string_view text);
/// UTF-8 of a wide string up to its zero; null is empty. A program may pass a plain wide string
/// where a BSTR is declared, so no length is looked for. An unpaired surrogate becomes U+FFFD.
[[nodiscard]] std::string utf8_of(const OLECHAR* text);
[[nodiscard]] std::string utf8_of(const OLECHAR* text, std::size_t units);

/// Writes a new BSTR into an [out] parameter. E_POINTER, E_OUTOFMEMORY.
HRESULT give_text(std::string_view text, BSTR* out);

}  // namespace switchhook::tapi3
