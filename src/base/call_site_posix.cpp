// SPDX-License-Identifier: Apache-2.0
#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <memory>

#include "base/call_site.hpp"
#include "base/limits.hpp"

namespace switchhook::base {

std::string words_of_site(const void* site) {
  if (site == nullptr) return {};
  char text[32];
  Dl_info info{};
  if (dladdr(site, &info) == 0 || info.dli_fname == nullptr) {
    std::snprintf(text, sizeof text, "%p", site);
    return text;
  }
  const std::string file = info.dli_fname;
  const auto offset =
      reinterpret_cast<std::uintptr_t>(site) - reinterpret_cast<std::uintptr_t>(info.dli_fbase);
  std::snprintf(text, sizeof text, "+0x%zx", static_cast<std::size_t>(offset));
  std::string words = file.substr(file.rfind('/') + 1) + text;
  if (info.dli_sname != nullptr) {
    const std::unique_ptr<char, void (*)(void*)> name(
        abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, nullptr), std::free);
    words.append(" (").append(name ? name.get() : info.dli_sname).append(")");
  }
  if (words.size() > limits::kSiteBytes) words.erase(limits::kSiteBytes);
  return words;
}

}  // namespace switchhook::base
