// SPDX-License-Identifier: Apache-2.0
#pragma once

// A session: one per call, whoever looks at it. It outlives its communication until the last holder
// has released it, so it is kept compact (an ended one that is still held fits, with all it
// answers, into a kibibyte): the texts of its parties share one allocation, rare things live aside.
// `fill` spells it out as a Record. Threads: the engine's. Ownership: the engine's table owns
// sessions; what is marked (ref) outlives the session.

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/messages.hpp"
#include "core/chain.hpp"
#include "core/transition_table.hpp"
#include "provider/provider.hpp"
#include "switchhook/types.hpp"

namespace switchhook::core {

struct Line;
struct Request;
struct User;

// The chains of the engine.
struct OfSession;   ///< requests of a session
struct OfOpening;   ///< identifiers and requests of an opening
struct OfApp;       ///< openings of an application
struct OfLine;      ///< openings of a line; sessions of a line while they are not idle, and then
                    ///< of all that linger at their providers
struct OfHolder;    ///< identifiers of an application whose sessions have ended
struct ByDeadline;  ///< requests, the one due first in front

/// The short texts of a session, in one allocation.
class SessionTexts {
 public:
  enum Field : std::uint8_t {
    calling_address,
    calling_name,
    called_address,
    called_name,
    connected_address,
    connected_name,
    redirecting_address,
    redirecting_name,
    redirection_address,
    redirection_name,
    provider_call_id,
    comment,
  };
  static constexpr std::size_t kFields = 12;
  using Views = std::array<std::string_view, kFields>;

  [[nodiscard]] std::string_view get(Field field) const { return all()[field]; }
  /// Views into this object, valid until the next set.
  [[nodiscard]] Views all() const;
  /// Longer texts are cut at limits::kAddressBytes. The views may be this object's own.
  void set(Views views);
  void set(Field field, std::string_view text);
  [[nodiscard]] std::size_t bytes() const { return size_; }

 private:
  using Length = std::uint16_t;
  std::unique_ptr<char[]> block_;  // kFields lengths, then the texts; null = all empty
  std::uint32_t size_ = 0;         // of the block
};

/// Who holds or held the session.
struct Holder {
  api::CallId call;  ///< 0 = has released it
  std::shared_ptr<const api::ApplicationInfo> who;
  Privilege privilege = Privilege::monitor;
  bool claims = false;    ///< the call belongs to its user
  bool ended_it = false;  ///< it was the one to end the call
  Moment acquired;
  Moment released;  ///< meaningful when call is 0; zero = the service died before
};

/// What few sessions have.
struct SessionExtras {
  UserInfo user_info_received;  ///< shown until ReleaseUserInfo
  UserInfo user_info_next;      ///< arrived before the one shown was released
  UserInfo user_info_sent;
  MediaStatistics media_statistics;
  std::uint64_t kept_timer = 0;  ///< 0 = not kept for an application that was lost
  /// Null = it awaits()
  std::shared_ptr<const api::ApplicationInfo> kept_for;
  std::chrono::milliseconds no_answer_limit{0}, length_limit{0};  ///< the maker's; 0 = none
  api::AppId emergency_of;  ///< who made the emergency call, and is charged for it; 0 = nobody
};

/// Why the engine ends a session, until the provider confirms it or something else is first.
struct PendingEnd {
  EndOrigin origin = EndOrigin::local_user;
  DisconnectMode mode = DisconnectMode::normal;
  const char* words = "";  ///< (static)
  bool forced = false;     ///< idle even if the provider refuses: there is nobody left to ask again
};

struct Session : Linked<Session, OfLine> {
  Session() {}  // NOLINT: a defaulted one would have it filled with zeros first

  api::SessionId id;
  provider::CallRef ref;
  Line* line = nullptr;  ///< (ref)
  std::uint32_t call_id = 0;
  std::uint32_t media_modes = media::kVoice;
  std::uint32_t app_specific = 0;
  CallState state = CallState::unknown;
  std::uint8_t detail = 0;
  Direction direction = Direction::outgoing;
  std::uint8_t digit_modes = 0;  ///< what the provider was told to listen for

  bool being_made : 1 = false;    ///< the provider has not completed MakeCall
  bool cut : 1 = false;           ///< disconnected by a rule
  bool announced : 1 = false;     ///< the holders were told of its first state
  bool answered : 1 = false;      ///< was connected once
  bool over : 1 = false;          ///< `end` is set: the communication is over
  bool end_pending : 1 = false;   ///< `pending_end` is set: a drop is on its way
  bool closed : 1 = false;        ///< CloseCall was sent, or could not be sent any more
  bool returned : 1 = false;      ///< the provider holds nothing any more
  bool overdue : 1 = false;       ///< the provider did not return it in time
  bool drop_overdue : 1 = false;  ///< the provider did not answer a drop in time
  bool recorded : 1 = false;      ///< the record was handed out
  bool make_failed : 1 = false;   ///< MakeCall failed: there never was a call, no record
  bool settling : 1 = false;      ///< will be looked at when the step is done
  bool touched : 1 = false;       ///< the journal does not have it as it is
  bool emergency : 1 = false;     ///< no limit refuses or ends it

  std::uint64_t answer_timer = 0, length_timer = 0;  ///< 0 = not set
  std::uint16_t owners = 0, monitors = 0;
  PendingEnd pending_end;
  End end;
  std::chrono::nanoseconds wanted_at{0};  ///< the end: monotonic; once `end_pending` or `over`
  SessionTexts texts;
  std::shared_ptr<const api::ApplicationInfo> first_owner;
  Timeline timeline;
  std::vector<Holder> holders;  ///< in order of acquisition, former ones included
  Chain<Request, OfSession> requests;
  Request* sending_digits = nullptr;       ///< (ref) the request under way
  std::uint32_t remembered_at = 0;         ///< once recorded: its place among those remembered
  std::uint32_t weight = 0;                ///< what those who keep it are charged, in bytes
  User* left_by = nullptr;                 ///< (ref) who is charged once nobody holds it
  std::chrono::nanoseconds overdue_at{0};  ///< while it lingers at its provider
  std::unique_ptr<SessionExtras> extras;

  [[nodiscard]] Standing standing() const;
  [[nodiscard]] Rule rule(SessionInput input) const { return rule_for(standing(), input); }
  [[nodiscard]] bool held() const { return owners + monitors != 0; }
  [[nodiscard]] bool kept() const { return extras != nullptr && extras->kept_timer != 0; }
  /// Was taken up, and waits for those who held it when the service died.
  [[nodiscard]] bool awaits() const { return kept() && extras->kept_for == nullptr; }
  [[nodiscard]] Holder* holder(api::CallId call);
  [[nodiscard]] SessionExtras& extra();

  /// Appends to the timeline within its limit and sets the state.
  void enter(CallState new_state, std::uint8_t new_detail, const Moment& now);
  /// Forgets former holders beyond the limit, the oldest first.
  void bound_holders();
};

/// Spells the session out into a record that is new.
void fill(Record& record, const Session& session);
/// The other way: all of a new session but its line. Its holders of then hold it no more; those
/// that had not released it have no time of release.
void refill(Session& session, const Record& record);
[[nodiscard]] inline Record record_of(const Session& session) {
  Record record;
  fill(record, session);
  return record;
}
/// What the session costs in the service, in bytes.
[[nodiscard]] std::size_t bytes_of(const Session& session);

}  // namespace switchhook::core
