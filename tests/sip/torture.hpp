// SPDX-License-Identifier: Apache-2.0
#pragma once

// The messages of RFC 4475, byte for byte as its sections have them, and what becomes of each here.
// The one exception is the signature in 3.1.1.11, of which only the length and the wide range of
// bytes matter. Threads: plain values. Ownership: by value.

#include <string>
#include <vector>

namespace switchhook::sip::test {

inline constexpr int kSilence = 0;  ///< among the answers: none may come as well

struct TortureMessage {
  std::string section;  ///< of RFC 4475
  std::string text;     ///< with all its CRLFs and other bytes
  /// The answers that the section allows an endpoint that has such a user; empty = none may come.
  std::vector<int> answers;
  bool offered = false;  ///< whether it is a call for one of kTortureUsers
};

/// Users of the messages' request URIs that a line may be named after.
inline constexpr const char* kTortureUsers[] = {"user", "joe", "vivekg", "UserB", "t.watson"};

[[nodiscard]] std::vector<TortureMessage> torture_valid();    ///< 3.1.1
[[nodiscard]] std::vector<TortureMessage> torture_invalid();  ///< 3.1.2
[[nodiscard]] std::vector<TortureMessage> torture_meaning();  ///< 3.2 to 3.4
[[nodiscard]] std::vector<TortureMessage> torture_all();

/// The session description that most of them carry, with this address in it.
[[nodiscard]] std::string torture_sdp(const std::string& address);
/// Lines as they are written here, each ended by CRLF.
[[nodiscard]] std::string torture_lines(std::string text);
/// Where in a message its first Via names the transport: "UDP", "TCP" or "TLS".
[[nodiscard]] std::size_t torture_transport(const std::string& text);

}  // namespace switchhook::sip::test
