// SPDX-License-Identifier: Apache-2.0
#pragma once

// Drives the SIP provider through provider.hpp as an engine would, without one: submits commands,
// collects events, closes what it opened, and reads the provider's ledger. Waits are for
// conditions, never for a time; the limit of a wait only tells that the condition will not come any
// more. Threads: one test thread; events arrive on the provider's. Ownership: owns provider and
// sink.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "provider/provider.hpp"
#include "providers/sip/config.hpp"
#include "providers/sip/sip_provider.hpp"

namespace switchhook::sip::test {

inline constexpr std::chrono::seconds kPatience{20};

class Recorder final : public provider::Sink {
 public:
  void post(provider::Event event) override;
  /// Waits until `wanted` holds for the events so far; false when it never did.
  bool wait(const std::function<bool(const std::vector<provider::Event>&)>& wanted);
  [[nodiscard]] std::vector<provider::Event> events() const;
  void keep_recovery() { keeps_recovery_ = true; }  ///< before the provider's start
  [[nodiscard]] bool keeps_recovery() const override { return keeps_recovery_; }

 private:
  mutable base::Mutex mutex_;
  base::Condition changed_;
  bool keeps_recovery_ = false;
  std::vector<provider::Event> events_ SWITCHHOOK_GUARDED_BY(mutex_);
};

/// The configuration that tests start from: any free port, any RTP port, a short T1.
[[nodiscard]] Config test_config();
inline constexpr provider::LineNumber kAlice = 0, kBob = 1;  ///< its lines

class Bench {
 public:
  explicit Bench(Config config = test_config(), bool keeps_recovery = false);
  ~Bench();

  [[nodiscard]] const std::string& start_error() const { return start_error_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }  ///< the provider's own

  // Commands; those with a request wait for its completion and return its error.
  provider::CallRef make_call(provider::LineNumber line, const std::string& address,
                              UserInfo user_info = {});
  provider::CallRef make_call_async(provider::LineNumber line, const std::string& address,
                                    UserInfo user_info = {});
  std::optional<Error> accept(provider::CallRef call);
  std::optional<Error> answer(provider::CallRef call, UserInfo user_info = {});
  std::optional<Error> drop(provider::CallRef call,
                            provider::DropWhy why = provider::DropWhy::normal,
                            UserInfo user_info = {});
  std::optional<Error> hold(provider::CallRef call);
  std::optional<Error> unhold(provider::CallRef call);
  void close(provider::CallRef call);
  void submit(provider::Command command) { provider_->submit(std::move(command)); }
  std::optional<Error> completion(provider::RequestNumber request);
  provider::RequestNumber next_request() { return ++last_request_; }
  [[nodiscard]] provider::RequestNumber last_request() const { return last_request_; }

  // What came.
  /// The n-th incoming call (from 0) on a line.
  provider::CallRef incoming(provider::LineNumber line, std::size_t n = 0);
  provider::NewCall new_call(provider::CallRef call);
  [[nodiscard]] bool reaches(provider::CallRef call, CallState state);
  /// Waits until `state` is the latest that was told.
  [[nodiscard]] bool settles(provider::CallRef call, CallState state);
  [[nodiscard]] provider::StateChanged last_state(provider::CallRef call, CallState state);
  [[nodiscard]] std::vector<CallState> states(provider::CallRef call) const;
  [[nodiscard]] Cause cause(provider::CallRef call);
  provider::Ended ended(provider::CallRef call);
  [[nodiscard]] std::size_t count_ended(provider::CallRef call) const;
  [[nodiscard]] std::optional<UserInfo> user_info(provider::CallRef call);
  [[nodiscard]] std::optional<Error> failed(provider::CallRef call);
  bool line_status(provider::LineNumber line, bool in_service);
  Recorder& events() { return sink_; }

  provider::LedgerReport ledger();
  /// Closes every call, waits for the wire, and expects booked and found to be zero throughout.
  void expect_empty();
  /// Stop, until Stopped.
  [[nodiscard]] bool stop();

 private:
  std::optional<Error> request(provider::Command command, provider::RequestNumber number);

  Recorder sink_;
  std::unique_ptr<provider::Provider> provider_;
  std::string start_error_;
  std::uint16_t port_ = 0;
  std::uint64_t last_ref_ = 0;
  provider::RequestNumber last_request_ = 0;
  std::uint64_t last_token_ = 0;
};

/// A text as user-user information and back.
[[nodiscard]] UserInfo bytes(const std::string& text);

}  // namespace switchhook::sip::test
