// SPDX-License-Identifier: Apache-2.0
// The calls of a daemon that died, on a line whose policy is to take them up: the next daemon goes
// on with those whose far end is still there, under the identifiers that their applications have.
#include <csignal>
#include <future>

#include "tests/sip/far_call.hpp"

namespace switchhook::sip::test {
namespace {

using switchhook::test::eventually;

/// The version in the origin of a session description, and all before it.
struct Origin {
  std::string session;
  int version = 0;
};
Origin origin_of(const std::string& message) {
  const std::size_t at = message.find("\r\no=");
  if (at == std::string::npos) return {};
  const std::size_t session = message.find(' ', at), version = message.find(' ', session + 1);
  return {message.substr(session, version - session), std::atoi(message.c_str() + version + 1)};
}

/// How it goes, and through how many proxies.
using TransportAndSide = std::tuple<FarEnd::By, int>;

class TakenUpCall : public FarCall {
 protected:
  explicit TakenUpCall(TransportAndSide way = {FarEnd::By::udp, 0}, const std::string& line = "",
                       const std::string& service = "", const std::string& sip = "")
      : FarCall(std::get<0>(way), std::get<1>(way), "after_death = \"take_up\"\n" + line, service,
                sip) {}
  void die_and_start() {
    if (session_ == 0) session_ = app_->look(call_)->record.session;
    daemon_.kill();
    daemon_.start();
  }
  /// The far end is asked whether it is still there.
  void expect_question(const std::string& direction = "sendrecv") {
    const Origin before = origin_of(offered_.empty() ? invite_ : offered_);
    ASSERT_NO_FATAL_FAILURE(expect_offer());
    EXPECT_NE(request_.find("a=" + direction), std::string::npos) << request_;
    EXPECT_EQ(origin_of(request_).session, before.session) << "it is the same session";
    EXPECT_GT(origin_of(request_).version, before.version) << "described again";
    offered_ = request_;
  }
  void agree() {
    far_.reply(request_, 200, true);
    ASSERT_NE(far_.receive_request("ACK"), "");
  }
  /// The application finds it as it was.
  void expect_back(CallState state) {
    ASSERT_TRUE(app_->reaches(call_, state));
    const auto look = app_->look(call_);
    ASSERT_TRUE(look) << look.error().text();
    EXPECT_EQ(look->record.state, state);
    EXPECT_EQ(look->record.session, session_);
    EXPECT_EQ(look->privilege, Privilege::owner);
  }
  void drop() {
    ASSERT_TRUE(app_->post(api::DropCall{call_}, [](auto) {}));
    request_ = far_.receive_request("BYE");
    ASSERT_NO_FATAL_FAILURE(expect_in_dialog());
    far_.reply(request_, 200);
    ASSERT_TRUE(app_->reaches(call_, CallState::idle));
  }
  /// One, of all that was before the death and after it.
  Record expect_record(EndOrigin origin) {
    EXPECT_TRUE(eventually([&] { return app_->records().size() == 1; }));
    const std::vector<Record> records = app_->records();
    EXPECT_EQ(records.size(), 1u);
    if (records.size() != 1 || !records[0].end) return {};
    EXPECT_EQ(records[0].session, session_);
    EXPECT_EQ(records[0].end->origin, origin) << records[0].end->cause.words;
    EXPECT_EQ(records[0].state, CallState::idle);
    std::string words;
    for (const TimelineEntry& each : records[0].timeline)
      words += std::string(to_string(each.state)) + " ";
    EXPECT_EQ(words.find("unknown dialing "), 0u) << words;
    EXPECT_TRUE(eventually([&] { return app_->audit().clean(); }));
    return records[0];
  }

