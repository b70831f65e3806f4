// SPDX-License-Identifier: Apache-2.0
#include "daemon/telephony_log.hpp"

#include <algorithm>
#include <variant>

#include "base/counted.hpp"
#include "base/limits.hpp"
#include "daemon/log.hpp"

namespace switchhook::daemon {
namespace {

using log::Level;
using log::Subject;

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

std::string number(std::uint64_t value) {
  return value == 0 ? std::string() : std::to_string(value);
}

std::string seconds(std::chrono::microseconds span) {
  const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(span).count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

/// From the answer to the end; nothing when nobody answered.
std::optional<std::chrono::microseconds> talked(const Record& record) {
  const auto answer =
      std::find_if(record.timeline.begin(), record.timeline.end(),
                   [](const TimelineEntry& each) { return each.state == CallState::connected; });
  if (answer == record.timeline.end() || !record.end) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::microseconds>(record.end->at.monotonic -
                                                               answer->at.monotonic);
}

std::string cause_of(const Cause& cause) {
  std::string text(to_string(cause.mode));
  if (cause.sip_status != 0) text += ", SIP " + std::to_string(cause.sip_status);
  if (!cause.words.empty()) text += ", " + quoted(cause.words);
  return text;
}

/// What is refused because something is full, and not because it is wrong or not permitted.
bool is_limit(Errc code) {
  return code == Errc::resource_unavailable || code == Errc::call_unavailable ||
         code == Errc::overloaded;
}

}  // namespace

void TelephonyLog::takes(const core::Occurrence& what) {
  asked_ = {};
  incoming_.reset();
  std::visit([this](const auto& which) { on(which); }, what);
}

void TelephonyLog::says(const core::Output& what) {
  std::visit([this](const auto& which) { on(which); }, what);
}

// ---- programs, and what they ask for

void TelephonyLog::on(const core::AppAttached& what) {
  const api::ApplicationInfo& info = what.info;
  if (info.process == 0) return;  // a part of the daemon
  programs_[what.app] = {info.name, info.user, info.process, {}};
  log::write(Subject::programs, Level::info, program(what.app) + " is here",
             {{"application", info.name}, {"user", info.user}, {"process", number(info.process)}});
}

void TelephonyLog::on(const core::AppLost& what) {
  if (const auto found = programs_.find(what.app); found != programs_.end())
    found->second.why_lost = what.why;
}

void TelephonyLog::on(const core::AppGone& what) {
  const auto found = programs_.find(what.app);
  if (found == programs_.end()) return;
  const Program& gone = found->second;
  log::write(
      Subject::programs, Level::info,
      program(what.app) + (gone.why_lost.empty() ? " has left" : " is lost: " + gone.why_lost),
      {{"application", gone.name}, {"user", gone.user}, {"process", number(gone.process)}});
  programs_.erase(found);
}

void TelephonyLog::on(const core::AppCommand& what) {
  asked_ = {.app = what.app, .request = what.request};
  if (const auto* hang_up = std::get_if<api::HangUp>(&what.command)) {
    asked_.session = hang_up->session.value;
    asked_.deed = "hang up session " + std::to_string(asked_.session);
  } else if (const auto* reclaim = std::get_if<api::Reclaim>(&what.command)) {
    asked_.deed = reclaim->call ? "reclaim identifier " + std::to_string(reclaim->call.value)
                                : "reclaim all ended sessions";
  } else {
    asked_.call = std::holds_alternative<api::MakeCall>(what.command);
  }
}

void TelephonyLog::on(const core::ToAppReply& what) {
  if (what.app != asked_.app || what.reply.request != asked_.request) return;
  const auto found = programs_.find(what.app);
  if (found == programs_.end()) return;
  const Result<api::Value>& result = what.reply.result;
  if (asked_.call && !result && is_limit(result.error().code))
    return refused(found->second.name, result.error(), false);
  if (asked_.deed.empty()) return;
  std::string outcome = result ? "done" : result.error().text();
  if (result)
    if (const auto* count = std::get_if<api::Reclaimed>(&*result))
      outcome = base::counted(count->count, "identifiers");
  log::write(Subject::operators, Level::info,
             program(what.app) + " asked to " + asked_.deed + ": " + outcome,
             {{"session", number(asked_.session)},
              {"application", found->second.name},
              {"user", found->second.user},
              {"process", number(found->second.process)}});
  asked_ = {};
}

void TelephonyLog::asked(api::AppId app, const std::string& deed, bool permitted) const {
  const auto found = programs_.find(app);
  if (found == programs_.end()) return;
  log::write(Subject::operators, permitted ? Level::info : Level::warn,
             program(app) + " asked to " + deed + (permitted ? "" : ": it is no operator"),
             {{"application", found->second.name},
              {"user", found->second.user},
              {"process", number(found->second.process)}});
}

std::string TelephonyLog::program(api::AppId app) const {
  const auto found = programs_.find(app);
  if (found == programs_.end()) return "a program";
  const Program& who = found->second;
  return quoted(who.name) + " (process " + std::to_string(who.process) + " of " + who.user + ")";
}

// ---- lines

void TelephonyLog::on(const core::ProviderAttached& what) {
  providers_[what.provider] = what.name;
}

void TelephonyLog::on(const core::ProviderEvent& what) {
  std::visit([&](const auto& which) { heard(what.provider, which); }, what.event);
}

void TelephonyLog::on(const core::ProviderLost& what) {
  log::write(Subject::service, Level::error,
             "provider " + provider_name(what.provider) + " is gone: " + what.why,
             {{"provider", provider_name(what.provider)}});
}

void TelephonyLog::heard(core::ProviderId from, const provider::Failed& what) {
  on(core::ProviderLost{from, what.why});
}

void TelephonyLog::heard(core::ProviderId from, const provider::LineAdded& what) {
  lines_[{from, what.line}] = {what.info.name, what.info.in_service, what.info.status};
  log::write(Subject::lines, Level::debug, "line " + what.info.name + ": " + what.info.status,
             {{"line", what.info.name}, {"provider", provider_name(from)}});
}

void TelephonyLog::heard(core::ProviderId from, const provider::LineGone& what) {
  log::write(Subject::lines, Level::info,
             "line " + line_name(from, what.line) + " is gone: " + what.why,
             {{"line", line_name(from, what.line)}, {"provider", provider_name(from)}});
  lines_.erase({from, what.line});
}

/// The next try of what failed before is no news, nor is when there will be one.
void TelephonyLog::heard(core::ProviderId from, const provider::LineStatus& what) {
  const auto found = lines_.find({from, what.line});
  if (found == lines_.end()) return;
  Line& line = found->second;
  const std::string status = what.status.substr(0, what.status.find("next try in "));
  if (line.in_service == what.in_service && line.status == status) return;
  line.in_service = what.in_service;
  line.status = status;
  log::write(Subject::lines, what.in_service ? Level::info : Level::warn,
             "line " + line.name + (what.in_service ? ": " : " is out of service: ") + what.status,
             {{"line", line.name}, {"provider", provider_name(from)}});
}

std::string TelephonyLog::line_name(core::ProviderId provider, provider::LineNumber line) const {
  const auto found = lines_.find({provider, line});
  return found == lines_.end() ? std::string() : found->second.name;
}

const std::string& TelephonyLog::provider_name(core::ProviderId provider) const {
  static const std::string kNone;
  const auto found = providers_.find(provider);
  return found == providers_.end() ? kNone : found->second;
}

// ---- calls

void TelephonyLog::begins(std::uint64_t session, const std::string& line, const char* direction,
                          const std::string& caller, const std::string& callee,
                          const std::string& application, bool emergency) {
  std::string words = "session " + std::to_string(session) + " begins: line " + line;
  words +=
      *direction == 'o' ? " calls " + callee : " is called by " + (caller.empty() ? "?" : caller);
  if (!application.empty()) words += " for " + quoted(application);
  if (emergency) words += "; an emergency call";
  log::write(Subject::calls, emergency ? Level::warn : Level::info, words,
             {{"session", number(session)},
              {"line", line},
              {"direction", direction},
              {"caller", caller},
              {"callee", callee},
              {"application", application},
              {"emergency", emergency ? "yes" : ""}});
}

void TelephonyLog::on(const core::ToProvider& what) {
  if (const auto* make = std::get_if<provider::MakeCall>(&what.command)) {
    const auto program = programs_.find(asked_.app);
    making_.insert(make->call.value);
    begins(make->call.value, line_name(what.provider, make->line), "outgoing",
           make->calling.address, make->address,
           program == programs_.end() ? std::string() : program->second.name, make->emergency);
  } else if (const auto* send = std::get_if<provider::SendDigits>(&what.command)) {
    tell_digits(what.provider, send->call, send->digits, "sent");
  }
}

void TelephonyLog::heard(core::ProviderId from, const provider::NewCall& what) {
  if (!host_.session_of(from, what.call)) incoming_.emplace(from, what);
}

void TelephonyLog::took() {
  if (!incoming_) return;
  const auto& [from, call] = *incoming_;
  const std::string line = line_name(from, call.line);
  if (const api::SessionId session = host_.session_of(from, call.call))
    begins(session.value, line, "incoming", call.parties.calling.address,
           call.parties.called.address, {}, false);
  else
    refused(line, {Errc::resource_unavailable, "the service takes no further call"}, true);
  incoming_.reset();
}

/// The first answer is that to its making.
void TelephonyLog::heard(core::ProviderId, const provider::Completed& what) {
  if (making_.erase(what.call.value) != 0 && what.error) not_made(what.call, what.error->text());
}

void TelephonyLog::heard(core::ProviderId, const provider::Ended& what) {
  if (making_.erase(what.call.value) != 0) not_made(what.call, "the provider gave it up");
}

void TelephonyLog::not_made(provider::CallRef call, const std::string& why) {
  log::write(Subject::calls, Level::info,
             "session " + std::to_string(call.value) + " was not made: " + why,
             {{"session", number(call.value)}});
}

void TelephonyLog::on(const core::RecordDone& what) {
  const Record& record = what.record;
  making_.erase(what.call.value);
  if (!record.end || !log::wants(Subject::calls, Level::info)) return;
  const End& end = *record.end;
  const auto length = talked(record);
  std::string words = "session " + std::to_string(record.session) + " of line " + record.line +
                      " has ended by " + std::string(to_string(end.origin));
  if (!record.ended_by_application.empty())
    words += " (" + quoted(record.ended_by_application) + " of " + record.ended_by_user + ")";
  words += ": " + cause_of(end.cause);
  words += length ? "; " + seconds(*length) + " s" : std::string("; not answered");
  words += "; far end " + std::string(to_string(end.confirmation));
  log::write(Subject::calls, Level::info, words,
             {{"session", number(record.session)},
              {"line", record.line},
              {"provider", record.provider},
              {"provider_call_id", record.provider_call_id},
              {"direction", std::string(to_string(record.direction))},
              {"caller", record.parties.calling.address},
              {"callee", record.parties.called.address},
              {"application", record.application},
              {"origin", std::string(to_string(end.origin))},
              {"cause", std::string(to_string(end.cause.mode))},
              {"sip_status", number(end.cause.sip_status)},
              {"ended_by_application", record.ended_by_application},
              {"ended_by_user", record.ended_by_user},
              {"seconds", length ? seconds(*length) : std::string()},
              {"confirmation", std::string(to_string(end.confirmation))}});
}

void TelephonyLog::tell_digits(core::ProviderId provider, provider::CallRef call,
                               const std::string& digits, const char* deed) {
  const std::uint64_t session = host_.session_of(provider, call).value;
  if (digits.empty() || session == 0) return;
  log::write(Subject::calls, digits_ ? Level::info : Level::debug,
             "session " + std::to_string(session) + ": " +
                 (digits_ ? "digits " + digits : base::counted(digits.size(), "digits")) + " " +
                 deed,
             {{"session", number(session)}, {"digits", digits_ ? digits : std::string()}});
}

void TelephonyLog::heard(core::ProviderId from, const provider::DigitReceived& what) {
  tell_digits(from, what.call, std::string(1, what.digit), "received");
}

// ---- limits

void TelephonyLog::on(const core::Notice& what) {
  log::write(Subject::limits, Level::warn, what.words);
}

/// Once, and then once a minute how many there were.
void TelephonyLog::refused(const std::string& who, const Error& why, bool incoming) {
  const auto now = clock_.now().monotonic;
  if (refusals_.size() >= limits::kRefusalsTold) refusals_.clear();
  Refusals& of = refusals_[{who, why.code}];
  ++of.since;
  if (of.told.count() != 0 && now - of.told < limits::kRefusalsQuiet) return;
  log::write(
      Subject::limits, Level::warn,
      (incoming ? "a call to line " + who : "a call of " + quoted(who)) +
          " was refused: " + why.text() +
          (of.since > 1 ? " (" + std::to_string(of.since) + " in all since this was said last)"
                        : std::string()),
      {{incoming ? "line" : "application", who}});
  of = {now, 0};
}

}  // namespace switchhook::daemon
