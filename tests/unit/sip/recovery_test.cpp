// SPDX-License-Identifier: Apache-2.0
// A call taken up from the journal is ended as its stage asks for, in the identity that was noted.
#include "providers/sip/dialog/recovery.hpp"

#include <gtest/gtest.h>

#include "providers/sip/dialog/usage.hpp"

namespace switchhook::sip::usage {
namespace {

Recovery noted(Recovery::Stage stage) {
  return {.stage = stage,
          .outgoing = stage != Recovery::Stage::offered,
          .call_id = "id@host",
          .local_tag = "lt",
          .remote_tag = stage == Recovery::Stage::calling ? "" : "rt",
          .local = "<sip:alice@here>",
          .remote = "\"B: 7\" <sip:bob@there>",
          .target = "sip:bob@1.2.3.4",
          .contact = "<sip:alice@here>",
          .next_hop = "sip:proxy",
          .branch = "z9hG4bKb",
          .routes = {"<sip:p2;lr>", "<sip:p1;lr>"},
          .cseq = 41,
          .invite_cseq = 40,
          .invite = "INVITE x\r\n\r\n"};
}

class Taken {
 public:
  explicit Taken(Recovery::Stage stage) : usage_(settings_, noted(stage), 7) {
    out = apply(Drop{.status = 480, .reason = "Q.850;cause=41"});
  }
  Outputs apply(Input input) {
    Outputs outputs;
    static_cast<void>(usage_.apply(input, outputs));
    return outputs;
  }
  template <typename T>
  static const T* find(const Outputs& outputs) {
    for (const Output& each : outputs)
      if (const T* found = std::get_if<T>(&each)) return found;
    return nullptr;
  }
  static Confirmation end(const Outputs& outputs) {
    const auto* finished = find<Finished>(outputs);
    return finished == nullptr ? Confirmation::pending : finished->confirmation;
  }
  Outputs out;

