// SPDX-License-Identifier: Apache-2.0
// Within a call that lives: forged endings, and messages of every kind that RFC 4475 tortures
// parsers with. Whatever comes, the call ends when its own far end ends it, and not before.
#include <tuple>

#include "tests/sip/harness.hpp"
#include "tests/sip/raw.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

/// A far end that has called bob, and was answered.
class CallerOfBob {
 public:
  explicit CallerOfBob(Bench& bench, const char* own = "127.0.0.1", bool acknowledges = true)
      : raw(bench.port(), own) {
    raw.send(raw.request("INVITE", "bob", 1, "", kSdp));
    call = bench.incoming(kBob);
    EXPECT_FALSE(bench.answer(call));
    std::string answer;
    while (answer.substr(0, 11) != "SIP/2.0 200" && !(answer = raw.message()).empty()) continue;
    const std::size_t to = answer.find("\nTo:");
    const std::size_t tag = answer.find(";tag=", to) + 5;
    to_tag = answer.substr(tag, answer.find_first_of("\r;", tag) - tag);
    if (!acknowledges) return;
    raw.send(in_dialog("ACK", 1));
    EXPECT_TRUE(bench.reaches(call, CallState::connected));
  }

  /// A request of this dialog; each part can be made to lie.
  struct Lie {
    std::string to_tag = {}, from_tag = "raw", call_id = "raw1";
  };
  [[nodiscard]] std::string in_dialog(const std::string& method, int cseq, const Lie& lie) const {
    const std::string where = "127.0.0.1:" + std::to_string(raw.port());
    return method + " sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP " + where + ";branch=z9hG4bKd" +
           std::to_string(++branch_) + "\r\nFrom: <sip:raw@" + where + ">;tag=" + lie.from_tag +
           "\r\nTo: <sip:bob@127.0.0.1>;tag=" + lie.to_tag + "\r\nCall-ID: " + lie.call_id +
           "\r\nCSeq: " + std::to_string(cseq) + " " + method +
           "\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
  }
  [[nodiscard]] std::string in_dialog(const std::string& method, int cseq) const {
    return in_dialog(method, cseq, Lie{.to_tag = to_tag});
  }
  /// The true end: confirmed on both sides.
  void hang_up(Bench& bench, int cseq) {
    const std::string bye = in_dialog("BYE", cseq);
    const std::string wanted = "CSeq: " + std::to_string(cseq) + " BYE";
    std::string answer;
    for (int i = 0; i < 200 && answer.find(wanted) == std::string::npos; ++i) {
      raw.send(bye);  // again, when it or its answer was lost in the crowd
      while (answer.find(wanted) == std::string::npos && !(answer = raw.message(100)).empty())
        continue;  // answers to others, still
    }
    EXPECT_EQ(answer.substr(0, 11), "SIP/2.0 200");
    EXPECT_TRUE(bench.reaches(call, CallState::disconnected));
    EXPECT_FALSE(bench.drop(call));
    EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  }

  Raw raw;
  CallRef call;
  std::string to_tag;

 private:
  mutable int branch_ = 0;
};

bool lives(Bench& bench, CallRef call) {
  static_cast<void>(bench.ledger());  // keeps step: what was sent before has been handled
  const std::vector<CallState> states = bench.states(call);
  return !states.empty() && states.back() == CallState::connected;
}

TEST(SipInDialog, AHoldMadeBeforeTheAckLeavesWithIt) {
  Bench bench;
  CallerOfBob far(bench, "127.0.0.1", false);
  const auto hold = bench.next_request();
  bench.submit(provider::Hold{.call = far.call, .request = hold});
  static_cast<void>(bench.ledger());  // it has been taken
  far.raw.send(far.in_dialog("OPTIONS", 2));
  for (std::string in; in.find("CSeq: 2 OPTIONS") == std::string::npos;) {
    in = far.raw.message();
    ASSERT_NE(in, "");
    EXPECT_NE(in.substr(0, 6), "INVITE");
  }
  far.raw.send(far.in_dialog("ACK", 1));
  std::string reinvite;
  while (reinvite.substr(0, 6) != "INVITE" && !(reinvite = far.raw.message()).empty()) continue;
  EXPECT_NE(reinvite.find("a=sendonly"), std::string::npos) << reinvite;
  far.hang_up(bench, 3);
  const std::optional<Error> error = bench.completion(hold);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Errc::failed);
  bench.expect_empty();
}

