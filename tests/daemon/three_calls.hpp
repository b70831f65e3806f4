// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a program holds when its daemon goes. Threads: the test's. Ownership: none.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/support/test_client.hpp"

namespace switchhook::test {

/// One call that has ended and is still held, one that is connected, and one that rings.
struct ThreeCalls {
  api::CallId before, live, ringing;
  std::uint64_t session = 0;  ///< of the live one

  ThreeCalls(TestClient& app, api::OpenId line, api::OpenId second, const std::string& rings)
      : before(app.call(line, "200")) {
    EXPECT_TRUE(app.reaches(before, CallState::connected));
    EXPECT_TRUE(app.port().call(api::DropCall{before}));
    EXPECT_TRUE(app.reaches(before, CallState::idle));
    live = app.call(line, "200");
    ringing = app.call(second, rings);
    EXPECT_TRUE(app.reaches(live, CallState::connected));
    EXPECT_TRUE(app.reaches(ringing, CallState::ringback));
    session = app.look(live)->record.session;
  }
};

}  // namespace switchhook::test
