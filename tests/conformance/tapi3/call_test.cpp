// SPDX-License-Identifier: Apache-2.0
// Calls placed, taken, held and handed on.
#include "tests/conformance/tapi3/world.hpp"

namespace tapi3_tests {
namespace {

// "If VARIANT_TRUE, the method returns when the call is connected or disconnected."
// conformance: ITTAPI::Initialize ITTAPI::EnumerateAddresses ITAddress::get_AddressName
// conformance: ITAddress::CreateCall ITBasicCallControl::Connect ITCallInfo::get_CallState
TEST(Tapi3Call, IsIdleUntilConnectAndConnectedWhenConnectReturns) {
  World world;
  {
    Program program;
    Ptr<ITBasicCallControl> call = program.create("100", "200");
    EXPECT_EQ(state_of(call), CS_IDLE);
    EXPECT_EQ(call->Connect(VARIANT_TRUE), S_OK);
    EXPECT_EQ(state_of(call), CS_CONNECTED);
    EXPECT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_CONNECTED));
    EXPECT_EQ(program.sink->states(), (std::vector<long>{CS_INPROGRESS, CS_CONNECTED}));
    EXPECT_EQ(call->Connect(VARIANT_TRUE), TAPI_E_INVALCALLSTATE);
  }
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Tapi3Call, ConnectWithoutWaitingReturnsWhileTheCallIsInProgress) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.create("100", "201");
  EXPECT_EQ(call->Connect(VARIANT_FALSE), S_OK);
  EXPECT_EQ(state_of(call), CS_INPROGRESS);
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
}

// The result of a synchronous Connect that fails says why.
TEST(Tapi3Call, ConnectThatWaitsSaysWhyItFailed) {
  World world;
  Program program;
  // Both are kept: a released call object gets no events any more.
  Ptr<ITBasicCallControl> busy = program.create("100", "202");
  EXPECT_EQ(busy->Connect(VARIANT_TRUE), TAPI_E_DESTBUSY);
  Ptr<ITBasicCallControl> refused = program.create("100", "203");
  EXPECT_EQ(refused->Connect(VARIANT_TRUE), TAPI_E_DESTUNAVAIL);
  ASSERT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_DISCONNECTED, 2));
  const std::vector<Seen> states = program.sink->of(TE_CALLSTATE);
  EXPECT_EQ(states[1].cause, CEC_DISCONNECT_BUSY);
  EXPECT_EQ(states.back().cause, CEC_DISCONNECT_REJECTED);
}

TEST(Tapi3Call, ToAnAddressThatIsNoneIsRefusedAndMayBeTriedAgain) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.create("100", "no number");
  EXPECT_EQ(call->Connect(VARIANT_FALSE), TAPI_E_INVALADDRESS);
  EXPECT_EQ(state_of(call), CS_IDLE);
  EXPECT_EQ(call->Connect(VARIANT_FALSE), TAPI_E_INVALADDRESS);
  EXPECT_TRUE(program.sink->of(TE_CALLSTATE).empty());
}

// CNE_OWNER comes before the first state; the callback instance is the registration's.
// conformance: ITTAPI::RegisterCallNotifications ITCallNotificationEvent::get_Call
// conformance: ITCallNotificationEvent::get_Event ITCallNotificationEvent::get_CallbackInstance
// conformance: ITCallStateEvent::get_Call ITCallStateEvent::get_State
// conformance: ITCallStateEvent::get_CallbackInstance ITBasicCallControl::Answer
// conformance: ITCallInfo::get_Privilege ITTAPIEventNotification::Event
TEST(Tapi3Call, FromElsewhereIsNotifiedOfferedAndAnswered) {
  World world;
  Program callee;
  callee.listen("101", true, false, 42);
  Program caller;
  Ptr<ITBasicCallControl> out = caller.create("100", "101");
  EXPECT_EQ(out->Connect(VARIANT_FALSE), S_OK);
  Ptr<ITBasicCallControl> in = callee.offered();
  const std::vector<Seen> fresh = callee.sink->of(TE_CALLNOTIFICATION);
  ASSERT_EQ(fresh.size(), 1u);
  EXPECT_EQ(fresh[0].value, CNE_OWNER);
  EXPECT_EQ(fresh[0].instance, 42);
  EXPECT_EQ(callee.sink->of(TE_CALLSTATE)[0].instance, 42);
  CALL_PRIVILEGE privilege = CP_MONITOR;
  EXPECT_EQ(in.as<ITCallInfo>()->get_Privilege(&privilege), S_OK);
  EXPECT_EQ(privilege, CP_OWNER);
  EXPECT_EQ(in->Answer(), S_OK);
  EXPECT_TRUE(reaches(in, CS_CONNECTED));
  EXPECT_TRUE(reaches(out, CS_CONNECTED));
  EXPECT_EQ(in->Connect(VARIANT_FALSE), TAPI_E_INVALCALLSTATE);
}

