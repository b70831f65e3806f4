// SPDX-License-Identifier: Apache-2.0
// Registration of an account, in virtual time.
#include "providers/sip/lines/registration.hpp"

#include <gtest/gtest.h>

namespace switchhook::sip {
namespace {

using State = Registration::State;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Registering : public ::testing::Test {
 protected:
  Registering() {
    settings.registrar = "sip:example.org";
    settings.address = "<sip:alice@example.org>";
    settings.contact = "<sip:alice@127.0.0.1:5060>";
    settings.call_id = "c";
    settings.local_tag = "t";
    settings.credentials = {"alice", "secret", ""};
  }
  bool feed(const Registration::Input& input) {
    out.clear();
    if (std::holds_alternative<Registration::TimerDue>(input)) timer.reset();
    const bool known = registration.apply(input, out);
    for (const Registration::Output& output : out) {
      if (const auto* send = std::get_if<Registration::SendRegister>(&output))
        sent.push_back(*send);
      if (const auto* set = std::get_if<Registration::SetTimer>(&output)) timer = set->after;
      if (std::get_if<Registration::ClearTimer>(&output) != nullptr) timer.reset();
    }
    return known;
  }
  Registration::ResponseIn response(std::uint16_t status, std::uint32_t granted = 0) {
    return {.transaction = sent.back().transaction,
            .status = status,
            .phrase = "p",
            .granted_s = granted};
  }
  void challenge(const std::string& nonce, bool stale) {
    Registration::ResponseIn r = response(401);
    r.challenges = {
        {false, "Digest realm=\"r\", nonce=\"" + nonce + "\"" + (stale ? ", stale=true" : "")}};
    feed(r);
  }
  template <typename What>
  const What* find() const {
    for (const Registration::Output& output : out)
      if (const What* what = std::get_if<What>(&output)) return what;
    return nullptr;
  }

  RegistrationSettings settings;
  Registration registration{settings};
  Registration::Outputs out;
  std::vector<Registration::SendRegister> sent;
  std::optional<milliseconds> timer;
  int nonces = 0;
};

TEST_F(Registering, RegistersAndRefreshesBeforeTheTimeIsOver) {
  feed(Registration::Start{});
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].expires_s, 600u);
  EXPECT_EQ(sent[0].request.uri, "sip:example.org");
  feed(response(200, 100));
  ASSERT_NE(find<Registration::Status>(), nullptr);
  EXPECT_TRUE(find<Registration::Status>()->registered);
  EXPECT_EQ(timer, seconds(80));
  feed(Registration::TimerDue{});
  EXPECT_EQ(registration.state(), State::refreshing);
  EXPECT_EQ(sent[1].request.cseq, sent[0].request.cseq + 1);
  EXPECT_EQ(sent[1].request.call_id, sent[0].request.call_id);
  feed(response(200, 100));
  EXPECT_EQ(find<Registration::Status>(), nullptr) << "nothing changed";
}

/// RFC 3261 22.2: a new nonce that is not stale refuses the password. Servers ban after five.
TEST_F(Registering, TriesAWrongPasswordOnceAndThenPausesLong) {
  feed(Registration::Start{});
  const auto refuse = [&] {
    for (int i = 0; i < 10 && registration.state() == State::registering; ++i)
      challenge(std::to_string(++nonces), false);
  };
  refuse();
  EXPECT_EQ(registration.state(), State::waiting);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_TRUE(sent[0].request.authorization.empty());
  EXPECT_EQ(sent[1].request.authorization.size(), 1u);
  ASSERT_NE(find<Registration::Status>(), nullptr);
  EXPECT_EQ(find<Registration::Status>()->words,
            "not registered: 401 p (user, password or realm is wrong; next try in 300 s)");
  EXPECT_EQ(timer, seconds(300));
  std::vector<milliseconds> pauses;
  for (int i = 0; i < 5; ++i) {
    feed(Registration::TimerDue{});
    EXPECT_TRUE(sent.back().request.authorization.empty()) << "no failure before it is asked";
    refuse();
    pauses.push_back(*timer);
  }
  EXPECT_EQ(sent.size(), 12u);
  EXPECT_EQ(pauses.front(), seconds(600));
  EXPECT_EQ(pauses.back(), seconds(3600));
}

