// SPDX-License-Identifier: Apache-2.0
// One small program in three APIs, this is TAPI 3.x in COM: places a call, waits until the far end
// has ended it, says how it ended, releases it. References are counted by tapi3ptr.h.
#include <tapi3ptr.h>

#include <cstdio>
#include <future>

namespace {

class Sink final : public tapi3::EventSink {
 public:
  std::future<CALL_STATE_EVENT_CAUSE> end() { return end_.get_future(); }

 private:
  void on_call_state(ITCallStateEvent* event) override {
    CALL_STATE state = CS_IDLE;  // here the beginning; CS_DISCONNECTED is the end, and comes once
    CALL_STATE_EVENT_CAUSE cause = CEC_NONE;
    event->get_State(&state);
    event->get_Cause(&cause);
    if (state == CS_DISCONNECTED) end_.set_value(cause);
  }
  std::promise<CALL_STATE_EVENT_CAUSE> end_;
};

int call(ITTAPI* tapi, const char* line, const char* to) {
  auto sink = tapi3::make_sink<Sink>();
  auto end = sink->end();
  tapi->put_EventFilter(TE_CALLSTATE);
  const tapi3::Connection connection(tapi, sink.get());
  const auto address = tapi3::find_address(tapi, line);
  if (!address) return 1;
  tapi3::Ptr<ITBasicCallControl> control;
  if (FAILED(address->CreateCall(tapi3::Text(to).get(), LINEADDRESSTYPE_PHONENUMBER,
                                 TAPIMEDIATYPE_AUDIO, control.out())) ||
      FAILED(control->Connect(VARIANT_FALSE)))
    return 1;
  std::printf("ended: %d\n", static_cast<int>(end.get()));
  control->Disconnect(DC_NORMAL);  // clears what the far end has ended
  return 0;
}  // the last reference to the call goes: it is released

}  // namespace

int main(int argc, char** argv) {
  const tapi3::Apartment apartment;
  tapi3::Ptr<ITTAPI> tapi;
  if (FAILED(tapi3::create(tapi)) || FAILED(tapi->Initialize())) return 1;
  const int result = call(tapi.get(), argc > 1 ? argv[1] : "100", argc > 2 ? argv[2] : "204");
  return SUCCEEDED(tapi->Shutdown()) ? result : 1;
}