TEST(SipInDialog, AForgedByeEndsNothing) {
  Bench bench;
  CallerOfBob far(bench);
  const std::string& tag = far.to_tag;
  const std::pair<CallerOfBob::Lie, int> lies[] = {
      {{.to_tag = tag, .from_tag = "other"}, 481},
      {{.to_tag = tag, .call_id = "other"}, 481},
      {{.to_tag = tag + "0"}, 481},
      {{.to_tag = "raw", .from_tag = tag}, 481},
  };
  for (const auto& [lie, status] : lies) {
    far.raw.send(far.in_dialog("BYE", 5, lie));
    EXPECT_EQ(far.raw.status(), status);
    EXPECT_TRUE(lives(bench, far.call));
  }
  far.hang_up(bench, 9);
  bench.expect_empty();
}

TEST(SipInDialog, AByeFromElsewhereEndsTheCallOnlyWhereThePolicyLetsIt) {
  for (const bool strict : {true, false}) {
    Config config = test_config();
    config.lines[kBob].strict_source = strict;
    Bench bench(config);
    CallerOfBob far(bench);
    Raw elsewhere(bench.port(), "127.0.0.2");
    const std::string at = std::to_string(far.raw.port());
    std::string bye = far.in_dialog("BYE", 5);
    bye.replace(bye.find(at), at.size(), std::to_string(elsewhere.port()));  // in the Via
    elsewhere.send(bye);
    EXPECT_EQ(elsewhere.status(), strict ? 403 : 200);
    EXPECT_EQ(lives(bench, far.call), strict);
    if (strict) {
      far.hang_up(bench, 6);
    } else {
      EXPECT_FALSE(bench.drop(far.call));
    }
    bench.expect_empty();
  }
}

TEST(SipInDialog, AFloodOfForgedByesHarmsNothing) {
  Bench bench;
  CallerOfBob far(bench);
  for (int i = 0; i < 20000; ++i) {
    far.raw.send(far.in_dialog("BYE", 5 + i, {.to_tag = far.to_tag, .from_tag = "x"}));
    if (i % 50 == 0) {
      far.raw.drain();
      static_cast<void>(bench.ledger());
    }
  }
  EXPECT_TRUE(lives(bench, far.call));
  const provider::LedgerReport report = bench.ledger();
  EXPECT_EQ(report.booked[static_cast<std::size_t>(Resource::provider_calls)], 1);
  EXPECT_EQ(report.found, report.booked);
  far.hang_up(bench, 30000);
  bench.expect_empty();
}

