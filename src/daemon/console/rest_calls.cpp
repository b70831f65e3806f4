// SPDX-License-Identifier: Apache-2.0
// Leases, and the calls that are placed with them.
#include <utility>

#include "base/limits.hpp"
#include "daemon/console/rest_answers.hpp"

namespace switchhook::daemon {

Rest::Reply Rest::begin_lease(Asked& asked) {
  constexpr std::uint64_t kMost = limits::kConsoleLease.count();
  std::string name;
  double wanted = kMost;
  for (const Result<void>& taken :
       {asked.body.take("name", name), asked.body.take("seconds", wanted, kMost),
        asked.body.all_taken()})
    if (!taken) return taken.error();
  const auto seconds = static_cast<std::uint64_t>(wanted);
  const Result<Clients::Use> client =
      parts_.clients.lease(asked.who, name, std::chrono::seconds(seconds));
  if (!client && client.error().code == Errc::overloaded) return error_answer(client.error(), 429);
  if (!client) return client.error();
  return json_answer(
      JsonObject().add("lease", (*client)->secret).add("name", name).add("seconds", seconds).text(),
      201);
}

Rest::Reply Rest::leases(Asked&) {
  const auto write = [](const Clients::Told& each) {
    return JsonObject()
        .add("name", each.name)
        .add("user", each.user)
        .add("calls", std::uint64_t{each.calls})
        .add("seconds", std::uint64_t(each.left.count()))
        .text();
  };
  return json_answer(JsonObject().raw("leases", json_list(parts_.clients.leases(), write)).text());
}

Rest::Reply Rest::end_lease(Asked& asked) {
  if (const Result<void> ended = parts_.clients.end(asked.client); !ended) return ended.error();
  return json_answer("{}");
}

Rest::Reply Rest::place_call(Asked& asked) {
  constexpr double kTime = std::chrono::duration<double>(limits::kRuleTime).count();
  std::string line;
  double no_answer = 0, length_limit = 0, app_specific = 0;
  api::MakeCall command;
  for (const Result<void>& taken :
       {asked.body.take("line", line), asked.body.take("address", command.address),
        asked.body.take("no_answer", no_answer, kTime),
        asked.body.take("length_limit", length_limit, kTime),
        asked.body.take("comment", command.comment),
        asked.body.take("called_name", command.called_party),
        asked.body.take("app_specific", app_specific, 0xffffffffU), asked.body.all_taken()})
    if (!taken) return taken.error();
  const auto milliseconds = [](double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  };
  command.no_answer_timeout = milliseconds(no_answer);
  command.length_limit = milliseconds(length_limit);
  command.app_specific = static_cast<std::uint32_t>(app_specific);
  command.site = "POST /api/v1/calls";
  const Result<api::OpenId> open = asked.client->line(line);
  if (!open) return open.error();
  command.open = *open;
  // Kept before anything else is told of it; with what keeps the attachment alive until then.
  const Result<api::MadeCall> made = asked.service().call_for<api::MadeCall>(
      std::move(command),
      [client = asked.client.get()](api::Value& value) {
        const auto* call = std::get_if<api::MadeCall>(&value);
        if (call == nullptr) return;
        auto held = std::make_shared<HeldCall>();
        held->call = call->call;
        held->session = call->session;
        client->service().keep(call->call, std::move(held));
      },
      limits::kConsoleAnswer);
  if (!made) return made.error();
  return json_answer(with_ids(JsonObject()
                                  .add("session", made->session.value)
                                  .add("identifier", made->call.value)
                                  .text(),
                              made->session.value, made->call.value),
                     201);
}

Rest::Reply Rest::calls(Asked& asked) {
  std::vector<SessionInfo> all;
  for (const auto& held : asked.service().calls<HeldCall>()) {
    Result<api::CallSnapshot> now = ask<api::CallSnapshot>(asked, api::GetCall{held->call});
    if (!now) continue;  // released meanwhile
    all.push_back(
        {std::move(now->record), now->privilege, now->owners, now->monitors, now->state_entered});
  }
  const auto write = [](const SessionInfo& each) {
    return with_ids(to_json(each), each.record.session);
  };
  return json_answer(JsonObject().raw("calls", json_list(all, write)).text());
}

/// Has the service do something with a call that the lease holds.
Rest::Reply Rest::act(Asked& asked, const std::function<api::Command(api::CallId)>& command) {
  const Result<std::uint64_t> session =
      number_of<std::uint64_t>("the session", asked.place["session"]);
  if (!session) return session.error();
  const std::shared_ptr<HeldCall> held = asked.client->call(*session);
  if (!held)
    return Error{Errc::not_found, "the lease holds no session " + std::to_string(*session)};
  if (const Result<void> done = tell(asked, command(held->call)); !done) return done.error();
  return json_answer(JsonObject().add("session", *session).text());
}

Rest::Reply Rest::drop(Asked& asked) {
  return act(asked, [](api::CallId call) { return api::DropCall{call}; });
}
Rest::Reply Rest::hold(Asked& asked) {
  return act(asked, [](api::CallId call) { return api::HoldCall{call}; });
}
Rest::Reply Rest::unhold(Asked& asked) {
  return act(asked, [](api::CallId call) { return api::UnholdCall{call}; });
}
Rest::Reply Rest::release(Asked& asked) {
  Reply done = act(asked, [](api::CallId call) { return api::ReleaseCall{call}; });
  if (const auto session = number_of<std::uint64_t>("", asked.place["session"]); done && session)
    if (const auto held = asked.client->call(*session)) asked.service().forget(held->call);
  return done;
}
Rest::Reply Rest::digits(Asked& asked) {
  std::string digits;
  if (Result<void> taken = asked.body.take("digits", digits); !taken) return taken.error();
  if (Result<void> all = asked.body.all_taken(); !all) return all.error();
  return act(asked, [&](api::CallId call) {
    api::SendDigits command;
    command.call = call;
    command.digits = digits;
    return command;
  });
}

}  // namespace switchhook::daemon
