// SPDX-License-Identifier: Apache-2.0
// Whatever a configuration file says, it is understood or refused in words, twice in the same way.
#include "daemon/settings.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace switchhook;  // NOLINT: a program of one page

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  daemon::Settings first, second;
  const Result<void> understood = daemon::read_text(text, "fuzz.toml", first);
  const Result<void> again = daemon::read_text(text, "fuzz.toml", second);
  fuzz::require(static_cast<bool>(understood) == static_cast<bool>(again), "the same both times");
  if (!understood) {
    fuzz::require(!understood.error().text().empty(), "a refusal says why");
    fuzz::require(understood.error().text() == again.error().text(), "the same reason both times");
    return 0;
  }
  daemon::complete(first);
  static_cast<void>(first.sip.validate());
  return 0;
}
