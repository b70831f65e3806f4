// SPDX-License-Identifier: Apache-2.0
// The life of a call as this program sees it: placing, ending, releasing, and the mirror of its
// state.
#include "tapi3/objects/call_object.hpp"

#include "base/call_site.hpp"
#include "tapi3/objects/media_objects.hpp"

namespace switchhook::tapi3 {

namespace {

constexpr std::chrono::minutes kConnectTime{2};  ///< for a Connect in another thread

bool no_handle(Errc code) {
  return code == Errc::stale_handle || code == Errc::reclaimed || code == Errc::stale_line;
}

/// Where the program called the method that this thread is in.
std::string words_of_caller() {
  return base::words_of_site(current_entry().site);
}

}  // namespace

CallObject::CallObject(Held<AddressObject> address, std::string destination,
                       std::uint32_t media_modes, long instance)
    : application_(address->shared_application()),
      address_(std::move(address)),
      instance_(instance) {
  base::Lock lock(mutex_);
  shown_ = true;
  filter_ = address_->filter();
  plan_.address = std::move(destination);
  plan_.media_modes = media_modes;
  for (TERMINAL_DIRECTION direction : {TD_CAPTURE, TD_RENDER})
    streams_.emplace_back(std::make_unique<StreamObject>(*this, application_, direction).release());
}

CallObject::CallObject(Held<AddressObject> address, api::CallId id, api::OpenId open,
                       Privilege privilege, long instance)
    : CallObject(std::move(address), std::string(), media::kVoice, instance) {
  base::Lock lock(mutex_);
  shown_ = false;
  id_ = id;
  open_ = open;
  privilege_ = privilege;
}

CallObject::~CallObject() = default;

std::string CallObject::description() const {
  base::Lock lock(mutex_);
  std::string text = "call";
  if (call_id_ != 0) text += " " + std::to_string(call_id_);
  return text;
}

/// The program has let go of all interfaces: the identifier is released. A call that still
/// communicates is not touched by that; what becomes of it is the service's rule.
void CallObject::on_last_reference() {
  api::CallId id;
  api::OpenId open;
  Held<CallHubObject> hub;
  {
    base::Lock lock(mutex_);
    released_ = true;
    id = id_;
    open = open_;
    hub = std::move(hub_);
  }
  for (const Keep<StreamObject>& stream : streams_) stream->clear();
  application_->remove_call(id, open);
  address_.reset();
}

// ---- the mirror, on the service's thread

void CallObject::made(api::CallId id) {
  bool unwanted = false;
  {
    base::Lock lock(mutex_);
    unwanted = released_;
    if (!unwanted) id_ = id;
  }
  if (unwanted)
    application_->release_identifier(id);
  else
    application_->add_call(id, *this);
}

std::optional<StateEvent> CallObject::enter(CALL_STATE to, CALL_STATE_EVENT_CAUSE cause) {
  if (to == state_ || !may_follow(state_, to)) return std::nullopt;
  if (state_ == CS_IDLE) direction_ = to == CS_OFFERING ? Direction::incoming : direction_;
  state_ = to;
  if (to == CS_CONNECTED || to == CS_HOLD) was_connected_ = true;
  if (to == CS_DISCONNECTED) cause_ = cause;
  return StateEvent{to, to == CS_DISCONNECTED ? cause : CEC_NONE};
}

std::optional<StateEvent> CallObject::apply(const api::CallStateChanged& changed) {
  std::optional<StateEvent> event;
  {
    base::Lock lock(mutex_);
    if (changed.privilege) privilege_ = *changed.privilege;
    if (changed.state == CallState::idle) cleared_ = true;
    if (const std::optional<CALL_STATE> to = call_state_of(changed.state))
      event = enter(*to, cause_of(changed.cause.value_or(Cause{}),
                                  changed.origin.value_or(EndOrigin::remote_party), direction_,
                                  was_connected_));
  }
  changed_.notify_all();
  return event;
}

std::optional<StateEvent> CallObject::lose(Errc why) {
  std::optional<StateEvent> event;
  {
    base::Lock lock(mutex_);
    lost_ = why;
    event = enter(CS_DISCONNECTED, CEC_DISCONNECT_FAILED);
  }
  changed_.notify_all();
  return event;
}

void CallObject::wake() {
  {
    base::Lock lock(mutex_);
    given_up_ = true;
  }
  changed_.notify_all();
}

bool CallObject::collect_info(std::uint32_t what) {
  base::Lock lock(mutex_);
  const bool first = info_ == 0;
  info_ |= what;
  return first && what != 0;
}

std::uint32_t CallObject::take_info() {
  base::Lock lock(mutex_);
  return std::exchange(info_, 0u);
}

// ---- what others ask

api::CallId CallObject::id() const {
  base::Lock lock(mutex_);
  return id_;
}

api::OpenId CallObject::open() const {
  base::Lock lock(mutex_);
  return open_;
}

/// Connect has succeeded and no state is known yet: the call is on its way, not CS_IDLE.
CALL_STATE CallObject::state() const {
  base::Lock lock(mutex_);
  return state_ == CS_IDLE && id_ && direction_ == Direction::outgoing ? CS_INPROGRESS : state_;
}

Privilege CallObject::privilege() const {
  base::Lock lock(mutex_);
  return privilege_;
}

void CallObject::set_shown() {
  base::Lock lock(mutex_);
  shown_ = true;
}

bool CallObject::shown() const {
  base::Lock lock(mutex_);
  return shown_;
}

void CallObject::set_hub(Held<CallHubObject> hub) {
  base::Lock lock(mutex_);
  std::swap(hub_, hub);  // an old one goes with the parameter, after the lock
}

bool CallObject::has_hub() const {
  base::Lock lock(mutex_);
  return static_cast<bool>(hub_);
}

bool CallObject::wants(std::uint32_t kind, long value) const {
  base::Lock lock(mutex_);
  return filter_.wants(kind, value);
}

void CallObject::set_filter(const EventFilter& filter) {
  base::Lock lock(mutex_);
  filter_ = filter;
}

std::uint32_t CallObject::call_id() {
  {
    base::Lock lock(mutex_);
    if (call_id_ != 0 || !id_ || lost_) return call_id_;
  }
  Result<api::CallSnapshot> now = snapshot();
  base::Lock lock(mutex_);
  if (now) call_id_ = now->record.call_id;
  return call_id_;
}

// ---- placing

HRESULT CallObject::Connect(VARIANT_BOOL fSync) {
  {
    base::Lock lock(mutex_);
    if (state_ != CS_IDLE || id_ || connecting_) return TAPI_E_INVALCALLSTATE;
    connecting_ = true;
  }
  const HRESULT hr = place();
  {
    base::Lock lock(mutex_);
    connecting_ = false;
  }
  changed_.notify_all();
  if (FAILED(hr) || fSync == VARIANT_FALSE) return hr;
  return wait_for_answer();
}

HRESULT CallObject::place() {
  Result<api::OpenId> open = application_->reserve_opening(*address_);
  if (!open) return hresult_of(open);
  api::MakeCall command;
  {
    base::Lock lock(mutex_);
    open_ = *open;
    command = plan_;
  }
  command.open = *open;
  command.site = words_of_caller();
  Result<api::Value> made =
      application_->perform(std::move(command), [self = Keep<CallObject>(this)](api::Value& value) {
        if (const auto* call = std::get_if<api::MadeCall>(&value)) self->made(call->call);
      });
  if (made) return S_OK;
  // No call came of it: the object is as it was, and Connect may be tried again.
  api::OpenId unused;
  {
    base::Lock lock(mutex_);
    if (!id_) unused = std::exchange(open_, api::OpenId{});
  }
  if (unused) application_->release_opening(unused);
  return hresult_of(made);
}

HRESULT CallObject::wait_for_answer() {
  {
    base::Lock lock(mutex_);
    while ((state_ == CS_IDLE || state_ == CS_INPROGRESS) && !given_up_) changed_.wait(mutex_);
    if (state_ == CS_DISCONNECTED) return failure_of(cause_);
    if (!given_up_) return S_OK;
  }
  return usable();
}

// ---- ending

HRESULT CallObject::Disconnect(DISCONNECT_CODE code) {
  switch (code) {
    case DC_NORMAL:
      return drop(DropReason::normal);
    case DC_NOANSWER:
      return drop(DropReason::no_answer);
    case DC_REJECTED:
      return drop(DropReason::rejected);
  }
  return E_INVALIDARG;
}

/// S_FALSE: nothing to disconnect, because the call has no identifier (CS_IDLE, or taken away) or
/// is cleared already.
HRESULT CallObject::drop(DropReason reason) {
  api::CallId id;
  {
    const auto deadline = std::chrono::steady_clock::now() + kConnectTime;
    base::Lock lock(mutex_);
    // A Connect that is under way in another thread has an identifier soon, or never.
    while (connecting_ && !id_) {
      if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) return TAPI_E_TIMEOUT;
    }
    if (!id_ || lost_ || cleared_) return S_FALSE;
    id = id_;
  }
  Result<api::Value> dropped = application_->perform(api::DropCall{id, reason, {}});
  if (dropped) return S_OK;
  const Errc code = dropped.error().code;
  // It was cleared while this was on its way: nothing was left to do.
  if (code == Errc::invalid_state || no_handle(code)) return S_FALSE;
  return hresult_of(code);
}

