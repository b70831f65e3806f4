// SPDX-License-Identifier: Apache-2.0
#pragma once

// Streams and terminals: the objects that say which device a call's sound goes through. They keep
// that choice; the sound itself comes with the media engine, and until then starting a stream
// answers TAPI_E_NOTSUPPORTED. Each address has a microphone and loudspeakers, each call a stream
// in either direction. Threads: any. Ownership: an address keeps its terminals, a call its streams.
// A stream that the program uses holds its call; a terminal that is selected is held by the stream.

#include <vector>

#include "base/mutex.hpp"
#include "tapi3/com/object.hpp"

namespace switchhook::tapi3 {

class Application;
class CallObject;

/// A sound device of an address.
class TerminalObject final : public ComClass<TerminalObject, ITTerminal> {
 public:
  static constexpr GUID kImplementation = {
      0x5c3f1a02, 0x1d77, 0x4c55, {0x9a, 0x31, 0x53, 0x77, 0x69, 0x74, 0x63, 0x03}};

  TerminalObject(std::shared_ptr<Application> application, TERMINAL_DIRECTION direction);

  [[nodiscard]] HRESULT usable() const;
  HRESULT get_Name(BSTR* ppName);
  HRESULT get_State(TERMINAL_STATE* pTerminalState);
  HRESULT get_TerminalType(TERMINAL_TYPE* pType);
  HRESULT get_TerminalClass(BSTR* ppTerminalClass);
  HRESULT get_MediaType(long* plMediaType);
  HRESULT get_Direction(TERMINAL_DIRECTION* pDirection);

  [[nodiscard]] TERMINAL_DIRECTION direction() const { return direction_; }
  void use() { uses_.fetch_add(1); }
  void unuse() { uses_.fetch_sub(1); }

  [[nodiscard]] std::string description() const override;
  [[nodiscard]] const void* owner() const override { return application_.get(); }

 private:
  const std::shared_ptr<Application> application_;
  const TERMINAL_DIRECTION direction_;
  std::atomic<int> uses_{0};  ///< streams that it is selected on
};

/// One direction of a call's sound.
class StreamObject final : public ComClass<StreamObject, ITStream> {
 public:
  static constexpr GUID kImplementation = {
      0x5c3f1a02, 0x1d77, 0x4c55, {0x9a, 0x31, 0x53, 0x77, 0x69, 0x74, 0x63, 0x04}};

  StreamObject(CallObject& call, std::shared_ptr<Application> application,
               TERMINAL_DIRECTION direction);
  ~StreamObject() override;

  [[nodiscard]] HRESULT usable() const;
  HRESULT get_MediaType(long* plMediaType);
  HRESULT get_Direction(TERMINAL_DIRECTION* pTD);
  HRESULT get_Name(BSTR* ppName);
  HRESULT SelectTerminal(ITTerminal* pTerminal);
  HRESULT UnselectTerminal(ITTerminal* pTerminal);
  HRESULT EnumerateTerminals(IEnumTerminal** ppEnumTerminal);
  HRESULT get_Terminals(VARIANT* pTerminals);

  [[nodiscard]] TERMINAL_DIRECTION direction() const { return direction_; }
  /// Lets go of its terminal: the call is over for the program.
  void clear();

  [[nodiscard]] std::string description() const override;
  [[nodiscard]] const void* owner() const override { return application_.get(); }

 private:
  void on_first_reference() override;
  void on_last_reference() override;
  std::vector<Com<ITTerminal>> terminals();

  const std::shared_ptr<Application> application_;
  CallObject& call_;  ///< keeps this stream; held while the program uses it
  const TERMINAL_DIRECTION direction_;
  base::Mutex mutex_;
  Held<TerminalObject> terminal_ SWITCHHOOK_GUARDED_BY(mutex_);
};

}  // namespace switchhook::tapi3
