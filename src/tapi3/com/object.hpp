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
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "tapi3/com/vtable.hpp"

namespace switchhook::tapi3 {

class ObjectBase {
 public:
  ObjectBase(const ObjectBase&) = delete;
  ObjectBase& operator=(const ObjectBase&) = delete;

  /// The program takes or gives back a reference on one interface. Returns how many it has on all.
  ULONG acquire(References& references, const void* site);
  ULONG release(References& references);

  void hold();
  void unhold();
  /// hold(), unless the object has no strong count any more.
  [[nodiscard]] bool try_hold();
  void keep() { private_.fetch_add(1, std::memory_order_acq_rel); }
  /// keep(), unless the object is being destroyed. For the ledger.
  [[nodiscard]] bool try_keep();
  void unkeep();

  [[nodiscard]] std::uint32_t references() const { return public_.load(std::memory_order_relaxed); }
  /// What the program references, interface by interface.
  virtual void each_interface(const std::function<void(const References&)>& visit) = 0;
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

/// A COM class with these interfaces; the first one is its identity (IUnknown), the first one that
/// derives from IDispatch answers for that. `Derived` has the methods that are offered, as member
/// functions; its `usable()` is asked before each of them.
template <typename Derived, typename... Interfaces>
class ComClass : public ObjectBase {
 public:
  using Identity = std::tuple_element_t<0, std::tuple<Interfaces...>>;

  /// For methods: S_OK.
  [[nodiscard]] HRESULT usable() const { return S_OK; }
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
    return &vtable_of<Interface>();
  }
  void each_interface(const std::function<void(const References&)>& visit) override {
    (visit(vtable_of<Interfaces>().references()), ...);
  }
  /// The tables for late binding, of each interface that has one and of those that it continues.
  [[nodiscard]] auto levels() {
    std::array<DispatchLevel, (0 + ... + depth<Interfaces>())> all;
    DispatchLevel* next = all.data();
    (add_levels<Interfaces>(face<Interfaces>(), next), ...);
    return all;
  }

 protected:
  ComClass() : vtables_(self<Interfaces>()...) {}

 private:
  template <typename Interface>
  [[nodiscard]] ObjectBase& self() {
    return *this;
  }
  template <typename Interface>
  auto& vtable_of() {
    return std::get<Vtable<Derived, Interface, Interface>>(vtables_);
  }
  /// Whether an interface, or one that it continues, has this IID.
  template <typename Level>
  static bool answers(REFIID riid) {
    if constexpr (std::is_void_v<Level>)
      return false;
    else
      return IsEqualIID(riid, iid_of<Level>()) || answers<typename InterfaceOf<Level>::Base>(riid);
  }
  template <typename Interface>
  bool match(REFIID riid, void** out, const void* site) {
    bool same = answers<Interface>(riid);
    if constexpr (requires { Derived::kImplementation; })
      same = same || IsEqualIID(riid, Derived::kImplementation);
    if (!same) return false;
    acquire(vtable_of<Interface>().references(), site);
    *out = face<Interface>();
    return true;
  }
  template <typename Level>
  static constexpr std::size_t depth() {
    if constexpr (std::is_base_of_v<IDispatch, Level> && !std::is_same_v<IDispatch, Level>)
      return 1 + depth<typename InterfaceOf<Level>::Base>();
    else
      return 0;
  }
  template <typename Level>
  static void add_levels(Level* level, DispatchLevel*& next) {
    if constexpr (depth<Level>() != 0) {
      *next++ = {dispatch::Members<Level>::kAll, level};
      add_levels<typename InterfaceOf<Level>::Base>(level, next);
    }
  }

  std::tuple<Vtable<Derived, Interfaces, Interfaces>...> vtables_;
};

/// The object of ours behind an interface that a program passes in; empty when it is not ours, or
/// of another class. `Derived::kImplementation` is a GUID that only our objects answer to.
template <typename Derived>
Held<Derived> implementation_of(IUnknown* unknown) {
  using Identity = typename Derived::Identity;
  Held<Derived> object;
  void* face = nullptr;
  if (unknown == nullptr) return object;
  if (FAILED(unknown->QueryInterface(Derived::kImplementation, &face))) return object;
  auto* identity = static_cast<Identity*>(face);
  object = Held<Derived>(&static_cast<Vtable<Derived, Identity, Identity>*>(identity)->object());
  identity->Release();
  return object;
}

}  // namespace switchhook::tapi3
