// SPDX-License-Identifier: Apache-2.0
#include "tapi3/com/collections.hpp"

namespace switchhook::tapi3 {

HRESULT GrowingCollection::Add(long Index, VARIANT* pVariant) {
  if (pVariant == nullptr) return E_POINTER;
  auto item = std::make_shared<Variant>();
  if (HRESULT hr = VariantCopy(item->get(), look(*pVariant)); FAILED(hr)) return hr;
  base::Lock lock(mutex_);
  if (Index < 1 || static_cast<std::size_t>(Index) > items_.size() + 1) return E_INVALIDARG;
  items_.insert(items_.begin() + (Index - 1), std::move(item));
  return S_OK;
}

HRESULT GrowingCollection::Remove(long Index) {
  std::shared_ptr<Variant> item;  // goes outside the lock
  base::Lock lock(mutex_);
  if (Index < 1 || static_cast<std::size_t>(Index) > items_.size()) return E_INVALIDARG;
  item = std::move(items_[static_cast<std::size_t>(Index) - 1]);
  items_.erase(items_.begin() + (Index - 1));
  return S_OK;
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
