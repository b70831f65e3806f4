// SPDX-License-Identifier: Apache-2.0
#include "daemon/console/clients.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "rpc/platform.hpp"

namespace switchhook::daemon {
namespace {

constexpr auto* kViewer = "console";

/// What the service took away is let go of. On the loop's thread.
void on_event(client::Attachment& attachment, const api::Event& event) {
  if (const auto* reclaimed = std::get_if<api::CallReclaimed>(&event))
    attachment.forget(reclaimed->call);
  const auto* closed = std::get_if<api::LineClosed>(&event);
  if (closed == nullptr) return;
  for (const auto& call : attachment.calls<HeldCall>(closed->open)) attachment.forget(call->call);
  attachment.forget(closed->open);
}

}  // namespace

Result<api::OpenId> Client::line(const std::string& wanted) {
  const std::lock_guard lock(opening_);
  for (const auto& opened : attachment_->lines<OpenedLine>())
    if (opened->name == wanted) return opened->open;
  const Result<api::LineList> lines =
      attachment_->call_for<api::LineList>(api::ListLines{}, {}, limits::kConsoleAnswer);
  if (!lines) return lines.error();
  const auto found =
      std::find_if(lines->lines.begin(), lines->lines.end(),
                   [&](const LineInfo& line) { return line.name == wanted && !line.removed; });
  if (found == lines->lines.end()) return Error{Errc::no_such_line, wanted};
  api::OpenLine command;
  command.line = found->id;
  command.privileges = static_cast<std::uint8_t>(Privilege::none);
  const Result<api::OpenedLine> opened = attachment_->call_for<api::OpenedLine>(
      command,
      [weak = std::weak_ptr(attachment_), wanted](api::Value& value) {
        const auto* line = std::get_if<api::OpenedLine>(&value);
        const auto attachment = weak.lock();
        if (line == nullptr || !attachment) return;
        auto kept = std::make_shared<OpenedLine>();
        kept->open = line->open;
        kept->name = wanted;
        attachment->keep(line->open, std::move(kept));
      },
      limits::kConsoleAnswer);
  if (!opened) return opened.error();
  return opened->open;
}

std::shared_ptr<HeldCall> Client::call(std::uint64_t session) const {
  for (auto& held : attachment_->calls<HeldCall>())
    if (held->session.value == session) return held;
  return nullptr;
}

Clients::~Clients() {
  std::list<std::shared_ptr<Client>> all;
  {
    base::Lock lock(mutex_);
    all.swap(clients_);
  }
  for (const auto& client : all) over(*client);
}

void Clients::over(Client& client) const {
  static_cast<void>(client.attachment_->shut_down());
  client.attachment_->stop();
}

Clients::Use Clients::use(const std::shared_ptr<Client>& client) {
  ++client->uses_;
  return {client.get(), [this, client](Client* used) {
            base::Lock lock(mutex_);
            --used->uses_;
            used->renewed_ = now_();
          }};
}

Result<Clients::Use> Clients::add(std::shared_ptr<Client> client) {
  client->attachment_ = client::Attachment::make();
  api::ApplicationInfo info;
  info.name = client->name;
  info.user = client->who.user;
  info.role = client->who.role;
  info.process = rpc::platform::process_id();
  const Result<void> attached = client->attachment_->attach(
      [&](api::ServiceSink& sink) { return inside_.attach(std::move(info), sink, client->link_); },
      {.event = [weak = std::weak_ptr(client->attachment_)](const api::Event& event) {
        if (const auto attachment = weak.lock()) on_event(*attachment, event);
      }});
  if (!attached) {
    over(*client);
    return attached.error();
  }
  base::Lock lock(mutex_);
  clients_.push_back(client);
  return use(client);
}

Result<Clients::Use> Clients::view(const Visitor& who) {
  {
    base::Lock lock(mutex_);
    for (const auto& each : clients_)
      if (each->secret.empty() && each->who.user == who.user && each->who.role == who.role)
        return use(each);
  }
  return add(std::make_shared<Client>(kViewer, who, std::string(), limits::kConsoleLease));
}

Result<Clients::Use> Clients::lease(const Visitor& who, const std::string& name,
                                    std::chrono::seconds time) {
  if (time.count() < 1 || time > limits::kConsoleLease)
    return Error{Errc::invalid_argument, "a lease has 1 to 30 seconds"};
  if (name.empty() || name.size() > limits::kNameBytes)
    return Error{Errc::invalid_argument, "a lease needs a name of 1 to 256 bytes"};
  Result<std::string> secret = rpc::platform::make_secret();
  if (!secret) return secret.error();
  {
    base::Lock lock(mutex_);
    const auto leased = [](const auto& each) { return !each->secret.empty(); };
    const auto his = [&](const auto& each) { return leased(each) && each->who.user == who.user; };
    if (std::count_if(clients_.begin(), clients_.end(), leased) >=
            static_cast<std::ptrdiff_t>(limits::kConsoleLeases) ||
        std::count_if(clients_.begin(), clients_.end(), his) >=
            static_cast<std::ptrdiff_t>(limits::kConsoleLeasesOfUser))
      return Error{Errc::overloaded, "there are as many leases as there may be"};
  }
  return add(std::make_shared<Client>(name, who, std::move(*secret), time));
}

Result<Clients::Use> Clients::leased(const Visitor& who, const std::string& secret) {
  base::Lock lock(mutex_);
  for (const auto& each : clients_)
    if (!secret.empty() && each->secret == secret && each->who.user == who.user) return use(each);
  return Error{Errc::stale_application,
               secret.empty() ? "the request needs a lease" : "the lease has ended"};
}

Result<void> Clients::end(const Use& client) {
  std::shared_ptr<Client> going;
  {
    base::Lock lock(mutex_);
    const auto found = std::find_if(clients_.begin(), clients_.end(),
                                    [&](const auto& each) { return each.get() == client.get(); });
    if (found == clients_.end()) return Error{Errc::stale_application, "the lease has ended"};
    going = std::move(*found);
    clients_.erase(found);
  }
  over(*going);
  return {};
}

void Clients::tick() {
  std::list<std::shared_ptr<Client>> ended;
  {
    base::Lock lock(mutex_);
    for (auto at = clients_.begin(); at != clients_.end();) {
      auto here = at++;
      // One that the service has let go of can do nothing any more.
      const bool lost = !(*here)->attachment_->connected();
      if (lost || ((*here)->uses_ == 0 && now_() - (*here)->renewed_ >= (*here)->time))
        ended.splice(ended.end(), clients_, here);
    }
  }
  for (const auto& client : ended) {
    if (!client->secret.empty()) inside_.lose(client->link_, "its lease over HTTP has ended");
    over(*client);
  }
}

std::vector<Clients::Told> Clients::leases() const {
  std::vector<Told> all;
  base::Lock lock(mutex_);
  for (const auto& each : clients_) {
    if (each->secret.empty()) continue;
    const auto since = each->uses_ != 0 ? Clock::duration(0) : now_() - each->renewed_;
    all.push_back({each->name, each->who.user, each->attachment_->held(), each->uses_,
                   std::chrono::duration_cast<std::chrono::seconds>(each->time - since)});
  }
  return all;
}

}  // namespace switchhook::daemon
