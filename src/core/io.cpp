// SPDX-License-Identifier: Apache-2.0
#include "core/io.hpp"

namespace switchhook::core {

SWITCHHOOK_DEFINE_VARIANT_MEMBERS(Occurrence)
SWITCHHOOK_DEFINE_VARIANT_MEMBERS(Output)

}  // namespace switchhook::core
