// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the TAPI 3 tests run in: an engine in this process with the embedded exchange (lines 100 and
// 101, and the extensions of the default plan) and a line "900" whose provider does what the test
// says.
// Threads: the test's own; the sink records on the TAPI thread. Ownership: a World outlives its
// Programs.

#include <memory>
#include <optional>
#include <string>

#include "switchhook/types.hpp"
#include "tests/conformance/tapi3/program.hpp"

namespace tapi3_tests {

class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Ends the service while programs use it.
  void stop();
  /// True when, in time, the service holds nothing: every ledger is at zero.
  [[nodiscard]] bool comes_to_zero() const;
  /// Identifiers of ended sessions that some program still holds.
  [[nodiscard]] std::size_t leaks() const;
  /// An operator takes all of these away.
  void reclaim();
  [[nodiscard]] std::optional<switchhook::Record> last_record() const;

  // The provider of line "900".
  void offer(const std::string& from, const switchhook::UserInfo& user_info = {});
  void far_state(switchhook::CallState state);
  void far_end(switchhook::DisconnectMode mode, const switchhook::UserInfo& user_info = {});
  /// The far end says that it knows of the end.
  void confirm_end();
  /// From now on commands of this provider are not completed, until release().
  void hold_completions();
  void release_completions(bool success);
  void close_line_900();
  void set_in_service(bool in_service);

 private:
  struct Inside;
  const std::unique_ptr<Inside> inside_;
};

}  // namespace tapi3_tests
