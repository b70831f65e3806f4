// SPDX-License-Identifier: Apache-2.0
#pragma once

// Structures of variable size: a fixed part, which is as long as the API version has it, and behind
// it the parts that size and offset fields speak of. A part that does not fit is left out, its size
// and offset are zero, and dwNeededSize says how much room all would need; nothing is cut.
// Source: TAPI "Variably sized data structures". Threads: plain functions and values.
// Ownership: the caller's memory is used only while the function runs.

#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

#include "tapi2/text.hpp"
#include "tapi2/values.hpp"

namespace switchhook::tapi2 {

/// Where a part lies; both zero when it is empty or did not fit.
struct Part {
  DWORD size = 0, offset = 0;
};

/// Puts the parts behind a fixed part. Parts begin at multiples of four.
class Parts {
 public:
  Parts(void* target, DWORD total, DWORD fixed, Text kind)
      : target_(static_cast<char*>(target)),
        total_(total),
        used_(fixed),
        needed_(fixed),
        kind_(kind) {}

  Part bytes(const void* data, std::size_t size);
  /// With its zero, in the kind of the function; none when it is empty.
  Part text(std::string_view utf8);
  /// One after the other, each with its zero, and a zero at the end.
  Part texts(std::initializer_list<std::string_view> list);

  [[nodiscard]] DWORD used() const { return used_; }
  [[nodiscard]] DWORD needed() const { return needed_; }

 private:
  char* const target_;
  const DWORD total_;
  DWORD used_, needed_;
  const Text kind_;
};

/// Fills `target`. `fill(structure, parts)` writes the fields; the three sizes are written here.
template <typename Struct, typename Fill>
LONG fill_variable(Struct* target, DWORD fixed, Text kind, Fill fill) {
  DWORD total = 0;
  std::memcpy(&total, target, sizeof total);
  if (total < fixed) return lineerr(LINEERR_STRUCTURETOOSMALL);
  Struct filled{};
  Parts parts(target, total, fixed, kind);
  fill(filled, parts);
  filled.dwTotalSize = total;
  filled.dwNeededSize = parts.needed();
  filled.dwUsedSize = parts.used();
  std::memcpy(static_cast<void*>(target), &filled, fixed);
  return 0;
}

/// Whether a structure has room for its fixed part, before anything else is done.
[[nodiscard]] LONG check_variable(const void* target, DWORD fixed);

}  // namespace switchhook::tapi2

/// Puts a part where the fields of this name say: SWITCHHOOK_PART(info, dwComment, parts.text(…)).
#define SWITCHHOOK_PART(structure, field, part)            \
  do {                                                     \
    const ::switchhook::tapi2::Part part_##field = (part); \
    (structure).field##Size = part_##field.size;           \
    (structure).field##Offset = part_##field.offset;       \
  } while (false)
