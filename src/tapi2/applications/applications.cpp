// SPDX-License-Identifier: Apache-2.0
// Beginning and ending the use of lines, taking messages, agreeing on a version.
#include <cstring>

#include "base/limits.hpp"
#include "bodies.hpp"

namespace switchhook::tapi2 {
namespace {

constexpr DWORD kKnownOptions = 0x0000000f | LINEINITIALIZEEXOPTION_CALLHUBTRACKING;

/// Connects and makes the App known. The two are written on success.
LONG initialize(HLINEAPP* ret_handle, DWORD* ret_lines, App::Settings settings, HANDLE& ret_event) {
  const auto app = std::make_shared<App>(std::move(settings));
  DWORD lines = 0;
  if (const LONG failed = app->connect(lines); failed != 0) return failed;
  HLINEAPP handle = 0;
  if (const LONG failed = app->begin(handle, ret_event); failed != 0) return failed;
  *ret_lines = lines;
  *ret_handle = handle;
  return 0;
}

}  // namespace

LONG bodies::lineInitializeEx(const Entry&, HLINEAPP* ret_handle, HINSTANCE, LINECALLBACK callback,
                              std::optional<std::string> name, DWORD* ret_lines, DWORD* version,
                              LINEINITIALIZEEXPARAMS* params) {
  if (ret_handle == nullptr || ret_lines == nullptr || version == nullptr)
    return lineerr(LINEERR_INVALPOINTER);
  std::string known_as = std::move(name).value_or("");
  if (known_as.size() > limits::kNameBytes) return lineerr(LINEERR_INVALAPPNAME);
  LINEINITIALIZEEXPARAMS how{};
  how.dwOptions = LINEINITIALIZEEXOPTION_USEHIDDENWINDOW;
  if (params != nullptr) {
    DWORD total = 0;
    std::memcpy(&total, params, sizeof total);
    if (total < sizeof how) return lineerr(LINEERR_STRUCTURETOOSMALL);
    std::memcpy(static_cast<void*>(&how), params, sizeof how);
  }
  if (*version < kVersion13) return lineerr(LINEERR_INCOMPATIBLEAPIVERSION);
  if ((how.dwOptions & ~kKnownOptions) != 0) return lineerr(LINEERR_INVALPARAM);
  const DWORD way = how.dwOptions & 0x0000000f;
  const bool by_callback = way == LINEINITIALIZEEXOPTION_USEHIDDENWINDOW;
  if (!by_callback && way != LINEINITIALIZEEXOPTION_USEEVENT) return lineerr(LINEERR_INVALPARAM);
  if (by_callback && callback == nullptr) return lineerr(LINEERR_INVALPOINTER);

  HANDLE event = nullptr;
  App::Settings settings{std::move(known_as), by_callback ? callback : nullptr, *version};
  if (const LONG failed = initialize(ret_handle, ret_lines, std::move(settings), event);
      failed != 0)
    return failed;
  *version = kVersion31;
  if (params != nullptr) {
    how.dwNeededSize = how.dwUsedSize = sizeof how;
    if (!by_callback) how.Handles.hEvent = event;
    std::memcpy(static_cast<void*>(params), &how, sizeof how);
  }
  return 0;
}

LONG bodies::lineInitialize(const Entry&, HLINEAPP* ret_handle, HINSTANCE, LINECALLBACK callback,
                            std::optional<std::string> name, DWORD* ret_lines) {
  if (ret_handle == nullptr || ret_lines == nullptr || callback == nullptr)
    return lineerr(LINEERR_INVALPOINTER);
  std::string known_as = std::move(name).value_or("");
  if (known_as.size() > limits::kNameBytes) return lineerr(LINEERR_INVALAPPNAME);
  HANDLE none = nullptr;
  return initialize(ret_handle, ret_lines, {std::move(known_as), callback, kVersion14}, none);
}

LONG bodies::lineShutdown(const Entry&, App& app) {
  return app.shut_down();
}

LONG bodies::lineGetMessage(const Entry&, App& app, LINEMESSAGE* ret_message, DWORD timeout_ms) {
  if (ret_message == nullptr) return lineerr(LINEERR_INVALPOINTER);
  LINEMESSAGE message{};
  const LONG result = app.get_message(message, timeout_ms);
  if (result == 0) std::memcpy(static_cast<void*>(ret_message), &message, sizeof message);
  return result;
}

LONG bodies::lineNegotiateAPIVersion(const Entry&, App& app, DWORD device, DWORD low, DWORD high,
                                     DWORD* ret_version, LINEEXTENSIONID* ret_extension) {
  if (ret_version == nullptr || ret_extension == nullptr) return lineerr(LINEERR_INVALPOINTER);
  const DWORD version = highest_version(low, high);
  if (version == 0) return lineerr(LINEERR_INCOMPATIBLEAPIVERSION);
  const auto status = app.ask_for<api::LineStatus>(api::GetLineStatus{device});
  if (!status) return lineerr(status.error());
  *ret_version = version;
  std::memset(static_cast<void*>(ret_extension), 0, sizeof *ret_extension);
  return 0;
}

}  // namespace switchhook::tapi2
