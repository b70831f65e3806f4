// SPDX-License-Identifier: Apache-2.0
#pragma once

// The vtables, made from the list of interfaces. Vtable<Object, I, I> is interface I of an object:
// it counts the program's references on it, finds the object's other interfaces, binds late, and
// takes each method through the boundary to the object's member function of the same name and
// parameters. Before that, [out] pointers are checked (E_POINTER) and cleared, and the object is
// asked whether it is usable(). A method that is not offered has no member function: it is answered
// here. Threads: any. Ownership: part of its object.

#include <array>
#include <atomic>
#include <cstdint>

#include "tapi3/com/dispatch.hpp"

namespace switchhook::tapi3 {

class ObjectBase;  // tapi3/com/object.hpp

/// The program's references on one interface of an object.
struct References {
  const char* interface_name = "";
  std::atomic<std::int32_t> count{0};
  std::atomic<const char*> method{nullptr};  ///< who took the last one: our method, null = AddRef
  std::atomic<const void*> site{nullptr};    ///< the program's call site
  std::atomic<std::uint64_t> thread{0};
};

namespace vtable {

/// False for a pointer to a value that is null; what it points to is cleared when it could be
/// mistaken for something to free. Strings, bytes and interfaces that are passed in are not looked
/// at.
template <typename T>
bool clear(T argument) {
  if constexpr (std::is_pointer_v<T> && !std::is_same_v<T, BSTR> && !std::is_same_v<T, BYTE*>) {
    using Value = std::remove_pointer_t<T>;
    if constexpr (std::is_pointer_v<Value>) {
      if (argument == nullptr) return false;
      *argument = nullptr;
    } else if constexpr (std::is_same_v<Value, VARIANT>) {
      if (argument == nullptr) return false;
      VariantInit(argument);
    } else if constexpr (std::is_arithmetic_v<Value> || std::is_enum_v<Value> ||
                         std::is_same_v<Value, GUID>) {
      return argument != nullptr;
    }
  }
  return true;
}

template <int how, typename... Arguments>
bool clear_all([[maybe_unused]] Arguments... arguments) {
  if constexpr ((how & kGiven) == 0) return (static_cast<int>(clear(arguments)) & ... & 1) != 0;
  return true;
}

}  // namespace vtable

/// The methods of `Level` and of what it continues, for an object's interface `Interface`.
template <typename Object, typename Level, typename Interface>
class Vtable;

template <typename Object, typename Interface>
class Vtable<Object, IUnknown, Interface> : public Interface {
 public:
  explicit Vtable(ObjectBase& object) : object_(object) {
    references_.interface_name = InterfaceOf<Interface>::kName;
  }
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) final {
    return object().query(riid, ppvObject, __builtin_return_address(0));
  }
  ULONG STDMETHODCALLTYPE AddRef() final {
    return object().acquire(references_, __builtin_return_address(0));
  }
  ULONG STDMETHODCALLTYPE Release() final { return object().release(references_); }
  [[nodiscard]] Object& object() const { return static_cast<Object&>(object_); }
  [[nodiscard]] References& references() { return references_; }

 private:
  ObjectBase& object_;  // not an Object yet when this is constructed
  References references_;
};

