// SPDX-License-Identifier: Apache-2.0
#pragma once

// The base of every COM class of this library. An object counts three things:
//   strong   what keeps it usable: the program's references, and holds of other objects;
//   of those, per interface, the program's references (for the ledger of leaks);
//   private  what keeps its memory: 1 for all of strong together, and registries that find it.
// When strong reaches 0 the object lets go of what it stands for (on_last_reference), once or, for
// objects that can be found again, each time; when private reaches 0 it is destroyed.
// Threads: all counting from any thread. Ownership: Held<T> owns a strong, Keep<T> a private count.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "tapi3/com/com.hpp"

namespace switchhook::tapi3 {

/// The method of ours in which a program's thread is, and where the program called it.
struct Entry {
  const char* method = nullptr;
  const void* site = nullptr;
};
/// Of this thread; empty outside methods.
Entry& current_entry();

/// The program's references on one interface of an object.
struct Face {
  const char* name = "";
  std::atomic<std::int32_t> references{0};
  std::atomic<const char*> method{nullptr};  ///< who took the last one: our method, null = AddRef
  std::atomic<const void*> site{nullptr};    ///< the program's call site
  std::atomic<std::uint64_t> thread{0};
};

class ObjectBase {
 public:
  ObjectBase(const ObjectBase&) = delete;
  ObjectBase& operator=(const ObjectBase&) = delete;

  /// The program takes or gives back a reference on one interface. Returns how many it has on all.
  ULONG acquire(Face& face, const void* site);
  ULONG release(Face& face);

  void hold();
  void unhold();
  /// hold(), unless the object has no strong count any more.
  [[nodiscard]] bool try_hold();
  void keep() { private_.fetch_add(1, std::memory_order_acq_rel); }
  /// keep(), unless the object is being destroyed. For the ledger.
  [[nodiscard]] bool try_keep();
  void unkeep();

  [[nodiscard]] std::uint32_t references() const { return public_.load(std::memory_order_relaxed); }
  [[nodiscard]] virtual std::span<Face> faces() = 0;
  /// For people: "call 17 on line 100".
  [[nodiscard]] virtual std::string description() const = 0;
  /// Whose Shutdown this object belongs to; null = nobody's.
  [[nodiscard]] virtual const void* owner() const { return nullptr; }

 protected:
  ObjectBase();
  virtual ~ObjectBase();
  /// Strong went from 0 to 1, or from 1 to 0. Called on the thread that did it, without a lock.
  virtual void on_first_reference() {}
  virtual void on_last_reference() {}

