// SPDX-License-Identifier: Apache-2.0
#pragma once

// An opened line: where calls are placed, and where incoming or monitored ones arrive.
// Threads: all functions from any thread, but for moving and destroying the object itself.
// Ownership: move-only; the destructor closes the line. Closing makes all its sessions in this
// program invalid (stale_handle) and ends the calls that only this program owned.
// Errors that every function may answer: stale_line (closed, also by the service),
// stale_application, disconnected, overloaded, timed_out (no answer within 30 seconds).

#include <functional>
#include <vector>

#include "switchhook/session.hpp"

namespace switchhook {

/// What a program wants from a line.
struct LineOptions {
  /// none: place calls. owner: also be given incoming calls. monitor: also see all calls of others.
  Privilege privilege = Privilege::none;
  bool monitor_too = false;                   ///< with owner: see all other calls as well
  std::uint32_t media_modes = media::kVoice;  ///< bits of media::; which calls an owner wants
};

/// How a call is placed. All may be left as they are.
struct CallOptions {
  std::chrono::milliseconds no_answer{0};     ///< then a rule ends it, `no answer`; 0 = no rule
  std::chrono::milliseconds length_limit{0};  ///< after the answer a rule ends it; 0 = no rule
  UserInfo user_info = {};                    ///< 0…LineInfo::user_info_max bytes
  std::uint32_t media_modes = media::kVoice;
  Party calling = {};            ///< empty = the line's own address
  std::string called_name = {};  ///< for people, 0…256 bytes
  std::string comment = {};      ///< stays in the record, 0…1024 bytes
  std::uint32_t app_specific = 0;
};

/// See the head of this file.
class SWITCHHOOK_EXPORT Line {
 public:
  using CallCallback = std::function<void(Session session)>;

  /// An empty line: every call answers stale_line. Threads: any. Errors: none.
  Line();
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  Line(Line&&) noexcept;
  /// Closes what it held before.
  Line& operator=(Line&&) noexcept;

  /// True while the line is open. No round trip. Threads: any. Errors: none.
  [[nodiscard]] bool valid() const;
  /// Its name and what else was known when it was opened; empty values when this object is empty.
  /// Threads: any. Errors: none.
  [[nodiscard]] const LineInfo& info() const;
  /// What is known now. Threads: any. Source: TAPI lineGetLineDevStatus, lineGetAddressStatus.
  [[nodiscard]] Result<LineStatus> status() const;

  /// Places a call. Returns as soon as the call is on its way, with a session of which this program
  /// is the sole owner; its states follow as events.
  /// @param address  who is called: a number of the exchange, a name, a SIP URI; 1…1024 bytes.
  /// Errors: invalid_address; invalid_argument (a negative time, a text that is too long);
  /// user_info_too_big; call_unavailable, resource_unavailable; line_unavailable, line_removed,
  /// provider_gone; failed. Threads: any. Source: TAPI lineMakeCall.
  Result<Session> call(const std::string& address, const CallOptions& options = {});

  /// Waits for the next call that this program is given here: incoming (owner), seen (monitor), or
  /// handed off. Its first state event is in the session already. While 4,096 calls wait to be
  /// taken, further ones are released at once, and the event of the application says so.
  /// Errors: timed_out. Threads: any; each call goes to one caller.
  Result<Session> next_call(std::chrono::milliseconds timeout = kForever);

  /// Sets who is given such calls instead; those that wait already come first. Empty = nobody. The
  /// callback runs on the application's dispatch thread and must not throw; a session it does not
  /// keep is released. Threads: any.
  Result<void> on_call(CallCallback callback);

  /// Sessions that are on the line already and that this program does not hold, as monitor.
  /// Threads: any. Source: TAPI lineGetNewCalls.
  Result<std::vector<Session>> existing_calls();

  /// One of them, by its number (Record::session).
  /// Errors: not_found: it is not on this line, or the program holds it already. Threads: any.
  Result<Session> existing_call(std::uint64_t session);

  /// Closes the line; see the head of this file. Calls that wait in other threads return.
  /// Threads: any, also callbacks. Source: TAPI lineClose.
  Result<void> close();

 private:
  friend class detail::Hub;
  explicit Line(std::shared_ptr<detail::LineState> state);
  std::shared_ptr<detail::LineState> state_;
};

}  // namespace switchhook
