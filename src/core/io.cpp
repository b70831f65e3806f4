// SPDX-License-Identifier: Apache-2.0
#include "core/io.hpp"

#include <type_traits>

namespace switchhook::core {

SWITCHHOOK_DEFINE_VARIANT_MEMBERS(Occurrence)
static_assert(std::is_nothrow_move_constructible_v<Output>);  // by Outputs, when they grow

}  // namespace switchhook::core
