// SPDX-License-Identifier: Apache-2.0
#pragma once

// A program on tapi3.h with its event sink, for tests. Threads: the test's own; the sink records on
// the TAPI thread.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "tapi/tapi3leaks.h"
#include "tapi/tapi3ptr.h"
#include "tests/support/eventually.hpp"

namespace tapi3_tests {

using switchhook::test::eventually;
using tapi3::Ptr;
using tapi3::Text;

inline constexpr std::chrono::seconds kSoon{20};  ///< what has to happen happens within this

/// One event, as it was when the sink got it.
struct Seen {
  TAPI_EVENT kind = TE_TAPIOBJECT;
  long value = 0;  ///< CALL_STATE, CALL_NOTIFICATION_EVENT, CALLINFOCHANGE_CAUSE, …
  long cause = 0;  ///< CALL_STATE_EVENT_CAUSE
  long instance = 0;
  Ptr<ITCallInfo> call;  ///< kept only when the recorder is asked to
  friend bool operator==(const Seen& a, const Seen& b) {
    return a.kind == b.kind && a.value == b.value && a.cause == b.cause;
  }
};

class Recorder final : public tapi3::EventSink {
 public:
  /// Runs on the TAPI thread for every event.
  using Handler = std::function<void(TAPI_EVENT kind, IDispatch* event)>;
  void on_each(Handler handler);
  void keep_calls(bool keep);

  /// All of one kind so far.
  [[nodiscard]] std::vector<Seen> of(TAPI_EVENT kind) const;
  [[nodiscard]] std::vector<long> states() const;
  [[nodiscard]] std::size_t count(TAPI_EVENT kind, long value) const;
  [[nodiscard]] bool wait(const std::function<bool(const std::vector<Seen>&)>& condition) const;
  [[nodiscard]] bool wait_for(TAPI_EVENT kind, long value, std::size_t times = 1) const;
  [[nodiscard]] Ptr<ITCallInfo> last_call() const;
  void forget();

 protected:
  void on_event(TAPI_EVENT kind, IDispatch* event) override;

 private:
  mutable switchhook::base::Mutex mutex_;
  mutable switchhook::base::Condition changed_;
  std::vector<Seen> seen_ SWITCHHOOK_GUARDED_BY(mutex_);
  Handler handler_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool keep_ SWITCHHOOK_GUARDED_BY(mutex_) = true;
};

/// A program on TAPI 3: initialised, with all events on, until it goes out of scope.
class Program {
 public:
  explicit Program(long filter = 0x3FFFFFF);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] Ptr<ITAddress> address(const std::string& name) const;
  /// A call in CS_IDLE.
  [[nodiscard]] Ptr<ITBasicCallControl> create(const std::string& line,
                                               const std::string& to) const;
  /// A call that was connected to; fails the test when it is not.
  [[nodiscard]] Ptr<ITBasicCallControl> dial(const std::string& line, const std::string& to) const;
  /// Registers for calls; returns the cookie.
  long listen(const std::string& line, bool owner, bool monitor, long instance = 0) const;
  /// The next call that is offered, after listen().
  [[nodiscard]] Ptr<ITBasicCallControl> offered() const;

  Ptr<ITTAPI> tapi;
  Ptr<Recorder> sink;

 private:
  tapi3::Apartment apartment_;
  tapi3::Connection connection_;
};

[[nodiscard]] CALL_STATE state_of(const Ptr<ITBasicCallControl>& call);
/// Waits until get_CallState answers this.
[[nodiscard]] bool reaches(const Ptr<ITBasicCallControl>& call, CALL_STATE state);

}  // namespace tapi3_tests
