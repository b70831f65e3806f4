// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/net/streams.hpp"

#include <dirent.h>
#include <netinet/in.h>
#include <sys/types.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace switchhook::sip {

namespace {

// A sweep looks at each descriptor of the process: some milliseconds with ten thousand of them.
constexpr std::chrono::milliseconds kUsually{1000}, kWhenFull{250};

std::uint16_t port_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

int option(int descriptor, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

/// This process's descriptors.
std::vector<int> descriptors() {
  std::vector<int> out;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), ::closedir);
  if (!folder) return out;
  while (const dirent* entry = ::readdir(folder.get()))
    if (entry->d_name[0] != '.') out.push_back(std::atoi(entry->d_name));
  return out;
}

}  // namespace

Streams::Streams(Limits limits, std::vector<std::uint16_t> ports)
    : limits_(limits), ports_(std::move(ports)) {}

bool Streams::key_of(const sockaddr* address, Peer& out) {
  out = {};
  if (address == nullptr) return false;
  if (address->sa_family == AF_INET) {
    const auto& v4 = *reinterpret_cast<const sockaddr_in*>(address);
    std::memcpy(out.data(), &v4.sin_port, 2);
    std::memcpy(out.data() + 2, &v4.sin_addr, 4);
    return true;
  }
  if (address->sa_family != AF_INET6) return false;
  const auto& v6 = *reinterpret_cast<const sockaddr_in6*>(address);
  std::memcpy(out.data(), &v6.sin6_port, 2);
  std::memcpy(out.data() + 2, &v6.sin6_addr, 16);
  return true;
}

/// A connection that was accepted: it has the port that is listened on, and is none that listens.
bool Streams::ours(int descriptor) const {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) != 0) return false;
  return std::find(ports_.begin(), ports_.end(), port_of(own)) != ports_.end() &&
         option(descriptor, SO_TYPE) == SOCK_STREAM && option(descriptor, SO_ACCEPTCONN) == 0;
}

void Streams::heard(const sockaddr* from) {
  Peer peer;
  if (!key_of(from, peer)) return;
  // Not there: made since the last sweep, or by us, which the next one sorts out.
  streams_[peer].heard = true;
}

void Streams::look(Clock::time_point now) {
  ++sweeps_;
  for (const int descriptor : descriptors()) {
    if (!ours(descriptor)) continue;
    sockaddr_storage there{};
    socklen_t size = sizeof there;
    Peer peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&there), &size) != 0 ||
        !key_of(reinterpret_cast<const sockaddr*>(&there), peer))
      continue;
    Stream& stream = streams_[peer];
    if (stream.since == Clock::time_point{}) stream.since = now;
    stream.descriptor = descriptor;
    stream.seen = sweeps_;
  }
  for (auto it = streams_.begin(); it != streams_.end();)
    it = it->second.seen == sweeps_ ? std::next(it) : streams_.erase(it);
}

void Streams::end(Stream& stream) {
  if (stream.ended) return;
  stream.ended = true;
  ++ended_;
  ::shutdown(stream.descriptor, SHUT_RDWR);
}

std::chrono::milliseconds Streams::sweep(Clock::time_point now) {
  look(now);
  std::vector<Stream*> left;
  for (auto& [peer, stream] : streams_) {
    if (limits_.first.count() != 0 && !stream.heard && now - stream.since >= limits_.first)
      end(stream);
    if (!stream.ended) left.push_back(&stream);
  }
  if (limits_.at_once == 0) return kUsually;
  if (left.size() > limits_.at_once) {
    std::sort(left.begin(), left.end(), [](const Stream* a, const Stream* b) {
      return a->heard != b->heard ? a->heard : a->since < b->since;
    });
    for (std::size_t i = limits_.at_once; i < left.size(); ++i) end(*left[i]);
  }
  return left.size() >= limits_.at_once ? kWhenFull : kUsually;
}

}  // namespace switchhook::sip
