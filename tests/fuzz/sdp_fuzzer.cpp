// SPDX-License-Identifier: Apache-2.0
// Whatever a far end describes: bounded work, and what is understood can be answered by something
// that is understood too, with as many streams.
#include "providers/sip/call/sdp.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace switchhook;  // NOLINT: a program of one page

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  const Result<sip::sdp::Description> offered = sip::sdp::parse(text);
  if (!offered) {
    fuzz::require(!offered.error().text().empty(), "a refusal says why");
    return 0;
  }
  fuzz::require(size <= sip::sdp::kBytes, "no description is longer than its limit");
  fuzz::require(offered->streams.size() <= sip::sdp::kStreams, "no more streams than the limit");
  for (const auto& stream : offered->streams)
    fuzz::require(stream.formats.size() <= sip::sdp::kFormats, "no more formats than the limit");
  static_cast<void>(offered->holds());
  static_cast<void>(sip::sdp::acceptable(*offered));
  const sip::sdp::Local local{.address = "192.0.2.1", .port = 4000, .session = 7};
  const Result<std::string> answer = sip::sdp::answer(*offered, local);
  if (!answer) return 0;
  const Result<sip::sdp::Description> answered = sip::sdp::parse(*answer);
  fuzz::require(static_cast<bool>(answered), "our answer can be parsed");
  fuzz::require(answered->streams.size() == offered->streams.size(),
                "an answer has the offer's streams (RFC 3264, 6)");
  fuzz::require(answered->audio() != nullptr, "an answer that is given accepts the audio");
  return 0;
}
