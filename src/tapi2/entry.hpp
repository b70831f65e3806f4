// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stands between an exported function and its body: make_functions.py writes each exported
// function as one enter() or refuse(), which look at the handle, turn text into UTF-8 and let no
// exception pass. Threads: any; no lock is held while a body runs. Ownership: what a handle means
// is pinned for as long as the body runs.

#include <optional>
#include <string>

#include "tapi2/app.hpp"
#include "tapi2/boundary.hpp"
#include "tapi2/text.hpp"

#if defined(_WIN32)
#define SWITCHHOOK_TAPI2_EXPORT  // tapi32.def says what is exported
#else
#define SWITCHHOOK_TAPI2_EXPORT __attribute__((visibility("default")))
#endif

namespace switchhook::tapi2 {

/// How a function was called: in which form, and from where in the program.
struct Entry {
  Text kind = Text::narrow;
  const void* site = nullptr;
};

/// The error for a handle that means nothing: before the first lineInitializeEx it has its own.
[[nodiscard]] inline LONG bad_handle(DWORD error) {
  return Process::get().apps.ever_used() ? lineerr(error) : lineerr(LINEERR_UNINITIALIZED);
}

// What a function is about. with() runs `body` with what the handle means.

struct Nothing {};
template <typename Body>
LONG with(Nothing, Body body) {
  return body();
}

/// A device by its number: only whether there are devices at all is looked at.
struct Device {};
template <typename Body>
LONG with(Device, Body body) {
  return Process::get().apps.ever_used() ? body() : lineerr(LINEERR_UNINITIALIZED);
}

struct AppHandle {
  HLINEAPP handle;
};
template <typename Body>
LONG with(AppHandle app, Body body) {
  const std::shared_ptr<App> found = Process::get().apps.find(app.handle);
  return found ? body(*found) : bad_handle(LINEERR_INVALAPPHANDLE);
}

struct LineHandle {
  HLINE handle;
};
template <typename Body>
LONG with(LineHandle line, Body body) {
  const std::shared_ptr<Line> found = Process::get().lines.find(line.handle);
  return found ? body(found) : bad_handle(LINEERR_INVALLINEHANDLE);
}

struct CallHandle {
  HCALL handle;
};
template <typename Body>
LONG with(CallHandle call, Body body) {
  HandleTable<Call>& calls = Process::get().calls;
  if (const std::shared_ptr<Call> found = calls.find(call.handle)) return body(found);
  return bad_handle(calls.was_reclaimed(call.handle) ? LINEERR_SWITCHHOOK_RECLAIMED
                                                     : LINEERR_INVALCALLHANDLE);
}

/// The line itself, its address, or the line of a call, as dwSelect says.
struct Selection {
  HLINE line;
  DWORD address;
  HCALL call;
  DWORD select;
};
template <typename Body>
LONG with(const Selection& wanted, Body body) {
  if (wanted.select == LINECALLSELECT_CALL)
    return with(CallHandle{wanted.call},
                [&](const std::shared_ptr<Call>& call) { return body(call->line); });
  if (wanted.select != LINECALLSELECT_LINE && wanted.select != LINECALLSELECT_ADDRESS)
    return lineerr(LINEERR_INVALCALLSELECT);
  return with(LineHandle{wanted.line}, [&](const std::shared_ptr<Line>& line) {
    if (wanted.select == LINECALLSELECT_ADDRESS && wanted.address != 0)
      return lineerr(LINEERR_INVALADDRESSID);
    return body(line);
  });
}

/// Zero is no handle, and right.
template <typename Handle>
struct Optional {
  Handle handle;
};
template <typename Handle, typename Body>
LONG with(Optional<Handle> optional, Body body) {
  return optional.handle.handle == 0 ? body() : with(optional.handle, body);
}

/// A text argument, to become UTF-8 within the boundary; null is nothing.
template <typename Char>
struct TextArgument {
  const Char* text;
};
template <typename Char>
TextArgument<Char> text(const Char* argument) {
  return {argument};
}
template <typename Char>
std::optional<std::string> given(TextArgument<Char> argument) {
  if (argument.text == nullptr) return std::nullopt;
  return from(argument.text);
}
template <typename T>
T given(T argument) {
  return argument;
}

/// The one way into a body. `body(entry, what the handle means, arguments…)`.
template <typename Subject, typename Body, typename... Arguments>
LONG enter(const Entry& entry, Subject subject, Body body, Arguments... arguments) noexcept {
  return boundary([&] {
    return with(subject,
                [&](auto&... found) { return body(entry, found..., given(arguments)...); });
  });
}

/// A function that is not offered: a bad handle is told first.
template <typename Subject>
LONG refuse(Subject subject, LONG error) noexcept {
  return boundary([&] { return with(subject, [error](auto&...) { return error; }); });
}

}  // namespace switchhook::tapi2
