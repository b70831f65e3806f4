// SPDX-License-Identifier: Apache-2.0
#pragma once

// Between sofia-sip's messages and the usage's values. The sofia types are only named here; their
// headers are included in .cpp files of this folder and nowhere else. What is read comes from the
// network and is bounded and checked; what is written was checked by whoever made it, and a message
// that cannot be made is an ordinary failure. Threads: the SIP thread only.
// Ownership: build() gives a message that the caller owns; everything else is by value.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "providers/sip/dialog/messages.hpp"
#include "providers/sip/dialog/name_addr.hpp"
#include "providers/sip/lines/registration.hpp"

struct msg_s;
struct sip_s;
struct nta_agent_s;

namespace switchhook::sip::wire {

/// Value of Allow. @param refers  within a call, a REFER is followed
[[nodiscard]] const char* allow(bool refers = false);
/// What bodies and extensions we take.
inline constexpr const char* kAccept = "Accept: application/sdp, multipart/mixed";
inline constexpr const char* kSupported = "replaces";
/// Why there is a 488 (RFC 3261 20.43: 305 is "incompatible media format").
inline constexpr const char* kNoAudio =
    "Warning: 305 switchhook \"No audio stream of PCMU or PCMA is offered\"";
inline constexpr std::size_t kHeaderValues = 16;  ///< of one kind that are looked at
inline constexpr std::size_t kContacts = 64;      ///< bindings of a registrar that are looked at

[[nodiscard]] Method method_of(const sip_s* sip);
/// That of the CSeq: of requests and responses.
[[nodiscard]] Method cseq_method_of(const sip_s* sip);
[[nodiscard]] usage::RequestIn request_in(const sip_s* sip, usage::TransactionId server);
[[nodiscard]] usage::ResponseIn response_in(const sip_s* sip, usage::TransactionId transaction);
/// `contact` is ours: the time granted to it is what counts.
[[nodiscard]] Registration::ResponseIn register_response_in(const sip_s* sip,
                                                            usage::TransactionId transaction,
                                                            const std::string& contact);

/// The party of a From or To header: URI and display name.
struct Address {
  std::string uri, display, tag;
};
[[nodiscard]] Address from_of(const sip_s* sip);
[[nodiscard]] Address to_of(const sip_s* sip);
[[nodiscard]] std::string request_user(const sip_s* sip);  ///< user part of the request's URI
/// By which names and numbers an INVITE calls us, the surest first.
[[nodiscard]] std::vector<std::string> called_users(const sip_s* sip);
/// Who calls whom, and who sent the call on. @param trusted  what the sender says of the caller is
/// believed  @param line  the line's name
[[nodiscard]] Parties parties_of(const sip_s* sip, bool trusted, const std::string& line);
[[nodiscard]] std::string call_id_of(const sip_s* sip);
/// A request as text, without its body and with what the transport added to its Via.
[[nodiscard]] std::string head_of(const sip_s* sip);
/// The request again, of which head_of() was taken, to be answered; nullptr when it cannot be.
[[nodiscard]] msg_s* request_of(const std::string& head);
/// What an INVITE replaces.
struct Replaces : sip::Replaces {
  bool malformed = false;  ///< or there are several; nothing else is set then
};
[[nodiscard]] std::optional<Replaces> replaces_of(const sip_s* sip);
[[nodiscard]] std::string top_via_protocol(const sip_s* sip);  ///< "UDP", "TCP", …
/// Whether there is a body that is not a session description.
[[nodiscard]] bool foreign_body(const sip_s* sip);
/// The option tags that the sender requires and we do not have; empty = none. @param timer  whether
/// we have session timers
[[nodiscard]] std::string required(const sip_s* sip, bool timer);
/// Whether the sender takes session descriptions in answers (RFC 3261 20.1).
[[nodiscard]] bool accepts_sdp(const sip_s* sip);
/// Whether the request's URI is one of a scheme that we have: sip, sips or tel.
[[nodiscard]] bool known_scheme(const sip_s* sip);
/// What a message says of session timers.
[[nodiscard]] usage::SessionTimes times_of(const sip_s* sip);
/// The header fields that say it, each on its line; empty = none.
[[nodiscard]] std::string session_headers(const usage::SessionTimes& times);

/// What a request is sent with besides its values.
struct Extras {
  std::string user_agent;
  std::uint32_t expires_s = 0;
  bool has_expires = false;
  bool refers = false;  ///< for allow()
};
/// A request ready for a transaction; nullptr when a value cannot be part of a message.
[[nodiscard]] msg_s* build(nta_agent_s* agent, const usage::Request& request, const Extras& extras);

/// How long a response is that has nothing but what every response has.
[[nodiscard]] std::size_t answer_bytes(const sip_s* request, const std::string& words,
                                       const std::string& tag);

/// `given`, or the usual words for a status.
[[nodiscard]] std::string phrase_of(int status, const std::string& given);

}  // namespace switchhook::sip::wire
