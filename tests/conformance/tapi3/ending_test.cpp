// SPDX-License-Identifier: Apache-2.0
// The end, exactly: Disconnect in every state, one CS_DISCONNECTED with its cause, releasing in any
// order and from anywhere, Shutdown with live calls, objects that outlive it.
#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "tests/conformance/tapi3/world.hpp"

namespace tapi3_tests {
namespace {

using switchhook::CallState;
using switchhook::DisconnectMode;
using switchhook::EndOrigin;

/// Exactly one CS_DISCONNECTED was told, and with this cause.
void expect_one_end(const Program& program, CALL_STATE_EVENT_CAUSE cause) {
  ASSERT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_DISCONNECTED));
  const std::vector<Seen> states = program.sink->of(TE_CALLSTATE);
  ASSERT_EQ(program.sink->count(TE_CALLSTATE, CS_DISCONNECTED), 1u);
  EXPECT_EQ(states.back().value, CS_DISCONNECTED);
  EXPECT_EQ(states.back().cause, cause);
}

// "S_FALSE: the call state is CS_IDLE". CS_IDLE is the beginning here; nothing has to be ended.
// conformance: ITBasicCallControl::Disconnect
TEST(Tapi3End, DisconnectOfACallThatWasNeverConnectedIsSFalse) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.create("100", "200");
  for (DISCONNECT_CODE code : {DC_NORMAL, DC_NOANSWER, DC_REJECTED})
    EXPECT_EQ(call->Disconnect(code), S_FALSE);
  EXPECT_EQ(state_of(call), CS_IDLE);
  EXPECT_EQ(call->Disconnect(static_cast<DISCONNECT_CODE>(3)), E_INVALIDARG);
  EXPECT_TRUE(program.sink->of(TE_CALLSTATE).empty());
}

// CALLINFOCHANGE_CAUSE has no value for it: that the far end has confirmed an end is no event.
TEST(Tapi3End, ThatIsConfirmedLaterChangesNoInformationOfTheCall) {
  World world;
  Program program;
  program.listen("900", true, false);
  world.offer("555");
  Ptr<ITBasicCallControl> call = program.offered();
  EXPECT_EQ(call->Answer(), S_OK);
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
  ASSERT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_DISCONNECTED));
  world.confirm_end();
  world.set_in_service(false);  // events come in order
  ASSERT_TRUE(program.sink->wait_for(TE_ADDRESS, AE_STATE));
  EXPECT_TRUE(program.sink->of(TE_CALLINFOCHANGE).empty());
}

class EveryCode : public testing::TestWithParam<DISCONNECT_CODE> {};
INSTANTIATE_TEST_SUITE_P(Tapi3End, EveryCode, testing::Values(DC_NORMAL, DC_NOANSWER, DC_REJECTED));

TEST_P(EveryCode, EndsACallInProgressAsCancelled) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.create("100", "201");
  EXPECT_EQ(call->Connect(VARIANT_FALSE), S_OK);
  EXPECT_EQ(call->Disconnect(GetParam()), S_OK);
  expect_one_end(program, CEC_DISCONNECT_CANCELLED);
  EXPECT_TRUE(reaches(call, CS_DISCONNECTED));
  EXPECT_EQ(call->Disconnect(GetParam()), S_FALSE);
}

TEST_P(EveryCode, EndsAConnectedCallNormally) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  EXPECT_EQ(call->Disconnect(GetParam()), S_OK);
  expect_one_end(program, CEC_DISCONNECT_NORMAL);
  EXPECT_EQ(call->Disconnect(GetParam()), S_FALSE);
  EXPECT_TRUE(eventually([&] { return world.last_record().has_value(); }));
  EXPECT_EQ(world.last_record()->end->origin, EndOrigin::local_user);
}

