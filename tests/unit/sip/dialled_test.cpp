// SPDX-License-Identifier: Apache-2.0
// What people dial and what trunks call numbers.
#include "providers/sip/lines/dialled.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "providers/sip/call/multipart.hpp"
#include "providers/sip/config.hpp"
#include "providers/sip/net/hosts.hpp"

namespace switchhook::sip {
namespace {

TEST(Dialled, WhatPeopleDialBecomesAUri) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"bob", "sip:bob@pbx"},
      {"100", "sip:100@pbx"},
      {"#31#", "sip:%2331%23@pbx"},
      {"*21*123#", "sip:*21*123%23@pbx"},
      {"%2331", "sip:%2331@pbx"},
      {"(030) 123-456", "sip:030123456@pbx"},
      {"+1 (425) 555-0100", "sip:+14255550100@pbx"},
      {"030/12.34", "sip:0301234@pbx"},
      {" bob ", "sip:bob@pbx"},
      {"bob@far", "sip:bob@far"},
      {"#31#@far", "sip:%2331%23@far"},
      {"<sip:bob@far>", "sip:bob@far"},
      {"\"Bob\" <sip:bob@far;x=y>;tag=1", "sip:bob@far;x=y"},
      {"SIP:bob@far", "sip:bob@far"},
      {"Sips:bob@far", "sips:bob@far"},
      {"sip:far", "sip:far"},
      {"sip:a;b=c:d?e@far", "sip:a;b=c:d?e@far"},
      {"sip:bob@far?Replaces=x%40y&Subject=z", "sip:bob@far"},
      {"sip:bob@far;method=BYE;transport=tcp?X=y", "sip:bob@far;transport=tcp"},
      {"sip:bob@far;transport=tcp;method=BYE", "sip:bob@far;transport=tcp"},
      {"sip:far?X=y", "sip:far"},
      {"tel:+49-30-123", "sip:+4930123@pbx"},
      {"TEL:+4930123;isub=1", "sip:+4930123@pbx"},
      {"tel:863-1234;phone-context=+1-914", "sip:8631234;phone-context=+1914@pbx;user=phone"},
      {"tel:123;phone-context=example.org", "sip:123;phone-context=example.org@pbx;user=phone"},
  };
  for (const auto& [dialled, uri] : cases)
    EXPECT_EQ(dialled_uri(dialled, "pbx").value_or("nothing"), uri) << dialled;
  for (const char* bad :
       {"", " ", "a b", "<sip:bob@far", "%", "%2", "%zz", "%0d%0a", "tel:", "tel:x",
        "tel:1;phone-context=a b", "1+2(", "sip:a b@c", "()", "b\"b", "b\r\nX: y"})
    EXPECT_FALSE(dialled_uri(bad, "pbx")) << bad << ": " << *dialled_uri(bad, "pbx");
}

TEST(Dialled, UsersAreNamedWithoutWhatNetworksAdd) {
  EXPECT_EQ(user_named("+4930123;npdi;rn=+4930000"), "+4930123");
  EXPECT_EQ(user_named("%2B49-30-123"), "+4930123");
  EXPECT_EQ(user_named("b%6fb"), "bob");
  EXPECT_EQ(user_named("user;par=u%40example.net"), "user;par=u@example.net") << "RFC 4475 3.1.1.9";
  EXPECT_EQ(user_named("b%0ab%"), "b%0ab%") << "no control characters";
}

TEST(Dialled, PatternsFitNumbers) {
  EXPECT_TRUE(fits("+4930123", "+4930*"));
  EXPECT_TRUE(fits("+4930", "+4930*"));
  EXPECT_TRUE(fits("anything", "*"));
  EXPECT_TRUE(fits("123", "1?3"));
  for (const char* pattern : {"+4931*", "12", "1?", "12?4", ""}) EXPECT_FALSE(fits("123", pattern));
}

TEST(SipConfig, ALinesTransportHolds) {
  EXPECT_EQ(with_transport("sip:a@b", Transport::tls), "sip:a@b;transport=tls");
  EXPECT_EQ(with_transport("sip:a@b?x=y", Transport::tcp), "sip:a@b;transport=tcp?x=y");
  EXPECT_EQ(with_transport("sip:a@b;Transport=UDP", Transport::tls), "sip:a@b;Transport=UDP");
  EXPECT_EQ(with_transport("sips:a@b", Transport::tls), "sips:a@b");
  EXPECT_EQ(over_tls("sip:a@b:5060;transport=udp;lr"), "sip:a@b:5060;lr;transport=tls");
  EXPECT_EQ(over_tls("sips:a@b"), "sips:a@b");
  EXPECT_EQ(transport_in("sip:a@b;TRANSPORT=Tls;lr"), Transport::tls);
  EXPECT_EQ(transport_in("sip:a@b"), std::nullopt);
  Config config;
  config.lines[0].transport = Transport::tls;
  config.lines[0].outbound_proxy = "sip:proxy;transport=tcp";
  bool told = false;
  for (const Config::Mistake& mistake : config.mistakes())
    told = told || mistake.setting == "outbound_proxy";
  EXPECT_TRUE(told) << "what is said by TLS is not said in the clear as well";
}