 private:
  Settings settings_;
  Usage usage_;
};

TEST(Recovery, IsTheSameAfterBytes) {
  for (const auto stage :
       {Recovery::Stage::calling, Recovery::Stage::offered, Recovery::Stage::dialog}) {
    const Recovery before = noted(stage);
    EXPECT_EQ(recovery_from(to_bytes(before)), before);
  }
}

TEST(Recovery, WhatIsNotItsOwnBytesIsNothing) {
  const std::string whole = to_bytes(noted(Recovery::Stage::dialog));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(recovery_from(std::string_view(whole).substr(0, length))) << length;
  EXPECT_FALSE(recovery_from(whole + "x"));
  EXPECT_FALSE(recovery_from("1:3" + whole.substr(3)));
  EXPECT_FALSE(recovery_from("1:199999999999999999999:"));
}

/// What a daemon before this one noted said nothing of session descriptions.
TEST(Recovery, IsReadInItsOlderForm) {
  const Recovery call = noted(Recovery::Stage::dialog);
  const std::string whole = to_bytes(call), description = "1:01:0";
  ASSERT_TRUE(whole.ends_with(description)) << whole;
  const std::string older = "1:1" + whole.substr(3, whole.size() - 3 - description.size());
  EXPECT_EQ(recovery_from(older), call);
  Recovery described = call;
  described.sdp_session = 7;
  described.sdp_version = 3;
  EXPECT_EQ(recovery_from(to_bytes(described)), described);
}

TEST(Recovery, OfSeveralDialogsIsTheSameAfterBytes) {
  const std::vector<Recovery> both{noted(Recovery::Stage::dialog), noted(Recovery::Stage::calling)};
  const std::string whole = to_bytes(both);
  EXPECT_EQ(recoveries_from(whole), both);
  EXPECT_FALSE(recovery_from(whole));
  const std::vector<Recovery> one{both.front()};
  EXPECT_EQ(to_bytes(one), to_bytes(both.front()));
  EXPECT_EQ(recoveries_from(to_bytes(one)), one);
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_TRUE(recoveries_from(std::string_view(whole).substr(0, length)).empty()) << length;
  EXPECT_TRUE(recoveries_from(whole + "x").empty());
}

TEST(Recovery, ADialogIsEndedByBye) {
  Taken call(Recovery::Stage::dialog);
  const auto* bye = Taken::find<SendRequest>(call.out);
  ASSERT_NE(bye, nullptr);
  EXPECT_EQ(bye->request.method, Method::bye);
  EXPECT_EQ(bye->request.uri, "sip:bob@1.2.3.4");
  EXPECT_EQ(bye->request.from, "<sip:alice@here>;tag=lt");
  EXPECT_EQ(bye->request.to, "\"B: 7\" <sip:bob@there>;tag=rt");
  EXPECT_EQ(bye->request.routes, noted(Recovery::Stage::dialog).routes);
  EXPECT_GT(bye->request.cseq, 41u);
  EXPECT_EQ(bye->request.reason, "Q.850;cause=41");
  const ResponseIn gone{.transaction = bye->transaction,
                        .method = Method::bye,
                        .cseq = bye->request.cseq,
                        .status = 481};
  EXPECT_EQ(Taken::end(call.apply(gone)), Confirmation::already_gone);
}

TEST(Recovery, AnInviteIsCancelledInItsOwnBranch) {
  Taken call(Recovery::Stage::calling);
  const auto* cancel = Taken::find<SendRequest>(call.out);
  ASSERT_NE(cancel, nullptr);
  EXPECT_EQ(cancel->request.method, Method::cancel);
  EXPECT_EQ(cancel->request.branch, "z9hG4bKb");
  EXPECT_EQ(cancel->request.cseq, 40u);
  EXPECT_EQ(cancel->request.next_hop, "sip:proxy");
  EXPECT_EQ(cancel->request.to.find(";tag="), std::string::npos);
  const Outputs last = call.apply(
      ResponseIn{.method = Method::invite, .cseq = 40, .status = 487, .remote_tag = "rt"});
  const auto* ack = Taken::find<SendAck>(last);
  ASSERT_NE(ack, nullptr) << "no transaction acknowledges it";
  EXPECT_EQ(ack->request.branch, "z9hG4bKb");
  EXPECT_EQ(ack->request.cseq, 40u);
  EXPECT_EQ(Taken::end(last), Confirmation::confirmed);
}

TEST(Recovery, AnAnswerThatComesAllTheSameIsAcknowledgedAndEnded) {
  Taken call(Recovery::Stage::calling);
  const Outputs next = call.apply(ResponseIn{.method = Method::invite,
                                             .cseq = 40,
                                             .status = 200,
                                             .remote_tag = "rt",
                                             .contact = "sip:new@target"});
  ASSERT_NE(Taken::find<SendAck>(next), nullptr);
  const auto* bye = Taken::find<SendRequest>(next);
  ASSERT_NE(bye, nullptr);
  EXPECT_EQ(bye->request.method, Method::bye);
  EXPECT_EQ(bye->request.uri, "sip:new@target");
}

TEST(Recovery, ACancelForWhatIsGoneEndsTheMatter) {
  Taken call(Recovery::Stage::calling);
  EXPECT_EQ(Taken::end(call.apply(ResponseIn{.method = Method::cancel, .cseq = 40, .status = 481})),
            Confirmation::already_gone);
  Taken unreachable(Recovery::Stage::calling);
  const auto* cancel = Taken::find<SendRequest>(unreachable.out);
  ASSERT_NE(cancel, nullptr);
  EXPECT_EQ(Taken::end(unreachable.apply(TransportError{cancel->transaction, "no"})),
            Confirmation::unconfirmed);
}

TEST(Recovery, AnOfferIsRefusedUntilTheAck) {
  Taken call(Recovery::Stage::offered);
  const auto* refusal = Taken::find<SendResponse>(call.out);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->status, 480);
  const Outputs again = call.apply(TimerDue{Timer::ok_again});
  ASSERT_NE(Taken::find<SendResponse>(again), nullptr);
  EXPECT_EQ(Taken::find<SendResponse>(again)->status, 480);
  const Outputs last = call.apply(RequestIn{.server = 2, .method = Method::ack, .cseq = 3});
  EXPECT_EQ(Taken::end(last), Confirmation::confirmed);
  Taken deaf(Recovery::Stage::offered);
  EXPECT_EQ(Taken::end(deaf.apply(TimerDue{Timer::ok_limit})), Confirmation::unconfirmed);
}

}  // namespace
}  // namespace switchhook::sip::usage
