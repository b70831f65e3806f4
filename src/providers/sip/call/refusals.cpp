// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/call/refusals.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace switchhook::sip {
namespace {

template <int kFamily, std::size_t kBytes, std::size_t kPrefixBytes>
bool masked(const std::string& address, std::string& out) {
  std::array<unsigned char, kBytes> bytes{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_pton(kFamily, address.c_str(), bytes.data()) != 1) return false;
  std::fill(bytes.begin() + kPrefixBytes, bytes.end(), static_cast<unsigned char>(0));
  if (inet_ntop(kFamily, bytes.data(), text.data(), text.size()) == nullptr) return false;
  out = std::string(text.data()) + "/" + std::to_string(kPrefixBytes * 8);
  return true;
}

void cut(std::string& text, std::size_t bytes) {
  if (text.size() > bytes) text.resize(bytes);
}

}  // namespace

std::string network_of(const std::string& address) {
  constexpr std::string_view kMapped = "::ffff:";  // an IPv4 address on an IPv6 socket
  std::string plain = address;
  if (plain.starts_with(kMapped) && plain.find('.') != std::string::npos)
    plain.erase(0, kMapped.size());
  std::string out;
  if (masked<AF_INET, 4, 3>(plain, out) || masked<AF_INET6, 16, 8>(plain, out)) return out;
  return address;
}

Refusal bounded(Refusal refusal) {
  cut(refusal.calling, limits::kAddressBytes);
  cut(refusal.called, limits::kAddressBytes);
  cut(refusal.provider_call_id, limits::kProviderCallIdBytes);
  return refusal;
}

void RefusalBook::note(Refusal refusal) {
  ++total_;
  ++reasons_[static_cast<std::size_t>(refusal.reason)];
  count_network(network_of(refusal.source), refusal.at);
  last_.push_front(std::move(refusal));
  if (last_.size() > limits::kRefusalsRemembered) last_.pop_back();
}

/// A new network takes the place of the one that least came from, of several the one that has been
/// quiet for longest: a flood from ever new addresses does not hide a persistent source.
void RefusalBook::count_network(const std::string& network, const Moment& at) {
  const auto found = networks_.find(network);
  if (found == networks_.end() && networks_.size() == limits::kRefusedNetworks) {
    const auto least = std::min_element(
        networks_.begin(), networks_.end(), [](const auto& one, const auto& other) {
          return std::pair(one.second.count, one.second.last.monotonic) <
                 std::pair(other.second.count, other.second.last.monotonic);
        });
    other_networks_ += least->second.count;
    networks_.erase(least);
  }
  Network& its = found == networks_.end() ? networks_[network] : found->second;
  ++its.count;
  its.last = at;
}

Refusals RefusalBook::report() const {
  Refusals out;
  out.total = total_;
  for (std::size_t i = 0; i < reasons_.size(); ++i)
    if (reasons_[i] != 0) out.reasons.push_back({static_cast<RefusalReason>(i), reasons_[i]});
  for (const auto& [network, its] : networks_)
    out.networks.push_back({network, its.count, its.last});
  std::sort(out.networks.begin(), out.networks.end(),
            [](const NetworkRefusals& one, const NetworkRefusals& other) {
              return one.count != other.count ? one.count > other.count
                                              : one.network < other.network;
            });
  out.other_networks = other_networks_;
  out.last.assign(last_.begin(), last_.end());
  return out;
}

}  // namespace switchhook::sip
