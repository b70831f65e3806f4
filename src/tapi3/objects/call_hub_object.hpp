// SPDX-License-Identifier: Apache-2.0
#pragma once

// The CallHub object: the calls of this program that are views of one and the same session, found
// by their common dwCallID. Threads: any. Ownership: holds nothing; it finds its calls when asked.

#include <memory>
#include <vector>

#include "tapi3/com/object.hpp"

namespace switchhook::tapi3 {

class Application;
class CallObject;

class CallHubObject final : public ComClass<CallHubObject, ITCallHub> {
 public:
  CallHubObject(std::shared_ptr<Application> application, std::uint32_t call_id)
      : application_(std::move(application)), call_id_(call_id) {}

  [[nodiscard]] HRESULT usable() const;
  HRESULT Clear();
  HRESULT EnumerateCalls(IEnumCall** ppEnumCall);
  HRESULT get_Calls(VARIANT* pCalls);
  HRESULT get_NumCalls(long* plCalls);
  HRESULT get_State(CALLHUB_STATE* pState);

  [[nodiscard]] std::uint32_t call_id() const { return call_id_; }
  /// CHS_IDLE when all its calls are CS_DISCONNECTED.
  [[nodiscard]] CALLHUB_STATE state() const;
  /// A call joins; true when it is the first one.
  bool join() { return !joined_.exchange(true); }

  [[nodiscard]] std::string description() const override {
    return "call hub " + std::to_string(call_id_);
  }
  [[nodiscard]] const void* owner() const override { return application_.get(); }

 private:
  void on_last_reference() override;
  [[nodiscard]] std::vector<Held<CallObject>> calls() const;

  const std::shared_ptr<Application> application_;
  const std::uint32_t call_id_;
  std::atomic<bool> joined_{false};
};

}  // namespace switchhook::tapi3
