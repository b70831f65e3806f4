// SPDX-License-Identifier: Apache-2.0
#ifndef SWITCHHOOK_TAPI_TAPI3PTR_H
#define SWITCHHOOK_TAPI_TAPI3PTR_H

// Comfort for C++ programs on TAPI 3, so that nobody counts references by hand: a pointer that owns
// one reference, a text that owns a BSTR, a base for event sinks, and a connection that ends
// itself. Header only, on tapi3.h alone; the same on Windows (with mingw-w64 or the Windows SDK).
// Threads: an object belongs to one thread at a time; sinks are called on a TAPI thread.
// New code may be happier with the C++ API (docs/choosing-an-api.md).

#if defined(_WIN32)
#include <tapi3.h>
#else
#include "tapi3.h"
#endif

#if defined(__cplusplus)

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>

namespace tapi3 {

/// The IID of an interface. Specialised below for everything that TAPI 3 offers here; a program may
/// add its own.
template <typename Interface>
const IID& iid_of();
#define TAPI3_IID_OF(name)           \
  template <>                        \
  inline const IID& iid_of<name>() { \
    return IID_##name;               \
  }
TAPI3_IID_OF(IUnknown)
TAPI3_IID_OF(IDispatch)
TAPI3_IID_OF(IConnectionPoint)
TAPI3_IID_OF(IConnectionPointContainer)
TAPI3_IID_OF(IEnumVARIANT)
TAPI3_IID_OF(ITTAPI)
TAPI3_IID_OF(ITTAPI2)
TAPI3_IID_OF(ITAddress)
TAPI3_IID_OF(ITAddress2)
TAPI3_IID_OF(ITAddressCapabilities)
TAPI3_IID_OF(ITMediaSupport)
TAPI3_IID_OF(ITTerminalSupport)
TAPI3_IID_OF(ITTerminal)
TAPI3_IID_OF(ITBasicCallControl)
TAPI3_IID_OF(ITBasicCallControl2)
TAPI3_IID_OF(ITCallInfo)
TAPI3_IID_OF(ITCallInfo2)
TAPI3_IID_OF(ITCallHub)
TAPI3_IID_OF(ITStreamControl)
TAPI3_IID_OF(ITStream)
TAPI3_IID_OF(ITCollection)
TAPI3_IID_OF(ITCollection2)
TAPI3_IID_OF(ITDispatchMapper)
TAPI3_IID_OF(ITCallStateEvent)
TAPI3_IID_OF(ITCallNotificationEvent)
TAPI3_IID_OF(ITCallInfoChangeEvent)
TAPI3_IID_OF(ITCallHubEvent)
TAPI3_IID_OF(ITAddressEvent)
TAPI3_IID_OF(ITTAPIObjectEvent)
TAPI3_IID_OF(ITTAPIEventNotification)
#undef TAPI3_IID_OF

/// Owns one reference to an interface.
template <typename Interface>
class Ptr {
 public:
  Ptr() = default;
  /// Takes a further reference.
  explicit Ptr(Interface* pointer) : pointer_(pointer) {
    if (pointer_ != nullptr) pointer_->AddRef();
  }
  Ptr(const Ptr& other) : Ptr(other.pointer_) {}
  Ptr(Ptr&& other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
  Ptr& operator=(Ptr other) noexcept {
    std::swap(pointer_, other.pointer_);
    return *this;
  }
  ~Ptr() { reset(); }

  void reset() {
    if (Interface* old = std::exchange(pointer_, nullptr)) old->Release();
  }
  Interface* get() const { return pointer_; }
  Interface* operator->() const { return pointer_; }
  explicit operator bool() const { return pointer_ != nullptr; }
  /// For an [out] parameter. What was held before is released.
  Interface** out() {
    reset();
    return &pointer_;
  }
  void** out_void() { return reinterpret_cast<void**>(out()); }
  /// Another interface of the same object; empty when it has none.
  template <typename Other>
  Ptr<Other> as() const {
    Ptr<Other> other;
    if (pointer_ != nullptr)
      static_cast<void>(pointer_->QueryInterface(iid_of<Other>(), other.out_void()));
    return other;
  }

 private:
  Interface* pointer_ = nullptr;
};

/// Owns a BSTR. For [in] parameters made from ASCII, for [out] parameters read as ASCII ('?' for
/// everything else); get() has all of it.
class Text {
 public:
  Text() = default;
  explicit Text(const std::string& ascii) {
    std::basic_string<OLECHAR> units(ascii.begin(), ascii.end());
    text_ = SysAllocStringLen(units.data(), static_cast<UINT>(units.size()));
  }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  Text(Text&& other) noexcept : text_(std::exchange(other.text_, nullptr)) {}
  ~Text() { SysFreeString(text_); }
  BSTR get() const { return text_; }
  BSTR* out() {
    SysFreeString(std::exchange(text_, nullptr));
    return &text_;
  }
  std::string ascii() const {
    std::string out;
    for (UINT i = 0; i < SysStringLen(text_); ++i)
      out.push_back(text_[i] < 0x80 ? static_cast<char>(text_[i]) : '?');
    return out;
  }

