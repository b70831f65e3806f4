// SPDX-License-Identifier: Apache-2.0
#pragma once

// One attachment of a TAPI object to the service, from ITTAPI::Initialize to Shutdown: requests,
// the openings of lines, the registries by which events find their objects, and the way of events
// from the service's thread to the TAPI thread. It knows no rule of a call's life. Threads: all
// functions any thread, but where said otherwise; no lock is held while calling out. Ownership:
// shared by every object that belongs to it. Those may outlive shutdown(); each request then
// answers stale_application. It keeps objects (private counts), never holds them, but for calls
// that nobody has been shown yet.

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/client.hpp"
#include "tapi3/com/object.hpp"
#include "tapi3/events/dispatcher.hpp"
#include "tapi3/events/event_filter.hpp"

namespace switchhook::tapi3 {

class TapiObject;
class AddressObject;
class CallObject;
class CallHubObject;
struct StateEvent;

class Application : public std::enable_shared_from_this<Application> {
 public:
  static Result<std::shared_ptr<Application>> start(TapiObject& tapi,
                                                    const api::Client::Connect& connect);
  ~Application();

  // ---- requests
  /// S_OK while requests can be made; TAPI_E_NOT_INITIALIZED after shutdown().
  [[nodiscard]] HRESULT usable() const;
  /// Told the value on the service's thread, before what follows it in the stream.
  using Arrived = std::function<void(api::Value& value)>;
  /// Hands in a command and waits for its completion, two minutes at most (timed_out).
  Result<api::Value> perform(api::Command command, Arrived arrived = {});
  template <typename T>
  Result<T> perform_for(api::Command command, Arrived arrived = {}) {
    Result<api::Value> value = perform(std::move(command), std::move(arrived));
    if (!value) return std::move(value).error();
    if (T* content = std::get_if<T>(&*value)) return std::move(*content);
    return Error{Errc::malformed, "the service answered with another kind of value"};
  }

  // ---- addresses and openings
  Result<std::vector<Held<AddressObject>>> addresses();
  /// Empty when the line is not there (any more).
  Held<AddressObject> address(api::LineId line);
  /// Opens the line for calls from elsewhere. Returns the cookie.
  Result<long> register_notifications(AddressObject& address, std::uint8_t privileges,
                                      std::uint32_t media_modes, long instance);
  /// False when there is no such cookie. Calls that came through the registration stay.
  bool unregister_notifications(long cookie);
  /// An opening to place a call on, reserved for it until release_opening().
  Result<api::OpenId> reserve_opening(AddressObject& address);
  void release_opening(api::OpenId open);

  // ---- calls
  /// On the service's thread: events of this identifier go to the call.
  void add_call(api::CallId id, CallObject& call);
  /// The last reference is gone: the identifier is released. `id` may be none.
  void remove_call(CallObject& call, api::CallId id, api::OpenId open);
  void release_identifier(api::CallId id);
  /// The calls of a line, or of all lines.
  std::vector<Held<CallObject>> calls(const AddressObject* of = nullptr);
  /// The same, and the program is given them: from now on they live by its references.
  std::vector<Com<ITCallInfo>> show_calls(const std::vector<Held<CallObject>>& calls);

  // ---- hubs
  Held<CallHubObject> hub(std::uint32_t call_id);
  std::vector<Held<CallHubObject>> hubs();
  void remove_hub(CallHubObject& hub);
  void track_hubs(AddressObject* address, bool wanted);

  // ---- events
  void set_filter(std::uint32_t mask);
  [[nodiscard]] EventFilter filter() const;
  [[nodiscard]] Dispatcher& dispatcher() { return dispatcher_; }

  /// Detaches; see ITTAPI::Shutdown. False when it was done already.
  bool shutdown();

 private:
  struct Pending;
  /// One opening of a line. Guarded by mutex_.
  struct Opening {
    Keep<AddressObject> address;
    std::set<long> cookies;  ///< registrations; empty = only calls placed here
    long instance = 0;
    bool retired = false;   ///< unregistered: closed when its last call is released
    std::size_t calls = 0;  ///< reserved or in being
  };

  explicit Application(TapiObject& tapi);

  [[nodiscard]] Result<std::shared_ptr<api::Client>> client();
  bool post(api::Command command);
  void complete(const std::shared_ptr<Pending>& pending, const Arrived& arrived,
                Result<api::Value> result);
  void abandon(const Error& why);
  void close_if_unused(api::OpenId open);

  // On the service's thread.
  void on_notice(api::Notice notice);
  void on_appeared(const api::CallAppeared& appeared);
  void on_state(api::CallStateChanged changed);
  void on_info(const api::CallInfoChanged& changed);
  void on_line_changed(const api::LineChanged& changed);
  void on_line_closed(const api::LineClosed& closed);
  void on_lost(const Error& why);
  Keep<CallObject> find(api::CallId id);
  void lose(const Keep<CallObject>& call);

  // On the TAPI thread.
  void deliver_new_call(const Held<CallObject>& call, Privilege privilege);
  void deliver_state(const Held<CallObject>& call, const StateEvent& event);
  void deliver_info(const Held<CallObject>& call, std::uint32_t what);
  void join_hub(const Held<CallObject>& call);
  void deliver_hub_end(const Held<CallObject>& call);
  void deliver_of_address(const Keep<AddressObject>& address, ADDRESS_EVENT event);
  void deliver_of_tapi(TAPIOBJECT_EVENT event, const Held<AddressObject>& address);
  void resync();
  bool fire(TAPI_EVENT kind, IDispatch* event);
  void seen(const CallObject& call);

  const Keep<TapiObject> tapi_;
  Dispatcher dispatcher_;
  mutable base::Mutex mutex_;
  base::Condition posted_;
  std::shared_ptr<api::Client> client_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::size_t posting_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  bool down_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::optional<Error> gone_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::set<std::shared_ptr<Pending>> pending_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::map<api::LineId, Keep<AddressObject>> addresses_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::map<api::OpenId, Opening> openings_ SWITCHHOOK_GUARDED_BY(mutex_);
  long last_cookie_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  std::map<api::CallId, Keep<CallObject>> calls_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::map<api::CallId, Held<CallObject>> unseen_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::map<std::uint32_t, Keep<CallHubObject>> hubs_ SWITCHHOOK_GUARDED_BY(mutex_);
  EventFilter filter_ SWITCHHOOK_GUARDED_BY(mutex_);
};

}  // namespace switchhook::tapi3
