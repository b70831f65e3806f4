// SPDX-License-Identifier: Apache-2.0
#pragma once

// One use of the service by a TAPI object, from ITTAPI::Initialize to Shutdown: its attachment, the
// objects that are kept for lines and hubs, and the way of events from the service's thread to the
// TAPI thread (the attachment's dispatcher). It knows no rule of a call's life. Threads: all
// functions any thread, but where said otherwise; no lock is held while calling out. Ownership:
// shared by every object that belongs to it. Those may outlive shutdown(); each request then
// answers stale_application. It keeps objects (private counts), never holds them, but for calls
// that nobody has been shown yet.

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "client/attachment.hpp"
#include "tapi3/com/object.hpp"
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
                                                    const client::Connect& connect);
  ~Application();

  // ---- requests
  /// S_OK while requests can be made; TAPI_E_NOT_INITIALIZED after shutdown().
  [[nodiscard]] HRESULT usable() const;
  using Arrived = client::Attachment::Arrived;
  static constexpr std::chrono::minutes kTimeout{2};  ///< TAPI_E_TIMEOUT's, for every method
  /// Hands in a command and waits for its completion, two minutes at most (timed_out).
  Result<api::Value> perform(api::Command command, Arrived arrived = {}) {
    return client_->call(std::move(command), std::move(arrived), kTimeout);
  }
  template <typename T>
  Result<T> perform_for(api::Command command, Arrived arrived = {}) {
    return client_->call_for<T>(std::move(command), std::move(arrived), kTimeout);
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
  /// The last reference is gone: the identifier is released. Both may be none.
  void remove_call(api::CallId id, api::OpenId open);
  void release_identifier(api::CallId id) { client_->let_go(id); }
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

  /// Detaches; see ITTAPI::Shutdown. False when it was done already.
  bool shutdown();

 private:
  /// What is kept for an opening of a line. Guarded by mutex_, but for the first two.
  struct Opening : client::Object {
    api::OpenId open;
    Keep<AddressObject> address;
    std::set<long> cookies;  ///< registrations; empty = only calls placed here
    long instance = 0;
    bool retired = false;   ///< unregistered, or closed: goes when its last call is released
    std::size_t calls = 0;  ///< reserved or in being
  };
  struct KeptCall;

  explicit Application(TapiObject& tapi);

  Result<void> open(const api::OpenLine& command, const std::shared_ptr<Opening>& opening);
  void close_if_unused(Opening& opening);
  [[nodiscard]] std::vector<Keep<CallObject>> kept_calls(std::optional<api::OpenId> of = {}) const;
  void post(std::function<void()> work) {
    client_->dispatcher().post(std::move(work));  // refused when stopped: nobody hears it
  }

  // On the service's thread.
  void on_event(api::Event event);
  void on_appeared(const api::CallAppeared& appeared);
  void on_state(api::CallStateChanged changed);
  void on_info(const api::CallInfoChanged& changed);
  void on_line_changed(const api::LineChanged& changed);
  void on_line_closed(const api::LineClosed& closed);
  void on_lost();
  void on_line_removed(api::LineId line);
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
  bool fire(TAPI_EVENT kind, IDispatch* event);
  void seen(const CallObject& call);

  const Keep<TapiObject> tapi_;
  const std::shared_ptr<client::Attachment> client_ = client::Attachment::make();
  mutable base::Mutex mutex_;
  bool down_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::map<api::LineId, Keep<AddressObject>> addresses_ SWITCHHOOK_GUARDED_BY(mutex_);
  long last_cookie_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  std::map<api::CallId, Held<CallObject>> unseen_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::map<std::uint32_t, Keep<CallHubObject>> hubs_ SWITCHHOOK_GUARDED_BY(mutex_);
  EventFilter filter_ SWITCHHOOK_GUARDED_BY(mutex_);
};

}  // namespace switchhook::tapi3
