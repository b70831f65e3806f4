// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cutter.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <random>
#include <vector>

namespace switchhook::test {
namespace {

sockaddr_un at(const std::string& path) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  path.copy(out.sun_path, sizeof out.sun_path - 1);
  return out;
}

struct Pair {
  int ends[2];
  std::size_t left;
};

bool pass(Pair& pair, int side) {
  char buffer[4096];
  const ssize_t size = ::recv(pair.ends[side], buffer, sizeof buffer, 0);
  if (size <= 0) return false;
  const auto some = std::min(static_cast<std::size_t>(size), pair.left);
  static_cast<void>(!::send(pair.ends[1 - side], buffer, some, MSG_NOSIGNAL));
  if (pair.left != SIZE_MAX) pair.left -= some;
  return pair.left != 0;
}

}  // namespace

Cutter::Cutter(const std::string& to) : to_(to) {
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const sockaddr_un where = at(path());
  EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&where), sizeof where), 0);
  EXPECT_EQ(::listen(listener_, 16), 0);
  thread_ = std::thread([this] { work(); });
}

Cutter::~Cutter() {
  stop_ = true;
  thread_.join();
  ::close(listener_);
}

void Cutter::work() {
  std::mt19937 random(4711);
  std::list<Pair> pairs;
  while (!stop_) {
    std::vector<pollfd> all{{listener_, POLLIN, 0}};
    for (const Pair& pair : pairs)
      for (const int end : pair.ends) all.push_back({end, POLLIN, 0});
    ::poll(all.data(), all.size(), 5);
    const bool now = now_.exchange(false);
    std::size_t n = 1;
    for (auto pair = pairs.begin(); pair != pairs.end();) {
      bool good = !now;
      for (const int side : {0, 1})
        if (all[n++].revents != 0 && good) good = pass(*pair, side);
      if (good) {
        ++pair;
        continue;
      }
      for (const int end : pair->ends) ::close(end);
      pair = pairs.erase(pair);
      ++cuts_;
    }
    const int came = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (came < 0) continue;
    if (closed_) {
      ::close(came);
      continue;
    }
    const int other = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un where = at(to_);
    ::connect(other, reinterpret_cast<const sockaddr*>(&where), sizeof where);
    const std::size_t most = most_;
    pairs.push_back({{came, other}, most == 0 ? SIZE_MAX : 300 + random() % most});
  }
  for (const Pair& pair : pairs)
    for (const int end : pair.ends) ::close(end);
}

}  // namespace switchhook::test