  std::uint64_t session_ = 0;
  std::string offered_;
};

class TakenUp : public TakenUpCall, public testing::WithParamInterface<TransportAndSide> {
 protected:
  TakenUp() : TakenUpCall(GetParam()) {}
};

TEST_P(TakenUp, ACallThatWasUpGoesOn) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  die_and_start();
  ASSERT_NO_FATAL_FAILURE(expect_question());
  ASSERT_NO_FATAL_FAILURE(agree());
  ASSERT_NO_FATAL_FAILURE(expect_back(CallState::connected));
  ASSERT_NO_FATAL_FAILURE(reoffer<api::HoldCall>(CallState::on_hold));
  ASSERT_NO_FATAL_FAILURE(reoffer<api::UnholdCall>(CallState::connected));
  ASSERT_NO_FATAL_FAILURE(drop());
  EXPECT_EQ(expect_record(EndOrigin::local_user).end->confirmation, Confirmation::confirmed);
}

TEST_P(TakenUp, ACallOnHoldStaysOnHold) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  ASSERT_NO_FATAL_FAILURE(reoffer<api::HoldCall>(CallState::on_hold));
  die_and_start();
  ASSERT_NO_FATAL_FAILURE(expect_question("sendonly"));
  ASSERT_NO_FATAL_FAILURE(agree());
  ASSERT_NO_FATAL_FAILURE(expect_back(CallState::on_hold));
  ASSERT_NO_FATAL_FAILURE(reoffer<api::UnholdCall>(CallState::connected));
  ASSERT_NO_FATAL_FAILURE(drop());
  expect_record(EndOrigin::local_user);
}

TEST_P(TakenUp, TheFarEndHangsUp) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  die_and_start();
  ASSERT_NO_FATAL_FAILURE(expect_question());
  ASSERT_NO_FATAL_FAILURE(agree());
  ASSERT_NO_FATAL_FAILURE(expect_back(CallState::connected));
  far_.send(far_.request("BYE", "sip:alice@127.0.0.1", header(request_, "To"),
                         header(request_, "From"), header(request_, "Call-ID"), 7));
  EXPECT_EQ(status_of(far_.receive_response("BYE")), 200);
  ASSERT_TRUE(app_->reaches(call_, CallState::disconnected));
  EXPECT_TRUE(app_->port().call(api::DropCall{call_}));
  EXPECT_EQ(expect_record(EndOrigin::remote_party).end->cause.mode, DisconnectMode::normal);
}

TEST_P(TakenUp, AFarEndThatForgotTheCallEndsIt) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  die_and_start();
  ASSERT_NO_FATAL_FAILURE(expect_question());
  ASSERT_NO_FATAL_FAILURE(expect_back(CallState::connected));
  far_.reply(request_, 481);
  request_ = far_.receive_request("BYE");
  far_.reply(request_, 481);
  ASSERT_TRUE(app_->reaches(call_, CallState::disconnected));
  EXPECT_TRUE(app_->port().call(api::DropCall{call_}));
  const Record record = expect_record(EndOrigin::remote_party);
  EXPECT_EQ(record.end->cause.sip_status, 481);
  EXPECT_EQ(record.end->confirmation, Confirmation::already_gone);
}

INSTANTIATE_TEST_SUITE_P(Ways, TakenUp,
                         testing::Combine(testing::Values(FarEnd::By::udp, FarEnd::By::tcp),
                                          testing::Values(0, 2)));

class TakenUpOnce : public TakenUpCall {
 protected:
  TakenUpOnce() : TakenUpCall({FarEnd::By::udp, 0}, "t1_ms = 20\n") {}
};

TEST_F(TakenUpOnce, AFarEndThatIsNotThereEndsIt) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  die_and_start();
  ASSERT_NO_FATAL_FAILURE(expect_back(CallState::connected));
  ASSERT_TRUE(app_->reaches(call_, CallState::disconnected));
  EXPECT_TRUE(app_->port().call(api::DropCall{call_}));
  const Record record = expect_record(EndOrigin::provider);
  EXPECT_EQ(record.end->cause.sip_status, 408);
  EXPECT_EQ(record.end->confirmation, Confirmation::unconfirmed);
}

TEST_F(TakenUpOnce, AFarEndThatKnowsNobodyHereEndsIt) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  die_and_start();
  ASSERT_NO_FATAL_FAILURE(expect_question());
  ASSERT_NO_FATAL_FAILURE(expect_back(CallState::connected));
  far_.reply(request_, 404);
  request_ = far_.receive_request("BYE");
  far_.reply(request_, 404);
  ASSERT_TRUE(app_->reaches(call_, CallState::disconnected));
  EXPECT_TRUE(app_->port().call(api::DropCall{call_}));
  EXPECT_EQ(expect_record(EndOrigin::remote_party).end->cause.sip_status, 404);
}