/// The kinds of messages of RFC 4475, by its sections, written so that they hit this dialog: @VIA@,
/// @FROM@, @TO@, @ID@ are its own.
struct Torture {
  const char* section;
  const char* text;
};
const Torture kTorture[] = {
    {"3.1.1.1",  // folded lines, odd spacing and case, short forms
     "oPTIONS is not INFO"},
    {"3.1.1.1",
     "INFO sip:bob@127.0.0.1 SIP/2.0\nv:  SIP  / 2.0  / UDP  127.0.0.1 ;branch=\n z9hG4bKt1\n"
     "TO :\n <sip:bob@127.0.0.1> ;tag    = @TAG@\nfrom   : \"a \\\\\\\"\"   <sip:raw@127.0.0.1>\n  "
     ";\n"
     "  tag = raw\nMax-Forwards: 0068\ni: raw1\nCSeq: 0009\n  INFO\nl: 0\n\n"},
    {"3.1.1.2",  // all characters that a token may have
     "!interesting-Method0123456789_*+`.%indeed'~ sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@"
     "CSeq: 11 !interesting-Method0123456789_*+`.%indeed'~\nContent-Length: 0\n\n"},
    {"3.1.1.3", "INFO sip:b%6Fb@127.0.0.1;p=%3B SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 12 INFO\n\n"},
    {"3.1.1.4", "INFO sip:null-%00-null@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 13 INFO\n\n"},
    {"3.1.1.6",
     "OPTIONS sip:bob@127.0.0.1 SIP/2.0\n@VIA@From: caller<sip:raw@127.0.0.1>;tag=raw\n@TO@@ID@"
     "CSeq: 14 OPTIONS\nMax-Forwards: 70\n\n"},
    {"3.1.1.8",  // something more behind the end of the datagram's message
     "INFO sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 15 INFO\nContent-Length: 0\n\n"
     "BYE sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 16 BYE\nContent-Length: 0\n\n"},
    {"3.1.1.9",
     "OPTIONS sip:user;par=u%40example.net@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 17 "
     "OPTIONS\n\n"},
    {"3.1.1.10",
     "OPTIONS sip:bob@127.0.0.1 SIP/2.0\nVia: SIP/2.0/SCTP 127.0.0.1;branch=z9hG4bKt7\n"
     "Via: SIP/2.0/UNKNOWN 127.0.0.1;branch=z9hG4bKt8\n@FROM@@TO@@ID@CSeq: 18 OPTIONS\n\n"},
    {"3.1.1.12",
     "SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe\n@VIA@@FROM@@TO@@ID@CSeq: 1 INVITE\n\n"},
    {"3.1.1.13", "SIP/2.0 100\n@VIA@@FROM@@TO@@ID@CSeq: 1 INVITE\n\n"},
    {"3.1.2.1",
     "BYE sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@To: <sip:bob@127.0.0.1>;tag=@TAG@;;,;,,\n@ID@CSeq: "
     "20 BYE\n\n"},
    {"3.1.2.2",
     "INVITE sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 21 INVITE\nContent-Type: "
     "application/sdp\nContent-Length: 9999\n\nv=0\n"},
    {"3.1.2.3",
     "INVITE sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 22 INVITE\nContent-Length: "
     "-999\n\nv=0\n"},
    {"3.1.2.4",
     "BYE sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 36893488147419103232 BYE\n"
     "Max-Forwards: 300\n\n"},
    {"3.1.2.5",
     "SIP/2.0 503 Service Unavailable\n@VIA@@FROM@@TO@@ID@CSeq: 9292394834772304023312 OPTIONS\n"
     "Retry-After: 949302838503028349304023988\nWarning: 1812 overture \"on\"\n\n"},
    {"3.1.2.6",
     "INVITE sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@To: \"Mr. J. User "
     "<sip:bob@127.0.0.1>;tag=@TAG@\n@ID@CSeq: 23 INVITE\n\n"},
    {"3.1.2.7", "BYE <sip:bob@127.0.0.1> SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: nonsense\n\n"},
    {"3.1.2.8", "BYE sip:bob@127.0.0.1; lr SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: nonsense BYE\n\n"},
    {"3.1.2.9", "BYE  sip:bob@127.0.0.1  SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: x BYE\n\n"},
    {"3.1.2.10", "OPTIONS sip:bob@127.0.0.1 SIP/2.0  \n@VIA@@FROM@@TO@@ID@CSeq: 24 OPTIONS\n\n"},
    {"3.1.2.11",
     "INVITE sip:bob@127.0.0.1?Route=%3Csip:example.com%3E SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 25 "
     "INVITE\n\n"},
    {"3.1.2.12",
     "INFO sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 26 INFO\nDate: Fri, 01 Jan 2010 "
     "16:00:00 EST\n\n"},
    {"3.1.2.15",
     "OPTIONS sip:bob@127.0.0.1 SIP/2.0\n@VIA@From: Bell, Alexander "
     "<sip:raw@127.0.0.1>;tag=raw\n@TO@@ID@CSeq: 27 OPTIONS\n\n"},
    {"3.1.2.16", "BYE sip:bob@127.0.0.1 SIP/7.0\n@VIA@@FROM@@TO@@ID@CSeq: 28 BYE\n\n"},
    {"3.1.2.17", "BYE sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 8 INVITE\n\n"},
    {"3.1.2.18", "NEWMETHOD sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 8 BYE\n\n"},
    {"3.1.2.19",
     "SIP/2.0 4294967301 better not break the receiver\n@VIA@@FROM@@TO@@ID@CSeq: 1 BYE\n\n"},
    {"3.2.1",
     "OPTIONS sip:bob@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK\n@FROM@@TO@@ID@"
     "CSeq: 29 OPTIONS\n\n"},
    {"3.3.1", "INVITE sip:bob@127.0.0.1 SIP/2.0\nCSeq: 30 INVITE\n@VIA@Contact: x\n\n"},
    {"3.3.2",
     "OPTIONS nobodyKnowsThisScheme:totallyopaque SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 38 "
     "OPTIONS\n\n"},
    {"3.3.5",
     "OPTIONS sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 31 OPTIONS\nRequire: nothingSupp"
     "ortsThis\nProxy-Require: nor, this\n\n"},
    {"3.3.6",
     "INVITE sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 32 INVITE\nContent-Type: "
     "application/unknownformat\nContent-Length: 5\n\n<aud>"},
    {"3.3.8",  // more than one value where one is allowed
     "BYE sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@From: <sip:b@127.0.0.1>;tag=2\n@TO@To: "
     "<sip:c@127.0.0.1>;tag=3\n@ID@Call-ID: other\nCSeq: 33 BYE\nCSeq: 34 OPTIONS\n\n"},
    {"3.3.9",
     "INFO sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 35 INFO\nContent-Length: "
     "13\nContent-Length: 5\n\nThere is no"},
    {"3.3.10",
     "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKx\n@FROM@@TO@@ID@CSeq: 1 "
     "INVITE\nContact: <sip:x@255.255.255.255>\n\n"},
    {"3.3.11",
     "OPTIONS sip:bob@127.0.0.1 SIP/2.0\n@VIA@@FROM@@TO@@ID@CSeq: 36 OPTIONS\nMax-Forwards: 0\n\n"},
    {"3.4.1",
     "INVITE sip:bob@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1\nFrom: <sip:raw@127.0.0.1>;tag="
     "raw\n@TO@@ID@CSeq: 37 INVITE\n\nv=0\n"},
};

