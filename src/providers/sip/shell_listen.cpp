// SPDX-License-Identifier: Apache-2.0
// Where the provider listens: UDP, TCP and TLS through sofia-sip's transports, their keep-alives,
// and what was wrong with a certificate.
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sresolv.h>
#include <sofia-sip/su_tagarg.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "providers/sip/net/message_class.hpp"
#include "providers/sip/net/transport_log.hpp"
#include "providers/sip/shell.hpp"

namespace switchhook::sip {

using std::chrono::milliseconds;

namespace {

constexpr int kBindTries = 20;
constexpr int kUdpBuffer = 4 * 1024 * 1024;  // asked of the kernel: bursts wait there
constexpr unsigned kCertificateChain = 8;    // certificates between the far end's and its issuer

const char* parameter(Transport transport) {
  switch (transport) {
    case Transport::udp:
      break;
    case Transport::tcp:
      return ";transport=tcp";
    case Transport::tls:
      return ";transport=tls";
  }
  return "";
}

int message_callback(nta_agent_magic_t* shell, nta_agent_t*, msg_t* msg, sip_t* sip) {
  return reinterpret_cast<Shell*>(shell)->on_message(msg, sip);
}

const url_string_t* url(const std::string& text) {
  return reinterpret_cast<const url_string_t*>(text.c_str());
}

std::uint16_t bound_port(nta_agent_t* agent, bool tls) {
  for (tport_t* t = tport_primaries(nta_agent_tports(agent)); t != nullptr; t = tport_next(t))
    if ((tport_has_tls(t) != 0) == tls)
      return static_cast<std::uint16_t>(std::strtoul(tport_name(t)->tpn_port, nullptr, 10));
  return 0;
}

}  // namespace

std::string Shell::own_address(Transport transport) const {
  return host_ + ":" + std::to_string(transport == Transport::tls ? tls_port_ : port_);
}

std::string Shell::contact_of(const std::string& user, Transport transport) const {
  return "<sip:" + user + "@" + own_address(transport) + parameter(transport) + ">";
}

/// Words for a request that could not be sent.
std::string Shell::not_reachable() {
  const std::string complaint = transport_log::take_complaint();
  return complaint.empty() ? "not reachable" : complaint;
}

Shell::Connection::~Connection() {
  tport_unref(tport_);
}

void Shell::Connection::take(tport_s* tport) {
  tport_unref(tport_);
  tport_ = tport;
}

tport_s* Shell::Connection::open() const {
  return tport_ != nullptr && tport_is_closed(tport_) == 0 ? tport_ : nullptr;
}

/// By TLS, requests of ours inside a dialog go back over the connection that the far end made: its
/// Contact is mostly a bare address, for which it has no certificate. The latest one counts.
void Shell::note_connection(Call& call, msg_s* msg, const sip_s* sip) {
  if (transport_of(sip) == Transport::tls)
    call.connection.take(nta_incoming_transport(agent_, nullptr, msg));
}

Result<void> Shell::bind() {
  int error = 0;
  for (int attempt = 0; attempt < (config_.port == 0 ? kBindTries : 1); ++attempt) {
    port_ = config_.port;
    tls_port_ = config_.tls_port;
    if (!create_agent()) return {Errc::resource_unavailable, "sofia-sip gives no agent"};
    const bool good = (!config_.udp || listen("udp", port_)) &&
                      (!config_.tcp || listen("tcp", port_)) &&
                      (!config_.tls || listen("tls", tls_port_));
    // sofia-sip listens with a key it could not read, and fails at the first handshake.
    if (const std::string complaint = transport_log::take_complaint(); !complaint.empty())
      return {Errc::resource_unavailable, "TLS: " + complaint};
    if (good) return {};
    error = errno;
    nta_agent_destroy(agent_);
    agent_ = nullptr;
  }
  return {Errc::resource_unavailable, "cannot listen on " + host_ + ":" +
                                          std::to_string(config_.port) + ": " +
                                          std::strerror(error)};
}

bool Shell::create_agent() {
  milliseconds shortest = usage::Settings{}.t1, longest = shortest;
  if (!config_.lines.empty()) shortest = longest = config_.lines.front().t1;
  for (const LineConfig& line : config_.lines) {
    shortest = std::min(shortest, line.t1);
    longest = std::max(longest, line.t1);
  }
  const auto t1 = static_cast<unsigned>(shortest.count());
  // The usages have limits of their own, by their line's T1; the layer's must not come first.
  const auto t1x64 = static_cast<unsigned>(65 * longest.count());
  agent_ = nta_agent_create(
      root_, reinterpret_cast<const url_string_t*>(-1), message_callback,
      reinterpret_cast<nta_agent_magic_t*>(this), NTATAG_UA(0), NTATAG_STATELESS(1),
      // A response with, say, a Contact that cannot be read is a response all the same: dropped, it
      // would leave an INVITE without its end.
      NTATAG_BAD_RESP_MASK(sip_mask_response), NTATAG_PASS_100(1), NTATAG_MERGE_482(1),
      NTATAG_CANCEL_487(0), NTATAG_TIMEOUT_408(1), NTATAG_USE_TIMESTAMP(0), NTATAG_SERVER_RPORT(1),
      NTATAG_SIP_T1(t1), NTATAG_SIP_T1X64(t1x64), NTATAG_TIMER_C(NTA_TIME_MAX),
      NTATAG_MCLASS(net::message_class()), NTATAG_MAXSIZE(net::buffer_bytes(config_.message_bytes)),
      TAG_IF(!config_.resolver_file.empty(), SRESTAG_RESOLV_CONF(config_.resolver_file.c_str())),
      TAG_END());
  return agent_ != nullptr;
}

/// Listens by one protocol; `port` 0 becomes the one that was bound.
Result<void> Shell::listen(const std::string& protocol, std::uint16_t& port) {
  const std::string where = (protocol == "tls" ? "sips:" : "sip:") + host_ + ":" +
                            (port == 0 ? "*" : std::to_string(port)) + ";transport=" + protocol;
  const auto quiet = static_cast<unsigned>(milliseconds(config_.keep_alive).count());
  const auto idle = static_cast<unsigned>(milliseconds(config_.stream_idle).count());
  const auto stalled = static_cast<unsigned>(milliseconds(config_.stream_stalled).count());
  const bool udp = protocol == "udp", tls = protocol == "tls";
  const unsigned policy = (config_.tls_check_server ? unsigned{TPTLS_VERIFY_SUBJECTS_OUT} : 0u) |
                          (config_.tls_check_client ? unsigned{TPTLS_VERIFY_IN} : 0u);
  if (nta_agent_add_tport(agent_, url(where), TAG_IF(udp, TPTAG_UDP_RMEM(kUdpBuffer)),
                          TAG_IF(!udp && quiet != 0, TPTAG_KEEPALIVE(quiet)),
                          TAG_IF(!udp && idle != 0, TPTAG_IDLE(idle)),
                          TAG_IF(!udp && stalled != 0, TPTAG_TIMEOUT(stalled)),
                          TAG_IF(!udp, TPTAG_PONG2PING(1)), TAG_IF(!udp, TPTAG_SDWN_ERROR(1)),
                          TAG_IF(tls, TPTAG_CERTIFICATE(config_.tls_folder.c_str())),
                          TAG_IF(tls, TPTAG_TLS_VERIFY_POLICY(policy)),
                          TAG_IF(tls, TPTAG_TLS_VERIFY_DEPTH(kCertificateChain)),
                          TAG_IF(tls, TPTAG_TLS_VERSION(0)), TAG_END()) != 0)
    return {Errc::resource_unavailable, protocol};
  if (port == 0) port = bound_port(agent_, tls);
  return {};
}

}  // namespace switchhook::sip
