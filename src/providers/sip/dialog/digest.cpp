// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/dialog/digest.hpp"

#include <openssl/evp.h>
#include <charconv>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

namespace switchhook::sip::digest {

std::uint64_t derived(std::uint64_t secret, std::uint64_t number) {
  const std::string hash = hash_hex(
      Algorithm::sha256, "switchhook " + std::to_string(secret) + " " + std::to_string(number));
  std::uint64_t value = 0;
  std::from_chars(hash.data(), hash.data() + std::min<std::size_t>(hash.size(), 16), value, 16);
  return value;
}
namespace {

constexpr std::size_t kRealms = 4;  // challenges answered at once

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

void skip_space(std::string_view& in) {
  while (!in.empty() && (in.front() == ' ' || in.front() == '\t' || in.front() == ','))
    in.remove_prefix(1);
}

/// One `name=value` or `name="value"`; false at the end or at what is no parameter.
bool next_parameter(std::string_view& in, std::string_view& name, std::string& value) {
  skip_space(in);
  const std::size_t equal = in.find('=');
  if (equal == std::string_view::npos || equal == 0) return false;
  name = in.substr(0, equal);
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
  in.remove_prefix(equal + 1);
  while (!in.empty() && (in.front() == ' ' || in.front() == '\t')) in.remove_prefix(1);
  value.clear();
  if (!in.empty() && in.front() == '"') {
    std::size_t i = 1;
    for (; i < in.size() && in[i] != '"'; ++i) {
      if (in[i] == '\\' && i + 1 < in.size()) ++i;
      value.push_back(in[i]);
    }
    if (i >= in.size()) return false;  // the quote never ends
    in.remove_prefix(i + 1);
    return true;
  }
  std::size_t end = in.find_first_of(", \t");
  if (end == std::string_view::npos) end = in.size();
  value = in.substr(0, end);
  in.remove_prefix(end);
  return true;
}

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (char c : value) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out.append("\"");
}

std::string_view name_of(Algorithm algorithm) {
  constexpr std::string_view kNames[] = {"MD5",          "MD5-sess",    "SHA-256",
                                         "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"};
  return kNames[static_cast<std::size_t>(algorithm)];
}

constexpr std::array kAlgorithms = {Algorithm::md5,        Algorithm::md5_sess,
                                    Algorithm::sha256,     Algorithm::sha256_sess,
                                    Algorithm::sha512_256, Algorithm::sha512_256_sess};

/// Whose password hash holds for a nonce and cnonce.
bool of_a_session(Algorithm algorithm) {
  return algorithm == Algorithm::md5_sess || algorithm == Algorithm::sha256_sess ||
         algorithm == Algorithm::sha512_256_sess;
}

const EVP_MD* digest_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::md5:
    case Algorithm::md5_sess:
      return EVP_md5();
    case Algorithm::sha256:
    case Algorithm::sha256_sess:
      return EVP_sha256();
    case Algorithm::sha512_256:
    case Algorithm::sha512_256_sess:
      return EVP_sha512_256();
  }
  return EVP_md5();
}

std::string hex8(std::uint32_t value) {
  std::array<char, 9> out{};
  std::snprintf(out.data(), out.size(), "%08x", value);
  return out.data();
}

bool printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

std::optional<Challenge> parse_challenge(std::string_view value) {
  if (value.size() > kChallengeBytes || !printable(value)) return std::nullopt;
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  constexpr std::string_view kScheme = "digest";
  if (value.size() <= kScheme.size() || !same(value.substr(0, kScheme.size()), kScheme) ||
      (value[kScheme.size()] != ' ' && value[kScheme.size()] != '\t'))
    return std::nullopt;
  value.remove_prefix(kScheme.size());

  Challenge out;
  bool nonce = false, qop_given = false;
  std::string_view name;
  std::string text;
  while (next_parameter(value, name, text)) {
    if (same(name, "realm")) {
      out.realm = text;
    } else if (same(name, "nonce")) {
      out.nonce = text;
      nonce = true;
    } else if (same(name, "opaque")) {
      out.opaque = text;
      out.has_opaque = true;
    } else if (same(name, "stale")) {
      out.stale = same(text, "true");
    } else if (same(name, "algorithm")) {
      out.algorithm_given = true;
      bool known = false;
      for (const Algorithm a : kAlgorithms)
        if (same(text, name_of(a))) out.algorithm = a, known = true;
      if (!known) return std::nullopt;
    } else if (same(name, "qop")) {
      qop_given = true;
      std::string_view rest = text;
      while (!rest.empty()) {
        skip_space(rest);
        std::size_t end = rest.find_first_of(", \t");
        if (end == std::string_view::npos) end = rest.size();
        if (same(rest.substr(0, end), "auth")) out.qop_auth = true;
        rest.remove_prefix(end);
      }
    }
  }
  if (!nonce || (qop_given && !out.qop_auth)) return std::nullopt;
  return out;
}

std::string hash_hex(Algorithm algorithm, std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (EVP_Digest(data.data(), data.size(), bytes.data(), &size, digest_of(algorithm), nullptr) != 1)
    return {};
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(size * 2u);
  for (unsigned i = 0; i < size; ++i) {
    out.push_back(kHex[bytes[i] >> 4]);
    out.push_back(kHex[bytes[i] & 15]);
  }
  return out;
}

