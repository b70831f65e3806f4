// SPDX-License-Identifier: Apache-2.0
// Waits for a call with TAPI 3, answers it, and hangs up after a while, or refuses it; as it is
// written on Windows, with the smart pointer and the sink base of tapi3ptr.h instead of counting.
//   tapi3_incoming_call LINE answer|reject [MILLISECONDS TO TALK]
#include <tapi3ptr.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

namespace {

using tapi3::Ptr;
using tapi3::Text;

/// Keeps the first call that is offered, and how it stands.
class Sink final : public tapi3::EventSink {
 public:
  Ptr<ITBasicCallControl> wait_for_call() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return state_ == CS_OFFERING; });
    return call_;
  }
  bool wait_for_end(std::chrono::milliseconds time) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return state_ == CS_DISCONNECTED; });
  }
  /// A program that keeps its call beyond Shutdown would be told so by the ledger of leaks.
  void forget() {
    const std::lock_guard<std::mutex> lock(mutex_);
    call_.reset();
  }

 private:
  void on_new_call(ITCallNotificationEvent* event) override {
    Ptr<ITCallInfo> info;
    if (FAILED(event->get_Call(info.out()))) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!call_) call_ = info.as<ITBasicCallControl>();
  }
  void on_call_state(ITCallStateEvent* event) override {
    CALL_STATE state = CS_IDLE;
    event->get_State(&state);
    std::printf("state %d\n", static_cast<int>(state));
    std::fflush(stdout);
    const std::lock_guard<std::mutex> lock(mutex_);
    state_ = state;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Ptr<ITBasicCallControl> call_;
  CALL_STATE state_ = CS_IDLE;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s LINE answer|reject [MILLISECONDS TO TALK]\n", argv[0]);
    return 2;
  }
  const tapi3::Apartment apartment;
  Ptr<ITTAPI> tapi;
  if (FAILED(tapi3::create(tapi)) || FAILED(tapi->Initialize())) {
    std::fprintf(stderr, "TAPI cannot be used\n");
    return 1;
  }
  tapi->put_EventFilter(TE_CALLNOTIFICATION | TE_CALLSTATE);
  Ptr<Sink> sink = tapi3::make_sink<Sink>();
  tapi3::Connection connection(tapi.get(), sink.get());
  Ptr<ITAddress> address = tapi3::find_address(tapi.get(), argv[1]);
  long cookie = 0;
  if (!address || FAILED(tapi->RegisterCallNotifications(address.get(), VARIANT_FALSE, VARIANT_TRUE,
                                                         TAPIMEDIATYPE_AUDIO, 0, &cookie))) {
    std::fprintf(stderr, "cannot wait for calls on %s\n", argv[1]);
    return 1;
  }
  std::printf("waiting for a call on %s\n", argv[1]);
  std::fflush(stdout);

  Ptr<ITBasicCallControl> call = sink->wait_for_call();
  Text from;
  call.as<ITCallInfo>()->get_CallInfoString(CIS_CALLERIDNUMBER, from.out());
  std::printf("call from %s\n", from.ascii().c_str());
  std::fflush(stdout);
  if (std::string(argv[2]) == "reject") {
    call->Disconnect(DC_REJECTED);
  } else {
    const HRESULT answered = call->Answer();
    if (FAILED(answered)) std::fprintf(stderr, "Answer: 0x%08x\n", static_cast<unsigned>(answered));
    sink->wait_for_end(std::chrono::milliseconds(argc > 3 ? std::atol(argv[3]) : 2000));
    call->Disconnect(DC_NORMAL);
  }
  const bool ended = sink->wait_for_end(std::chrono::seconds(10));
  tapi->UnregisterNotifications(cookie);
  call.reset();
  sink->forget();
  connection.end();
  address.reset();
  tapi->Shutdown();
  return ended ? 0 : 1;
}
