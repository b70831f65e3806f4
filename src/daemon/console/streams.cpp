// SPDX-License-Identifier: Apache-2.0
#include "daemon/console/streams.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <utility>
#include <vector>

#include "base/limits.hpp"

namespace switchhook::daemon {

Streams::Streams(Feed& feed, std::function<void()> tick)
    : feed_(feed), tick_(std::move(tick)), bell_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  feed_.on_news([this] { wake(); });
  thread_ = std::thread([this] { run(); });
}

Streams::~Streams() {
  feed_.on_news({});
  {
    base::Lock lock(mutex_);
    over_ = true;
  }
  ring();
  thread_.join();
  ::close(bell_);
}

bool Streams::reserve(const std::string& user) {
  base::Lock lock(mutex_);
  if (taken_ >= limits::kConsoleStreams) return false;
  std::size_t& of_user = places_[user];
  if (of_user >= limits::kConsoleStreamsOfUser) return false;
  ++of_user;
  ++taken_;
  return true;
}

void Streams::give_back(const std::string& user) {
  base::Lock lock(mutex_);
  --taken_;
  if (const auto at = places_.find(user); at != places_.end() && --at->second == 0)
    places_.erase(at);
}

void Streams::add(std::unique_ptr<HttpConnection> connection, const std::string& after,
                  std::shared_ptr<void> held) {
  Stream stream{std::move(connection), std::move(held), 0, 0, {}, Clock::now()};
  stream.next = feed_.resume(after, stream.unsent);
  {
    base::Lock lock(mutex_);
    added_.push_back(std::move(stream));
  }
  ring();
}

/// Once for all news until they are looked at; where nobody listens not at all.
void Streams::wake() {
  if (taken_ != 0 && !rung_.exchange(true)) ring();
}

void Streams::ring() const {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(bell_, &one, sizeof one));
}

/// Sends what can be sent at once. False: the stream is over.
bool Streams::serve(Stream& stream) const {
  // What a client still says means nothing; that it has closed does, and that it does not cease.
  std::array<char, 512> said{};
  const std::optional<std::size_t> some = stream.connection->read(said.data(), said.size());
  if (!some || (stream.said += *some) > limits::kHttpRequestBytes) return false;
  while (true) {
    if (stream.unsent.size() < limits::kConsoleStreamBytes / 2)
      feed_.read(stream.next, stream.unsent, limits::kConsoleStreamBytes);
    if (stream.unsent.empty() && Clock::now() - stream.beat >= limits::kConsoleBeat)
      stream.unsent = ":\n\n";
    if (stream.unsent.empty()) return true;
    const std::optional<std::size_t> sent =
        stream.connection->write(stream.unsent.data(), stream.unsent.size());
    if (!sent) return false;
    // Who takes nothing at all for three beats is gone.
    if (*sent == 0) return Clock::now() - stream.beat < 3 * limits::kConsoleBeat;
    stream.beat = Clock::now();
    stream.unsent.erase(0, *sent);
  }
}

void Streams::run() {
  std::list<Stream> streams;
  auto ticked = Clock::now();
  while (true) {
    bool over = false;
    {
      base::Lock lock(mutex_);
      streams.splice(streams.end(), added_);
      over = over_;
    }
    for (auto at = streams.begin(); at != streams.end();) {
      auto here = at++;
      if (serve(*here) && !over) continue;
      streams.erase(here);
    }
    if (over) return;
    if (Clock::now() - ticked >= std::chrono::seconds(1)) {
      tick_();
      ticked = Clock::now();
    }
    std::vector<pollfd> wanted{{bell_, POLLIN, 0}};
    for (const Stream& stream : streams)
      wanted.push_back(
          {stream.connection->socket(),
           static_cast<short>(stream.unsent.empty() ? POLLIN
                                                    : POLLIN | stream.connection->waits_for()),
           0});
    static_cast<void>(::poll(wanted.data(), wanted.size(), 1000));
    std::uint64_t rings = 0;
    static_cast<void>(!::read(bell_, &rings, sizeof rings));
    rung_ = false;  // before the feed is read: what is told from now on rings again
  }
}

}  // namespace switchhook::daemon
