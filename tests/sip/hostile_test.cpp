// SPDX-License-Identifier: Apache-2.0
// Peers that send rubbish, strays and floods: the provider stays up, keeps nothing, and serves
// calls.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <random>

#include "base/limits.hpp"
#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/raw.hpp"

namespace {
std::atomic<int> names_looked_up = 0;
}  // namespace

/// In the place of the system's: notes what may be asked of a name server.
extern "C" [[gnu::visibility("default")]] int getaddrinfo(const char* node, const char* service,
                                                          const addrinfo* hints,
                                                          addrinfo** result) {
  if (node != nullptr && (hints == nullptr || (hints->ai_flags & AI_NUMERICHOST) == 0))
    ++names_looked_up;
  static const auto theirs =
      reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return theirs(node, service, hints, result);
}

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

/// A line of its own, so that no rubbish that happens to be a call is mistaken for this one.
Config hostile_config() {
  Config config = test_config();
  config.lines.push_back(LineConfig{.name = "service", .t1 = std::chrono::milliseconds(50)});
  return config;
}

void expect_service(Bench& bench) {
  constexpr provider::LineNumber kService = 2;
  const CallRef caller = bench.make_call(kAlice, "service");
  EXPECT_FALSE(bench.answer(bench.incoming(kService)));
  EXPECT_TRUE(bench.reaches(caller, CallState::connected));
  EXPECT_FALSE(bench.drop(caller));
  EXPECT_EQ(bench.ended(caller).confirmation, Confirmation::confirmed);
}

using Counts = std::map<RefusalReason, std::uint64_t>;
Counts counts_of(const Refusals& refusals) {
  Counts counts;
  for (const RefusalCount& each : refusals.reasons) counts[each.reason] = each.count;
  return counts;
}

/// No call is reported, and so no record is made: what is left of each is a count.
TEST(SipHostile, AnInviteThatNoLineIsOfferedIsCountedAndNothingElse) {
  Config config = hostile_config();
  config.lines[kBob].accept_from = {"192.0.2.7"};
  Bench bench(config, true);
  bench.submit(provider::OpenLine{kAlice, false});
  Raw raw(bench.port());
  const auto refused = [&](const std::string& request) {
    raw.send(request);
    return raw.status();
  };
  EXPECT_EQ(refused(raw.request("INVITE", "nobody", 1, "", kSdp)), 404);
  EXPECT_EQ(refused(raw.request("INVITE", "alice", 2, "", kSdp)), 480);
  EXPECT_EQ(refused(raw.request("INVITE", "alice", 3, "", kSdp)), 480);
  EXPECT_EQ(refused(raw.request("INVITE", "bob", 4, "", kSdp)), 403);
  EXPECT_EQ(refused(raw.request("INVITE", "service", 5, "", "no session description")), 400);
  EXPECT_EQ(refused(raw.request("BYE", "service", 6)), 481) << "no INVITE, and not counted";
  bench.submit(provider::CloseLine{2});
  static_cast<void>(bench.ledger());  // it has heard of that
  EXPECT_EQ(refused(raw.request("INVITE", "service", 7, "", kSdp)), 480);

  const provider::LedgerReport report = bench.ledger();
  for (const provider::Event& event : bench.events().events()) {
    EXPECT_FALSE(std::holds_alternative<provider::NewCall>(event));
    EXPECT_FALSE(std::holds_alternative<provider::Recovery>(event)) << "a row of the journal";
  }
  ASSERT_TRUE(report.refusals);
  const Refusals& refusals = *report.refusals;
  EXPECT_EQ(refusals.total, 6u);
  EXPECT_EQ(counts_of(refusals), (Counts{{RefusalReason::unknown_user, 1},
                                         {RefusalReason::nobody, 3},
                                         {RefusalReason::source, 1},
                                         {RefusalReason::not_understood, 1}}));
  ASSERT_EQ(refusals.networks.size(), 1u);
  EXPECT_EQ(refusals.networks[0].network, "127.0.0.0/24");
  EXPECT_EQ(refusals.networks[0].count, 6u);
  ASSERT_EQ(refusals.last.size(), 6u);
  EXPECT_EQ(refusals.last[0].sip_status, 480);
  EXPECT_EQ(refusals.last[0].source, "127.0.0.1");
  EXPECT_NE(refusals.last[0].called.find("service"), std::string::npos);
  EXPECT_EQ(refusals.last[5].reason, RefusalReason::unknown_user);
  EXPECT_NE(refusals.last[5].at.wall.count(), 0);
}