TEST(Tapi3Call, AnswerOfACallThatIsNotOfferedIsRefused) {
  World world;
  Program program;
  EXPECT_EQ(program.create("100", "200")->Answer(), TAPI_E_INVALCALLSTATE);
  EXPECT_EQ(program.dial("100", "200")->Answer(), TAPI_E_INVALCALLSTATE);
}

// conformance: ITBasicCallControl::Hold
TEST(Tapi3Call, IsHeldAndRetrieved) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  EXPECT_EQ(call->Hold(VARIANT_TRUE), S_OK);
  EXPECT_TRUE(reaches(call, CS_HOLD));
  EXPECT_EQ(call->Hold(VARIANT_FALSE), S_OK);
  EXPECT_TRUE(reaches(call, CS_CONNECTED));
  EXPECT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_CONNECTED, 2));
  EXPECT_EQ(program.sink->states(),
            (std::vector<long>{CS_INPROGRESS, CS_CONNECTED, CS_HOLD, CS_CONNECTED}));
}

// conformance: ITBasicCallControl::SwapHold
TEST(Tapi3Call, TheActiveAndTheHeldOneAreSwapped) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> held = program.dial("100", "200");
  EXPECT_EQ(held->Hold(VARIANT_TRUE), S_OK);
  EXPECT_TRUE(reaches(held, CS_HOLD));
  Ptr<ITBasicCallControl> active = program.dial("100", "207");
  EXPECT_EQ(active->SwapHold(nullptr), E_INVALIDARG);
  EXPECT_EQ(active->SwapHold(active.get()), E_INVALIDARG);
  EXPECT_EQ(active->SwapHold(program.create("100", "207").get()), TAPI_E_INVALCALLSTATE);
  EXPECT_EQ(held->SwapHold(active.get()), TAPI_E_INVALCALLSTATE) << "the wrong way round";
  EXPECT_EQ(active->SwapHold(held.get()), S_OK);
  EXPECT_TRUE(reaches(active, CS_HOLD));
  EXPECT_TRUE(reaches(held, CS_CONNECTED));
  Ptr<ITAddressCapabilities> caps = program.address("100").as<ITAddressCapabilities>();
  long features = 0;
  EXPECT_EQ(caps->get_AddressCapability(AC_CALLFEATURES1, &features), S_OK);
  EXPECT_NE(features & LINECALLFEATURE_SWAPHOLD, 0);
}

// conformance: ITBasicCallControl::BlindTransfer
TEST(Tapi3Call, IsTransferredBlindly) {
  World world;
  Program program;
  Text busy("202"), echo("207");
  EXPECT_EQ(program.create("100", "200")->BlindTransfer(echo.get()), TAPI_E_INVALCALLSTATE);
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  EXPECT_EQ(call->BlindTransfer(nullptr), E_POINTER);
  EXPECT_EQ(call->BlindTransfer(busy.get()), TAPI_E_OPERATIONFAILED);
  EXPECT_TRUE(reaches(call, CS_CONNECTED));
  EXPECT_EQ(call->BlindTransfer(echo.get()), S_OK);
  EXPECT_TRUE(reaches(call, CS_DISCONNECTED));
}