TEST_P(EveryCode, EndsAHeldCallNormally) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  EXPECT_EQ(call->Hold(VARIANT_TRUE), S_OK);
  EXPECT_TRUE(reaches(call, CS_HOLD));
  EXPECT_EQ(call->Disconnect(GetParam()), S_OK);
  expect_one_end(program, CEC_DISCONNECT_NORMAL);
}

TEST_P(EveryCode, EndsAnOfferedCallNormally) {
  World world;
  Program program;
  program.listen("900", true, false);
  world.offer("555");
  Ptr<ITBasicCallControl> call = program.offered();
  EXPECT_EQ(call->Disconnect(GetParam()), S_OK);
  expect_one_end(program, CEC_DISCONNECT_NORMAL);
  EXPECT_EQ(program.sink->states(), (std::vector<long>{CS_OFFERING, CS_DISCONNECTED}));
  EXPECT_EQ(call->Disconnect(GetParam()), S_FALSE);
}

// The remote party disconnects first: the state is CS_DISCONNECTED, the call has still to be
// cleared, and clearing it tells nothing further.
TEST_P(EveryCode, ClearsACallThatTheFarEndEndedWithoutASecondEvent) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.create("900", "1");
  EXPECT_EQ(call->Connect(VARIANT_FALSE), S_OK);
  world.far_state(CallState::connected);
  EXPECT_TRUE(reaches(call, CS_CONNECTED));
  world.far_end(DisconnectMode::normal);
  EXPECT_TRUE(reaches(call, CS_DISCONNECTED));
  EXPECT_EQ(call->Disconnect(GetParam()), S_OK);     // disconnected: this clears it
  EXPECT_EQ(call->Disconnect(GetParam()), S_FALSE);  // cleared: nothing left
  expect_one_end(program, CEC_DISCONNECT_NORMAL);
}

// Which disconnect mode gives which cause: docs/decisions/0103.
// conformance: ITCallStateEvent::get_Cause
TEST(Tapi3End, EveryDisconnectModeHasItsCause) {
  World world;
  const std::pair<DisconnectMode, CALL_STATE_EVENT_CAUSE> table[] = {
      {DisconnectMode::normal, CEC_DISCONNECT_NORMAL},
      {DisconnectMode::unknown, CEC_DISCONNECT_FAILED},
      {DisconnectMode::reject, CEC_DISCONNECT_REJECTED},
      {DisconnectMode::pickup, CEC_DISCONNECT_NORMAL},
      {DisconnectMode::forwarded, CEC_DISCONNECT_FAILED},
      {DisconnectMode::busy, CEC_DISCONNECT_BUSY},
      {DisconnectMode::no_answer, CEC_DISCONNECT_NOANSWER},
      {DisconnectMode::bad_address, CEC_DISCONNECT_BADADDRESS},
      {DisconnectMode::unreachable, CEC_DISCONNECT_FAILED},
      {DisconnectMode::congestion, CEC_DISCONNECT_FAILED},
      {DisconnectMode::incompatible, CEC_DISCONNECT_FAILED},
      {DisconnectMode::unavailable, CEC_DISCONNECT_FAILED},
      {DisconnectMode::no_dialtone, CEC_DISCONNECT_FAILED},
      {DisconnectMode::number_changed, CEC_DISCONNECT_BADADDRESS},
      {DisconnectMode::out_of_order, CEC_DISCONNECT_FAILED},
      {DisconnectMode::temporary_failure, CEC_DISCONNECT_FAILED},
      {DisconnectMode::qos_unavailable, CEC_DISCONNECT_FAILED},
      {DisconnectMode::blocked, CEC_DISCONNECT_BLOCKED},
      {DisconnectMode::do_not_disturb, CEC_DISCONNECT_REJECTED},
      {DisconnectMode::cancelled, CEC_DISCONNECT_CANCELLED},
  };
  for (const auto& [mode, cause] : table) {
    SCOPED_TRACE(to_string(mode));
    Program program;
    Ptr<ITBasicCallControl> call = program.create("900", "1");
    EXPECT_EQ(call->Connect(VARIANT_FALSE), S_OK);
    world.far_state(CallState::ringback);
    world.far_end(mode);
    expect_one_end(program, cause);
  }
}