/// The engine closes what it does not take, without another word (rule 7 of provider.hpp).
TEST(SipHostile, AnInviteThatTheEngineDoesNotTakeIsCounted) {
  Bench bench(hostile_config());
  Raw raw(bench.port());
  raw.send(raw.request("INVITE", "bob", 1, "", kSdp));
  bench.close(bench.incoming(kBob));
  int status = raw.status();
  while (status < 200) status = raw.status();
  const Refusals refusals = *bench.ledger().refusals;
  EXPECT_EQ(counts_of(refusals), (Counts{{RefusalReason::not_taken, 1}}));
  EXPECT_EQ(refusals.last.at(0).sip_status, status);
}

TEST(SipHostile, WhatIsKeptOfEveryHeaderIsCutAtItsLimit) {
  Bench bench(hostile_config());
  Raw raw(bench.port());
  const auto with = [&](const char* user, int number, const std::string& where,
                        const std::string& what) {
    std::string request = raw.request("INVITE", user, number, "", kSdp);
    const std::size_t line = request.find(where);
    EXPECT_NE(line, std::string::npos) << where;
    const std::size_t from = line + where.size();
    return request.replace(from, request.find("\r\n", from) - from, what);
  };
  const std::string many(4000, 'x');
  raw.send(with("nobody", 1, "\r\nCall-ID: ", many));
  EXPECT_EQ(raw.status(), 404);
  raw.send(with("nobody", 2, "\r\nFrom: ", "<sip:" + many + "@192.0.2.1>;tag=1"));
  EXPECT_EQ(raw.status(), 404);
  const Refusals refusals = *bench.ledger().refusals;
  ASSERT_EQ(refusals.last.size(), 2u);
  EXPECT_EQ(refusals.last[1].provider_call_id.size(), limits::kProviderCallIdBytes);
  EXPECT_EQ(refusals.last[0].calling.size(), limits::kAddressBytes);
}

TEST(SipHostile, EachStrayGetsItsRefusal) {
  Bench bench(hostile_config());
  Raw raw(bench.port());
  const std::vector<std::pair<std::string, int>> cases = {
      {raw.request("INVITE", "nobody", 1, "", kSdp), 404},
      {raw.request("INVITE", "bob", 2, ";tag=made-up", kSdp), 481},
      {raw.request("BYE", "bob", 3, ";tag=1-2"), 481},
      {raw.request("BYE", "bob", 4), 481},
      {raw.request("CANCEL", "bob", 5), 481},
      {raw.request("SUBSCRIBE", "bob", 6), 405},
      {raw.request("FROBNICATE", "bob", 7), 501},
      {raw.request("OPTIONS", "bob", 8), 200},
      {raw.request("OPTIONS", "nobody", 9), 404},
      {raw.request("INVITE", "bob", 10, "", "not a session description"), 400},
      {raw.request("INVITE", "bob", 11, "", "v=0\r\nm=audio 1 RTP/AVP 18\r\n"), 488},
      {raw.request("INFO", "bob", 12, ";tag=ffffffffffffffffffffffffffff-0"), 481}};
  for (const auto& [request, status] : cases) {
    raw.send(request);
    EXPECT_EQ(raw.status(), status) << request.substr(0, 60);
  }
  raw.send(raw.request("ACK", "bob", 13, ";tag=1-2"));  // never answered
  expect_service(bench);
  bench.expect_empty();
}

TEST(SipHostile, AnInviteThatIsRepeatedIsOneCall) {
  Bench bench;
  Raw raw(bench.port());
  for (int i = 0; i < 50; ++i) raw.send(raw.request("INVITE", "bob", 1, "", kSdp));
  const CallRef call = bench.incoming(kBob);
  EXPECT_EQ(raw.status(), 180);
  EXPECT_FALSE(bench.drop(call));
  bench.ended(call);  // nobody acknowledges: unconfirmed after 64*T1
  std::size_t calls = 0;
  for (const provider::Event& event : bench.events().events())
    if (std::holds_alternative<provider::NewCall>(event)) ++calls;
  EXPECT_EQ(calls, 1u);
  bench.expect_empty();
}

TEST(SipHostile, AFloodOfInvitesIsRefusedBeyondTheLimit) {
  Config config = test_config();
  config.calls_unanswered = 20;
  Bench bench(config);
  Raw raw(bench.port());
  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    raw.send(raw.request("INVITE", "bob", i, "", kSdp));
    if (raw.status() == 503) ++refused;
  }
  EXPECT_EQ(refused, 180);
  const provider::LedgerReport report = bench.ledger();
  EXPECT_EQ(report.booked[static_cast<std::size_t>(Resource::provider_calls)], 20);
  EXPECT_EQ(report.found, report.booked);
  bench.expect_empty();
}