// conformance: ITBasicCallControl::Transfer ITBasicCallControl::Finish
TEST(Tapi3Call, IsTransferredToTheFarEndOfAConsultationCall) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  Ptr<ITBasicCallControl> consultation = program.create("100", "207");
  EXPECT_EQ(call->Transfer(nullptr, VARIANT_TRUE), E_INVALIDARG);
  EXPECT_EQ(call->Transfer(call.get(), VARIANT_TRUE), E_INVALIDARG);
  EXPECT_EQ(consultation->Transfer(call.get(), VARIANT_TRUE), TAPI_E_INVALCALLSTATE);
  EXPECT_EQ(consultation->Finish(FM_ASTRANSFER), TAPI_E_INVALCALLSTATE);
  EXPECT_EQ(call->Transfer(consultation.get(), VARIANT_TRUE), S_OK);
  EXPECT_TRUE(reaches(call, CS_HOLD));
  EXPECT_TRUE(reaches(consultation, CS_CONNECTED));
  EXPECT_EQ(call->Finish(FM_ASTRANSFER), TAPI_E_INVALCALLSTATE) << "of the consultation call";
  EXPECT_EQ(consultation->Finish(FM_ASCONFERENCE), TAPI_E_NOTSUPPORTED);
  EXPECT_EQ(consultation->Finish(FM_ASTRANSFER), S_OK);
  EXPECT_TRUE(reaches(call, CS_DISCONNECTED));
  EXPECT_TRUE(reaches(consultation, CS_DISCONNECTED));
  EXPECT_EQ(consultation->Finish(FM_ASTRANSFER), TAPI_E_INVALCALLSTATE);
  EXPECT_EQ(call->Transfer(program.create("100", "207").get(), VARIANT_TRUE),
            TAPI_E_INVALCALLSTATE);
}

TEST(Tapi3Call, IsTakenBackWhenTheConsultationCallDoesNotComeAbout) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  Ptr<ITBasicCallControl> busy = program.create("100", "202");
  EXPECT_LT(call->Transfer(busy.get(), VARIANT_TRUE), 0);
  EXPECT_TRUE(reaches(call, CS_CONNECTED));
  EXPECT_EQ(busy->Finish(FM_ASTRANSFER), TAPI_E_INVALCALLSTATE);
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
}

TEST(Tapi3Call, AConsultationThatIsDroppedOrReleasedLeavesTheOriginalOnHold) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  Ptr<ITBasicCallControl> consultation = program.dial("100", "207");
  EXPECT_EQ(call->Hold(VARIANT_TRUE), S_OK);
  EXPECT_EQ(call->Transfer(consultation.get(), VARIANT_FALSE), S_OK) << "connected already";
  EXPECT_EQ(consultation->Disconnect(DC_NORMAL), S_OK);
  EXPECT_EQ(consultation->Finish(FM_ASTRANSFER), TAPI_E_INVALCALLSTATE);
  EXPECT_TRUE(reaches(call, CS_HOLD));
  consultation = program.create("100", "207");
  EXPECT_EQ(call->Transfer(consultation.get(), VARIANT_TRUE), S_OK) << "another one";
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
  EXPECT_EQ(consultation->Finish(FM_ASTRANSFER), TAPI_E_INVALCALLSTATE);
  EXPECT_TRUE(reaches(consultation, CS_CONNECTED));
  EXPECT_EQ(consultation->Disconnect(DC_NORMAL), S_OK);
}

TEST(Tapi3Call, OfOthersIsSeenByAMonitorWhoMayNotEndIt) {
  World world;
  Program monitor;
  monitor.listen("100", false, true);
  Program owner;
  Ptr<ITBasicCallControl> call = owner.dial("100", "200");
  EXPECT_TRUE(monitor.sink->wait_for(TE_CALLNOTIFICATION, CNE_MONITOR));
  EXPECT_TRUE(monitor.sink->wait_for(TE_CALLSTATE, CS_CONNECTED));
  Ptr<ITBasicCallControl> watched = monitor.sink->last_call().as<ITBasicCallControl>();
  EXPECT_EQ(watched->Disconnect(DC_NORMAL), TAPI_E_NOTOWNER);
  EXPECT_EQ(state_of(watched), CS_CONNECTED);
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
  EXPECT_TRUE(monitor.sink->wait_for(TE_CALLSTATE, CS_DISCONNECTED));
}

// "TAPI 3 disconnects the call when no application can take it."
// conformance: ITBasicCallControl::HandoffDirect ITBasicCallControl::HandoffIndirect
TEST(Tapi3Call, HandedOffToNobodyIsDisconnected) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  EXPECT_EQ(call->HandoffDirect(Text("nobody").get()), TAPI_E_TARGETNOTFOUND);
  EXPECT_TRUE(reaches(call, CS_DISCONNECTED));
  Ptr<ITBasicCallControl> second = program.dial("100", "200");
  EXPECT_EQ(second->HandoffIndirect(TAPIMEDIATYPE_AUDIO), TAPI_E_TARGETNOTFOUND);
  EXPECT_TRUE(reaches(second, CS_DISCONNECTED));
}