 private:
  friend struct std::default_delete<ObjectBase>;
  std::atomic<std::uint32_t> public_{0};
  std::atomic<std::uint32_t> strong_{0};
  std::atomic<std::uint32_t> private_{0};
};

/// Owns a strong count.
template <typename T>
class Held {
 public:
  Held() = default;
  explicit Held(T* object) : object_(object) {
    if (object_ != nullptr) object_->hold();
  }
  /// Takes over a count that was taken already.
  static Held adopt(T* object) {
    Held held;
    held.object_ = object;
    return held;
  }
  Held(const Held& other) : Held(other.object_) {}
  Held(Held&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Held& operator=(Held other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Held() { reset(); }
  void reset() {
    if (T* old = std::exchange(object_, nullptr)) old->unhold();
  }
  [[nodiscard]] T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

/// Owns a private count: the memory, not the object's usefulness.
template <typename T>
class Keep {
 public:
  Keep() = default;
  explicit Keep(T* object) : object_(object) {
    if (object_ != nullptr) object_->keep();
  }
  /// Takes over a count that was taken already.
  static Keep adopt(T* object) {
    Keep kept;
    kept.object_ = object;
    return kept;
  }
  Keep(const Keep& other) : Keep(other.object_) {}
  Keep(Keep&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Keep& operator=(Keep other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Keep() { reset(); }
  void reset() {
    if (T* old = std::exchange(object_, nullptr)) old->unkeep();
  }
  [[nodiscard]] T* get() const { return object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  /// A strong count, or nothing when the object is not in use any more.
  [[nodiscard]] Held<T> lock() const {
    return object_ != nullptr && object_->try_hold() ? Held<T>::adopt(object_) : Held<T>();
  }

 private:
  T* object_ = nullptr;
};

/// Makes an object and the first strong count of it.
template <typename T, typename... Args>
Held<T> make(Args&&... args) {
  return Held<T>(std::make_unique<T>(std::forward<Args>(args)...).release());
}

/// The interface that another one continues, if it does.
template <typename Interface>
struct Older {
  using type = void;
};
#define SWITCHHOOK_OLDER(newer, older) \
  template <>                          \
  struct Older<newer> {                \
    using type = older;                \
  };
SWITCHHOOK_OLDER(ITTAPI2, ITTAPI)
SWITCHHOOK_OLDER(ITAddress2, ITAddress)
SWITCHHOOK_OLDER(ITBasicCallControl2, ITBasicCallControl)
SWITCHHOOK_OLDER(ITCallInfo2, ITCallInfo)
SWITCHHOOK_OLDER(ITTAPIObjectEvent2, ITTAPIObjectEvent)
SWITCHHOOK_OLDER(ITCollection2, ITCollection)
#undef SWITCHHOOK_OLDER

template <typename Interface>
const char* name_of_interface();

/// One interface of the class `Derived`: counts references, finds the others.
template <typename Derived, typename Interface>
class FaceOf : public Interface {
 public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) final {
    return static_cast<Derived*>(this)->query(riid, ppvObject, __builtin_return_address(0));
  }
  ULONG STDMETHODCALLTYPE AddRef() final {
    return static_cast<Derived*>(this)->acquire(face_, __builtin_return_address(0));
  }
  ULONG STDMETHODCALLTYPE Release() final { return static_cast<Derived*>(this)->release(face_); }
  explicit FaceOf(Face& face) : face_(face) {}

 private:
  Face& face_;
};

/// The same for an interface that derives from IDispatch.
template <typename Derived, typename Interface>
class DispatchFaceOf : public FaceOf<Derived, Interface> {
 public:
  using FaceOf<Derived, Interface>::FaceOf;
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
    return dispatch_ids(Derived::members(), riid, rgszNames, cNames, rgDispId);
  }
  HRESULT STDMETHODCALLTYPE Invoke(DISPID dispIdMember, REFIID riid, LCID, WORD wFlags,
                                   DISPPARAMS* pDispParams, VARIANT* pVarResult,
                                   EXCEPINFO* pExcepInfo, UINT* puArgErr) final {
    return dispatch_invoke(Derived::members(), static_cast<Derived*>(this), dispIdMember, riid,
                           wFlags, pDispParams, pVarResult, pExcepInfo, puArgErr,
                           __builtin_return_address(0));
  }
};

template <typename Derived, typename Interface>
using FaceFor = std::conditional_t<std::is_base_of_v<IDispatch, Interface>,
                                   DispatchFaceOf<Derived, Interface>, FaceOf<Derived, Interface>>;

struct DispatchMember;
/// IDispatch on a table (dispatch.hpp). `object` is the class's own pointer.
HRESULT dispatch_ids(std::span<const DispatchMember> members, REFIID riid, LPOLESTR* names,
                     UINT count, DISPID* ids);
HRESULT dispatch_invoke(std::span<const DispatchMember> members, void* object, DISPID id,
                        REFIID riid, WORD flags, DISPPARAMS* params, VARIANT* result,
                        EXCEPINFO* exception, UINT* bad_argument, const void* site);

/// The storage of the faces' counts; a base, so that it exists before the faces.
template <std::size_t Count>
struct FaceCounts {
  std::array<Face, Count> counts;
};

/// A COM class with these interfaces; the first one is its identity (IUnknown), the first one that
/// derives from IDispatch answers for that. A class with an IDispatch defines
/// `static std::span<const DispatchMember> members()` (dispatch.hpp).
template <typename Derived, typename... Interfaces>
class ComClass : public ObjectBase,
                 private FaceCounts<sizeof...(Interfaces)>,
                 public FaceFor<Derived, Interfaces>... {
 public:
  HRESULT query(REFIID riid, void** ppvObject, const void* site) {
    if (ppvObject == nullptr) return E_POINTER;
    *ppvObject = nullptr;
    (void)((match<Interfaces>(riid, ppvObject, site)) || ...);
    return *ppvObject != nullptr ? S_OK : E_NOINTERFACE;
  }
  /// Gives the program a reference on one interface: for [out] parameters.
  template <typename Interface>
  HRESULT give(Interface** out) {
    if (out == nullptr) return E_POINTER;
    return query(iid_of<Interface>(), reinterpret_cast<void**>(out), current_entry().site);
  }
  /// The interface, without a reference.
  template <typename Interface>
  Interface* face() {
    return static_cast<Interface*>(static_cast<Derived*>(this));
  }
  [[nodiscard]] std::span<Face> faces() override { return this->counts; }

 protected:
  ComClass() : ComClass(std::make_index_sequence<sizeof...(Interfaces)>()) {}

 private:
  template <std::size_t... At>
  explicit ComClass(std::index_sequence<At...>)
      : FaceFor<Derived, Interfaces>(FaceCounts<sizeof...(Interfaces)>::counts[At])... {
    ((this->counts[At].name = name_of_interface<Interfaces>()), ...);
  }

  template <typename Interface>
  bool match(REFIID riid, void** out, const void* site) {
    bool same = IsEqualIID(riid, iid_of<Interface>()) || IsEqualIID(riid, IID_IUnknown);
    if constexpr (requires { Derived::kImplementation; })
      same = same || IsEqualIID(riid, Derived::kImplementation);
    if constexpr (!std::is_void_v<typename Older<Interface>::type>)
      same = same || IsEqualIID(riid, iid_of<typename Older<Interface>::type>());
    if constexpr (std::is_base_of_v<IDispatch, Interface>)
      same = same || IsEqualIID(riid, IID_IDispatch);
    if (!same) return false;
    using FaceType = FaceFor<Derived, Interface>;
    constexpr std::size_t kAt = index_of<Interface>();
    acquire(this->counts[kAt], site);
    *out = static_cast<Interface*>(static_cast<FaceType*>(this));
    return true;
  }
  template <typename Interface>
  static constexpr std::size_t index_of() {
    constexpr bool kSame[] = {std::is_same_v<Interface, Interfaces>...};
    std::size_t at = 0;
    while (!kSame[at]) ++at;
    return at;
  }
};

/// The object of ours behind an interface that a program passes in; empty when it is not ours, or
/// of another class. `Derived::kImplementation` is a GUID that only our objects answer to.
/// `Derived::Identity` is its first interface.
template <typename Derived>
Held<Derived> implementation_of(IUnknown* unknown) {
  Held<Derived> object;
  void* face = nullptr;
  if (unknown == nullptr) return object;
  if (FAILED(unknown->QueryInterface(Derived::kImplementation, &face))) return object;
  auto* identity = static_cast<typename Derived::Identity*>(face);
  object = Held<Derived>(static_cast<Derived*>(identity));
  identity->Release();
  return object;
}

#define SWITCHHOOK_NAME_OF(name)                 \
  template <>                                    \
  inline const char* name_of_interface<name>() { \
    return #name;                                \
  }
SWITCHHOOK_NAME_OF(IClassFactory)
SWITCHHOOK_NAME_OF(IEnumUnknown)
SWITCHHOOK_NAME_OF(IEnumVARIANT)
SWITCHHOOK_NAME_OF(IConnectionPoint)
SWITCHHOOK_NAME_OF(IConnectionPointContainer)
SWITCHHOOK_NAME_OF(IEnumConnectionPoints)
SWITCHHOOK_NAME_OF(IEnumConnections)
SWITCHHOOK_NAME_OF(ITTAPI2)
SWITCHHOOK_NAME_OF(ITMediaSupport)
SWITCHHOOK_NAME_OF(ITTerminalSupport)
SWITCHHOOK_NAME_OF(ITAddress2)
SWITCHHOOK_NAME_OF(ITAddressCapabilities)
SWITCHHOOK_NAME_OF(ITBasicCallControl2)
SWITCHHOOK_NAME_OF(ITCallInfo2)
SWITCHHOOK_NAME_OF(ITTerminal)
SWITCHHOOK_NAME_OF(ITBasicAudioTerminal)
SWITCHHOOK_NAME_OF(ITStaticAudioTerminal)
SWITCHHOOK_NAME_OF(ITCallHub)
SWITCHHOOK_NAME_OF(ITStreamControl)
SWITCHHOOK_NAME_OF(ITStream)
SWITCHHOOK_NAME_OF(IEnumStream)
SWITCHHOOK_NAME_OF(IEnumTerminal)
SWITCHHOOK_NAME_OF(IEnumTerminalClass)
SWITCHHOOK_NAME_OF(IEnumCall)
SWITCHHOOK_NAME_OF(IEnumAddress)
SWITCHHOOK_NAME_OF(IEnumCallHub)
SWITCHHOOK_NAME_OF(IEnumBstr)
SWITCHHOOK_NAME_OF(ITCallStateEvent)
SWITCHHOOK_NAME_OF(ITCallNotificationEvent)
SWITCHHOOK_NAME_OF(ITCallHubEvent)
SWITCHHOOK_NAME_OF(ITCallInfoChangeEvent)
SWITCHHOOK_NAME_OF(ITAddressEvent)
SWITCHHOOK_NAME_OF(ITTAPIObjectEvent2)
SWITCHHOOK_NAME_OF(ITCollection)
SWITCHHOOK_NAME_OF(ITCollection2)
SWITCHHOOK_NAME_OF(ITDispatchMapper)
#undef SWITCHHOOK_NAME_OF

}  // namespace switchhook::tapi3
