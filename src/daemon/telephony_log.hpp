// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the log tells of telephony, from what the engine takes in and says: lines and their
// registrations, calls, programs, what operators did, limits that were reached. Everything is told
// once for a change. Threads: the loop's. Ownership: refers to the host, which outlives it.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/clock.hpp"
#include "core/engine_host.hpp"
#include "core/observer.hpp"

namespace switchhook::daemon {

class TelephonyLog final : public core::Observer {
 public:
  TelephonyLog(const core::EngineHost& host, const base::Clock& clock)
      : host_(host), clock_(clock) {}

  /// Whether the digits of calls are told.
  void tell_digits(bool tell) { digits_ = tell; }

  /// What the daemon itself does for an operator.
  void asked(api::AppId app, const std::string& deed, bool permitted) const;

  void takes(const core::Occurrence& what) override;
  void took() override;
  void says(const core::Output& what) override;

 private:
  struct Program {
    std::string name, user;
    std::uint32_t process = 0;
    std::string why_lost;
  };
  struct Line {
    std::string name;
    bool in_service = true;
    std::string status;
  };
  /// What was asked in this step; its answer tells what became of it.
  struct Asked {
    api::AppId app;
    api::RequestId request = 0;
    std::string deed;  ///< "hung up session 5"
    std::uint64_t session = 0;
    bool call = false;  ///< a call that is to be made
  };
  using LineKey = std::pair<core::ProviderId, provider::LineNumber>;

  void on(const core::AppAttached& what);
  void on(const core::AppLost& what);
  void on(const core::AppCommand& what);
  void on(const core::ProviderAttached& what);
  void on(const core::ProviderEvent& what);
  void on(const core::ProviderLost& what);
  void on(const core::ToAppReply& what);
  void on(const core::ToProvider& what);
  void on(const core::RecordDone& what);
  void on(const core::AppGone& what);
  void on(const core::Notice& what);
  template <typename Other>
  void on(const Other&) {}

  void heard(core::ProviderId from, const provider::LineAdded& what);
  void heard(core::ProviderId from, const provider::LineGone& what);
  void heard(core::ProviderId from, const provider::LineStatus& what);
  void heard(core::ProviderId from, const provider::NewCall& what);
  void heard(core::ProviderId from, const provider::Completed& what);
  void heard(core::ProviderId from, const provider::Ended& what);
  void heard(core::ProviderId from, const provider::DigitReceived& what);
  void heard(core::ProviderId from, const provider::Failed& what);
  template <typename Other>
  void heard(core::ProviderId, const Other&) {}

  void begins(std::uint64_t session, const std::string& line, const char* direction,
              const std::string& caller, const std::string& callee, const std::string& application,
              bool emergency);
  static void not_made(provider::CallRef call, const std::string& why);
  void tell_digits(core::ProviderId provider, provider::CallRef call, const std::string& digits,
                   const char* deed);
  void refused(const std::string& who, const Error& why, bool incoming);
  [[nodiscard]] std::string program(api::AppId app) const;
  [[nodiscard]] std::string line_name(core::ProviderId provider, provider::LineNumber line) const;
  [[nodiscard]] const std::string& provider_name(core::ProviderId provider) const;

  const core::EngineHost& host_;  // (ref)
  const base::Clock& clock_;      // (ref)
  bool digits_ = false;
  std::unordered_map<api::AppId, Program> programs_;
  std::map<core::ProviderId, std::string> providers_;
  std::map<LineKey, Line> lines_;
  Asked asked_;
  /// An incoming call that the engine takes in now.
  std::optional<std::pair<core::ProviderId, provider::NewCall>> incoming_;
  std::unordered_set<std::uint64_t> making_;  ///< calls whose making was not answered yet
  struct Refusals {
    std::chrono::nanoseconds told{0};
    std::uint64_t since = 0;
  };
  std::map<std::pair<std::string, Errc>, Refusals> refusals_;  // by application or line, and kind
};

}  // namespace switchhook::daemon
