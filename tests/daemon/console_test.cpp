// SPDX-License-Identifier: Apache-2.0
// The console of a real daemon over HTTP: calls that are placed, watched and ended, files and events;
// and that whoever floods it, or is slow, holds up neither a call nor metrics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "base/limits.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::HttpClient;
using test::HttpPeer;
using test::TestClient;
using testing::HasSubstr;

constexpr auto* kConfig =
    "[sip]\nenabled = false\n[metrics]\nlisten = \"127.0.0.1:0\"\n[console]\nlisten = "
    "\"127.0.0.1:0\"\n";

class ConsoleDaemon : public testing::Test {
 protected:
  ConsoleDaemon() : daemon_({.config = kConfig}) { open(); }
  void open() {
    client_ = std::make_unique<HttpClient>(
        daemon_.field("console"),
        HttpClient::Headers{"Authorization: Bearer " + value("token"), "X-Switchhook: 1"});
  }
  /// A line of the file that `switchhook console` reads.
  [[nodiscard]] std::string value(const std::string& name) const {
    const std::string text = test::content_of(daemon_.socket() + ".console");
    const std::size_t at = text.find(name + "=");
    return at == std::string::npos
               ? ""
               : text.substr(at + name.size() + 1, text.find('\n', at) - at - name.size() - 1);
  }
  [[nodiscard]] HttpClient::Answer get(const std::string& path) const {
    return client_->ask("GET", "/api/v1" + path);
  }
  [[nodiscard]] HttpClient::Answer post(const std::string& path, const std::string& body = {},
                                        const std::string& lease = {}) const {
    return client_->ask("POST", "/api/v1" + path, body, {"X-Switchhook-Lease: " + lease});
  }
  [[nodiscard]] std::string lease() const {
    return post("/leases", R"({"name":"dialer"})").member("lease");
  }
  /// A stream of events that has begun.
  [[nodiscard]] std::unique_ptr<HttpPeer> stream(const std::string& query = {}) const {
    auto peer = std::make_unique<HttpPeer>(client_->port());
    EXPECT_TRUE(peer->say(client_->text_of("GET", "/api/v1/events" + query)));
    return peer;
  }
  [[nodiscard]] bool has_metrics() const {
    const HttpClient metrics("http://" + daemon_.field("metrics"), {});
    return metrics.ask("GET", "/metrics").status == 200;
  }

