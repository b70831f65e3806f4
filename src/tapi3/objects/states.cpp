// SPDX-License-Identifier: Apache-2.0
#include "tapi3/objects/states.hpp"

namespace switchhook::tapi3 {

std::optional<CALL_STATE> call_state_of(CallState state) {
  switch (state) {
    case CallState::offering:
    case CallState::accepted:
      return CS_OFFERING;
    case CallState::dialtone:
    case CallState::dialing:
    case CallState::proceeding:
    case CallState::ringback:
    case CallState::busy:
    case CallState::special_info:
      return CS_INPROGRESS;
    case CallState::connected:
    case CallState::conferenced:
      return CS_CONNECTED;
    case CallState::on_hold:
    case CallState::on_hold_pending_conference:
    case CallState::on_hold_pending_transfer:
      return CS_HOLD;
    case CallState::disconnected:
    case CallState::idle:
      return CS_DISCONNECTED;
    case CallState::unknown:
      return std::nullopt;
  }
  return std::nullopt;
}

bool may_follow(CALL_STATE from, CALL_STATE to) {
  switch (from) {
    case CS_IDLE:
      return to == CS_INPROGRESS || to == CS_CONNECTED || to == CS_DISCONNECTED ||
             to == CS_OFFERING || to == CS_HOLD;
    case CS_INPROGRESS:
    case CS_OFFERING:
    case CS_QUEUED:
      return to == CS_CONNECTED || to == CS_DISCONNECTED || to == CS_HOLD;
    case CS_CONNECTED:
      return to == CS_HOLD || to == CS_DISCONNECTED;
    case CS_HOLD:
      return to == CS_CONNECTED || to == CS_DISCONNECTED;
    case CS_DISCONNECTED:
      return false;
  }
  return false;
}

CALL_STATE_EVENT_CAUSE cause_of(const Cause& cause, EndOrigin origin, Direction direction,
                                bool was_connected) {
  // An end of our own making has no failure in it: a call we gave up was cancelled, everything else
  // ended normally, also a call we refused.
  if (origin == EndOrigin::local_user)
    return direction == Direction::outgoing && !was_connected ? CEC_DISCONNECT_CANCELLED
                                                              : CEC_DISCONNECT_NORMAL;
  switch (cause.mode) {
    case DisconnectMode::normal:
    case DisconnectMode::pickup:
      return CEC_DISCONNECT_NORMAL;
    case DisconnectMode::busy:
      return CEC_DISCONNECT_BUSY;
    case DisconnectMode::bad_address:
    case DisconnectMode::number_changed:
      return CEC_DISCONNECT_BADADDRESS;
    case DisconnectMode::no_answer:
      return CEC_DISCONNECT_NOANSWER;
    case DisconnectMode::cancelled:
      return CEC_DISCONNECT_CANCELLED;
    case DisconnectMode::reject:
    case DisconnectMode::do_not_disturb:
      return CEC_DISCONNECT_REJECTED;
    case DisconnectMode::blocked:
      return CEC_DISCONNECT_BLOCKED;
    case DisconnectMode::unknown:
      return was_connected ? CEC_DISCONNECT_NORMAL : CEC_DISCONNECT_FAILED;
    case DisconnectMode::forwarded:
    case DisconnectMode::unreachable:
    case DisconnectMode::congestion:
    case DisconnectMode::incompatible:
    case DisconnectMode::unavailable:
    case DisconnectMode::no_dialtone:
    case DisconnectMode::out_of_order:
    case DisconnectMode::temporary_failure:
    case DisconnectMode::qos_unavailable:
      return CEC_DISCONNECT_FAILED;
  }
  return CEC_DISCONNECT_FAILED;
}

HRESULT failure_of(CALL_STATE_EVENT_CAUSE cause) {
  switch (cause) {
    case CEC_DISCONNECT_BUSY:
      return TAPI_E_DESTBUSY;
    case CEC_DISCONNECT_BADADDRESS:
      return TAPI_E_INVALADDRESS;
    case CEC_DISCONNECT_NOANSWER:
      return TAPI_E_DESTNOANSWER;
    case CEC_DISCONNECT_CANCELLED:
      return TAPI_E_REQUESTCANCELLED;
    case CEC_DISCONNECT_BLOCKED:
      return TAPI_E_ADDRESSBLOCKED;
    case CEC_NONE:
    case CEC_DISCONNECT_NORMAL:
    case CEC_DISCONNECT_REJECTED:
    case CEC_DISCONNECT_FAILED:
      return TAPI_E_DESTUNAVAIL;
  }
  return TAPI_E_DESTUNAVAIL;
}

std::uint32_t media_modes_of(long media_types) {
  std::uint32_t modes = 0;
  if ((media_types & TAPIMEDIATYPE_AUDIO) != 0) modes |= media::kVoice | media::kAutomatedVoice;
  if ((media_types & TAPIMEDIATYPE_DATAMODEM) != 0) modes |= media::kDataModem;
  if ((media_types & TAPIMEDIATYPE_G3FAX) != 0) modes |= media::kFaxG3;
  return modes;
}

long media_types_of(std::uint32_t media_modes) {
  long types = 0;
  if ((media_modes & (media::kVoice | media::kAutomatedVoice)) != 0) types |= TAPIMEDIATYPE_AUDIO;
  if ((media_modes & media::kDataModem) != 0) types |= TAPIMEDIATYPE_DATAMODEM;
  if ((media_modes & media::kFaxG3) != 0) types |= TAPIMEDIATYPE_G3FAX;
  return types;
}

std::optional<CALLINFOCHANGE_CAUSE> info_cause_of(std::uint32_t change_bit) {
  switch (change_bit) {
    case api::change::kParties:
      return CIC_CONNECTEDID;
    case api::change::kUserInfo:
      return CIC_USERUSERINFO;
    case api::change::kAppSpecific:
      return CIC_APPSPECIFIC;
    case api::change::kOwnersUp:
      return CIC_NUMOWNERINCR;
    case api::change::kOwnersDown:
      return CIC_NUMOWNERDECR;
    case api::change::kMonitors:
      return CIC_NUMMONITORS;
    case api::change::kMedia:
      return CIC_MEDIATYPE;
    case api::change::kConfirmation:
      return std::nullopt;
    default:
      return CIC_OTHER;
  }
}

}  // namespace switchhook::tapi3
