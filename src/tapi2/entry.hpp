// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the exported functions share: finding what a handle means, and user-user information.
// Threads: plain functions.

#include <optional>

#include "base/limits.hpp"
#include "tapi2/app.hpp"
#include "tapi2/boundary.hpp"
#include "tapi2/text.hpp"

#define SWITCHHOOK_TAPI2_EXPORT __attribute__((visibility("default")))

namespace switchhook::tapi2 {

/// The error for a handle that means nothing: before the first lineInitializeEx it has its own.
[[nodiscard]] inline LONG bad_handle(DWORD error) {
  return Process::get().apps.ever_used() ? lineerr(error) : lineerr(LINEERR_UNINITIALIZED);
}

[[nodiscard]] inline LONG bad_call(HCALL handle) {
  return bad_handle(Process::get().calls.was_reclaimed(handle) ? LINEERR_SWITCHHOOK_RECLAIMED
                                                               : LINEERR_INVALCALLHANDLE);
}

/// Runs `body` with what the handle means.
template <typename Body>
LONG with_app(HLINEAPP handle, Body body) noexcept {
  return boundary([&]() -> LONG {
    const std::shared_ptr<App> app = Process::get().apps.find(handle);
    return app ? body(*app) : bad_handle(LINEERR_INVALAPPHANDLE);
  });
}
template <typename Body>
LONG with_line(HLINE handle, Body body) noexcept {
  return boundary([&]() -> LONG {
    const std::shared_ptr<Line> line = Process::get().lines.find(handle);
    return line ? body(line) : bad_handle(LINEERR_INVALLINEHANDLE);
  });
}
template <typename Body>
LONG with_call(HCALL handle, Body body) noexcept {
  return boundary([&]() -> LONG {
    const std::shared_ptr<Call> call = Process::get().calls.find(handle);
    return call ? body(call) : bad_call(handle);
  });
}

/// Copies user-user information; nothing when it is longer than any line sends.
[[nodiscard]] inline std::optional<UserInfo> user_info_from(LPCSTR bytes, DWORD size) {
  if (bytes == nullptr || size == 0) return UserInfo{};
  if (size > limits::kUserInfoBytes) return std::nullopt;
  const auto* first = reinterpret_cast<const std::uint8_t*>(bytes);
  return UserInfo(first, first + size);
}

}  // namespace switchhook::tapi2
