// SPDX-License-Identifier: Apache-2.0
// The torture messages of RFC 4475 as they stand, by UDP and TCP, beside a call that lives: each
// gets an answer that its section allows, only those that are good INVITEs are calls, nothing is
// kept, and the call that was there ends when its parties end it.
#include <algorithm>
#include <memory>
#include <set>

#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/raw.hpp"
#include "tests/sip/torture.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;
constexpr std::size_t kMessages = 49;

Config torture_config() {
  Config config = test_config();
  for (LineConfig& line : config.lines) line.t1 = std::chrono::milliseconds(10);
  for (const char* user : kTortureUsers)
    config.lines.push_back(LineConfig{.name = user, .t1 = std::chrono::milliseconds(10)});
  config.stream_stalled = std::chrono::seconds(1);
  config.stream_idle = std::chrono::seconds(1);
  return config;
}

/// An address of loopback that no other test of this machine has: answers go to the port that a
/// message names, 5060 mostly.
std::string own_address() {
  const auto n = static_cast<unsigned>(::getpid());
  return "127." + std::to_string(64 + (n >> 16 & 63)) + "." + std::to_string(n >> 8 & 255) + "." +
         std::to_string(n & 255);
}

int status_in(const std::string& message) {
  return message.size() > 12 && message.compare(0, 8, "SIP/2.0 ") == 0
             ? std::atoi(message.c_str() + 8)
             : 0;
}

class Torture : public testing::Test {
 protected:
  Torture() {
    caller_ = bench_.make_call(kAlice, "bob");
    EXPECT_FALSE(bench_.answer(bench_.incoming(kBob)));
    EXPECT_TRUE(bench_.reaches(caller_, CallState::connected));
  }

  /// What was answered to this socket until an OPTIONS was, which is sent now: everything before it
  /// has been handled then.
  std::vector<int> answers_so_far(Raw& raw) {
    const std::string id = "raw" + std::to_string(++markers_);
    std::string marker = raw.request("OPTIONS", "bob", markers_);
    const std::string where = "SIP/2.0/UDP 127.0.0.1";
    marker.replace(marker.find(where), where.size(), "SIP/2.0/UDP " + own_address());
    std::vector<int> came;
    for (int tries = 0; tries < 40; ++tries) {
      raw.send(marker);  // again, when it or its answer was lost in the crowd
      for (std::string text; !(text = raw.message(500)).empty();) {
        if (header(text, "Call-ID") == id) return came;
        // A refusal that nobody acknowledged comes again, to the port that the next message names.
        if (heard_.insert(text).second) came.push_back(status_in(text));
      }
    }
    ADD_FAILURE() << "the provider answers no more";
    return came;
  }
  /// The calls that came since this was asked; they are refused, and their ends waited for.
  std::size_t new_calls() {
    static_cast<void>(bench_.ledger());  // keeps step
    std::vector<CallRef> calls;
    for (const provider::Event& event : bench_.events().events())
      if (const auto* call = std::get_if<provider::NewCall>(&event)) calls.push_back(call->call);
    const std::size_t fresh = calls.size() - seen_;
    for (std::size_t i = seen_; i < calls.size(); ++i) EXPECT_FALSE(bench_.drop(calls[i]));
    for (; seen_ < calls.size(); ++seen_) {
      bench_.ended(calls[seen_]);
      bench_.close(calls[seen_]);
    }
    return fresh;
  }
  void expect_unharmed() {
    EXPECT_EQ(bench_.states(caller_).back(), CallState::connected);
    const provider::LedgerReport report = bench_.ledger();
    EXPECT_EQ(report.booked[static_cast<std::size_t>(Resource::provider_calls)], 2);
    EXPECT_EQ(report.found, report.booked);
    EXPECT_FALSE(bench_.drop(caller_));
    EXPECT_EQ(bench_.ended(caller_).confirmation, Confirmation::confirmed);
    bench_.expect_empty();
  }

  Bench bench_{torture_config()};
  CallRef caller_;
  std::size_t seen_ = 1;  // bob's
  int markers_ = 1000;
  std::set<std::string> heard_;
};