  DaemonProcess daemon_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(ConsoleDaemon, ACallIsPlacedWatchedEndedAndRecorded) {
  const auto events = stream();
  ASSERT_NE(events->hear_until("event: hello"), "");
  const std::string mine = lease();
  const HttpClient::Answer call = post("/calls", R"({"line":"100","address":"200"})", mine);
  ASSERT_EQ(call.status, 201) << call.body;
  const std::string session = call.member("session");
  ASSERT_NE(events->hear_until("\"state\":\"connected\""), "");
  EXPECT_EQ(post("/calls/" + session + "/drop", {}, mine).status, 200);
  EXPECT_NE(events->hear_until("\"held\":true,\"over\":true"), "");
  EXPECT_EQ(post("/calls/" + session + "/release", {}, mine).status, 200);
  EXPECT_NE(events->hear_until("\"held\":false,\"over\":true"), "");
  EXPECT_THAT(get("/records").body, HasSubstr("\"session\":" + session + ","));
  EXPECT_THAT(get("/records.csv").body, HasSubstr(session));
  EXPECT_THAT(get("/records.ndjson").body, HasSubstr("{\"session\":" + session + ","));
  EXPECT_THAT(get("/sessions/" + session + "/ladder").body, HasSubstr("\"kind\":\"end\""));
}

TEST_F(ConsoleDaemon, AStreamThatComesBackMissesNothing) {
  auto events = stream();
  const std::string hello = events->hear_until("event: hello");
  const std::size_t at = hello.find("id: ") + 4;
  const std::string last = hello.substr(at, hello.find('\n', at) - at);
  events.reset();
  const std::string mine = lease();
  ASSERT_EQ(post("/calls", R"({"line":"100","address":"200"})", mine).status, 201);
  events = stream("?after=" + last);
  const std::string missed = events->hear_until("\"state\":\"connected\"");
  EXPECT_NE(missed, "");
  EXPECT_EQ(missed.find("event: reset"), std::string::npos);
}

TEST_F(ConsoleDaemon, AnOpenStreamKeepsALease) {
  const std::string mine = lease();
  const auto events = stream("?lease=" + mine);
  ASSERT_NE(events->hear_until("event: hello"), "");
  EXPECT_THAT(get("/leases").body, HasSubstr("\"name\":\"dialer\""));
  EXPECT_EQ(client_->ask("GET", "/api/v1/events?lease=x").status, 410);
}

TEST_F(ConsoleDaemon, AClientThatIsSilentIsALostApplication) {
  const std::string mine = post("/leases", R"({"name":"forgetful","seconds":1})").member("lease");
  const auto events = stream();
  ASSERT_EQ(post("/calls", R"({"line":"100","address":"200"})", mine).status, 201);
  EXPECT_NE(events->hear_until("\"origin\":\"application lost\""), "");
  EXPECT_EQ(post("/calls", R"({"line":"100","address":"200"})", mine).status, 410);
  EXPECT_THAT(daemon_.log(), HasSubstr("is lost: its lease over HTTP has ended"));
}

TEST_F(ConsoleDaemon, StreamsAreToldThatItStopsAndOfTheNextOne) {
  const auto events = stream();
  const std::string hello = events->hear_until("event: hello");
  const std::size_t at = hello.find("id: ") + 4;
  EXPECT_EQ(daemon_.stop(), 0);
  EXPECT_NE(events->hear_until("event: bye"), "");
  daemon_.start();
  open();
  const auto again = stream("?after=" + hello.substr(at, hello.find('\n', at) - at));
  EXPECT_NE(again->hear_until("event: reset"), "");
}

TEST_F(ConsoleDaemon, AReloadAndADrainAreAnOperators) {
  std::ofstream(daemon_.folder() / "users") << "";
  const HttpClient::Answer reload = post("/reload");
  EXPECT_EQ(reload.status, 200) << reload.body;
  EXPECT_EQ(post("/drain", R"({"cancel":true})").status, 200);
  const HttpClient nobody(daemon_.field("console"), {"X-Switchhook: 1"});
  EXPECT_EQ(nobody.ask("POST", "/api/v1/drain").status, 401);
}

TEST_F(ConsoleDaemon, SendsWhatKeepsBrowsersFromHarm) {
  const HttpClient::Answer answer = client_->ask("GET", "/openapi.json");
  EXPECT_EQ(answer.status, 200);
  for (const char* header : {"Content-Security-Policy: default-src 'self'; frame-ancestors 'none';",
                             "X-Content-Type-Options: nosniff", "Cache-Control: no-store"})
    EXPECT_THAT(answer.head, HasSubstr(header));
}

TEST_F(ConsoleDaemon, RefusesWhatIsTooLarge) {
  EXPECT_EQ(client_->ask("GET", "/" + std::string(limits::kConsolePathBytes, 'x')).status, 414);
  EXPECT_EQ(client_->ask("GET", "/api/v1/lines", {}, {"Range: bytes=0-1"}).status, 416);
  const HttpClient::Answer large =
      post("/leases", "{\"name\":\"" + std::string(limits::kHttpRequestBytes, 'x') + "\"}");
  EXPECT_NE(large.status, 201);
  EXPECT_EQ(
      post("/leases", "{\"name\":\"" + std::string(limits::kNameBytes + 1, 'x') + "\"}").status,
      400);
}

TEST_F(ConsoleDaemon, ThereAreSoManyStreamsOfAUserAndTheirPlacesComeBack) {
  std::vector<std::unique_ptr<HttpPeer>> all;
  for (std::size_t i = 0; i < limits::kConsoleStreamsOfUser; ++i) {
    all.push_back(stream());
    ASSERT_NE(all.back()->hear_until("event: hello"), "") << i;
  }
  EXPECT_EQ(get("/events").status, 429);
  all.clear();
  EXPECT_TRUE(test::eventually([&] { return stream()->hear_until("event: hello") != ""; }));
}

TEST_F(ConsoleDaemon, WhoFloodsItOrIsSlowHoldsUpNeitherCallsNorMetrics) {
  std::vector<std::unique_ptr<HttpPeer>> hostile;
  const auto peer = [&]() -> HttpPeer& {
    return *hostile.emplace_back(std::make_unique<HttpPeer>(client_->port()));
  };
  for (std::size_t i = 0; i < limits::kConsoleThreads; ++i) {
    static_cast<void>(peer());                              // says nothing
    peer().say("GET /api/v1/lines HTTP/1.1\r\nHost: 127");  // and no more
    HttpPeer& flood = peer();                               // headers without an end
    for (int k = 0; k < 40; ++k)
      if (!flood.say("X-" + std::to_string(k) + ": " + std::string(1000, 'x') + "\r\n")) break;
    peer().say(client_->text_of("GET", "/api/v1/events"));  // does not read
  }
  TestClient program(daemon_.socket(), "program");
  ASSERT_TRUE(program.connected());
  EXPECT_TRUE(program.port().call(api::ListLines{}));
  EXPECT_TRUE(has_metrics());
  hostile.clear();
  EXPECT_TRUE(test::eventually([&] { return get("/lines").status == 200; }));
}

TEST_F(ConsoleDaemon, ItsAddressAndTokenAreItsUsersAlone) {
  const auto status = std::filesystem::status(daemon_.socket() + ".console");
  EXPECT_EQ(status.permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(value("address"), daemon_.field("console"));
  EXPECT_EQ(daemon_.stop(), 0);
  EXPECT_FALSE(std::filesystem::exists(daemon_.socket() + ".console"));
}

}  // namespace
}  // namespace switchhook
