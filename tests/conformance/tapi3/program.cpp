// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/tapi3/program.hpp"

#include <algorithm>
#include <stdexcept>

namespace tapi3_tests {

namespace base = switchhook::base;
using std::chrono::steady_clock;

// ---- the sink

void Recorder::on_each(Handler handler) {
  base::Lock lock(mutex_);
  handler_ = std::move(handler);
}

void Recorder::keep_calls(bool keep) {
  base::Lock lock(mutex_);
  keep_ = keep;
}

void Recorder::on_event(TAPI_EVENT kind, IDispatch* event) {
  Seen seen;
  seen.kind = kind;
  const Ptr<IDispatch> any(event);
  if (auto state = any.as<ITCallStateEvent>()) {
    CALL_STATE value = CS_IDLE;
    CALL_STATE_EVENT_CAUSE cause = CEC_NONE;
    state->get_State(&value);
    state->get_Cause(&cause);
    state->get_CallbackInstance(&seen.instance);
    state->get_Call(seen.call.out());
    seen.value = value;
    seen.cause = cause;
  } else if (auto fresh = any.as<ITCallNotificationEvent>()) {
    CALL_NOTIFICATION_EVENT value = CNE_OWNER;
    fresh->get_Event(&value);
    fresh->get_CallbackInstance(&seen.instance);
    fresh->get_Call(seen.call.out());
    seen.value = value;
  } else if (auto info = any.as<ITCallInfoChangeEvent>()) {
    CALLINFOCHANGE_CAUSE value = CIC_OTHER;
    info->get_Cause(&value);
    info->get_CallbackInstance(&seen.instance);
    info->get_Call(seen.call.out());
    seen.value = value;
  } else if (auto hub = any.as<ITCallHubEvent>()) {
    CALLHUB_EVENT value = CHE_CALLJOIN;
    hub->get_Event(&value);
    seen.value = value;
  } else if (auto address = any.as<ITAddressEvent>()) {
    ADDRESS_EVENT value = AE_STATE;
    address->get_Event(&value);
    seen.value = value;
  } else if (auto tapi = any.as<ITTAPIObjectEvent>()) {
    TAPIOBJECT_EVENT value = TE_ADDRESSCREATE;
    tapi->get_Event(&value);
    seen.value = value;
  }
  Handler handler;
  {
    base::Lock lock(mutex_);
    handler = handler_;
    if (!keep_) seen.call.reset();
    seen_.push_back(std::move(seen));
  }
  changed_.notify_all();
  if (handler) handler(kind, event);
}

std::vector<Seen> Recorder::of(TAPI_EVENT kind) const {
  std::vector<Seen> some;
  base::Lock lock(mutex_);
  for (const Seen& seen : seen_)
    if (seen.kind == kind) some.push_back(seen);
  return some;
}

std::vector<long> Recorder::states() const {
  std::vector<long> states;
  for (const Seen& seen : of(TE_CALLSTATE)) states.push_back(seen.value);
  return states;
}

std::size_t Recorder::count(TAPI_EVENT kind, long value) const {
  const std::vector<Seen> some = of(kind);
  return static_cast<std::size_t>(std::count_if(
      some.begin(), some.end(), [value](const Seen& seen) { return seen.value == value; }));
}

bool Recorder::wait(const std::function<bool(const std::vector<Seen>&)>& condition) const {
  const auto deadline = steady_clock::now() + kSoon;
  base::Lock lock(mutex_);
  while (!condition(seen_))
    if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) return condition(seen_);
  return true;
}

bool Recorder::wait_for(TAPI_EVENT kind, long value, std::size_t times) const {
  return wait([=](const std::vector<Seen>& all) {
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [=](const Seen& seen) {
             return seen.kind == kind && seen.value == value;
           })) >= times;
  });
}

Ptr<ITCallInfo> Recorder::last_call() const {
  base::Lock lock(mutex_);
  for (auto seen = seen_.rbegin(); seen != seen_.rend(); ++seen)
    if (seen->call) return seen->call;
  return {};
}

void Recorder::forget() {
  std::vector<Seen> old;  // goes outside the lock
  base::Lock lock(mutex_);
  old.swap(seen_);
}

// ---- the program

Program::Program(long filter) {
  EXPECT_EQ(::tapi3::create(tapi), S_OK);
  EXPECT_EQ(tapi->Initialize(), S_OK);
  EXPECT_EQ(tapi->put_EventFilter(filter), S_OK);
  sink = ::tapi3::make_sink<Recorder>();
  EXPECT_EQ(connection_.connect(tapi.get(), sink.get()), S_OK);
}

Program::~Program() {
  sink->on_each({});
  sink->forget();
  connection_.end();
  tapi->Shutdown();
}

Ptr<ITAddress> Program::address(const std::string& name) const {
  Ptr<ITAddress> found = ::tapi3::find_address(tapi.get(), name);
  EXPECT_TRUE(found) << name;
  return found;
}

Ptr<ITBasicCallControl> Program::create(const std::string& line, const std::string& to) const {
  Ptr<ITBasicCallControl> call;
  EXPECT_EQ(address(line)->CreateCall(Text(to).get(), LINEADDRESSTYPE_PHONENUMBER,
                                      TAPIMEDIATYPE_AUDIO, call.out()),
            S_OK);
  return call;
}

Ptr<ITBasicCallControl> Program::dial(const std::string& line, const std::string& to) const {
  Ptr<ITBasicCallControl> call = create(line, to);
  EXPECT_EQ(call->Connect(VARIANT_TRUE), S_OK);
  return call;
}

long Program::listen(const std::string& line, bool owner, bool monitor, long instance) const {
  long cookie = 0;
  EXPECT_EQ(tapi->RegisterCallNotifications(
                address(line).get(), monitor ? VARIANT_TRUE : VARIANT_FALSE,
                owner ? VARIANT_TRUE : VARIANT_FALSE, TAPIMEDIATYPE_AUDIO, instance, &cookie),
            S_OK);
  return cookie;
}

Ptr<ITBasicCallControl> Program::offered() const {
  EXPECT_TRUE(sink->wait_for(TE_CALLSTATE, CS_OFFERING));
  Ptr<ITBasicCallControl> call = sink->last_call().as<ITBasicCallControl>();
  if (!call) throw std::runtime_error("no call was offered");
  return call;
}

CALL_STATE state_of(const Ptr<ITBasicCallControl>& call) {
  CALL_STATE state = CS_QUEUED;
  EXPECT_EQ(call.as<ITCallInfo>()->get_CallState(&state), S_OK);
  return state;
}

bool reaches(const Ptr<ITBasicCallControl>& call, CALL_STATE state) {
  return eventually([&] { return state_of(call) == state; });
}

}  // namespace tapi3_tests
