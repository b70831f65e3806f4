// SPDX-License-Identifier: Apache-2.0
// mingw-w64's own headers as data, in sections that the build takes out of the object file.
#include "tests/abi/tapi3/layout.hpp"

extern const Slots kSlots;
__attribute__((section(".sw_slot"))) constinit const Slots kSlots{};

#define COPY(section_name, name, from)                     \
  struct name##Copy {                                      \
    std::int64_t value[sizeof(from) / sizeof(from[0])];    \
    constexpr name##Copy() : value{} {                     \
      for (std::size_t i = 0; i < sizeof(from) / 8; ++i) { \
        value[i] = from[i];                                \
      }                                                    \
    }                                                      \
  };                                                       \
  extern const name##Copy name;                            \
  __attribute__((section(section_name))) constinit const name##Copy name {}
COPY(".sw_val", kValuesHere, kValues);
COPY(".sw_size", kSizesHere, kSizes);
