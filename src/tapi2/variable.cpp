// SPDX-License-Identifier: Apache-2.0
#include "tapi2/variable.hpp"

namespace switchhook::tapi2 {
namespace {

constexpr DWORD aligned(DWORD size) {
  return (size + 3u) & ~3u;
}

}  // namespace

Part Parts::bytes(const void* data, std::size_t size) {
  if (size == 0) return {};
  const auto length = static_cast<DWORD>(size);
  needed_ = aligned(needed_) + length;
  const DWORD offset = aligned(used_);
  if (offset > total_ || length > total_ - offset) return {};
  std::memcpy(target_ + offset, data, size);
  used_ = offset + length;
  return {length, offset};
}

Part Parts::text(std::string_view utf8) {
  if (utf8.empty()) return {};
  if (kind_ == Text::wide) {
    const WideString wide = to_wide(utf8);
    return bytes(wide.c_str(), (wide.size() + 1) * sizeof(WCHAR));
  }
  const std::string narrow(utf8);
  return bytes(narrow.c_str(), narrow.size() + 1);
}

Part Parts::texts(std::initializer_list<std::string_view> list) {
  std::string all;
  for (const std::string_view one : list) all.append(one).push_back('\0');
  return text(all);  // the last zero is text()'s own
}

LONG check_variable(const void* target, DWORD fixed) {
  if (target == nullptr) return lineerr(LINEERR_INVALPOINTER);
  DWORD total = 0;
  std::memcpy(&total, target, sizeof total);
  return total < fixed ? lineerr(LINEERR_STRUCTURETOOSMALL) : 0;
}

}  // namespace switchhook::tapi2