TEST(Tapi3End, OfAConnectedCallForUnknownReasonsIsNormal) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.create("900", "1");
  EXPECT_EQ(call->Connect(VARIANT_FALSE), S_OK);
  world.far_state(CallState::connected);
  world.far_end(DisconnectMode::unknown);
  expect_one_end(program, CEC_DISCONNECT_NORMAL);
}

// A Disconnect that crosses the far end's: both are one end.
TEST(Tapi3End, FromBothSidesAtOnceIsToldOnce) {
  World world;
  for (int i = 0; i < 50; ++i) {
    Program program;
    Ptr<ITBasicCallControl> call = program.create("900", "1");
    EXPECT_EQ(call->Connect(VARIANT_FALSE), S_OK);
    world.far_state(CallState::connected);
    EXPECT_TRUE(reaches(call, CS_CONNECTED));
    std::thread far([&] { world.far_end(DisconnectMode::normal); });
    EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
    far.join();
    expect_one_end(program, CEC_DISCONNECT_NORMAL);
  }
}

TEST(Tapi3End, DisconnectWhileConnectIsUnderWayInAnotherThreadEndsTheCall) {
  World world;
  Program program;
  world.hold_completions();
  Ptr<ITBasicCallControl> call = program.create("900", "1");
  std::thread connecting([&] { EXPECT_EQ(call->Connect(VARIANT_TRUE), TAPI_E_REQUESTCANCELLED); });
  std::thread ending(
      [&] { EXPECT_TRUE(eventually([&] { return call->Disconnect(DC_NORMAL) == S_OK; })); });
  world.release_completions(true);
  EXPECT_TRUE(eventually([&] {
    world.release_completions(true);
    return state_of(call) == CS_DISCONNECTED;
  }));
  connecting.join();
  ending.join();
  expect_one_end(program, CEC_DISCONNECT_CANCELLED);
}

// "Release usually at least ITCallInfo and ITBasicCallControl": in any order, and the last one
// frees the identifier.
TEST(Tapi3End, InterfacesMayBeReleasedInAnyOrder) {
  World world;
  Program program;
  program.sink->keep_calls(false);
  std::mt19937 random(7);
  for (int i = 0; i < 24; ++i) {
    Ptr<ITBasicCallControl> control = program.dial("100", "200");
    if (i % 2 == 0) {
      EXPECT_EQ(control->Disconnect(DC_NORMAL), S_OK);
    }
    Ptr<IUnknown> all[] = {control.as<ITCallInfo>().as<IUnknown>(),
                           control.as<IUnknown>(),
                           control.as<IDispatch>().as<IUnknown>(),
                           Ptr<IUnknown>(control.as<ITStreamControl>().get()),
                           Ptr<IUnknown>(control.as<ITCallInfo2>().get()),
                           Ptr<IUnknown>(control.as<ITBasicCallControl2>().get())};
    control.reset();
    std::shuffle(std::begin(all), std::end(all), random);
    for (Ptr<IUnknown>& one : all) {
      EXPECT_TRUE(one.as<ITCallInfo>());
      one.reset();
    }
  }
  EXPECT_TRUE(eventually([&] { return world.leaks() == 0; }));
}

TEST(Tapi3End, ReleaseFreesTheIdentifierAndNothingEarlierDoes) {
  World world;
  Program program;
  program.sink->keep_calls(false);
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
  EXPECT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_DISCONNECTED));
  EXPECT_EQ(world.leaks(), 1u);  // ended, and still held
  call.reset();
  EXPECT_TRUE(eventually([&] { return world.leaks() == 0; }));
}

