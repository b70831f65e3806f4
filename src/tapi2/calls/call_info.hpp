// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is known of a call, as LINECALLINFO and LINECALLSTATUS have it. Threads: plain functions.

#include "tapi2/text.hpp"
#include "tapi2/values.hpp"

namespace switchhook::tapi2 {

/// Fills LINECALLINFO. @param line  the handle of the line; @param version  its API version.
[[nodiscard]] LONG fill_call_info(LINECALLINFO* target, const api::CallSnapshot& call, HLINE line,
                                  DWORD version, Text kind);
[[nodiscard]] LONG fill_call_status(LINECALLSTATUS* target, const api::CallSnapshot& call,
                                    DWORD version);

}  // namespace switchhook::tapi2
