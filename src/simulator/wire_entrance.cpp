// SPDX-License-Identifier: Apache-2.0
#include "simulator/wire_entrance.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "simulator/words.hpp"

namespace switchhook::simulator {
namespace {

std::string in_words(api::RequestId request, const api::Command& command) {
  return std::to_string(request) + " " + words_of(command);
}

}  // namespace

// ---- at the server

void WireEntrance::Link::on_reply(api::Reply reply) {
  if (cut) return;
  answered.push_back(words_of(reply));
  down.reply(std::move(reply));
}
void WireEntrance::Link::on_event(api::Event event) {
  if (!cut) down.event(std::move(event));
}
void WireEntrance::Link::on_disconnected(const Error& why) {
  if (!cut) client.on_disconnected(why);
}

// ---- at the application

api::AppId WireEntrance::attach(api::ApplicationInfo info, api::ServiceSink& sink) {
  auto link = std::make_unique<Link>(encoder_, sink);
  const api::AppId app = enter(std::move(info), *link);
  links_.emplace(app, std::move(link));
  return app;
}

void WireEntrance::submit(api::AppId app, api::RequestId request, api::Command command) {
  Link& link = *links_.at(app);
  if (Result<void> good = encoder_.append(request, command, link.up); !good)
    return link.client.on_reply({request, false, std::move(good).error()});  // as the client does
  link.asked.push_back(in_words(request, command));
}

void WireEntrance::cut(api::AppId app, const std::string& why) {
  Link& link = *links_.at(app);
  link.cut = true;
  carry_up(app, link, link.up.size());
  leave(app, why);
}

// ---- on the way

void WireEntrance::deliver(Random& random) {
  for (auto& [app, link] : links_) {
    // A few bytes, most of it, or all.
    const auto some = [&](std::size_t all) {
      return random.chance(40) ? all : static_cast<std::size_t>(random.below(all + 1));
    };
    carry_up(app, *link, some(link->up.size()));
    carry_down(app, *link, some(link->down.pending().size()));
  }
}

bool WireEntrance::deliver_all() {
  bool any = false;
  for (auto& [app, link] : links_) {
    any = any || !link->up.empty() || (!link->cut && !link->down.pending().empty());
    carry_up(app, *link, link->up.size());
    carry_down(app, *link, link->down.pending().size());
  }
  return any;
}

void WireEntrance::carry_up(api::AppId app, Link& link, std::size_t bytes) {
  const auto end = link.up.begin() + static_cast<std::ptrdiff_t>(bytes);
  link.server_input.insert(link.server_input.end(), link.up.begin(), end);
  link.up.erase(link.up.begin(), end);
  take_frames(app, link.server_input,
              [&](rpc::Frame frame) { asked(app, link, std::move(frame)); });
}

void WireEntrance::carry_down(api::AppId app, Link& link, std::size_t bytes) {
  if (link.cut) return;
  const rpc::View arrived = link.down.pending().first(bytes);
  link.client_input.insert(link.client_input.end(), arrived.begin(), arrived.end());
  link.down.sent(bytes);
  take_frames(app, link.client_input, [&](rpc::Frame frame) { told(app, link, std::move(frame)); });
}

template <typename Take>
void WireEntrance::take_frames(api::AppId app, rpc::Bytes& input, Take take) {
  std::size_t at = 0;
  while (at < input.size()) {
    const rpc::View rest = rpc::View(input).subspan(at);
    const Result<std::size_t> length = rpc::frame_length(rest, limits::kFrameBytes);
    if (!length) {
      judge().accuse(Invariant::wire_carries_all, name_of(app) + ": " + length.error().text());
      break;
    }
    if (*length == 0 || *length > rest.size()) break;
    Result<rpc::Frame> frame = rpc::decode(rest.first(*length));
    at += *length;
    if (frame)
      take(std::move(*frame));
    else
      judge().accuse(Invariant::wire_carries_all, name_of(app) + ": " + frame.error().text());
  }
  input.erase(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(at));
}

void WireEntrance::compare(api::AppId app, std::deque<std::string>& sent,
                           const std::string& arrived) {
  if (sent.empty() || sent.front() != arrived)
    judge().accuse(Invariant::wire_carries_all, name_of(app) + ": " +
                                                    (sent.empty() ? "nothing" : sent.front()) +
                                                    " was sent, and this arrived: " + arrived);
  if (!sent.empty()) sent.pop_front();
}

void WireEntrance::asked(api::AppId app, Link& link, rpc::Frame frame) {
  auto* request = std::get_if<rpc::Request>(&frame);
  if (request == nullptr || !request->command)
    return judge().accuse(Invariant::wire_carries_all, name_of(app) + ": no command arrived");
  compare(app, link.asked, in_words(request->number, *request->command));
  hand_in(app, request->number, std::move(*request->command));
}

void WireEntrance::told(api::AppId app, Link& link, rpc::Frame frame) {
  if (auto* event = std::get_if<api::Event>(&frame)) return link.client.on_event(std::move(*event));
  auto* reply = std::get_if<api::Reply>(&frame);
  if (reply == nullptr)
    return judge().accuse(Invariant::wire_carries_all, name_of(app) + ": a frame of another kind");
  compare(app, link.answered, words_of(*reply));
  link.client.on_reply(std::move(*reply));
}

}  // namespace switchhook::simulator
