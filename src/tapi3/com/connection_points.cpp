// SPDX-License-Identifier: Apache-2.0
#include "tapi3/com/connection_points.hpp"

#include <algorithm>

namespace switchhook::tapi3 {

HRESULT Sinks::advise(bool script, IUnknown* sink, DWORD* cookie) {
  if (sink == nullptr) return E_POINTER;
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

HRESULT Sinks::unadvise(DWORD cookie) {
  Sink gone;  // released outside the lock
  base::Lock lock(mutex_);
  const auto found = std::find_if(sinks_.begin(), sinks_.end(),
                                  [cookie](const Sink& sink) { return sink.cookie == cookie; });
  if (found == sinks_.end()) return CONNECT_E_NOCONNECTION;
  gone = std::move(*found);
  sinks_.erase(found);
  return S_OK;
}

std::vector<Sink> Sinks::all() const {
  base::Lock lock(mutex_);
  return sinks_;
}

void Sinks::clear() {
  std::vector<Sink> sinks;  // released outside the lock
  base::Lock lock(mutex_);
  sinks.swap(sinks_);
}

bool Sinks::fire(TAPI_EVENT kind, IDispatch* event) const {
  const std::vector<Sink> sinks = all();
  for (const Sink& sink : sinks) {
    const ProgramScope scope;
    if (sink.notification) {
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
    constexpr DISPID kEvent = 1;
    static_cast<void>(sink.dispatch->Invoke(kEvent, GUID{}, LOCALE_USER_DEFAULT, DISPATCH_METHOD,
                                            &params, nullptr, nullptr, nullptr));
  }
  return !sinks.empty();
}

}  // namespace switchhook::tapi3
