// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lists in both of COM's forms: enumerators (IEnumCall, …) and collections of variants for scripts.
// Each is a snapshot: it owns a reference to every item until it is released itself.
// Threads: any; a list's position is guarded. Ownership: what Next and Item hand out is the
// caller's.

#include <vector>

#include "base/mutex.hpp"
#include "tapi3/com/object.hpp"

namespace switchhook::tapi3 {

/// How one kind of item is copied and freed.
template <typename Stored>
struct ItemOf;
template <typename Interface>
struct ItemOf<Com<Interface>> {
  using Out = Interface*;
  static HRESULT copy(const Com<Interface>& from, Out* to) {
    *to = from.get();
    if (*to != nullptr) (*to)->AddRef();
    return S_OK;
  }
  static void undo(Out& item) {
    if (item != nullptr) item->Release();
    item = nullptr;
  }
};
template <>
struct ItemOf<std::string> {
  using Out = BSTR;
  static HRESULT copy(const std::string& from, BSTR* to) { return give_text(from, to); }
  static void undo(BSTR& item) {
    SysFreeString(item);
    item = nullptr;
  }
};
template <>
struct ItemOf<GUID> {
  using Out = GUID;
  static HRESULT copy(const GUID& from, GUID* to) {
    *to = from;
    return S_OK;
  }
  static void undo(GUID&) {}
};
template <>
struct ItemOf<std::shared_ptr<Variant>> {
  using Out = VARIANT;
  static HRESULT copy(const std::shared_ptr<Variant>& from, VARIANT* to) {
    VariantInit(to);
    return VariantCopy(to, from->get());
  }
  static void undo(VARIANT& item) { VariantClear(&item); }
};

/// `Enumeration` is the COM interface, `Stored` what is kept for each item.
template <typename Enumeration, typename Stored>
class Enumerator final : public ComClass<Enumerator<Enumeration, Stored>, Enumeration> {
 public:
  using Out = typename ItemOf<Stored>::Out;
  Enumerator(std::vector<Stored> items, std::size_t at, const void* owner)
      : items_(std::move(items)), at_(at), owner_(owner) {}

  HRESULT Next(ULONG celt, Out* ppElements, ULONG* pceltFetched) {
    if (ppElements == nullptr || (pceltFetched == nullptr && celt != 1)) return E_POINTER;
    base::Lock lock(mutex_);
    ULONG taken = 0;
    for (; taken < celt && at_ < items_.size(); ++taken, ++at_) {
      const HRESULT hr = ItemOf<Stored>::copy(items_[at_], &ppElements[taken]);
      if (SUCCEEDED(hr)) continue;
      at_ -= taken;
      while (taken > 0) ItemOf<Stored>::undo(ppElements[--taken]);
      if (pceltFetched != nullptr) *pceltFetched = 0;
      return hr;
    }
    if (pceltFetched != nullptr) *pceltFetched = taken;
    return taken == celt ? S_OK : S_FALSE;
  }
  HRESULT Skip(ULONG celt) {
    base::Lock lock(mutex_);
    const std::size_t left = items_.size() - at_;
    at_ += celt < left ? celt : left;
    return celt <= left ? S_OK : S_FALSE;
  }
  HRESULT Reset() {
    base::Lock lock(mutex_);
    at_ = 0;
    return S_OK;
  }
  HRESULT Clone(Enumeration** ppEnum) {
    std::size_t at = 0;
    {
      base::Lock lock(mutex_);
      at = at_;
    }
    return make<Enumerator>(items_, at, owner_)->give(ppEnum);
  }
  [[nodiscard]] std::string description() const override { return "list"; }
  [[nodiscard]] const void* owner() const override { return owner_; }

 private:
  const std::vector<Stored> items_;
  base::Mutex mutex_;
  std::size_t at_ SWITCHHOOK_GUARDED_BY(mutex_);
  const void* const owner_;
};

template <typename Enumeration, typename Stored>
HRESULT give_enumerator(std::vector<Stored> items, const void* owner, Enumeration** out) {
  if (out == nullptr) return E_POINTER;
  *out = nullptr;
  return make<Enumerator<Enumeration, Stored>>(std::move(items), std::size_t{0}, owner)->give(out);
}

using Variants = std::vector<std::shared_ptr<Variant>>;

/// What every collection answers.
template <typename Derived, typename Interface>
class CollectionOf : public ComClass<Derived, Interface> {
 public:
  CollectionOf(Variants items, const void* owner) : items_(std::move(items)), owner_(owner) {}
  HRESULT get_Count(long* lCount) {
    *lCount = static_cast<long>(items().size());
    return S_OK;
  }
  HRESULT get_Item(long Index, VARIANT* pVariant) {
    const Variants now = items();
    if (Index < 1 || static_cast<std::size_t>(Index) > now.size()) return E_INVALIDARG;
    return ItemOf<Variants::value_type>::copy(now[static_cast<std::size_t>(Index) - 1], pVariant);
  }
  HRESULT get__NewEnum(IUnknown** ppNewEnum) {
    IEnumVARIANT* enumerator = nullptr;
    const HRESULT hr = give_enumerator(items(), owner_, &enumerator);
    *ppNewEnum = enumerator;
    return hr;
  }
  [[nodiscard]] std::string description() const override { return "collection"; }
  [[nodiscard]] const void* owner() const override { return owner_; }

 protected:
  [[nodiscard]] Variants items() const {
    base::Lock lock(mutex_);
    return items_;
  }
  mutable base::Mutex mutex_;
  Variants items_ SWITCHHOOK_GUARDED_BY(mutex_);

 private:
  const void* const owner_;
};

/// A collection that does not change.
class Collection final : public CollectionOf<Collection, ITCollection> {
 public:
  using CollectionOf::CollectionOf;
};

/// A collection that the program fills.
class GrowingCollection final : public CollectionOf<GrowingCollection, ITCollection2> {
 public:
  using CollectionOf::CollectionOf;
  HRESULT Add(long Index, VARIANT* pVariant);
  HRESULT Remove(long Index);
};

/// A VT_DISPATCH variant with a collection of these interfaces, or of these strings.
HRESULT give_collection(Variants items, const void* owner, VARIANT* out);
template <typename Interface>
HRESULT give_collection(const std::vector<Com<Interface>>& objects, const void* owner,
                        VARIANT* out) {
  if (out == nullptr) return E_POINTER;
  VariantInit(out);
  Variants items;
  for (const Com<Interface>& object : objects) {
    items.push_back(std::make_shared<Variant>());
    object->AddRef();
    (*items.back())->vt = VT_DISPATCH;
    (*items.back())->pdispVal = object.get();
  }
  return give_collection(std::move(items), owner, out);
}
HRESULT give_collection(const std::vector<std::string>& texts, const void* owner, VARIANT* out);

}  // namespace switchhook::tapi3