 private:
  BSTR text_ = nullptr;
};

/// This thread's use of COM.
class Apartment {
 public:
  explicit Apartment(DWORD kind = COINIT_MULTITHREADED) : result_(CoInitializeEx(nullptr, kind)) {}
  ~Apartment() {
    if (SUCCEEDED(result_)) CoUninitialize();
  }
  Apartment(const Apartment&) = delete;
  Apartment& operator=(const Apartment&) = delete;
  HRESULT result() const { return result_; }

 private:
  const HRESULT result_;
};

/// A sink for TAPI's events: derive, override what is wanted, make it with make_sink<T>().
/// The functions run on a TAPI thread, no lock is held, every method may be called. The event and
/// what it names are alive during the call; take a Ptr to keep them longer. They must not throw.
class EventSink : public ITTAPIEventNotification {
 public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override {
    if (ppvObject == nullptr) return E_POINTER;
    *ppvObject = nullptr;
    if (!IsEqualIID(riid, IID_IUnknown) && !IsEqualIID(riid, IID_ITTAPIEventNotification))
      return E_NOINTERFACE;
    *ppvObject = static_cast<ITTAPIEventNotification*>(this);
    AddRef();
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override { return ++references_; }
  ULONG STDMETHODCALLTYPE Release() override {
    const ULONG left = --references_;
    if (left == 0) delete this;
    return left;
  }
  HRESULT STDMETHODCALLTYPE Event(TAPI_EVENT TapiEvent, IDispatch* pEvent) override {
    on_event(TapiEvent, pEvent);
    switch (TapiEvent) {
      case TE_CALLNOTIFICATION:
        tell<ITCallNotificationEvent>(pEvent, [this](auto* event) { on_new_call(event); });
        break;
      case TE_CALLSTATE:
        tell<ITCallStateEvent>(pEvent, [this](auto* event) { on_call_state(event); });
        break;
      case TE_CALLINFOCHANGE:
        tell<ITCallInfoChangeEvent>(pEvent, [this](auto* event) { on_call_info(event); });
        break;
      default:
        break;
    }
    return S_OK;
  }

 protected:
  virtual ~EventSink() = default;
  /// Every event, before the particular function.
  virtual void on_event(TAPI_EVENT, IDispatch*) {}
  virtual void on_new_call(ITCallNotificationEvent*) {}
  virtual void on_call_state(ITCallStateEvent*) {}
  virtual void on_call_info(ITCallInfoChangeEvent*) {}

 private:
  template <typename Interface, typename Tell>
  static void tell(IDispatch* event, Tell tell_it) {
    Ptr<Interface> typed = Ptr<IDispatch>(event).as<Interface>();
    if (typed) tell_it(typed.get());
  }
  std::atomic<ULONG> references_{0};
};

template <typename Sink, typename... Args>
Ptr<Sink> make_sink(Args&&... args) {
  return Ptr<Sink>(new Sink(std::forward<Args>(args)...));
}

/// A sink's connection to a TAPI object; ends with this object.
class Connection {
 public:
  Connection() = default;
  Connection(ITTAPI* tapi, ITTAPIEventNotification* sink) { result_ = connect(tapi, sink); }
  ~Connection() { end(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  HRESULT result() const { return result_; }
  HRESULT connect(ITTAPI* tapi, ITTAPIEventNotification* sink) {
    end();
    Ptr<IConnectionPointContainer> points = Ptr<ITTAPI>(tapi).as<IConnectionPointContainer>();
    if (!points) return E_NOINTERFACE;
    HRESULT hr = points->FindConnectionPoint(IID_ITTAPIEventNotification, point_.out());
    if (SUCCEEDED(hr)) hr = point_->Advise(sink, &cookie_);
    if (FAILED(hr)) point_.reset();
    return hr;
  }
  void end() {
    if (point_) point_->Unadvise(cookie_);
    point_.reset();
  }

 private:
  Ptr<IConnectionPoint> point_;
  DWORD cookie_ = 0;
  HRESULT result_ = S_FALSE;
};

/// What CoCreateInstance makes.
inline HRESULT create(Ptr<ITTAPI>& tapi) {
  return CoCreateInstance(CLSID_TAPI, nullptr, CLSCTX_INPROC_SERVER, IID_ITTAPI, tapi.out_void());
}

/// Visits what is left in an enumerator, as Ptr<Item>.
template <typename Item, typename Enumerator, typename Visit>
void for_each(Enumerator* enumerator, Visit visit) {
  Ptr<Item> item;
  while (enumerator != nullptr && enumerator->Next(1, item.out(), nullptr) == S_OK) visit(item);
}

/// The address with this name, or the first one when the name is empty.
inline Ptr<ITAddress> find_address(ITTAPI* tapi, const std::string& name) {
  Ptr<IEnumAddress> all;
  Ptr<ITAddress> found;
  if (FAILED(tapi->EnumerateAddresses(all.out()))) return found;
  for_each<ITAddress>(all.get(), [&](const Ptr<ITAddress>& address) {
    Text its_name;
    if (!found && SUCCEEDED(address->get_AddressName(its_name.out())) &&
        (name.empty() || its_name.ascii() == name))
      found = address;
  });
  return found;
}

}  // namespace tapi3

#endif  // __cplusplus
#endif  // SWITCHHOOK_TAPI_TAPI3PTR_H
