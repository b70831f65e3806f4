// SPDX-License-Identifier: Apache-2.0
#pragma once

// Late binding: for each interface a table of what a script may call, made from the list of
// interfaces and the methods' own types. IDispatch of an object works on the tables of all its
// interfaces. A DISPID is the interface's number (tapi3if.h, IDISP…) and the method's place, but for
// the ones that Automation fixes. Threads: tables are constant. Ownership: arguments stay the
// caller's, results become the caller's.

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

/// How a script calls a method, as the list of interfaces says it.
inline constexpr int kHidden = 0, kMethod = DISPATCH_METHOD, kGet = DISPATCH_PROPERTYGET,
                     kPut = DISPATCH_PROPERTYPUT, kGiven = 0x100;

struct DispatchMember {
  const char* name = nullptr;  ///< "CallState"; null ends a table
  int how = kHidden;
  DISPID id = 0;
  HRESULT (*run)(void* interface_pointer, DispatchCall& call) = nullptr;
};

/// One interface of an object: its table, which ends with an empty row, and its own pointer.
struct DispatchLevel {
  const DispatchMember* members;
  void* interface_pointer;
};

/// IDispatch on the interfaces of an object.
HRESULT dispatch_ids(std::span<const DispatchLevel> levels, REFIID riid, LPOLESTR* names,
                     UINT count, DISPID* ids);
HRESULT dispatch_invoke(std::span<const DispatchLevel> levels, DISPID id, REFIID riid, WORD flags,
                        DISPPARAMS* params, VARIANT* result, EXCEPINFO* exception,
                        UINT* bad_argument);

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

/// By address, and not the result.
template <>
struct Parameter<VARIANT*> {
  VARIANT content;
  VARIANT* value = &content;
  HRESULT take(DispatchCall& call, UINT place) {
    content = argument(call, place);
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

template <typename Method>
struct Signature;
template <typename Face, typename... All>
struct Signature<HRESULT (STDMETHODCALLTYPE Face::*)(All...)> {
  using Interface = Face;
  using Types = std::tuple<All..., void>;
  static constexpr std::size_t kCount = sizeof...(All);
  using Last = std::tuple_element_t<kCount == 0 ? 0 : kCount - 1, Types>;
};
/// The type of a method's parameter.
template <auto method, std::size_t at>
using Argument = std::tuple_element_t<at, typename Signature<decltype(method)>::Types>;

/// Calls a method with what a script gives. `how`: see the list of interfaces.
template <auto method, int how>
struct Runner : Signature<decltype(method)> {
  using typename Signature<decltype(method)>::Interface;
  using typename Signature<decltype(method)>::Last;
  static constexpr bool kResult = (how & kGiven) == 0 && kIsResult<Last>;

  static HRESULT run(void* interface_pointer, DispatchCall& call) {
    constexpr std::size_t kTaken = Runner::kCount - (kResult ? 1 : 0);
    return go(static_cast<Interface*>(interface_pointer), call, std::make_index_sequence<kTaken>());
  }
  template <std::size_t... At>
  static HRESULT go(Interface* self, DispatchCall& call, std::index_sequence<At...>) {
    if (call.params->cArgs != sizeof...(At)) return DISP_E_BADPARAMCOUNT;
    std::tuple<Parameter<Argument<method, At>>...> in;
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

inline HRESULT not_offered(void*, DispatchCall&) {
  return TAPI_E_NOTSUPPORTED;
}

/// "CallState" of get_CallState, "DefaultStaticTerminal" of GetDefaultStaticTerminal.
constexpr const char* script_name(const char* name, int how) {
  if ((how & (kGet | kPut)) == 0) return name;
  return name + (name[3] == '_' ? 4 : 3);
}

template <auto method, int how>
constexpr auto runner() -> HRESULT (*)(void*, DispatchCall&) {
  if constexpr ((how & (kMethod | kGet | kPut)) != 0) return &Runner<method, how>::run;
  return nullptr;
}

/// The table of an interface.
template <typename Interface>
struct Members;
#define SWITCHHOOK_INTERFACE(name, base, ids, iid) \
  template <>                                      \
  struct Members<name> {                           \
    static constexpr DISPID kIds = ids;            \
    static constexpr DispatchMember kAll[] = {
#define SWITCHHOOK_METHOD(face, name, count, how, id) \
  {script_name(#name, how), how, kIds | (id), runner<&face::name, (how)>()},
#define SWITCHHOOK_NOT_OFFERED(face, name, count, how, id) \
  {script_name(#name, how), how, kIds | (id), &not_offered},
#define SWITCHHOOK_END(name) \
  {}                         \
  }                          \
  ;                          \
  }                          \
  ;
#include "tapi3/interfaces.def"

}  // namespace dispatch

}  // namespace switchhook::tapi3
