// SPDX-License-Identifier: Apache-2.0
#include "tapi3/objects/media_objects.hpp"

#include "tapi3/com/collections.hpp"
#include "tapi3/objects/application.hpp"
#include "tapi3/objects/call_object.hpp"

namespace switchhook::tapi3 {

// ---- terminals

TerminalObject::TerminalObject(std::shared_ptr<Application> application,
                               TERMINAL_DIRECTION direction)
    : application_(std::move(application)), direction_(direction) {}

std::string TerminalObject::description() const {
  return direction_ == TD_CAPTURE ? "terminal microphone" : "terminal loudspeakers";
}

HRESULT TerminalObject::usable() const {
  return application_->usable();
}

HRESULT TerminalObject::get_Name(BSTR* ppName) {
  return give_text(direction_ == TD_CAPTURE ? "Microphone" : "Loudspeakers", ppName);
}

HRESULT TerminalObject::get_State(TERMINAL_STATE* pTerminalState) {
  *pTerminalState = uses_.load() > 0 ? TS_INUSE : TS_NOTINUSE;
  return S_OK;
}

HRESULT TerminalObject::get_TerminalType(TERMINAL_TYPE* pType) {
  *pType = TT_STATIC;
  return S_OK;
}

HRESULT TerminalObject::get_TerminalClass(BSTR* ppTerminalClass) {
  *ppTerminalClass = SysAllocString(direction_ == TD_CAPTURE ? kMicrophoneClass : kSpeakersClass);
  return *ppTerminalClass == nullptr ? E_OUTOFMEMORY : S_OK;
}

HRESULT TerminalObject::get_MediaType(long* plMediaType) {
  *plMediaType = TAPIMEDIATYPE_AUDIO;
  return S_OK;
}

HRESULT TerminalObject::get_Direction(TERMINAL_DIRECTION* pDirection) {
  *pDirection = direction_;
  return S_OK;
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

HRESULT StreamObject::usable() const {
  return application_->usable();
}

HRESULT StreamObject::get_MediaType(long* plMediaType) {
  *plMediaType = TAPIMEDIATYPE_AUDIO;
  return S_OK;
}

HRESULT StreamObject::get_Direction(TERMINAL_DIRECTION* pTD) {
  *pTD = direction_;
  return S_OK;
}

HRESULT StreamObject::get_Name(BSTR* ppName) {
  return give_text(direction_ == TD_CAPTURE ? "Audio out" : "Audio in", ppName);
}

HRESULT StreamObject::SelectTerminal(ITTerminal* pTerminal) {
  if (pTerminal == nullptr) return E_POINTER;
  Held<TerminalObject> terminal = implementation_of<TerminalObject>(pTerminal);
  if (!terminal || terminal->owner() != owner()) return TAPI_E_INVALIDTERMINAL;
  if (terminal->direction() != direction_) return TAPI_E_INVALIDDIRECTION;
  base::Lock lock(mutex_);
  if (terminal_) return TAPI_E_MAXTERMINALS;
  terminal->use();
  terminal_ = std::move(terminal);
  return S_OK;
}

HRESULT StreamObject::UnselectTerminal(ITTerminal* pTerminal) {
  if (pTerminal == nullptr) return E_POINTER;
  Held<TerminalObject> terminal = implementation_of<TerminalObject>(pTerminal);
  Held<TerminalObject> old;  // goes outside the lock
  base::Lock lock(mutex_);
  if (!terminal || terminal.get() != terminal_.get()) return TAPI_E_INVALIDTERMINAL;
  terminal->unuse();
  old = std::move(terminal_);
  return S_OK;
}

std::vector<Com<ITTerminal>> StreamObject::terminals() {
  std::vector<Com<ITTerminal>> all;
  base::Lock lock(mutex_);
  if (terminal_) all.emplace_back(terminal_->face<ITTerminal>());
  return all;
}

HRESULT StreamObject::EnumerateTerminals(IEnumTerminal** ppEnumTerminal) {
  return give_enumerator(terminals(), owner(), ppEnumTerminal);
}

HRESULT StreamObject::get_Terminals(VARIANT* pTerminals) {
  return give_collection(terminals(), owner(), pTerminals);
}

}  // namespace switchhook::tapi3
