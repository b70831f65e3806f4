// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/dialog/dialogs.hpp"

#include <charconv>

namespace switchhook::sip {

// A tag is the owner's number, a letter for the dialog's place, and what nobody can guess. The
// letters are none of the number's digits.
namespace {
constexpr char kFirstPlace = 'p';
constexpr std::uint8_t kPlaces = 4;
}  // namespace

std::string Dialogs::make_tag(const DialogId& id) {
  std::array<char, 16> number{};
  const auto end = std::to_chars(number.data(), number.data() + number.size(), id.owner, 16).ptr;
  return std::string(number.data(), end) + static_cast<char>(kFirstPlace + id.index) +
         random_.word();
}

DialogId Dialogs::find(std::string_view tag, const std::string& call_id) {
  const auto matches = [&](const DialogId& id) {
    const Dialog* dialog = find(id);
    return dialog != nullptr && dialog->usage().local_tag() == tag &&
           dialog->usage().call_id() == call_id;
  };
  DialogId own{.of = DialogId::Of::call};
  const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), own.owner, 16);
  if (error == std::errc{} && end != tag.data() + tag.size() && *end >= kFirstPlace &&
      *end < kFirstPlace + kPlaces) {
    own.index = static_cast<std::uint8_t>(*end - kFirstPlace);
    if (matches(own)) return own;
  }
  if (foreign_.empty()) return {};
  const auto found = foreign_.find(std::string(tag));
  return found != foreign_.end() && matches(found->second) ? found->second : DialogId{};
}

Dialog* Dialogs::find(const DialogId& id) {
  DialogOwner* owner = owner_of(id);
  return owner != nullptr ? owner->find(id) : nullptr;
}

void Dialogs::feed(const DialogId& id, usage::Input input) {
  in_turn([&] { pending_.emplace_back(id, std::move(input)); });
}

void Dialogs::drain() {
  while (!pending_.empty()) {
    const auto [id, next] = std::move(pending_.front());
    pending_.pop_front();
    run(id, next);
  }
  running_ = false;
}

void Dialogs::run(const DialogId& id, const usage::Input& input) {
  Dialog* dialog = find(id);
  if (dialog == nullptr) return;
  DialogOwner& owner = *owner_of(id);
  usage::Outputs reports;
  std::vector<usage::Input> next;
  dialog->apply(
      input, [&] { owner.note(id); }, reports, next);
  for (usage::Input& each : next) pending_.emplace_back(id, std::move(each));
  for (usage::Output& report : reports) {
    if (const auto* finished = std::get_if<usage::Finished>(&report)) return over(id, *finished);
    owner.report(id, std::move(report));
  }
  owner.settle(id);
}

void Dialogs::over(const DialogId& id, const usage::Finished& how) {
  const usage::Usage& usage = find(id)->usage();
  tombstones.remember(usage, since_epoch());
  foreign_.erase(usage.local_tag());
  owner_of(id)->finished(id, how);
}

void Dialogs::give_up(const DialogId& id) {
  if (find(id) != nullptr) over(id, {Confirmation::unconfirmed, 0});
}

}  // namespace switchhook::sip
