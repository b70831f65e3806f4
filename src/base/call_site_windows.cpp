// SPDX-License-Identifier: Apache-2.0
#include <windows.h>

#include <array>
#include <cstdint>
#include <cstdio>

#include "base/call_site.hpp"
#include "base/limits.hpp"

namespace switchhook::base {

std::string words_of_site(const void* site) {
  if (site == nullptr) return {};
  const auto address = reinterpret_cast<std::uintptr_t>(site);
  HMODULE module = nullptr;
  std::array<char, MAX_PATH> path{};
  std::array<char, 32> offset{};
  const bool known = ::GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                              GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                                          static_cast<LPCSTR>(site), &module) != 0 &&
                     ::GetModuleFileNameA(module, path.data(), MAX_PATH) != 0;
  if (!known) {
    std::snprintf(offset.data(), offset.size(), "%p", site);
    return offset.data();
  }
  std::snprintf(
      offset.data(), offset.size(), "+0x%llx",
      static_cast<unsigned long long>(address - reinterpret_cast<std::uintptr_t>(module)));
  const std::string file = path.data();
  std::string words = file.substr(file.rfind('\\') + 1) + offset.data();
  if (words.size() > limits::kSiteBytes) words.resize(limits::kSiteBytes);
  return words;
}

}  // namespace switchhook::base
