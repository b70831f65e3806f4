// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/net/transport_log.hpp"

#include <sofia-sip/su_log.h>
#include <sofia-sip/tport.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/limits.hpp"

extern "C" su_log_t tport_log[];
extern "C" su_log_t nta_log[];

namespace switchhook::sip::transport_log {
namespace {

constexpr unsigned kLevel = 3;  // where the library tells of certificates
/// A refusal is told to its request at once; what is older was another connection's.
constexpr std::chrono::milliseconds kFresh{500};

struct Words {
  std::string issuer, subject, complaint;
  std::chrono::steady_clock::time_point at{};

  void set(std::string words) {
    complaint = std::move(words);
    at = std::chrono::steady_clock::now();
  }
  /// Of what is wrong with files of ours the first counts: the rest follows from it.
  void first(std::string words) {
    if (complaint.empty()) set(std::move(words));
  }
};
Words& words() {
  thread_local Words mine;
  return mine;
}

/// "nta: INVITE (1): Connection refused (111) with tcp/[192.0.2.1]:5060".
std::string unsent(std::string_view line) {
  const std::size_t words = line.find("): "), number = line.find(" (", words + 1);
  const std::size_t with = line.find(") with ", words + 1);
  if (!line.starts_with("nta: ") || with == std::string_view::npos || number >= with) return {};
  std::string error(line.substr(words + 3, number - words - 3));
  std::string where(line.substr(with + 7));
  while (!where.empty() && where.back() == '\n') where.pop_back();
  const int code = std::atoi(std::string(line.substr(number + 2, with - number - 2)).c_str());
  const bool reached =
      code != ECONNREFUSED && code != ETIMEDOUT && code != EHOSTUNREACH && code != ENETUNREACH;
  if (where.starts_with("tls/") && reached) error = "the TLS handshake failed: " + error;
  if (!error.empty() && error.front() >= 'A' && error.front() <= 'Z' && where[0] != '\0')
    error.front() = static_cast<char>(error.front() - 'A' + 'a');
  return error + " (" + where + ")";
}

std::string after(std::string_view line, std::string_view mark) {
  const std::size_t at = line.find(mark);
  if (at == std::string_view::npos) return {};
  std::string rest(line.substr(at + mark.size()));
  while (!rest.empty() && (rest.back() == '\n' || rest.back() == '\r')) rest.pop_back();
  return rest.substr(0, limits::kWordsBytes / 2);
}

// NOLINTNEXTLINE: the library's signature
void logger(void*, const char* format, va_list arguments) {
  std::array<char, 512> line{};
  if (std::vsnprintf(line.data(), line.size(), format, arguments) > 0) read(line.data());
}

}  // namespace

void install() {
  su_log_redirect(tport_log, logger, nullptr);
  su_log_set_level(tport_log, kLevel);
  su_log_redirect(nta_log, logger, nullptr);
  su_log_set_level(nta_log, kLevel);
}

void read(const std::string& logged) {
  Words& mine = words();
  if (std::string issuer = after(logged, "issuer   = "); !issuer.empty()) {
    mine.issuer = std::move(issuer);
  } else if (std::string subject = after(logged, "subject  = "); !subject.empty()) {
    mine.subject = std::move(subject);
  } else if (std::string error = after(logged, "  err "); !error.empty()) {
    const std::size_t colon = error.find(':');  // "10:certificate has expired"
    mine.set("certificate of " + mine.subject + " (issuer " + mine.issuer +
             "): " + (colon == std::string::npos ? error : error.substr(colon + 1)));
  } else if (std::string name = after(logged, "Peer Subject Mismatch ("); !name.empty()) {
    mine.set("certificate is not for " + name.substr(0, name.find(')')));
  } else if (std::string why = unsent(logged); !why.empty()) {
    if (std::chrono::steady_clock::now() - mine.at > kFresh) mine.complaint.clear();
    mine.first(std::move(why));  // a certificate that was refused says more
  } else if (logged.find("did not provide X.509") != std::string::npos) {
    mine.set("no certificate was shown");
  } else if (std::string key = after(logged, "invalid private key: "); !key.empty()) {
    mine.first("no usable private key in " + key);
  } else if (std::string own = after(logged, "invalid local certificate: "); !own.empty()) {
    mine.first("no usable certificate in " + own);
  } else if (logged.find("private key does not match") != std::string::npos) {
    mine.first("private key and certificate do not belong together");
  } else if (std::string list = after(logged, "error loading CA list: "); !list.empty()) {
    mine.first("no usable issuers in " + list);
  }
}

std::string take_complaint() {
  Words& mine = words();
  std::string complaint = std::exchange(mine.complaint, {});
  if (std::chrono::steady_clock::now() - mine.at > kFresh) return {};
  return complaint;
}

}  // namespace switchhook::sip::transport_log
