// SPDX-License-Identifier: Apache-2.0
#pragma once

// The C++ API, and where to begin: a program connects to the service as an Application, opens a
// Line, and places or takes a Session. Errors are values with words (error.hpp); nothing here
// throws for an operating error.
// Threads: all functions from any thread, but for moving and destroying the object itself. An
// application has one dispatch thread; all callbacks run there, one at a time, with no lock held.
// Ownership: move-only. Lines and sessions may outlive it: they then answer stale_application.

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "switchhook/line.hpp"

namespace switchhook {

/// Whose service is wanted, or was found.
enum class ServiceKind : std::uint8_t {
  any,      ///< wanted: the first of the others that is there; found: one that was named
  user,     ///< the user's own
  machine,  ///< the machine's
};
[[nodiscard]] constexpr std::string_view to_string(ServiceKind kind) {
  switch (kind) {
    case ServiceKind::any:
      return "named";
    case ServiceKind::user:
      return "user";
    case ServiceKind::machine:
      return "machine";
  }
  return "?";
}

/// The service that an application is connected to.
struct ServiceFound {
  ServiceKind kind = ServiceKind::any;
  std::string socket;
  std::string why;  ///< it is this one: for people
};

/// Something that concerns the whole application.
struct ApplicationEvent {
  enum class Kind : std::uint8_t {
    service_lost,   ///< the service is gone, and with it all lines and sessions: why
    line_added,     ///< lines() has one more: line
    line_removed,   ///< a line is gone for good: line
    line_closed,    ///< the service closed an opened line; its sessions are gone: line, why
    call_released,  ///< a call was released because too many wait for Line::next_call(): line
    events_lost,    ///< the program was too slow; states are being asked for again: lost
    leak_limit,     ///< more ended sessions are held than it may, or too long: held, oldest, …
  };
  Kind kind = Kind::service_lost;
  std::uint32_t line = 0;    ///< LineInfo::id
  std::uint64_t lost = 0;    ///< how many events
  std::uint64_t held = 0;    ///< ended sessions that the program holds
  std::uint64_t oldest = 0;  ///< SessionBase::id() of the one it holds for longest
  bool too_old = false;      ///< that one is held for too long; otherwise they are too many
  LeakAction action = LeakAction::warn;  ///< what the service does about it
  std::optional<Error> why;
};

/// The name of the kind: lower case, words apart, stable.
[[nodiscard]] constexpr std::string_view to_string(ApplicationEvent::Kind kind) {
  switch (kind) {
    case ApplicationEvent::Kind::service_lost:
      return "service lost";
    case ApplicationEvent::Kind::line_added:
      return "line added";
    case ApplicationEvent::Kind::line_removed:
      return "line removed";
    case ApplicationEvent::Kind::line_closed:
      return "line closed";
    case ApplicationEvent::Kind::call_released:
      return "call released";
    case ApplicationEvent::Kind::events_lost:
      return "events lost";
    case ApplicationEvent::Kind::leak_limit:
      return "leak limit";
  }
  return "?";
}

/// See the head of this file.
class SWITCHHOOK_EXPORT Application {
 public:
  using EventCallback = std::function<void(const ApplicationEvent& event)>;

  struct Options {
    std::string name =
        {};  ///< for other programs and for records, 0…256 bytes; empty = the program's
    std::string socket = {};    ///< a path, or "tcp:HOST:PORT"; empty = found (docs/cxx-api.md)
    bool start_service = true;  ///< when none is found, start the user's own
    ServiceKind service = ServiceKind::any;  ///< user or machine: no other; not with `socket`
  };

  /// Connects to the service. Errors: disconnected (none found, none could be started); denied (the
  /// machine's runs, and this user may not use it: a private one does not take its place unasked);
  /// version_mismatch; invalid_argument; resource_unavailable. Threads: any.
  /// Source: TAPI lineInitializeEx.
  static Result<Application> connect(const Options& options);
  /// The same, found by itself, under this name: anything that is a text. (A template, so that
  /// braces always mean Options.)
  template <typename Name>
  requires std::is_convertible_v<const Name&, std::string_view>
  static Result<Application> connect(const Name& name) {
    return connect(Options{.name = std::string(std::string_view(name))});
  }

  /// An empty application: every call answers stale_application. Errors: none.
  Application();
  /// Shuts down. It prints nothing and waits for the service for 5 seconds at most.
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  Application(Application&&) noexcept;
  /// Shuts down what it held before.
  Application& operator=(Application&&) noexcept;

  /// True while the service can be reached. No round trip. Threads: any. Errors: none.
  [[nodiscard]] bool connected() const;

  /// Which service it is connected to, or was. Empty values when this object is empty. Threads: any.
  /// Errors: none.
  [[nodiscard]] ServiceFound service() const;

  /// The lines that there are, removed ones left out. Threads: any.
  /// Errors: stale_application, disconnected, overloaded, timed_out.
  [[nodiscard]] Result<std::vector<LineInfo>> lines() const;

  /// Opens a line by name, as lines() has it. A line may be opened more than once.
  /// Errors: no_such_line; line_removed; line_unavailable; invalid_privilege;
  /// resource_unavailable; and those of lines(). Threads: any. Source: TAPI lineOpen.
  Result<Line> open_line(const std::string& name, const LineOptions& options = {});
  /// The same with only a privilege.
  Result<Line> open_line(const std::string& name, Privilege privilege) {
    return open_line(name, LineOptions{.privilege = privilege});
  }
  /// Opens a line by LineInfo::id.
  Result<Line> open_line(std::uint32_t id, const LineOptions& options = {});

  /// Sessions that this program holds now, ended ones included: what it has still to release.
  /// No round trip. Threads: any. Errors: none.
  [[nodiscard]] std::size_t sessions_held() const;

  /// Sets who is told of what concerns the whole application. Empty = nobody. Runs on the dispatch
  /// thread; must not throw. Threads: any. Errors: stale_application.
  Result<void> on_event(EventCallback callback);

  /// For programs with a loop of their own: a descriptor that is readable while callbacks are due.
  /// From the first call on the application has no dispatch thread; its callbacks run in dispatch().
  /// Level-triggered; the program only polls it, and the application closes it. It stays the same.
  /// Errors: stale_application; unsupported (Windows); resource_unavailable. Threads: any.
  Result<int> descriptor();
  /// Runs the callbacks that are due now, on the calling thread, and returns when they have returned.
  /// Without descriptor(), or called in a callback, it does nothing. @return how many turns: 0 =
  /// nothing was due. Errors: stale_application. Threads: any; callbacks still run one at a time.
  Result<std::size_t> dispatch();

  /// Waits until all callbacks that were due when it was called have returned; after descriptor() it
  /// runs them. Called in a callback it returns at once. Errors: timed_out; stale_application.
  /// Threads: any.
  Result<void> drain_callbacks(std::chrono::milliseconds timeout = kForever);

  /// Detaches from the service, in 5 seconds at most: all lines close, the calls that only this
  /// program owned end, all its objects answer stale_application, calls that wait in other threads
  /// return so. When it returns, no callback runs or comes any more; called in a callback, that one
  /// is the last. Repeating it does no harm.
  /// Errors: disconnected, timed_out: the service could not be told, and finds out by itself.
  /// Threads: any. Source: TAPI lineShutdown.
  Result<void> shutdown();

 private:
  friend class detail::Hub;
  friend class Operator;
  explicit Application(std::shared_ptr<detail::Hub> hub);
  std::shared_ptr<detail::Hub> hub_;
};

}  // namespace switchhook
