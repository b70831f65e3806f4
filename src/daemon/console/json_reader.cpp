// SPDX-License-Identifier: Apache-2.0
#include "daemon/console/json_reader.hpp"

#include <charconv>
#include <utility>

namespace switchhook::daemon {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : rest_(text) {}

  bool object(JsonMembers& to) {
    space();
    if (rest_.empty()) return true;
    if (!skip('{')) return false;
    space();
    if (skip('}')) return at_end();
    do {
      space();
      std::string name;
      JsonMembers::Value value;
      if (!text(name)) return false;
      space();
      if (!skip(':')) return false;
      space();
      if (!scalar(value) || !to.members_.emplace(std::move(name), std::move(value)).second)
        return false;
      space();
    } while (skip(','));
    return skip('}') && at_end();
  }

 private:
  void space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
  bool at_end() {
    space();
    return rest_.empty();
  }
  bool skip(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool word(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }
  bool scalar(JsonMembers::Value& to) {
    using Kind = JsonMembers::Value::Kind;
    if (rest_.starts_with('"')) {
      to.kind = Kind::text;
      return text(to.text);
    }
    if (word("null")) return true;
    to.kind = Kind::boolean;
    if (word("false")) return true;
    if ((to.truth = word("true"))) return true;
    to.kind = Kind::number;
    const std::size_t size = std::min(rest_.find_first_not_of("0123456789+-.eE"), rest_.size());
    const auto read = std::from_chars(rest_.data(), rest_.data() + size, to.number);
    if (size == 0 || read.ec != std::errc() || read.ptr != rest_.data() + size) return false;
    rest_.remove_prefix(size);
    return true;
  }
  bool text(std::string& to) {
    if (!skip('"')) return false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\')
        to += c;
      else if (!escape(to))
        return false;
    }
    return false;
  }
  bool escape(std::string& to) {
    constexpr std::string_view kEscapes = "\"\\/bfnrt", kMean = "\"\\/\b\f\n\r\t";
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (const std::size_t place = kEscapes.find(c); place != std::string_view::npos) {
      to += kMean[place];
      return true;
    }
    unsigned code = 0, low = 0;
    if (c != 'u' || !hexadecimal(code)) return false;
    if (code >= 0xdc00 && code < 0xe000) return false;
    if (code >= 0xd800 && code < 0xdc00) {
      if (!word("\\u") || !hexadecimal(low) || low < 0xdc00 || low >= 0xe000) return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    const auto byte = [&](unsigned lead, unsigned shift) {
      to += static_cast<char>(lead | ((code >> shift) & (lead == 0x80 ? 0x3fU : 0xffU)));
    };
    if (code < 0x80) {
      byte(0, 0);
    } else if (code < 0x800) {
      byte(0xc0, 6), byte(0x80, 0);
    } else if (code < 0x10000) {
      byte(0xe0, 12), byte(0x80, 6), byte(0x80, 0);
    } else {
      byte(0xf0, 18), byte(0x80, 12), byte(0x80, 6), byte(0x80, 0);
    }
    return true;
  }
  bool hexadecimal(unsigned& to) {
    if (rest_.size() < 4) return false;
    const auto read = std::from_chars(rest_.data(), rest_.data() + 4, to, 16);
    if (read.ec != std::errc() || read.ptr != rest_.data() + 4) return false;
    rest_.remove_prefix(4);
    return true;
  }

  std::string_view rest_;
};

Result<JsonMembers> JsonMembers::read(std::string_view text) {
  JsonMembers members;
  if (!JsonReader(text).object(members))
    return Error{Errc::malformed, "the body is not a JSON object of texts, numbers and truths"};
  return members;
}

std::optional<JsonMembers::Value> JsonMembers::find(const std::string& name) {
  const auto found = members_.find(name);
  if (found == members_.end()) return std::nullopt;
  Value value = std::move(found->second);
  members_.erase(found);
  if (value.kind == Value::Kind::null) return std::nullopt;
  return value;
}

Result<void> JsonMembers::take(const std::string& name, std::string& to) {
  const std::optional<Value> value = find(name);
  if (!value) return {};
  if (value->kind != Value::Kind::text) return {Errc::invalid_argument, name + " is not a text"};
  to = value->text;
  return {};
}

Result<void> JsonMembers::take(const std::string& name, bool& to) {
  const std::optional<Value> value = find(name);
  if (!value) return {};
  if (value->kind != Value::Kind::boolean)
    return {Errc::invalid_argument, name + " is neither true nor false"};
  to = value->truth;
  return {};
}

Result<void> JsonMembers::take(const std::string& name, double& to, double most) {
  const std::optional<Value> value = find(name);
  if (!value) return {};
  if (value->kind != Value::Kind::number)
    return {Errc::invalid_argument, name + " is not a number"};
  if (!(value->number >= 0 && value->number <= most))
    return {Errc::invalid_argument, name + " is out of bounds"};
  to = value->number;
  return {};
}

Result<void> JsonMembers::all_taken() const {
  if (members_.empty()) return {};
  return {Errc::invalid_argument, "there is no member \"" + members_.begin()->first + "\""};
}

}  // namespace switchhook::daemon