// Inside the handler, every method may be called, and the last reference may be released.
TEST(Tapi3End, MayBeMadeAndReleasedInsideTheEventHandler) {
  World world;
  Program program;
  program.sink->keep_calls(false);
  Ptr<ITBasicCallControl> call = program.create("100", "200");
  program.sink->on_each([&](TAPI_EVENT kind, IDispatch* event) {
    auto state = Ptr<IDispatch>(event).as<ITCallStateEvent>();
    CALL_STATE value = CS_IDLE;
    if (kind != TE_CALLSTATE || FAILED(state->get_State(&value))) return;
    if (value == CS_CONNECTED) {
      EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
    }
    if (value == CS_DISCONNECTED) call.reset();
  });
  EXPECT_EQ(call->Connect(VARIANT_FALSE), S_OK);
  expect_one_end(program, CEC_DISCONNECT_NORMAL);
  program.sink->on_each({});
  EXPECT_TRUE(eventually([&] { return world.leaks() == 0; }));
}

// Releasing is not disconnecting: what becomes of a live call that nobody holds is the service's
// rule (it is closed), and its record says that no user ended it.
TEST(Tapi3End, ReleasedWithoutDisconnectIsClosedByTheServicesRule) {
  World world;
  Program program;
  program.sink->keep_calls(false);
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  EXPECT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_CONNECTED));
  call.reset();
  EXPECT_TRUE(eventually([&] { return world.last_record().has_value(); }));
  EXPECT_EQ(world.last_record()->end->origin, EndOrigin::line_closed);
  EXPECT_EQ(program.sink->count(TE_CALLSTATE, CS_DISCONNECTED), 0u);
}

TEST(Tapi3End, ReleasedByManyThreadsAtOnceIsReleasedOnce) {
  World world;
  Program program;
  program.sink->keep_calls(false);
  for (int i = 0; i < 20; ++i) {
    Ptr<ITBasicCallControl> call = program.dial("100", "200");
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([mine = call.as<ITCallInfo>()]() mutable { mine.reset(); });
    EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
    call.reset();
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_TRUE(eventually([&] { return world.leaks() == 0; }));
}

// conformance: ITTAPI::Shutdown
TEST(Tapi3End, ShutdownEndsLiveCallsAndIsSFalseTheSecondTime) {
  World world;
  {
    Program program;
    Ptr<ITBasicCallControl> call = program.dial("100", "200");
    EXPECT_EQ(program.tapi->Shutdown(), S_OK);
    EXPECT_EQ(program.tapi->Shutdown(), S_FALSE);
    EXPECT_TRUE(eventually([&] { return world.last_record().has_value(); }));
    EXPECT_EQ(program.sink->count(TE_CALLSTATE, CS_DISCONNECTED), 0u);
  }
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Tapi3End, ObjectsThatOutliveShutdownAnswerWithErrors) {
  World world;
  Program program;
  Ptr<ITAddress> address = program.address("100");
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  Ptr<ITCallHub> hub;
  EXPECT_EQ(call.as<ITCallInfo>()->get_CallHub(hub.out()), S_OK);
  Ptr<ITTerminal> terminal;
  EXPECT_EQ(address.as<ITTerminalSupport>()->GetDefaultStaticTerminal(TAPIMEDIATYPE_AUDIO,
                                                                      TD_RENDER, terminal.out()),
            S_OK);
  Ptr<ITBasicCallControl> idle = program.create("100", "200");
  EXPECT_EQ(program.tapi->Shutdown(), S_OK);

  CALL_STATE state = CS_IDLE;
  long number = 0;
  Text text;
  Ptr<ITBasicCallControl> fresh;
  Ptr<IEnumAddress> all;
  EXPECT_EQ(call->Disconnect(DC_NORMAL), TAPI_E_NOT_INITIALIZED);
  EXPECT_EQ(call->Answer(), TAPI_E_NOT_INITIALIZED);
  EXPECT_EQ(idle->Connect(VARIANT_TRUE), TAPI_E_NOT_INITIALIZED);
  EXPECT_EQ(idle->Disconnect(DC_NORMAL), TAPI_E_NOT_INITIALIZED);
  EXPECT_EQ(call.as<ITCallInfo>()->get_CallState(&state), TAPI_E_NOT_INITIALIZED);
  EXPECT_EQ(call.as<ITCallInfo>()->get_CallInfoLong(CIL_CALLID, &number), TAPI_E_NOT_INITIALIZED);
  EXPECT_EQ(call.as<ITCallInfo>()->get_CallInfoString(CIS_CALLEDIDNUMBER, text.out()),
            TAPI_E_NOT_INITIALIZED);
  EXPECT_EQ(address->get_AddressName(text.out()), TAPI_E_NOT_INITIALIZED);
  EXPECT_EQ(address->CreateCall(Text("200").get(), LINEADDRESSTYPE_PHONENUMBER, TAPIMEDIATYPE_AUDIO,
                                fresh.out()),
            TAPI_E_NOT_INITIALIZED);
  EXPECT_EQ(hub->get_NumCalls(&number), TAPI_E_NOT_INITIALIZED);
  EXPECT_EQ(terminal->get_Name(text.out()), TAPI_E_NOT_INITIALIZED);
  EXPECT_EQ(program.tapi->EnumerateAddresses(all.out()), TAPI_E_NOT_INITIALIZED);
}

TEST(Tapi3End, ShutdownInsideTheEventHandlerWorks) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.create("100", "200");
  std::atomic<HRESULT> result{E_FAIL};
  program.sink->on_each([&](TAPI_EVENT kind, IDispatch*) {
    if (kind == TE_CALLSTATE && result == E_FAIL) result = program.tapi->Shutdown();
  });
  const HRESULT placed = call->Connect(VARIANT_FALSE);
  EXPECT_TRUE(placed == S_OK || placed == TAPI_E_NOT_INITIALIZED) << "the handler may be first";
  EXPECT_TRUE(eventually([&] { return result == S_OK; }));
  EXPECT_EQ(program.tapi->Shutdown(), S_FALSE);
}

