// SPDX-License-Identifier: Apache-2.0
#pragma once

// The mutex of the libraries and the daemon: annotated, so that clang proves which data it guards.
// Locks exist where threads meet: in the bounded queues, the client half of the port (api, rpc), the
// faces' tables and dispatchers, the engine's host, the providers' command queues and the store's
// writer. The engine and the SIP usage have none. No lock is held while calling out.
// (The command line knows the public API only; it uses std::mutex.)

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define SWITCHHOOK_ANNOTATE(x) __attribute__((x))
#else
#define SWITCHHOOK_ANNOTATE(x)
#endif
#define SWITCHHOOK_GUARDED_BY(m) SWITCHHOOK_ANNOTATE(guarded_by(m))
#define SWITCHHOOK_REQUIRES(m) SWITCHHOOK_ANNOTATE(requires_capability(m))
#define SWITCHHOOK_EXCLUDES(m) SWITCHHOOK_ANNOTATE(locks_excluded(m))

namespace switchhook::base {

class SWITCHHOOK_ANNOTATE(capability("mutex")) Mutex {
 public:
  void lock() SWITCHHOOK_ANNOTATE(acquire_capability()) { mutex_.lock(); }
  void unlock() SWITCHHOOK_ANNOTATE(release_capability()) { mutex_.unlock(); }
  bool try_lock() SWITCHHOOK_ANNOTATE(try_acquire_capability(true)) { return mutex_.try_lock(); }

 private:
  std::mutex mutex_;
};

class SWITCHHOOK_ANNOTATE(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) SWITCHHOOK_ANNOTATE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~Lock() SWITCHHOOK_ANNOTATE(release_capability()) { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waits on a Mutex that the caller holds.
using Condition = std::condition_variable_any;

}  // namespace switchhook::base
