// SPDX-License-Identifier: Apache-2.0
#include "tapi3/objects/media_objects.hpp"

#include "tapi3/com/collections.hpp"
#include "tapi3/objects/application.hpp"
#include "tapi3/objects/call_object.hpp"

namespace switchhook::tapi3 {

namespace {

HRESULT give_class(TERMINAL_DIRECTION direction, BSTR* out) {
  *out = SysAllocString(direction == TD_CAPTURE ? kMicrophoneClass : kSpeakersClass);
  return *out == nullptr ? E_OUTOFMEMORY : S_OK;
}

template <typename T>
HRESULT give_constant(const Application& application, T value, T* out) {
  if (out == nullptr) return E_POINTER;
  if (HRESULT hr = application.usable(); FAILED(hr)) return hr;
  *out = value;
  return S_OK;
}

}  // namespace

// ---- terminals

TerminalObject::TerminalObject(std::shared_ptr<Application> application,
                               TERMINAL_DIRECTION direction)
    : application_(std::move(application)), direction_(direction) {}

std::string TerminalObject::description() const {
  return direction_ == TD_CAPTURE ? "terminal microphone" : "terminal loudspeakers";
}

HRESULT TerminalObject::get_Name(BSTR* ppName) {
  return boundary("ITTerminal::get_Name", [&]() -> HRESULT {
    if (ppName == nullptr) return E_POINTER;
    *ppName = nullptr;
    if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
    return give_text(direction_ == TD_CAPTURE ? "Microphone" : "Loudspeakers", ppName);
  });
}

HRESULT TerminalObject::get_State(TERMINAL_STATE* pTerminalState) {
  return give_constant(*application_, uses_.load() > 0 ? TS_INUSE : TS_NOTINUSE, pTerminalState);
}

HRESULT TerminalObject::get_TerminalType(TERMINAL_TYPE* pType) {
  return give_constant(*application_, TT_STATIC, pType);
}

HRESULT TerminalObject::get_TerminalClass(BSTR* ppTerminalClass) {
  return boundary("ITTerminal::get_TerminalClass", [&]() -> HRESULT {
    if (ppTerminalClass == nullptr) return E_POINTER;
    *ppTerminalClass = nullptr;
    if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
    return give_class(direction_, ppTerminalClass);
  });
}

HRESULT TerminalObject::get_MediaType(long* plMediaType) {
  return give_constant(*application_, static_cast<long>(TAPIMEDIATYPE_AUDIO), plMediaType);
}

HRESULT TerminalObject::get_Direction(TERMINAL_DIRECTION* pDirection) {
  return give_constant(*application_, direction_, pDirection);
}

std::span<const DispatchMember> TerminalObject::members() {
  using namespace dispatch;
  static constexpr DispatchMember kMembers[] = {
      member<TerminalObject, &ITTerminal::get_Name>("Name", kGet, 1),
      member<TerminalObject, &ITTerminal::get_State>("State", kGet, 2),
      member<TerminalObject, &ITTerminal::get_TerminalType>("TerminalType", kGet, 3),
      member<TerminalObject, &ITTerminal::get_TerminalClass>("TerminalClass", kGet, 4),
      member<TerminalObject, &ITTerminal::get_MediaType>("MediaType", kGet, 5),
      member<TerminalObject, &ITTerminal::get_Direction>("Direction", kGet, 6),
  };
  return kMembers;
}

// ---- streams

StreamObject::StreamObject(CallObject& call, std::shared_ptr<Application> application,
                           TERMINAL_DIRECTION direction)
    : application_(std::move(application)), call_(call), direction_(direction) {}

StreamObject::~StreamObject() = default;

void StreamObject::on_first_reference() {
  call_.hold();
}

void StreamObject::on_last_reference() {
  call_.unhold();
}

std::string StreamObject::description() const {
  return direction_ == TD_CAPTURE ? "outgoing stream of a call" : "incoming stream of a call";
}

void StreamObject::clear() {
  Held<TerminalObject> old;  // goes outside the lock
  base::Lock lock(mutex_);
  if (terminal_) terminal_->unuse();
  old = std::move(terminal_);
}

HRESULT StreamObject::get_MediaType(long* plMediaType) {
  if (plMediaType == nullptr) return E_POINTER;
  if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
  *plMediaType = TAPIMEDIATYPE_AUDIO;
  return S_OK;
}

HRESULT StreamObject::get_Direction(TERMINAL_DIRECTION* pTD) {
  if (pTD == nullptr) return E_POINTER;
  if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
  *pTD = direction_;
  return S_OK;
}

HRESULT StreamObject::get_Name(BSTR* ppName) {
  return boundary("ITStream::get_Name", [&]() -> HRESULT {
    if (ppName == nullptr) return E_POINTER;
    *ppName = nullptr;
    if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
    return give_text(direction_ == TD_CAPTURE ? "Audio out" : "Audio in", ppName);
  });
}

HRESULT StreamObject::StartStream() {
  return TAPI_E_NOTSUPPORTED;
}

HRESULT StreamObject::PauseStream() {
  return TAPI_E_NOTSUPPORTED;
}

HRESULT StreamObject::StopStream() {
  return TAPI_E_NOTSUPPORTED;
}

HRESULT StreamObject::SelectTerminal(ITTerminal* pTerminal) {
  return boundary("ITStream::SelectTerminal", [&]() -> HRESULT {
    if (pTerminal == nullptr) return E_POINTER;
    if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
    Held<TerminalObject> terminal = implementation_of<TerminalObject>(pTerminal);
    if (!terminal || terminal->owner() != owner()) return TAPI_E_INVALIDTERMINAL;
    if (terminal->direction() != direction_) return TAPI_E_INVALIDDIRECTION;
    base::Lock lock(mutex_);
    if (terminal_) return TAPI_E_MAXTERMINALS;
    terminal->use();
    terminal_ = std::move(terminal);
    return S_OK;
  });
}

HRESULT StreamObject::UnselectTerminal(ITTerminal* pTerminal) {
  return boundary("ITStream::UnselectTerminal", [&]() -> HRESULT {
    if (pTerminal == nullptr) return E_POINTER;
    if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
    Held<TerminalObject> terminal = implementation_of<TerminalObject>(pTerminal);
    Held<TerminalObject> old;  // goes outside the lock
    base::Lock lock(mutex_);
    if (!terminal || terminal.get() != terminal_.get()) return TAPI_E_INVALIDTERMINAL;
    terminal->unuse();
    old = std::move(terminal_);
    return S_OK;
  });
}

std::vector<Com<ITTerminal>> StreamObject::terminals() {
  std::vector<Com<ITTerminal>> all;
  base::Lock lock(mutex_);
  if (terminal_) all.emplace_back(terminal_->face<ITTerminal>());
  return all;
}

HRESULT StreamObject::EnumerateTerminals(IEnumTerminal** ppEnumTerminal) {
  return boundary("ITStream::EnumerateTerminals", [&]() -> HRESULT {
    if (ppEnumTerminal == nullptr) return E_POINTER;
    *ppEnumTerminal = nullptr;
    if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
    return give_enumerator(terminals(), owner(), ppEnumTerminal);
  });
}

HRESULT StreamObject::get_Terminals(VARIANT* pTerminals) {
  return boundary("ITStream::get_Terminals", [&]() -> HRESULT {
    if (pTerminals == nullptr) return E_POINTER;
    VariantInit(pTerminals);
    if (HRESULT hr = application_->usable(); FAILED(hr)) return hr;
    return give_collection(terminals(), owner(), pTerminals);
  });
}

std::span<const DispatchMember> StreamObject::members() {
  using namespace dispatch;
  static constexpr DispatchMember kMembers[] = {
      member<StreamObject, &ITStream::get_MediaType>("MediaType", kGet, 1),
      member<StreamObject, &ITStream::get_Direction>("Direction", kGet, 2),
      member<StreamObject, &ITStream::get_Name>("Name", kGet, 3),
      member<StreamObject, &ITStream::StartStream>("StartStream", kMethod, 4),
      member<StreamObject, &ITStream::PauseStream>("PauseStream", kMethod, 5),
      member<StreamObject, &ITStream::StopStream>("StopStream", kMethod, 6),
      member<StreamObject, &ITStream::SelectTerminal>("SelectTerminal", kMethod, 7),
      member<StreamObject, &ITStream::UnselectTerminal>("UnselectTerminal", kMethod, 8),
      member<StreamObject, &ITStream::get_Terminals>("Terminals", kGet, 10),
  };
  return kMembers;
}

}  // namespace switchhook::tapi3
