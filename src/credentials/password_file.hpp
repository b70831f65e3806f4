// SPDX-License-Identifier: Apache-2.0
#pragma once

// The console's users: one line each, "NAME:ROLE:scrypt:N:R:P:SALT:HASH", salt and hash in hexadecimal
// digits, in a file that only its owner can read. `switchhook console password` writes it, the daemon
// reads it at each login and each request of who has logged in. Threads: any. Ownership: values.

#include <optional>
#include <string>

#include "switchhook/error.hpp"

namespace switchhook::credentials {

struct User {
  std::string name;
  bool operating = false;  ///< an operator; otherwise an observer
  std::string stamp =
      {};  ///< another one each time the password is set; not taken by set_password()
};

/// 1…64 of letters, digits and "._@-".
[[nodiscard]] bool is_user_name(const std::string& name);

/// Who has this name. Errors: not_found: nobody, or there is no file; denied, failed.
[[nodiscard]] Result<User> find_user(const std::string& file, const std::string& name);
/// Who has this name and this password. Takes a tenth of a second and 16 MiB, also where there is no
/// such user. Errors: denied: nobody; not_found: there is no file; denied, failed: the file cannot be
/// used, in words.
[[nodiscard]] Result<User> check_password(const std::string& file, const std::string& name,
                                          const std::string& password);
/// Sets it, in the place of what the user had. Errors: invalid_argument; denied, failed.
[[nodiscard]] Result<void> set_password(const std::string& file, const User& user,
                                        const std::string& password);
/// Errors: not_found: there is no such user; denied, failed.
[[nodiscard]] Result<void> remove_user(const std::string& file, const std::string& name);

}  // namespace switchhook::credentials