template <typename Object, typename Interface>
class Vtable<Object, IDispatch, Interface> : public Vtable<Object, IUnknown, Interface> {
 public:
  using Vtable<Object, IUnknown, Interface>::Vtable;
  HRESULT STDMETHODCALLTYPE GetTypeInfoCount(UINT* pctinfo) final {
    if (pctinfo == nullptr) return E_POINTER;
    *pctinfo = 0;
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE GetTypeInfo(UINT, LCID, ITypeInfo** ppTInfo) final {
    if (ppTInfo != nullptr) *ppTInfo = nullptr;
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE GetIDsOfNames(REFIID riid, LPOLESTR* rgszNames, UINT cNames, LCID,
                                          DISPID* rgDispId) final {
    return boundary("IDispatch::GetIDsOfNames", [&] {
      return dispatch_ids(this->object().levels(), riid, rgszNames, cNames, rgDispId);
    });
  }
  HRESULT STDMETHODCALLTYPE Invoke(DISPID dispIdMember, REFIID riid, LCID, WORD wFlags,
                                   DISPPARAMS* pDispParams, VARIANT* pVarResult,
                                   EXCEPINFO* pExcepInfo, UINT* puArgErr) final {
    return boundary(nullptr, [&] {
      return dispatch_invoke(this->object().levels(), dispIdMember, riid, wFlags, pDispParams,
                             pVarResult, pExcepInfo, puArgErr);
    });
  }
};

// clang-format off
#define SWITCHHOOK_P(face, name, at, as) dispatch::Argument<&face::name, at> as
#define SWITCHHOOK_PARAMETERS_0(face, name)
#define SWITCHHOOK_PARAMETERS_1(face, name) SWITCHHOOK_P(face, name, 0, a)
#define SWITCHHOOK_PARAMETERS_2(face, name) SWITCHHOOK_PARAMETERS_1(face, name), SWITCHHOOK_P(face, name, 1, b)
#define SWITCHHOOK_PARAMETERS_3(face, name) SWITCHHOOK_PARAMETERS_2(face, name), SWITCHHOOK_P(face, name, 2, c)
#define SWITCHHOOK_PARAMETERS_4(face, name) SWITCHHOOK_PARAMETERS_3(face, name), SWITCHHOOK_P(face, name, 3, d)
#define SWITCHHOOK_PARAMETERS_5(face, name) SWITCHHOOK_PARAMETERS_4(face, name), SWITCHHOOK_P(face, name, 4, e)
#define SWITCHHOOK_PARAMETERS_6(face, name) SWITCHHOOK_PARAMETERS_5(face, name), SWITCHHOOK_P(face, name, 5, f)
#define SWITCHHOOK_ARGUMENTS_0
#define SWITCHHOOK_ARGUMENTS_1 a
#define SWITCHHOOK_ARGUMENTS_2 a, b
#define SWITCHHOOK_ARGUMENTS_3 a, b, c
#define SWITCHHOOK_ARGUMENTS_4 a, b, c, d
#define SWITCHHOOK_ARGUMENTS_5 a, b, c, d, e
#define SWITCHHOOK_ARGUMENTS_6 a, b, c, d, e, f
// clang-format on

#define SWITCHHOOK_INTERFACE(name, base, ids, iid)                                 \
  template <typename Object, typename Interface>                                   \
  class Vtable<Object, name, Interface> : public Vtable<Object, base, Interface> { \
   public:                                                                         \
    using Vtable<Object, base, Interface>::Vtable;
#define SWITCHHOOK_END(name) \
  }                          \
  ;
#define SWITCHHOOK_METHOD(face, name, count, how, id)                                     \
  HRESULT STDMETHODCALLTYPE name(SWITCHHOOK_PARAMETERS_##count(face, name)) final {       \
    return boundary(#face "::" #name, [&]() -> HRESULT {                                  \
      if (!vtable::clear_all<(how)>(SWITCHHOOK_ARGUMENTS_##count)) return E_POINTER;      \
      const HRESULT usable = this->object().usable();                                     \
      return FAILED(usable) ? usable : this->object().name(SWITCHHOOK_ARGUMENTS_##count); \
    });                                                                                   \
  }
#define SWITCHHOOK_NOT_OFFERED(face, name, count, how, id)                           \
  HRESULT STDMETHODCALLTYPE name(SWITCHHOOK_PARAMETERS_##count(face, name)) final {  \
    return boundary(#face "::" #name, [&]() -> HRESULT {                             \
      if (!vtable::clear_all<(how)>(SWITCHHOOK_ARGUMENTS_##count)) return E_POINTER; \
      return TAPI_E_NOTSUPPORTED;                                                    \
    });                                                                              \
  }
#include "tapi3/interfaces.def"

}  // namespace switchhook::tapi3