std::string response(const Challenge& challenge, const Credentials& credentials,
                     const ResponseInput& input) {
  const Algorithm a = challenge.algorithm;
  std::string a1 = credentials.user + ":" + challenge.realm + ":" + credentials.password;
  if (of_a_session(a))
    a1 = hash_hex(a, a1) + ":" + challenge.nonce + ":" + std::string(input.cnonce);
  const std::string a2 = std::string(input.method) + ":" + std::string(input.uri);
  std::string data = hash_hex(a, a1) + ":" + challenge.nonce + ":";
  if (challenge.qop_auth)
    data += hex8(input.nonce_count) + ":" + std::string(input.cnonce) + ":auth:";
  return hash_hex(a, data + hash_hex(a, a2));
}

unsigned strength_of(Algorithm algorithm) {
  return algorithm == Algorithm::md5 || algorithm == Algorithm::md5_sess ? 1 : 2;
}

namespace {

/// Whoever is called can ask, and name any realm: it gets a digest only where our own server is
/// known to ask so, and never a weaker one than that asked for.
bool may_answer(const Challenge& challenge, bool proxy, const Credentials& credentials,
                Teacher teacher) {
  if (!credentials.realm.empty() && credentials.realm != challenge.realm) return false;
  if (credentials.known == nullptr) return true;
  auto& realms = credentials.known->realms;
  const unsigned strength = strength_of(challenge.algorithm);
  for (const KnownRealms::Known& known : realms)
    if (known.realm == challenge.realm) return strength >= known.strength;
  if (!credentials.realm.empty()) return true;
  if (!realms.empty() || !(teacher == Teacher::server || (teacher == Teacher::proxy && proxy)))
    return false;
  realms.push_back({challenge.realm, strength});
  return true;
}

}  // namespace

std::vector<KnownRealms::Known> Client::answered() const {
  std::vector<KnownRealms::Known> out;
  for (const Entry& entry : entries_)
    out.push_back({entry.challenge.realm, strength_of(entry.challenge.algorithm)});
  return out;
}

bool Client::take(const std::vector<std::pair<bool, std::string>>& challenges,
                  const Credentials& credentials, Teacher teacher, bool again) {
  bool worth_it = false;
  if (!again)
    for (Entry& entry : entries_) entry.of_this = false;
  std::vector<std::pair<bool, std::string>> seen;  // realms answered by this response already
  for (const std::pair<bool, std::string>& offered : challenges) {
    const bool proxy = offered.first;
    std::optional<Challenge> challenge = parse_challenge(offered.second);
    if (!challenge) continue;
    if (!may_answer(*challenge, proxy, credentials, teacher)) continue;
    const std::pair<bool, std::string> realm{proxy, challenge->realm};
    if (std::find(seen.begin(), seen.end(), realm) != seen.end()) continue;
    seen.push_back(realm);
    auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) {
      return e.proxy == proxy && e.challenge.realm == challenge->realm;
    });
    if (entry == entries_.end()) {
      if (entries_.size() >= kRealms) continue;
      entries_.push_back({proxy, std::move(*challenge), 0, true});
      worth_it = true;
      continue;
    }
    if (credentials.known != nullptr &&
        strength_of(challenge->algorithm) < strength_of(entry->challenge.algorithm))
      continue;
    // Refused although answered: the password is wrong, unless the nonce had just grown old, or
    // what was answered was another request's.
    const bool fresh_nonce = entry->challenge.nonce != challenge->nonce;
    worth_it = worth_it || challenge->stale || entry->used == 0 || (fresh_nonce && !entry->of_this);
    *entry = {proxy, std::move(*challenge), 0, true};
  }
  return worth_it;
}

Headers Client::headers(const Credentials& credentials, std::string_view method,
                        std::string_view uri, std::uint64_t entropy) {
  Headers out;
  for (Entry& entry : entries_) {
    const Challenge& challenge = entry.challenge;
    ++entry.used;
    std::array<char, 17> cnonce{};
    std::snprintf(cnonce.data(), cnonce.size(), "%016llx",
                  static_cast<unsigned long long>(entropy + entry.used));
    const std::string answer =
        response(challenge, credentials, {method, uri, cnonce.data(), entry.used});
    std::string value = "Digest username=" + quoted(credentials.user) +
                        ", realm=" + quoted(challenge.realm) +
                        ", nonce=" + quoted(challenge.nonce) + ", uri=" + quoted(uri) +
                        ", response=\"" + answer + "\"";
    if (challenge.algorithm_given || challenge.algorithm != Algorithm::md5)
      value.append(", algorithm=").append(name_of(challenge.algorithm));
    if (challenge.qop_auth || of_a_session(challenge.algorithm))
      value.append(", cnonce=\"").append(cnonce.data()).append("\"");
    if (challenge.qop_auth) value.append(", qop=auth, nc=").append(hex8(entry.used));
    if (challenge.has_opaque) value.append(", opaque=").append(quoted(challenge.opaque));
    out.emplace_back(entry.proxy ? "Proxy-Authorization" : "Authorization", std::move(value));
  }
  return out;
}

}  // namespace switchhook::sip::digest
