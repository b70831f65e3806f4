// SPDX-License-Identifier: Apache-2.0
// The functions that are not offered.
#include "tests/conformance/tapi2/every_function.h"

#include <set>
#include <string>

#include "tests/conformance/tapi2/program.hpp"

namespace conformance {
namespace {

using EveryFunction = Conformance;

std::string hexadecimal(LONG value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", static_cast<unsigned>(value));
  return text;
}

// Each page of the reference lists what a function answers; none of them lists success for what
// is not there.
TEST_F(EveryFunction, ThatIsNotOfferedAnswersItsError) {
  Program program("program");
  const HLINE line = program.open(kScripted);
  const HCALL call = program.call(line, "901");
  for (unsigned i = 0; i < kEveryFunctionCount; ++i) {
    const Function& function = kEveryFunction[i];
    if (function.call == nullptr) continue;
    const LONG result = function.call(program.app, line, call);
    EXPECT_EQ(hexadecimal(result), hexadecimal(function.answer)) << function.name;
    EXPECT_LT(result, 0) << function.name;
  }
  EXPECT_TRUE(program.nothing()) << "and no reply comes";
  program.drop_and_release(call);
}

TEST_F(EveryFunction, ThatIsNotOfferedTellsABadHandleFirst) {
  Program program("program");
  const HLINE line = program.open(kScripted);
  const auto answers_to_handles_of_other_kinds = [&](const std::string& name) {
    for (unsigned i = 0; i < kEveryFunctionCount; ++i)
      if (kEveryFunction[i].name == name) return kEveryFunction[i].call(line, 0, line);
    return LONG{0};
  };
  EXPECT_EQ(answers_to_handles_of_other_kinds("lineDialA"), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(answers_to_handles_of_other_kinds("lineForwardW"), error(LINEERR_INVALLINEHANDLE));
  EXPECT_EQ(answers_to_handles_of_other_kinds("lineGetRequest"), error(LINEERR_INVALAPPHANDLE));
  EXPECT_EQ(answers_to_handles_of_other_kinds("lineSetTerminal"), error(LINEERR_INVALLINEHANDLE));
  EXPECT_EQ(answers_to_handles_of_other_kinds("lineTranslateAddressA"),
            error(LINEERR_INVALAPPHANDLE));
}

// "If an application has not yet called lineInitializeEx, it can set hLineApp to zero."
// lineSetCurrentLocation.
TEST_F(EveryFunction, OfTranslationNeedsNoApplication) {
  EXPECT_EQ(lineSetCurrentLocation(0, 0), error(LINEERR_OPERATIONFAILED));
  EXPECT_EQ(lineTranslateDialogA(0, 0, 0x00020002, nullptr, nullptr),
            error(LINEERR_OPERATIONFAILED));
}

}  // namespace
}  // namespace conformance
