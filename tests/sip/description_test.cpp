// SPDX-License-Identifier: Apache-2.0
// Where session descriptions come: in the ACK, in a 183, in an answer to our own re-INVITE, in a
// part of a body.
#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/raw.hpp"
#include "tests/sip/scripted.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

std::string with_sdp(std::string head, const std::string& body,
                     const std::string& type = "application/sdp") {
  const std::size_t at = head.find("Content-Length:");
  return head.erase(at) + "Content-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class SipDescription : public testing::Test {
 protected:
  /// Waits for it: the detail of the latest state.
  bool settles(ConnectedMode mode) {
    return bench_.events().wait([&](const std::vector<provider::Event>& events) {
      const provider::StateChanged* last = nullptr;
      for (const provider::Event& event : events)
        if (const auto* s = std::get_if<provider::StateChanged>(&event);
            s != nullptr && s->call == call_)
          last = s;
      return last != nullptr && last->state == CallState::connected &&
             last->detail == static_cast<std::uint8_t>(mode);
    });
  }
  void call() {
    call_ = bench_.make_call(kAlice, far_.uri());
    invite_ = far_.receive_request("INVITE");
  }
  void connect() {
    call();
    far_.reply(invite_, 200, true);
    ASSERT_TRUE(bench_.reaches(call_, CallState::connected));
    ASSERT_NE(far_.receive_request("ACK"), "");
  }
  /// A request of the far end in the dialog.
  void send(const std::string& method, int cseq, const std::string& body = "") {
    const std::string contact = header(invite_, "Contact");
    const std::string text = far_.request(
        method, contact.substr(1, contact.find('>') - 1), header(invite_, "To") + ";tag=far",
        header(invite_, "From"), header(invite_, "Call-ID"), cseq);
    far_.send(body.empty() ? text : with_sdp(text, body));
  }
  void expect_bye() {
    far_.reply(far_.receive_request("BYE"), 200);
    EXPECT_EQ(bench_.ended(call_).confirmation, Confirmation::confirmed);
    bench_.expect_empty();
  }

  Bench bench_;
  FarEnd far_{FarEnd::By::udp};
  CallRef call_;
  std::string invite_;
};

/// Hold and resume of many back-to-back user agents: the offer is ours, theirs is the answer.
TEST_F(SipDescription, TheAnswerInTheAckHoldsAndResumes) {
  connect();
  int cseq = 20;
  for (const auto& [direction, mode] : {std::pair{"a=sendonly\r\n", ConnectedMode::active_held},
                                        {"a=sendrecv\r\n", ConnectedMode::active}}) {
    send("INVITE", ++cseq);
    const std::string offer = far_.receive_response("INVITE");
    EXPECT_EQ(status_of(offer), 200);
    EXPECT_NE(offer.find("m=audio"), std::string::npos);
    send("ACK", cseq, kSdp + direction);
    EXPECT_TRUE(settles(mode)) << direction;
  }
  EXPECT_FALSE(bench_.drop(call_));
  expect_bye();
}

TEST_F(SipDescription, AnAckWithoutTheAnswerItOwesGetsBye) {
  connect();
  send("INVITE", 21);
  EXPECT_EQ(status_of(far_.receive_response("INVITE")), 200);
  send("ACK", 21);
  const provider::StateChanged end = bench_.last_state(call_, CallState::disconnected);
  EXPECT_EQ(end.cause->mode, DisconnectMode::incompatible);
  EXPECT_EQ(end.origin, EndOrigin::provider) << "our refusal";
  expect_bye();
}

TEST_F(SipDescription, AFarEndThatAnswersOurResumeBySendonlyStillHolds) {
  connect();
  ASSERT_FALSE([&] {
    const auto hold = bench_.next_request();
    bench_.submit(provider::Hold{.call = call_, .request = hold});
    far_.reply(far_.receive_request("INVITE"), 200, true);
    return bench_.completion(hold);
  }());
  const auto resume = bench_.next_request();
  bench_.submit(provider::Unhold{.call = call_, .request = resume});
  far_.send(with_sdp(far_.response(far_.receive_request("INVITE"), 200), kSdp + "a=sendonly\r\n"));
  EXPECT_FALSE(bench_.completion(resume));
  EXPECT_TRUE(settles(ConnectedMode::active_held));
  EXPECT_FALSE(bench_.drop(call_));
  expect_bye();
}

