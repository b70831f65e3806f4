// SPDX-License-Identifier: Apache-2.0
#pragma once

// The description of every setting of the configuration file: switchhook.toml(5) and
// docs/settings.md are made from it (packaging/reference/make), and a test compares it with what the
// reader of the file asks for. Threads: constants.

#include <string>
#include <vector>

namespace switchhook::daemon {

struct SettingDescription {
  const char* table;  ///< "sip"; one of several tables: "sip.line"
  const char* key;    ///< "port"
  const char* type;  ///< "text", "true or false", "number", "list of texts", or "a, b, c": a choice
  const char* standard;  ///< the default as it is written in the file; empty = none
  const char* about;     ///< one sentence or two
};

struct TableDescription {
  const char* table;
  bool repeated;  ///< [[table]]: any number of them
  const char* about;
};

[[nodiscard]] const std::vector<TableDescription>& described_tables();
[[nodiscard]] const std::vector<SettingDescription>& described_settings();

/// Both, as the members "tables" and "settings" of a JSON object.
[[nodiscard]] std::string describe_settings();

}  // namespace switchhook::daemon
