// SPDX-License-Identifier: Apache-2.0
// The IIDs and CLSIDs of the list of interfaces, as the symbols that tapi3.h declares.
#include "tapi3/com/com.hpp"

namespace switchhook::tapi3 {

namespace {

/// "B1EFC382-9355-11D0-835C-00AA003CCABD"
constexpr GUID guid_of(const char* text) {
  unsigned char bytes[16] = {};
  unsigned nibbles = 0;
  for (; *text != '\0'; ++text) {
    if (*text == '-') continue;
    const int value = *text <= '9' ? *text - '0' : *text - 'A' + 10;
    bytes[nibbles / 2] = static_cast<unsigned char>(bytes[nibbles / 2] << 4 | value);
    ++nibbles;
  }
  GUID guid{};
  guid.Data1 = static_cast<std::uint32_t>(bytes[0]) << 24 |
               static_cast<std::uint32_t>(bytes[1]) << 16 |
               static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
  guid.Data2 = static_cast<std::uint16_t>(bytes[4] << 8 | bytes[5]);
  guid.Data3 = static_cast<std::uint16_t>(bytes[6] << 8 | bytes[7]);
  for (unsigned i = 0; i < 8; ++i) guid.Data4[i] = bytes[8 + i];
  return guid;
}

}  // namespace

}  // namespace switchhook::tapi3

#define SWITCHHOOK_IDENTIFIER(name, guid) \
  extern "C" constinit const GUID name = switchhook::tapi3::guid_of(guid);
#define SWITCHHOOK_INTERFACE(name, base, ids, iid) SWITCHHOOK_IDENTIFIER(IID_##name, iid)
#if defined(_WIN32)
#define SWITCHHOOK_COM_INTERFACE(name, base, ids, iid)
#else
#define SWITCHHOOK_ROOT(name, base, iid) SWITCHHOOK_IDENTIFIER(IID_##name, iid)
#endif
#include "tapi3/interfaces.def"
