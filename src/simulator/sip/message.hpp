// SPDX-License-Identifier: Apache-2.0
#pragma once

// A SIP message on the virtual wire: the parsed fields that the usage and the transaction layer
// look at, and, where messages are real texts, the text. Threads: plain values. Ownership: by
// value.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "providers/sip/dialog/messages.hpp"

namespace switchhook::sip::races {

struct Message {
  bool request = true;
  Method method = Method::other;
  std::string token;  ///< the name of a method that Method does not know
  std::uint16_t status = 0;
  std::string phrase;
  std::string uri, call_id, from_tag, to_tag, branch;
  std::uint32_t cseq = 0;
  std::string contact, body, reason, user_to_user;
  std::vector<std::string> routes, record_routes;
  std::vector<std::pair<bool, std::string>> challenges;
  Headers authorization;
  std::uint32_t expires_s = 0;
  std::uint16_t retry_after_s = 0;
  // Where there are more than two: to whom it goes, and on arrival, from whom it came.
  int host = 0;
  // Where messages are texts: this one's, and that of the request which it was made of, for those
  // that the transaction layer makes by itself. The other fields then are what the layer looks at.
  std::shared_ptr<const std::string> text, origin;

  [[nodiscard]] bool final() const { return !request && status >= 200; }
  [[nodiscard]] bool success() const { return !request && status >= 200 && status < 300; }
};

/// "INVITE", "200 (BYE)".
[[nodiscard]] std::string name_of(const Message& message);

/// A response to `request`, with our tag where it had none.
[[nodiscard]] Message response_to(const Message& request, std::uint16_t status,
                                  const std::string& local_tag);

}  // namespace switchhook::sip::races
