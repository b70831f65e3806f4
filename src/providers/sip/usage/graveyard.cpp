// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/usage/graveyard.hpp"

#include <functional>

namespace switchhook::sip::usage {

namespace {

std::uint64_t key_of(std::string_view call_id, std::string_view local_tag,
                     std::string_view remote_tag = {}) {
  std::string text;
  text.reserve(call_id.size() + local_tag.size() + remote_tag.size() + 2);
  text.append(call_id).append("\n").append(local_tag).append("\n").append(remote_tag);
  return std::hash<std::string>{}(text);
}

}  // namespace

void Graveyard::bury(const Usage& usage, std::chrono::milliseconds now) {
  add(key_of(usage.call_id(), usage.local_tag()), usage.outgoing(), now);
  for (const std::string_view tag : usage.answerers())
    add(key_of(usage.call_id(), usage.local_tag(), tag), true, now);
}

bool Graveyard::knows(std::string_view call_id, std::string_view local_tag) const {
  return graves_.find(key_of(call_id, local_tag)) != graves_.end();
}

Graveyard::Late Graveyard::answered(std::string_view call_id, std::string_view local_tag,
                                    std::string_view remote_tag, std::chrono::milliseconds now) {
  const std::uint64_t dialog = key_of(call_id, local_tag, remote_tag);
  if (graves_.find(dialog) != graves_.end()) return Late::acknowledged;
  const auto call = graves_.find(key_of(call_id, local_tag));
  if (call == graves_.end() || !call->second) return Late::ignored;
  add(dialog, true, now);
  return Late::ended;
}

void Graveyard::add(std::uint64_t key, bool outgoing, std::chrono::milliseconds now) {
  while (!order_.empty() && (order_.size() >= kGraves || order_.front().first + time_ < now)) {
    graves_.erase(order_.front().second);
    order_.pop_front();
  }
  if (graves_.emplace(key, outgoing).second) order_.emplace_back(now, key);
}

}  // namespace switchhook::sip::usage
