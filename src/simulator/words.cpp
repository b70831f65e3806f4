// SPDX-License-Identifier: Apache-2.0
#include "simulator/words.hpp"

#include <iterator>

namespace switchhook::simulator {
namespace {

// In the order of the alternatives.
constexpr const char* kCommands[] = {
    "list lines",  "open line",     "close line", "get line status",  "make call",
    "accept",      "answer",        "drop",       "release",          "hold",
    "unhold",      "set privilege", "hand off",   "set app specific", "monitor digits",
    "send digits", "release info",  "get call",   "get new calls",    "list sessions",
    "list leaks",  "reclaim",       "audit",      "query records",    "get status",
    "shut down",   "transfer",      "restore"};
static_assert(std::size(kCommands) == std::variant_size_v<api::Command>);

constexpr const char* kProviderCommands[] = {
    "open line",   "close line", "make call",  "accept",        "answer",
    "drop",        "hold",       "unhold",     "transfer",      "monitor digits",
    "send digits", "close call", "end orphan", "report ledger", "stop"};
static_assert(std::size(kProviderCommands) == std::variant_size_v<provider::Command>);

constexpr const char* kProviderEvents[] = {"line added",
                                           "line gone",
                                           "line forced closed",
                                           "line status",
                                           "new call",
                                           "state",
                                           "info",
                                           "completed",
                                           "digit",
                                           "ended",
                                           "ledger",
                                           "failed",
                                           "stopped",
                                           "recovery",
                                           "orphan ended",
                                           "take-up answered"};
static_assert(std::size(kProviderEvents) == std::variant_size_v<provider::Event>);

/// Slot and generation, short.
template <typename Handle>
std::string short_of(const char* kind, Handle handle) {
  return kind + std::to_string(handle.value & 0xffffffff) + "." +
         std::to_string(handle.value >> 32);
}
std::string number_of(provider::CallRef call) {
  return " #" + std::to_string(call.value & ~provider::CallRef::kMintedByProvider) +
         (call.minted_by_provider() ? "in" : "");
}

template <typename T>
std::string subject(const T& message) {
  std::string out;
  if constexpr (requires { message.call.minted_by_provider(); })
    out += number_of(message.call);
  else if constexpr (requires { message.call; })
    out += short_of(" call ", message.call);
  else if constexpr (requires { message.open; })
    out += short_of(" opening ", message.open);
  return out;
}

struct EventWords {
  std::string operator()(const api::CallStateChanged& e) const {
    std::string out(to_string(e.state));
    if (e.cause) out += " (" + std::string(to_string(e.cause->mode)) + ")";
    return out + subject(e);
  }
  std::string operator()(const api::CallAppeared& e) const { return "call appears" + subject(e); }
  std::string operator()(const api::CallInfoChanged& e) const { return "info" + subject(e); }
  std::string operator()(const api::LineClosed& e) const { return "line closed" + subject(e); }
  std::string operator()(const api::LineChanged& e) const { return "line changed" + subject(e); }
  std::string operator()(const api::CallReclaimed& e) const { return "reclaimed" + subject(e); }
  template <typename T>
  std::string operator()(const T& e) const {
    return "event" + subject(e);
  }
};

}  // namespace

std::string words_of(const api::Command& command) {
  return kCommands[command.index()] + std::visit([](const auto& c) { return subject(c); }, command);
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
  return std::visit(EventWords{}, event);
}

std::string words_of(const provider::Command& command) {
  return kProviderCommands[command.index()] +
         std::visit([](const auto& c) { return subject(c); }, command);
}

std::string words_of(const provider::Event& event) {
  std::string out = kProviderEvents[event.index()];
  if (const auto* state = std::get_if<provider::StateChanged>(&event))
    out = std::string(to_string(state->state));
  if (const auto* completed = std::get_if<provider::Completed>(&event))
    if (completed->error) out = "refused";
  return out + std::visit([](const auto& e) { return subject(e); }, event);
}

}  // namespace switchhook::simulator
