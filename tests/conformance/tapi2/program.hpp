// SPDX-License-Identifier: Apache-2.0
#pragma once

// A program on tapi.h, as a test drives it: it takes its messages by lineGetMessage, one after the
// other. Threads: one, the test's.

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/tapi2/world.hpp"

namespace conformance {

inline LONG error(DWORD value) {
  return static_cast<LONG>(value);
}

/// "CALLSTATE CONNECTED", for people.
std::string words_of(const LINEMESSAGE& message);

struct Program {
  HLINEAPP app = 0;
  HANDLE event = nullptr;
  DWORD lines = 0;

  /// Initializes with an event.
  explicit Program(const char* name, DWORD version = 0x00020002) {
    LINEINITIALIZEEXPARAMS params{};
    params.dwTotalSize = sizeof params;
    params.dwOptions = LINEINITIALIZEEXOPTION_USEEVENT;
    EXPECT_EQ(lineInitializeExA(&app, nullptr, nullptr, name, &lines, &version, &params), 0);
    event = params.Handles.hEvent;
  }
  ~Program() { shut_down(); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  LONG shut_down() {
    if (app == 0) return 0;
    const HLINEAPP going = app;
    app = 0;
    return lineShutdown(going);
  }

  HLINE open(DWORD device, DWORD privileges = LINECALLPRIVILEGE_OWNER, DWORD version = 0x00020002,
             DWORD media = LINEMEDIAMODE_INTERACTIVEVOICE, DWORD_PTR instance = 0) {
    HLINE line = 0;
    EXPECT_EQ(lineOpenA(app, device, &line, version, 0, instance, privileges, media, nullptr), 0);
    return line;
  }

  /// The next message; the test fails when none comes soon.
  LINEMESSAGE next() {
    LINEMESSAGE message{};
    const LONG result = lineGetMessage(app, &message, kSoon);
    EXPECT_EQ(result, 0) << "no message came";
    if (result != 0) message.dwMessageID = 0xffff;
    return message;
  }
  /// Whether no message waits now. Everything the service said before the last answer is here.
  bool nothing() {
    LINEMESSAGE message{};
    const bool none = lineGetMessage(app, &message, 0) == error(LINEERR_OPERATIONFAILED);
    if (!none) ADD_FAILURE() << "unexpected: " << words_of(message);
    return none;
  }
  /// Goes on until this one, which is returned.
  LINEMESSAGE until(DWORD kind, std::optional<DWORD_PTR> p1 = std::nullopt) {
    for (;;) {
      const LINEMESSAGE message = next();
      if (message.dwMessageID == 0xffff) return message;
      if (message.dwMessageID == kind && (!p1 || message.dwParam1 == *p1)) return message;
    }
  }
  LINEMESSAGE until_state(DWORD state) { return until(LINE_CALLSTATE, state); }

  /// The next message is the reply to this request; its result.
  LONG reply_to(LONG request) {
    EXPECT_GT(request, 0);
    const LINEMESSAGE message = next();
    EXPECT_EQ(message.dwMessageID, DWORD{LINE_REPLY}) << words_of(message);
    EXPECT_EQ(message.dwParam1, static_cast<DWORD_PTR>(request));
    return static_cast<LONG>(message.dwParam2);
  }
  /// A call that was made successfully.
  HCALL call(HLINE line, const char* address) {
    HCALL call = 0;
    const LONG request = lineMakeCallA(line, &call, address, 0, nullptr);
    EXPECT_GT(request, 0);
    EXPECT_EQ(reply_to(request), 0);
    EXPECT_NE(call, 0u);
    return call;
  }
  /// The same, up to this state.
  HCALL call_until(HLINE line, const char* address, DWORD state) {
    const HCALL made = call(line, address);
    until_state(state);
    return made;
  }
  /// An incoming call: its handle.
  HCALL appeared() { return static_cast<HCALL>(until(LINE_APPNEWCALL).dwParam2); }
  void drop_and_release(HCALL call) {
    const LONG request = lineDrop(call, nullptr, 0);
    EXPECT_GT(request, 0);
    until(LINE_REPLY, static_cast<DWORD_PTR>(request));
    until_state(LINECALLSTATE_IDLE);
    EXPECT_EQ(lineDeallocateCall(call), 0);
  }
};

/// A structure of variable size with room behind it.
template <typename Struct>
class Roomy {
 public:
  explicit Roomy(std::size_t total = 2048) : bytes_(total, '\xee') {
    const DWORD size = static_cast<DWORD>(total);
    std::memcpy(bytes_.data(), &size, sizeof size);
  }
  Struct* get() { return reinterpret_cast<Struct*>(bytes_.data()); }
  Struct copy() const {
    Struct out{};
    std::memcpy(static_cast<void*>(&out), bytes_.data(), std::min(sizeof out, bytes_.size()));
    return out;
  }
  std::string bytes(DWORD size, DWORD offset) const {
    if (size == 0) return {};
    EXPECT_LE(std::size_t{offset} + size, bytes_.size());
    return std::string(bytes_.data() + offset, size);
  }
  /// Without its zero, which has to be there.
  std::string text(DWORD size, DWORD offset) const {
    std::string out = bytes(size, offset);
    if (out.empty()) return out;
    EXPECT_EQ(out.back(), '\0');
    out.pop_back();
    return out;
  }
  char at(std::size_t i) const { return bytes_.at(i); }

 private:
  std::vector<char> bytes_;
};

inline LINECALLINFO info_of(HCALL call) {
  Roomy<LINECALLINFO> info;
  EXPECT_EQ(lineGetCallInfoA(call, info.get()), 0);
  return info.copy();
}
inline LINECALLSTATUS status_of(HCALL call) {
  Roomy<LINECALLSTATUS> status;
  EXPECT_EQ(lineGetCallStatus(call, status.get()), 0);
  return status.copy();
}

/// A service that is to hold nothing when the test is over.
class Conformance : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(world.comes_to_zero()); }
  World world;
};

}  // namespace conformance
