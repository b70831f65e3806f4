// SPDX-License-Identifier: Apache-2.0
#include "simulator/words.hpp"

#include "api/describe/messages.hpp"
#include "api/describe/provider.hpp"

namespace switchhook::simulator {
namespace {

/// "MakeCall" in words: "make call".
std::string in_words(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool begins = c >= 'A' && c <= 'Z';
    if (begins && !out.empty()) out += ' ';
    out += begins ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

/// Slot and generation, short.
template <typename Handle>
std::string short_of(const char* kind, Handle handle) {
  return kind + std::to_string(handle.value & 0xffffffff) + "." +
         std::to_string(handle.value >> 32);
}

/// What it is about.
template <typename T>
std::string subject(const T& message) {
  if constexpr (requires { message.call.minted_by_provider(); })
    return " #" + std::to_string(message.call.value & ~provider::CallRef::kMintedByProvider) +
           (message.call.minted_by_provider() ? "in" : "");
  else if constexpr (requires { message.call; })
    return short_of(" call ", message.call);
  else if constexpr (requires { message.open; })
    return short_of(" opening ", message.open);
  else
    return {};
}

/// A state by its own name, all else by that of the message.
template <typename T>
std::string words(const T& message) {
  std::string out;
  if constexpr (!describe::Described<T>) {
    return out;
  } else if constexpr (requires { message.state, message.cause; }) {
    out = to_string(message.state);
    if (message.cause) out += " (" + std::string(to_string(message.cause->mode)) + ")";
  } else {
    out = in_words(describe::Description<T>::kName);
    if constexpr (std::is_same_v<T, provider::Completed>)
      if (message.error) out = "refused";
  }
  return out + subject(message);
}
template <describe::Choice T>
std::string words_of_choice(const T& message) {
  return std::visit([](const auto& each) { return words(each); }, describe::as_variant(message));
}

}  // namespace

std::string words_of(const api::Command& command) {
  return words_of_choice(command);
}

std::string words_of(const api::Reply& reply) {
  std::string out = std::to_string(reply.request) + (reply.accepted_only ? " accepted" : "");
  if (!reply.result) return out + " refused: " + reply.result.error().text();
  if (reply.accepted_only) return out;
  out += " done";
  if (const auto* made = std::get_if<api::MadeCall>(&*reply.result)) out += subject(*made);
  if (const auto* opened = std::get_if<api::OpenedLine>(&*reply.result)) out += subject(*opened);
  return out;
}

std::string words_of(const api::Event& event) {
  return words_of_choice(event);
}

std::string words_of(const provider::Command& command) {
  return words_of_choice(command);
}

std::string words_of(const provider::Event& event) {
  return words_of_choice(event);
}

}  // namespace switchhook::simulator
