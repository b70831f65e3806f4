// SPDX-License-Identifier: Apache-2.0
#pragma once

// A strict little JSON reader (RFC 8259) for what the command line writes. Anything that is not
// JSON gives nothing. Threads: plain values.

#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace switchhook::test {

struct Json {
  enum class Kind { null, boolean, number, string, array, object } kind = Kind::null;
  bool boolean = false;
  double number = 0;
  std::string string;
  std::vector<Json> array;
  std::map<std::string, Json> object;

  /// The member; a null value when there is none.
  const Json& operator[](const std::string& name) const {
    static const Json none;
    const auto found = object.find(name);
    return found == object.end() ? none : found->second;
  }
};

class JsonReader {
 public:
  static std::optional<Json> read(std::string_view text) {
    JsonReader reader{text};
    Json value;
    if (!reader.value(value) || !reader.skip().text_.empty()) return std::nullopt;
    return value;
  }

 private:
  explicit JsonReader(std::string_view text) : text_(text) {}

  JsonReader& skip() {
    while (!text_.empty() && std::string_view(" \t\r\n").find(text_[0]) != std::string_view::npos)
      text_.remove_prefix(1);
    return *this;
  }
  bool take(std::string_view what) {
    if (!text_.starts_with(what)) return false;
    text_.remove_prefix(what.size());
    return true;
  }

  bool value(Json& out) {
    if (skip().text_.empty()) return false;
    if (take("null")) return true;
    if (take("true") || take("false")) {
      out.kind = Json::Kind::boolean;
      out.boolean = text_.data()[-2] == 'u';  // tr-u-e, fal-s-e
      return true;
    }
    if (text_[0] == '"') {
      out.kind = Json::Kind::string;
      return string(out.string);
    }
    if (take("[")) return array(out);
    if (take("{")) return object(out);
    return number(out);
  }

  bool number(Json& out) {
    const std::size_t length = std::min(text_.find_first_not_of("-0123456789.eE+"), text_.size());
    const std::string digits(text_.substr(0, length));
    char* end = nullptr;
    out.number = std::strtod(digits.c_str(), &end);
    if (digits.empty() || *end != 0) return false;
    out.kind = Json::Kind::number;
    text_.remove_prefix(length);
    return true;
  }

  bool string(std::string& out) {
    if (!take("\"")) return false;
    while (!text_.empty() && text_[0] != '"') {
      const char c = text_[0];
      if (static_cast<unsigned char>(c) < 0x20) return false;
      text_.remove_prefix(1);
      if (c != '\\') {
        out += c;
        continue;
      }
      if (text_.empty()) return false;
      const char escape = text_[0];
      text_.remove_prefix(1);
      if (escape == 'u') {
        if (text_.size() < 4) return false;
        out += static_cast<char>(std::strtol(std::string(text_.substr(0, 4)).c_str(), nullptr, 16));
        text_.remove_prefix(4);
      } else if (const auto at = std::string_view("\"\\/bfnrt").find(escape);
                 at != std::string_view::npos) {
        out += "\"\\/\b\f\n\r\t"[at];
      } else {
        return false;
      }
    }
    return take("\"");
  }

  bool array(Json& out) {
    out.kind = Json::Kind::array;
    if (skip().take("]")) return true;
    do {
      if (!value(out.array.emplace_back())) return false;
    } while (skip().take(","));
    return take("]");
  }

  bool object(Json& out) {
    out.kind = Json::Kind::object;
    if (skip().take("}")) return true;
    do {
      std::string name;
      if (!skip().string(name) || !skip().take(":")) return false;
      if (out.object.contains(name) || !value(out.object[name])) return false;
    } while (skip().take(","));
    return take("}");
  }

  std::string_view text_;
};

}  // namespace switchhook::test
