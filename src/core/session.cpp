// SPDX-License-Identifier: Apache-2.0
#include "core/session.hpp"

#include <algorithm>
#include <cstring>

#include "base/limits.hpp"
#include "core/engine/tables.hpp"

namespace switchhook::core {

SessionTexts::Views SessionTexts::all() const {
  Views views{};
  if (block_ == nullptr) return views;
  const char* text = block_.get() + kFields * sizeof(Length);
  for (std::size_t i = 0; i < kFields; ++i) {
    Length length = 0;
    std::memcpy(&length, block_.get() + i * sizeof(Length), sizeof(Length));
    views[i] = std::string_view(text, length);
    text += length;
  }
  return views;
}

void SessionTexts::set(Views views) {
  std::size_t size = kFields * sizeof(Length);
  for (std::string_view& view : views) {
    view = view.substr(0, limits::kAddressBytes);
    size += view.size();
  }
  // The views may lie in the old block, so it goes last.
  std::unique_ptr<char[]> block(new char[size]);
  char* text = block.get() + kFields * sizeof(Length);
  for (std::size_t i = 0; i < kFields; ++i) {
    const Length length = static_cast<Length>(views[i].size());
    std::memcpy(block.get() + i * sizeof(Length), &length, sizeof(Length));
    if (length != 0) std::memcpy(text, views[i].data(), length);
    text += length;
  }
  block_ = std::move(block);
  size_ = static_cast<std::uint32_t>(size);
}

void SessionTexts::set(Field field, std::string_view text) {
  Views views = all();
  views[field] = text;
  set(views);
}

Standing Session::standing() const {
  if (being_made && !closed) return Standing::being_made;
  if (cut && state == CallState::disconnected) return Standing::cut;
  return standing_of(state);
}

Holder* Session::holder(api::CallId call) {
  for (Holder& each : holders)
    if (each.call == call) return &each;
  return nullptr;
}

SessionExtras& Session::extra() {
  if (extras == nullptr) extras = std::make_unique<SessionExtras>();
  return *extras;
}

void Session::enter(CallState new_state, std::uint8_t new_detail, const Moment& now) {
  state = new_state;
  detail = new_detail;
  if (timeline.size() == limits::kTimelineEntries) {
    timeline[timeline.size() - 2] = timeline.back();
    timeline.pop_back();
  }
  timeline.push_back({new_state, new_detail, now});
}

void Session::bound_holders() {
  while (holders.size() > limits::kHoldersPerSession) {
    const auto former = std::find_if(holders.begin(), holders.end(), [](const Holder& each) {
      return !each.call && !each.claims && !each.ended_it;
    });
    if (former == holders.end()) return;
    holders.erase(former);
  }
}

namespace {

/// Whether it was an application that ended the session: by its request, or because it left.
bool by_an_application(EndOrigin origin) {
  return origin == EndOrigin::local_user || origin == EndOrigin::line_closed ||
         origin == EndOrigin::application_lost;
}

}  // namespace

void fill(Record& record, const Session& session) {
  using Texts = SessionTexts;
  record.session = session.id.value;
  record.call_id = session.call_id;
  record.line = session.line->info.name;
  record.provider = session.line->provider->name;
  record.direction = session.direction;
  record.media_modes = session.media_modes;
  const Texts::Views texts = session.texts.all();
  const auto copy = [&texts](std::string& to, std::size_t field) {
    if (!texts[field].empty()) to = texts[field];  // most are empty
  };
  const auto party = [&copy](Party& to, Texts::Field address) {
    copy(to.address, address);
    copy(to.name, static_cast<std::size_t>(address) + 1);
  };
  party(record.parties.calling, Texts::calling_address);
  party(record.parties.called, Texts::called_address);
  party(record.parties.connected, Texts::connected_address);
  party(record.parties.redirecting, Texts::redirecting_address);
  party(record.parties.redirection, Texts::redirection_address);
  copy(record.provider_call_id, Texts::provider_call_id);
  copy(record.comment, Texts::comment);
  record.state = session.state;
  record.detail = session.detail;
  record.timeline = session.timeline;
  if (session.over) record.end = session.end;
  if (session.extras != nullptr) {
    record.user_info_received = session.extras->user_info_received;
    record.user_info_sent = session.extras->user_info_sent;
    record.media_statistics = session.extras->media_statistics;
  }
  record.app_specific = session.app_specific;
  if (session.first_owner != nullptr) record.application = session.first_owner->name;
  const bool by_application = session.over && by_an_application(session.end.origin);
  record.holders.reserve(session.holders.size());
  for (const Holder& holder : session.holders) {
    HolderRecord& out = record.holders.emplace_back();
    out.application = holder.who->name;
    out.user = holder.who->user;
    out.process = holder.who->process;
    out.privilege = holder.privilege;
    out.acquired = holder.acquired;
    if (!holder.call && holder.released.wall.count() != 0) out.released = holder.released;
    if (holder.ended_it && by_application) {
      record.ended_by_application = holder.who->name;
      record.ended_by_user = holder.who->user;
    }
  }
}

void refill(Session& session, const Record& record) {
  using Texts = SessionTexts;
  session.id = {record.session};
  session.call_id = record.call_id;
  session.direction = record.direction;
  session.media_modes = record.media_modes;
  Texts::Views texts{};
  const auto party = [&texts](Texts::Field address, const Party& from) {
    texts[address] = from.address;
    texts[static_cast<std::size_t>(address) + 1] = from.name;
  };
  party(Texts::calling_address, record.parties.calling);
  party(Texts::called_address, record.parties.called);
  party(Texts::connected_address, record.parties.connected);
  party(Texts::redirecting_address, record.parties.redirecting);
  party(Texts::redirection_address, record.parties.redirection);
  texts[Texts::provider_call_id] = record.provider_call_id;
  texts[Texts::comment] = record.comment;
  session.texts.set(texts);
  session.state = record.state;
  session.detail = record.detail;
  session.timeline = record.timeline;
  session.over = record.end.has_value();
  if (record.end) session.end = *record.end;
  if (!record.user_info_received.empty() || !record.user_info_sent.empty() ||
      record.media_statistics != MediaStatistics{}) {
    SessionExtras& extras = session.extra();
    extras.user_info_received = record.user_info_received;
    extras.user_info_sent = record.user_info_sent;
    extras.media_statistics = record.media_statistics;
  }
  session.app_specific = record.app_specific;
  bool ender_known = record.ended_by_application.empty() && record.ended_by_user.empty();
  for (const HolderRecord& each : record.holders) {
    auto who = std::make_shared<api::ApplicationInfo>();
    who->name = each.application;
    who->user = each.user;
    who->process = each.process;
    if (who->name == record.application && each.privilege == Privilege::owner &&
        session.first_owner == nullptr)
      session.first_owner = who;
    const bool claims = each.privilege == Privilege::owner;
    // Of several with one name any will do: only the names are told.
    const bool ended_it = !ender_known && each.application == record.ended_by_application &&
                          each.user == record.ended_by_user;
    ender_known |= ended_it;
    session.holders.push_back({{},
                               std::move(who),
                               each.privilege,
                               claims,
                               ended_it,
                               each.acquired,
                               each.released.value_or(Moment{})});
  }
}

std::size_t bytes_of(const Session& session) {
  std::size_t bytes = sizeof(Session) + session.texts.bytes() +
                      session.timeline.capacity() * sizeof(TimelineEntry) +
                      session.holders.capacity() * sizeof(Holder) +
                      session.end.cause.words.capacity();
  if (session.extras != nullptr)
    bytes += sizeof(SessionExtras) + session.extras->user_info_received.capacity() +
             session.extras->user_info_next.capacity() + session.extras->user_info_sent.capacity();
  return bytes;
}

}  // namespace switchhook::core
