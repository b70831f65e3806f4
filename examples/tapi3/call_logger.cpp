// SPDX-License-Identifier: Apache-2.0
// Writes down the states of all calls on all lines that it may monitor, until it has seen so many
// ends. It never owns a call and ends none.
//   tapi3_call_logger [ENDS]
#include <tapi3ptr.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace {

using tapi3::Ptr;
using tapi3::Text;

class Logger final : public tapi3::EventSink {
 public:
  void wait_for_ends(int wanted) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return ends_ >= wanted; });
  }
  /// After Shutdown nothing is kept.
  void clear() {
    std::map<long, Ptr<ITCallInfo>> old;  // released outside the lock
    const std::lock_guard<std::mutex> lock(mutex_);
    old.swap(calls_);
  }

 private:
  void on_new_call(ITCallNotificationEvent* event) override {
    Ptr<ITCallInfo> call;
    long id = 0;
    if (FAILED(event->get_Call(call.out()))) return;
    call->get_CallInfoLong(CIL_CALLID, &id);
    const std::lock_guard<std::mutex> lock(mutex_);
    calls_[id] = call;  // without a reference of ours the call would be let go of
  }
  void on_call_state(ITCallStateEvent* event) override {
    static const char* const kStates[] = {"idle",     "in progress", "connected", "disconnected",
                                          "offering", "hold",        "queued"};
    static const char* const kCauses[] = {"",          "normal",    "busy",     "bad address",
                                          "no answer", "cancelled", "rejected", "failed",
                                          "blocked"};
    Ptr<ITCallInfo> call;
    CALL_STATE state = CS_IDLE;
    CALL_STATE_EVENT_CAUSE cause = CEC_NONE;
    if (FAILED(event->get_Call(call.out()))) return;
    event->get_State(&state);
    event->get_Cause(&cause);
    long id = 0;
    Text from;
    Text to;
    call->get_CallInfoLong(CIL_CALLID, &id);
    call->get_CallInfoString(CIS_CALLERIDNUMBER, from.out());
    call->get_CallInfoString(CIS_CALLEDIDNUMBER, to.out());
    std::printf("call %ld %s -> %s: %s %s\n", id, from.ascii().c_str(), to.ascii().c_str(),
                kStates[state], kCauses[cause]);
    std::fflush(stdout);
    if (state != CS_DISCONNECTED) return;
    Ptr<ITCallInfo> last;  // released outside the lock
    const std::lock_guard<std::mutex> lock(mutex_);
    last = calls_[id];
    calls_.erase(id);
    ++ends_;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<long, Ptr<ITCallInfo>> calls_;
  int ends_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const tapi3::Apartment apartment;
  Ptr<ITTAPI> tapi;
  if (FAILED(tapi3::create(tapi)) || FAILED(tapi->Initialize())) {
    std::fprintf(stderr, "TAPI cannot be used\n");
    return 1;
  }
  tapi->put_EventFilter(TE_CALLNOTIFICATION | TE_CALLSTATE);
  Ptr<Logger> logger = tapi3::make_sink<Logger>();
  tapi3::Connection connection(tapi.get(), logger.get());
  Ptr<IEnumAddress> all;
  if (FAILED(tapi->EnumerateAddresses(all.out()))) return 1;
  tapi3::for_each<ITAddress>(all.get(), [&](const Ptr<ITAddress>& address) {
    long cookie = 0;
    Text name;
    address->get_AddressName(name.out());
    const HRESULT hr = tapi->RegisterCallNotifications(address.get(), VARIANT_TRUE, VARIANT_FALSE,
                                                       TAPIMEDIATYPE_AUDIO, 0, &cookie);
    std::printf("%s %s\n", SUCCEEDED(hr) ? "watching" : "cannot watch", name.ascii().c_str());
  });
  all.reset();
  std::printf("ready\n");
  std::fflush(stdout);
  logger->wait_for_ends(argc > 1 ? std::atoi(argv[1]) : 1);
  connection.end();
  logger->clear();
  tapi->Shutdown();
  return 0;
}
