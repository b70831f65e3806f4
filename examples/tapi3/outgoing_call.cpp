// SPDX-License-Identifier: Apache-2.0
// Places a call with TAPI 3, talks, ends it, and reads afterwards how it went, as it is written on
// Windows: every reference counted by hand.
//   tapi3_outgoing_call LINE DESTINATION [MILLISECONDS TO TALK]
#include <tapi3.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

namespace {

std::string text_of(BSTR text) {
  std::string out;
  for (UINT i = 0; i < SysStringLen(text); ++i)
    out.push_back(text[i] < 0x80 ? static_cast<char>(text[i]) : '?');
  return out;
}

BSTR bstr_of(const char* text) {
  const std::string ascii(text);
  const std::basic_string<OLECHAR> units(ascii.begin(), ascii.end());
  return SysAllocStringLen(units.data(), static_cast<UINT>(units.size()));
}

/// Remembers how the call stands. Lives on main's stack, so its references are not counted.
class Sink final : public ITTAPIEventNotification {
 public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override {
    if (ppvObject == nullptr) return E_POINTER;
    *ppvObject = nullptr;
    if (!IsEqualIID(riid, IID_IUnknown) && !IsEqualIID(riid, IID_ITTAPIEventNotification))
      return E_NOINTERFACE;
    *ppvObject = this;
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override { return 2; }
  ULONG STDMETHODCALLTYPE Release() override { return 1; }

  HRESULT STDMETHODCALLTYPE Event(TAPI_EVENT TapiEvent, IDispatch* pEvent) override {
    if (TapiEvent != TE_CALLSTATE) return S_OK;
    ITCallStateEvent* event = nullptr;
    if (FAILED(pEvent->QueryInterface(IID_ITCallStateEvent, reinterpret_cast<void**>(&event))))
      return S_OK;
    CALL_STATE state = CS_IDLE;
    CALL_STATE_EVENT_CAUSE cause = CEC_NONE;
    event->get_State(&state);
    event->get_Cause(&cause);
    event->Release();
    static const char* const kStates[] = {"idle",     "in progress", "connected", "disconnected",
                                          "offering", "hold",        "queued"};
    std::printf("state: %s\n", kStates[state]);
    if (state == CS_DISCONNECTED) std::printf("cause: %d\n", static_cast<int>(cause));
    std::fflush(stdout);
    const std::lock_guard<std::mutex> lock(mutex_);
    state_ = state;
    changed_.notify_all();
    return S_OK;
  }

  /// False when the time is over before one of the two states is reached.
  bool wait(CALL_STATE state, CALL_STATE or_state, std::chrono::milliseconds time) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, time, [&] { return state_ == state || state_ == or_state; });
  }
  CALL_STATE state() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return state_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  CALL_STATE state_ = CS_IDLE;
};

/// The address with this name; the caller releases it.
ITAddress* find_address(ITTAPI* tapi, const std::string& name) {
  IEnumAddress* all = nullptr;
  if (FAILED(tapi->EnumerateAddresses(&all))) return nullptr;
  ITAddress* address = nullptr;
  while (all->Next(1, &address, nullptr) == S_OK) {
    BSTR its_name = nullptr;
    const bool found = SUCCEEDED(address->get_AddressName(&its_name)) && text_of(its_name) == name;
    SysFreeString(its_name);
    if (found) break;
    address->Release();
    address = nullptr;
  }
  all->Release();
  return address;
}

int call(ITAddress* address, const char* destination, std::chrono::milliseconds talk, Sink& sink) {
  BSTR to = bstr_of(destination);
  ITBasicCallControl* control = nullptr;
  HRESULT hr = address->CreateCall(to, LINEADDRESSTYPE_PHONENUMBER, TAPIMEDIATYPE_AUDIO, &control);
  SysFreeString(to);
  if (FAILED(hr)) return 1;
  hr = control->Connect(VARIANT_FALSE);
  if (FAILED(hr)) {
    std::fprintf(stderr, "Connect: 0x%08x\n", static_cast<unsigned>(hr));
    control->Release();
    return 1;
  }
  if (sink.wait(CS_CONNECTED, CS_DISCONNECTED, std::chrono::minutes(1)))
    sink.wait(CS_DISCONNECTED, CS_DISCONNECTED, talk);
  // S_OK: disconnected, or cleared after the other side hung up; S_FALSE: nothing left to do.
  control->Disconnect(DC_NORMAL);
  sink.wait(CS_DISCONNECTED, CS_DISCONNECTED, std::chrono::seconds(10));

  // The communication is over; the call answers until its last interface is released.
  ITCallInfo* info = nullptr;
  if (SUCCEEDED(control->QueryInterface(IID_ITCallInfo, reinterpret_cast<void**>(&info)))) {
    BSTR called = nullptr;
    long id = 0;
    info->get_CallInfoString(CIS_CALLEDIDNUMBER, &called);
    info->get_CallInfoLong(CIL_CALLID, &id);
    std::printf("call %ld to %s is over\n", id, text_of(called).c_str());
    SysFreeString(called);
    info->Release();
  }
  control->Release();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s LINE DESTINATION [MILLISECONDS TO TALK]\n", argv[0]);
    return 2;
  }
  if (FAILED(CoInitializeEx(nullptr, COINIT_MULTITHREADED))) return 1;
  int result = 1;
  ITTAPI* tapi = nullptr;
  HRESULT hr = CoCreateInstance(CLSID_TAPI, nullptr, CLSCTX_INPROC_SERVER, IID_ITTAPI,
                                reinterpret_cast<void**>(&tapi));
  if (SUCCEEDED(hr)) hr = tapi->Initialize();
  if (SUCCEEDED(hr)) {
    Sink sink;
    IConnectionPointContainer* container = nullptr;
    IConnectionPoint* point = nullptr;
    DWORD cookie = 0;
    tapi->put_EventFilter(TE_CALLSTATE);
    tapi->QueryInterface(IID_IConnectionPointContainer, reinterpret_cast<void**>(&container));
    container->FindConnectionPoint(IID_ITTAPIEventNotification, &point);
    point->Advise(&sink, &cookie);

    if (ITAddress* address = find_address(tapi, argv[1])) {
      const long talk = argc > 3 ? std::atol(argv[3]) : 2000;
      result = call(address, argv[2], std::chrono::milliseconds(talk), sink);
      address->Release();
    } else {
      std::fprintf(stderr, "there is no line %s\n", argv[1]);
    }
    point->Unadvise(cookie);
    point->Release();
    container->Release();
    tapi->Shutdown();
  } else {
    std::fprintf(stderr, "TAPI cannot be used: 0x%08x\n", static_cast<unsigned>(hr));
  }
  if (tapi != nullptr) tapi->Release();
  CoUninitialize();
  return result;
}
