// SPDX-License-Identifier: Apache-2.0
// The tables between SIP and a telephone's causes, both ways.
#include "providers/sip/call/mapping.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/limits.hpp"

namespace switchhook::sip::mapping {
namespace {

using enum DisconnectMode;
using usage::Disconnected;

struct StatusCase {
  int status;
  DisconnectMode mode, alerted;
};

TEST(Mapping, FinalResponsesToOurInvite) {
  const std::vector<StatusCase> cases = {{300, forwarded, forwarded},
                                         {301, number_changed, number_changed},
                                         {302, forwarded, forwarded},
                                         {305, forwarded, forwarded},
                                         {380, forwarded, forwarded},
                                         {399, forwarded, forwarded},
                                         {400, unavailable, unavailable},
                                         {401, blocked, blocked},
                                         {403, blocked, blocked},
                                         {404, bad_address, bad_address},
                                         {405, incompatible, incompatible},
                                         {406, incompatible, incompatible},
                                         {407, blocked, blocked},
                                         {408, unreachable, no_answer},
                                         {410, number_changed, number_changed},
                                         {415, incompatible, incompatible},
                                         {416, bad_address, bad_address},
                                         {420, incompatible, incompatible},
                                         {421, incompatible, incompatible},
                                         {433, blocked, blocked},
                                         {436, blocked, blocked},
                                         {437, blocked, blocked},
                                         {438, blocked, blocked},
                                         {470, blocked, blocked},
                                         {480, unreachable, no_answer},
                                         {481, unavailable, unavailable},
                                         {482, unreachable, unreachable},
                                         {483, unreachable, unreachable},
                                         {484, bad_address, bad_address},
                                         {485, bad_address, bad_address},
                                         {486, busy, busy},
                                         {487, cancelled, cancelled},
                                         {488, incompatible, incompatible},
                                         {491, unavailable, unavailable},
                                         {493, incompatible, incompatible},
                                         {494, incompatible, incompatible},
                                         {499, unavailable, unavailable},
                                         {500, temporary_failure, temporary_failure},
                                         {501, incompatible, incompatible},
                                         {502, temporary_failure, temporary_failure},
                                         {503, congestion, congestion},
                                         {504, temporary_failure, temporary_failure},
                                         {505, incompatible, incompatible},
                                         {513, incompatible, incompatible},
                                         {580, qos_unavailable, qos_unavailable},
                                         {599, temporary_failure, temporary_failure},
                                         {600, busy, busy},
                                         {603, reject, reject},
                                         {604, bad_address, bad_address},
                                         {606, incompatible, incompatible},
                                         {607, reject, reject},
                                         {608, blocked, blocked},
                                         {699, reject, reject}};
  for (const StatusCase& c : cases) {
    const auto status = static_cast<std::uint16_t>(c.status);
    EXPECT_EQ(mode_of_status(status, {}), c.mode) << c.status;
    EXPECT_EQ(mode_of_status(status, {.alerted = true}), c.alerted) << c.status;
  }
}

TEST(Mapping, WhatElseTheResponseSaysCounts) {
  EXPECT_EQ(mode_of_status(503, {.retry_after = true}), temporary_failure);
  EXPECT_EQ(mode_of_status(480, {.phrase = "Do Not Disturb"}), do_not_disturb);
  Disconnected end{.by = Disconnected::By::response, .status = 480};
  end.reasons = {"Q.850;cause=17;text=\"User busy\""};
  const Cause cause = cause_of(end, false);
  EXPECT_EQ(cause.mode, busy);
  EXPECT_EQ(cause.q850, 17);
  EXPECT_EQ(cause.sip_status, 480);
  EXPECT_EQ(cause.words, "User busy");
  end.reasons = {"Q.850;cause=16"};  // says nothing that the status does not say better
  EXPECT_EQ(cause_of(end, false).mode, unreachable);
}

TEST(Mapping, Q850Causes) {
  const std::vector<std::pair<int, DisconnectMode>> cases = {{1, bad_address},
                                                             {2, unreachable},
                                                             {3, unreachable},
                                                             {16, normal},
                                                             {17, busy},
                                                             {18, no_answer},
                                                             {19, no_answer},
                                                             {20, unreachable},
                                                             {21, reject},
                                                             {22, number_changed},
                                                             {23, forwarded},
                                                             {26, pickup},
                                                             {27, out_of_order},
                                                             {28, bad_address},
                                                             {29, reject},
                                                             {31, normal},
                                                             {34, congestion},
                                                             {38, temporary_failure},
                                                             {41, temporary_failure},
                                                             {42, congestion},
                                                             {44, congestion},
                                                             {47, congestion},
                                                             {49, qos_unavailable},
                                                             {50, blocked},
                                                             {55, blocked},
                                                             {57, blocked},
                                                             {58, congestion},
                                                             {65, incompatible},
                                                             {69, incompatible},
                                                             {70, incompatible},
                                                             {79, incompatible},
                                                             {87, blocked},
                                                             {88, incompatible},
                                                             {102, temporary_failure},
                                                             {111, unavailable},
                                                             {127, unavailable},
                                                             {99, unavailable}};
  for (const auto& [cause, mode] : cases)
    EXPECT_EQ(mode_of_q850(static_cast<std::uint16_t>(cause)), mode) << cause;
}

TEST(Mapping, EveryFinalResponseEndsWithAModeAndItsStatus) {
  for (int status = 300; status <= 699; ++status)
    for (const bool alerted : {false, true})
      for (const int q850 : {0, 16, 17, 31, 99, 127}) {
        Disconnected end{.by = Disconnected::By::response,
                         .status = static_cast<std::uint16_t>(status),
                         .phrase = "As It Says"};
        if (q850 != 0) end.reasons = {"Q.850;cause=" + std::to_string(q850)};
        const Cause cause = cause_of(end, alerted);
        EXPECT_NE(cause.mode, unknown) << status;
        EXPECT_NE(cause.mode, normal) << status << ": a call that was refused did not end normally";
        EXPECT_EQ(cause.sip_status, status);
        EXPECT_EQ(cause.q850, q850);
        EXPECT_EQ(cause.words, "As It Says");
        if (q850 == 17) {
          EXPECT_EQ(cause.mode, busy) << status << ": the cause is more specific";
        }
      }
}

TEST(Mapping, EveryQ850CauseInAByeEndsWithAModeThatAllowsDisconnected) {
  const std::set<DisconnectMode> allowed = {normal, temporary_failure, qos_unavailable,
                                            out_of_order, unavailable};
  for (int q850 = 1; q850 <= 127; ++q850) {
    Disconnected end{.by = Disconnected::By::bye};
    end.reasons = {"SIP;cause=200;text=\"first\"", "Q.850;cause=" + std::to_string(q850)};
    const Cause cause = cause_of(end, true);
    EXPECT_TRUE(allowed.contains(cause.mode)) << q850;
    EXPECT_EQ(cause.q850, q850);
    EXPECT_EQ(cause.words, "first");
  }
}

TEST(Mapping, EveryReasonInACancelEndsWithAModeOfAnUnansweredCall) {
  for (int q850 = 1; q850 <= 127; ++q850) {
    Disconnected end{.by = Disconnected::By::cancel};
    end.reasons = {"Q.850;cause=" + std::to_string(q850)};
    const Cause cause = cause_of(end, true);
    EXPECT_NE(cause.mode, normal) << q850;
    EXPECT_NE(cause.mode, unknown) << q850;
    if (q850 == 26) {
      EXPECT_EQ(cause.mode, pickup);
    }
  }
}

// RFC 3398, the tables of sections 7.2.4.1 and 8.2.6.1.
TEST(Mapping, StatusAndQ850AsRfc3398Says) {
  const std::vector<std::pair<int, int>> to_status = {
      {1, 404},  {2, 404},  {3, 404},  {17, 486}, {18, 408},  {19, 480},  {20, 480},  {21, 403},
      {22, 410}, {23, 410}, {26, 404}, {27, 502}, {28, 484},  {29, 501},  {31, 480},  {34, 503},
      {38, 503}, {41, 503}, {42, 503}, {47, 503}, {55, 403},  {57, 403},  {58, 503},  {65, 488},
      {70, 488}, {79, 501}, {87, 403}, {88, 503}, {102, 504}, {111, 500}, {127, 500}, {126, 500}};
  for (const auto& [cause, status] : to_status)
    EXPECT_EQ(status_of_q850(static_cast<std::uint16_t>(cause)), status) << cause;
  const std::vector<std::pair<int, int>> to_q850 = {
      {400, 41},  {401, 21},  {403, 21},  {404, 1},  {405, 63}, {406, 79}, {407, 21}, {408, 102},
      {410, 22},  {413, 127}, {414, 127}, {415, 79}, {480, 18}, {481, 41}, {482, 25}, {483, 25},
      {484, 28},  {485, 1},   {486, 17},  {500, 41}, {501, 79}, {502, 38}, {503, 41}, {504, 102},
      {505, 127}, {600, 17},  {603, 21},  {604, 1},  {299, 0}};
  for (const auto& [status, cause] : to_q850)
    EXPECT_EQ(q850_of_status(static_cast<std::uint16_t>(status)), cause) << status;
}

TEST(Mapping, ByeOfACallThatWasUpUsesOnlyModesThatAllowIt) {
  const std::vector<std::pair<std::vector<std::string>, DisconnectMode>> cases = {
      {{}, normal},
      {{"Q.850;cause=16"}, normal},
      {{"Q.850;cause=17"}, normal},
      {{"Q.850;cause=102"}, temporary_failure},
      {{"Q.850;cause=42"}, temporary_failure},
      {{"Q.850;cause=49"}, qos_unavailable},
      {{"Q.850;cause=27"}, out_of_order},
      {{"Q.850;cause=88"}, unavailable},
      {{"SIP;cause=580"}, qos_unavailable},
      {{"SIP;cause=200;text=\"Call completed elsewhere\""}, normal},
      {{"SIP;cause=503, Q.850;cause=16"}, normal}};
  for (const auto& [reasons, mode] : cases)
    EXPECT_EQ(cause_of({.by = Disconnected::By::bye, .reasons = reasons}, true).mode, mode)
        << (reasons.empty() ? "" : reasons.front());
}

TEST(Mapping, CancelTellsWhyTheCallerGaveUp) {
  const std::vector<std::pair<std::vector<std::string>, DisconnectMode>> cases = {
      {{}, cancelled},
      {{"Q.850;cause=16"}, cancelled},
      {{"SIP ;cause=200 ;text=\"Call completed elsewhere\""}, pickup},
      {{"Q.850;cause=26"}, pickup},
      {{"SIP;cause=600"}, reject},
      {{"SIP;cause=603"}, reject},
      {{"SIP;cause=408"}, no_answer},
      {{"Q.850;cause=19"}, no_answer}};
  for (const auto& [reasons, mode] : cases)
    EXPECT_EQ(cause_of({.by = Disconnected::By::cancel, .reasons = reasons}, true).mode, mode)
        << (reasons.empty() ? "" : reasons.front());
}

TEST(Mapping, EndsWithoutAMessage) {
  using By = Disconnected::By;
  EXPECT_EQ(cause_of({.by = By::no_response}, false).mode, unreachable);
  EXPECT_EQ(cause_of({.by = By::no_response}, true).mode, no_answer);
  EXPECT_EQ(cause_of({.by = By::transport}, false).mode, unreachable);
  EXPECT_EQ(cause_of({.by = By::expired}, true).mode, no_answer);
  EXPECT_EQ(cause_of({.by = By::no_ack}, true).mode, unreachable);
  EXPECT_EQ(cause_of({.by = By::dialog_lost, .status = 481}, true).mode, temporary_failure);
  for (By by : {By::no_response, By::expired, By::no_ack, By::dialog_lost})
    EXPECT_FALSE(cause_of({.by = by}, false).words.empty());
}

TEST(Mapping, DropsTellTheFarEndWhy) {
  using provider::DropWhy;
  EXPECT_EQ(drop_of(DropWhy::rejected, 603, false).status, 603);
  EXPECT_EQ(drop_of(DropWhy::rejected, 486, false).status, 486);
  EXPECT_EQ(drop_of(DropWhy::normal, 603, false).status, 603);
  for (DropWhy why :
       {DropWhy::no_answer, DropWhy::no_owner, DropWhy::stopping, DropWhy::length_limit})
    EXPECT_EQ(drop_of(why, 603, false).status, 480);
  for (DropWhy why : {DropWhy::normal, DropWhy::rejected, DropWhy::no_answer, DropWhy::no_owner,
                      DropWhy::length_limit})
    EXPECT_EQ(drop_of(why, 603, true).reason.substr(0, 14), "Q.850;cause=16");
  EXPECT_EQ(drop_of(DropWhy::stopping, 603, true).reason.substr(0, 14), "Q.850;cause=41");
}

TEST(ReasonHeader, ParsesWhatPeersWrite) {
  EXPECT_EQ(parse_reasons({"Q.850;cause=16;text=\"Terminated, \\\"ok\\\"; really\"",
                           "SIP ; cause = 200 ; text = \"Call completed elsewhere\""}),
            (std::vector<Reason>{{"Q.850", 16, "Terminated, \"ok\"; really"},
                                 {"SIP", 200, "Call completed elsewhere"}}));
  EXPECT_EQ(parse_reasons({"SIP;cause=600;text=\"Busy, everywhere\", Q.850;cause=17"}),
            (std::vector<Reason>{{"SIP", 600, "Busy, everywhere"}, {"Q.850", 17, ""}}));
  EXPECT_EQ(parse_reasons({"preemption"}), (std::vector<Reason>{{"preemption", 0, ""}}));
  for (const char* bad : {"", ";", ",,", "Q.850;cause=", "Q.850;cause=x", "Q.850;cause=99999"})
    EXPECT_TRUE(parse_reasons({bad}).empty()) << bad;
  EXPECT_LE(parse_reasons({std::string(1000, ','), "a,b,c,d,e,f,g,h,i,j,k"}).size(), kReasons);
  EXPECT_EQ(parse_reasons({"SIP;cause=1;text=\"" + std::string(5000, 'x') + "\""})[0].text.size(),
            limits::kWordsBytes);
}

TEST(ReasonHeader, SurvivesTheRoundTrip) {
  const Reason reason{"Q.850", 17, "say \"busy\" \\ now"};
  EXPECT_EQ(parse_reasons({format_reason(reason)}), (std::vector<Reason>{reason}));
  EXPECT_EQ(format_reason({"Q.850", 16, "a\r\nb"}), "Q.850;cause=16;text=\"ab\"");
}

TEST(UserToUser, GoesThereAndBack) {
  UserInfo all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::uint8_t>(i));
  EXPECT_EQ(parse_user_to_user(format_user_to_user(all)), all);
  EXPECT_EQ(format_user_to_user({}), "");
  EXPECT_EQ(format_user_to_user({0x04, 0xab}),
            "04ab;encoding=hex;purpose=isdn-uui;content=isdn-uui");
}

TEST(UserToUser, ReadsOtherWritingsAndRefusesNonsense) {
  EXPECT_EQ(parse_user_to_user("56A390f3;encoding=hex"), (UserInfo{0x56, 0xa3, 0x90, 0xf3}));
  EXPECT_EQ(parse_user_to_user("04 ; purpose = isdn-uui , 05"), (UserInfo{0x04}));
  EXPECT_EQ(parse_user_to_user("\"hi\""), (UserInfo{'h', 'i'}));
  EXPECT_EQ(parse_user_to_user("\"04ab\";encoding=hex"), (UserInfo{0x04, 0xab}));
  for (const char* bad : {"", ";", "123", "zz", "04;encoding=base64", "0x04"})
    EXPECT_FALSE(parse_user_to_user(bad)) << bad;
  EXPECT_FALSE(parse_user_to_user(std::string(2 * limits::kUserInfoBytes + 2, '0')));
}

}  // namespace
}  // namespace switchhook::sip::mapping
