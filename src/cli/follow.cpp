// SPDX-License-Identifier: Apache-2.0
#include "cli/follow.hpp"

#include <cstdio>

#include "cli/output.hpp"
#include "switchhook/json.hpp"

namespace switchhook::cli {

namespace {

constexpr std::chrono::seconds kConfirmation{10};  ///< then the record is shown as it is

/// Prints one call.
class Ladder {
 public:
  Ladder(const Session& session, const FollowOptions& options) : options_(options) {
    Result<Record> record = session.record();
    if (!record) return;
    number_ = record->session;
    short_number_ = record->call_id;
    if (!record->timeline.empty()) start_ = record->timeline.front().at;
  }

  [[nodiscard]] std::uint64_t number() const { return number_; }

  void show(const SessionEvent& event) {
    if (event.kind == SessionEvent::Kind::information) return;  // the record tells it
    if (!start_ && event.kind == SessionEvent::Kind::state) start_ = event.at;
    const auto time = start_ && event.at.monotonic >= start_->monotonic
                          ? event.at.monotonic - start_->monotonic
                          : std::chrono::nanoseconds(0);
    if (options_.json) {
      show_json(event, time);
      return;
    }
    std::string words;
    switch (event.kind) {
      case SessionEvent::Kind::state:
        words = to_string(event.state);
        if (event.cause) {
          End end;
          end.cause = *event.cause;
          end.origin = event.origin.value_or(EndOrigin::system);
          words.append(words.size() < 14 ? 14 - words.size() : 1, ' ');
          words += to_text(std::optional<End>(end));
        }
        break;
      case SessionEvent::Kind::digit:
        words = std::string("digit ") + event.digit;
        break;
      case SessionEvent::Kind::digits_sent:
        words = event.cancelled ? "digits cancelled" : "digits sent";
        break;
      case SessionEvent::Kind::events_lost:
        words = std::to_string(event.lost) + (event.lost == 1 ? " event lost" : " events lost");
        break;
      case SessionEvent::Kind::gone:
        words = "gone: " + (event.why ? event.why->text() : std::string("no reason given"));
        break;
      case SessionEvent::Kind::information:
        break;
    }
    char offset[32];
    std::snprintf(offset, sizeof offset, "%9s  ", seconds_text(time).c_str());
    print_line(options_.prefix + offset + shown(words));
  }

  void show(const Record& record) {
    if (options_.json)
      print_line(JsonObject().add("event", "record").raw("record", to_json(record)).text());
    else
      print_line(to_text(record));
  }

  void released() {
    if (options_.json)
      print_line(JsonObject().add("event", "released").add("session", number_).text());
    else
      print_line(options_.prefix + "Session " + std::to_string(short_number_) + " released.");
  }

 private:
  void show_json(const SessionEvent& event, std::chrono::nanoseconds time) const {
    JsonObject out;
    switch (event.kind) {
      case SessionEvent::Kind::state:
        out.add("event", "state").add("session", number_).add("time", time);
        out.add("state", to_string(event.state)).add("detail", std::uint64_t{event.detail});
        if (event.cause) {
          out.add("mode", to_string(event.cause->mode))
              .add("sip_status", std::uint64_t{event.cause->sip_status})
              .add("words", event.cause->words);
        }
        if (event.origin) out.add("origin", to_string(*event.origin));
        break;
      case SessionEvent::Kind::digit:
        out.add("event", "digit").add("session", number_).add("time", time);
        out.add("digit", std::string(1, event.digit));
        break;
      case SessionEvent::Kind::digits_sent:
        out.add("event", "digits_sent").add("session", number_).add("time", time);
        out.add("cancelled", event.cancelled);
        break;
      case SessionEvent::Kind::events_lost:
        out.add("event", "events_lost").add("session", number_).add("lost", event.lost);
        break;
      case SessionEvent::Kind::gone:
        out.add("event", "gone").add("session", number_);
        if (event.why) out.raw("error", to_json(*event.why));
        break;
      case SessionEvent::Kind::information:
        return;
    }
    print_line(out.text());
  }

  const FollowOptions& options_;
  std::uint64_t number_ = 0;        ///< in JSON
  std::uint32_t short_number_ = 0;  ///< for people
  std::optional<Moment> start_;
};

/// True for a state in which a call that did not get through only waits to be hung up.
bool is_dead_end(CallState state) {
  return state == CallState::busy || state == CallState::special_info ||
         state == CallState::disconnected;
}

}  // namespace

int follow(Session session, const FollowOptions& options) {
  Ladder ladder(session, options);
  std::optional<std::chrono::steady_clock::time_point> hangup_at;
  while (true) {
    std::chrono::milliseconds wait = kForever;
    if (hangup_at) {
      const auto left = *hangup_at - std::chrono::steady_clock::now();
      wait = std::max(std::chrono::ceil<std::chrono::milliseconds>(left),
                      std::chrono::milliseconds(0));
    }
    Result<std::optional<SessionEvent>> event = session.next_event(wait);
    if (!event) return report(event.error(), options.json);
    if (!*event) {
      hangup_at.reset();
      static_cast<void>(session.drop());  // refused when the far end was faster: its event comes
      continue;
    }
    ladder.show(**event);
    if ((*event)->kind == SessionEvent::Kind::gone)
      return (*event)->why ? report(*(*event)->why, options.json) : exit_code(Errc::failed);
    if ((*event)->kind != SessionEvent::Kind::state) continue;
    const CallState state = (*event)->state;
    if (state == CallState::connected && options.hangup_after && !hangup_at)
      hangup_at = std::chrono::steady_clock::now() + *options.hangup_after;
    if (is_dead_end(state)) {
      // Clears the call. Refused when a rule or another owner was faster.
      hangup_at.reset();
      static_cast<void>(session.drop());
    }
    if (state == CallState::idle) break;
  }
  // The far end may still be acknowledging; the record is final when it has.
  Result<Record> record = session.wait_for_record(kConfirmation);
  if (!record && record.error().code == Errc::timed_out) record = session.record();
  if (!record) return report(record.error(), options.json);
  ladder.show(*record);
  if (Result<void> released = session.release(); !released)
    return report(released.error(), options.json);
  ladder.released();
  return exit_code(*record);
}

}  // namespace switchhook::cli