TEST(Tapi3End, AfterShutdownTheSameObjectMayBeInitializedAgain) {
  World world;
  Program program;
  EXPECT_EQ(program.tapi->Initialize(), S_FALSE);
  EXPECT_EQ(program.tapi->Shutdown(), S_OK);
  EXPECT_EQ(program.tapi->Initialize(), S_OK);
  EXPECT_EQ(program.tapi->put_EventFilter(TE_CALLSTATE), S_OK);
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  EXPECT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_CONNECTED));
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
}

TEST(Tapi3End, ReleasingEverythingWithoutShutdownShutsDown) {
  World world;
  {
    tapi3::Apartment apartment;
    Ptr<ITTAPI> tapi;
    ASSERT_EQ(tapi3::create(tapi), S_OK);
    ASSERT_EQ(tapi->Initialize(), S_OK);
    Ptr<ITAddress> address = tapi3::find_address(tapi.get(), "100");
    tapi.reset();  // the address keeps the TAPI object
    Ptr<ITBasicCallControl> call;
    EXPECT_EQ(address->CreateCall(Text("200").get(), LINEADDRESSTYPE_PHONENUMBER,
                                  TAPIMEDIATYPE_AUDIO, call.out()),
              S_OK);
    address.reset();  // the call keeps both
    EXPECT_EQ(call->Connect(VARIANT_TRUE), S_OK);
  }
  EXPECT_TRUE(world.comes_to_zero());
  // The TAPI thread lets go of what it last told a moment later.
  EXPECT_TRUE(eventually([] { return switchhook_tapi3_objects() == 0; }));
}

