// SPDX-License-Identifier: Apache-2.0
#pragma once

// Streams and terminals: the objects that say which device a call's sound goes through. They keep
// that choice; the sound itself comes with the media engine, and until then starting a stream
// answers TAPI_E_NOTSUPPORTED. Each address has a microphone and loudspeakers, each call a stream
// in either direction. Threads: any. Ownership: an address keeps its terminals, a call its streams.
// A stream that the program uses holds its call; a terminal that is selected is held by the stream.

#include <vector>

#include "base/mutex.hpp"
#include "tapi3/com/dispatch.hpp"

namespace switchhook::tapi3 {

class Application;
class CallObject;

/// A sound device of an address.
class TerminalObject final : public ComClass<TerminalObject, ITTerminal> {
 public:
  using Identity = ITTerminal;
  static constexpr GUID kImplementation = {
      0x5c3f1a02, 0x1d77, 0x4c55, {0x9a, 0x31, 0x53, 0x77, 0x69, 0x74, 0x63, 0x03}};

  TerminalObject(std::shared_ptr<Application> application, TERMINAL_DIRECTION direction);

  STDMETHODIMP get_Name(BSTR* ppName) override;
  STDMETHODIMP get_State(TERMINAL_STATE* pTerminalState) override;
  STDMETHODIMP get_TerminalType(TERMINAL_TYPE* pType) override;
  STDMETHODIMP get_TerminalClass(BSTR* ppTerminalClass) override;
  STDMETHODIMP get_MediaType(long* plMediaType) override;
  STDMETHODIMP get_Direction(TERMINAL_DIRECTION* pDirection) override;

  [[nodiscard]] TERMINAL_DIRECTION direction() const { return direction_; }
  void use() { uses_.fetch_add(1); }
  void unuse() { uses_.fetch_sub(1); }

  static std::span<const DispatchMember> members();
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
  using Identity = ITStream;
  static constexpr GUID kImplementation = {
      0x5c3f1a02, 0x1d77, 0x4c55, {0x9a, 0x31, 0x53, 0x77, 0x69, 0x74, 0x63, 0x04}};

  StreamObject(CallObject& call, std::shared_ptr<Application> application,
               TERMINAL_DIRECTION direction);
  ~StreamObject() override;

  STDMETHODIMP get_MediaType(long* plMediaType) override;
  STDMETHODIMP get_Direction(TERMINAL_DIRECTION* pTD) override;
  STDMETHODIMP get_Name(BSTR* ppName) override;
  STDMETHODIMP StartStream() override;
  STDMETHODIMP PauseStream() override;
  STDMETHODIMP StopStream() override;
  STDMETHODIMP SelectTerminal(ITTerminal* pTerminal) override;
  STDMETHODIMP UnselectTerminal(ITTerminal* pTerminal) override;
  STDMETHODIMP EnumerateTerminals(IEnumTerminal** ppEnumTerminal) override;
  STDMETHODIMP get_Terminals(VARIANT* pTerminals) override;

  [[nodiscard]] TERMINAL_DIRECTION direction() const { return direction_; }
  /// Lets go of its terminal: the call is over for the program.
  void clear();

  static std::span<const DispatchMember> members();
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
