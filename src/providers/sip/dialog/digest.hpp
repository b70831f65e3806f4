// SPDX-License-Identifier: Apache-2.0
#pragma once

// Digest authentication of a SIP client (RFC 7616 with RFC 8760; RFC 2617 where a peer is older):
// MD5, SHA-256 and SHA-512-256, qop "auth" or none. Pure: no clock, no randomness of its own. Used
// for INVITE, re-INVITE, BYE and REGISTER alike. Threads: one at a time. Ownership: by value.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "providers/sip/dialog/messages.hpp"

namespace switchhook::sip::digest {

enum class Algorithm : std::uint8_t {
  md5,
  md5_sess,
  sha256,
  sha256_sess,
  sha512_256,
  sha512_256_sess,
};

/// The realms of the servers that a line was configured with, as far as they have been learned, and
/// the strength that they asked for: whoever else asks gets no digest of the password.
struct KnownRealms {
  struct Known {
    std::string realm;
    unsigned strength = 0;
  };
  std::vector<Known> realms;
};

struct Credentials {
  std::string user;
  std::string password;
  std::string realm;  ///< only this realm is answered; empty = those that are known
  std::shared_ptr<KnownRealms> known = {};  ///< null = any realm is answered
};

/// Which challenge of a request tells the realm of our server, where none is known yet.
enum class Teacher : std::uint8_t {
  nobody,
  proxy,   ///< it goes to our outbound proxy first: the first 407
  server,  ///< it goes to the server that the line was configured with: the first of all
};

/// Of two algorithms the one with the larger number is not weaker.
[[nodiscard]] unsigned strength_of(Algorithm algorithm);

struct Challenge {
  std::string realm;
  std::string nonce;
  std::string opaque;
  bool has_opaque = false;
  Algorithm algorithm = Algorithm::md5;
  bool algorithm_given = false;
  bool qop_auth = false;  ///< the server offers qop "auth"
  bool stale = false;
};

inline constexpr std::size_t kChallengeBytes = 4096;  ///< longer ones are not answered

/// Parses a value of WWW-Authenticate or Proxy-Authenticate. Nothing when it is no digest
/// challenge that can be answered (other scheme, other algorithm, qop without "auth", no nonce).
[[nodiscard]] std::optional<Challenge> parse_challenge(std::string_view value);

/// The `number`-th value of a secret: from the values nobody can tell the secret, or another value.
[[nodiscard]] std::uint64_t derived(std::uint64_t secret, std::uint64_t number);

/// Hash in lower-case hexadecimal. Empty when the library refuses the algorithm.
[[nodiscard]] std::string hash_hex(Algorithm algorithm, std::string_view data);

/// The "response" of RFC 7616 section 3.4.1. `nonce_count` counts from 1; without qop it is unused.
struct ResponseInput {
  std::string_view method, uri, cnonce;
  std::uint32_t nonce_count = 1;
};
[[nodiscard]] std::string response(const Challenge& challenge, const Credentials& credentials,
                                   const ResponseInput& input);

/// What one usage knows of the servers that challenged it.
class Client {
 public:
  /// Takes in the challenges of a 401 or 407 (`true` = Proxy-Authenticate), each realm's first one
  /// that can be answered (RFC 8760 section 2.4: the server puts its preferred one on top).
  /// Returns whether sending the request again makes sense: there is a challenge that can be
  /// answered, and this request has not been answered for its realm yet (unless its nonce was
  /// stale): servers refuse a wrong password by a new nonce (RFC 3261 22.2).
  /// @param again  the request was challenged before, and answered
  [[nodiscard]] bool take(const std::vector<std::pair<bool, std::string>>& challenges,
                          const Credentials& credentials, Teacher teacher = Teacher::nobody,
                          bool again = false);
  /// Whom it answers, and how.
  [[nodiscard]] std::vector<KnownRealms::Known> answered() const;

  /// The header fields for a request; counts the nonces up. Empty before the first challenge.
  /// `entropy` makes the cnonce; use a fresh one for each request.
  [[nodiscard]] Headers headers(const Credentials& credentials, std::string_view method,
                                std::string_view uri, std::uint64_t entropy);

 private:
  struct Entry {
    bool proxy = false;
    Challenge challenge;
    std::uint32_t used = 0;  ///< how often the nonce was used
    bool of_this = false;    ///< the request that is being challenged was challenged by it
  };
  std::vector<Entry> entries_;
};

}  // namespace switchhook::sip::digest
