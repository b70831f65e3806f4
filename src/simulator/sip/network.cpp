// SPDX-License-Identifier: Apache-2.0
#include "simulator/sip/network.hpp"

#include <algorithm>

namespace switchhook::simulator {

using sip::races::Message;

int Network::add_host(std::string address, std::string name) {
  hosts_.push_back({std::move(address), std::move(name), {}});
  return static_cast<int>(hosts_.size()) - 1;
}

int Network::find(const std::string& address) const {
  const auto found = std::find_if(hosts_.begin(), hosts_.end(),
                                  [&](const Host& host) { return host.address == address; });
  return found == hosts_.end() ? -1 : static_cast<int>(found - hosts_.begin());
}

void Network::attach(int host, std::function<void(const Message&)> receive) {
  hosts_[static_cast<std::size_t>(host)].receive = std::move(receive);
}

void Network::note(int from, int to, const Message& message, const char* fate) {
  if (ladder_ == nullptr) return;
  ladder_->note(clock_.now(), at(from).name, at(to).name,
                name_of(message) + " " + std::to_string(message.cseq) + fate);
}

bool Network::send(int from, const Message& message) {
  const int to = message.host;
  if (to < 0) return false;
  if (parted_.contains(std::minmax(from, to)) || random_.chance(weather_.lost)) {
    ++weather_.injected;
    note(from, to, message, " lost");
    return true;
  }
  int copies = 1;
  if (random_.chance(weather_.doubled)) {
    ++weather_.injected;
    copies = 2;
  }
  for (; copies > 0; --copies) {
    auto after = milliseconds(1 + random_.below(static_cast<std::uint64_t>(
                                      std::max<std::int64_t>(weather_.longest.count(), 1))));
    const bool late = random_.chance(weather_.late);
    if (late) {
      ++weather_.injected;
      after += milliseconds(random_.below(static_cast<std::uint64_t>(weather_.late_by.count())));
    }
    note(from, to, message, copies == 2 ? " doubled" : late ? " late" : "");
    clock_.after(after, [this, from, message] { deliver(from, message); });
  }
  return true;
}

void Network::deliver(int from, const Message& message) {
  const int to = message.host;
  Message arrived = message;
  arrived.host = from;
  if (at(to).receive) at(to).receive(arrived);
}

}  // namespace switchhook::simulator
