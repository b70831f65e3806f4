// SPDX-License-Identifier: Apache-2.0
#include "core/rules.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace switchhook::core {

std::uint32_t features_of(const Session& session, Privilege privilege) {
  const auto can = [&session](SessionInput input) {
    const Action action = rule_if(session.standing(), input).action;
    return action != Action::refuse && action != Action::not_applicable;
  };
  std::uint32_t features = 0;
  const auto add = [&](SessionInput input, std::uint32_t bit) {
    if (can(input)) features |= bit;
  };
  add(SessionInput::ask_monitor_digits, api::feature::kMonitorDigits);
  if (privilege != Privilege::owner || session.owners > 1)
    features |= api::feature::kSetPrivilege;
  else
    add(SessionInput::ask_give_up_ownership, api::feature::kSetPrivilege);
  if (privilege != Privilege::owner) return features;
  add(SessionInput::ask_accept, api::feature::kAccept);
  add(SessionInput::ask_answer, api::feature::kAnswer);
  add(SessionInput::ask_drop, api::feature::kDrop);
  add(SessionInput::ask_hold, api::feature::kHold);
  add(SessionInput::ask_unhold, api::feature::kUnhold);
  add(SessionInput::ask_transfer, api::feature::kTransfer);
  add(SessionInput::ask_swap, api::feature::kSwapHold);
  add(SessionInput::ask_send_digits, api::feature::kSendDigits);
  add(SessionInput::ask_hand_off, api::feature::kHandOff);
  add(SessionInput::ask_release_user_info, api::feature::kReleaseUserInfo);
  return features;
}

namespace {

bool offered(const Session& session) {
  return session.direction == Direction::incoming && !session.answered;
}

}  // namespace

provider::DropWhy drop_why(const Session& session, DropReason reason) {
  if (!offered(session)) return provider::DropWhy::normal;
  switch (reason) {
    case DropReason::normal:
      return provider::DropWhy::normal;
    case DropReason::no_answer:
      return provider::DropWhy::no_answer;
    case DropReason::rejected:
      return provider::DropWhy::rejected;
  }
  return provider::DropWhy::normal;
}

DisconnectMode mode_of_local_end(const Session& session, DropReason reason) {
  if (session.answered) return DisconnectMode::normal;
  if (session.direction == Direction::incoming)
    return reason == DropReason::no_answer ? DisconnectMode::no_answer : DisconnectMode::reject;
  return session.state == CallState::busy ? DisconnectMode::busy : DisconnectMode::cancelled;
}

Cause cause_unsaid(const Session& session) {
  if (session.answered) return {.mode = DisconnectMode::normal};
  if (session.direction == Direction::incoming) return {.mode = DisconnectMode::cancelled};
  return {.mode = DisconnectMode::unknown};
}

bool valid_address(std::string_view address) {
  if (address.empty() || address.size() > limits::kAddressBytes) return false;
  const auto control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  };
  return std::none_of(address.begin(), address.end(), control) &&
         address.find_first_not_of(' ') != std::string_view::npos;
}

bool valid_digits(std::string_view digits, std::uint32_t mode) {
  const std::string_view allowed =
      mode == digits::kPulse ? std::string_view("0123456789,!") : "0123456789ABCDabcd*#,!";
  return digits.size() <= limits::kDigits &&
         digits.find_first_not_of(allowed) == std::string_view::npos;
}

bool valid_privilege_bits(std::uint8_t bits) {
  constexpr std::uint8_t kNone = static_cast<std::uint8_t>(Privilege::none);
  constexpr std::uint8_t kOthers =
      static_cast<std::uint8_t>(Privilege::monitor) | static_cast<std::uint8_t>(Privilege::owner);
  return bits == kNone || (bits != 0 && (bits & ~kOthers) == 0);
}

bool valid_api_version(std::uint32_t version) {
  return version >= 0x00010003 && version <= api::kApiVersionLatest;
}

}  // namespace switchhook::core
