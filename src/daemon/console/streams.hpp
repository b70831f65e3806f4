// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sends the feed's events to all streams, on one thread that waits for none of them: who reads too
// slowly misses events, and is told. The same thread calls tick() about once a second. Threads: any,
// but for construction and destruction. Ownership: owns its connections; the feed outlives it.

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "base/mutex.hpp"
#include "daemon/console/feed.hpp"
#include "daemon/http_connection.hpp"

namespace switchhook::daemon {

class Streams {
 public:
  Streams(Feed& feed, std::function<void()> tick);
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  /// A place for one more stream of this user. False: there is none, for all or for this user.
  [[nodiscard]] bool reserve(const std::string& user);
  void give_back(const std::string& user);
  /// Goes on with a connection whose head was sent, in a place that was reserved.
  /// @param after  Feed::resume()   @param held  let go of with the stream
  void add(std::unique_ptr<HttpConnection> connection, const std::string& after,
           std::shared_ptr<void> held);
  /// There is something new in the feed.
  void wake();

 private:
  using Clock = std::chrono::steady_clock;
  struct Stream {
    std::unique_ptr<HttpConnection> connection;
    std::shared_ptr<void> held;
    std::uint64_t next = 0;
    std::size_t said = 0;  ///< bytes, by the client
    std::string unsent;
    Clock::time_point beat;
  };
  void run();
  void ring() const;
  [[nodiscard]] bool serve(Stream& stream) const;

  Feed& feed_;  // (ref)
  const std::function<void()> tick_;
  int bell_ = -1;  // (owned) an eventfd
  base::Mutex mutex_;
  std::list<Stream> added_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::map<std::string, std::size_t> places_ SWITCHHOOK_GUARDED_BY(mutex_);  // by user
  std::atomic<std::size_t> taken_{0};  ///< written under the mutex
  std::atomic<bool> rung_{false};
  bool over_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace switchhook::daemon