TEST(SipConfig, NumbersAreChecked) {
  for (const char* bad : {"", "1*2", "**", "1\n"}) {
    Config config;
    config.lines[0].numbers = {bad};
    EXPECT_FALSE(config.validate()) << bad;
  }
  Config config;
  config.lines[0].numbers = {"*", "+4930?1*"};
  EXPECT_TRUE(config.validate());
}

TEST(Multipart, FindsTheDescriptionWhereverItIs) {
  const auto find = [](const char* type, const std::string& body) {
    return std::string(multipart::session_description(type, body).value_or("none"));
  };
  const std::string sdp = "Content-Type: application/sdp;x=y\r\n\r\nv=0\r\n";
  const std::string text = "Content-Type: text/plain\r\n\r\nhello\r\n";
  EXPECT_EQ(find("multipart/mixed;boundary=b", "--b\r\n" + sdp + "--b--"), "v=0");
  EXPECT_EQ(find("Multipart/Mixed; x=y; Boundary=\"b b\"",
                 "words\r\n--b b\r\n" + text + "--b b\r\n" + sdp + "--b b--\r\n"),
            "v=0");
  EXPECT_EQ(find("multipart/mixed;boundary=o",
                 "--o\r\nContent-Type: multipart/alternative;boundary=i\r\n\r\n--i\r\n" + text +
                     "--i\r\n" + sdp + "--i--\r\n--o--"),
            "v=0");
  EXPECT_EQ(find("multipart/mixed;boundary=b",
                 "--b\n"
                 "Content-Type:application/sdp\n\nv=0\n--b--"),
            "v=0");
  const std::string coded = "Content-Transfer-Encoding: base64\r\n" + sdp;
  for (const std::string& body :
       {std::string(), std::string("--b"), "--b\r\n" + text + "--b--", "--b\r\n" + sdp,
        "--b\r\n" + coded + "--b--", std::string("--b\r\n--b--"), std::string("--b--")})
    EXPECT_EQ(find("multipart/mixed;boundary=b", body), "none") << body;
  for (const char* type : {"", "multipart/mixed", "multipart/mixed;boundary=", "text/plain",
                           "multipart/mixed;boundary=\""})
    EXPECT_EQ(find(type, "--b\r\n" + sdp + "--b--"), "none") << type;
}

TEST(Multipart, LooksAtNoMoreThanItsBounds) {
  const std::string sdp = "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n";
  std::string many;
  for (std::size_t i = 0; i < multipart::kParts; ++i) many += "--b\r\nX: y\r\n\r\nz\r\n";
  EXPECT_FALSE(multipart::session_description("multipart/mixed;boundary=b", many + sdp + "--b--"));
  std::string deep = sdp + "--b--";
  for (std::size_t i = 0; i < multipart::kDepth; ++i) {
    const std::string b(i + 1, 'c');
    deep = "--" + b +
           "\r\nContent-Type: multipart/mixed;boundary=" + (i == 0 ? "b" : std::string(i, 'c')) +
           "\r\n\r\n" + deep + "\r\n--" + b + "--";
  }
  EXPECT_FALSE(multipart::session_description(
      "multipart/mixed;boundary=" + std::string(multipart::kDepth, 'c'), deep));
}

TEST(Hosts, AreReadAgainWhenTheFileChanges) {
  const std::string file = testing::TempDir() + "/hosts_of_sip";
  const auto write = [&](const char* text) { std::ofstream(file) << text; };
  write("# 192.0.2.9 no\n192.0.2.1 PBX pbx.test # it\n2001:db8::1 pbx\n192.0.2.2 pbx\n");
  Hosts hosts(file);
  EXPECT_EQ(hosts.find("Pbx", false), "192.0.2.1");
  EXPECT_EQ(hosts.find("pbx", true), "2001:db8::1");
  EXPECT_EQ(hosts.find("pbx.test", true), "");
  EXPECT_EQ(hosts.find("no", false), "");
  EXPECT_EQ(hosts.find("localhost", false), "127.0.0.1");
  write("192.0.2.33 pbx\n");
  EXPECT_EQ(hosts.find("pbx", false), "192.0.2.33");
  EXPECT_EQ(hosts.find("pbx", true), "");
}

}  // namespace
}  // namespace switchhook::sip
