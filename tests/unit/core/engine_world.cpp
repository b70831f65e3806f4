// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/core/engine_world.hpp"

#include <algorithm>
#include <utility>

namespace switchhook::core::test {
namespace {

std::string name_of_command(const api::Command& command) {
  static constexpr const char* kNames[] = {
      "list lines", "open",          "close",          "line status", "make",         "accept",
      "answer",     "drop",          "release",        "hold",        "unhold",       "privilege",
      "hand off",   "app specific",  "monitor digits", "send digits", "release info", "get call",
      "new calls",  "list sessions", "list leaks",     "reclaim",     "audit",        "records",
      "status",     "shut down",     "transfer",       "restore",     "hang up",      "swap",
      "reload",     "drain",         "trace"};
  static_assert(std::size(kNames) == std::variant_size_v<api::Command>);
  return kNames[command.index()];
}

std::string name_of_why(provider::DropWhy why) {
  static constexpr const char* kNames[] = {"normal",   "rejected", "no answer",
                                           "no owner", "stopping", "length limit"};
  return kNames[static_cast<std::size_t>(why)];
}

std::string changes(std::uint32_t what) {
  static constexpr const char* kNames[] = {"parties",   "user info",   "app specific",
                                           "owners up", "owners down", "monitors",
                                           "media",     "other",       "confirmation"};
  std::string out;
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    if ((what & (1u << i)) != 0) out += (out.empty() ? "" : "+") + std::string(kNames[i]);
  return out;
}

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace

World::World() {
  apply(ProviderAttached{0, "test", 99});
  LineInfo line{.name = "100", .address = "100", .user_info_max = 32};
  line.media_modes = media::kVoice | media::kDataModem | media::kFaxG3;
  line.digit_modes = digits::kPulse | digits::kDtmf | digits::kDtmfEnd;
  post(provider::LineAdded{0, line});
}

TestApp* World::by_id(api::AppId id) {
  for (auto& [name, app] : apps_)
    if (app.id == id) return &app;
  return nullptr;
}

TestApp& World::attach(const std::string& name, bool operator_rights) {
  return attach({.name = name,
                 .user = "user of " + name,
                 .process = 7,
                 .role = operator_rights ? api::Role::operating : api::Role::user,
                 .identifier_bytes = 11});
}

TestApp& World::attach(api::ApplicationInfo info) {
  const std::string name = info.name;
  TestApp& app = apps_[name];
  app.name = name;
  app.id = engine_.new_app();
  apply(AppAttached{app.id, std::move(info)});
  return app;
}

TestApp& World::app(const std::string& name, std::uint8_t privileges, std::uint32_t version,
                    std::uint32_t media_modes, api::LineId line) {
  TestApp& app = attach(name);
  app.open =
      ask_for<api::OpenedLine>(app, api::OpenLine{line, privileges, media_modes, version}).open;
  return app;
}

Words World::act(TestApp& app, api::Command command) {
  const api::RequestId number = ++last_request_;
  asked_[number] = {app.id, name_of_command(command), false, command};
  return apply(AppCommand{app.id, number, std::move(command)});
}

Result<api::Value> World::ask(TestApp& app, api::Command command) {
  act(app, std::move(command));
  for (const Output& output : last)
    if (const auto* reply = std::get_if<ToAppReply>(&output))
      if (reply->reply.request == last_request_ && !reply->reply.accepted_only)
        return reply->reply.result;
  return {Errc::failed, "the test expected a completed reply in this step"};
}

Words World::lose(TestApp& app) {
  std::erase_if(asked_, [&](const auto& each) { return each.second.app == app.id; });
  return apply(AppLost{app.id, "killed"});
}

Words World::post(provider::Event event, ProviderId provider) {
  if (const auto* completed = std::get_if<provider::Completed>(&event)) {
    const auto command = commanded_.find(completed->request);
    if (command != commanded_.end()) {
      if (command->second.what == "make" && !completed->error)
        born_refs_.insert(completed->call.value);
      if (command->second.what == "make" && completed->error)
        ended_refs_.insert(completed->call.value);
      commanded_.erase(command);
    }
  }
  if (const auto* ended = std::get_if<provider::Ended>(&event))
    ended_refs_.insert(ended->call.value);
  if (const auto* call = std::get_if<provider::NewCall>(&event))
    born_refs_.insert(call->call.value);
  return apply(ProviderEvent{provider, std::move(event)});
}

provider::CallRef World::new_call(std::uint32_t media_modes, provider::LineNumber line) {
  const provider::CallRef call{provider::CallRef::kMintedByProvider | ++last_ref_};
  provider::NewCall event{.call = call, .line = line, .provider_call_id = "id of the provider"};
  event.parties.calling = {"555", "Caller"};
  event.parties.called = {"100", ""};
  event.media_modes = media_modes;
  post(std::move(event));
  return call;
}

Words World::report(provider::CallRef call, CallState state, std::uint8_t detail) {
  return post(provider::StateChanged{call, state, detail, std::nullopt});
}

Words World::report(provider::CallRef call, CallState state, Cause cause) {
  return post(provider::StateChanged{call, state, 0, std::move(cause)});
}

Words World::complete(const std::string& what, std::optional<Error> error) {
  for (const auto& [number, command] : commanded_)
    if (command.what == what)
      return post(provider::Completed{command.call, number, std::move(error)});
  ADD_FAILURE() << "nothing to complete: " << what;
  return {};
}

std::size_t World::uncompleted(const std::string& what) const {
  return static_cast<std::size_t>(
      std::count_if(commanded_.begin(), commanded_.end(),
                    [&](const auto& each) { return each.second.what == what; }));
}

Words World::ended(provider::CallRef call, Confirmation confirmation) {
  return post(provider::Ended{.call = call, .confirmation = confirmation});
}

void World::give_back() {
  while (!commanded_.empty()) {
    const auto [number, command] = *commanded_.begin();
    const bool closed = closed_refs_.contains(command.call.value);
    const bool drop = command.what == "drop" && !closed;
    post(provider::Completed{command.call, number,
                             closed ? std::optional(Error{Errc::failed, "closed"}) : std::nullopt});
    if (drop && !closed_refs_.contains(command.call.value)) report(command.call, CallState::idle);
  }
  for (const std::uint64_t ref : std::set<std::uint64_t>(closed_refs_))
    if (born_refs_.contains(ref) && !ended_refs_.contains(ref)) ended({ref});
}

provider::CallRef World::make(TestApp& maker, bool connect, const std::string& site) {
  act(maker, api::MakeCall{.open = maker.open, .address = "200", .site = site});
  provider::CallRef call;
  for (const auto& [number, command] : commanded_)
    if (command.what == "make") call = command.call;
  complete("make");
  if (connect) bring(call, CallState::connected);
  return call;
}

provider::CallRef World::offer(std::uint32_t media_modes) {
  const provider::CallRef call = new_call(media_modes);
  report(call, CallState::offering);
  return call;
}

void World::bring(provider::CallRef call, CallState state) {
  if (state == CallState::disconnected)
    report(call, state, Cause{.mode = DisconnectMode::normal});
  else
    report(call, state);
}

Words World::advance(std::chrono::nanoseconds by) {
  const std::chrono::nanoseconds until = now_.monotonic + by;
  Words all;
  while (true) {
    auto next = due_.end();
    for (auto it = due_.begin(); it != due_.end(); ++it)
      if (it->second <= until && (next == due_.end() || it->second < next->second)) next = it;
    if (next == due_.end()) break;
    const std::uint64_t timer = next->first;
    const auto step = std::max(std::chrono::nanoseconds{0}, next->second - now_.monotonic);
    now_.monotonic += step;
    now_.wall += std::chrono::duration_cast<std::chrono::microseconds>(step);
    due_.erase(next);
    timers.erase(timer);
    const Words words = apply(TimerDue{timer});
    all.insert(all.end(), words.begin(), words.end());
  }
  const auto rest = until - now_.monotonic;
  now_.monotonic += rest;
  now_.wall += std::chrono::duration_cast<std::chrono::microseconds>(rest);
  return all;
}

Words World::apply(decltype(Input::what) what) {
  return run({now_, std::move(what)});
}

Words World::run(Input input) {
  last.clear();
  engine_.apply(std::move(input), last);
  Words words;
  for (const Output& output : last)
    std::visit(Overloaded{[&](const ToAppReply& out) { take(out, words); },
                          [&](const ToAppEvent& out) { take(out, words); },
                          [&](const ToProvider& out) { take(out, words); },
                          [&](const SetTimer& out) {
                            due_[out.timer] = out.at;
                            timers.insert(out.timer);
                          },
                          [&](const ClearTimer& out) {
                            EXPECT_EQ(timers.erase(out.timer), 1u) << "cleared, but not set";
                            due_.erase(out.timer);
                          },
                          [&](const RecordDone& out) {
                            EXPECT_TRUE(recorded_.insert(out.record.session).second)
                                << "a second record";
                            EXPECT_TRUE(out.record.end.has_value());
                            EXPECT_EQ(out.record.state, CallState::idle);
                            EXPECT_NE(out.record.end->confirmation, Confirmation::pending);
                            records.push_back(out.record);
                            words.push_back("record");
                          },
                          [&](const RecordAmended&) { words.push_back("amended"); },
                          [&](const CallNeverMade&) { words.push_back("make_failed"); },
                          [&](const AppGone& out) {
                            gone_apps_.insert(out.app.value);
                            words.push_back("gone");
                          },
                          [&](const Notice& out) { notices.push_back(out.words); },
                          [&](const AllStopped&) {
                            EXPECT_FALSE(stopped);
                            stopped = true;
                            words.push_back("all stopped");
                          }},
               output);
  return words;
}

void World::take(const ToAppReply& out, Words& words) {
  EXPECT_FALSE(gone_apps_.contains(out.app.value)) << "a reply to an application that is gone";
  TestApp* app = by_id(out.app);
  ASSERT_NE(app, nullptr);
  const auto found = asked_.find(out.reply.request);
  ASSERT_NE(found, asked_.end()) << app->name << ": a reply to nothing, or a second one";
  Asked& asked = found->second;
  EXPECT_EQ(asked.app, out.app);
  if (out.reply.accepted_only) {
    EXPECT_FALSE(asked.accepted) << "accepted twice";
    asked.accepted = true;
    words.push_back(app->name + " " + asked.what + " accepted");
    return;
  }
  const Result<api::Value>& result = out.reply.result;
  words.push_back(app->name + " " + asked.what + " " +
                  (result ? "ok" : std::string(name_of(result.error().code))));
  if (result) {
    if (const auto* made = std::get_if<api::MadeCall>(&*result)) {
      app->call = made->call;
      known_calls_.insert(made->call.value);
    }
    if (const auto* list = std::get_if<api::CallList>(&*result))
      for (const api::CallId call : list->calls) {
        app->call = call;
        known_calls_.insert(call.value);
      }
    if (const auto* release = std::get_if<api::ReleaseCall>(&asked.command))
      stale_calls_.insert(release->call.value);
    if (const auto* close = std::get_if<api::CloseLine>(&asked.command))
      std::erase_if(asked_, [&](const auto& each) {  // their completions are suppressed
        return each.second.app == out.app && each.second.accepted && close->open == app->open;
      });
    if (asked.what == "shut down")
      std::erase_if(asked_, [&](const auto& each) {
        return each.second.app == out.app && each.first != out.reply.request;
      });
  }
  asked_.erase(out.reply.request);
}

void World::take(const ToAppEvent& out, Words& words) {
  EXPECT_FALSE(gone_apps_.contains(out.app.value)) << "an event to an application that is gone";
  TestApp* app = by_id(out.app);
  ASSERT_NE(app, nullptr);
  const auto held = [&](api::CallId call) {
    EXPECT_TRUE(known_calls_.contains(call.value)) << "an event before the identifier";
    EXPECT_FALSE(stale_calls_.contains(call.value)) << "an event for a stale identifier";
  };
  const auto said = [&](const std::string& what) { words.push_back(app->name + " " + what); };
  std::visit(
      Overloaded{[&](const api::CallAppeared& e) {
                   EXPECT_TRUE(known_calls_.insert(e.call.value).second);
                   app->call = e.call;
                   said("appears as " + std::string(to_string(e.privilege)));
                 },
                 [&](const api::CallStateChanged& e) {
                   held(e.call);
                   EXPECT_FALSE(idle_calls_.contains(e.call.value)) << "a state after idle";
                   std::string text(to_string(e.state));
                   if (e.state == CallState::idle) idle_calls_.insert(e.call.value);
                   const bool over =
                       e.state == CallState::idle || e.state == CallState::disconnected;
                   EXPECT_EQ(e.cause.has_value(), over);
                   EXPECT_EQ(e.origin.has_value(), over);
                   if (over && e.cause && e.origin)
                     text += " (" + std::string(to_string(e.cause->mode)) + ", " +
                             std::string(to_string(*e.origin)) + ")";
                   if (e.privilege) text += " as " + std::string(to_string(*e.privilege));
                   said(text);
                 },
                 [&](const api::LeakLimitReached& e) {
                   held(e.oldest);
                   said(std::string("holds ") + (e.by_age ? "too long, " : "too many, ") +
                        std::to_string(e.held));
                 },
                 [&](const api::CallInfoChanged& e) {
                   held(e.call);
                   EXPECT_FALSE(idle_calls_.contains(e.call.value)) << "information after idle";
                   said("info " + changes(e.what));
                 },
                 [&](const api::LineClosed& e) {
                   if (app->open == e.open) stale_calls_.insert(app->call.value);
                   said("line closed");
                 },
                 [&](const api::LineChanged&) {}, [&](const api::LineAppeared&) {},
                 [&](const api::LineRemoved&) { said("line removed"); },
                 [&](const api::DigitReceived& e) {
                   held(e.call);
                   said(std::string("digit ") + e.digit);
                 },
                 [&](const api::DigitsSent& e) {
                   held(e.call);
                   said(e.cancelled ? "digits cancelled" : "digits sent");
                 },
                 [&](const api::CallReclaimed& e) {
                   held(e.call);
                   stale_calls_.insert(e.call.value);
                   said("reclaimed");
                 },
                 [&](const api::TracedMessage&) {},  // of no call
                 [&](const api::EventsLost&) { ADD_FAILURE() << "not the engine's to say"; }},
      out.event);
}

void World::take(const ToProvider& out, Words& words) {
  const auto live = [&](provider::CallRef call) {
    EXPECT_FALSE(closed_refs_.contains(call.value)) << "a command for a closed call";
  };
  const auto request = [&](const auto& c, const std::string& what, const std::string& text) {
    live(c.call);
    EXPECT_TRUE(commanded_.insert({c.request, {c.call, what}}).second);
    words.push_back("P " + text);
  };
  std::visit(
      Overloaded{
          [&](const provider::OpenLine& open) {
            words.push_back(open.takes_calls ? "P open line" : "P open line without calls");
          },
          [&](const provider::CloseLine&) { words.push_back("P close line"); },
          [&](const provider::MakeCall& c) {
            EXPECT_FALSE(c.call.minted_by_provider());
            request(c, "make", "make");
          },
          [&](const provider::Accept& c) { request(c, "accept", "accept"); },
          [&](const provider::Answer& c) { request(c, "answer", "answer"); },
          [&](const provider::Drop& c) { request(c, "drop", "drop " + name_of_why(c.why)); },
          [&](const provider::Hold& c) { request(c, "hold", "hold"); },
          [&](const provider::Unhold& c) { request(c, "unhold", "unhold"); },
          [&](const provider::Transfer& c) {
            request(c, "transfer", c.with ? "transfer to the other" : "transfer");
          },
          [&](const provider::Swap& c) {
            live(c.with);
            request(c, "swap", "swap");
          },
          [&](const provider::MonitorDigits& c) {
            live(c.call);
            words.push_back("P monitor digits " + std::to_string(c.modes));
          },
          [&](const provider::SendDigits& c) { request(c, "digits", "digits '" + c.digits + "'"); },
          [&](const provider::CloseCall& c) {
            live(c.call);
            closed_refs_.insert(c.call.value);
            words.push_back("P close");
          },
          [&](const provider::EndOrphan&) { words.push_back("P end orphan"); },
          [&](const provider::Trace&) { words.push_back("P trace"); },
          [&](const provider::ReportLedger&) { words.push_back("P report ledger"); },
          [&](const provider::AddLine&) { ADD_FAILURE() << "that is the host's"; },
          [&](const provider::RemoveLine&) { ADD_FAILURE() << "that is the host's"; },
          [&](const provider::Stop&) { words.push_back("P stop"); }},
      out.command);
}

std::uint64_t World::late(TestApp& any) {
  return ask_for<api::ServiceStatus>(any, api::GetServiceStatus{}).late_events;
}

api::AuditReport World::audit(TestApp& any) {
  act(any, api::RunAudit{});
  std::vector<std::pair<ProviderId, std::uint64_t>> questions;
  for (const Output& output : last)
    if (const auto* command = std::get_if<ToProvider>(&output))
      if (const auto* ledger = std::get_if<provider::ReportLedger>(&command->command))
        questions.emplace_back(command->provider, ledger->token);
  const auto found = [this]() -> std::optional<api::AuditReport> {
    for (const Output& output : last)
      if (const auto* reply = std::get_if<ToAppReply>(&output))
        if (reply->reply.result)
          if (const auto* report = std::get_if<api::AuditReport>(&*reply->reply.result))
            return *report;
    return std::nullopt;
  };
  std::int64_t open = 0;
  for (const std::uint64_t ref : born_refs_)
    if (!ended_refs_.contains(ref)) ++open;
  std::optional<api::AuditReport> report = found();
  for (const auto& [provider, token] : questions) {
    provider::LedgerReport ledger{.token = token};
    const auto i = static_cast<std::size_t>(Resource::provider_calls);
    ledger.booked[i] = ledger.found[i] = provider == 0 ? open : 0;
    post(ledger, provider);
    if (!report) report = found();
  }
  EXPECT_TRUE(report.has_value());
  return report.value_or(api::AuditReport{});
}

void World::all_gone() {
  give_back();
  TestApp& inspector = attach("inspector");
  const api::AuditReport report = audit(inspector);
  EXPECT_TRUE(report.clean()) << report.findings.front();
  for (const api::LedgerLine& line : report.lines) {
    EXPECT_EQ(line.booked, 0) << line.holder << ": " << to_string(line.resource);
    EXPECT_EQ(line.found, 0) << line.holder << ": " << to_string(line.resource);
  }
  EXPECT_THAT(timers, IsEmpty());
  for (const auto& [number, asked] : asked_) ADD_FAILURE() << "never answered: " << asked.what;
}

}  // namespace switchhook::core::test
