// SPDX-License-Identifier: Apache-2.0
// Making, accepting, answering, holding, dropping and letting go of calls.
#include "base/limits.hpp"
#include "bodies.hpp"
#include "tapi2/calls/call_params.hpp"

namespace switchhook::tapi2 {
namespace {

/// A command about one call, which LINE_REPLY completes.
LONG request(const Call& call, api::Command command) {
  return call.line->app->request(std::move(command), *call.line, call.handle, nullptr,
                                 LINEERR_INVALPARAM);
}

/// The same with user-user information. `make(info)` is the command.
template <typename Make>
LONG request_with_info(const Call& call, LPCSTR bytes, DWORD size, Make make) {
  UserInfo info;
  if (bytes != nullptr) {
    if (size > limits::kUserInfoBytes) return lineerr(LINEERR_USERUSERINFOTOOBIG);
    const auto* first = reinterpret_cast<const std::uint8_t*>(bytes);
    info.assign(first, first + size);
  }
  return request(call, make(std::move(info)));
}

}  // namespace

LONG bodies::lineMakeCall(const Entry& entry, const std::shared_ptr<Line>& line, HCALL* ret_call,
                          std::optional<std::string> address, DWORD, LINECALLPARAMS* const params) {
  if (ret_call == nullptr) return lineerr(LINEERR_INVALPOINTER);
  api::MakeCall command;
  command.open = line->open;
  command.address = std::move(address).value_or("");
  if (const LONG bad = read_call_params(params, line->version, entry.kind, command); bad != 0)
    return bad;
  command.site = line->app->words_of(entry.site);
  return line->app->request(std::move(command), *line, 0, ret_call, LINEERR_INVALMEDIAMODE,
                            entry.site);
}

LONG bodies::lineAccept(const Entry& entry, const std::shared_ptr<Call>& call, LPCSTR info,
                        DWORD size) {
  return request_with_info(*call, info, size, [&](UserInfo sent) {
    return api::AcceptCall{call->id, std::move(sent),
                           call->line->app->acquired_at(*call, entry.site)};
  });
}

LONG bodies::lineAnswer(const Entry& entry, const std::shared_ptr<Call>& call, LPCSTR info,
                        DWORD size) {
  return request_with_info(*call, info, size, [&](UserInfo sent) {
    return api::AnswerCall{call->id, std::move(sent),
                           call->line->app->acquired_at(*call, entry.site)};
  });
}

LONG bodies::lineDrop(const Entry&, const std::shared_ptr<Call>& call, LPCSTR info, DWORD size) {
  return request_with_info(*call, info, size, [&](UserInfo sent) {
    return api::DropCall{
        .call = call->id, .reason = DropReason::normal, .user_info = std::move(sent)};
  });
}

LONG bodies::lineHold(const Entry&, const std::shared_ptr<Call>& call) {
  return request(*call, api::HoldCall{call->id});
}

LONG bodies::lineUnhold(const Entry&, const std::shared_ptr<Call>& call) {
  return request(*call, api::UnholdCall{call->id});
}

LONG bodies::lineSwapHold(const Entry&, const std::shared_ptr<Call>& call, HCALL held_handle) {
  const std::shared_ptr<Call> held = Process::get().calls.find(held_handle);
  const Line& line = *call->line;
  if (!held || held == call || held->line->app != line.app) return lineerr(LINEERR_INVALCALLHANDLE);
  return line.app->request(api::SwapHold{.call = call->id, .with = held->id}, line, call->handle,
                           nullptr, LINEERR_INVALCALLHANDLE);
}

LONG bodies::lineReleaseUserUserInfo(const Entry&, const std::shared_ptr<Call>& call) {
  return request(*call, api::ReleaseUserInfo{call->id});
}

LONG bodies::lineDeallocateCall(const Entry&, const std::shared_ptr<Call>& call) {
  return call->line->app->release(call);
}

}  // namespace switchhook::tapi2
