// SPDX-License-Identifier: Apache-2.0
#pragma once

// The C++ API, and where to begin: a program connects to the service as an Application, opens a
// Line, and places or takes a Session. Errors are values with words (error.hpp); nothing here
// throws for an operating error.
// Threads: all functions from any thread, but for moving and destroying the object itself. An
// application has one dispatch thread; all callbacks run there, one at a time, with no lock held.
// Ownership: move-only. Lines and sessions may outlive it: they then answer stale_application.

#include <functional>
#include <vector>

#include "switchhook/line.hpp"

namespace switchhook {

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

/// See the head of this file.
class SWITCHHOOK_EXPORT Application {
 public:
  using EventCallback = std::function<void(const ApplicationEvent& event)>;

  struct Options {
    std::string name =
        {};  ///< for other programs and for records, 0…256 bytes; empty = the program's
    std::string socket = {};    ///< a path, or "tcp:HOST:PORT"; empty = found (docs/cxx-api.md)
    bool start_service = true;  ///< when none is found, start the user's own
  };

  /// Connects to the service. Errors: disconnected (none found, none could be started); denied;
  /// version_mismatch; invalid_argument; resource_unavailable. Threads: any.
  /// Source: TAPI lineInitializeEx.
  static Result<Application> connect(const Options& options);
  /// The same, found by itself, under this name.
  static Result<Application> connect(const std::string& name);

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

  /// Waits until all callbacks that were due when it was called have returned. Called in a
  /// callback it returns at once. Errors: timed_out; stale_application. Threads: any.
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