HRESULT CallObject::Answer() {
  const api::CallId call = id();
  if (!call) return TAPI_E_INVALCALLSTATE;
  return hresult_of(application_->perform(api::AnswerCall{call, {}, words_of_caller()}));
}

HRESULT CallObject::Hold(VARIANT_BOOL fHold) {
  const api::CallId call = id();
  if (!call) return TAPI_E_INVALCALLSTATE;
  return hresult_of(fHold != VARIANT_FALSE ? application_->perform(api::HoldCall{call})
                                           : application_->perform(api::UnholdCall{call}));
}

HRESULT CallObject::BlindTransfer(BSTR pDestAddress) {
  if (pDestAddress == nullptr) return E_POINTER;
  const api::CallId call = id();
  if (!call) return TAPI_E_INVALCALLSTATE;
  return hresult_of(
      application_->perform(api::TransferCall{.call = call, .address = utf8_of(pDestAddress)}));
}

/// This call is the active one, `pCall` the one on hold.
HRESULT CallObject::SwapHold(ITBasicCallControl* pCall) {
  if (pCall == nullptr) return E_INVALIDARG;
  const Held<CallObject> other = implementation_of<CallObject>(pCall);
  if (!other || other.get() == this) return E_INVALIDARG;
  const api::CallId call = id(), with = other->id();
  if (!call || !with) return TAPI_E_INVALCALLSTATE;
  return hresult_of(application_->perform(api::SwapHold{.call = call, .with = with}));
}

