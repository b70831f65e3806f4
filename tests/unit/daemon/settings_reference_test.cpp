// SPDX-License-Identifier: Apache-2.0
#include "daemon/settings_reference.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "daemon/settings.hpp"

namespace {

using namespace switchhook::daemon;

std::string heading(const std::string& table) {
  for (const TableDescription& each : described_tables())
    if (each.table == table) return each.repeated ? "[[" + table + "]]\n" : "[" + table + "]\n";
  return "[no such table]\n";
}

TEST(SettingsReference, DescribesEachSettingThatTheReaderAsksForAndNoOther) {
  std::string text;
  std::set<std::string> tables, described;
  for (const TableDescription& each : described_tables()) {
    text += heading(each.table);
    tables.insert(each.table);
  }
  std::set<std::string> asked;
  for (const std::string& setting : settings_asked_for(text))
    if (!tables.contains(setting)) asked.insert(setting);
  for (const SettingDescription& each : described_settings())
    EXPECT_TRUE(described.insert(std::string(each.table) + "." + each.key).second) << each.key;
  EXPECT_EQ(asked, described);
  EXPECT_TRUE(asked.contains("sip.line.password_file"));
}

TEST(SettingsReference, TheReaderAcceptsEachDescribedDefault) {
  for (const SettingDescription& each : described_settings()) {
    if (std::string(each.standard).empty()) continue;
    const std::string setting = std::string(each.table) + "." + each.key;
    Settings settings;
    const auto good =
        read_text(heading(each.table) + each.key + " = " + each.standard + "\n", "f", settings);
    if (!good) {
      EXPECT_EQ(good.error().context.find(setting), std::string::npos) << good.error().context;
    }
  }
}

TEST(SettingsReference, TheReaderAcceptsEachDescribedChoice) {
  for (const SettingDescription& each : described_settings()) {
    std::string choices = each.type;
    if (choices.find(", ") == std::string::npos) continue;
    while (!choices.empty()) {
      const std::string one = choices.substr(0, choices.find(", "));
      choices.erase(0, one.size() + 2);
      Settings settings;
      const auto good =
          read_text(heading(each.table) + each.key + " = \"" + one + "\"\n", "f", settings);
      if (!good) {
        EXPECT_EQ(good.error().context.find("it can be"), std::string::npos)
            << good.error().context;
      }
    }
  }
}

}  // namespace
