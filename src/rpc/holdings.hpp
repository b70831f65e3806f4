// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an application holds at the service, and what it has asked and was not answered, as seen
// from its end of the connection: enough to ask another service for the same after this one died.
// Threads: one at a time, whoever holds the connection's lock. Ownership: values.

#include <optional>
#include <unordered_map>
#include <vector>

#include "api/messages.hpp"

namespace switchhook::rpc {

class Holdings {
 public:
  /// Each command that is handed in, each reply and each event that comes, in order.
  void asked(api::RequestId request, const api::Command& command);
  void answered(const api::Reply& reply);
  void told(const api::Event& event);

  /// The service died. What it was asked and did not answer is answered: what was to end or to be
  /// let go of is, for with the service it all ended, or will by unfinished_drops(); of the rest
  /// nobody knows.
  [[nodiscard]] std::vector<api::Reply> give_up_requests();
  /// What to ask the next service for, in parts of at most so many calls.
  [[nodiscard]] std::vector<api::Restore> to_restore(std::size_t calls_at_most) const;
  /// What the next one could not restore: forgets it.
  /// @return what the application is to be told of it
  [[nodiscard]] std::vector<api::Event> not_restored(const api::Restored& lost, const Moment& now);
  /// After all was restored, once: drops that the dead service did not answer, of calls that have
  /// not ended with it. To be asked for again.
  [[nodiscard]] std::vector<api::DropCall> unfinished_drops();

 private:
  struct Line {
    std::string name;
    std::uint8_t privileges = 0;
    std::uint32_t media_modes = 0;
    std::uint32_t api_version = 0;
    bool closing = false;  ///< the application lets go of it
  };
  struct Call {
    api::OpenId open;
    api::SessionId session;
    bool over = false;       ///< idle was told
    bool releasing = false;  ///< the application lets go of it
  };
  /// What its answer will mean.
  struct Asked {
    enum class What : std::uint8_t { other, drop, open, close, release, calls };
    What what = What::other;
    api::OpenId open;
    api::CallId call;
    api::OpenLine how;
    std::optional<api::DropCall> drop;
  };
  void forget(api::OpenId open);
  [[nodiscard]] Call* find(api::CallId call);

  std::unordered_map<api::RequestId, Asked> asked_;
  std::unordered_map<api::OpenId, Line> lines_;
  std::unordered_map<api::CallId, Call> calls_;
  std::vector<api::DropCall> drops_;  // given up
};

}  // namespace switchhook::rpc
