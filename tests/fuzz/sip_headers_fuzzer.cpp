// SPDX-License-Identifier: Apache-2.0
// Header fields that a far end fills in: Reason, User-to-User, digest challenges, and what an end
// means. The first byte says which; what is understood can be written, and reads the same again.
#include "base/limits.hpp"
#include "providers/sip/call/mapping.hpp"
#include "providers/sip/config.hpp"
#include "providers/sip/dialog/digest.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace switchhook;  // NOLINT: a program of one page
using fuzz::require;

/// Values of several header fields, one in each line.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back().push_back(c);
  }
  return lines;
}

void check_reasons(const std::string& text) {
  const auto reasons = sip::mapping::parse_reasons(lines_of(text));
  require(reasons.size() <= sip::mapping::kReasons, "no more reasons than the limit");
  for (const auto& reason : reasons) {
    const std::string written = sip::mapping::format_reason(reason);
    require(written.find_first_of("\r\n") == std::string::npos, "a reason stays in its line");
    const auto again = sip::mapping::parse_reasons({written});
    require(again.size() == 1, "a reason that we wrote is one reason");
    require(again[0].cause == reason.cause, "its cause is the same");
    require(again[0].protocol == reason.protocol, "its protocol is the same");
  }
}

void check_user_info(const std::string& text) {
  const auto info = sip::mapping::parse_user_to_user(text);
  if (!info) return;
  require(info->size() <= limits::kUserInfoBytes, "no more user-user information than the limit");
  const auto again = sip::mapping::parse_user_to_user(sip::mapping::format_user_to_user(*info));
  require(info->empty() || (again && *again == *info), "user-user information reads the same");
}

void check_challenges(const std::string& text) {
  const sip::digest::Credentials credentials{.user = "alice", .password = "secret"};
  sip::digest::Client client;
  std::vector<std::pair<bool, std::string>> challenges;
  for (const std::string& line : lines_of(text)) challenges.emplace_back(false, line);
  if (!client.take(challenges, credentials)) return;
  const auto headers = client.headers(credentials, "BYE", "sip:bob@192.0.2.2", 7);
  require(!headers.empty(), "a challenge that makes sense is answered");
  for (const auto& [name, value] : headers)
    require(value.find_first_of("\r\n") == std::string::npos, "a header stays in its line");
}

void check_end(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return;
  const auto status = static_cast<std::uint16_t>(data[0] | data[1] << 8);
  const sip::usage::Disconnected end{
      .by = static_cast<sip::usage::Disconnected::By>(data[2] % 8),
      .status = status,
      .reasons = lines_of(fuzz::text_of(data + 3, size - 3)),
  };
  const Cause cause = sip::mapping::cause_of(end, (data[2] & 0x80) != 0);
  if (end.by == sip::usage::Disconnected::By::response && end.reasons.size() <= 1 && size == 3)
    require(cause.mode != DisconnectMode::normal, "a failure is no normal end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text = fuzz::text_of(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      check_reasons(text);
      break;
    case 1:
      check_user_info(text);
      break;
    case 2:
      check_challenges(text);
      break;
    case 3:
      check_end(data + 1, size - 1);
      break;
    default:
      static_cast<void>(sip::valid_user(text));
      if (sip::valid_uri(text))
        require(text.find_first_of("\r\n<> ") == std::string::npos, "a URI is one word");
  }
  return 0;
}
