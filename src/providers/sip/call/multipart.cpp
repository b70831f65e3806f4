// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/call/multipart.hpp"

#include <strings.h>

#include <algorithm>
#include <string>

namespace switchhook::sip::multipart {
namespace {

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

std::string_view up_to(std::string_view text, std::size_t end) {
  return text.substr(0, std::min(end, text.size()));
}

/// Without its quotes; nothing = there is no boundary that could be one.
std::optional<std::string_view> boundary_of(std::string_view type) {
  for (std::size_t at = type.find(';'); at != std::string_view::npos; at = type.find(';', at + 1)) {
    const std::string_view parameter = trim(type.substr(at + 1));
    constexpr std::string_view kName = "boundary=";
    if (!same(up_to(parameter, kName.size()), kName)) continue;
    std::string_view value = parameter.substr(kName.size());
    if (!value.empty() && value.front() == '"') {
      value.remove_prefix(1);
      value = up_to(value, value.find('"'));
    } else {
      value = trim(up_to(value, value.find_first_of("; ")));
    }
    if (value.empty() || value.size() > kBoundaryBytes) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

/// A header field of a part; empty = it is not there.
std::string_view field(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const std::string_view line = up_to(head, head.find('\n'));
    head.remove_prefix(std::min(line.size() + 1, head.size()));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && same(trim(line.substr(0, colon)), name))
      return trim(line.substr(colon + 1));
  }
  return {};
}

std::optional<std::string_view> look(std::string_view type, std::string_view body,
                                     std::size_t depth) {
  if (!same(up_to(type, 10), "multipart/") || depth == kDepth) return std::nullopt;
  const std::optional<std::string_view> boundary = boundary_of(type);
  if (!boundary) return std::nullopt;
  const std::string delimiter = "\n--" + std::string(*boundary);
  std::size_t at = delimiter.size() - 1;
  if (up_to(body, at) != std::string_view(delimiter).substr(1)) {  // there is a preamble
    at = body.find(delimiter);
    if (at == std::string_view::npos) return std::nullopt;
    at += delimiter.size();
  }
  for (std::size_t part = 0; part < kParts; ++part) {
    const std::size_t begin = body.find('\n', at), end = body.find(delimiter, at);
    if (begin == std::string_view::npos || end == std::string_view::npos || begin > end)
      return std::nullopt;
    std::string_view text = body.substr(begin + 1, end - begin - 1);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    at = end + delimiter.size();
    std::size_t blank = up_to(text, kHeaderBytes).find("\r\n\r\n"), skip = 4;
    if (blank == std::string_view::npos) blank = up_to(text, kHeaderBytes).find("\n\n"), skip = 2;
    if (blank == std::string_view::npos) continue;
    const std::string_view head = text.substr(0, blank), content = text.substr(blank + skip);
    const std::string_view encoding = field(head, "Content-Transfer-Encoding");
    if (!encoding.empty() && !same(encoding, "binary") && !same(encoding, "8bit") &&
        !same(encoding, "7bit"))
      continue;
    const std::string_view its_type = field(head, "Content-Type");
    if (same(trim(up_to(its_type, its_type.find(';'))), "application/sdp")) return content;
    if (const auto inside = look(its_type, content, depth + 1)) return inside;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> session_description(std::string_view type, std::string_view body) {
  return look(trim(type), body, 0);
}

}  // namespace switchhook::sip::multipart
