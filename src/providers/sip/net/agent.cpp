// SPDX-License-Identifier: Apache-2.0
// Where the provider listens: UDP, TCP and TLS through sofia-sip's transports, their keep-alives,
// and its timer.
#include "providers/sip/net/agent.hpp"

#define NTA_AGENT_MAGIC_T switchhook::sip::net::Agent
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sresolv.h>
#include <sofia-sip/su_tagarg.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "providers/sip/net/forward_secrecy.hpp"
#include "providers/sip/net/message_class.hpp"
#include "providers/sip/net/transport_log.hpp"

namespace switchhook::sip::net {

using std::chrono::milliseconds;

namespace {

constexpr int kBindTries = 20;
constexpr int kUdpBuffer = 4 * 1024 * 1024;  // asked of the kernel: bursts wait there
constexpr unsigned kFlowLasts = 20;          // sweeps: five seconds and more
constexpr unsigned kUdpBytes = 65535;        // of a datagram
constexpr unsigned kCertificateChain = 8;    // certificates between the far end's and its issuer

void due(su_root_magic_t*, su_timer_t*, su_timer_arg_t* arg) {
  reinterpret_cast<Agent*>(arg)->on_timer();
}
void before_poll(su_prepoll_magic_t* magic, su_root_t*) {
  reinterpret_cast<Agent*>(magic)->destroy_retired();
}
int message_callback(Agent* agent, nta_agent_t*, msg_t* msg, sip_t* sip) {
  return agent->on_message(msg, sip);
}

std::uint16_t bound_port(nta_agent_t* agent, bool tls) {
  for (tport_t* t = tport_primaries(nta_agent_tports(agent)); t != nullptr; t = tport_next(t))
    if ((tport_has_tls(t) != 0) == tls)
      return static_cast<std::uint16_t>(std::strtoul(tport_name(t)->tpn_port, nullptr, 10));
  return 0;
}

}  // namespace

Agent::Agent(Surroundings around) : around_(std::move(around)) {
  const std::string& bound = around_.config.bind_address;
  host_ = bound.find(':') == std::string::npos ? bound : "[" + bound + "]";
}

Agent::~Agent() {
  registrations_.clear();
  flows_.clear();
  destroy_retired();
  su_root_remove_prepoll(around_.root);
  if (timer_ != nullptr) su_timer_destroy(timer_);
  if (agent_ != nullptr) nta_agent_destroy(agent_);
}

Result<void> Agent::start(const Above& above) {
  above_.emplace(above);
  if (Result<void> good = bind(); !good) return good;
  timer_ = su_timer_create(su_root_task(around_.root), 0);
  if (timer_ == nullptr) return {Errc::resource_unavailable, "no timer"};
  su_root_add_prepoll(around_.root, before_poll, reinterpret_cast<su_prepoll_magic_t*>(this));
  const Config& config = around_.config;
  if ((config.tcp || config.tls) && (config.streams_max != 0 || config.stream_first.count() != 0)) {
    std::vector<std::uint16_t> ports;
    if (config.tcp) ports.push_back(port_);
    if (config.tls) ports.push_back(tls_port_);
    streams_.emplace(Streams::Limits{config.streams_max, config.stream_first}, std::move(ports));
  }
  return {};
}

void Agent::wake(std::chrono::nanoseconds after) {
  const auto wait = std::chrono::ceil<milliseconds>(after).count();
  su_timer_set_interval(timer_, due, reinterpret_cast<su_timer_arg_t*>(this),
                        static_cast<su_duration_t>(std::clamp<std::int64_t>(wait, 0, 3600000)));
}

std::optional<milliseconds> Agent::sweep(Streams::Clock::time_point now) {
  std::vector<provider::LineNumber> lost;
  for (auto& [line, flow] : flows_)
    if (flow.connection.open() == nullptr)
      lost.push_back(line);
    else
      ++flow.sweeps;
  for (const provider::LineNumber line : lost) {
    const bool lasted = flows_[line].sweeps >= kFlowLasts;
    flows_.erase(line);
    above_->lines.run(line, Registration::FlowLost{lasted});
  }
  if (!around_.config.tcp && !around_.config.tls) return std::nullopt;
  return streams_ ? streams_->sweep(now) : std::chrono::seconds(1);
}

/// The connection by which a registrar answered is the one by which calls come.
void Agent::note_flow(const ClientTransaction& transaction, const sip_s* sip) {
  flows_.erase(transaction.line);
  if (transport_of(sip) == Transport::udp) return;
  msg_t* msg = nta_outgoing_getresponse(transaction.orq);
  flows_[transaction.line].connection.take(nta_incoming_transport(agent_, nullptr, msg));
  msg_destroy(msg);
}

void Agent::keep_text(bool keep) {
  unsigned flags = 0;
  nta_agent_get_params(agent_, NTATAG_SIPFLAGS_REF(flags), TAG_END());
  flags = keep ? flags | MSG_DO_EXTRACT_COPY : flags & ~unsigned{MSG_DO_EXTRACT_COPY};
  nta_agent_set_params(agent_, NTATAG_SIPFLAGS(flags), TAG_END());
}

std::string Agent::address(Transport transport) const {
  return host_ + ":" + std::to_string(transport == Transport::tls ? tls_port_ : port_);
}

Result<void> Agent::bind() {
  const Config& config = around_.config;
  int error = 0;
  if (config.tls && !require_forward_secrecy()) return {Errc::no_memory, "TLS"};
  for (int attempt = 0; attempt < (config.port == 0 ? kBindTries : 1); ++attempt) {
    port_ = config.port;
    tls_port_ = config.tls_port;
    if (!create_agent()) return {Errc::resource_unavailable, "sofia-sip gives no agent"};
    const bool good = (!config.udp || listen("udp", port_)) &&
                      (!config.tcp || listen("tcp", port_)) &&
                      (!config.tls || listen("tls", tls_port_));
    // sofia-sip listens with a key it could not read, and fails at the first handshake.
    if (const std::string complaint = transport_log::take_complaint(); !complaint.empty())
      return {Errc::resource_unavailable, "TLS: " + complaint};
    if (good) return {};
    error = errno;
    nta_agent_destroy(agent_);
    agent_ = nullptr;
  }
  return {Errc::resource_unavailable, "cannot listen on " + host_ + ":" +
                                          std::to_string(config.port) + ": " +
                                          std::strerror(error)};
}

bool Agent::create_agent() {
  const Config& config = around_.config;
  milliseconds shortest = usage::Settings{}.t1, longest = shortest;
  if (!config.lines.empty()) shortest = longest = config.lines.front().t1;
  for (const LineConfig& line : config.lines) {
    shortest = std::min(shortest, line.t1);
    longest = std::max(longest, line.t1);
  }
  const auto t1 = static_cast<unsigned>(shortest.count());
  // The usages have limits of their own, by their line's T1; the layer's must not come first.
  const auto t1x64 = static_cast<unsigned>(65 * longest.count());
  agent_ = nta_agent_create(
      around_.root, reinterpret_cast<const url_string_t*>(-1), message_callback, this, NTATAG_UA(0),
      NTATAG_STATELESS(1),
      // A response with, say, a Contact that cannot be read is a response all the same: dropped, it
      // would leave an INVITE without its end.
      NTATAG_BAD_RESP_MASK(sip_mask_response), NTATAG_PASS_100(1), NTATAG_MERGE_482(0),
      NTATAG_CANCEL_487(0), NTATAG_TIMEOUT_408(1), NTATAG_USE_TIMESTAMP(0), NTATAG_SERVER_RPORT(1),
      NTATAG_SIP_T1(t1), NTATAG_SIP_T1X64(t1x64), NTATAG_TIMER_C(NTA_TIME_MAX),
      NTATAG_MCLASS(message_class()), NTATAG_MAXSIZE(buffer_bytes(config.message_bytes)),
      // By UDP, a long request stays one: it would turn to TCP without anybody's asking.
      NTATAG_UDP_MTU(kUdpBytes),
      TAG_IF(!config.resolver_file.empty(), SRESTAG_RESOLV_CONF(config.resolver_file.c_str())),
      TAG_END());
  return agent_ != nullptr;
}

/// Listens by one protocol; `port` 0 becomes the one that was bound.
Result<void> Agent::listen(const std::string& protocol, std::uint16_t& port) {
  const Config& config = around_.config;
  const std::string where = (protocol == "tls" ? "sips:" : "sip:") + host_ + ":" +
                            (port == 0 ? "*" : std::to_string(port)) + ";transport=" + protocol;
  const auto quiet = static_cast<unsigned>(milliseconds(config.keep_alive).count());
  const auto idle = static_cast<unsigned>(milliseconds(config.stream_idle).count());
  const auto stalled = static_cast<unsigned>(milliseconds(config.stream_stalled).count());
  const bool udp = protocol == "udp", tls = protocol == "tls";
  const unsigned policy = (config.tls_check_server ? unsigned{TPTLS_VERIFY_SUBJECTS_OUT} : 0u) |
                          (config.tls_check_client ? unsigned{TPTLS_VERIFY_IN} : 0u);
  if (nta_agent_add_tport(agent_, reinterpret_cast<const url_string_t*>(where.c_str()),
                          TAG_IF(udp, TPTAG_UDP_RMEM(kUdpBuffer)),
                          TAG_IF(!udp && quiet != 0, TPTAG_KEEPALIVE(quiet)),
                          TAG_IF(!udp && idle != 0, TPTAG_IDLE(idle)),
                          TAG_IF(!udp && stalled != 0, TPTAG_TIMEOUT(stalled)),
                          TAG_IF(!udp, TPTAG_PONG2PING(1)), TAG_IF(!udp, TPTAG_SDWN_ERROR(1)),
                          TAG_IF(tls, TPTAG_CERTIFICATE(config.tls_folder.c_str())),
                          TAG_IF(tls, TPTAG_TLS_VERIFY_POLICY(policy)),
                          TAG_IF(tls, TPTAG_TLS_VERIFY_DEPTH(kCertificateChain)),
                          TAG_IF(tls, TPTAG_TLS_VERSION(0)), TAG_END()) != 0)
    return {Errc::resource_unavailable, protocol};
  if (port == 0) port = bound_port(agent_, tls);
  return {};
}

}  // namespace switchhook::sip::net
