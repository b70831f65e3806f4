// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the log tells of the store: each change of its status once. Threads: the loop's. Ownership: all
// by value.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/postgresql.hpp"
#include "daemon/settings.hpp"
#include "daemon/store.hpp"

namespace switchhook::daemon {

/// What the status of the service says of it. @param refuses  as of StoreLog::tell()
/// @param database  null = records go to none
[[nodiscard]] std::string store_text(const Store::Status& status, bool refuses,
                                     const Postgresql::Status* database);

[[nodiscard]] Store::Options store_options(const Settings& settings);

class StoreLog {
 public:
  /// @param refuses  whether calls are refused because the journal cannot be kept
  void tell(const Store::Status& status, const Settings& settings, bool refuses);
  void tell(const Postgresql::Status& database, const Store::Status& status);

 private:
  void tell_damage(const Store::Status& status);
  void tell_removal(const Store::Status& status, const Settings& settings);

  std::string trouble_, unsafe_, aside_, clock_;
  std::optional<std::string> database_trouble_;  // empty = it was never reached
  std::uint64_t lost_ = 0, retired_ = 0, never_sent_ = 0;
  std::size_t damage_ = 0;
  std::optional<std::chrono::steady_clock::time_point> removal_told_;
};

}  // namespace switchhook::daemon
