// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one wrapper around every method that a program can call: notes where the program called it
// (for the ledger of leaks), runs it, turns our errors into HRESULTs, and lets no exception out. The
// vtables put it around each method of the list of interfaces (com/vtable.hpp); only functions
// outside of them name it themselves. Threads: any.

#include <new>

#include "switchhook/error.hpp"
#include "tapi3/com/com.hpp"

namespace switchhook::tapi3 {

/// The method of ours in which a program's thread is, and where the program called it.
struct Entry {
  const char* method = nullptr;
  const void* site = nullptr;
};
/// Of this thread; empty outside methods.
Entry& current_entry();

/// The HRESULT of an error: its column in errors.def.
constexpr HRESULT hresult_of(Errc code) {
  switch (code) {
#define SWITCHHOOK_ERROR(name, number, exit_code, lineerr, hresult, words) \
  case Errc::name:                                                         \
    return static_cast<HRESULT>(hresult);
#include "switchhook/errors.def"
#undef SWITCHHOOK_ERROR
  }
  return TAPI_E_OPERATIONFAILED;
}

/// Puts the thread into a method, for as long as it lives. A method called by a method stays the
/// program's call of the outer one.
class EntryScope {
 public:
  EntryScope(const char* method, const void* site) : outer_(current_entry()) {
    if (outer_.method == nullptr) current_entry() = Entry{method, site};
  }
  ~EntryScope() { current_entry() = outer_; }
  EntryScope(const EntryScope&) = delete;
  EntryScope& operator=(const EntryScope&) = delete;

 private:
  Entry outer_;
};

/// Takes the thread out of the method while the program's own code runs in it (event sinks).
class ProgramScope {
 public:
  ProgramScope() : outer_(current_entry()) { current_entry() = Entry{}; }
  ~ProgramScope() { current_entry() = outer_; }
  ProgramScope(const ProgramScope&) = delete;
  ProgramScope& operator=(const ProgramScope&) = delete;

 private:
  Entry outer_;
};

/// @param method  "ITAddress::CreateCall"; null when what runs names itself.
/// @param run  the method's body; returns an HRESULT.
template <typename Run>
[[gnu::always_inline]] inline HRESULT boundary(const char* method, Run run) noexcept {
  const EntryScope scope(method, __builtin_return_address(0));
  try {
    return run();
  } catch (const std::bad_alloc&) {
    return E_OUTOFMEMORY;
  } catch (...) {
    return TAPI_E_OPERATIONFAILED;
  }
}

/// S_OK, or the error's HRESULT.
template <typename T>
HRESULT hresult_of(const Result<T>& result) {
  return result ? S_OK : hresult_of(result.error().code);
}

}  // namespace switchhook::tapi3
