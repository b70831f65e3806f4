// SPDX-License-Identifier: Apache-2.0
#include "tapi3/objects/tapi_object.hpp"

#include "tapi3/com/collections.hpp"
#include "tapi3/com/ledger.hpp"
#include "tapi3/composition.hpp"
#include "tapi3/objects/address_object.hpp"
#include "tapi3/objects/call_hub_object.hpp"
#include "tapi3/objects/states.hpp"

namespace switchhook::tapi3 {

HRESULT TapiObject::application(std::shared_ptr<Application>& out) const {
  {
    base::Lock lock(mutex_);
    out = application_;
  }
  return out ? out->usable() : TAPI_E_NOT_INITIALIZED;
}

HRESULT TapiObject::Initialize() {
  base::Lock starting(starting_);
  {
    base::Lock lock(mutex_);
    if (application_) return S_FALSE;
  }
  Result<std::shared_ptr<Application>> started = Application::start(*this, way_to_service());
  if (!started) return hresult_of(started);
  base::Lock lock(mutex_);
  application_ = std::move(*started);
  was_initialized_ = true;
  return S_OK;
}

HRESULT TapiObject::Shutdown() {
  std::shared_ptr<Application> application;
  {
    base::Lock lock(mutex_);
    if (!application_) return was_initialized_ ? S_FALSE : TAPI_E_NOT_INITIALIZED;
    application = std::move(application_);
    application_.reset();
  }
  const bool first = application->shutdown();
  // Afterwards: what a sink held while it ran is no leak.
  Ledger::report("Shutdown", Ledger::instance().referenced(application.get()));
  return first ? S_OK : S_FALSE;
}

void TapiObject::on_last_reference() {
  static_cast<void>(boundary("ITTAPI::Shutdown", [this] { return Shutdown(); }));
  sinks().clear();
}

// ---- addresses

namespace {

HRESULT addresses_of(Application& application, std::vector<Com<ITAddress>>& out) {
  Result<std::vector<Held<AddressObject>>> all = application.addresses();
  if (!all) return hresult_of(all);
  for (const Held<AddressObject>& address : *all) out.emplace_back(address->face<ITAddress2>());
  return S_OK;
}

}  // namespace

HRESULT TapiObject::get_Addresses(VARIANT* pVariant) {
  std::shared_ptr<Application> application;
  if (HRESULT hr = this->application(application); FAILED(hr)) return hr;
  std::vector<Com<ITAddress>> addresses;
  if (HRESULT hr = addresses_of(*application, addresses); FAILED(hr)) return hr;
  return give_collection(addresses, application.get(), pVariant);
}

HRESULT TapiObject::EnumerateAddresses(IEnumAddress** ppEnumAddress) {
  std::shared_ptr<Application> application;
  if (HRESULT hr = this->application(application); FAILED(hr)) return hr;
  std::vector<Com<ITAddress>> addresses;
  if (HRESULT hr = addresses_of(*application, addresses); FAILED(hr)) return hr;
  return give_enumerator(std::move(addresses), application.get(), ppEnumAddress);
}

HRESULT TapiObject::RegisterCallNotifications(ITAddress* pAddress, VARIANT_BOOL fMonitor,
                                              VARIANT_BOOL fOwner, long lMediaTypes,
                                              long lCallbackInstance, long* plRegister) {
  if (pAddress == nullptr) return E_POINTER;
  *plRegister = 0;
  std::shared_ptr<Application> application;
  if (HRESULT hr = this->application(application); FAILED(hr)) return hr;
  std::uint8_t privileges = 0;
  if (fMonitor != VARIANT_FALSE) privileges |= static_cast<std::uint8_t>(Privilege::monitor);
  if (fOwner != VARIANT_FALSE) privileges |= static_cast<std::uint8_t>(Privilege::owner);
  if (privileges == 0) return E_INVALIDARG;
  const Held<AddressObject> address = implementation_of<AddressObject>(pAddress);
  if (!address || address->owner() != application.get()) return E_INVALIDARG;
  const std::uint32_t modes = media_modes_of(lMediaTypes) & address->info().media_modes;
  if (modes == 0) return TAPI_E_INVALIDMEDIATYPE;
  Result<long> cookie =
      application->register_notifications(*address, privileges, modes, lCallbackInstance);
  if (!cookie) return hresult_of(cookie);
  *plRegister = *cookie;
  return S_OK;
}

/// E_INVALIDARG for a cookie that is not one, and before Initialize, as its page says.
HRESULT TapiObject::UnregisterNotifications(long lRegister) {
  std::shared_ptr<Application> application;
  if (FAILED(this->application(application))) return E_INVALIDARG;
  return application->unregister_notifications(lRegister) ? S_OK : E_INVALIDARG;
}

// ---- hubs

namespace {

std::vector<Com<ITCallHub>> hubs_of(Application& application) {
  std::vector<Com<ITCallHub>> all;
  for (const Held<CallHubObject>& hub : application.hubs())
    all.emplace_back(hub->face<ITCallHub>());
  return all;
}

/// The addresses in a variant: a collection's worth of IDispatch, or one.
HRESULT addresses_in(const VARIANT& given, std::vector<Held<AddressObject>>& out) {
  Variant value;
  if (HRESULT hr = VariantCopy(value.get(), look(given)); FAILED(hr)) return hr;
  std::vector<IUnknown*> unknowns;
  if (value->vt == VT_DISPATCH || value->vt == VT_UNKNOWN) {
    unknowns.push_back(value->punkVal);
  } else if ((value->vt == (VT_ARRAY | VT_DISPATCH) || value->vt == (VT_ARRAY | VT_UNKNOWN)) &&
             SafeArrayGetDim(value->parray) == 1) {
    auto* elements = static_cast<IUnknown**>(value->parray->pvData);
    unknowns.assign(elements, elements + value->parray->rgsabound[0].cElements);
  } else {
    return E_INVALIDARG;
  }
  for (IUnknown* unknown : unknowns) {
    Held<AddressObject> address = implementation_of<AddressObject>(unknown);
    if (!address) return E_INVALIDARG;
    out.push_back(std::move(address));
  }
  return S_OK;
}

}  // namespace

HRESULT TapiObject::get_CallHubs(VARIANT* pVariant) {
  std::shared_ptr<Application> application;
  if (HRESULT hr = this->application(application); FAILED(hr)) return hr;
  return give_collection(hubs_of(*application), application.get(), pVariant);
}

HRESULT TapiObject::EnumerateCallHubs(IEnumCallHub** ppEnumCallHub) {
  std::shared_ptr<Application> application;
  if (HRESULT hr = this->application(application); FAILED(hr)) return hr;
  return give_enumerator(hubs_of(*application), application.get(), ppEnumCallHub);
}

HRESULT TapiObject::SetCallHubTracking(VARIANT pAddresses, VARIANT_BOOL bTracking) {
  std::shared_ptr<Application> application;
  if (HRESULT hr = this->application(application); FAILED(hr)) return hr;
  const bool wanted = bTracking != VARIANT_FALSE;
  std::vector<Held<AddressObject>> addresses;
  if (pAddresses.vt == VT_EMPTY || pAddresses.vt == VT_NULL) {
    Result<std::vector<Held<AddressObject>>> all = application->addresses();
    if (!all) return hresult_of(all);
    addresses = std::move(*all);
  } else if (HRESULT hr = addresses_in(pAddresses, addresses); FAILED(hr)) {
    return hr;
  }
  for (const Held<AddressObject>& address : addresses) address->track_hubs(wanted);
  return S_OK;
}

// ---- filter, collections

HRESULT TapiObject::put_EventFilter(long lFilterMask) {
  std::shared_ptr<Application> application;
  if (HRESULT hr = this->application(application); FAILED(hr)) return hr;
  constexpr long kAll = 0x3FFFFFF;            // TE_TAPIOBJECT to TE_PHONEDEVSPECIFIC
  if (lFilterMask == -1) lFilterMask = kAll;  // every event that there may be
  if ((lFilterMask & ~kAll) != 0) return E_INVALIDARG;
  application->set_filter(static_cast<std::uint32_t>(lFilterMask));
  return S_OK;
}

HRESULT TapiObject::get_EventFilter(long* plFilterMask) {
  std::shared_ptr<Application> application;
  if (HRESULT hr = this->application(application); FAILED(hr)) return hr;
  *plFilterMask = static_cast<long>(application->filter().mask());
  return S_OK;
}

HRESULT TapiObject::CreateEmptyCollectionObject(ITCollection2** ppCollection) {
  std::shared_ptr<Application> application;
  if (HRESULT hr = this->application(application); FAILED(hr)) return hr;
  return make<GrowingCollection>(Variants(), application.get())->give(ppCollection);
}

}  // namespace switchhook::tapi3