// CIC_PRIVILEGE is a change: what a call was made or offered with is none.
TEST(Tapi3Call, HandedOffChangesThePrivilegeOfWhoTakesIt) {
  World world;
  Program owner;
  Program taker;
  taker.listen("100", true, true);
  Ptr<ITBasicCallControl> call = owner.dial("100", "200");
  ASSERT_TRUE(taker.sink->wait_for(TE_CALLSTATE, CS_CONNECTED));
  EXPECT_EQ(owner.sink->count(TE_CALLINFOCHANGE, CIC_PRIVILEGE), 0u);
  EXPECT_EQ(taker.sink->count(TE_CALLINFOCHANGE, CIC_PRIVILEGE), 0u);
  ASSERT_EQ(call->HandoffDirect(Text("tapi3_conformance_test").get()), S_OK);
  EXPECT_TRUE(taker.sink->wait_for(TE_CALLINFOCHANGE, CIC_PRIVILEGE));
  CALL_PRIVILEGE privilege = CP_MONITOR;
  EXPECT_EQ(taker.sink->last_call()->get_Privilege(&privilege), S_OK);
  EXPECT_EQ(privilege, CP_OWNER);
}

// conformance: ITTAPI::UnregisterNotifications
TEST(Tapi3Call, IsNotNotifiedAnyMoreAfterUnregisteringAndOldOnesStay) {
  World world;
  Program callee;
  const long cookie = callee.listen("101", true, false);
  Program caller;
  Ptr<ITBasicCallControl> first = caller.create("100", "101");
  EXPECT_EQ(first->Connect(VARIANT_FALSE), S_OK);
  Ptr<ITBasicCallControl> kept = callee.offered();
  EXPECT_EQ(kept->Answer(), S_OK);
  EXPECT_EQ(callee.tapi->UnregisterNotifications(cookie), S_OK);
  EXPECT_EQ(callee.tapi->UnregisterNotifications(cookie), E_INVALIDARG);
  EXPECT_TRUE(reaches(kept, CS_CONNECTED));
  Ptr<ITBasicCallControl> second = caller.create("100", "101");
  static_cast<void>(second->Connect(VARIANT_FALSE));
  EXPECT_TRUE(reaches(second, CS_DISCONNECTED));
  EXPECT_EQ(callee.sink->count(TE_CALLNOTIFICATION, CNE_OWNER), 1u);
  EXPECT_EQ(kept->Disconnect(DC_NORMAL), S_OK);
}

// A program without a sink finds the calls that it was given by asking its addresses.
// conformance: ITAddress::EnumerateCalls IEnumCall::Next ITAddress::get_Calls
TEST(Tapi3Call, ThatNobodyWasToldOfWaitsToBeEnumerated) {
  World world;
  Program callee(0);  // no events at all
  callee.listen("101", true, false);
  Program caller;
  Ptr<ITBasicCallControl> out = caller.create("100", "101");
  EXPECT_EQ(out->Connect(VARIANT_FALSE), S_OK);
  Ptr<ITCallInfo> found;
  EXPECT_TRUE(eventually([&] {
    Ptr<IEnumCall> all;
    EXPECT_EQ(callee.address("101")->EnumerateCalls(all.out()), S_OK);
    return all->Next(1, found.out(), nullptr) == S_OK;
  }));
  VARIANT list;
  EXPECT_EQ(callee.address("101")->get_Calls(&list), S_OK);
  long count = 0;
  EXPECT_EQ(Ptr<IDispatch>(list.pdispVal).as<ITCollection>()->get_Count(&count), S_OK);
  EXPECT_EQ(count, 1);
  EXPECT_EQ(VariantClear(&list), S_OK);
  Ptr<ITBasicCallControl> call = found.as<ITBasicCallControl>();
  EXPECT_TRUE(reaches(call, CS_OFFERING));
  EXPECT_EQ(call->Answer(), S_OK);
  EXPECT_TRUE(reaches(out, CS_CONNECTED));
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
}

TEST(Tapi3Call, ThatTheProgramDoesNotTakeIsLetGo) {
  World world;
  Program callee;
  callee.sink->keep_calls(false);
  callee.listen("101", true, false);
  Program caller;
  Ptr<ITBasicCallControl> out = caller.create("100", "101");
  EXPECT_EQ(out->Connect(VARIANT_FALSE), S_OK);
  EXPECT_TRUE(callee.sink->wait_for(TE_CALLSTATE, CS_OFFERING));
  EXPECT_TRUE(reaches(out, CS_DISCONNECTED));
}

}  // namespace
}  // namespace tapi3_tests
