// SPDX-License-Identifier: Apache-2.0
// Opening and closing lines.
#include "bodies.hpp"
#include "tapi2/calls/call_params.hpp"
#include "tapi2/variable.hpp"

namespace switchhook::tapi2 {
namespace {

/// The first line in service that carries the media modes and has the address, where one is wanted;
/// nothing when there is none.
Result<std::optional<api::LineId>> map_line(App& app, std::uint32_t media_modes,
                                            const std::string& address) {
  const Result<api::LineList> list = app.ask_for<api::LineList>(api::ListLines{});
  if (!list) return list.error();
  for (const LineInfo& line : list->lines)
    if (!line.removed && line.in_service && (media_modes & ~line.media_modes) == 0 &&
        (address.empty() || line.address == address))
      return std::optional<api::LineId>(line.id);
  return std::optional<api::LineId>();
}

}  // namespace

LONG bodies::lineOpen(const Entry& entry, App& app, DWORD device, HLINE* ret_line, DWORD version,
                      DWORD extension, DWORD_PTR instance, DWORD privileges, DWORD media_modes,
                      LINECALLPARAMS* const params) {
  if (ret_line == nullptr) return lineerr(LINEERR_INVALPOINTER);
  if (!offered_version(version)) return lineerr(LINEERR_INCOMPATIBLEAPIVERSION);
  if (extension != 0) return lineerr(LINEERR_INCOMPATIBLEEXTVERSION);
  if ((privileges & LINEOPENOPTION_PROXY) != 0) return lineerr(LINEERR_OPERATIONUNAVAIL);
  const DWORD bits = privileges & ~static_cast<DWORD>(LINEOPENOPTION_SINGLEADDRESS);
  constexpr DWORD kBoth = LINECALLPRIVILEGE_MONITOR | LINECALLPRIVILEGE_OWNER;
  if (bits != LINECALLPRIVILEGE_NONE && (bits == 0 || (bits & ~kBoth) != 0))
    return lineerr(LINEERR_INVALPRIVSELECT);
  LINECALLPARAMS wanted{};
  std::string address;
  const bool single = bits != privileges;
  if (params != nullptr && (single || device == LINEMAPPER)) {
    const DWORD fixed = fixed_call_params(version);
    if (const LONG bad = read_orig_address(params, version, entry.kind, address); bad != 0)
      return bad;
    std::memcpy(static_cast<void*>(&wanted), params, fixed);
  } else if (single) {
    return lineerr(LINEERR_INVALPOINTER);
  }
  if (single && wanted.dwAddressMode != LINEADDRESSMODE_DIALABLEADDR && wanted.dwAddressID != 0)
    return lineerr(LINEERR_INVALADDRESSID);
  api::OpenLine command{.line = device,
                        .privileges = static_cast<std::uint8_t>(bits),
                        .media_modes = 0,
                        .api_version = version};
  if ((bits & LINECALLPRIVILEGE_OWNER) != 0) {
    const std::optional<std::uint32_t> modes = media_from(media_modes);
    if (!modes || *modes == 0) return lineerr(LINEERR_INVALMEDIAMODE);
    command.media_modes = *modes;
  }
  if (device == LINEMAPPER) {
    const std::optional<std::uint32_t> modes = media_from(wanted.dwMediaMode);
    if (!modes) return lineerr(LINEERR_LINEMAPPERFAILED);
    const auto mapped = map_line(app, *modes | command.media_modes, address);
    if (!mapped) return lineerr(mapped.error());
    if (!*mapped) return lineerr(LINEERR_LINEMAPPERFAILED);
    command.line = **mapped;
  } else if (!address.empty()) {
    const auto status = app.ask_for<api::LineStatus>(api::GetLineStatus{device});
    if (!status) return lineerr(status.error());
    if (status->info.address != address) return lineerr(LINEERR_INVALADDRESSID);
  }
  HLINE opened = 0;
  const LONG result = app.open_line(command, instance, opened);
  if (result == 0) std::memcpy(ret_line, &opened, sizeof opened);
  return result;
}

LONG bodies::lineClose(const Entry&, const std::shared_ptr<Line>& line) {
  return line->app->close_line(line);
}

}  // namespace switchhook::tapi2
