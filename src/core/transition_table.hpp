// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one table of a session's life: for every standing of a session and every input, what
// happens. Read transition_table.cpp to find the rule for any call state; the engine does nothing
// to a session that this table does not say. Threads: constants.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "switchhook/types.hpp"

namespace switchhook::core {

/// Where a session stands: its call state, or one of two standings that only the engine knows.
enum class Standing : std::uint8_t {
  idle,
  offering,
  accepted,
  dialtone,
  dialing,
  proceeding,
  ringback,
  busy,
  special_info,
  connected,
  on_hold,
  conferenced,
  on_hold_pending_conference,
  on_hold_pending_transfer,
  disconnected,  ///< the far end is gone; the session waits to be cleared
  unknown,
  being_made,  ///< the provider has not yet said whether there is a call; nobody has an identifier
  cut,         ///< disconnected by a rule of the engine: the provider is still clearing its part
};
inline constexpr std::size_t kStandingCount = kCallStateCount + 2;

/// Everything that can happen to a session.
enum class SessionInput : std::uint8_t {
  // an application asks
  ask_accept,
  ask_answer,
  ask_drop,
  ask_hold,
  ask_unhold,
  ask_transfer,   ///< of either of the two calls
  ask_swap,       ///< of the active call
  ask_swap_held,  ///< of the held one that takes its place
  ask_send_digits,
  ask_monitor_digits,
  ask_hand_off,
  ask_give_up_ownership,  ///< the sole owner wants to be a monitor
  ask_set_app_specific,
  ask_release_user_info,
  ask_information,
  ask_release,         ///< an identifier is released
  ask_release_pre_20,  ///< by the sole owner, on a line opened with an API version below 2.0
  // holders go
  owner_released,    ///< the last owner let go, monitors remain
  last_owner_gone,   ///< the last owner closed the line or was lost, monitors remain
  last_holder_gone,  ///< nobody holds the session any more, or its maker went before it was made
  // rules strike
  nobody_owns,    ///< no application is entitled to own the call
  no_answer_due,  ///< the maker's or the line's limit of waiting for the answer
  length_due,     ///< the length limit of the maker
  make_overdue,   ///< the provider did not answer MakeCall in time
  drop_overdue,   ///< the provider did not answer a drop in time, or idle did not follow
  line_lost,      ///< line closed by its provider, provider gone, service stopping
  // the provider reports
  made,      ///< MakeCall succeeded
  not_made,  ///< MakeCall failed
  report_idle,
  report_offering,
  report_accepted,
  report_dialtone,
  report_dialing,
  report_proceeding,
  report_ringback,
  report_busy,
  report_special_info,
  report_connected,
  report_on_hold,
  report_conferenced,
  report_on_hold_pending_conference,
  report_on_hold_pending_transfer,
  report_disconnected,
  report_unknown,
  report_information,
  report_digit,
  ended,  ///< the provider has returned everything
};
inline constexpr std::size_t kSessionInputCount = static_cast<std::size_t>(SessionInput::ended) + 1;

/// What happens. The letters are those of the table.
enum class Action : std::uint8_t {
  undefined,       ///< never in the table (proved at compile time)
  refuse,          ///< x  refused: invalid_state
  late,            ///< l  ignored and counted as a late event
  not_applicable,  ///< n  cannot happen here; the row says why. Ignored, never an error
  allow,           ///< o  done by the engine, the state stays
  forward,         ///< f  goes to the provider as a request; the provider's answer completes it
  keep,            ///< k  nothing to do, the session goes on as it is
  drop,            ///< D  provider is told to end it; idle follows its answer
  clear,           ///< C  idle at once by the engine alone: nothing is left to end
  close,           ///< X  provider is told to end it and to let go; idle at once
  cut,             ///< Q  provider is told to end it; disconnected at once, for an owner to clear
  enter,           ///< e  the reported state is entered
  disconnect,      ///< d  the communication is over: disconnected
  idle,            ///< i  idle
  absorb,          ///< a  the provider has done what a rule told it; the state stays
  make_succeeded,  ///< B  the session is born: identifier, reply, monitors
  make_failed,     ///< U  there never was a call
  note,            ///< N  the provider's part is over; noted
  lose,            ///< P  the provider's part is over although nobody ended it: idle, by provider
};

/// The table's answer for one standing and one input.
struct Rule {
  Action action = Action::undefined;
  std::string_view because;  ///< why not applicable; empty otherwise
};

/// Total: every pair has an answer.
[[nodiscard]] Rule rule_for(Standing standing, SessionInput input);
/// The same, for who only wants to know: nothing happens to the session. What measures the table's
/// coverage counts rule_for alone.
[[nodiscard]] Rule rule_if(Standing standing, SessionInput input);

[[nodiscard]] constexpr Standing standing_of(CallState state) {
  return static_cast<Standing>(state);
}
[[nodiscard]] constexpr SessionInput report_of(CallState state) {
  return static_cast<SessionInput>(static_cast<std::size_t>(SessionInput::report_idle) +
                                   static_cast<std::size_t>(state));
}

[[nodiscard]] std::string_view to_string(Standing standing);
[[nodiscard]] std::string_view to_string(SessionInput input);

}  // namespace switchhook::core
