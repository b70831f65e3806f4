// SPDX-License-Identifier: Apache-2.0
#include "api/messages.hpp"

namespace switchhook::api {

SWITCHHOOK_DEFINE_VARIANT_MEMBERS(Command)
SWITCHHOOK_DEFINE_VARIANT_MEMBERS(Value)
SWITCHHOOK_DEFINE_VARIANT_MEMBERS(Event)

}  // namespace switchhook::api
