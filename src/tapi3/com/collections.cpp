// SPDX-License-Identifier: Apache-2.0
#include "tapi3/com/collections.hpp"

namespace switchhook::tapi3 {

namespace {

HRESULT item_of(const Variants& items, long index, VARIANT* out) {
  if (out == nullptr) return E_POINTER;
  VariantInit(out);
  if (index < 1 || static_cast<std::size_t>(index) > items.size()) return E_INVALIDARG;
  return VariantCopy(out, look(*std::as_const(*items[static_cast<std::size_t>(index) - 1]).get()));
}

HRESULT enumerator_of(const Variants& items, const void* owner, IUnknown** out) {
  if (out == nullptr) return E_POINTER;
  *out = nullptr;
  IEnumVARIANT* enumerator = nullptr;
  const HRESULT hr = give_enumerator(items, owner, &enumerator);
  *out = enumerator;
  return hr;
}

/// A copy that owns its content; for what a program adds.
std::shared_ptr<Variant> copy_of(const VARIANT& from, HRESULT& hr) {
  auto copy = std::make_shared<Variant>();
  hr = VariantCopy(copy->get(), look(from));
  return copy;
}

using dispatch::kGet;
using dispatch::kMethod;
using dispatch::member;

}  // namespace

HRESULT Collection::get_Count(long* lCount) {
  if (lCount == nullptr) return E_POINTER;
  *lCount = static_cast<long>(items_.size());
  return S_OK;
}

HRESULT Collection::get_Item(long Index, VARIANT* pVariant) {
  return boundary("ITCollection::get_Item", [&] { return item_of(items_, Index, pVariant); });
}

HRESULT Collection::get__NewEnum(IUnknown** ppNewEnum) {
  return boundary("ITCollection::get__NewEnum",
                  [&] { return enumerator_of(items_, owner_, ppNewEnum); });
}

std::span<const DispatchMember> Collection::members() {
  static constexpr DispatchMember kMembers[] = {
      member<Collection, &ITCollection::get_Count>("Count", kGet, 1),
      member<Collection, &ITCollection::get_Item>("Item", kGet | kMethod, DISPID_VALUE),
      member<Collection, &ITCollection::get__NewEnum>("_NewEnum", kGet | kMethod, DISPID_NEWENUM),
  };
  return kMembers;
}

HRESULT GrowingCollection::get_Count(long* lCount) {
  if (lCount == nullptr) return E_POINTER;
  base::Lock lock(mutex_);
  *lCount = static_cast<long>(items_.size());
  return S_OK;
}

HRESULT GrowingCollection::get_Item(long Index, VARIANT* pVariant) {
  return boundary("ITCollection::get_Item", [&] {
    Variants items;
    {
      base::Lock lock(mutex_);
      items = items_;
    }
    return item_of(items, Index, pVariant);
  });
}

HRESULT GrowingCollection::get__NewEnum(IUnknown** ppNewEnum) {
  return boundary("ITCollection::get__NewEnum", [&] {
    Variants items;
    {
      base::Lock lock(mutex_);
      items = items_;
    }
    return enumerator_of(items, owner_, ppNewEnum);
  });
}

HRESULT GrowingCollection::Add(long Index, VARIANT* pVariant) {
  return boundary("ITCollection2::Add", [&]() -> HRESULT {
    if (pVariant == nullptr) return E_POINTER;
    HRESULT hr = S_OK;
    std::shared_ptr<Variant> item = copy_of(*pVariant, hr);
    if (FAILED(hr)) return hr;
    base::Lock lock(mutex_);
    if (Index < 1 || static_cast<std::size_t>(Index) > items_.size() + 1) return E_INVALIDARG;
    items_.insert(items_.begin() + (Index - 1), std::move(item));
    return S_OK;
  });
}

HRESULT GrowingCollection::Remove(long Index) {
  return boundary("ITCollection2::Remove", [&]() -> HRESULT {
    std::shared_ptr<Variant> item;  // goes outside the lock
    base::Lock lock(mutex_);
    if (Index < 1 || static_cast<std::size_t>(Index) > items_.size()) return E_INVALIDARG;
    item = std::move(items_[static_cast<std::size_t>(Index) - 1]);
    items_.erase(items_.begin() + (Index - 1));
    return S_OK;
  });
}

namespace {

/// Add takes its variant by address: the one [in] parameter that looks like a result.
HRESULT run_add(void* object, DispatchCall& call) {
  if (call.params->cArgs != 2) return DISP_E_BADPARAMCOUNT;
  std::int32_t index = 0;
  const HRESULT hr = dispatch::integer_argument(call, 0, VT_I4, index);
  if (FAILED(hr)) return hr;
  VARIANT item = dispatch::argument(call, 1);
  return static_cast<GrowingCollection*>(object)->Add(index, &item);
}

}  // namespace

std::span<const DispatchMember> GrowingCollection::members() {
  static constexpr DispatchMember kMembers[] = {
      member<GrowingCollection, &ITCollection2::get_Count>("Count", kGet, 1),
      member<GrowingCollection, &ITCollection2::get_Item>("Item", kGet | kMethod, DISPID_VALUE),
      member<GrowingCollection, &ITCollection2::get__NewEnum>("_NewEnum", kGet | kMethod,
                                                              DISPID_NEWENUM),
      {"Add", kMethod, 2, &run_add},
      member<GrowingCollection, &ITCollection2::Remove>("Remove", kMethod, 3),
  };
  return kMembers;
}

HRESULT give_collection(Variants items, const void* owner, VARIANT* out) {
  if (out == nullptr) return E_POINTER;
  VariantInit(out);
  ITCollection* collection = nullptr;
  const HRESULT hr = make<Collection>(std::move(items), owner)->give(&collection);
  if (FAILED(hr)) return hr;
  out->vt = VT_DISPATCH;
  out->pdispVal = collection;
  return S_OK;
}

HRESULT give_collection(const std::vector<std::string>& texts, const void* owner, VARIANT* out) {
  if (out == nullptr) return E_POINTER;
  VariantInit(out);
  Variants items;
  for (const std::string& text : texts) {
    items.push_back(std::make_shared<Variant>());
    BSTR units = bstr_of(text);
    if (units == nullptr) return E_OUTOFMEMORY;
    (*items.back())->vt = VT_BSTR;
    (*items.back())->bstrVal = units;
  }
  return give_collection(std::move(items), owner, out);
}

}  // namespace switchhook::tapi3
