// SPDX-License-Identifier: Apache-2.0
// Challenges within a call, on the wire: a BYE and a re-INVITE that are asked who they are from, by
// 401 and 407, with MD5 and SHA-256, and asked again because the nonce was stale. The responses are
// worked out here, by OpenSSL. UPDATE is never sent.
#include <openssl/evp.h>

#include <array>
#include <cstdio>

#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/scripted.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;
const std::string kPassword = "open sesame", kRealm = "far.test";

struct Way {
  int status;
  const char* algorithm;
};
void PrintTo(const Way& way, std::ostream* out) {
  *out << way.status << " " << way.algorithm;
}

std::string hex(const std::string& algorithm, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EXPECT_EQ(EVP_Digest(text.data(), text.size(), digest.data(), &size,
                       algorithm == "MD5" ? EVP_md5() : EVP_sha256(), nullptr),
            1);
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    std::array<char, 3> byte{};
    std::snprintf(byte.data(), byte.size(), "%02x", digest[i]);
    out += byte.data();
  }
  return out;
}

/// A parameter of an Authorization, without its quotes.
std::string parameter(const std::string& value, const std::string& name) {
  std::size_t at = value.find(" " + name + "=");
  if (at == std::string::npos) return {};
  at += name.size() + 2;
  if (value[at] == '"') return value.substr(at + 1, value.find('"', at + 1) - at - 1);
  return value.substr(at, value.find_first_of(", ", at) - at);
}

class SipChallenge : public testing::TestWithParam<Way> {
 protected:
  static Config config() {
    Config config = test_config();
    config.lines[kAlice].user = "alice";
    config.lines[kAlice].password = kPassword;
    config.lines[kAlice].realm = kRealm;
    return config;
  }
  SipChallenge() {
    call_ = bench_.make_call(kAlice, far_.uri());
    far_.reply(far_.receive_request("INVITE"), 200, true);
    EXPECT_TRUE(bench_.reaches(call_, CallState::connected));
    EXPECT_NE(far_.receive_request("ACK"), "");
  }

  void challenge(const std::string& request, const std::string& nonce, bool stale) {
    const std::string name = GetParam().status == 401 ? "WWW-Authenticate" : "Proxy-Authenticate";
    far_.send(far_.response(request, GetParam().status, false,
                            name + ": Digest realm=\"" + kRealm + "\", nonce=\"" + nonce +
                                "\", qop=\"auth\", algorithm=" + GetParam().algorithm +
                                (stale ? ", stale=true" : "") + "\r\n"));
  }
  /// That it says who it is from, as this nonce asks, by this password.
  static void expect_right(const std::string& request, const std::string& nonce) {
    const std::string value =
        header(request, GetParam().status == 401 ? "Authorization" : "Proxy-Authorization");
    const std::string algorithm = GetParam().algorithm;
    const auto part = [&](const char* name) { return parameter(value, name); };
    EXPECT_EQ(part("nonce"), nonce) << request;
    EXPECT_EQ(part("username"), "alice") << request;
    EXPECT_EQ(part("algorithm"), algorithm) << request;
    const std::string method = request.substr(0, request.find(' '));
    const std::string a1 = hex(algorithm, "alice:" + kRealm + ":" + kPassword);
    const std::string a2 = hex(algorithm, method + ":" + part("uri"));
    EXPECT_EQ(part("response"), hex(algorithm, a1 + ":" + nonce + ":" + part("nc") + ":" +
                                                   part("cnonce") + ":auth:" + a2))
        << request;
  }
  /// The request, asked twice who it is from: by a new nonce, and because that one was stale.
  std::string twice_challenged(const std::string& method) {
    std::string request = far_.receive_request(method);
    int cseq = cseq_number(request);
    for (const bool stale : {false, true}) {
      const std::string nonce = stale ? "second" : "first";
      challenge(request, nonce, stale);
      request = far_.receive_request(method);
      // The layer may have sent the one before once more, behind our answer.
      while (cseq_number(request) == cseq) request = far_.receive_request(method);
      EXPECT_EQ(cseq_number(request), ++cseq);
      expect_right(request, nonce);
    }
    return request;
  }

  Bench bench_{config()};
  FarEnd far_{FarEnd::By::udp};
  CallRef call_;
};

TEST_P(SipChallenge, AByeIsSentAgainAlsoWhenTheNonceWasStale) {
  EXPECT_FALSE(bench_.drop(call_));
  far_.reply(twice_challenged("BYE"), 200);
  const provider::Ended ended = bench_.ended(call_);
  EXPECT_EQ(ended.confirmation, Confirmation::confirmed);
  EXPECT_EQ(ended.sent_times, 3);
  bench_.expect_empty();
}

TEST_P(SipChallenge, AReinviteIsSentAgainAlsoWhenTheNonceWasStale) {
  const auto hold = bench_.next_request();
  bench_.submit(provider::Hold{.call = call_, .request = hold});
  far_.reply(twice_challenged("INVITE"), 200, true);
  EXPECT_FALSE(bench_.completion(hold));
  EXPECT_TRUE(bench_.settles(call_, CallState::on_hold));
  EXPECT_FALSE(bench_.drop(call_));
  std::string bye = far_.receive_request("BYE");
  far_.reply(bye, 200);
  EXPECT_EQ(bench_.ended(call_).confirmation, Confirmation::confirmed);
  bench_.expect_empty();
}