TEST_F(Registering, AnswersAStaleNonceButNotForEver) {
  feed(Registration::Start{});
  challenge("0", false);
  challenge("1", true);
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_NE(sent[2].request.authorization[0].second.find("nonce=\"1\""), std::string::npos);
  for (int i = 2; i < 10 && registration.state() == State::registering; ++i)
    challenge(std::to_string(i), true);
  EXPECT_EQ(sent.size(), 4u);
}

/// Servers that use each nonce once challenge every refresh again.
TEST_F(Registering, ANewNonceForARefreshIsNoRefusal) {
  feed(Registration::Start{});
  challenge("0", false);
  feed(response(200, 100));
  feed(Registration::TimerDue{});
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[2].request.authorization.size(), 1u);
  challenge("1", false);
  EXPECT_EQ(registration.state(), State::refreshing);
  feed(response(200, 100));
  EXPECT_TRUE(registration.registered());
}

TEST_F(Registering, AForbiddenAccountPausesLong) {
  feed(Registration::Start{});
  feed(response(403));
  EXPECT_EQ(find<Registration::Status>()->words, "not registered: 403 p (next try in 300 s)");
  EXPECT_EQ(timer, seconds(300));
}

TEST_F(Registering, SaysThatThereIsNoPassword) {
  settings.credentials = {};
  feed(Registration::Start{});
  Registration::ResponseIn challenge = response(401);
  challenge.challenges = {{false, "Digest realm=\"r\", nonce=\"n\""}};
  feed(challenge);
  ASSERT_NE(find<Registration::Status>(), nullptr);
  EXPECT_EQ(find<Registration::Status>()->words,
            "not registered: 401 p (the line has no password; next try in 300 s)");
}

/// Which realm a call's challenge must have is known from then on.
TEST_F(Registering, TellsByWhomItWasAskedWhenItIsRegistered) {
  settings.learned = std::make_shared<digest::KnownRealms>();
  const auto& realms = settings.learned->realms;
  feed(Registration::Start{});
  Registration::ResponseIn r = response(401);
  r.challenges = {{false, "Digest realm=\"home\", nonce=\"1\", algorithm=SHA-256"}};
  feed(r);
  EXPECT_TRUE(realms.empty()) << "anybody could have asked";
  feed(response(200));
  ASSERT_EQ(realms.size(), 1u);
  EXPECT_EQ(realms[0].realm, "home");
  EXPECT_EQ(realms[0].strength, digest::strength_of(digest::Algorithm::sha256));
}

TEST_F(Registering, BacksOffAndForgetsTheBackOffAfterASuccess) {
  feed(Registration::Start{});
  std::vector<milliseconds> pauses;
  for (int i = 0; i < 9; ++i) {
    feed(response(503));
    EXPECT_EQ(registration.state(), State::waiting);
    pauses.push_back(*timer);
    feed(Registration::TimerDue{});
  }
  EXPECT_EQ(pauses[0], seconds(5));
  EXPECT_EQ(pauses[1], seconds(10));
  EXPECT_EQ(pauses.back(), seconds(300));
  feed(response(200));
  feed(Registration::TimerDue{});
  feed(Registration::NoResponse{sent.back().transaction, "x"});
  ASSERT_NE(find<Registration::Status>(), nullptr);
  EXPECT_FALSE(find<Registration::Status>()->registered);
  EXPECT_EQ(timer, seconds(5));
}

TEST_F(Registering, WaitsAsLongAsTheRegistrarAsks) {  // 20.33
  feed(Registration::Start{});
  Registration::ResponseIn later = response(503);
  later.retry_after_s = 120;
  feed(later);
  EXPECT_EQ(timer, seconds(120));
  feed(Registration::TimerDue{});
  later = response(503);
  later.retry_after_s = 1000000;
  feed(later);
  EXPECT_EQ(timer, settings.retry_after_longest);
}

