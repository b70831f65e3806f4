// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads a program's LINECALLPARAMS, which may lie about sizes and places, into a MakeCall.
// Threads: plain function. Ownership: the structure is read only while the function runs.

#include "tapi2/text.hpp"
#include "tapi2/values.hpp"

namespace switchhook::tapi2 {

/// Fills in what `params` asks for. @param version  the line's, which says how long it is.
/// @return 0, or LINEERR_: STRUCTURETOOSMALL (shorter than its fixed part), INVALPOINTER (a part
/// lies outside it), USERUSERINFOTOOBIG, INVALMEDIAMODE, BEARERMODEUNAVAIL, INVALRATE,
/// INVALADDRESSMODE, INVALADDRESSID, INVALADDRESSTYPE, INVALCALLPARAMS (something that is not
/// offered: a secure or predictive call, a blocked number).
[[nodiscard]] LONG read_call_params(const LINECALLPARAMS* params, DWORD version, Text kind,
                                    api::MakeCall& ret_command);

/// The address that a call is to come from, where `params` names one (DIALABLEADDR); else as it was.
/// @return 0, or LINEERR_: STRUCTURETOOSMALL, INVALPOINTER.
[[nodiscard]] LONG read_orig_address(const LINECALLPARAMS* params, DWORD version, Text kind,
                                     std::string& ret_address);

}  // namespace switchhook::tapi2
