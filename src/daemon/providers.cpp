// SPDX-License-Identifier: Apache-2.0
#include "daemon/providers.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "daemon/log.hpp"
#include "daemon/sip_process.hpp"
#include "providers/exchange/exchange.hpp"
#include "providers/sip/sip_provider.hpp"

namespace switchhook::daemon {
namespace {

std::unique_ptr<provider::Provider> sip_provider(const Settings& settings, sip::Config config,
                                                 int place) {
  if (settings.sip_process != SipProcess::own)
    return sip::make_provider(std::move(config), read_sip_line);
  return make_sip_process(
      std::move(config), settings.program, {place},
      [](const std::string& words) { log::of(log::Subject::service).warn("{}", words); });
}

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
  Result<void> added =
      host.add_provider(sip_provider(settings, settings.sip, place), inheritance("sip"));
  // A user's daemon has to work beside whatever else speaks SIP on this machine.
  const bool another_will_do = !settings.system && !settings.sip_port_given &&
                               settings.sip.port != 0 && !added &&
                               added.error().code == Errc::resource_unavailable;
  if (another_will_do) {
    started.sip_note = " (port " + std::to_string(settings.sip.port) + " was taken)";
    sip::Config elsewhere = settings.sip;
    elsewhere.port = 0;
    added =
        host.add_provider(sip_provider(settings, std::move(elsewhere), place), inheritance("sip"));
  }
  if (!added) return Error{added.error().code, "sip: " + added.error().text()};
  return started;
}

}  // namespace switchhook::daemon
