// SPDX-License-Identifier: Apache-2.0
// What is remembered of ended calls: enough to answer what comes late, and no more.
#include "providers/sip/usage/graveyard.hpp"

#include <gtest/gtest.h>

namespace switchhook::sip::usage {
namespace {

using std::chrono::milliseconds;
using Late = Graveyard::Late;

/// An outgoing call, `answered` by "them" or cancelled before; finished.
Usage ended_call(const Settings& settings, bool answered) {
  Identity identity;
  identity.call_id = "c";
  identity.local_tag = "us";
  Usage usage(settings, identity);
  Outputs out;
  EXPECT_EQ(usage.apply(Start{"offer", {}}, out), Verdict::acted);
  const auto respond = [&](Method method, TransactionId id, std::uint32_t cseq,
                           std::uint16_t status) {
    ResponseIn in{.transaction = id, .method = method, .cseq = cseq, .status = status};
    in.remote_tag = "them";
    EXPECT_NE(usage.apply(in, out), Verdict::refused);
  };
  respond(Method::invite, 1, 1, answered ? 200 : 180);
  EXPECT_EQ(usage.apply(Drop{}, out), Verdict::acted);
  if (answered) {
    respond(Method::bye, 2, 2, 200);
  } else {
    respond(Method::invite, 1, 1, 487);
  }
  EXPECT_TRUE(usage.finished());
  return usage;
}

TEST(Graveyard, AcknowledgesARepeatedAnswerOfAnEndedDialog) {
  const Settings settings;
  Graveyard graves(milliseconds(32000));
  graves.bury(ended_call(settings, true), milliseconds(0));
  EXPECT_EQ(graves.answered("c", "us", "them", milliseconds(1)), Late::acknowledged);
}

TEST(Graveyard, EndsALateAnswerOnce) {
  const Settings settings;
  for (const bool answered : {true, false}) {
    Graveyard graves(milliseconds(32000));
    graves.bury(ended_call(settings, answered), milliseconds(0));
    EXPECT_EQ(graves.answered("c", "us", "another", milliseconds(1)), Late::ended);
    EXPECT_EQ(graves.answered("c", "us", "another", milliseconds(2)), Late::acknowledged);
  }
}

TEST(Graveyard, IgnoresAnswersToNothing) {
  Graveyard graves(milliseconds(32000));
  EXPECT_EQ(graves.answered("c", "us", "them", milliseconds(0)), Late::ignored);
  EXPECT_FALSE(graves.knows("c", "us"));
  EXPECT_EQ(graves.size(), 0u);
}

TEST(Graveyard, IgnoresAnAnswerToACallThatWasIncoming) {
  const Settings settings;
  Identity identity;
  identity.call_id = "c";
  identity.local_tag = "us";
  Usage usage(settings, identity);
  Outputs out;
  RequestIn invite{.server = 1, .method = Method::invite, .cseq = 1, .remote_tag = "them"};
  EXPECT_EQ(usage.apply(invite, out), Verdict::acted);
  EXPECT_EQ(usage.apply(Drop{}, out), Verdict::acted);
  EXPECT_EQ(usage.apply(FailureAcknowledged{1}, out), Verdict::acted);
  Graveyard graves(milliseconds(32000));
  graves.bury(usage, milliseconds(0));
  EXPECT_TRUE(graves.knows("c", "us"));
  EXPECT_EQ(graves.answered("c", "us", "them", milliseconds(1)), Late::ignored);
}

TEST(Graveyard, ForgetsAfterItsTimeAndNeverGrowsPastItsLimit) {
  const Settings settings;
  Graveyard graves(milliseconds(32000));
  const Usage call = ended_call(settings, true);
  graves.bury(call, milliseconds(0));
  EXPECT_TRUE(graves.knows("c", "us"));
  // Whatever is added later makes room first.
  for (std::size_t i = 0; i < Graveyard::kGraves + 10; ++i)
    EXPECT_EQ(graves.answered("c", "us", std::to_string(i), milliseconds(1)),
              graves.knows("c", "us") ? Late::ended : Late::ignored);
  EXPECT_LE(graves.size(), Graveyard::kGraves);
  graves.bury(call, milliseconds(40000));
  EXPECT_LE(graves.size(), 2u);
}

}  // namespace
}  // namespace switchhook::sip::usage
