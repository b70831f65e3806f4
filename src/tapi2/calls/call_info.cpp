// SPDX-License-Identifier: Apache-2.0
#include "tapi2/calls/call_info.hpp"

#include "tapi2/variable.hpp"

namespace switchhook::tapi2 {
namespace {

DWORD party_flags(const Party& party) {
  DWORD flags = 0;
  if (!party.address.empty()) flags |= LINECALLPARTYID_ADDRESS;
  if (!party.name.empty()) flags |= LINECALLPARTYID_NAME;
  return flags == 0 ? LINECALLPARTYID_UNKNOWN : flags;
}

}  // namespace

/// The five parties have the same five fields each.
#define SWITCHHOOK_PARTY(structure, field, party)                        \
  do {                                                                   \
    (structure).field##Flags = party_flags(party);                       \
    SWITCHHOOK_PART(structure, field, parts.text((party).address));      \
    SWITCHHOOK_PART(structure, field##Name, parts.text((party).name));   \
    if (!(party).address.empty())                                        \
      (structure).field##AddressType = address_type_of((party).address); \
  } while (false)

LONG fill_call_info(LINECALLINFO* target, const api::CallSnapshot& call, HLINE line, DWORD version,
                    Text kind) {
  const Record& record = call.record;
  const auto fill = [&](LINECALLINFO& out, Parts& parts) {
    out.hLine = line;
    out.dwLineDeviceID = call.line;
    out.dwBearerMode = LINEBEARERMODE_VOICE;
    out.dwRate = kVoiceRate;
    out.dwMediaMode = media_of(record.media_modes);
    out.dwAppSpecific = record.app_specific;
    out.dwCallID = record.call_id;
    out.dwRelatedCallID = record.related_call_id;
    out.dwCallStates = kAllCallStates;
    out.dwMonitorDigitModes = call.monitored_digits;
    const bool outgoing = record.direction == Direction::outgoing;
    out.dwOrigin = outgoing                ? LINECALLORIGIN_OUTBOUND
                   : version >= kVersion14 ? LINECALLORIGIN_INBOUND
                                           : LINECALLORIGIN_UNKNOWN;
    const Parties& parties = record.parties;
    out.dwReason = parties.redirecting == Party{} ? LINECALLREASON_DIRECT : LINECALLREASON_REDIRECT;
    out.dwNumOwners = call.owners;
    out.dwNumMonitors = call.monitors;
    out.dwTrunk = 0xffffffff;  // not known
    SWITCHHOOK_PARTY(out, dwCallerID, parties.calling);
    SWITCHHOOK_PARTY(out, dwCalledID, parties.called);
    SWITCHHOOK_PARTY(out, dwConnectedID, parties.connected);
    SWITCHHOOK_PARTY(out, dwRedirectionID, parties.redirection);
    SWITCHHOOK_PARTY(out, dwRedirectingID, parties.redirecting);
    SWITCHHOOK_PART(out, dwAppName, parts.text(record.application));
    if (outgoing) {
      SWITCHHOOK_PART(out, dwDisplayableAddress, parts.text(parties.called.address));
      SWITCHHOOK_PART(out, dwCalledParty, parts.text(parties.called.name));
    }
    SWITCHHOOK_PART(out, dwComment, parts.text(record.comment));
    SWITCHHOOK_PART(
        out, dwUserUserInfo,
        parts.bytes(record.user_info_received.data(), record.user_info_received.size()));
  };
  return fill_variable(target, fixed_call_info(version), kind, fill);
}

LONG fill_call_status(LINECALLSTATUS* target, const api::CallSnapshot& call, DWORD version) {
  const Record& record = call.record;
  const auto fill = [&](LINECALLSTATUS& out, Parts&) {
    out.dwCallState = state_of(record.state);
    const std::optional<Cause> cause =
        record.end ? std::optional<Cause>(record.end->cause) : std::nullopt;
    out.dwCallStateMode = mode_of(record.state, record.detail, cause, version);
    out.dwCallPrivilege = privilege_of(call.privilege);
    out.dwCallFeatures = features_of(call.features);
    out.tStateEntryTime = system_time_of(call.state_entered.wall);
  };
  return fill_variable(target, fixed_call_status(version), Text::narrow, fill);
}

}  // namespace switchhook::tapi2
