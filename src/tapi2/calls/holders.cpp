// SPDX-License-Identifier: Apache-2.0
// Who holds a call, with which privilege, and what each holder may know of it.
#include "bodies.hpp"
#include "tapi2/calls/call_info.hpp"
#include "tapi2/variable.hpp"

namespace switchhook::tapi2 {

LONG bodies::lineGetCallInfo(const Entry& entry, const std::shared_ptr<Call>& call,
                             LINECALLINFO* target) {
  const Line& line = *call->line;
  if (const LONG bad = check_variable(target, fixed_call_info(line.version)); bad != 0) return bad;
  const auto snapshot = line.app->ask_for<api::CallSnapshot>(api::GetCall{call->id});
  if (!snapshot) return lineerr(snapshot.error());
  return fill_call_info(target, *snapshot, line.handle, line.version, entry.kind);
}

LONG bodies::lineGetCallStatus(const Entry&, const std::shared_ptr<Call>& call,
                               LINECALLSTATUS* target) {
  const Line& line = *call->line;
  if (const LONG bad = check_variable(target, fixed_call_status(line.version)); bad != 0)
    return bad;
  const auto snapshot = line.app->ask_for<api::CallSnapshot>(api::GetCall{call->id});
  if (!snapshot) return lineerr(snapshot.error());
  return fill_call_status(target, *snapshot, line.version);
}

LONG bodies::lineGetNewCalls(const Entry& entry, const std::shared_ptr<Line>& line, DWORD address,
                             DWORD select, LINECALLLIST* target) {
  if (select != LINECALLSELECT_LINE && select != LINECALLSELECT_ADDRESS)
    return lineerr(LINEERR_INVALCALLSELECT);
  if (select == LINECALLSELECT_ADDRESS && address != 0) return lineerr(LINEERR_INVALADDRESSID);
  constexpr DWORD kFixed = sizeof(LINECALLLIST);
  if (const LONG bad = check_variable(target, kFixed); bad != 0) return bad;
  if (const LONG bad = line->app->find_new_calls(line, entry.site); bad != 0) return bad;
  // Handles that do not fit are kept, unknown to the program, for its next attempt.
  return line->app->hand_out_new_calls(*line, [&](const std::vector<HCALL>& calls, bool& taken) {
    return fill_variable(target, kFixed, Text::narrow, [&](LINECALLLIST& out, Parts& parts) {
      SWITCHHOOK_PART(out, dwCalls, parts.bytes(calls.data(), calls.size() * sizeof(HCALL)));
      taken = out.dwCallsSize != 0;
      out.dwCallsNumEntries = taken ? static_cast<DWORD>(calls.size()) : 0;
    });
  });
}

LONG bodies::lineSetCallPrivilege(const Entry&, const std::shared_ptr<Call>& call,
                                  DWORD privilege) {
  if (privilege != LINECALLPRIVILEGE_MONITOR && privilege != LINECALLPRIVILEGE_OWNER)
    return lineerr(LINEERR_INVALCALLPRIVILEGE);
  const Privilege wanted =
      privilege == LINECALLPRIVILEGE_OWNER ? Privilege::owner : Privilege::monitor;
  return done(call->line->app->ask(api::SetPrivilege{call->id, wanted}));
}

LONG bodies::lineHandoff(const Entry&, const std::shared_ptr<Call>& call,
                         std::optional<std::string> name, DWORD media_mode) {
  api::HandOff command{.call = call->id, .application = {}, .media_mode = 0};
  const DWORD argument = name ? LINEERR_TARGETNOTFOUND : LINEERR_INVALMEDIAMODE;
  if (name) {
    if (name->empty()) return lineerr(LINEERR_TARGETNOTFOUND);
    command.application = std::move(*name);
  } else {
    const std::optional<std::uint32_t> mode = media_from(media_mode);
    if (!mode || *mode == 0) return lineerr(LINEERR_INVALMEDIAMODE);
    command.media_mode = *mode;
  }
  return done(call->line->app->ask(std::move(command)), argument);
}

LONG bodies::lineSetAppSpecific(const Entry&, const std::shared_ptr<Call>& call, DWORD value) {
  return done(call->line->app->ask(api::SetAppSpecific{call->id, value}));
}

}  // namespace switchhook::tapi2
