// SPDX-License-Identifier: Apache-2.0
#pragma once

// The classes that a program can create. Threads: any. Ownership: the table is constant; what is
// made is the program's.

#include <span>

#include "tapi3/com/com.hpp"

namespace switchhook::tapi3 {

struct Coclass {
  const CLSID* id;
  /// Makes an object and gives one of its interfaces.
  HRESULT (*create)(REFIID riid, void** out, const void* site);
};

/// All of them: objects/coclasses.cpp.
[[nodiscard]] std::span<const Coclass> coclasses();

/// A class factory. CLASS_E_CLASSNOTAVAILABLE, E_NOINTERFACE.
HRESULT give_class_object(REFCLSID clsid, REFIID riid, void** out);

}  // namespace switchhook::tapi3
