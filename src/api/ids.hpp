// SPDX-License-Identifier: Apache-2.0
#pragma once

// The names by which the port speaks of things. All are 64-bit handles that never recur while the
// service runs. Threads, ownership: plain values.

#include <cstdint>

#include "base/handle.hpp"

namespace switchhook::api {

struct AppTag;
struct OpenTag;
struct CallTag;
struct SessionTag;

using AppId = base::Handle<AppTag>;    ///< one attached application (TAPI: HLINEAPP)
using OpenId = base::Handle<OpenTag>;  ///< one opening of a line by one application (TAPI: HLINE)
using CallId = base::Handle<CallTag>;  ///< "identifier": what one application holds for a session
                                       ///< (TAPI: HCALL)
using SessionId = base::Handle<SessionTag>;  ///< the session itself, whoever looks at it

using LineId = std::uint32_t;  ///< a line device, 0…n-1
using RequestId =
    std::uint32_t;  ///< chosen by the client, 1…0x7fffffff, unique among its open requests

}  // namespace switchhook::api