TEST_F(TakenUpOnce, AQuestionThatMeetsAnotherIsAskedAgain) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  die_and_start();
  ASSERT_NO_FATAL_FAILURE(expect_question());
  far_.reply(request_, 491);
  ASSERT_NO_FATAL_FAILURE(expect_offer());
  ASSERT_NO_FATAL_FAILURE(agree());
  ASSERT_NO_FATAL_FAILURE(expect_back(CallState::connected));
  ASSERT_NO_FATAL_FAILURE(drop());
  expect_record(EndOrigin::local_user);
}

TEST_F(TakenUpOnce, ADropDoesNotWaitForTheAnswer) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  die_and_start();
  ASSERT_NO_FATAL_FAILURE(expect_question());
  ASSERT_NO_FATAL_FAILURE(expect_back(CallState::connected));
  ASSERT_NO_FATAL_FAILURE(drop());
  expect_record(EndOrigin::local_user);
}

/// What was asked of the daemon that died, and answered as done, is done.
TEST_F(TakenUpOnce, ADropThatTheDeadDaemonDidNotHearEndsTheCall) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  session_ = app_->look(call_)->record.session;
  daemon_.process().signal(SIGSTOP);
  std::promise<bool> done;
  ASSERT_TRUE(app_->post(api::DropCall{call_},
                         [&](Result<api::Value> value) { done.set_value(value.has_value()); }));
  die_and_start();
  EXPECT_TRUE(done.get_future().get());
  ASSERT_NO_FATAL_FAILURE(expect_question());
  request_ = far_.receive_request("BYE");
  ASSERT_NO_FATAL_FAILURE(expect_in_dialog());
  far_.reply(request_, 200);
  ASSERT_TRUE(app_->reaches(call_, CallState::idle));
  expect_record(EndOrigin::local_user);
}

TEST_F(TakenUpOnce, ADaemonThatDiesAgainIsFollowedByAnother) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  for (int death = 0; death < 3; ++death) {
    die_and_start();
    ASSERT_NO_FATAL_FAILURE(expect_question());
    if (death == 1) continue;  // before the far end has answered
    ASSERT_NO_FATAL_FAILURE(agree());
    ASSERT_NO_FATAL_FAILURE(expect_back(CallState::connected));
  }
  ASSERT_NO_FATAL_FAILURE(drop());
  expect_record(EndOrigin::local_user);
}

TEST_F(TakenUpOnce, ACallThatWasRingingIsCancelled) {
  ASSERT_NO_FATAL_FAILURE(call(180));
  die_and_start();
  request_ = far_.receive_request("CANCEL");
  far_.reply(request_, 200);
  far_.send(far_.response(invite_, 487));
  ASSERT_TRUE(app_->reaches(call_, CallState::idle));
  expect_record(EndOrigin::system);
}

TEST_F(TakenUpOnce, ACallThatTheFarEndMadeGoesOn) {
  const std::string sip = daemon_.field("sip"), port = sip.substr(sip.rfind(':') + 1);
  far_.connect(static_cast<std::uint16_t>(std::stoul(port)));
  const std::string uri = "sip:alice@127.0.0.1:" + port;
  invite_ = far_.request("INVITE", uri, "<" + far_.uri() + ">;tag=caller", "<" + uri + ">",
                         "taken-up@test", 1, true);
  far_.send(invite_);
  const auto appeared = app_->next_event<api::CallAppeared>();
  ASSERT_TRUE(appeared);
  call_ = appeared->call;
  ASSERT_TRUE(app_->port().call(api::AnswerCall{call_}));
  const std::string answer = far_.receive_response("INVITE");
  ASSERT_EQ(status_of(answer), 200);
  const std::string ours = header(answer, "To");
  far_.send(far_.request("ACK", uri, header(invite_, "From"), ours, "taken-up@test", 1));
  ASSERT_TRUE(app_->reaches(call_, CallState::connected));
  die_and_start();
  request_ = far_.receive_request("INVITE");
  EXPECT_EQ(header(request_, "Call-ID"), "taken-up@test");
  EXPECT_EQ(header(request_, "From"), ours);
  EXPECT_GT(origin_of(request_).version, origin_of(answer).version);
  ASSERT_NO_FATAL_FAILURE(agree());
  ASSERT_NO_FATAL_FAILURE(expect_back(CallState::connected));
  ASSERT_TRUE(app_->post(api::DropCall{call_}, [](auto) {}));
  const std::string bye = far_.receive_request("BYE");
  EXPECT_EQ(header(bye, "From"), ours);
  EXPECT_GT(cseq_number(bye), cseq_number(request_));
  far_.reply(bye, 200);
  ASSERT_TRUE(app_->reaches(call_, CallState::idle));
  EXPECT_TRUE(eventually([&] { return app_->records().size() == 1; }));
  EXPECT_EQ(app_->records()[0].end->origin, EndOrigin::local_user);
  EXPECT_EQ(app_->records()[0].session, session_);
}

