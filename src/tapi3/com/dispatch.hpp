// SPDX-License-Identifier: Apache-2.0
#pragma once

// Late binding: each class has a small table of what a script may call on it, made from the methods
// themselves, and IDispatch works on that table. A DISPID is the interface's number (tapi3if.h,
// IDISP…) and the place in the table, but for the ones that Automation fixes.
// Threads: tables are constant. Ownership: arguments stay the caller's, results become the
// caller's.

#include <span>
#include <tuple>
#include <type_traits>

#include "tapi3/boundary.hpp"

namespace switchhook::tapi3 {

/// What a call through IDispatch brings and takes.
struct DispatchCall {
  const DISPPARAMS* params = nullptr;
  VARIANT* result = nullptr;  ///< may be null
  UINT bad_argument = 0;      ///< index of the argument that did not fit
};

struct DispatchMember {
  const char* name;  ///< "CallState"
  WORD flags;        ///< DISPATCH_METHOD, DISPATCH_PROPERTYGET or DISPATCH_PROPERTYPUT
  DISPID id;
  HRESULT (*run)(void* object, DispatchCall& call);
};

namespace dispatch {

/// Converts the argument with this place (0 = first) into `to`. DISP_E_TYPEMISMATCH, …
HRESULT integer_argument(DispatchCall& call, UINT place, VARTYPE vt, std::int32_t& to);
HRESULT text_argument(DispatchCall& call, UINT place, Variant& holder, BSTR& to);
HRESULT object_argument(DispatchCall& call, UINT place, REFIID iid, void** to);
const VARIANT& argument(const DispatchCall& call, UINT place);

/// One parameter on its way from a VARIANT to a method.
template <typename T>
struct Parameter;

template <typename T>
requires(std::is_integral_v<T> || std::is_enum_v<T>) struct Parameter<T> {
  T value{};
  HRESULT take(DispatchCall& call, UINT place) {
    std::int32_t number = 0;
    const VARTYPE vt = std::is_same_v<T, VARIANT_BOOL> ? VT_BOOL : VT_I4;
    const HRESULT hr = integer_argument(call, place, vt, number);
    value = static_cast<T>(number);
    return hr;
  }
};

template <>
struct Parameter<BSTR> {
  BSTR value = nullptr;
  Variant holder;
  HRESULT take(DispatchCall& call, UINT place) { return text_argument(call, place, holder, value); }
};

template <>
struct Parameter<VARIANT> {
  VARIANT value;
  HRESULT take(DispatchCall& call, UINT place) {
    value = argument(call, place);  // a look, not a copy: the caller keeps it
    return S_OK;
  }
};

template <typename T>
requires(std::is_base_of_v<IUnknown, T>) struct Parameter<T*> {
  Com<T> holder;
  T* value = nullptr;
  HRESULT take(DispatchCall& call, UINT place) {
    const HRESULT hr =
        object_argument(call, place, iid_of<T>(), reinterpret_cast<void**>(holder.out()));
    value = holder.get();
    return hr;
  }
};

/// A method's last parameter, when it is the result.
template <typename T>
struct Returned {
  T value{};
  void put(VARIANT& to) {
    to.vt = std::is_same_v<T, VARIANT_BOOL> ? VT_BOOL : VT_I4;
    if constexpr (std::is_same_v<T, VARIANT_BOOL>)
      to.boolVal = value;
    else
      to.lVal = static_cast<LONG>(value);
  }
  void discard() {}
};
template <>
struct Returned<BSTR> {
  BSTR value = nullptr;
  void put(VARIANT& to) {
    to.vt = VT_BSTR;
    to.bstrVal = value;
  }
  void discard() { SysFreeString(value); }
};
template <>
struct Returned<VARIANT> {
  VARIANT value{};
  void put(VARIANT& to) { to = value; }
  void discard() { VariantClear(&value); }
};
template <typename T>
requires(std::is_base_of_v<IUnknown, T>) struct Returned<T*> {
  T* value = nullptr;
  void put(VARIANT& to) {
    if constexpr (std::is_base_of_v<IDispatch, T>) {
      to.vt = VT_DISPATCH;
      to.pdispVal = value;
    } else {
      to.vt = VT_UNKNOWN;
      to.punkVal = value;
    }
  }
  void discard() {
    if (value != nullptr) value->Release();
  }
};

template <typename T>
inline constexpr bool kIsResult = false;
template <typename T>
inline constexpr bool kIsResult<T*> = !std::is_same_v<T*, BSTR> && !std::is_base_of_v<IUnknown, T>;
// A type that is only declared is an interface that is not offered: no result either.

template <typename Object, typename Method, Method method>
struct Runner;

template <typename Object, typename Interface, typename... All,
          HRESULT (STDMETHODCALLTYPE Interface::*method)(All...)>
struct Runner<Object, HRESULT (STDMETHODCALLTYPE Interface::*)(All...), method> {
  using Types = std::tuple<All..., void>;
  static constexpr std::size_t kAll = sizeof...(All);
  using Last = std::tuple_element_t<kAll == 0 ? 0 : kAll - 1, Types>;
  static constexpr bool kResult = kIsResult<Last>;

  static HRESULT run(void* object, DispatchCall& call) {
    return go(static_cast<Interface*>(static_cast<Object*>(object)), call,
              std::make_index_sequence < kResult ? kAll - 1 : kAll > ());
  }
  template <std::size_t... At>
  static HRESULT go(Interface* self, DispatchCall& call, std::index_sequence<At...>) {
    if (call.params->cArgs != sizeof...(At)) return DISP_E_BADPARAMCOUNT;
    std::tuple<Parameter<std::tuple_element_t<At, Types>>...> in;
    HRESULT hr = S_OK;
    (void)((hr = std::get<At>(in).take(call, static_cast<UINT>(At)), FAILED(hr)) || ...);
    if (FAILED(hr)) return hr;
    if constexpr (kResult) {
      Returned<std::remove_pointer_t<Last>> out;
      hr = (self->*method)(std::get<At>(in).value..., &out.value);
      if (FAILED(hr)) return hr;
      if (call.result != nullptr)
        out.put(*call.result);
      else
        out.discard();
      return hr;
    } else {
      return (self->*method)(std::get<At>(in).value...);
    }
  }
};

/// A row of a table: `member<Call, &ITCallInfo::get_CallState>("CallState", kGet, IDISPCALLINFO |
/// 2)`.
template <typename Object, auto method>
constexpr DispatchMember member(const char* name, WORD flags, DISPID id) {
  return {name, flags, id, &Runner<Object, decltype(method), method>::run};
}
inline constexpr WORD kMethod = DISPATCH_METHOD, kGet = DISPATCH_PROPERTYGET,
                      kPut = DISPATCH_PROPERTYPUT;

}  // namespace dispatch

}  // namespace switchhook::tapi3