TEST_F(SipDescription, ADescriptionIn183AndNoneInTheAnswerIsACall) {
  call();
  far_.send(with_sdp(far_.response(invite_, 183), kSdp));
  EXPECT_TRUE(bench_.reaches(call_, CallState::proceeding));
  far_.reply(invite_, 200);
  EXPECT_TRUE(bench_.reaches(call_, CallState::connected));
  EXPECT_NE(far_.receive_request("ACK"), "");
  EXPECT_FALSE(bench_.drop(call_));
  expect_bye();
}

/// Gateways ring in the audio.
TEST_F(SipDescription, AfterA183NobodyAnswered) {
  call();
  far_.send(with_sdp(far_.response(invite_, 183), kSdp));
  far_.reply(invite_, 480);
  EXPECT_EQ(bench_.cause(call_).mode, DisconnectMode::no_answer);
  bench_.expect_empty();
}

const std::string kMixed = "multipart/mixed;boundary=\"it's here\"";
std::string in_parts(const std::string& sdp) {
  return "a preamble\r\n--it's here\r\nContent-Type: application/pidf+xml\r\n\r\n<xml/>\r\n"
         "--it's here\r\nContent-Type: application/sdp\r\n\r\n" +
         sdp + "\r\n--it's here--\r\n";
}

TEST_F(SipDescription, ABodyOfPartsIsReadInRequestsAndResponses) {
  Raw raw(bench_.port());
  raw.send(with_sdp(raw.request("INVITE", "bob", 1), in_parts(kSdp), kMixed));
  EXPECT_EQ(raw.status(), 180);
  const CallRef incoming = bench_.incoming(kBob);
  EXPECT_FALSE(bench_.answer(incoming));
  const std::string answer = raw.message();
  EXPECT_NE(answer.find("m=audio"), std::string::npos) << answer;
  call();
  far_.send(with_sdp(far_.response(invite_, 200), in_parts(kSdp), kMixed));
  EXPECT_TRUE(bench_.reaches(call_, CallState::connected));
  EXPECT_NE(far_.receive_request("ACK"), "");
  EXPECT_FALSE(bench_.drop(call_));
  far_.reply(far_.receive_request("BYE"), 200);
  EXPECT_EQ(bench_.ended(call_).confirmation, Confirmation::confirmed);
}

TEST_F(SipDescription, ARefusedOfferIsToldWhy) {
  const std::string video = kSdp.substr(0, kSdp.find("m=audio")) + "m=video 4000 RTP/AVP 31\r\n";
  Raw raw(bench_.port());
  raw.send(with_sdp(raw.request("INVITE", "bob", 1), video));
  const std::string refusal = raw.message();
  EXPECT_EQ(status_of(refusal), 488);
  EXPECT_EQ(header(refusal, "Warning").substr(0, 15), "305 switchhook ") << refusal;
  connect();
  send("INVITE", 21, video);
  const std::string again = far_.receive_response("INVITE");
  EXPECT_EQ(status_of(again), 488);
  EXPECT_EQ(header(again, "Warning").substr(0, 15), "305 switchhook ") << again;
  send("OPTIONS", 22);
  const std::string options = far_.receive_response("OPTIONS");
  EXPECT_EQ(status_of(options), 200);
  EXPECT_NE(header(options, "Allow").find("INVITE"), std::string::npos) << options;
  EXPECT_NE(header(options, "Accept").find("application/sdp"), std::string::npos) << options;
  EXPECT_EQ(header(options, "Supported"), "replaces") << options;
  send("MESSAGE", 23);
  const std::string message = far_.receive_response("MESSAGE");
  EXPECT_EQ(status_of(message), 405);
  EXPECT_NE(header(message, "Allow"), "") << message;
  EXPECT_FALSE(bench_.drop(call_));
  expect_bye();
}

TEST_F(SipDescription, ABodyOfOtherPartsIsRefused) {
  Raw raw(bench_.port());
  raw.send(with_sdp(raw.request("INVITE", "bob", 1),
                    "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n",
                    "multipart/mixed;boundary=b"));
  const std::string refusal = raw.message();
  EXPECT_EQ(status_of(refusal), 415);
  EXPECT_NE(header(refusal, "Accept").find("multipart/mixed"), std::string::npos) << refusal;
}

}  // namespace
}  // namespace switchhook::sip::test
