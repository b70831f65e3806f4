// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/dialog/recovery.hpp"

#include <charconv>

namespace switchhook::sip::usage {
namespace {

constexpr std::string_view kForm = "2";     // raised when the fields change
constexpr std::string_view kFormOld = "1";  // without what is said of session descriptions
constexpr std::string_view kSeveral = "several";
constexpr std::size_t kRoutesMax = 64;
constexpr std::size_t kDialogsMax = 4;

/// A text as its length, a colon, and itself.
void put(std::string& out, std::string_view text) {
  out.append(std::to_string(text.size())).append(":").append(text);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  std::string text() {
    const std::size_t length = size();
    if (length > left_.size()) {
      good_ = false;
      return {};
    }
    std::string out(left_.substr(0, length));
    left_.remove_prefix(length);
    return out;
  }
  std::uint32_t number() {
    const std::string digits = text();
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) good_ = false;
    return value;
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool whole() const { return good_ && left_.empty(); }

 private:
  std::size_t size() {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(left_.data(), left_.data() + left_.size(), value);
    if (error != std::errc{} || end == left_.data() + left_.size() || *end != ':') {
      good_ = false;
      left_ = {};
      return 0;
    }
    left_.remove_prefix(static_cast<std::size_t>(end - left_.data()) + 1);
    return value;
  }
  std::string_view left_;
  bool good_ = true;
};

}  // namespace

std::string to_bytes(const Recovery& recovery) {
  std::string out;
  put(out, kForm);
  put(out, std::to_string(static_cast<unsigned>(recovery.stage)));
  put(out, recovery.outgoing ? "1" : "0");
  for (const std::string* text :
       {&recovery.call_id, &recovery.local_tag, &recovery.remote_tag, &recovery.local,
        &recovery.remote, &recovery.target, &recovery.contact, &recovery.next_hop, &recovery.branch,
        &recovery.invite})
    put(out, *text);
  put(out, std::to_string(recovery.cseq));
  put(out, std::to_string(recovery.invite_cseq));
  put(out, std::to_string(recovery.routes.size()));
  for (const std::string& route : recovery.routes) put(out, route);
  put(out, std::to_string(recovery.sdp_session));
  put(out, std::to_string(recovery.sdp_version));
  return out;
}

std::optional<Recovery> recovery_from(std::string_view bytes) {
  Reader in(bytes);
  const std::string form = in.text();
  if (form != kForm && form != kFormOld) return std::nullopt;
  Recovery out;
  const std::uint32_t stage = in.number();
  if (stage > static_cast<std::uint32_t>(Recovery::Stage::dialog)) return std::nullopt;
  out.stage = static_cast<Recovery::Stage>(stage);
  out.outgoing = in.text() == "1";
  for (std::string* text : {&out.call_id, &out.local_tag, &out.remote_tag, &out.local, &out.remote,
                            &out.target, &out.contact, &out.next_hop, &out.branch, &out.invite})
    *text = in.text();
  out.cseq = in.number();
  out.invite_cseq = in.number();
  const std::uint32_t routes = in.number();
  if (!in.good() || routes > kRoutesMax) return std::nullopt;
  for (std::uint32_t i = 0; i < routes; ++i) out.routes.push_back(in.text());
  if (form == kForm) {
    out.sdp_session = in.number();
    out.sdp_version = in.number();
  }
  if (!in.whole()) return std::nullopt;
  return out;
}

std::string to_bytes(const std::vector<Recovery>& dialogs) {
  if (dialogs.size() == 1) return to_bytes(dialogs.front());
  std::string out;
  put(out, kSeveral);
  put(out, std::to_string(dialogs.size()));
  for (const Recovery& dialog : dialogs) put(out, to_bytes(dialog));
  return out;
}

std::vector<Recovery> recoveries_from(std::string_view bytes) {
  std::vector<Recovery> out;
  if (std::optional<Recovery> alone = recovery_from(bytes)) {
    out.push_back(std::move(*alone));
    return out;
  }
  Reader in(bytes);
  if (in.text() != kSeveral) return out;
  const std::uint32_t count = in.number();
  if (!in.good() || count > kDialogsMax) return out;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::optional<Recovery> dialog = recovery_from(in.text());
    if (!dialog) return {};
    out.push_back(std::move(*dialog));
  }
  if (!in.whole()) return {};
  return out;
}

}  // namespace switchhook::sip::usage
