// SPDX-License-Identifier: Apache-2.0
// Digest authentication, with the examples that the RFCs work out.
#include "providers/sip/dialog/digest.hpp"

#include <gtest/gtest.h>

#include <set>

namespace switchhook::sip::digest {
namespace {

// RFC 7616 section 3.9.1.
constexpr char kNonce[] = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
constexpr char kCnonce[] = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

Challenge http_challenge(Algorithm algorithm) {
  return {
      .realm = "http-auth@example.org", .nonce = kNonce, .algorithm = algorithm, .qop_auth = true};
}
const Credentials kMufasa{"Mufasa", "Circle of Life", ""};

TEST(Digest, Rfc7616ExampleMd5) {
  EXPECT_EQ(
      response(http_challenge(Algorithm::md5), kMufasa, {"GET", "/dir/index.html", kCnonce, 1}),
      "8ca523f5e9506fed4657c9700eebdbec");
}

TEST(Digest, Rfc7616ExampleSha256) {
  EXPECT_EQ(
      response(http_challenge(Algorithm::sha256), kMufasa, {"GET", "/dir/index.html", kCnonce, 1}),
      "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

// Section 3.9.2, with the values of its erratum 4897.
TEST(Digest, Rfc7616ExampleSha512) {
  const Challenge challenge{.realm = "api@example.org",
                            .nonce = "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
                            .algorithm = Algorithm::sha512_256,
                            .qop_auth = true};
  EXPECT_EQ(response(challenge, {"J\xC3\xA4s\xC3\xB8n Doe", "Secret, or not?", ""},
                     {"GET", "/doe.json", "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", 1}),
            "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5");
}

TEST(Digest, Rfc2617Example) {
  const Challenge challenge{.realm = "testrealm@host.com",
                            .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                            .qop_auth = true};
  EXPECT_EQ(response(challenge, {"Mufasa", "Circle Of Life", ""},
                     {"GET", "/dir/index.html", "0a4f113b", 1}),
            "6629fae49393a05397450978507c4ef1");
}

TEST(Digest, ParsesChallenges) {
  const std::optional<Challenge> c = parse_challenge(
      "Digest realm=\"a \\\"b\\\"\", nonce=\"n,1\",algorithm=SHA-256 , qop=\"auth-int, auth\", "
      "opaque=\"o\", stale=TRUE, unknown=7");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->realm, "a \"b\"");
  EXPECT_EQ(c->nonce, "n,1");
  EXPECT_EQ(c->opaque, "o");
  EXPECT_EQ(c->algorithm, Algorithm::sha256);
  EXPECT_TRUE(c->qop_auth && c->stale && c->has_opaque && c->algorithm_given);
}

TEST(Digest, RefusesWhatItCannotAnswer) {
  const std::string long_one = "Digest nonce=\"" + std::string(kChallengeBytes, 'x') + "\"";
  for (const std::string& bad :
       {std::string(), std::string("Digest"), std::string("Basic realm=\"x\", nonce=\"n\""),
        std::string("Digest realm=\"x\""),
        std::string("Digest realm=\"x\", nonce=\"n\", algorithm=SHA3-256"),
        std::string("Digest realm=\"x\", nonce=\"n\", qop=\"auth-int\""),
        std::string("Digest nonce=\"never ends"), std::string("Digest nonce=\"a\r\nb\""), long_one})
    EXPECT_FALSE(parse_challenge(bad)) << bad.substr(0, 60);
}

using Challenges = std::vector<std::pair<bool, std::string>>;

TEST(DigestClient, TakesTheServersFirstChoiceThatItKnows) {  // RFC 8760 2.4
  Client client;
  const Credentials credentials{"u", "p", ""};
  EXPECT_TRUE(client.take(
      Challenges{{false, "Digest realm=\"r\", nonce=\"1\", algorithm=SHA3-256, qop=\"auth\""},
                 {false, "Digest realm=\"r\", nonce=\"2\", algorithm=SHA-256, qop=\"auth\""},
                 {false, "Digest realm=\"r\", nonce=\"3\", algorithm=MD5, qop=\"auth\""}},
      credentials));
  const Headers headers = client.headers(credentials, "BYE", "sip:b@x", 1);
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_EQ(headers[0].first, "Authorization");
  EXPECT_NE(headers[0].second.find("algorithm=SHA-256"), std::string::npos);
  EXPECT_NE(headers[0].second.find("nonce=\"2\""), std::string::npos);
}

TEST(DigestClient, CountsTheNonceUpAndAnswersTwoRealms) {
  Client client;
  const Credentials credentials{"u", "p", ""};
  EXPECT_TRUE(client.take({{false, "Digest realm=\"a\", nonce=\"1\", qop=\"auth\""},
                           {true, "Digest realm=\"b\", nonce=\"2\", qop=\"auth\""}},
                          credentials));
  EXPECT_EQ(client.headers(credentials, "INVITE", "sip:b@x", 1).size(), 2u);
  const Headers second = client.headers(credentials, "BYE", "sip:b@x", 2);
  EXPECT_NE(second[0].second.find("nc=00000002"), std::string::npos);
  EXPECT_EQ(second[1].first, "Proxy-Authorization");
}

TEST(DigestClient, StopsAtAWrongPasswordButNotAtAStaleNonce) {
  Client client;
  const Credentials credentials{"u", "p", ""};
  const Challenges first{{false, "Digest realm=\"a\", nonce=\"1\""}};
  EXPECT_TRUE(client.take(first, credentials));
  static_cast<void>(client.headers(credentials, "BYE", "sip:b@x", 1));
  EXPECT_FALSE(client.take(first, credentials));
  static_cast<void>(client.headers(credentials, "BYE", "sip:b@x", 1));
  EXPECT_TRUE(client.take({{false, "Digest realm=\"a\", nonce=\"1\", stale=true"}}, credentials));
}

/// RFC 3261 22.2. Asterisk, FreeSWITCH and Kamailio refuse a wrong password by a new nonce.
TEST(DigestClient, TakesANewNonceForTheSameRequestForARefusal) {
  Client client;
  const Credentials credentials{"u", "p", ""};
  const auto take = [&](const std::string& more, bool again) {
    static_cast<void>(client.headers(credentials, "BYE", "sip:b@x", 1));
    return client.take({{false, "Digest realm=\"a\", nonce=" + more}}, credentials, Teacher::nobody,
                       again);
  };
  EXPECT_TRUE(take("\"1\"", false));
  EXPECT_FALSE(take("\"2\"", true));
  EXPECT_TRUE(take("\"3\"", false)) << "another request: the server uses a nonce once";
  EXPECT_TRUE(take("\"4\", stale=true", true));
  EXPECT_TRUE(
      client.take({{true, "Digest realm=\"b\", nonce=\"1\""}}, credentials, Teacher::nobody, true))
      << "the next proxy has not been answered yet";
}

TEST(DigestClient, AnswersOnlyItsRealm) {
  Client client;
  const Credentials credentials{"u", "p", "home"};
  EXPECT_FALSE(client.take({{false, "Digest realm=\"evil\", nonce=\"1\""}}, credentials));
  EXPECT_TRUE(client.headers(credentials, "BYE", "sip:b@x", 1).empty());
  EXPECT_TRUE(client.take({{false, "Digest realm=\"home\", nonce=\"1\""}}, credentials));
}

Credentials learning() {
  return {"u", "p", "", std::make_shared<KnownRealms>()};
}
const Challenges kEvil{{false, "Digest realm=\"evil\", nonce=\"1\""}};

/// Whoever is called may challenge: a digest under its own nonce is what a password is guessed from.
TEST(DigestClient, WithoutARealmOnlyThatOfTheRegistrarIsAnswered) {
  const Credentials credentials = learning();
  EXPECT_FALSE(Client().take(kEvil, credentials)) << "nothing is known yet";
  credentials.known->realms = {{"home", strength_of(Algorithm::md5)}};
  EXPECT_FALSE(Client().take(kEvil, credentials));
  EXPECT_FALSE(Client().take(kEvil, credentials, Teacher::server)) << "it knows one already";
  Client client;
  EXPECT_TRUE(client.take({kEvil[0], {false, "Digest realm=\"home\", nonce=\"1\""}}, credentials));
  EXPECT_EQ(client.headers(credentials, "BYE", "sip:b@x", 1).size(), 1u);
}

TEST(DigestClient, NeverAnswersByAWeakerAlgorithmThanTheRegistrarUsed) {
  const Credentials credentials = learning();
  credentials.known->realms = {{"home", strength_of(Algorithm::sha256)}};
  const std::string challenge = "Digest realm=\"home\", nonce=\"1\", algorithm=";
  for (const char* weak : {"MD5", "MD5-sess"})
    EXPECT_FALSE(Client().take({{false, challenge + weak}}, credentials)) << weak;
  for (const char* good : {"SHA-256", "SHA-256-sess", "SHA-512-256"})
    EXPECT_TRUE(Client().take({{false, challenge + good}}, credentials)) << good;
  Client client;
  EXPECT_TRUE(
      client.take({{false, challenge + "MD5"}, {false, challenge + "SHA-256"}}, credentials))
      << "the weak one on top is passed over";
}

TEST(DigestClient, WithARealmItsAlgorithmDoesNotBecomeWeaker) {
  Credentials credentials = learning();
  credentials.realm = "home";
  Client client;
  EXPECT_FALSE(client.take(kEvil, credentials));
  EXPECT_TRUE(
      client.take({{false, "Digest realm=\"home\", nonce=\"1\", algorithm=SHA-256"}}, credentials));
  EXPECT_FALSE(
      client.take({{false, "Digest realm=\"home\", nonce=\"2\", algorithm=MD5"}}, credentials));
}

TEST(DigestClient, LearnsTheRealmOfTheServerThatTheLineWasConfiguredWith) {
  const Challenges proxy{{true, "Digest realm=\"proxy\", nonce=\"1\", algorithm=SHA-256"}};
  const Credentials by_proxy = learning();
  EXPECT_FALSE(Client().take(kEvil, by_proxy, Teacher::proxy)) << "no proxy's challenge";
  EXPECT_TRUE(Client().take(proxy, by_proxy, Teacher::proxy));
  EXPECT_TRUE(Client().take(proxy, by_proxy)) << "from then on also in other calls";
  EXPECT_FALSE(Client().take({{true, "Digest realm=\"proxy\", nonce=\"2\""}}, by_proxy));
  EXPECT_FALSE(Client().take(kEvil, by_proxy, Teacher::proxy));
  EXPECT_TRUE(Client().take(kEvil, learning(), Teacher::server)) << "whatever it calls itself";
}

TEST(DigestClient, WithoutQopThereIsNoCount) {
  Client client;
  const Credentials credentials{"u", "p", ""};
  EXPECT_TRUE(client.take({{false, "Digest realm=\"a\", nonce=\"1\""}}, credentials));
  const std::string value = client.headers(credentials, "BYE", "sip:b@x", 1)[0].second;
  EXPECT_EQ(value.find("nc="), std::string::npos);
  EXPECT_EQ(value.find("qop="), std::string::npos);
  EXPECT_EQ(value.find("algorithm"), std::string::npos);
}

/// By SplitMix64, whoever saw one value knew the next.
TEST(Digest, AValueOfASecretTellsNothingOfTheNext) {
  std::set<std::uint64_t> seen;
  std::uint64_t last = 0;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    const std::uint64_t value = derived(17, i);
    EXPECT_TRUE(seen.insert(value).second);
    EXPECT_NE(value - last, 0x9e3779b97f4a7c15u);
    last = value;
  }
  EXPECT_EQ(derived(17, 1), derived(17, 1));
  EXPECT_NE(derived(17, 1), derived(18, 1));
}

}  // namespace
}  // namespace switchhook::sip::digest
