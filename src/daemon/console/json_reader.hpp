// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads the bodies of requests: one JSON object (RFC 8259) whose members are texts, numbers, true,
// false or null. None of them is an object or a list. Threads: any. Ownership: values.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "switchhook/error.hpp"

namespace switchhook::daemon {

class JsonMembers {
 public:
  /// An empty text is an empty object. Errors: malformed.
  [[nodiscard]] static Result<JsonMembers> read(std::string_view text);

  /// The members are taken one by one; what is left over at the end is not known.
  /// Errors: invalid_argument: it is of another kind, or out of bounds.
  Result<void> take(const std::string& name, std::string& to);
  Result<void> take(const std::string& name, bool& to);
  Result<void> take(const std::string& name, double& to, double most);
  /// Errors: invalid_argument: there is a member that nobody has taken.
  [[nodiscard]] Result<void> all_taken() const;

 private:
  struct Value {
    enum class Kind : std::uint8_t { text, number, boolean, null };
    Kind kind = Kind::null;
    std::string text;
    double number = 0;
    bool truth = false;
  };
  [[nodiscard]] std::optional<Value> find(const std::string& name);
  friend class JsonReader;
  std::map<std::string, Value> members_;
};

}  // namespace switchhook::daemon
