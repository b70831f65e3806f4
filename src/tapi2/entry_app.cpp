// SPDX-License-Identifier: Apache-2.0
// lineInitialize, lineInitializeEx, lineShutdown, lineGetMessage, lineNegotiateAPIVersion.
#include <cstring>

#include "tapi2/entry.hpp"

namespace switchhook::tapi2 {
namespace {

constexpr DWORD kKnownOptions = 0x0000000f | LINEINITIALIZEEXOPTION_CALLHUBTRACKING;

struct Wanted {
  HLINEAPP* handle;
  DWORD* lines;
  App::Settings settings;
};

/// Connects and makes the App known. `*wanted.handle` and `*wanted.lines` are written on success.
LONG initialize(Wanted wanted, HANDLE& ret_event) {
  const auto app = std::make_shared<App>(std::move(wanted.settings));
  DWORD lines = 0;
  if (const LONG failed = app->connect(lines); failed != 0) return failed;
  HLINEAPP handle = 0;
  if (const LONG failed = app->begin(handle, ret_event); failed != 0) return failed;
  *wanted.lines = lines;
  *wanted.handle = handle;
  return 0;
}

LONG initialize_ex(HLINEAPP* handle, LINECALLBACK callback, std::string name, DWORD* lines,
                   DWORD* version, LINEINITIALIZEEXPARAMS* params) {
  if (handle == nullptr || lines == nullptr || version == nullptr)
    return lineerr(LINEERR_INVALPOINTER);
  if (name.size() > limits::kNameBytes) return lineerr(LINEERR_INVALAPPNAME);
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
  const App::Settings settings{std::move(name), by_callback ? callback : nullptr, *version};
  if (const LONG failed = initialize({handle, lines, settings}, event); failed != 0) return failed;
  *version = kVersion31;
  if (params != nullptr) {
    how.dwNeededSize = how.dwUsedSize = sizeof how;
    if (!by_callback) how.Handles.hEvent = event;
    std::memcpy(static_cast<void*>(params), &how, sizeof how);
  }
  return 0;
}

}  // namespace
}  // namespace switchhook::tapi2

using namespace switchhook::tapi2;

extern "C" {

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI
lineInitializeExA(LPHLINEAPP lphLineApp, HINSTANCE, LINECALLBACK lpfnCallback,
                  LPCSTR lpszFriendlyAppName, LPDWORD lpdwNumDevs, LPDWORD lpdwAPIVersion,
                  LPLINEINITIALIZEEXPARAMS lpLineInitializeExParams) {
  return boundary([&] {
    return initialize_ex(lphLineApp, lpfnCallback, from(lpszFriendlyAppName), lpdwNumDevs,
                         lpdwAPIVersion, lpLineInitializeExParams);
  });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI
lineInitializeExW(LPHLINEAPP lphLineApp, HINSTANCE, LINECALLBACK lpfnCallback,
                  LPCWSTR lpszFriendlyAppName, LPDWORD lpdwNumDevs, LPDWORD lpdwAPIVersion,
                  LPLINEINITIALIZEEXPARAMS lpLineInitializeExParams) {
  return boundary([&] {
    return initialize_ex(lphLineApp, lpfnCallback, from(lpszFriendlyAppName), lpdwNumDevs,
                         lpdwAPIVersion, lpLineInitializeExParams);
  });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineInitialize(LPHLINEAPP lphLineApp, HINSTANCE,
                                                   LINECALLBACK lpfnCallback, LPCSTR lpszAppName,
                                                   LPDWORD lpdwNumDevs) {
  return boundary([&] {
    if (lphLineApp == nullptr || lpdwNumDevs == nullptr || lpfnCallback == nullptr)
      return lineerr(LINEERR_INVALPOINTER);
    std::string name = from(lpszAppName);
    if (name.size() > switchhook::limits::kNameBytes) return lineerr(LINEERR_INVALAPPNAME);
    HANDLE none = nullptr;
    const App::Settings settings{std::move(name), lpfnCallback, kVersion14};
    return initialize({lphLineApp, lpdwNumDevs, settings}, none);
  });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineShutdown(HLINEAPP hLineApp) {
  return with_app(hLineApp, [](App& app) { return app.shut_down(); });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetMessage(HLINEAPP hLineApp, LPLINEMESSAGE lpMessage,
                                                   DWORD dwTimeout) {
  return with_app(hLineApp, [&](App& app) -> LONG {
    if (lpMessage == nullptr) return lineerr(LINEERR_INVALPOINTER);
    LINEMESSAGE message{};
    const LONG result = app.get_message(message, dwTimeout);
    if (result == 0) std::memcpy(static_cast<void*>(lpMessage), &message, sizeof message);
    return result;
  });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineNegotiateAPIVersion(HLINEAPP hLineApp, DWORD dwDeviceID,
                                                            DWORD dwAPILowVersion,
                                                            DWORD dwAPIHighVersion,
                                                            LPDWORD lpdwAPIVersion,
                                                            LPLINEEXTENSIONID lpExtensionID) {
  return with_app(hLineApp, [&](App& app) -> LONG {
    if (lpdwAPIVersion == nullptr || lpExtensionID == nullptr) return lineerr(LINEERR_INVALPOINTER);
    const DWORD version = highest_version(dwAPILowVersion, dwAPIHighVersion);
    if (version == 0) return lineerr(LINEERR_INCOMPATIBLEAPIVERSION);
    const auto status =
        app.ask_for<switchhook::api::LineStatus>(switchhook::api::GetLineStatus{dwDeviceID});
    if (!status) return lineerr(status.error());
    *lpdwAPIVersion = version;
    std::memset(static_cast<void*>(lpExtensionID), 0, sizeof *lpExtensionID);
    return 0;
  });
}

}  // extern "C"
