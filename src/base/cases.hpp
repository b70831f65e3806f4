// SPDX-License-Identifier: Apache-2.0
#pragma once

// std::visit with one function for each alternative. Without a generic one among them, the compiler
// objects when an alternative is added that nobody has thought of. Threads: none.

namespace switchhook::base {

template <typename... Case>
struct Cases : Case... {
  using Case::operator()...;
};
template <typename... Case>
Cases(Case...) -> Cases<Case...>;

}  // namespace switchhook::base