std::string filled(const CallerOfBob& far, std::string text, int n) {
  const std::string where = "127.0.0.1:" + std::to_string(far.raw.port());
  const std::pair<std::string, std::string> words[] = {
      {"@VIA@", "Via: SIP/2.0/UDP " + where + ";branch=z9hG4bKt" + std::to_string(n) + "x\n"},
      {"@FROM@", "From: <sip:raw@" + where + ">;tag=raw\n"},
      {"@TO@", "To: <sip:bob@127.0.0.1>;tag=" + far.to_tag + "\n"},
      {"@TAG@", far.to_tag},
      {"@ID@", "Call-ID: raw1\n"},
      {"\n", "\r\n"}};
  for (const auto& [word, with] : words)
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += with.size())
      text.replace(at, word.size(), with);
  return text;
}

TEST(SipInDialog, TortureWithinACallDoesNotEndIt) {
  Bench bench;
  CallerOfBob far(bench);
  int n = 0;
  for (const Torture& torture : kTorture) {
    SCOPED_TRACE(torture.section);
    const std::string text = filled(far, torture.text, ++n);
    far.raw.send(text);
    far.raw.send(text.substr(0, text.size() / 2));  // and what is left of it when it is cut
    far.raw.send(text + text);
    EXPECT_TRUE(lives(bench, far.call));
  }
  far.hang_up(bench, 1000);
  bench.expect_empty();
}

std::string with_session(std::string invite, const std::string& expires) {
  const std::string after = "Max-Forwards: 70\r\n";
  return invite.replace(
      invite.find(after), after.size(),
      after + "Supported: timer\r\nRequire: timer\r\nSession-Expires: " + expires + "\r\n");
}

