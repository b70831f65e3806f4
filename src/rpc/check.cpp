// SPDX-License-Identifier: Apache-2.0
// The limits of a command's fields, checked once, on the values: before a client sends them and
// after the daemon has read them.
#include <string_view>

#include "base/limits.hpp"
#include "rpc/codec.hpp"

namespace switchhook::rpc {
namespace {

/// Collects the first objection.
class Checker {
 public:
  void text(std::string_view value, std::size_t most, std::string_view field,
            Errc code = Errc::invalid_argument) {
    if (value.size() > most) object(code, field, value.size(), most);
  }
  void user_info(const UserInfo& value) {
    if (value.size() > limits::kUserInfoBytes)
      object(Errc::user_info_too_big, "user_info", value.size(), limits::kUserInfoBytes);
  }

  void site(const std::string& value) { text(value, limits::kSiteBytes, "site"); }

  void operator()(const api::MakeCall& c) {
    text(c.address, limits::kAddressBytes, "address", Errc::invalid_address);
    text(c.calling.address, limits::kAddressBytes, "calling.address", Errc::invalid_address);
    text(c.calling.name, limits::kNameBytes, "calling.name");
    text(c.called_party, limits::kNameBytes, "called_party");
    text(c.comment, limits::kCommentBytes, "comment");
    site(c.site);
    user_info(c.user_info);
  }
  void operator()(const api::AcceptCall& c) {
    user_info(c.user_info);
    site(c.site);
  }
  void operator()(const api::AnswerCall& c) {
    user_info(c.user_info);
    site(c.site);
  }
  void operator()(const api::GetNewCalls& c) { site(c.site); }
  void operator()(const api::Restore& c) {
    if (c.openings.size() > limits::kLineOpenings)
      object(Errc::invalid_argument, "openings", c.openings.size(), limits::kLineOpenings,
             "entries");
    if (c.calls.size() > limits::kRestoredAtOnce)
      object(Errc::invalid_argument, "calls", c.calls.size(), limits::kRestoredAtOnce, "entries");
    for (const api::OpeningToRestore& each : c.openings)
      text(each.line, limits::kNameBytes, "openings.line");
  }
  void operator()(const api::DropCall& c) { user_info(c.user_info); }
  void operator()(const api::HandOff& c) { text(c.application, limits::kNameBytes, "application"); }
  void operator()(const api::SendDigits& c) {
    text(c.digits, limits::kDigits, "digits", Errc::invalid_digits);
  }
  void operator()(const api::RecordQuery& c) {
    text(c.line, limits::kNameBytes, "line");
    text(c.party, limits::kAddressBytes, "party");
    text(c.application, limits::kNameBytes, "application");
    text(c.provider, limits::kNameBytes, "provider");
  }
  /// The others carry numbers only; what those mean is the engine's business.
  template <typename Other>
  void operator()(const Other&) {}

  Result<void> verdict() && {
    if (objection_) return std::move(*objection_);
    return {};
  }

 private:
  void object(Errc code, std::string_view field, std::size_t size, std::size_t most,
              const char* unit = "bytes") {
    if (objection_) return;
    objection_ = Error{code, too_many(field, size, most, unit)};
  }
  std::optional<Error> objection_;
};

}  // namespace

std::string too_many(std::string_view field, std::size_t size, std::size_t most,
                     std::string_view unit) {
  return std::string(field) + " has " + std::to_string(size) + " " + std::string(unit) +
         ", at most " + std::to_string(most) + " are allowed";
}

Result<void> check(const api::Command& command) {
  Checker checker;
  std::visit(checker, command);
  return std::move(checker).verdict();
}

}  // namespace switchhook::rpc