/// Its provider has a process of its own, which dies with the daemon.
class TakenUpByAProcess : public TakenUpCall {
 protected:
  TakenUpByAProcess() : TakenUpCall({FarEnd::By::udp, 0}, "", "", "process = \"own\"\n") {}
};

TEST_F(TakenUpByAProcess, ACallThatWasUpGoesOnAndMayDieAgain) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  for (int death = 0; death < 2; ++death) {
    die_and_start();
    ASSERT_NO_FATAL_FAILURE(expect_question());
    ASSERT_NO_FATAL_FAILURE(agree());
    ASSERT_NO_FATAL_FAILURE(expect_back(CallState::connected));
  }
  ASSERT_NO_FATAL_FAILURE(drop());
  expect_record(EndOrigin::local_user);
}

TEST_F(TakenUpByAProcess, AFarEndThatForgotTheCallEndsIt) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  die_and_start();
  ASSERT_NO_FATAL_FAILURE(expect_question());
  ASSERT_NO_FATAL_FAILURE(expect_back(CallState::connected));
  far_.reply(request_, 481);
  far_.reply(far_.receive_request("BYE"), 481);
  ASSERT_TRUE(app_->reaches(call_, CallState::disconnected));
  EXPECT_TRUE(app_->port().call(api::DropCall{call_}));
  EXPECT_EQ(expect_record(EndOrigin::remote_party).end->cause.sip_status, 481);
}

class TakenUpForNobody : public TakenUpCall {
 protected:
  explicit TakenUpForNobody(const std::string& more = "")
      : TakenUpCall({FarEnd::By::udp, 0}, more, "restore_s = 1\n") {}
  void die_alone() {
    session_ = app_->look(call_)->record.session;
    daemon_.kill();
    app_.reset();
    daemon_.start();
    ASSERT_NO_FATAL_FAILURE(expect_question());
    ASSERT_NO_FATAL_FAILURE(agree());
  }
};

TEST_F(TakenUpForNobody, ACallThatNobodyComesBackForIsEnded) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  ASSERT_NO_FATAL_FAILURE(die_alone());
  request_ = far_.receive_request("BYE");
  ASSERT_NO_FATAL_FAILURE(expect_in_dialog());
  far_.reply(request_, 200);
  connect();
  const Record record = expect_record(EndOrigin::application_lost);
  ASSERT_EQ(record.holders.size(), 1u);
  EXPECT_TRUE(record.holders[0].released);
}

class TakenUpAndKept : public TakenUpForNobody {
 protected:
  TakenUpAndKept() : TakenUpForNobody("[lost]\naction = \"keep\"\n") {}
};

TEST_F(TakenUpAndKept, ACallWaitsForItsApplicationAsPolicySays) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  ASSERT_NO_FATAL_FAILURE(die_alone());
  connect();  // the program was started again, and has no identifier of the one before
  const auto appeared = app_->next_event<api::CallAppeared>();
  ASSERT_TRUE(appeared);
  EXPECT_EQ(appeared->privilege, Privilege::owner);
  call_ = appeared->call;
  ASSERT_NO_FATAL_FAILURE(expect_back(CallState::connected));
  ASSERT_NO_FATAL_FAILURE(drop());
  expect_record(EndOrigin::local_user);
}

}  // namespace
}  // namespace switchhook::sip::test
