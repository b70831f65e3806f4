// SPDX-License-Identifier: Apache-2.0
// Event sinks: how a program connects one, and how it is called.
#include <algorithm>

#include "tapi3/com/collections.hpp"
#include "tapi3/objects/tapi_object.hpp"

namespace switchhook::tapi3 {

/// For lists of connections: the sink and its cookie.
struct ConnectionItem {
  Com<IUnknown> sink;
  DWORD cookie = 0;
};
template <>
struct ItemOf<ConnectionItem> {
  using Out = CONNECTDATA;
  static HRESULT copy(const ConnectionItem& from, CONNECTDATA* to) {
    to->pUnk = from.sink.get();
    to->pUnk->AddRef();
    to->dwCookie = from.cookie;
    return S_OK;
  }
  static void undo(CONNECTDATA& item) {
    if (item.pUnk != nullptr) item.pUnk->Release();
    item = CONNECTDATA{};
  }
};

// ---- the container

HRESULT TapiObject::EnumConnectionPoints(IEnumConnectionPoints** ppEnum) {
  std::vector<Com<IConnectionPoint>> points;
  for (bool script : {false, true}) {
    Held<ConnectionPoint> point = make<ConnectionPoint>(Held<TapiObject>(this), script);
    points.emplace_back(point->face<IConnectionPoint>());
  }
  return give_enumerator(std::move(points), owner(), ppEnum);
}

HRESULT TapiObject::FindConnectionPoint(REFIID riid, IConnectionPoint** ppCP) {
  const bool script = IsEqualIID(riid, DIID_ITTAPIDispatchEventNotification);
  if (!script && !IsEqualIID(riid, IID_ITTAPIEventNotification)) return CONNECT_E_NOCONNECTION;
  return make<ConnectionPoint>(Held<TapiObject>(this), script)->give(ppCP);
}

HRESULT TapiObject::advise(bool script, IUnknown* sink, DWORD* cookie) {
  if (cookie == nullptr || sink == nullptr) return E_POINTER;
  *cookie = 0;
  Sink fresh;
  fresh.script = script;
  fresh.identity = Com<IUnknown>(sink);
  if (script) {
    static_cast<void>(sink->QueryInterface(DIID_ITTAPIDispatchEventNotification,
                                           reinterpret_cast<void**>(fresh.dispatch.out())));
    if (!fresh.dispatch) fresh.dispatch = fresh.identity.as<IDispatch>();
  } else {
    fresh.notification = fresh.identity.as<ITTAPIEventNotification>();
  }
  if (!fresh.dispatch && !fresh.notification) return CONNECT_E_CANNOTCONNECT;
  base::Lock lock(mutex_);
  fresh.cookie = ++last_cookie_;
  *cookie = fresh.cookie;
  sinks_.push_back(std::move(fresh));
  return S_OK;
}

HRESULT TapiObject::unadvise(DWORD cookie) {
  Sink gone;  // released outside the lock
  base::Lock lock(mutex_);
  const auto found = std::find_if(sinks_.begin(), sinks_.end(),
                                  [cookie](const Sink& sink) { return sink.cookie == cookie; });
  if (found == sinks_.end()) return CONNECT_E_NOCONNECTION;
  gone = std::move(*found);
  sinks_.erase(found);
  return S_OK;
}

std::vector<TapiObject::Sink> TapiObject::sinks() const {
  base::Lock lock(mutex_);
  return sinks_;
}

bool TapiObject::fire(TAPI_EVENT kind, IDispatch* event) {
  const std::vector<Sink> all = sinks();
  for (const Sink& sink : all) {
    if (sink.notification) {
      const ProgramScope scope;
      static_cast<void>(sink.notification->Event(kind, event));
      continue;
    }
    VARIANT arguments[2];
    VariantInit(&arguments[0]);
    VariantInit(&arguments[1]);
    arguments[1].vt = VT_I4;  // the last argument comes first
    arguments[1].lVal = kind;
    arguments[0].vt = VT_DISPATCH;
    arguments[0].pdispVal = event;
    DISPPARAMS params{arguments, nullptr, 2, 0};
    const ProgramScope scope;
    constexpr DISPID kEvent = 1;
    static_cast<void>(sink.dispatch->Invoke(kEvent, GUID{}, LOCALE_USER_DEFAULT, DISPATCH_METHOD,
                                            &params, nullptr, nullptr, nullptr));
  }
  return !all.empty();
}

// ---- a point

HRESULT ConnectionPoint::GetConnectionInterface(IID* piid) {
  *piid = script_ ? DIID_ITTAPIDispatchEventNotification : IID_ITTAPIEventNotification;
  return S_OK;
}

HRESULT ConnectionPoint::GetConnectionPointContainer(IConnectionPointContainer** ppCPC) {
  return tapi_->give(ppCPC);
}

HRESULT ConnectionPoint::Advise(IUnknown* pUnkSink, DWORD* pdwCookie) {
  return tapi_->advise(script_, pUnkSink, pdwCookie);
}

HRESULT ConnectionPoint::Unadvise(DWORD dwCookie) {
  return tapi_->unadvise(dwCookie);
}

HRESULT ConnectionPoint::EnumConnections(IEnumConnections** ppEnum) {
  std::vector<ConnectionItem> items;
  for (const TapiObject::Sink& sink : tapi_->sinks())
    if (sink.script == script_) items.push_back({sink.identity, sink.cookie});
  return give_enumerator(std::move(items), nullptr, ppEnum);
}

}  // namespace switchhook::tapi3
