// SPDX-License-Identifier: Apache-2.0
#include "tapi3/objects/application.hpp"

#include "tapi3/boundary.hpp"
#include "tapi3/objects/address_object.hpp"
#include "tapi3/objects/call_hub_object.hpp"
#include "tapi3/objects/call_object.hpp"
#include "tapi3/objects/tapi_object.hpp"

namespace switchhook::tapi3 {

/// What is kept for an identifier.
struct Application::KeptCall : client::Object {
  explicit KeptCall(CallObject& kept) : call(&kept) {}
  Keep<CallObject> call;
};

Application::Application(TapiObject& tapi) : tapi_(&tapi) {}

Application::~Application() = default;

Result<std::shared_ptr<Application>> Application::start(TapiObject& tapi,
                                                        const client::Connect& connect) {
  std::shared_ptr<Application> self(new Application(tapi));
  Result<void> attached = self->client_->attach(
      connect, {.event = [self](api::Event event) { self->on_event(std::move(event)); },
                .lost = [self](const Error&) { self->on_lost(); }});
  if (attached) return self;
  self->shutdown();
  return std::move(attached).error();
}

HRESULT Application::usable() const {
  {
    base::Lock lock(mutex_);
    if (down_) return TAPI_E_NOT_INITIALIZED;
  }
  return client_->connected() ? S_OK : TAPI_E_SERVICE_NOT_RUNNING;
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
      if (down_) return Errc::stale_application;
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
  auto opening = std::make_shared<Opening>();
  opening->address = Keep<AddressObject>(&address);
  opening->cookies.insert(cookie);
  opening->instance = instance;
  const Result<void> opened =
      open({address.line(), privileges, media_modes, api::kApiVersionLatest}, opening);
  if (!opened) return opened.error();
  return cookie;
}

/// The opening is known before the first event of it arrives.
Result<void> Application::open(const api::OpenLine& command,
                               const std::shared_ptr<Opening>& opening) {
  Result<api::OpenedLine> opened = perform_for<api::OpenedLine>(
      command, [self = shared_from_this(), opening](api::Value& value) {
        const auto* line = std::get_if<api::OpenedLine>(&value);
        if (line == nullptr) return;
        opening->open = line->open;
        if (!self->client_->keep(line->open, opening)) opening->open = {};
      });
  if (!opened) return std::move(opened).error();
  if (!opening->open) return Error{Errc::stale_line, "the line was closed at once"};
  return {};
}

bool Application::unregister_notifications(long cookie) {
  for (const auto& opening : client_->lines<Opening>()) {
    {
      base::Lock lock(mutex_);
      if (opening->cookies.erase(cookie) == 0) continue;
      opening->retired = opening->cookies.empty();
    }
    close_if_unused(*opening);
    return true;
  }
  return false;
}

/// Closing a line takes its calls with it, so an unregistered opening stays until the last of its
/// calls is released; what arrives on it meanwhile is let go (docs/decisions/0105).
void Application::close_if_unused(Opening& opening) {
  {
    base::Lock lock(mutex_);
    if (!opening.retired || opening.calls != 0) return;
  }
  client_->let_go(opening.open);
}

Result<api::OpenId> Application::reserve_opening(AddressObject& address) {
  for (const auto& opening : client_->lines<Opening>()) {
    base::Lock lock(mutex_);
    if (opening->retired || opening->address.get() != &address) continue;
    ++opening->calls;
    return opening->open;
  }
  auto opening = std::make_shared<Opening>();
  opening->address = Keep<AddressObject>(&address);
  opening->calls = 1;
  const Result<void> opened =
      open({address.line(), static_cast<std::uint8_t>(Privilege::none), 0, api::kApiVersionLatest},
           opening);
  if (!opened) return opened.error();
  return opening->open;
}

void Application::release_opening(api::OpenId open) {
  const auto opening = client_->find<Opening>(open);
  if (!opening) return;
  {
    base::Lock lock(mutex_);
    if (opening->calls > 0) --opening->calls;
  }
  close_if_unused(*opening);
}

// ---- calls

void Application::add_call(api::CallId id, CallObject& call) {
  client_->keep(id, std::make_shared<KeptCall>(call));
}

void Application::remove_call(api::CallId id, api::OpenId open) {
  if (id) client_->let_go(id);
  if (open) release_opening(open);
}

Keep<CallObject> Application::find(api::CallId id) {
  const auto kept = client_->find<KeptCall>(id);
  return kept ? kept->call : Keep<CallObject>();
}

std::vector<Keep<CallObject>> Application::kept_calls(std::optional<api::OpenId> of) const {
  std::vector<Keep<CallObject>> all;
  for (const auto& kept : client_->calls<KeptCall>(of)) all.push_back(kept->call);
  return all;
}

std::vector<Held<CallObject>> Application::calls(const AddressObject* of) {
  std::vector<Held<CallObject>> found;
  for (const Keep<CallObject>& call : kept_calls()) {
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
  {
    base::Lock lock(mutex_);
    filter_ = filter;
    for (const auto& [line, address] : addresses_) addresses.push_back(address);
  }
  for (const Keep<AddressObject>& address : addresses) address->set_filter(filter);
  for (const Keep<CallObject>& call : kept_calls()) call->set_filter(filter);
}

// ---- the end

bool Application::shutdown() {
  {
    base::Lock lock(mutex_);
    if (std::exchange(down_, true)) return false;
  }
  for (const Keep<CallObject>& call : kept_calls()) call->wake();
  static_cast<void>(client_->shut_down());
  client_->stop();
  std::map<api::LineId, Keep<AddressObject>> addresses;  // these go outside the lock
  std::map<api::CallId, Held<CallObject>> unseen;
  std::map<std::uint32_t, Keep<CallHubObject>> hubs;
  base::Lock lock(mutex_);
  addresses.swap(addresses_);
  unseen.swap(unseen_);
  hubs.swap(hubs_);
  return true;
}

}  // namespace switchhook::tapi3