/// 4,000 refused INVITEs that nobody acknowledged made every caller get 503 for 30 seconds.
TEST(SipHostile, RefusedInvitesThatNobodyAcknowledgesAreNotCountedAsUnanswered) {
  Config config = test_config();
  config.calls_unanswered = 5;
  Bench bench(config);
  Raw raw(bench.port());
  for (int i = 0; i < 20; ++i) {
    raw.send(raw.request("INVITE", "bob", i, "", kSdp));
    EXPECT_FALSE(bench.drop(bench.incoming(kBob, static_cast<std::size_t>(i)))) << i;
  }
  bench.expect_empty();
}

/// One address cannot take what all share; who acknowledges is not counted.
TEST(SipHostile, OneSourceHasALimitOfItsOwn) {
  Config config = test_config();
  config.calls_of_source = 5;
  Bench bench(config);
  Raw raw(bench.port()), another(bench.port(), "127.0.0.2");
  int refused = 0;
  for (int i = 0; i < 10; ++i) {
    raw.send(raw.request("INVITE", "bob", i, "", kSdp));
    if (raw.status() == 503) ++refused;
  }
  EXPECT_EQ(refused, 5);
  std::string invite = another.request("INVITE", "bob", 100, "", kSdp);
  another.send(invite);
  EXPECT_EQ(another.status(), 180);
  bench.expect_empty();
}

/// Answers went to the address in maddr, up to twenty times as large as the request. What a line is
/// asked, it answers in full: a call, and what it can do.
TEST(SipHostile, AnAnswerGoesBackToWhereTheRequestCameFromAndIsNoLarger) {
  Bench bench(hostile_config());
  Raw raw(bench.port()), victim(bench.port(), "127.0.0.9", raw.port());
  int n = 0;
  for (const char* method : {"OPTIONS", "MESSAGE", "BYE", "INVITE", "FROBNICATE"})
    for (const char* user : {"bob", "nobody"})
      for (const bool broken : {false, true}) {  // sofia-sip answers what is broken by itself
        std::string text = raw.request(method, user, ++n);
        text.insert(text.find(";branch"), ";maddr=127.0.0.9");
        if (broken) text.replace(text.find("CSeq: 1"), 7, "CSeq: x");
        raw.send(text);
        const std::string answer = raw.message(300);
        const bool call = std::string(method) == "INVITE" && std::string(user) == "bob";
        const bool asked = std::string(method) == "OPTIONS" && std::string(user) == "bob";
        EXPECT_TRUE(call || answer.size() <= text.size() * (asked ? 2 : 1)) << text << answer;
        EXPECT_TRUE(broken || !answer.empty()) << text;
      }
  for (const char* user : {"bob", "nobody"}) {
    const std::string tiny = "OPTIONS sip:" + std::string(user) +
                             "@x SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK" + std::to_string(++n) +
                             "\r\nf:<sip:a>;tag=1\r\nt:<sip:b>\r\ni:1\r\nCSeq:1 OPTIONS\r\n\r\n";
    raw.send(tiny);
    EXPECT_LE(raw.message(300).size(), tiny.size()) << user;
  }
  EXPECT_EQ(victim.message(100), "");
  for (const provider::Event& event : bench.events().events())
    if (const auto* call = std::get_if<provider::NewCall>(&event); call != nullptr)
      static_cast<void>(bench.drop(call->call));
  bench.expect_empty();
}

TEST(SipHostile, AFloodOfStraysLeavesNothing) {
  Bench bench;
  Raw raw(bench.port());
  const CallRef caller = bench.make_call(kAlice, "bob");
  EXPECT_FALSE(bench.answer(bench.incoming(kBob)));
  ASSERT_TRUE(bench.reaches(caller, CallState::connected));
  for (int i = 0; i < 20000; ++i) {
    raw.send(raw.request(i % 2 == 0 ? "BYE" : "INVITE", i % 2 == 0 ? "bob" : "nobody", i,
                         i % 2 == 0 ? ";tag=1-00000000" : ""));
    if (i % 50 == 0) raw.drain();
  }
  const provider::LedgerReport report = bench.ledger();
  EXPECT_EQ(report.booked[static_cast<std::size_t>(Resource::provider_calls)], 2);
  EXPECT_EQ(report.found, report.booked);
  EXPECT_FALSE(bench.drop(caller));  // the live call is unharmed
  EXPECT_EQ(bench.ended(caller).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(SipHostile, RubbishDoesNoHarm) {
  Bench bench(hostile_config());
  Raw raw(bench.port());
  std::mt19937 random(7);
  const std::vector<std::string> seeds = {
      raw.request("INVITE", "bob", 1, "", kSdp), raw.request("BYE", "bob", 2, ";tag=1-2"),
      raw.request("OPTIONS", "bob", 3), raw.request("CANCEL", "bob", 4),
      "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nFrom: <sip:a@b>;tag=1\r\nTo: "
      "<sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"};
  for (int i = 0; i < 20000; ++i) {
    std::string text = seeds[random() % seeds.size()];
    for (std::size_t k = random() % 8; k > 0 && !text.empty(); --k) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, 1 + random() % 30);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), random() % 60));
          break;
        default:
          text.resize(at);
      }
    }
    raw.send(text);
    if (i % 50 == 0) {
      raw.drain();
      static_cast<void>(bench.ledger());  // keeps step, so that the kernel drops nothing
    }
  }
  expect_service(bench);
  bench.expect_empty();
}

