// SPDX-License-Identifier: Apache-2.0
// The binary interface: our tapi3.h against mingw-w64's, and both against the published tables.
#include <gtest/gtest.h>

#include <cctype>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/abi/tapi3/layout.hpp"

namespace {

std::vector<std::int64_t> read_section(const char* name) {
  std::ifstream in(std::string(SWITCHHOOK_LAYOUT_DIR) + "/" + name, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::vector<std::int64_t> values(bytes.size() / 8);
  std::memcpy(values.data(), bytes.data(), values.size() * 8);
  return values;
}

struct Slot {
  const char* name;
  std::int64_t slot;
};
const Slot kPublishedSlots[] = {
#define SLOT(interface_name, method, slot) {#interface_name "::" #method, slot},
#include "tests/abi/tapi3/slots.inc"
#undef SLOT
};

struct Named {
  const char* name;
  bool published;
  std::int64_t value;
};
const Named kPublishedValues[] = {
#define ENUM_VALUE(name, value) {#name, true, value},
#define COM_VALUE(name) {#name, false, 0},
#include "tests/abi/tapi3/values.inc"
#undef ENUM_VALUE
#undef COM_VALUE
};

void expect_slots(const std::vector<std::int64_t>& words, const char* whose) {
  ASSERT_GE(words.size(), 2 * std::size(kPublishedSlots)) << whose;
  for (std::size_t i = 0; i < std::size(kPublishedSlots); ++i) {
    EXPECT_EQ(words[2 * i], 1 + 8 * kPublishedSlots[i].slot) << whose << kPublishedSlots[i].name;
    EXPECT_EQ(words[2 * i + 1], 0) << whose << kPublishedSlots[i].name;
  }
}

/// The list of interfaces has the methods in the same order.
TEST(Tapi3Abi, TheListOfInterfacesHasThePublishedVtableOrder) {
  std::vector<std::string> published, listed;
  for (const Slot& slot : kPublishedSlots)
    if (const std::string name = slot.name;
        !name.starts_with("IUnknown::") && !name.starts_with("IDispatch::"))
      published.push_back(name);
#define SWITCHHOOK_METHOD(face, name, parameters, how, id) listed.push_back(#face "::" #name);
#define SWITCHHOOK_NOT_OFFERED(face, name, parameters, how, id) listed.push_back(#face "::" #name);
#include "tapi3/interfaces.def"
  EXPECT_EQ(listed, published);
}

/// Vtable order is the binary contract of COM: published order, our header, mingw-w64's header.
TEST(Tapi3Abi, EveryMethodHasItsPublishedVtableSlotInOurHeader) {
  const Slots slots{};
  std::vector<std::int64_t> words(sizeof(slots) / 8);
  std::memcpy(words.data(), &slots, sizeof(slots));
  expect_slots(words, "ours: ");
}

TEST(Tapi3Abi, EveryMethodHasItsPublishedVtableSlotInMingwsHeader) {
  expect_slots(read_section("slots.bin"), "mingw-w64: ");
}

TEST(Tapi3Abi, EnumeratorsAndResultsHaveTheirPublishedValues) {
  for (std::size_t i = 0; i < std::size(kPublishedValues); ++i)
    if (kPublishedValues[i].published) {
      EXPECT_EQ(kValues[i], kPublishedValues[i].value) << kPublishedValues[i].name;
    }
}

TEST(Tapi3Abi, ConstantsHaveTheValuesOfMingwsHeaders) {
  const std::vector<std::int64_t> theirs = read_section("values.bin");
  ASSERT_GE(theirs.size(), std::size(kValues));
  for (std::size_t i = 0; i < std::size(kValues); ++i)
    EXPECT_EQ(kValues[i], theirs[i]) << kPublishedValues[i].name;
}

TEST(Tapi3Abi, StructuresHaveTheLayoutOfMingwsHeaders) {
  const std::vector<std::int64_t> theirs = read_section("sizes.bin");
  ASSERT_GE(theirs.size(), std::size(kSizes));
  for (std::size_t i = 0; i < std::size(kSizes); ++i)
    EXPECT_EQ(kSizes[i], theirs[i]) << "row " << i << " of kSizes";
}

std::string text_of(const GUID& guid) {
  char text[40];
  std::snprintf(text, sizeof(text), "%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X", guid.Data1,
                guid.Data2, guid.Data3, guid.Data4[0], guid.Data4[1], guid.Data4[2], guid.Data4[3],
                guid.Data4[4], guid.Data4[5], guid.Data4[6], guid.Data4[7]);
  return text;
}

TEST(Tapi3Abi, IdentifiersAreThePublishedOnes) {
#define GUID_OF(name, text) EXPECT_EQ(text_of(name), text) << #name;
#include "tests/abi/tapi3/guids.inc"
#undef GUID_OF
}

TEST(Tapi3Abi, UuidofAnswersTheInterfacesIid) {
  EXPECT_TRUE(__uuidof(ITTAPI) == IID_ITTAPI);
  EXPECT_TRUE(__uuidof(ITTAPIDispatchEventNotification) == DIID_ITTAPIDispatchEventNotification);
}

}  // namespace
