// SPDX-License-Identifier: Apache-2.0
#pragma once

// The Call object: what a program holds for a session, before it (CS_IDLE), during it, and after
// its end until the last reference on any of its interfaces is released; that releases the
// identifier. It mirrors the state that the service reports; every other question goes to the
// service, which answers until the release. Threads: any. Ownership: holds its address; owns its
// streams; placed calls belong to who created them, calls from elsewhere to whoever takes a
// reference.

#include <map>
#include <optional>
#include <vector>

#include "tapi3/com/object.hpp"
#include "tapi3/objects/address_object.hpp"
#include "tapi3/objects/application.hpp"
#include "tapi3/objects/call_hub_object.hpp"
#include "tapi3/objects/states.hpp"

namespace switchhook::tapi3 {

class StreamObject;

/// What is told to the program when the state changes.
struct StateEvent {
  CALL_STATE state = CS_IDLE;
  CALL_STATE_EVENT_CAUSE cause = CEC_NONE;
};

class CallObject final
    : public ComClass<CallObject, ITCallInfo2, ITBasicCallControl2, ITStreamControl> {
 public:
  static constexpr GUID kImplementation = {
      0x5c3f1a02, 0x1d77, 0x4c55, {0x9a, 0x31, 0x53, 0x77, 0x69, 0x74, 0x63, 0x01}};

  /// A call to be placed.
  CallObject(Held<AddressObject> address, std::string destination, std::uint32_t media_modes,
             long instance = 0);
  /// A call from elsewhere, or of another program. The opening is reserved for it.
  CallObject(Held<AddressObject> address, api::CallId id, api::OpenId open, Privilege privilege,
             long instance);
  ~CallObject() override;

  // ITBasicCallControl2
  HRESULT Connect(VARIANT_BOOL fSync);
  HRESULT Answer();
  HRESULT Disconnect(DISCONNECT_CODE code);
  HRESULT Hold(VARIANT_BOOL fHold);
  HRESULT HandoffDirect(BSTR pApplicationName);
  HRESULT HandoffIndirect(long lMediaType);
  HRESULT Transfer(ITBasicCallControl* pCall, VARIANT_BOOL fSync);
  HRESULT BlindTransfer(BSTR pDestAddress);
  HRESULT SwapHold(ITBasicCallControl* pCall);
  HRESULT Finish(FINISH_MODE finishMode);
  HRESULT SelectTerminalOnCall(ITTerminal* pTerminal);
  HRESULT UnselectTerminalOnCall(ITTerminal* pTerminal);

  // ITCallInfo2
  HRESULT get_Address(ITAddress** ppAddress);
  HRESULT get_CallState(CALL_STATE* pCallState);
  HRESULT get_Privilege(CALL_PRIVILEGE* pPrivilege);
  HRESULT get_CallHub(ITCallHub** ppCallHub);
  HRESULT get_CallInfoLong(CALLINFO_LONG CallInfoLong, long* plCallInfoLongVal);
  HRESULT put_CallInfoLong(CALLINFO_LONG CallInfoLong, long lCallInfoLongVal);
  HRESULT get_CallInfoString(CALLINFO_STRING CallInfoString, BSTR* ppCallInfoString);
  HRESULT put_CallInfoString(CALLINFO_STRING CallInfoString, BSTR pCallInfoString);
  HRESULT get_CallInfoBuffer(CALLINFO_BUFFER CallInfoBuffer, VARIANT* ppCallInfoBuffer);
  HRESULT put_CallInfoBuffer(CALLINFO_BUFFER CallInfoBuffer, VARIANT pCallInfoBuffer);
  HRESULT GetCallInfoBuffer(CALLINFO_BUFFER CallInfoBuffer, DWORD* pdwSize,
                            BYTE** ppCallInfoBuffer);
  HRESULT SetCallInfoBuffer(CALLINFO_BUFFER CallInfoBuffer, DWORD dwSize, BYTE* pCallInfoBuffer);
  HRESULT ReleaseUserUserInfo();
  HRESULT get_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL* pEnable);
  HRESULT put_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL bEnable);

  // ITStreamControl
  HRESULT EnumerateStreams(IEnumStream** ppEnumStream);
  HRESULT get_Streams(VARIANT* pVariant);

  // ---- for the other rooms of this face
  /// On the service's thread: the service made this identifier for the call. False when nobody
  /// holds the call any more.
  void made(api::CallId id);
  /// On the service's thread: what the program is to be told, if anything.
  std::optional<StateEvent> apply(const api::CallStateChanged& changed);
  /// The identifier is gone without a last state: line closed, service lost.
  /// @param why  what its methods answer from now on
  std::optional<StateEvent> lose(Errc why);
  /// Collects what changed; true when nothing was collected yet.
  bool collect_info(std::uint32_t what);
  std::uint32_t take_info();
  /// Shutdown, or the service is gone: nobody waits for a state any more.
  void wake();

  [[nodiscard]] api::CallId id() const;
  /// The CALL_STATE that get_CallState answers.
  [[nodiscard]] CALL_STATE state() const;
  /// The program was told of this call; false before.
  void set_shown();
  [[nodiscard]] bool shown() const;
  [[nodiscard]] Privilege privilege() const;
  [[nodiscard]] long instance() const { return instance_; }
  [[nodiscard]] AddressObject& address() const { return *address_; }
  /// TAPI's dwCallID, 0 when there is none yet. Asks the service the first time.
  std::uint32_t call_id();
  [[nodiscard]] api::OpenId open() const;
  /// The hub whose events the program gets; it lives as long as one of its calls.
  void set_hub(Held<CallHubObject> hub);
  [[nodiscard]] bool has_hub() const;
  [[nodiscard]] bool wants(std::uint32_t kind, long value) const;
  void set_filter(const EventFilter& filter);
  HRESULT drop(DropReason reason);
  [[nodiscard]] HRESULT usable() const { return application_->usable(); }

  [[nodiscard]] std::string description() const override;
  [[nodiscard]] const void* owner() const override { return application_.get(); }

 private:
  void on_last_reference() override;
  HRESULT place();
  HRESULT wait_for_answer();
  HRESULT hand_off(std::string application, std::uint32_t media_modes);
  std::optional<StateEvent> enter(CALL_STATE to, CALL_STATE_EVENT_CAUSE cause)
      SWITCHHOOK_REQUIRES(mutex_);
  Result<api::CallSnapshot> snapshot();
  Result<std::string> text_of(CALLINFO_STRING which);
  Result<std::vector<std::uint8_t>> bytes_of(CALLINFO_BUFFER which);
  HRESULT ask_for(CALLINFO_LONG which, long value);
  HRESULT put_bytes(CALLINFO_BUFFER which, const BYTE* bytes, std::size_t size);

  const std::shared_ptr<Application> application_;
  Held<AddressObject> address_;  ///< set for good; see on_last_reference
  const long instance_;
  std::vector<Keep<StreamObject>> streams_;  ///< made once, constant

  mutable base::Mutex mutex_;
  base::Condition changed_;
  api::CallId id_ SWITCHHOOK_GUARDED_BY(mutex_);
  api::OpenId open_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool connecting_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  api::CallId transfers_ SWITCHHOOK_GUARDED_BY(mutex_);  ///< this is the consultation call for it
  bool released_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  /// The identifier is stale, and why.
  std::optional<Errc> lost_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool given_up_ SWITCHHOOK_GUARDED_BY(mutex_) = false;  ///< nothing further will be heard of it
  bool cleared_ SWITCHHOOK_GUARDED_BY(mutex_) = false;   ///< the port's state is idle
  bool shown_ SWITCHHOOK_GUARDED_BY(mutex_) = false;     ///< the program was told of it
  bool was_connected_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  CALL_STATE state_ SWITCHHOOK_GUARDED_BY(mutex_) = CS_IDLE;
  CALL_STATE_EVENT_CAUSE cause_ SWITCHHOOK_GUARDED_BY(mutex_) = CEC_NONE;
  Privilege privilege_ SWITCHHOOK_GUARDED_BY(mutex_) = Privilege::owner;
  Direction direction_ SWITCHHOOK_GUARDED_BY(mutex_) = Direction::outgoing;
  std::uint32_t call_id_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  std::uint32_t info_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  Held<CallHubObject> hub_ SWITCHHOOK_GUARDED_BY(mutex_);
  EventFilter filter_ SWITCHHOOK_GUARDED_BY(mutex_);
  /// What Connect will ask for; writable until then.
  api::MakeCall plan_ SWITCHHOOK_GUARDED_BY(mutex_);
  /// What else the program asked for; on the lines there are it makes no difference.
  std::map<CALLINFO_LONG, long> asked_ SWITCHHOOK_GUARDED_BY(mutex_);
};

}  // namespace switchhook::tapi3