TEST_F(Registering, RegistersAtOnceWhenItsConnectionIsLostButNotWithoutEnd) {
  feed(Registration::Start{});
  EXPECT_FALSE(feed(Registration::FlowLost{})) << "its request tells by itself";
  feed(response(200, 100));
  EXPECT_TRUE(feed(Registration::FlowLost{}));
  EXPECT_EQ(registration.state(), State::refreshing);
  EXPECT_TRUE(registration.registered());
  std::vector<milliseconds> pauses;
  for (int i = 0; i < 9; ++i) {  // closed whenever it has answered
    feed(response(200, 100));
    feed(Registration::FlowLost{});
    EXPECT_EQ(registration.state(), State::waiting);
    EXPECT_FALSE(registration.registered());
    pauses.push_back(*timer);
    feed(Registration::TimerDue{});
  }
  EXPECT_EQ(pauses[0], seconds(5));
  EXPECT_EQ(pauses[1], seconds(10));
  EXPECT_EQ(pauses.back(), seconds(300));
  feed(response(200, 100));
  feed(Registration::TimerDue{});
  feed(response(200, 100));
  feed(Registration::FlowLost{});
  EXPECT_EQ(registration.state(), State::refreshing) << "at once, after a refresh in its time";
  for (int i = 0; i < 3; ++i) {  // one that closes what is idle for long
    feed(response(200, 100));
    feed(Registration::FlowLost{true});
    EXPECT_EQ(registration.state(), State::refreshing);
  }
}

TEST_F(Registering, ADoubtIsLookedIntoOnceBeforeTheNextRefresh) {
  feed(Registration::Start{});
  EXPECT_FALSE(feed(Registration::Doubted{}));
  feed(response(200, 100));
  EXPECT_TRUE(feed(Registration::Doubted{}));
  EXPECT_EQ(sent.size(), 2u);
  feed(response(200, 100));
  EXPECT_FALSE(feed(Registration::Doubted{}));
  feed(Registration::TimerDue{});
  feed(response(200, 100));
  EXPECT_TRUE(feed(Registration::Doubted{}));
}

TEST_F(Registering, NoResponseEndsByItsOwnLimit) {
  feed(Registration::Start{});
  EXPECT_EQ(timer, 64 * settings.t1);
  feed(Registration::TimerDue{});
  EXPECT_EQ(registration.state(), State::waiting);
  ASSERT_NE(find<Registration::Forget>(), nullptr);
}

TEST_F(Registering, TooShortATimeIsMadeLonger) {  // 10.2.8
  feed(Registration::Start{});
  Registration::ResponseIn r = response(423);
  r.min_expires_s = 1800;
  feed(r);
  EXPECT_EQ(sent.back().expires_s, 1800u);
}

TEST_F(Registering, StopUnregistersInBoundedTime) {
  feed(Registration::Start{});
  feed(response(200));
  feed(Registration::Stop{});
  EXPECT_EQ(sent.back().expires_s, 0u);
  EXPECT_EQ(registration.state(), State::unregistering);
  feed(Registration::TimerDue{});  // no response
  ASSERT_NE(find<Registration::Stopped>(), nullptr);
  EXPECT_EQ(registration.state(), State::stopped);
  EXPECT_FALSE(timer);
}

TEST_F(Registering, StopWhileTheFirstRegisterIsUnderWayStillUnregisters) {
  feed(Registration::Start{});
  const Registration::ResponseIn late = response(200);
  feed(Registration::Stop{});
  EXPECT_FALSE(feed(late));
  EXPECT_EQ(registration.state(), State::unregistering);
  feed(response(200));
  EXPECT_EQ(registration.state(), State::stopped);
  for (const Registration::Input& input :
       {Registration::Input{Registration::Start{}}, Registration::Input{Registration::Stop{}},
        Registration::Input{Registration::TimerDue{}}, Registration::Input{response(200)}})
    EXPECT_FALSE(feed(input));
  EXPECT_EQ(registration.state(), State::stopped);
}

}  // namespace
}  // namespace switchhook::sip
