// SPDX-License-Identifier: Apache-2.0
#include "provider/provider.hpp"

namespace switchhook::provider {

SWITCHHOOK_DEFINE_VARIANT_MEMBERS(Command)
SWITCHHOOK_DEFINE_VARIANT_MEMBERS(Event)

}  // namespace switchhook::provider
