// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/tapi2/program.hpp"

namespace conformance {

std::string words_of(const LINEMESSAGE& message) {
  std::string out = "message " + std::to_string(message.dwMessageID) + " of " +
                    std::to_string(message.hDevice) + " (";
  out += std::to_string(message.dwParam1) + ", " + std::to_string(message.dwParam2) + ", ";
  return out + std::to_string(message.dwParam3) + ")";
}

}  // namespace conformance
