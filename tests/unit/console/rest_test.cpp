// SPDX-License-Identifier: Apache-2.0
// REST on a service with the embedded exchange: who is let in, what routes answer, calls with a lease
// and what becomes of them when it ends, and that openapi.json says all of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "credentials/password_file.hpp"
#include "switchhook/json.hpp"
#include "tests/unit/console/console_world.hpp"

namespace switchhook::daemon {
namespace {

using switchhook::test::ConsoleWorld;
using switchhook::test::JsonText;
using testing::HasSubstr;
using testing::Not;
using Members = JsonText::Members;

class RestTest : public testing::Test {
 protected:
  ConsoleWorld world_;

  std::string place(const ConsoleWorld::Headers& lease, const std::string& address) {
    return world_.good("POST", "/api/v1/calls", R"({"line":"100","address":")" + address + "\"}",
                       lease)["session"];
  }
  std::string state_of(const std::string& session) {
    return world_.good("GET", "/api/v1/sessions/" + session)["state"];
  }
  bool reaches(const std::string& session, const std::string& state) {
    return test::eventually([&] { return state_of(session) == "\"" + state + "\""; });
  }
};

// ---- who is let in

TEST_F(RestTest, NeedsACredentialForAllButThePageAndItsDescription) {
  for (const Rest::Route& route : Rest::routes()) {
    const HttpServer::Answer answer =
        world_.ask(route.method, route.path, {}, {{"authorization", ""}});
    const bool open = route.needs == Rest::Needs::nothing;
    EXPECT_EQ(answer.status == 401, !open || std::string_view(route.path).ends_with("login"))
        << route.method << " " << route.path << " " << answer.status;
  }
}

TEST_F(RestTest, KnowsItsHostsByNameWhateverThePort) {
  for (const char* host : {"localhost", "localhost:80", "console.example:443"})
    EXPECT_EQ(world_.ask("GET", "/api/v1/me", {}, {{"host", host}}).status, 200) << host;
  for (const char* host : {"", "evil.example", "localhost.evil.example", "localhost:1:2",
                           "localhost,localhost", ":1", "evil.example:80"})
    EXPECT_EQ(world_.ask("GET", "/api/v1/me", {}, {{"host", host}}).status, 403) << host;
}

TEST_F(RestTest, RefusesPagesOfOtherOrigins) {
  EXPECT_EQ(world_.ask("GET", "/api/v1/me", {}, {{"origin", "http://localhost:1"}}).status, 200);
  for (const char* origin :
       {"http://evil.example", "null", "", "http://localhost:2", "localhost:1"})
    EXPECT_EQ(world_.ask("GET", "/api/v1/me", {}, {{"origin", origin}}).status, 403) << origin;
}

TEST_F(RestTest, AnActionNeedsAHeaderThatNoFormCanSend) {
  for (const Rest::Route& route : Rest::routes()) {
    if (std::string_view(route.method) == "GET") continue;
    EXPECT_EQ(world_.ask(route.method, route.path, {}, {{"x-switchhook", ""}}).status, 403)
        << route.path;
  }
}

TEST_F(RestTest, ALoginIsACookieThatScriptsCannotReadAndOtherSitesCannotSend) {
  const HttpServer::Answer answer =
      world_.ask("POST", "/api/v1/login", R"({"token":"the-token"})", {{"authorization", ""}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  ASSERT_EQ(answer.headers.size(), 1u);
  EXPECT_THAT(answer.headers[0].second, HasSubstr("; HttpOnly; SameSite=Strict;"));
  const std::string cookie = answer.headers[0].second.substr(0, answer.headers[0].second.find(';'));
  const ConsoleWorld::Headers with{{"authorization", ""}, {"cookie", cookie}};
  EXPECT_EQ(world_.good("GET", "/api/v1/me", {}, with)["role"], "\"operator\"");
  EXPECT_EQ(world_.ask("POST", "/api/v1/logout", {}, with).status, 200);
  EXPECT_EQ(world_.ask("GET", "/api/v1/me", {}, with).status, 401);
  EXPECT_EQ(world_.ask("POST", "/api/v1/login", R"({"token":"x"})").status, 401);
}

TEST_F(RestTest, KnowsNoOtherPathAndNoOtherMethod) {
  EXPECT_EQ(world_.ask("GET", "/api/v1/nothing").status, 404);
  EXPECT_EQ(world_.ask("GET", "/api/v1").status, 404);
  EXPECT_EQ(world_.ask("PUT", "/api/v1/lines").status, 405);
  EXPECT_EQ(world_.ask("POST", "/api/v1/lines").status, 405);
}

// ---- what is read

TEST_F(RestTest, ShowsLinesAndStatus) {
  EXPECT_THAT(world_.good("GET", "/api/v1/lines")["lines"], HasSubstr("\"name\":\"100\""));
  const Members status = world_.good("GET", "/api/v1/status");
  EXPECT_EQ(status.at("epoch"), "\"abc\"");
  EXPECT_TRUE(status.contains("sessions_live"));
}

TEST_F(RestTest, SaysWhatIsWrongWithAQuery) {
  for (const char* path :
       {"/api/v1/records?limit=x", "/api/v1/records?since=-1", "/api/v1/records?origin=nobody",
        "/api/v1/sessions?after=1x", "/api/v1/sessions/x", "/api/v1/leaks?limit=-1"})
    EXPECT_EQ(world_.ask("GET", path).status, 400) << path;
  EXPECT_EQ(world_.ask("GET", "/api/v1/sessions/12345").status, 404);
  EXPECT_EQ(world_.ask("POST", "/api/v1/sessions/12345/hangup").status, 404);
  EXPECT_EQ(world_.ask("POST", "/api/v1/leaks/12345/reclaim").status, 410);
}

// ---- calls

TEST_F(RestTest, PlacesACallEndsItAndShowsItsRecord) {
  const ConsoleWorld::Headers lease = world_.lease("dialer");
  const std::string session = place(lease, "200");
  ASSERT_TRUE(reaches(session, "connected"));
  EXPECT_THAT(world_.good("GET", "/api/v1/calls", {}, lease)["calls"],
              HasSubstr("\"privilege\":\"owner\""));
  EXPECT_THAT(world_.good("GET", "/api/v1/sessions")["sessions"],
              HasSubstr("\"session\":" + session + ","));
  world_.good("POST", "/api/v1/calls/" + session + "/hold", {}, lease);
  EXPECT_TRUE(reaches(session, "on hold"));
  world_.good("POST", "/api/v1/calls/" + session + "/unhold", {}, lease);
  EXPECT_TRUE(reaches(session, "connected"));
  world_.good("POST", "/api/v1/calls/" + session + "/digits", R"({"digits":"12"})", lease);
  world_.good("POST", "/api/v1/calls/" + session + "/drop", {}, lease);
  EXPECT_TRUE(reaches(session, "idle"));
  EXPECT_THAT(world_.good("GET", "/api/v1/leaks")["leaks"],
              HasSubstr("\"application\":\"dialer\",\"user\":\"console:token\""));
  world_.good("POST", "/api/v1/calls/" + session + "/release", {}, lease);
  EXPECT_EQ(world_.good("GET", "/api/v1/leaks")["total"], "0");
  EXPECT_EQ(world_.ask("POST", "/api/v1/calls/" + session + "/drop", {}, lease).status, 404);
  const std::string records = world_.good("GET", "/api/v1/records")["records"];
  EXPECT_THAT(records, HasSubstr("\"session\":" + session + ","));
  EXPECT_THAT(records, HasSubstr("\"ended_by_application\":\"dialer\""));
}

TEST_F(RestTest, SaysWhatIsWrongWithACall) {
  const ConsoleWorld::Headers lease = world_.lease("dialer");
  EXPECT_EQ(world_.ask("POST", "/api/v1/calls", R"({"line":"999","address":"200"})", lease).status,
            404);
  EXPECT_EQ(world_.ask("POST", "/api/v1/calls", R"({"line":"100","address":""})", lease).status,
            400);
  EXPECT_EQ(world_.ask("POST", "/api/v1/calls", R"({"line":"100","adress":"200"})", lease).status,
            400);
  EXPECT_EQ(
      world_.ask("POST", "/api/v1/calls", R"({"line":"100","address":"200","no_answer":-1})", lease)
          .status,
      400);
  EXPECT_EQ(world_.ask("POST", "/api/v1/calls", "line=100", lease).status, 400);
  EXPECT_EQ(world_.ask("POST", "/api/v1/calls", R"({"line":"100","address":"200"})").status, 410);
  EXPECT_EQ(world_.ask("POST", "/api/v1/calls", "{}", {{"x-switchhook-lease", "made up"}}).status,
            410);
}

TEST_F(RestTest, AnOperatorHangsUpAndReclaims) {
  const ConsoleWorld::Headers lease = world_.lease("dialer");
  const std::string session = place(lease, "200");
  ASSERT_TRUE(reaches(session, "connected"));
  world_.good("POST", "/api/v1/sessions/" + session + "/hangup");
  ASSERT_TRUE(reaches(session, "idle"));
  EXPECT_EQ(world_.ask("POST", "/api/v1/sessions/" + session + "/hangup").status, 409);
  EXPECT_EQ(world_.good("POST", "/api/v1/leaks/reclaim")["reclaimed"], "1");
  EXPECT_EQ(world_.good("GET", "/api/v1/leaks")["total"], "0");
  EXPECT_EQ(world_.good("GET", "/api/v1/calls", {}, lease)["calls"], "[]")
      << "it is taken from the lease, too";
}

TEST_F(RestTest, AnObserverSeesAndDoesNotControl) {
  ASSERT_TRUE(
      credentials::set_password(world_.folder() / "passwords", {"bert", false}, "long enough"));
  const HttpServer::Answer login =
      world_.ask("POST", "/api/v1/login", R"({"user":"bert","password":"long enough"})");
  ASSERT_EQ(login.status, 200) << login.body;
  std::string token = JsonText::object(login.body)->at("token");
  const ConsoleWorld::Headers bert{
      {"authorization", "Bearer " + token.substr(1, token.size() - 2)}};
  EXPECT_EQ(world_.good("GET", "/api/v1/me", {}, bert)["role"], "\"observer\"");
  const ConsoleWorld::Headers lease = world_.lease("dialer");
  const std::string session = place(lease, "200");
  ASSERT_TRUE(reaches(session, "connected"));
  EXPECT_THAT(world_.good("GET", "/api/v1/sessions", {}, bert)["sessions"],
              HasSubstr("\"session\":" + session + ","));
  EXPECT_EQ(world_.good("GET", "/api/v1/sessions/" + session + "/ladder", {}, bert)["messages"],
            "\"denied\"");
  EXPECT_EQ(world_.ask("POST", "/api/v1/sessions/" + session + "/hangup", {}, bert).status, 403);
  EXPECT_EQ(world_.ask("POST", "/api/v1/leaks/reclaim", {}, bert).status, 200) << "of its own";
  ConsoleWorld::Headers stolen = lease;
  stolen.insert(bert.begin(), bert.end());
  EXPECT_EQ(world_.ask("GET", "/api/v1/calls", {}, stolen).status, 410);
  EXPECT_EQ(state_of(session), "\"connected\"");
}

TEST_F(RestTest, ALeaseThatIsNotRenewedIsALostApplication) {
  const ConsoleWorld::Headers lease = world_.lease("forgetful");
  const std::string session = place(lease, "200");
  ASSERT_TRUE(reaches(session, "connected"));
  world_.pass(limits::kConsoleLease - std::chrono::seconds(1));
  EXPECT_EQ(world_.ask("GET", "/api/v1/me", {}, lease).status, 200) << "this renews it";
  world_.pass(limits::kConsoleLease - std::chrono::seconds(1));
  EXPECT_EQ(state_of(session), "\"connected\"");
  world_.pass(std::chrono::seconds(1));
  ASSERT_TRUE(reaches(session, "idle"));
  EXPECT_THAT(world_.good("GET", "/api/v1/records")["records"],
              HasSubstr("\"origin\":\"application lost\""));
  EXPECT_EQ(world_.ask("GET", "/api/v1/calls", {}, lease).status, 410);
  EXPECT_EQ(world_.good("GET", "/api/v1/leases")["leases"], "[]");
}

TEST_F(RestTest, ALeaseThatIsEndedInOrderIsNotLost) {
  const ConsoleWorld::Headers lease = world_.lease("tidy");
  const std::string session = place(lease, "200");
  ASSERT_TRUE(reaches(session, "connected"));
  EXPECT_THAT(world_.good("GET", "/api/v1/leases")["leases"],
              HasSubstr("{\"name\":\"tidy\",\"user\":\"console:token\",\"calls\":1,"));
  world_.good("DELETE", "/api/v1/leases", {}, lease);
  ASSERT_TRUE(reaches(session, "idle"));
  EXPECT_THAT(world_.good("GET", "/api/v1/records")["records"],
              HasSubstr("\"origin\":\"line closed\""));
  EXPECT_EQ(world_.ask("DELETE", "/api/v1/leases", {}, lease).status, 410);
}

TEST_F(RestTest, ThereAreSoManyLeasesOfAUser) {
  for (std::size_t i = 0; i < limits::kConsoleLeasesOfUser; ++i) world_.lease("one of many");
  EXPECT_EQ(world_.ask("POST", "/api/v1/leases", R"({"name":"one more"})").status, 429);
  EXPECT_EQ(world_.ask("POST", "/api/v1/leases", R"({"name":""})").status, 400);
  for (const char* seconds : {"0", "31", "-1", "\"5\""})
    EXPECT_EQ(
        world_
            .ask("POST", "/api/v1/leases", std::string(R"({"name":"x","seconds":)") + seconds + "}")
            .status,
        400);
  world_.pass(limits::kConsoleLease);
  world_.lease("the next");
}

// ---- what is told of a session

TEST_F(RestTest, TheLadderTellsALifeInTheOrderOfTime) {
  const ConsoleWorld::Headers lease = world_.lease("dialer");
  const std::string session = place(lease, "200");
  ASSERT_TRUE(reaches(session, "connected"));
  world_.good("DELETE", "/api/v1/leases", {}, lease);
  ASSERT_TRUE(reaches(session, "idle"));
  const Members ladder = world_.good("GET", "/api/v1/sessions/" + session + "/ladder");
  EXPECT_EQ(ladder.at("messages"), "\"kept\"");
  const std::string& steps = ladder.at("steps");
  const std::size_t acquired = steps.find("\"acquired\""), released = steps.find("\"released\""),
                    connected = steps.find("\"connected\"");
  EXPECT_LT(acquired, connected) << steps;
  EXPECT_LT(connected, released) << steps;
  EXPECT_NE(steps.find("{\"kind\":\"end\",\"origin\":\"line closed\""), std::string::npos) << steps;
}

TEST_F(RestTest, TheSummaryCountsEnds) {
  const ConsoleWorld::Headers lease = world_.lease("dialer");
  const std::string session = place(lease, "200");
  ASSERT_TRUE(reaches(session, "connected"));
  EXPECT_THAT(world_.good("GET", "/api/v1/summary")["sessions"], HasSubstr("\"connected\":1"));
  world_.good("POST", "/api/v1/sessions/" + session + "/hangup");
  ASSERT_TRUE(reaches(session, "idle"));
  const Members summary = world_.good("GET", "/api/v1/summary");
  EXPECT_THAT(summary.at("ended"),
              HasSubstr(R"({"origin":"local user","mode":"normal","count":1})"));
  EXPECT_THAT(summary.at("spans"), HasSubstr("\"seconds\":300"));
  EXPECT_THAT(summary.at("unreleased"), HasSubstr("\"dialer\":1"));
}

// ---- OpenAPI

std::set<std::string> names(const Members& members) {
  std::set<std::string> all;
  for (const auto& [name, value] : members) all.insert(name);
  return all;
}

TEST(OpenApi, IsJsonAndHasEveryRouteThatIsServed) {
  const auto all = JsonText::object(openapi_text(Rest::routes(), "1"));
  ASSERT_TRUE(all);
  const auto paths = JsonText::object(all->at("paths"));
  ASSERT_TRUE(paths);
  for (const Rest::Route& route : Rest::routes()) {
    std::string method = route.method;
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    ASSERT_TRUE(paths->contains(route.path)) << route.path;
    EXPECT_TRUE(JsonText::object(paths->at(route.path))->contains(method)) << route.path;
  }
  EXPECT_EQ(all->at("openapi"), "\"3.0.3\"");
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
  const std::string text = openapi_text(Rest::routes(), "1");
  const auto all = JsonText::object(text);
  ASSERT_TRUE(all);
  const auto schemas = JsonText::object(JsonText::object(all->at("components"))->at("schemas"));
  constexpr std::string_view kTo = "#/components/schemas/";
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(kTo, at)) != std::string::npos; ++found) {
    at += kTo.size();
    EXPECT_TRUE(schemas->contains(text.substr(at, text.find('"', at) - at)));
  }
  EXPECT_GT(found, 20u);
}

/// What a value's JSON has, and what its description says.
template <typename Value>
void expect_described(const char* name, const Value& value, std::set<std::string> also = {}) {
  const auto members = JsonText::object(to_json(value));
  ASSERT_TRUE(members) << name;
  const std::vector<std::string> described = described_members(name);
  also.merge(names(*members));
  EXPECT_EQ(also, std::set<std::string>(described.begin(), described.end())) << name;
}

TEST(OpenApi, DescribesTheMembersThatValuesHave) {
  Record record;
  record.timeline.emplace_back();
  expect_described("Record", record, {"session_id"});
  expect_described("End", End{});
  expect_described("Party", Party{});
  expect_described("HolderRecord", HolderRecord{});
  expect_described("MediaStatistics", MediaStatistics{});
  expect_described("LineInfo", LineInfo{});
  expect_described("Leak", Leak{}, {"session_id", "identifier_id"});
  expect_described("ServiceStatus", ServiceStatus{});
  expect_described("EndTimes", EndTimes{});
  expect_described("AuditReport", AuditReport{});
  expect_described("LedgerLine", LedgerLine{});
  expect_described("Refusals", Refusals{});
  expect_described("ReloadReport", ReloadReport{});
  expect_described("SessionInfo", SessionInfo{}, {"session_id"});
}

TEST_F(RestTest, AnswersHaveTheMembersThatAreDescribed) {
  const ConsoleWorld::Headers lease = world_.lease("dialer");
  const std::string session = place(lease, "200");
  ASSERT_TRUE(reaches(session, "connected"));
  std::size_t looked_at = 0;
  for (const Rest::Route& route : Rest::routes()) {
    const std::string_view answer = route.answer;
    if (std::string_view(route.method) != "GET" || answer == "events" || answer == "file") continue;
    std::string path = route.path;
    if (const std::size_t at = path.find("{session}"); at != std::string::npos)
      path.replace(at, 9, session);
    const Members members = world_.good("GET", path, {}, lease);
    if (answer == "object") continue;
    std::set<std::string> wanted;
    std::istringstream parts{std::string(answer)};
    for (std::string each; parts >> each;) {
      if (each.find(':') != std::string::npos)
        wanted.insert(each.substr(0, each.find(':')));
      else
        for (const std::string& name : described_members(each)) wanted.insert(name);
    }
    EXPECT_EQ(names(members), wanted) << path;
    ++looked_at;
  }
  EXPECT_GE(looked_at, 10u);
}

}  // namespace
}  // namespace switchhook::daemon
