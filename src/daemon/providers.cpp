// SPDX-License-Identifier: Apache-2.0
#include "daemon/providers.hpp"

#include <netdb.h>
#include <spdlog/spdlog.h>

#include <array>
#include <csignal>
#include <memory>
#include <utility>

#include "base/host_port.hpp"
#include "daemon/log.hpp"
#include "daemon/sip_process.hpp"
#include "providers/exchange/exchange.hpp"
#include "providers/sip/sip_provider.hpp"

namespace switchhook::daemon {
namespace {

/// Longer than this the start does not wait for a name server.
constexpr timespec kLookup{5, 0};

/// The collector by IP address: the SIP provider asks no name server. Empty, and said in the log, when
/// it has none: telephony does not wait for who only looks on.
std::string resolved(const std::string& collector) {
  if (collector.empty()) return {};
  std::optional<base::HostPort> where = base::host_port(collector);  // its settings were checked
  if (!where) return {};
  struct Lookup {
    std::string host;
    gaicb ask{};
  };
  auto lookup = std::make_unique<Lookup>();
  lookup->host = std::move(where->host);
  lookup->ask.ar_name = lookup->host.c_str();
  gaicb* ask = &lookup->ask;
  sigevent silent{};
  silent.sigev_notify = SIGEV_NONE;
  int error = ::getaddrinfo_a(GAI_NOWAIT, &ask, 1, &silent);
  if (error == 0) ::gai_suspend(&ask, 1, &kLookup);
  if (error == 0) error = ::gai_error(ask);
  std::array<char, NI_MAXHOST> text{};
  if (error == 0)
    error = ::getnameinfo(ask->ar_result->ai_addr, ask->ar_result->ai_addrlen, text.data(),
                          text.size(), nullptr, 0, NI_NUMERICHOST);
  // What is not answered in time is written to later: it stays.
  if (error == EAI_INPROGRESS && ::gai_cancel(ask) == EAI_NOTCANCELED)
    static_cast<void>(lookup.release());
  else if (ask->ar_result != nullptr)
    ::freeaddrinfo(ask->ar_result);
  if (error != 0) {
    log::of(log::Subject::service)
        .error("trace.hep: {}: {}; no messages are sent there", collector, ::gai_strerror(error));
    return {};
  }
  const std::string address = text.data();
  return (address.find(':') == std::string::npos ? address : "[" + address + "]") + ":" +
         std::to_string(where->port);
}

std::unique_ptr<provider::Provider> sip_provider(const Settings& settings, sip::Config config,
                                                 int place) {
  if (settings.sip_process != SipProcess::own)
    return sip::make_provider(std::move(config), read_sip_line);
  return make_sip_process(
      std::move(config), settings.program, {place},
      [](const std::string& words) { log::of(log::Subject::service).warn("{}", words); });
}

/// Asks the engine one thing, as an application does.
class Question final : public api::ServiceSink {
 public:
  void on_reply(api::Reply reply) override { answer = std::move(reply.result); }
  void on_event(api::Event) override {}
  void on_disconnected(const Error&) override {}
  Result<api::Value> answer = Errc::failed;
};

}  // namespace

Result<Started> add_providers(const Settings& settings, const base::Clock& clock,
                              core::EngineHost& host, Orphans* orphans, int place) {
  Started started;
  const auto inheritance = [orphans](const char* provider) {
    return orphans != nullptr ? orphans->of(provider) : std::vector<provider::EndOrphan>();
  };
  if (settings.exchange_enabled) {
    Result<void> added = host.add_provider(
        std::make_unique<exchange::Exchange>(clock, settings.exchange), inheritance("exchange"));
    if (!added) return Error{added.error().code, "exchange: " + added.error().text()};
  }
  if (!settings.sip_enabled) return started;
  sip::Config usual = settings.sip;
  usual.hep.collector = resolved(usual.hep.collector);
  Result<void> added = host.add_provider(sip_provider(settings, usual, place), inheritance("sip"));
  // A user's daemon has to work beside whatever else speaks SIP on this machine.
  const bool another_will_do = !settings.system && !settings.sip_port_given &&
                               settings.sip.port != 0 && !added &&
                               added.error().code == Errc::resource_unavailable;
  if (another_will_do) {
    started.sip_note = " (port " + std::to_string(settings.sip.port) + " was taken)";
    sip::Config elsewhere = std::move(usual);
    elsewhere.port = 0;
    added =
        host.add_provider(sip_provider(settings, std::move(elsewhere), place), inheritance("sip"));
  }
  if (!added) return Error{added.error().code, "sip: " + added.error().text()};
  return started;
}

std::string sip_address(core::EngineHost& host) {
  Question question;
  const api::AppId app = host.attach({.name = "switchhookd"}, question);
  host.submit(app, 1, api::ListLines{});
  host.detach(app, "answered");
  if (!question.answer) return {};
  for (const LineInfo& line : std::get<api::LineList>(*question.answer).lines)
    if (line.provider == "sip" && !line.listens.empty()) return line.listens;
  return {};
}

}  // namespace switchhook::daemon
