// SPDX-License-Identifier: Apache-2.0
#include "base/call_site.hpp"

#include "base/limits.hpp"

namespace switchhook::base {

std::string CallSites::words(const void* site) {
  if (site == nullptr) return {};
  Lock lock(mutex_);
  if (const auto found = known_.find(site); found != known_.end()) return found->second;
  if (known_.size() >= limits::kSites) known_.clear();
  return known_.emplace(site, words_of_site(site)).first->second;
}

}  // namespace switchhook::base
