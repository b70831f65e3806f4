// SPDX-License-Identifier: Apache-2.0
#include "simulator/wire_entrance.hpp"

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
  rpc::Bytes bytes;
  if (Result<void> good = encoder_.append(request, command, bytes); !good)
    return link.client.on_reply({request, false, std::move(good).error()});  // as the client does
  send(link, bytes);
  link.asked.push_back(in_words(request, command));
}

void WireEntrance::cut(api::AppId app, const std::string& why) {
  Link& link = *links_.at(app);
  link.cut = true;
  carry_up(app, link, link.up.size());
  leave(app, why);
}

// ---- on the way

void WireEntrance::send(Link& link, const rpc::Bytes& bytes) {
  rpc::Bytes& into = link.lost || !link.greeted ? link.waiting : link.up;
  into.insert(into.end(), bytes.begin(), bytes.end());
  if (&into == &link.up) link.retained.add(bytes);
}

/// Whatever was on its way is gone; so is what arrived of a frame that is not whole.
void WireEntrance::lose(Link& link) {
  ++broken_;
  link.lost = true;
  link.greeted = false;
  link.up.clear();
  link.coming.clear();
  link.server_input.clear();
  link.client_input.clear();
}

/// The application says what it has, the server goes on behind that.
void WireEntrance::resume(api::AppId app, Link& link) {
  link.lost = false;
  const std::uint64_t received = link.client_arrived.count();
  if (!link.down.can_resume(received))
    return violations().report(Invariant::wire_carries_all, name_of(app) + " cannot be resumed");
  rpc::HelloAck ack;
  ack.resumed = true;
  ack.received = link.server_arrived.count();
  link.down.resume(received, ack);
}

/// And the application behind what the server has.
void WireEntrance::greeted(api::AppId app, Link& link, const rpc::HelloAck& ack) {
  link.greeted = true;
  std::optional<rpc::Bytes> again = link.retained.take_from(ack.received);
  if (!again)
    return violations().report(Invariant::wire_carries_all, name_of(app) + " cannot go on");
  again->insert(again->end(), link.waiting.begin(), link.waiting.end());
  link.waiting.clear();
  send(link, *again);
}

void WireEntrance::deliver(Random& random) {
  for (auto& [app, link] : links_) {
    if (link->lost) {
      if (random.chance(50) && !link->cut) resume(app, *link);
      continue;
    }
    // A few bytes, most of it, or all.
    const auto some = [&](std::size_t all) {
      return random.chance(40) ? all : static_cast<std::size_t>(random.below(all + 1));
    };
    carry_up(app, *link, some(link->up.size()));
    leave_server(*link, some(link->down.pending().size()));
    if (random.chance(2) && !link->cut) {
      lose(*link);
      continue;
    }
    carry_down(app, *link, some(link->coming.size()));
  }
}

bool WireEntrance::deliver_all() {
  bool any = false;
  for (auto& [app, link] : links_) {
    if (link->cut) continue;
    if (link->lost) resume(app, *link);
    leave_server(*link, link->down.pending().size());
    any = any || !link->up.empty() || !link->coming.empty();
    carry_up(app, *link, link->up.size());
    carry_down(app, *link, link->coming.size());
  }
  return any;
}

void WireEntrance::carry_up(api::AppId app, Link& link, std::size_t bytes) {
  const auto end = link.up.begin() + static_cast<std::ptrdiff_t>(bytes);
  link.server_input.insert(link.server_input.end(), link.up.begin(), end);
  link.up.erase(link.up.begin(), end);
  take_frames(app, link.server_input, [&](rpc::Frame frame, std::size_t size) {
    link.server_arrived.add(size);
    asked(app, link, std::move(frame));
  });
  if (link.server_arrived.to_acknowledge())
    link.down.control(rpc::Ack{link.server_arrived.count()});
}

/// From the outbox to the wire.
void WireEntrance::leave_server(Link& link, std::size_t bytes) {
  const rpc::View leaving = link.down.pending().first(bytes);
  link.coming.insert(link.coming.end(), leaving.begin(), leaving.end());
  link.down.sent(bytes);
}

void WireEntrance::carry_down(api::AppId app, Link& link, std::size_t bytes) {
  if (link.cut) return;
  const auto end = link.coming.begin() + static_cast<std::ptrdiff_t>(bytes);
  link.client_input.insert(link.client_input.end(), link.coming.begin(), end);
  link.coming.erase(link.coming.begin(), end);
  take_frames(app, link.client_input, [&](rpc::Frame frame, std::size_t size) {
    if (const auto* ack = std::get_if<rpc::HelloAck>(&frame)) return greeted(app, link, *ack);
    link.client_arrived.add(size);
    told(app, link, std::move(frame));
  });
  if (!link.client_arrived.to_acknowledge()) return;
  rpc::Bytes ack;
  encoder_.append(rpc::Ack{link.client_arrived.count()}, ack);
  send(link, ack);
}

template <typename Take>
void WireEntrance::take_frames(api::AppId app, rpc::Bytes& input, Take take) {
  std::size_t at = 0;
  while (at < input.size()) {
    const rpc::View rest = rpc::View(input).subspan(at);
    const Result<std::size_t> length = rpc::frame_length(rest, limits::kFrameBytes);
    if (!length) {
      violations().report(Invariant::wire_carries_all, name_of(app) + ": " + length.error().text());
      break;
    }
    if (*length == 0 || *length > rest.size()) break;
    Result<rpc::Frame> frame = rpc::decode(rest.first(*length));
    at += *length;
    if (frame)
      take(std::move(*frame), *length);
    else
      violations().report(Invariant::wire_carries_all, name_of(app) + ": " + frame.error().text());
  }
  input.erase(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(at));
}

void WireEntrance::compare(api::AppId app, std::deque<std::string>& sent,
                           const std::string& arrived) {
  if (sent.empty() || sent.front() != arrived)
    violations().report(Invariant::wire_carries_all, name_of(app) + ": " +
                                                         (sent.empty() ? "nothing" : sent.front()) +
                                                         " was sent, and this arrived: " + arrived);
  if (!sent.empty()) sent.pop_front();
}

void WireEntrance::asked(api::AppId app, Link& link, rpc::Frame frame) {
  if (const auto* ack = std::get_if<rpc::Ack>(&frame)) return link.down.acknowledge(ack->received);
  auto* request = std::get_if<rpc::Request>(&frame);
  if (request == nullptr || !request->command)
    return violations().report(Invariant::wire_carries_all, name_of(app) + ": no command arrived");
  compare(app, link.asked, in_words(request->number, *request->command));
  hand_in(app, request->number, std::move(*request->command));
}

void WireEntrance::told(api::AppId app, Link& link, rpc::Frame frame) {
  if (auto* event = std::get_if<api::Event>(&frame)) return link.client.on_event(std::move(*event));
  if (const auto* ack = std::get_if<rpc::Ack>(&frame))
    return link.retained.acknowledge(ack->received);
  auto* reply = std::get_if<api::Reply>(&frame);
  if (reply == nullptr)
    return violations().report(Invariant::wire_carries_all,
                               name_of(app) + ": a frame of another kind");
  compare(app, link.answered, words_of(*reply));
  link.client.on_reply(std::move(*reply));
}

}  // namespace switchhook::simulator