/// Whoever is asked again by a nonce that it has answered has the wrong password.
TEST_P(SipChallenge, AWrongPasswordEndsTheCallUnconfirmedAfterOneTry) {
  EXPECT_FALSE(bench_.drop(call_));
  int byes = 0;
  std::string last;
  for (std::string bye; bench_.count_ended(call_) == 0 && byes < 20;) {
    bye = far_.receive(200);
    if (!is_request(bye, "BYE")) continue;
    if (bye != last) ++byes;
    last = bye;
    challenge(bye, "always the same", false);
  }
  EXPECT_EQ(byes, 2);
  EXPECT_EQ(bench_.ended(call_).confirmation, Confirmation::unconfirmed);
  bench_.expect_empty();
}

TEST_P(SipChallenge, AReinviteThatIsNotBelievedFailsAndTheCallGoesOn) {
  const auto hold = bench_.next_request();
  bench_.submit(provider::Hold{.call = call_, .request = hold});
  const std::string first = far_.receive_request("INVITE");
  challenge(first, "same", false);
  std::string second = far_.receive_request("INVITE");
  while (cseq_number(second) == cseq_number(first)) second = far_.receive_request("INVITE");
  challenge(second, "same", false);
  const std::optional<Error> error = bench_.completion(hold);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Errc::failed);
  EXPECT_EQ(bench_.states(call_).back(), CallState::connected);
  EXPECT_FALSE(bench_.drop(call_));
  far_.reply(far_.receive_request("BYE"), 200);
  EXPECT_EQ(bench_.ended(call_).confirmation, Confirmation::confirmed);
  bench_.expect_empty();
}

TEST_P(SipChallenge, AReferIsSentAgainAlsoWhenTheNonceWasStale) {
  const auto transfer = bench_.next_request();
  bench_.submit(provider::Transfer{.call = call_, .request = transfer, .address = "bob"});
  const std::string refer = twice_challenged("REFER");
  EXPECT_NE(header(refer, "Refer-To"), "");
  far_.reply(refer, 603);
  const std::optional<Error> error = bench_.completion(transfer);
  ASSERT_TRUE(error);
  EXPECT_NE(error->context.find("603"), std::string::npos) << error->text();
  EXPECT_EQ(bench_.states(call_).back(), CallState::connected);
  EXPECT_FALSE(bench_.drop(call_));
  far_.reply(far_.receive_request("BYE"), 200);
  EXPECT_EQ(bench_.ended(call_).confirmation, Confirmation::confirmed);
  bench_.expect_empty();
}

/// An account whose registrar asks in its own realm, by this algorithm; and somebody whom it calls.
class SipForeignChallenge : public testing::Test {
 protected:
  static std::string challenge(const std::string& realm, const std::string& algorithm) {
    return "WWW-Authenticate: Digest realm=\"" + realm + "\", nonce=\"n\", algorithm=" + algorithm +
           "\r\n";
  }
  void register_by(const std::string& algorithm) {
    Config config = test_config();
    LineConfig& line = config.lines[kAlice];
    line.mode = LineMode::account;
    line.registrar = "sip:127.0.0.1:" + std::to_string(registrar_.port());
    line.password = kPassword;
    bench_.emplace(config);
    registrar_.send(registrar_.response(registrar_.receive_request("REGISTER"), 401, false,
                                        challenge("home.test", algorithm)));
    std::string request = registrar_.receive_request("REGISTER");
    while (header(request, "Authorization").empty())
      request = registrar_.receive_request("REGISTER");
    registrar_.send(registrar_.response(request, 200, false, "Expires: 600\r\n"));
    ASSERT_TRUE(bench_->line_status(kAlice, true));
  }
  /// Calls somebody, who asks so; the Authorization that it gets.
  std::string answer_to(const std::string& asked) {
    const CallRef call = bench_->make_call(kAlice, called_.uri());
    const std::string invite = called_.receive_request("INVITE");
    called_.send(called_.response(invite, 401, false, asked));
    std::string value;
    for (std::string request; value.empty() && bench_->count_ended(call) == 0;) {
      request = called_.receive(50);
      if (!is_request(request, "INVITE") || cseq_number(request) == cseq_number(invite)) continue;
      value = header(request, "Authorization");
      called_.reply(request, 486);
    }
    static_cast<void>(bench_->ended(call));
    words_ = bench_->cause(call).words;
    bench_->close(call);
    return value;
  }
  /// Lets the account go.
  void TearDown() override {
    bench_->submit(provider::Stop{});
    registrar_.send(registrar_.response(registrar_.receive_request("REGISTER"), 200, false, ""));
  }

  FarEnd registrar_{FarEnd::By::udp}, called_{FarEnd::By::udp};
  std::optional<Bench> bench_;
  std::string words_;
};

TEST_F(SipForeignChallenge, OfWhoeverIsCalledGetsNoDigest) {
  register_by("SHA-256");
  EXPECT_EQ(answer_to(challenge("evil.test", "SHA-256")), "");
  EXPECT_NE(words_.find("not of the line's own server"), std::string::npos) << words_;
}

TEST_F(SipForeignChallenge, UnderTheRegistrarsRealmByAWeakerAlgorithmGetsNoDigest) {
  register_by("SHA-256");
  EXPECT_EQ(answer_to(challenge("home.test", "MD5")), "");
  EXPECT_NE(answer_to(challenge("home.test", "SHA-256")), "");
}

TEST_F(SipForeignChallenge, OfARegistrarThatUsesMd5IsAnsweredByMd5) {
  register_by("MD5");
  EXPECT_NE(answer_to(challenge("home.test", "MD5")).find("realm=\"home.test\""),
            std::string::npos);
  EXPECT_EQ(answer_to(challenge("evil.test", "MD5")), "");
}

INSTANTIATE_TEST_SUITE_P(Ways, SipChallenge,
                         testing::Values(Way{401, "MD5"}, Way{401, "SHA-256"}, Way{407, "MD5"},
                                         Way{407, "SHA-256"}));

}  // namespace
}  // namespace switchhook::sip::test
