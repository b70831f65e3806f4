// SPDX-License-Identifier: Apache-2.0
#pragma once

// What another process needs to end a call whose own process died, or to go on with it: the
// identity of its INVITE or of its dialog. Kept as bytes by whoever keeps the journal. Threads:
// plain values. Ownership: by value. docs/sip.md tells what is done with it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace switchhook::sip::usage {

struct Recovery {
  enum class Stage : std::uint8_t {
    calling,  ///< our INVITE has no final response: to be cancelled
    offered,  ///< their INVITE has no final response of ours: to be refused
    dialog,   ///< answered: to be ended by BYE
  };
  Stage stage = Stage::dialog;
  bool outgoing = false;
  std::string call_id, local_tag, remote_tag;
  std::string local, remote;        ///< name-addr without tag
  std::string target;               ///< URI
  std::string contact;              ///< ours
  std::string next_hop;             ///< of the INVITE; empty = by its target
  std::string branch;               ///< of our INVITE
  std::vector<std::string> routes;  ///< of the dialog
  std::uint32_t cseq = 0;           ///< of the last request we sent in it
  std::uint32_t invite_cseq = 0;    ///< of our INVITE
  std::string invite;               ///< offered: their INVITE as it came, without its body
  std::uint32_t sdp_session = 0;    ///< of our session description; 0 = not known
  std::uint32_t sdp_version = 0;    ///< the last, or one before

  friend bool operator==(const Recovery&, const Recovery&) = default;
};

[[nodiscard]] std::string to_bytes(const Recovery& recovery);
/// Of a call with several dialogs, at least one; of one alone the same as above.
[[nodiscard]] std::string to_bytes(const std::vector<Recovery>& dialogs);
/// Nothing when they are not what to_bytes() makes.
[[nodiscard]] std::optional<Recovery> recovery_from(std::string_view bytes);
/// Of either kind; empty when they are neither.
[[nodiscard]] std::vector<Recovery> recoveries_from(std::string_view bytes);

}  // namespace switchhook::sip::usage
