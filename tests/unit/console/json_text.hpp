// SPDX-License-Identifier: Apache-2.0
#pragma once

// Looks into JSON that was written: whether it is some, and what the members of its objects are. For
// tests; knows nothing of the code that wrote it. Threads: any.

#include <cctype>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace switchhook::test {

/// The members of an object, each as the text of its value; nothing where the text is not JSON.
class JsonText {
 public:
  using Members = std::map<std::string, std::string>;
  [[nodiscard]] static std::optional<Members> object(std::string_view text) {
    JsonText reader(text);
    Members members;
    if (!reader.object_into(&members)) return std::nullopt;
    reader.space();
    if (!reader.rest_.empty()) return std::nullopt;
    return members;
  }

 private:
  explicit JsonText(std::string_view text) : rest_(text) {}
  void space() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) rest_.remove_prefix(1);
  }
  bool skip(char c) {
    space();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool text() {
    if (!skip('"')) return false;
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      if (rest_[0] == '"') return skip('"');
      if (static_cast<unsigned char>(rest_[0]) < 0x20) return false;
      if (rest_[0] == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) return false;
    }
    return false;
  }
  bool value() {
    space();
    if (rest_.empty()) return false;
    if (rest_[0] == '{') return object_into(nullptr);
    if (rest_[0] == '"') return text();
    if (skip('[')) {
      if (skip(']')) return true;
      do
        if (!value()) return false;
      while (skip(','));
      return skip(']');
    }
    for (const std::string_view word : {"true", "false", "null"})
      if (rest_.substr(0, word.size()) == word) {
        rest_.remove_prefix(word.size());
        return true;
      }
    const std::size_t size = std::min(rest_.find_first_not_of("-+.eE0123456789"), rest_.size());
    rest_.remove_prefix(size);
    return size != 0;
  }
  bool object_into(Members* to) {
    if (!skip('{')) return false;
    if (skip('}')) return true;
    do {
      space();
      const std::string_view at = rest_;
      if (!text()) return false;
      const std::string name(at.substr(1, at.size() - rest_.size() - 2));
      if (!skip(':')) return false;
      space();
      const std::string_view from = rest_;
      if (!value()) return false;
      if (to != nullptr && !to->emplace(name, from.substr(0, from.size() - rest_.size())).second)
        return false;
    } while (skip(','));
    return skip('}');
  }

  std::string_view rest_;
};

}  // namespace switchhook::test
