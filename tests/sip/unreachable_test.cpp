// SPDX-License-Identifier: Apache-2.0
// Calls that reach nobody: each reason has words of its own, and none is the far end's doing. And a
// call that is up stays up when one request of it cannot be sent.
#include <arpa/inet.h>

#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/name_server.hpp"
#include "tests/sip/raw.hpp"
#include "tests/sip/scripted.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

void expect_words(Bench& bench, CallRef call, const std::string& words) {
  const provider::StateChanged end = bench.last_state(call, CallState::disconnected);
  ASSERT_TRUE(end.cause);
  EXPECT_EQ(end.cause->mode, DisconnectMode::unreachable);
  EXPECT_NE(end.cause->words.find(words), std::string::npos) << end.cause->words;
  EXPECT_EQ(end.origin, EndOrigin::provider) << "not by the remote party";
}

TEST(SipUnreachable, ARefusedConnectionIsCalledSo) {
  Bench bench;
  const std::string nobody = "sip:bob@127.0.0.1:" + std::to_string(free_port());
  for (const char* transport : {"", ";transport=tcp"})
    expect_words(bench, bench.make_call(kAlice, nobody + transport), "connection refused");
  bench.expect_empty();
}

TEST(SipUnreachable, AnUnknownNameIsCalledSo) {
  NameServer names({});
  Config config = test_config();
  config.resolver_file = names.resolver_file();
  Bench bench(config);
  expect_words(bench, bench.make_call(kAlice, "sip:bob@nobody.test:5060"),
               "no address for the name nobody.test");
  bench.expect_empty();
}

TEST(SipUnreachable, ASilentHostIsCalledSo) {
  FarEnd far(FarEnd::By::udp);
  Config config = test_config();
  config.lines[kAlice].t1 = std::chrono::milliseconds(10);
  Bench bench(config);
  expect_words(bench, bench.make_call(kAlice, far.uri()), "no response");
  bench.expect_empty();
}

/// sofia-sip's resolver looks at no hosts file.
TEST(SipUnreachable, LocalhostIsFoundWithoutANameServer) {
  FarEnd far(FarEnd::By::udp);
  NameServer names({});
  Config config = test_config();
  config.resolver_file = names.resolver_file();
  Bench bench(config);
  const CallRef call = bench.make_call(kAlice, "sip:far@LocalHost:" + std::to_string(far.port()));
  const std::string invite = far.receive_request("INVITE");
  EXPECT_NE(invite.find("INVITE sip:far@LocalHost:"), std::string::npos) << "as it was called";
  far.reply(invite, 486);
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::busy);
  bench.expect_empty();
}

/// RFC 3261 8.1.3.1: like a 503 to that request, which leaves the dialog (RFC 5057).
TEST(SipUnreachable, AHoldThatCannotBeSentLeavesTheCallUp) {
  auto far = std::make_unique<FarEnd>(FarEnd::By::udp);
  Bench bench;
  const CallRef call = bench.make_call(kAlice, far->uri());
  far->reply(far->receive_request("INVITE"), 200, true);
  ASSERT_TRUE(bench.reaches(call, CallState::connected));
  ASSERT_NE(far->receive_request("ACK"), "");
  const std::uint16_t port = far->port();
  far.reset();  // a proxy that is restarted
  const std::optional<Error> error = bench.hold(call);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->context, "the request could not be sent");
  EXPECT_EQ(bench.states(call).back(), CallState::connected);
  far = std::make_unique<FarEnd>(FarEnd::By::udp, "127.0.0.1", port);
  const auto hold = bench.next_request();
  bench.submit(provider::Hold{.call = call, .request = hold});
  far->reply(far->receive_request("INVITE"), 200, true);
  EXPECT_FALSE(bench.completion(hold));
  EXPECT_FALSE(bench.drop(call));
  far->reply(far->receive_request("BYE"), 200);
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