/// `pCall` is the consultation call: placed here if the program has not done so. The original waits
/// on hold; when the consultation call does not come about it is taken back.
HRESULT CallObject::Transfer(ITBasicCallControl* pCall, VARIANT_BOOL fSync) {
  if (pCall == nullptr) return E_INVALIDARG;
  const Held<CallObject> consultation = implementation_of<CallObject>(pCall);
  if (!consultation || consultation.get() == this) return E_INVALIDARG;
  const api::CallId call = id();
  const CALL_STATE now = state(), other = consultation->state();
  if (!call || (now != CS_CONNECTED && now != CS_HOLD)) return TAPI_E_INVALCALLSTATE;
  if (other != CS_IDLE && other != CS_INPROGRESS && other != CS_CONNECTED && other != CS_HOLD)
    return TAPI_E_INVALCALLSTATE;
  if (other == CS_IDLE) {
    if (now == CS_CONNECTED)
      if (HRESULT hr = hresult_of(application_->perform(api::HoldCall{call})); FAILED(hr))
        return hr;
    if (HRESULT hr = consultation->Connect(fSync); FAILED(hr)) {
      if (now == CS_CONNECTED) static_cast<void>(application_->perform(api::UnholdCall{call}));
      return hr;
    }
  }
  base::Lock lock(consultation->mutex_);
  consultation->transfers_ = call;
  return S_OK;
}

/// Of a consultation call: the two far ends talk to each other, and both calls are over.
HRESULT CallObject::Finish(FINISH_MODE finishMode) {
  if (finishMode != FM_ASTRANSFER && finishMode != FM_ASCONFERENCE) return E_INVALIDARG;
  api::CallId original;
  {
    base::Lock lock(mutex_);
    original = transfers_;
  }
  const api::CallId call = id();
  if (!call || !original) return TAPI_E_INVALCALLSTATE;
  if (finishMode == FM_ASCONFERENCE) return TAPI_E_NOTSUPPORTED;
  return hresult_of(application_->perform(api::TransferCall{.call = original, .with = call}));
}

HRESULT CallObject::hand_off(std::string application, std::uint32_t media_modes) {
  const api::CallId call = id();
  if (!call) return TAPI_E_INVALCALLSTATE;
  Result<api::Value> given =
      application_->perform(api::HandOff{call, std::move(application), media_modes});
  if (given) return S_OK;
  // TAPI 3's own rule: a call that nobody else can take is disconnected.
  if (given.error().code == Errc::target_not_found) static_cast<void>(drop(DropReason::normal));
  return hresult_of(given);
}

HRESULT CallObject::HandoffDirect(BSTR pApplicationName) {
  const std::string application = utf8_of(pApplicationName);
  return application.empty() ? E_INVALIDARG : hand_off(application, 0);
}

HRESULT CallObject::HandoffIndirect(long lMediaType) {
  const std::uint32_t modes = media_modes_of(lMediaType);
  return modes == 0 ? TAPI_E_INVALIDMEDIATYPE : hand_off({}, modes & (~modes + 1));
}

// ---- streams

HRESULT CallObject::SelectTerminalOnCall(ITTerminal* pTerminal) {
  if (pTerminal == nullptr) return E_POINTER;
  const Held<TerminalObject> terminal = implementation_of<TerminalObject>(pTerminal);
  if (!terminal) return TAPI_E_INVALIDTERMINAL;
  for (const Keep<StreamObject>& stream : streams_)
    if (stream->direction() == terminal->direction()) return stream->SelectTerminal(pTerminal);
  return TAPI_E_INVALIDDIRECTION;
}

HRESULT CallObject::UnselectTerminalOnCall(ITTerminal* pTerminal) {
  if (pTerminal == nullptr) return E_POINTER;
  for (const Keep<StreamObject>& stream : streams_)
    if (SUCCEEDED(stream->UnselectTerminal(pTerminal))) return S_OK;
  return TAPI_E_INVALIDTERMINAL;
}

}  // namespace switchhook::tapi3
