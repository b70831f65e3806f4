// SPDX-License-Identifier: Apache-2.0
#include "client/requests.hpp"

#include <algorithm>

namespace switchhook::client {
namespace {

constexpr api::RequestId kLastNumber = 0x7fffffff;

}  // namespace

api::RequestId Requests::add(Shared request) {
  do {
    last_ = last_ >= kLastNumber ? 1 : last_ + 1;
  } while (open_.contains(last_));
  open_.emplace(last_, std::move(request));
  return last_;
}

Requests::Shared Requests::find(api::RequestId number) const {
  const auto found = open_.find(number);
  return found == open_.end() ? nullptr : found->second;
}

Requests::Shared Requests::take(api::RequestId number) {
  const auto node = open_.extract(number);
  return node.empty() ? nullptr : std::move(node.mapped());
}

template <typename Wanted>
Requests::Numbered Requests::take_if(Wanted wanted) {
  Numbered taken;
  std::erase_if(open_, [&](const auto& each) {
    if (!wanted(*each.second)) return false;
    taken.emplace_back(each.first, each.second);
    return true;
  });
  std::sort(taken.begin(), taken.end());
  return taken;
}

/// Closing a line is completed itself.
Requests::Numbered Requests::take_of(api::OpenId open) {
  return take_if([open](const Request& request) {
    return request.asked.open == open && request.asked.what != Asked::What::close;
  });
}

Requests::Numbered Requests::take_of(api::CallId call) {
  return take_if([call](const Request& request) { return request.asked.call == call; });
}

Requests::Numbered Requests::take_all() {
  return take_if([](const Request&) { return true; });
}

}  // namespace switchhook::client