TEST(SipSessionTimer, IsGrantedToACallerAndRefusedWhenTooShort) {
  Bench bench;
  Raw raw(bench.port());
  raw.send(with_session(raw.request("INVITE", "bob", 1, "", kSdp), "60"));
  const std::string refusal = raw.message();
  EXPECT_EQ(refusal.substr(0, 11), "SIP/2.0 422") << refusal;
  EXPECT_NE(refusal.find("Min-SE: 90\r\n"), std::string::npos) << refusal;
  raw.send(with_session(raw.request("INVITE", "bob", 2, "", kSdp), "600"));
  EXPECT_FALSE(bench.answer(bench.incoming(kBob)));
  std::string answer;
  while (answer.substr(0, 11) != "SIP/2.0 200" && !(answer = raw.message()).empty()) continue;
  EXPECT_NE(answer.find("Session-Expires: 600;refresher=uac\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("Require: timer\r\n"), std::string::npos) << answer;
  bench.expect_empty();
}

TEST(SipSessionTimer, IsAskedForByOurInviteUnlessTheLineHasNone) {
  for (const int seconds : {1800, 0}) {
    Config config = test_config();
    config.lines[kAlice].session_expires = std::chrono::seconds(seconds);
    Bench bench(config);
    Raw raw(bench.port());
    bench.make_call(kAlice, "sip:x@127.0.0.1:" + std::to_string(raw.port()));
    const std::string invite = raw.message();
    EXPECT_EQ(invite.find("Session-Expires: 1800\r\n") != std::string::npos, seconds != 0);
    EXPECT_EQ(invite.find("Supported: timer\r\n") != std::string::npos, seconds != 0);
    bench.expect_empty();
  }
}

std::string with_replaces(std::string invite, const std::string& value) {
  const std::string after = "Max-Forwards: 70\r\n";
  return invite.replace(invite.find(after), after.size(),
                        after + "Require: replaces\r\nReplaces: " + value + "\r\n");
}

/// The request as a response to itself.
std::string response_to(std::string request, const std::string& status) {
  request.replace(0, request.find("\r\n"), "SIP/2.0 " + status);
  const std::size_t to = request.find("\r\nTo:"), end = request.find("\r\n", to + 2);
  if (request.substr(to, end - to).find(";tag=") == std::string::npos)
    request.insert(end, ";tag=ringing");
  return request;
}

std::string wait_for(Raw& raw, const std::string& method) {
  std::string text;
  while (text.substr(0, method.size()) != method && !(text = raw.message()).empty()) continue;
  return text;
}

TEST(SipReplaces, AnAnsweredReplacementEndsTheCallWhosePlaceItTakes) {
  Bench bench;
  CallerOfBob far(bench);
  Raw other(bench.port());
  other.send(with_replaces(other.request("INVITE", "bob", 2, "", kSdp),
                           "raw1;from-tag=raw;to-tag=" + far.to_tag));
  const CallRef taken = bench.incoming(kBob, 1);
  EXPECT_TRUE(lives(bench, far.call)) << "only the answer replaces it";
  EXPECT_FALSE(bench.answer(taken));
  const std::string bye = wait_for(far.raw, "BYE");
  EXPECT_NE(bye.find("Call completed elsewhere"), std::string::npos) << bye;
  far.raw.send(response_to(bye, "200 OK"));
  EXPECT_EQ(bench.cause(far.call).mode, DisconnectMode::pickup);
  EXPECT_EQ(bench.ended(far.call).confirmation, Confirmation::confirmed);
  EXPECT_TRUE(lives(bench, taken));
  bench.expect_empty();
}

TEST(SipReplaces, OurCallThatRingsIsPickedUpFromElsewhere) {
  Bench bench;
  Raw rings(bench.port());
  const CallRef call = bench.make_call(kAlice, "sip:x@127.0.0.1:" + std::to_string(rings.port()));
  const std::string invite = wait_for(rings, "INVITE");
  const auto between = [&](const std::string& before, std::size_t from) {
    const std::size_t at = invite.find(before, from) + before.size();
    return invite.substr(at, invite.find_first_of("\r;", at) - at);
  };
  rings.send(response_to(invite, "180 Ringing"));
  ASSERT_TRUE(bench.reaches(call, CallState::ringback));
  Raw other(bench.port());
  other.send(with_replaces(other.request("INVITE", "alice", 2, "", kSdp),
                           between("\r\nCall-ID: ", 0) + ";from-tag=ringing;early-only;to-tag=" +
                               between(";tag=", invite.find("\r\nFrom:"))));
  EXPECT_FALSE(bench.answer(bench.incoming(kAlice)));
  const std::string cancel = wait_for(rings, "CANCEL");
  EXPECT_NE(cancel.find("Call completed elsewhere"), std::string::npos) << cancel;
  rings.send(response_to(cancel, "200 OK"));
  rings.send(response_to(invite, "487 Request Terminated"));
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::pickup);
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(SipReplaces, WhatNamesNoCallOfTheLineIsRefusedAndEndsNothing) {
  Bench bench;
  CallerOfBob far(bench);
  const std::string good = "raw1;from-tag=raw;to-tag=" + far.to_tag;
  const std::tuple<std::string, std::string, int> tries[] = {
      {"bob", "other;from-tag=raw;to-tag=" + far.to_tag, 481},
      {"bob", "raw1;from-tag=other;to-tag=" + far.to_tag, 481},
      {"bob", "raw1;from-tag=raw;to-tag=" + far.to_tag + "0", 481},
      {"alice", good, 481},
      {"bob", good + ";early-only", 486},
  };
  Raw other(bench.port());
  int n = 2;
  for (const auto& [user, value, status] : tries) {
    other.send(with_replaces(other.request("INVITE", user, n++, "", kSdp), value));
    EXPECT_EQ(other.status(), status) << value;
    EXPECT_TRUE(lives(bench, far.call));
  }
  far.hang_up(bench, 5);
  other.send(with_replaces(other.request("INVITE", "bob", n, "", kSdp), good));
  EXPECT_EQ(other.status(), 603) << "it is over";
  bench.expect_empty();
}

/// RFC 3891 section 3: "If more than one Replaces header field is present in an INVITE, or if a
/// Replaces header field is present in a request other than INVITE, the UAS MUST reject the request
/// with a 400 Bad Request response"; one that cannot be read, or lacks a tag, names nothing either.
TEST(SipReplaces, OneThatIsMalformedOrDoubledIsABadRequestAndEndsNothing) {
  Bench bench;
  CallerOfBob far(bench);
  const std::string good = "raw1;from-tag=raw;to-tag=" + far.to_tag;
  const std::string values[] = {
      good + "\r\nReplaces: " + good,         // doubled
      good + "\r\nReplaces: other",           // the second one malformed
      good + ", " + good,                     // two in one: the syntax has no list
      "",                                     // nothing at all
      ";from-tag=raw;to-tag=" + far.to_tag,   // no Call-ID
      "raw1",                                 // no tags
      "raw1;from-tag=raw",                    // the one
      "raw1;to-tag=" + far.to_tag,            // and the other
      "raw1;from-tag=;to-tag=" + far.to_tag,  // empty
      good + ";to-tag=" + far.to_tag,         // twice, RFC 3891 section 6.1
      good + ";from-tag=raw",
      "raw1 from-tag=raw to-tag=" + far.to_tag,
  };
  Raw other(bench.port());
  int n = 2;
  for (const std::string& value : values) {
    other.send(with_replaces(other.request("INVITE", "bob", n++, "", kSdp), value));
    EXPECT_EQ(other.status(), 400) << value;
    EXPECT_TRUE(lives(bench, far.call)) << value;
  }
  for (const char* method : {"OPTIONS", "BYE", "INFO", "REFER", "CANCEL"}) {
    other.send(with_replaces(other.request(method, "bob", n++), good));
    EXPECT_EQ(other.status(), 400) << method;
    EXPECT_TRUE(lives(bench, far.call)) << method;
  }
  // Within the call it is not an INVITE that makes a dialog: nothing is replaced, nothing ends.
  std::string info = far.in_dialog("INFO", 5);
  far.raw.send(with_replaces(info, good));
  EXPECT_EQ(far.raw.status(), 400);
  EXPECT_TRUE(lives(bench, far.call));
  far.hang_up(bench, 6);
  EXPECT_EQ(bench.ledger().booked[static_cast<std::size_t>(Resource::provider_calls)], 1)
      << "none of them was a call";
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
