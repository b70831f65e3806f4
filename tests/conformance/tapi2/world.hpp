// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the conformance tests of tapi.h run on: an engine in this process with the embedded exchange
// (devices 0 and 1, "100" and "101") and a provider that does what a test says (device 2, "900").
// The tests themselves see tapi.h only. Threads: any.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tapi/tapi.h"

namespace conformance {

inline constexpr DWORD kLine100 = 0, kLine101 = 1, kScripted = 2;
inline constexpr DWORD kSoon = 20000;  // ms; bounds waits that are expected to end

/// The service; the programs of a test are connected to the one that lives.
class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// The service goes away, with everything attached to it.
  void stop();
  /// True when no ledger holds anything any more, soon.
  [[nodiscard]] bool comes_to_zero() const;

  // The scripted line.
  /// A call from outside; its number.
  std::uint64_t ring(const std::string& from, const std::vector<std::uint8_t>& user_info = {});
  /// The call that was made last on the scripted line; waits for it.
  std::uint64_t made_call();
  /// Reports a state. @param state  a LINECALLSTATE_; @param mode  for DISCONNECTED the number of
  /// the disconnect mode's bit (0 = NORMAL), else the number of the mode's bit plus one.
  void report(std::uint64_t call, DWORD state, unsigned mode = 0);
  void report_user_info(std::uint64_t call, const std::vector<std::uint8_t>& user_info);
  void report_connected_party(std::uint64_t call, const std::string& address);
  void digit(std::uint64_t call, char digit);
  /// The provider does not answer requests until they are let go.
  void hold_answers(bool hold);
  /// What is held is answered: with success, or with failure.
  void answer_all(bool success);
  void force_line_closed();
  void remove_line();
  void add_line(std::uint32_t digit_modes = 2);  // DTMF
  /// What the scripted provider was last asked to send: digits and milliseconds of each.
  std::string digits_sent();
  void line_in_service(bool in_service);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace conformance
