// SPDX-License-Identifier: Apache-2.0
#include "base/host_port.hpp"

#include <gtest/gtest.h>

namespace switchhook::base {
namespace {

TEST(HostPort, IsAnAddressOrANameAndAPort) {
  const auto four = host_port("192.0.2.1:5060"), name = host_port("pbx.example.org:0"),
             six = host_port("[2001:db8::1]:65535");
  ASSERT_TRUE(four && name && six);
  EXPECT_EQ(four->host, "192.0.2.1");
  EXPECT_EQ(four->port, 5060);
  EXPECT_FALSE(four->brackets);
  EXPECT_EQ(name->host, "pbx.example.org");
  EXPECT_EQ(name->port, 0);
  EXPECT_EQ(six->host, "2001:db8::1");
  EXPECT_EQ(six->port, 65535);
  EXPECT_TRUE(six->brackets);
}

TEST(HostPort, IsNothingElse) {
  for (const char* text :
       {"", ":", "9464", "127.0.0.1", "127.0.0.1:", ":9464", "127.0.0.1:abc", "127.0.0.1:9464x",
        "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:65536", "127.0.0.1:99999", "127.0.0.1: 80",
        "2001:db8::1:5060", "[]:80", "[::1:80", "::1]:80"})
    EXPECT_FALSE(host_port(text)) << text;
}

}  // namespace
}  // namespace switchhook::base
