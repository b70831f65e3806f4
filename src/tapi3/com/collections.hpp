// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lists in both of COM's forms: enumerators (IEnumCall, …) and collections of variants for scripts.
// Each is a snapshot: it owns a reference to every item until it is released itself.
// Threads: any; a list's position is guarded. Ownership: what Next and Item hand out is the
// caller's.

#include <vector>

#include "base/mutex.hpp"
#include "tapi3/com/dispatch.hpp"

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

  STDMETHODIMP Next(ULONG celt, Out* ppElements, ULONG* pceltFetched) override {
    return boundary("Next", [&]() -> HRESULT {
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
    });
  }
  STDMETHODIMP Skip(ULONG celt) override {
    return boundary("Skip", [&]() -> HRESULT {
      base::Lock lock(mutex_);
      const std::size_t left = items_.size() - at_;
      at_ += celt < left ? celt : left;
      return celt <= left ? S_OK : S_FALSE;
    });
  }
  STDMETHODIMP Reset() override {
    return boundary("Reset", [&]() -> HRESULT {
      base::Lock lock(mutex_);
      at_ = 0;
      return S_OK;
    });
  }
  STDMETHODIMP Clone(Enumeration** ppEnum) override {
    return boundary("Clone", [&]() -> HRESULT {
      if (ppEnum == nullptr) return E_POINTER;
      std::size_t at = 0;
      {
        base::Lock lock(mutex_);
        at = at_;
      }
      return make<Enumerator>(items_, at, owner_)->give(ppEnum);
    });
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

/// A collection that does not change.
class Collection final : public ComClass<Collection, ITCollection> {
 public:
  Collection(Variants items, const void* owner) : items_(std::move(items)), owner_(owner) {}
  STDMETHODIMP get_Count(long* lCount) override;
  STDMETHODIMP get_Item(long Index, VARIANT* pVariant) override;
  STDMETHODIMP get__NewEnum(IUnknown** ppNewEnum) override;
  static std::span<const DispatchMember> members();
  [[nodiscard]] std::string description() const override { return "collection"; }
  [[nodiscard]] const void* owner() const override { return owner_; }

 private:
  const Variants items_;
  const void* const owner_;
};

/// A collection that the program fills.
class GrowingCollection final : public ComClass<GrowingCollection, ITCollection2> {
 public:
  explicit GrowingCollection(const void* owner) : owner_(owner) {}
  STDMETHODIMP get_Count(long* lCount) override;
  STDMETHODIMP get_Item(long Index, VARIANT* pVariant) override;
  STDMETHODIMP get__NewEnum(IUnknown** ppNewEnum) override;
  STDMETHODIMP Add(long Index, VARIANT* pVariant) override;
  STDMETHODIMP Remove(long Index) override;
  static std::span<const DispatchMember> members();
  [[nodiscard]] std::string description() const override { return "collection"; }
  [[nodiscard]] const void* owner() const override { return owner_; }

 private:
  base::Mutex mutex_;
  Variants items_ SWITCHHOOK_GUARDED_BY(mutex_);
  const void* const owner_;
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
