// SPDX-License-Identifier: Apache-2.0
#include "providers/remote/serve.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <iterator>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "providers/remote/child.hpp"
#include "providers/remote/codec.hpp"

namespace switchhook::remote {
namespace {

constexpr int kBroken = 3;  // exit status: the daemon does not say what it should

/// The daemon is gone, or has closed the link because it is done.
[[noreturn]] void over() {
  ::_exit(0);
}

class LinkSink final : public provider::Sink {
 public:
  explicit LinkSink(bool keeps_recovery) : keeps_recovery_(keeps_recovery) {}

  void post(provider::Event event) override {
    const bool recovery = std::holds_alternative<provider::Recovery>(event);
    base::Lock lock(mutex_);
    if (auto* traced = std::get_if<provider::Traced>(&event)) {
      // What is only shown does not wait for a daemon that does not read.
      pollfd link{kLinkDescriptor, POLLOUT, 0};
      if (::poll(&link, 1, 0) != 1 || (link.revents & POLLOUT) == 0) {
        ++traces_missed_;
        return;
      }
      traced->message.missed += std::exchange(traces_missed_, 0);
    }
    send(ToDaemon(std::move(event)));
    if (recovery) wait_until_safe();
  }
  [[nodiscard]] bool keeps_recovery() const override { return keeps_recovery_; }

  void started(const Result<void>& how) {
    Started started;
    if (!how) started.error = how.error();
    base::Lock lock(mutex_);
    send(ToDaemon(std::move(started)));
  }

 private:
  void send(const ToDaemon& message) SWITCHHOOK_REQUIRES(mutex_) {
    bytes_.clear();
    append(message, bytes_);
    for (std::size_t sent = 0; sent < bytes_.size();) {
      const ssize_t some = ::send(kLinkDescriptor, bytes_.data() + sent, bytes_.size() - sent, 0);
      if (some < 0 && errno == EINTR) continue;
      if (some <= 0) over();
      sent += static_cast<std::size_t>(some);
    }
  }
  /// The daemon says so after it has written it down (rule 9 of the boundary). Should it die before
  /// that, the first thread ends this process.
  static void wait_until_safe() {
    std::uint64_t count = 0;
    while (::read(kSafeDescriptor, &count, sizeof count) < 0)
      if (errno != EINTR) over();
  }

  const bool keeps_recovery_;
  base::Mutex mutex_;
  Bytes bytes_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::uint64_t traces_missed_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
};

class Link {
 public:
  explicit Link(std::function<void()> each_second) : each_second_(std::move(each_second)) {}

  /// The next message of the daemon.
  ToChild next() {
    while (true) {
      Result<std::optional<View>> frame = frames_.next();
      if (!frame) ::_exit(kBroken);
      if (*frame) {
        Result<ToChild> message = to_child(**frame);
        if (!message) ::_exit(kBroken);
        return std::move(*message);
      }
      wait();
      std::array<std::uint8_t, 65536> piece;  // NOLINT: filled below
      const ssize_t some = ::recv(kLinkDescriptor, piece.data(), piece.size(), 0);
      if (some < 0 && errno == EINTR) continue;
      if (some <= 0) over();
      frames_.add(View(piece).first(static_cast<std::size_t>(some)));
    }
  }

 private:
  /// Until there is something to read.
  void wait() {
    pollfd link{kLinkDescriptor, POLLIN, 0};
    do {
      const auto now = std::chrono::steady_clock::now();
      if (!each_second_ || now < next_second_) continue;
      next_second_ = now + std::chrono::seconds(1);
      each_second_();
    } while (::poll(&link, 1, each_second_ ? 1000 : -1) <= 0);
  }

  const std::function<void()> each_second_;
  std::chrono::steady_clock::time_point next_second_{};
  Frames frames_;
};

}  // namespace

void serve(const Maker& make, const std::function<void()>& each_second) {
  ::prctl(PR_SET_PDEATHSIG,
          SIGKILL);  // the end of the link says the same, but not to a stopped one
  std::signal(SIGPIPE, SIG_IGN);
  // The daemon says when to stop, also to one in its terminal's process group.
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, SIG_IGN);
  Link link(each_second);
  ToChild first = link.next();
  std::vector<provider::EndOrphan> orphans;
  while (auto* inherit = std::get_if<Inherit>(&first)) {
    std::move(inherit->orphans.begin(), inherit->orphans.end(), std::back_inserter(orphans));
    first = link.next();
  }
  const auto* start = std::get_if<Start>(&first);
  if (start == nullptr) ::_exit(kBroken);
  LinkSink sink(start->keeps_recovery);
  Result<std::unique_ptr<provider::Provider>> provider = make(start->config);
  Result<void> started;
  bool inherited = true;
  if (provider) {
    inherited = (*provider)->inherit(orphans);
    started = (*provider)->start(sink);
  } else {
    started = provider.error();
  }
  sink.started(started);
  if (started && !inherited)
    for (const provider::EndOrphan& orphan : orphans) (*provider)->submit(orphan);
  while (true) {
    ToChild message = link.next();
    auto* command = std::get_if<provider::Command>(&message);
    if (command == nullptr || !started) ::_exit(kBroken);
    (*provider)->submit(std::move(*command));
  }
}

}  // namespace switchhook::remote