// The service goes away: every live call ends for the program, once, and it is told to begin again.
TEST(Tapi3End, OfTheServiceEndsEveryCallAsFailedAndAsksForReinitialisation) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  world.stop();
  ASSERT_TRUE(program.sink->wait_for(TE_TAPIOBJECT, TE_REINIT));
  EXPECT_EQ(program.sink->count(TE_CALLSTATE, CS_DISCONNECTED), 1u);
  EXPECT_EQ(call->Disconnect(DC_NORMAL), TAPI_E_SERVICE_NOT_RUNNING);
  Ptr<ITBasicCallControl> second;
  EXPECT_EQ(call.as<ITBasicCallControl>()->Answer(), TAPI_E_SERVICE_NOT_RUNNING);
}

TEST(Tapi3End, OfALineEndsItsCallsAndSaysThatItsAddressClosed) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.create("900", "1");
  EXPECT_EQ(call->Connect(VARIANT_FALSE), S_OK);
  world.far_state(CallState::connected);
  EXPECT_TRUE(reaches(call, CS_CONNECTED));
  world.close_line_900();
  EXPECT_TRUE(program.sink->wait_for(TE_TAPIOBJECT, TE_ADDRESSCLOSE));
  EXPECT_TRUE(reaches(call, CS_DISCONNECTED));
  EXPECT_EQ(program.sink->count(TE_CALLSTATE, CS_DISCONNECTED), 1u);
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_FALSE);
}

TEST(Tapi3End, AnEventThatIsKeptKeepsItsCallAnswering) {
  World world;
  Program program;
  program.sink->keep_calls(false);
  Ptr<IDispatch> kept;
  program.sink->on_each([&](TAPI_EVENT kind, IDispatch* event) {
    if (kind == TE_CALLSTATE && !kept) kept = Ptr<IDispatch>(event);
  });
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  EXPECT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_CONNECTED));
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
  EXPECT_TRUE(reaches(call, CS_DISCONNECTED));
  program.sink->on_each({});
  call.reset();
  Ptr<ITCallInfo> info;
  EXPECT_EQ(kept.as<ITCallStateEvent>()->get_Call(info.out()), S_OK);
  EXPECT_EQ(state_of(info.as<ITBasicCallControl>()), CS_DISCONNECTED);
  long owners = 0;
  EXPECT_EQ(info->get_CallInfoLong(CIL_NUMBEROFOWNERS, &owners), S_OK);
  EXPECT_EQ(owners, 1);
  info.reset();
  EXPECT_EQ(world.leaks(), 1u);
  kept.reset();
  EXPECT_TRUE(eventually([&] { return world.leaks() == 0; }));
}

TEST(Tapi3End, AReclaimedCallHasAnErrorOfItsOwn) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  EXPECT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_CONNECTED));
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
  EXPECT_TRUE(eventually([&] { return world.leaks() == 1; }));
  world.reclaim();
  const Ptr<ITCallInfo> info = call.as<ITCallInfo>();
  long owners = 0;
  EXPECT_TRUE(eventually([&] {
    return info->get_CallInfoLong(CIL_NUMBEROFOWNERS, &owners) == SWITCHHOOK_E_RECLAIMED;
  }));
  EXPECT_EQ(state_of(call), CS_DISCONNECTED) << "what the object itself knows it still tells";
}

// CS_IDLE is the beginning here; LINECALLSTATE_IDLE is the end there, and is CS_DISCONNECTED here.
TEST(Tapi3End, IdleIsTheBeginningAndTheServicesIdleIsDisconnected) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.create("100", "200");
  EXPECT_EQ(state_of(call), CS_IDLE);
  EXPECT_EQ(call->Connect(VARIANT_TRUE), S_OK);
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
  EXPECT_TRUE(reaches(call, CS_DISCONNECTED));
  EXPECT_TRUE(eventually([&] { return world.last_record().has_value(); }));
  EXPECT_EQ(world.last_record()->state, CallState::idle);
  EXPECT_EQ(state_of(call), CS_DISCONNECTED);
  EXPECT_EQ(program.sink->count(TE_CALLSTATE, CS_IDLE), 0u);
}

}  // namespace
}  // namespace tapi3_tests