bool allows(const TortureMessage& message, int status) {
  return std::find(message.answers.begin(), message.answers.end(), status) != message.answers.end();
}

/// @param sure  it named the transport that it went by; otherwise it may have been dropped
void expect_answers(const std::vector<int>& came, const TortureMessage& message, bool sure) {
  if (came.empty()) {
    EXPECT_TRUE(message.answers.empty() || allows(message, kSilence) || !sure) << "no answer";
  } else {
    EXPECT_TRUE(allows(message, came.front())) << "answered " << came.front();
  }
}

/// With the transport in its first Via changed, so that no message is dropped for that alone.
TortureMessage by(const char* transport, TortureMessage message) {
  message.text.replace(torture_transport(message.text), 3, transport);
  return message;
}

bool names(const char* transport, const TortureMessage& message) {
  return message.text.compare(torture_transport(message.text), 3, transport) == 0;
}

std::vector<TortureMessage> as_they_stand_and_by(const char* transport) {
  std::vector<TortureMessage> all = torture_all();
  EXPECT_EQ(all.size(), kMessages);
  for (const TortureMessage& message : torture_all())
    if (!names(transport, message)) all.push_back(by(transport, message));
  return all;
}

TEST_F(Torture, EachMessageGetsByUdpWhatItsSectionAllows) {
  const std::string own = own_address();
  for (const TortureMessage& message : as_they_stand_and_by("UDP")) {
    SCOPED_TRACE(message.section);
    const std::uint16_t port = message.section == "3.1.1.11"  ? 5070
                               : message.section == "3.1.2.6" ? 5050
                                                              : 5060;
    Raw raw(bench_.port(), own.c_str(), port);
    raw.send(message.text);
    const std::vector<int> came = answers_so_far(raw);
    const bool sure = names("UDP", message);
    expect_answers(came, message, sure);
    EXPECT_EQ(new_calls(), message.offered && sure ? 1u : 0u);
  }
  expect_unharmed();
}

TEST_F(Torture, EachMessageGetsByTcpWhatItsSectionAllows) {
  FarEnd far(FarEnd::By::tcp);
  far.stop_listening();
  int n = 0;
  for (TortureMessage message : as_they_stand_and_by("TCP")) {
    SCOPED_TRACE(message.section);
    if (message.section == "3.4.1") {  // without a Content-Length nobody knows where it ends
      message.answers = {400};
      message.offered = false;
    }
    far.connect(bench_.port());
    far.send(message.text);
    const std::string id = "marker" + std::to_string(++n);
    far.send(far.request("OPTIONS", "sip:bob@127.0.0.1", "<sip:far@127.0.0.1>;tag=far",
                         "<sip:bob@127.0.0.1>", id, 1));
    // The marker is answered, or the connection is closed behind what could not be understood.
    std::vector<int> came;
    for (;;) {
      const std::string text = far.receive();
      if (text.empty() || header(text, "Call-ID") == id) break;
      came.push_back(status_in(text));
    }
    const bool sure = names("TCP", message);
    expect_answers(came, message, sure);
    EXPECT_EQ(new_calls(), message.offered && sure ? 1u : 0u);
  }
  expect_unharmed();
}

/// What is left of each when it is cut, and what it is when it comes twice at once.
/// SWITCHHOOK_LONG=1 cuts at each byte.
TEST_F(Torture, WhatIsLeftOfAMessageThatWasCutDoesNoHarm) {
  const char* wanted = std::getenv("SWITCHHOOK_LONG");
  const std::size_t step = wanted != nullptr && *wanted != 0 ? 1 : 13;
  Raw raw(bench_.port(), own_address().c_str());
  int n = 0;
  for (const TortureMessage& message : torture_all()) {
    const std::string text = by("UDP", message).text;
    for (std::size_t size = 1; size < text.size(); size += step) {
      raw.send(text.substr(0, size));
      raw.send(text.substr(size));
      if (++n % 50 == 0) answers_so_far(raw);
    }
    raw.send(text + text);
  }
  answers_so_far(raw);
  new_calls();
  expect_unharmed();
}

}  // namespace
}  // namespace switchhook::sip::test
