// SPDX-License-Identifier: Apache-2.0
#pragma once

// Commands, replies and events in a few words, for ladders and findings. Threads: any.

#include <string>

#include "api/messages.hpp"
#include "provider/provider.hpp"

namespace switchhook::simulator {

[[nodiscard]] std::string words_of(const api::Command& command);
[[nodiscard]] std::string words_of(const api::Reply& reply);
[[nodiscard]] std::string words_of(const api::Event& event);
[[nodiscard]] std::string words_of(const provider::Command& command);
[[nodiscard]] std::string words_of(const provider::Event& event);

}  // namespace switchhook::simulator
