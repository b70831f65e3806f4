// SPDX-License-Identifier: Apache-2.0
#include "daemon/access.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/limits.hpp"

namespace switchhook::daemon {
namespace {

/// A number is taken as it is.
std::optional<std::uint32_t> number_of(const std::string& name) {
  std::uint32_t number = 0;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

std::optional<std::uint32_t> user_number(const std::string& name) {
  if (const auto number = number_of(name)) return number;
  const passwd* known = ::getpwnam(name.c_str());
  if (known == nullptr) return std::nullopt;
  return known->pw_uid;
}

std::optional<std::uint32_t> group_number(const std::string& name) {
  if (const auto number = number_of(name)) return number;
  const group* known = ::getgrnam(name.c_str());
  if (known == nullptr) return std::nullopt;
  return known->gr_gid;
}

template <typename Find>
std::vector<std::uint32_t> numbers_of(const std::vector<std::string>& names, const char* what,
                                      Find find, const AccessNames& from, std::string& missing) {
  std::vector<std::uint32_t> numbers;
  for (const std::string& name : names) {
    if (const std::optional<std::uint32_t> number = find(name)) {
      numbers.push_back(*number);
      continue;
    }
    const auto where = from.where.find(name);
    missing += (missing.empty() ? "" : "\n") +
               (where == from.where.end() ? std::string() : where->second) +
               "access: there is no " + what + " \"" + name + "\"";
  }
  return numbers;
}

std::vector<std::uint32_t> groups_of(std::uint32_t user) {
  const passwd* known = ::getpwuid(user);
  if (known == nullptr) return {};
  std::vector<gid_t> groups(limits::kGroupsOfUser);
  int count = static_cast<int>(groups.size());
  ::getgrouplist(known->pw_name, known->pw_gid, groups.data(), &count);
  groups.resize(std::min(groups.size(), static_cast<std::size_t>(std::max(count, 0))));
  return {groups.begin(), groups.end()};
}

bool meet(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  return std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end();
}

}  // namespace

Result<Access> Access::resolve(const AccessNames& names, std::uint32_t daemon_user) {
  Access access;
  access.daemon_user_ = daemon_user;
  std::string missing;
  access.operators_ = numbers_of(names.operators, "group", group_number, names, missing);
  access.observers_ = numbers_of(names.observers, "group", group_number, names, missing);
  for (const auto& [line, whose] : names.lines)
    access.lines_[line] = {numbers_of(whose.users, "user", user_number, names, missing),
                           numbers_of(whose.groups, "group", group_number, names, missing)};
  if (!missing.empty()) return Error{Errc::invalid_argument, missing};
  return access;
}

void Access::describe(api::ApplicationInfo& who) const {
  who.groups = groups_of(who.uid);
  if (who.uid == daemon_user_ || who.uid == 0 || meet(who.groups, operators_))
    who.role = api::Role::operating;
  else if (meet(who.groups, observers_))
    who.role = api::Role::observer;
  else
    who.role = api::Role::user;
}

}  // namespace switchhook::daemon