TEST(SipHostile, RubbishOverTcpDoesNoHarm) {
  Bench bench(hostile_config());
  std::mt19937 random(11);
  for (int i = 0; i < 200; ++i) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(bench.port());
    ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    ASSERT_EQ(::connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    std::string text = "INVITE sip:bob@x SIP/2.0\r\nVia: SIP/2.0/TCP x\r\nContent-Length: ";
    text += i % 3 == 0 ? "-1" : i % 3 == 1 ? "999999999999" : "10";
    text += "\r\n\r\n";
    for (int k = 0; k < 500; ++k) text.push_back(static_cast<char>(random() % 256));
    static_cast<void>(!::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL));
    ::close(descriptor);
  }
  expect_service(bench);
  bench.expect_empty();
}

/// Answers to where nobody listens come back as errors of the socket that all calls share. They are
/// nobody's but theirs: every request of others goes out, once, and is acknowledged.
TEST(SipHostile, PortsWhereNobodyListensCostOthersNothing) {
  Bench bench(hostile_config());
  Raw stranger(bench.port());
  FarEnd far(FarEnd::By::udp);
  for (int i = 0; i < 50; ++i) {
    const CallRef call = bench.make_call(kAlice, far.uri());
    far.reply(far.receive_request("INVITE"), 200, true);
    ASSERT_TRUE(bench.reaches(call, CallState::connected)) << i;
    ASSERT_NE(far.receive_request("ACK"), "") << i;
    for (int k = 0; k < 5; ++k) {
      std::string options = stranger.request("OPTIONS", "bob", 100 * i + k);
      const std::string via = "127.0.0.1:" + std::to_string(stranger.port()) + ";branch";
      options.replace(options.find(via), via.size(), "127.0.0.1:9;branch");
      stranger.send(options);
    }
    EXPECT_FALSE(bench.drop(call));
    far.reply(far.receive_request("BYE"), 200);
    const provider::Ended ended = bench.ended(call);
    EXPECT_EQ(ended.confirmation, Confirmation::confirmed) << i;
    EXPECT_EQ(ended.sent_times, 1) << i;
    bench.close(call);
  }
  expect_service(bench);
  bench.expect_empty();
}

/// Whoever looks a name up waits, and all calls with it.
TEST(SipHostile, NamesThatStrangersWriteAreNotLookedUp) {
  Bench bench(hostile_config());
  Raw raw(bench.port());
  const int before = names_looked_up;
  int n = 0;
  for (const char* via :
       {"SIP/2.0/UDP 127.0.0.1;maddr=slow.test;branch=z9hG4bK-1",
        "SIP/2.0/UDP slow.test;maddr=slow.test;branch=z9hG4bK-2",
        "SIP/2.0/UDP slow.test;rport;branch=z9hG4bK-3", "SIP/7.0/UDP slow.test;branch=z9hG4bK-4"})
    for (const char* method : {"OPTIONS", "INVITE", "BYE", "MESSAGE"})
      for (const char* version : {"SIP/2.0", "SIP/7.0"}) {
        std::string text = raw.request(method, "bob", ++n, "", kSdp);
        text.replace(text.find("SIP/2.0"), 7, version);
        const std::size_t at = text.find("SIP/2.0/UDP");
        text.replace(at, text.find("\r\n", at) - at, via + std::to_string(n));
        raw.send(text);
      }
  static_cast<void>(bench.ledger());  // keeps step
  expect_service(bench);
  EXPECT_EQ(names_looked_up, before);
  for (const provider::Event& event : bench.events().events()) {
    const auto* call = std::get_if<provider::NewCall>(&event);
    if (call != nullptr && call->line == kBob) static_cast<void>(bench.drop(call->call));
  }
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
