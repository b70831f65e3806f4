// SPDX-License-Identifier: Apache-2.0
#include "tapi2/calls/call_params.hpp"

#include <cstring>

#include "base/limits.hpp"
#include "tapi2/variable.hpp"

namespace switchhook::tapi2 {
namespace {

constexpr DWORD kFlagsOffered = LINECALLPARAMFLAGS_IDLE | LINECALLPARAMFLAGS_ORIGOFFHOOK;

/// The parts of one structure.
class Source {
 public:
  Source(const void* base, DWORD total, DWORD fixed, Text kind)
      : base_(static_cast<const char*>(base)), total_(total), fixed_(fixed), kind_(kind) {}

  /// False when the part is not within the structure, behind its fixed part.
  [[nodiscard]] bool holds(DWORD size, DWORD offset) const {
    return size == 0 || (offset >= fixed_ && offset <= total_ && size <= total_ - offset);
  }
  [[nodiscard]] std::string text(DWORD size, DWORD offset) const {
    return size == 0 ? std::string() : from_bytes(base_ + offset, size, kind_);
  }
  [[nodiscard]] UserInfo bytes(DWORD size, DWORD offset) const {
    if (size == 0) return {};
    const auto* first = reinterpret_cast<const std::uint8_t*>(base_ + offset);
    return UserInfo(first, first + size);
  }

 private:
  const char* const base_;
  const DWORD total_, fixed_;
  const Text kind_;
};

bool all_within(const LINECALLPARAMS& in, const Source& source) {
  return source.holds(in.dwOrigAddressSize, in.dwOrigAddressOffset) &&
         source.holds(in.dwDisplayableAddressSize, in.dwDisplayableAddressOffset) &&
         source.holds(in.dwCalledPartySize, in.dwCalledPartyOffset) &&
         source.holds(in.dwCommentSize, in.dwCommentOffset) &&
         source.holds(in.dwUserUserInfoSize, in.dwUserUserInfoOffset) &&
         source.holds(in.dwHighLevelCompSize, in.dwHighLevelCompOffset) &&
         source.holds(in.dwLowLevelCompSize, in.dwLowLevelCompOffset) &&
         source.holds(in.dwDevSpecificSize, in.dwDevSpecificOffset) &&
         source.holds(in.dwTargetAddressSize, in.dwTargetAddressOffset) &&
         source.holds(in.dwSendingFlowspecSize, in.dwSendingFlowspecOffset) &&
         source.holds(in.dwReceivingFlowspecSize, in.dwReceivingFlowspecOffset) &&
         source.holds(in.dwDeviceClassSize, in.dwDeviceClassOffset) &&
         source.holds(in.dwDeviceConfigSize, in.dwDeviceConfigOffset) &&
         source.holds(in.dwCallDataSize, in.dwCallDataOffset) &&
         source.holds(in.dwCallingPartyIDSize, in.dwCallingPartyIDOffset);
}

/// What the call is to be; zero is the usual.
DWORD objection(const LINECALLPARAMS& in) {
  if (in.dwBearerMode != 0 && in.dwBearerMode != LINEBEARERMODE_VOICE)
    return LINEERR_BEARERMODEUNAVAIL;
  if (in.dwMaxRate != 0 && in.dwMinRate > in.dwMaxRate) return LINEERR_INVALRATE;
  if ((in.dwCallParamFlags & ~kFlagsOffered) != 0) return LINEERR_INVALCALLPARAMS;
  if (in.dwPredictiveAutoTransferStates != 0) return LINEERR_INVALCALLPARAMS;
  // Each line has one address, so both modes say the same.
  if (in.dwAddressMode > LINEADDRESSMODE_DIALABLEADDR || in.dwAddressMode == 3)
    return LINEERR_INVALADDRESSMODE;
  if (in.dwAddressMode == LINEADDRESSMODE_ADDRESSID && in.dwAddressID != 0)
    return LINEERR_INVALADDRESSID;
  const DWORD types = LINEADDRESSTYPE_PHONENUMBER | LINEADDRESSTYPE_EMAILNAME |
                      LINEADDRESSTYPE_DOMAINNAME | LINEADDRESSTYPE_IPADDRESS;
  if ((in.dwAddressType & ~types) != 0) return LINEERR_INVALADDRESSTYPE;
  return 0;
}

}  // namespace

LONG read_call_params(const LINECALLPARAMS* params, DWORD version, Text kind,
                      api::MakeCall& ret_command) {
  if (params == nullptr) return 0;
  DWORD total = 0;
  std::memcpy(&total, params, sizeof total);
  const DWORD fixed = fixed_call_params(version);
  if (total < fixed) return lineerr(LINEERR_STRUCTURETOOSMALL);
  LINECALLPARAMS in{};
  std::memcpy(static_cast<void*>(&in), params, fixed);
  const Source source(params, total, fixed, kind);
  if (!all_within(in, source)) return lineerr(LINEERR_INVALPOINTER);
  if (const DWORD error = objection(in); error != 0) return lineerr(error);
  if (in.dwUserUserInfoSize > limits::kUserInfoBytes) return lineerr(LINEERR_USERUSERINFOTOOBIG);
  if (in.dwMediaMode != 0) {
    const std::optional<std::uint32_t> modes = media_from(in.dwMediaMode);
    if (!modes) return lineerr(LINEERR_INVALMEDIAMODE);
    ret_command.media_modes = *modes;
  }
  ret_command.called_party = source.text(in.dwCalledPartySize, in.dwCalledPartyOffset);
  ret_command.comment = source.text(in.dwCommentSize, in.dwCommentOffset);
  ret_command.calling.address = source.text(in.dwCallingPartyIDSize, in.dwCallingPartyIDOffset);
  ret_command.user_info = source.bytes(in.dwUserUserInfoSize, in.dwUserUserInfoOffset);
  ret_command.no_answer_timeout = std::chrono::seconds(in.dwNoAnswerTimeout);
  // All but the media modes is looked at here, so that the service's "no" is about these.
  if (ret_command.called_party.size() > limits::kNameBytes ||
      ret_command.comment.size() > limits::kCommentBytes ||
      ret_command.no_answer_timeout > limits::kRuleTime)
    return lineerr(LINEERR_INVALCALLPARAMS);
  return 0;
}

LONG read_orig_address(const LINECALLPARAMS* params, DWORD version, Text kind,
                       std::string& ret_address) {
  const DWORD fixed = fixed_call_params(version);
  if (const LONG bad = check_variable(params, fixed); bad != 0) return bad;
  LINECALLPARAMS in{};
  std::memcpy(static_cast<void*>(&in), params, fixed);
  if (in.dwAddressMode != LINEADDRESSMODE_DIALABLEADDR) return 0;
  const Source source(params, in.dwTotalSize, fixed, kind);
  if (!source.holds(in.dwOrigAddressSize, in.dwOrigAddressOffset))
    return lineerr(LINEERR_INVALPOINTER);
  ret_address = source.text(in.dwOrigAddressSize, in.dwOrigAddressOffset);
  return 0;
}

}  // namespace switchhook::tapi2
