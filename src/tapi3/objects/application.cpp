// SPDX-License-Identifier: Apache-2.0
#include "tapi3/objects/application.hpp"

#include <algorithm>

#include "tapi3/boundary.hpp"
#include "tapi3/objects/address_object.hpp"
#include "tapi3/objects/call_hub_object.hpp"
#include "tapi3/objects/call_object.hpp"
#include "tapi3/objects/tapi_object.hpp"

namespace switchhook::tapi3 {

namespace {

constexpr std::chrono::minutes kTimeout{2};  ///< TAPI_E_TIMEOUT's, for every blocking method
constexpr std::chrono::seconds kShutDownAnswer{5};

Error shut_down() {
  return Error{Errc::stale_application, "ITTAPI::Shutdown was called"};
}

}  // namespace

/// A request that somebody waits for. Its fields are guarded by the application's mutex.
struct Application::Pending {
  bool done = false;
  bool given_up = false;
  Result<api::Value> result = api::Value{};
  base::Condition answered;
};

Application::Application(TapiObject& tapi) : tapi_(&tapi) {}

Application::~Application() = default;

Result<std::shared_ptr<Application>> Application::start(TapiObject& tapi,
                                                        const api::Client::Connect& connect) {
  std::shared_ptr<Application> self(new Application(tapi));
  auto client = api::Client::connect(
      connect, [self](api::Notice notice) { self->on_notice(std::move(notice)); });
  if (!client) return std::move(client).error();
  base::Lock lock(self->mutex_);
  self->client_ = std::move(*client);
  return self;
}

// ---- requests

HRESULT Application::usable() const {
  base::Lock lock(mutex_);
  if (down_) return TAPI_E_NOT_INITIALIZED;
  return gone_ ? TAPI_E_SERVICE_NOT_RUNNING : S_OK;
}

Result<std::shared_ptr<api::Client>> Application::client() {
  base::Lock lock(mutex_);
  if (down_ || !client_) return shut_down();
  if (gone_) return *gone_;
  return client_;
}

Result<api::Value> Application::perform(api::Command command, Arrived arrived) {
  const auto deadline = std::chrono::steady_clock::now() + kTimeout;
  auto pending = std::make_shared<Pending>();
  Result<std::shared_ptr<api::Client>> client = this->client();
  if (!client) return std::move(client).error();
  {
    base::Lock lock(mutex_);
    pending_.insert(pending);
  }
  Result<api::RequestId> request = (*client)->post(
      std::move(command),
      [self = shared_from_this(), pending, arrived = std::move(arrived)](
          Result<api::Value> result) { self->complete(pending, arrived, std::move(result)); });
  base::Lock lock(mutex_);
  if (!request) {
    pending_.erase(pending);
    return std::move(request).error();
  }
  // shutdown() or the loss of the service may have come before the request was on the list.
  if (down_) pending->given_up = true, pending->result = shut_down();
  while (!pending->done && !pending->given_up) {
    if (pending->answered.wait_until(mutex_, deadline) == std::cv_status::timeout &&
        !pending->done && !pending->given_up) {
      pending->given_up = true;
      pending->result = Error{Errc::timed_out, "no completion in two minutes"};
    }
  }
  pending_.erase(pending);
  return std::move(pending->result);
}

void Application::complete(const std::shared_ptr<Pending>& pending, const Arrived& arrived,
                           Result<api::Value> result) {
  if (result && arrived) arrived(*result);
  base::Lock lock(mutex_);
  if (pending->given_up) return;
  pending->result = std::move(result);
  pending->done = true;
  pending->answered.notify_all();
}

void Application::abandon(const Error& why) {
  base::Lock lock(mutex_);
  for (const std::shared_ptr<Pending>& pending : pending_) {
    if (pending->done || pending->given_up) continue;
    pending->given_up = true;
    pending->result = why;
    pending->answered.notify_all();
  }
}

/// Hands in a command that nobody waits for. Safe on the service's thread: shutdown() keeps the
/// client until this has let go of it. False when the service is too busy; when it is gone there is
/// nothing to do, because it has released everything.
bool Application::post(api::Command command) {
  std::shared_ptr<api::Client> client;
  {
    base::Lock lock(mutex_);
    if (down_ || gone_ || !client_) return true;
    client = client_;
    ++posting_;
  }
  Result<api::RequestId> request = client->post(std::move(command), [](const auto&) {});
  client.reset();
  base::Lock lock(mutex_);
  if (--posting_ == 0) posted_.notify_all();
  return request || request.error().code != Errc::overloaded;
}

void Application::release_identifier(api::CallId id) {
  if (!id || post(api::ReleaseCall{id})) return;
  // Too busy now. On the TAPI thread one may wait until there is room.
  dispatcher_.post([self = shared_from_this(), id] {
    while (!self->post(api::ReleaseCall{id})) {
      if (FAILED(self->usable())) return;
      static_cast<void>(self->perform(api::GetServiceStatus{}));
    }
  });
}

// ---- addresses and openings

Result<std::vector<Held<AddressObject>>> Application::addresses() {
  Result<api::LineList> list = perform_for<api::LineList>(api::ListLines{});
  if (!list) return std::move(list).error();
  std::vector<Held<AddressObject>> found;
  for (const LineInfo& info : list->lines) {
    if (info.removed) continue;
    Keep<AddressObject> address;
    {
      base::Lock lock(mutex_);
      if (auto known = addresses_.find(info.id); known != addresses_.end()) address = known->second;
    }
    if (!address) {
      Held<AddressObject> fresh = make<AddressObject>(tapi_, shared_from_this(), info, filter());
      base::Lock lock(mutex_);
      if (down_) return shut_down();
      address = addresses_.try_emplace(info.id, Keep<AddressObject>(fresh.get())).first->second;
    }
    address->update(info);
    found.emplace_back(address.get());
  }
  return found;
}

Held<AddressObject> Application::address(api::LineId line) {
  Keep<AddressObject> known;
  {
    base::Lock lock(mutex_);
    if (auto found = addresses_.find(line); found != addresses_.end()) known = found->second;
  }
  if (known) return Held<AddressObject>(known.get());
  Result<std::vector<Held<AddressObject>>> all = addresses();
  if (all)
    for (const Held<AddressObject>& address : *all)
      if (address->line() == line) return address;
  return {};
}

Result<long> Application::register_notifications(AddressObject& address, std::uint8_t privileges,
                                                 std::uint32_t media_modes, long instance) {
  long cookie = 0;
  {
    base::Lock lock(mutex_);
    cookie = ++last_cookie_;
  }
  // The opening is known before the first event of it arrives.
  Result<api::OpenedLine> opened = perform_for<api::OpenedLine>(
      api::OpenLine{address.line(), privileges, media_modes, api::kApiVersionLatest},
      [self = shared_from_this(), keep = Keep<AddressObject>(&address), cookie,
       instance](api::Value& value) {
        const auto* line = std::get_if<api::OpenedLine>(&value);
        if (line == nullptr) return;
        base::Lock lock(self->mutex_);
        Opening& opening = self->openings_[line->open];
        opening.address = keep;
        opening.cookies.insert(cookie);
        opening.instance = instance;
      });
  if (!opened) return std::move(opened).error();
  return cookie;
}

bool Application::unregister_notifications(long cookie) {
  api::OpenId open;
  {
    base::Lock lock(mutex_);
    for (auto& [id, opening] : openings_) {
      if (opening.cookies.erase(cookie) == 0) continue;
      opening.retired = opening.cookies.empty();
      open = id;
    }
  }
  if (!open) return false;
  close_if_unused(open);
  return true;
}

/// Closing a line takes its calls with it, so an unregistered opening stays until the last of its
/// calls is released; what arrives on it meanwhile is let go (docs/decisions/0105).
void Application::close_if_unused(api::OpenId open) {
  {
    base::Lock lock(mutex_);
    auto found = openings_.find(open);
    if (found == openings_.end() || !found->second.retired || found->second.calls != 0) return;
    openings_.erase(found);
  }
  static_cast<void>(post(api::CloseLine{open}));
}

Result<api::OpenId> Application::reserve_opening(AddressObject& address) {
  const auto reserve = [this, &address]() -> api::OpenId {
    base::Lock lock(mutex_);
    for (auto& [id, opening] : openings_) {
      if (opening.retired || opening.address.get() != &address) continue;
      ++opening.calls;
      return id;
    }
    return {};
  };
  if (api::OpenId open = reserve()) return open;
  Result<api::OpenedLine> opened = perform_for<api::OpenedLine>(
      api::OpenLine{address.line(), static_cast<std::uint8_t>(Privilege::none), 0,
                    api::kApiVersionLatest},
      [self = shared_from_this(), keep = Keep<AddressObject>(&address)](api::Value& value) {
        const auto* line = std::get_if<api::OpenedLine>(&value);
        if (line == nullptr) return;
        base::Lock lock(self->mutex_);
        self->openings_[line->open].address = keep;
      });
  if (!opened) return std::move(opened).error();
  base::Lock lock(mutex_);
  auto found = openings_.find(opened->open);
  if (found == openings_.end()) return Error{Errc::stale_line, "the line was closed at once"};
  ++found->second.calls;
  return opened->open;
}

void Application::release_opening(api::OpenId open) {
  {
    base::Lock lock(mutex_);
    auto found = openings_.find(open);
    if (found == openings_.end()) return;
    if (found->second.calls > 0) --found->second.calls;
  }
  close_if_unused(open);
}

// ---- calls

void Application::add_call(api::CallId id, CallObject& call) {
  base::Lock lock(mutex_);
  if (!down_) calls_.emplace(id, Keep<CallObject>(&call));
}

void Application::remove_call(CallObject& call, api::CallId id, api::OpenId open) {
  Keep<CallObject> kept;  // goes outside the lock
  if (id) {
    base::Lock lock(mutex_);
    auto found = calls_.find(id);
    if (found != calls_.end() && found->second.get() == &call) {
      kept = std::move(found->second);
      calls_.erase(found);
    }
  }
  release_identifier(id);
  if (open) release_opening(open);
}

Keep<CallObject> Application::find(api::CallId id) {
  base::Lock lock(mutex_);
  auto found = calls_.find(id);
  return found == calls_.end() ? Keep<CallObject>() : found->second;
}

std::vector<Held<CallObject>> Application::calls(const AddressObject* of) {
  std::vector<Keep<CallObject>> all;
  {
    base::Lock lock(mutex_);
    for (const auto& [id, call] : calls_) all.push_back(call);
  }
  std::vector<Held<CallObject>> found;
  for (const Keep<CallObject>& call : all) {
    Held<CallObject> held = call.lock();
    if (!held || (of != nullptr && &held->address() != of)) continue;
    found.push_back(std::move(held));
  }
  return found;
}

std::vector<Com<ITCallInfo>> Application::show_calls(const std::vector<Held<CallObject>>& calls) {
  std::vector<Com<ITCallInfo>> found;
  for (const Held<CallObject>& call : calls) {
    found.emplace_back(call->face<ITCallInfo2>());
    call->set_shown();
    seen(*call);
  }
  return found;
}

/// The program was shown the call: from now on it lives by the program's references.
void Application::seen(const CallObject& call) {
  const api::CallId id = call.id();
  Held<CallObject> held;  // goes outside the lock
  base::Lock lock(mutex_);
  auto found = unseen_.find(id);
  if (found == unseen_.end()) return;
  held = std::move(found->second);
  unseen_.erase(found);
}

// ---- hubs

Held<CallHubObject> Application::hub(std::uint32_t call_id) {
  Keep<CallHubObject> known;
  {
    base::Lock lock(mutex_);
    if (auto found = hubs_.find(call_id); found != hubs_.end()) known = found->second;
  }
  if (Held<CallHubObject> held = known.lock()) return held;
  Held<CallHubObject> fresh = make<CallHubObject>(shared_from_this(), call_id);
  base::Lock lock(mutex_);
  if (!down_) hubs_.insert_or_assign(call_id, Keep<CallHubObject>(fresh.get()));
  return fresh;
}

void Application::remove_hub(CallHubObject& hub) {
  Keep<CallHubObject> kept;
  base::Lock lock(mutex_);
  auto found = hubs_.find(hub.call_id());
  if (found == hubs_.end() || found->second.get() != &hub) return;
  kept = std::move(found->second);
  hubs_.erase(found);
}

std::vector<Held<CallHubObject>> Application::hubs() {
  std::set<std::uint32_t> ids;
  for (const Held<CallObject>& call : calls())
    if (std::uint32_t id = call->call_id()) ids.insert(id);
  std::vector<Held<CallHubObject>> found;
  for (std::uint32_t id : ids) found.push_back(hub(id));
  return found;
}

void Application::track_hubs(AddressObject* address, bool wanted) {
  std::vector<Keep<AddressObject>> all;
  {
    base::Lock lock(mutex_);
    for (const auto& [line, known] : addresses_)
      if (address == nullptr || known.get() == address) all.push_back(known);
  }
  for (const Keep<AddressObject>& known : all) known->track_hubs(wanted);
}

// ---- filters

EventFilter Application::filter() const {
  base::Lock lock(mutex_);
  return filter_;
}

void Application::set_filter(std::uint32_t mask) {
  EventFilter filter;
  filter.set_mask(mask);
  std::vector<Keep<AddressObject>> addresses;
  std::vector<Keep<CallObject>> calls;
  {
    base::Lock lock(mutex_);
    filter_ = filter;
    for (const auto& [line, address] : addresses_) addresses.push_back(address);
    for (const auto& [id, call] : calls_) calls.push_back(call);
  }
  for (const Keep<AddressObject>& address : addresses) address->set_filter(filter);
  for (const Keep<CallObject>& call : calls) call->set_filter(filter);
}

// ---- the end

bool Application::shutdown() {
  std::shared_ptr<api::Client> client;
  std::map<api::CallId, Keep<CallObject>> calls;
  bool lost = false;
  {
    base::Lock lock(mutex_);
    if (down_) return false;
    down_ = true;
    client = client_;
    lost = gone_.has_value();
    calls = calls_;
  }
  abandon(shut_down());
  for (const auto& [id, call] : calls) call->wake();
  calls.clear();
  if (client && !lost) static_cast<void>(client->call(api::ShutDown{}, kShutDownAnswer));
  dispatcher_.stop();
  std::shared_ptr<api::Client> last;
  std::map<api::LineId, Keep<AddressObject>> addresses;
  std::map<api::OpenId, Opening> openings;
  std::map<api::CallId, Held<CallObject>> unseen;
  std::map<std::uint32_t, Keep<CallHubObject>> hubs;
  {
    base::Lock lock(mutex_);
    addresses.swap(addresses_);
    openings.swap(openings_);
    calls.swap(calls_);
    unseen.swap(unseen_);
    hubs.swap(hubs_);
    while (posting_ > 0) posted_.wait(mutex_);
    last = std::move(client_);
  }
  // Everything goes here, outside the lock: the connection unless another thread is still on its
  // way out of a request, then with that.
  return true;
}

}  // namespace switchhook::tapi3
