// SPDX-License-Identifier: Apache-2.0
#pragma once

// What goes into the engine and what comes out of it: plain values, nothing else. See engine.hpp.

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "api/messages.hpp"
#include "base/variant.hpp"
#include "provider/provider.hpp"

namespace switchhook::core {

using ProviderId = std::uint32_t;  ///< an attached provider, numbered by the host from 0

// ---- inputs

/// An application attaches; `app` is minted by Engine::new_app().
struct AppAttached {
  api::AppId app;
  api::ApplicationInfo info;
};
struct AppCommand {
  api::AppId app;
  api::RequestId request = 0;
  api::Command command;
};
/// The same, with a Restore and the records of the sessions that it asks for, as far as there are.
struct AppReturned {
  api::AppId app;
  api::RequestId request = 0;
  api::Restore what;
  std::vector<Record> records;
};
/// A session of an earlier engine whose call its provider goes on with, by the session's own
/// number.
struct SessionTakenUp {
  Record record;
  std::chrono::seconds wait{0};  ///< for those who held it to come back
};
/// The application died or vanished without ShutDown.
struct AppLost {
  api::AppId app;
  std::string why;
};
struct ProviderAttached {
  ProviderId provider = 0;
  std::string name;
  std::size_t call_bytes = 0;  ///< what it keeps for a call
};
struct ProviderEvent {
  ProviderId provider = 0;
  provider::Event event;
};
/// The provider is gone without having been asked: no command reaches it, no event comes any more.
struct ProviderLost {
  ProviderId provider = 0;
  std::string why;
};
/// A timer set by an output is due. A timer that was cleared or set anew meanwhile is inert.
struct TimerDue {
  std::uint64_t timer = 0;
};
/// The service is to stop: end and record everything, tell everybody.
struct StopAll {
  std::string why;
  /// The next service restores what applications hold: their lines stay open, and their calls are
  /// told disconnected and idle.
  bool restores = false;
};

class Occurrence
    : public std::variant<AppAttached, AppCommand, AppReturned, SessionTakenUp, AppLost,
                          ProviderAttached, ProviderEvent, ProviderLost, TimerDue, StopAll> {
  SWITCHHOOK_VARIANT_MEMBERS(Occurrence)
};

struct Input {
  Moment now;
  Occurrence what;
};

// ---- outputs

struct ToAppReply {
  api::AppId app;
  api::Reply reply;
};
struct ToAppEvent {
  api::AppId app;
  api::Event event;
};
struct ToProvider {
  ProviderId provider = 0;
  provider::Command command;
};
/// Set (or move) the timer of this number; the engine never uses a number twice for another
/// purpose.
struct SetTimer {
  std::uint64_t timer = 0;
  std::chrono::nanoseconds at{0};  ///< monotonic
};
struct ClearTimer {
  std::uint64_t timer = 0;
};
/// The record of a session, exactly once, frozen.
struct RecordDone {
  Record record;
  provider::CallRef call;
};
/// After RecordDone, when its last holder has released the session: who released it when is known
/// only now. Nothing else has changed.
struct RecordAmended {
  Record record;
};
/// A call that was to be made, and never was one.
struct CallNeverMade {
  ProviderId provider = 0;
  provider::CallRef call;
};
/// The application is gone from the engine: nothing further is sent to it.
struct AppGone {
  api::AppId app;
};
/// Something the operator should read in the log.
struct Notice {
  std::string words;
};
/// After StopAll: every session ended, recorded and returned by its provider.
struct AllStopped {};

class Output
    : public std::variant<ToAppReply, ToAppEvent, ToProvider, SetTimer, ClearTimer, RecordDone,
                          RecordAmended, CallNeverMade, AppGone, Notice, AllStopped> {
 public:
  // A step makes and destroys many: what SWITCHHOOK_VARIANT_MEMBERS compiles once is inline here.
  using Variant = variant;
  using variant::variant;
  using variant::operator=;
};
/// In the order in which they are to be carried out.
using Outputs = std::vector<Output>;

}  // namespace switchhook::core
