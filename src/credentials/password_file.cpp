// SPDX-License-Identifier: Apache-2.0
#include "credentials/password_file.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <system_error>
#include <vector>

#include "base/limits.hpp"

namespace switchhook::credentials {
namespace {

constexpr std::uint64_t kCost = 1 << 14, kBlock = 8, kParallel = 1;
constexpr std::uint64_t kMemory = 32 << 20;  // that scrypt may take
constexpr std::size_t kSalt = 16, kHash = 32, kLineBytes = 512, kPasswordBytes = 256;

using Fields = std::vector<std::string>;  // of a line

std::string to_hex(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < size; ++i)
    out.append(1, kDigits[bytes[i] >> 4]).append(1, kDigits[bytes[i] & 15]);
  return out;
}

Fields fields_of(const std::string& line) {
  Fields fields;
  std::istringstream in(line);
  for (std::string each; std::getline(in, each, ':');) fields.push_back(each);
  return fields;
}

/// The salt is used as it is written.
Result<std::string> hash(const std::string& password, const std::string& salt) {
  std::array<unsigned char, kHash> out{};
  if (::EVP_PBE_scrypt(password.data(), password.size(),
                       reinterpret_cast<const unsigned char*>(salt.data()), salt.size(), kCost,
                       kBlock, kParallel, kMemory, out.data(), out.size()) != 1)
    return Error{Errc::failed, "the password cannot be hashed"};
  return to_hex(out.data(), out.size());
}

Error failure(const std::string& file, int why) {
  const std::string text = file + ": " + std::generic_category().message(why);
  return {why == ENOENT                   ? Errc::not_found
          : why == EACCES || why == EPERM ? Errc::denied
                                          : Errc::failed,
          text};
}

Result<std::vector<std::string>> read_lines(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return failure(file, errno);
  struct stat info {};
  std::string text(limits::kConsoleUsers * kLineBytes, '\0');
  const bool regular = ::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
  const ssize_t size = regular ? ::read(descriptor, text.data(), text.size()) : -1;
  ::close(descriptor);
  if (size < 0) return Error{Errc::failed, file + " cannot be read"};
  if ((info.st_mode & 077) != 0)
    return Error{Errc::denied, file + " is open to others; its mode has to be 0600"};
  text.resize(static_cast<std::size_t>(size));
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string each; std::getline(in, each);)
    if (!each.empty()) lines.push_back(each);
  return lines;
}

/// All of it or nothing: a new file takes the place of the old one.
Result<void> write_lines(const std::string& file, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  std::string fresh = file + ".XXXXXX";
  const int descriptor = ::mkostemp(fresh.data(), O_CLOEXEC);  // mode 0600
  if (descriptor < 0) return failure(file, errno);
  const ssize_t size = ::write(descriptor, text.data(), text.size());
  const bool good = size == static_cast<ssize_t>(text.size()) && ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (good && ::rename(fresh.c_str(), file.c_str()) == 0) return {};
  const int why = errno;
  ::unlink(fresh.c_str());
  return failure(file, why);
}

/// Of the user's line; empty = there is none.
Result<Fields> fields_in(const std::string& file, const std::string& name) {
  const Result<std::vector<std::string>> lines = read_lines(file);
  if (!lines) return lines.error();
  Fields known;
  for (const std::string& line : *lines)
    if (Fields fields = fields_of(line); fields.size() == 8 && fields[0] == name) known = fields;
  return known;
}

User user_of(const Fields& fields) {
  return {fields[0], fields[1] == "operator", fields[6]};
}

/// Without the user's line.
Result<std::vector<std::string>> others(const std::string& file, const std::string& name) {
  Result<std::vector<std::string>> lines = read_lines(file);
  if (lines)
    std::erase_if(*lines, [&](const std::string& each) { return each.starts_with(name + ":"); });
  return lines;
}

}  // namespace

bool is_user_name(const std::string& name) {
  constexpr std::string_view kMore = "._@-";
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMore.find(c) != std::string_view::npos;
  });
}

Result<User> find_user(const std::string& file, const std::string& name) {
  const Result<Fields> known = fields_in(file, name);
  if (!known) return known.error();
  if (known->empty()) return Error{Errc::not_found, "there is no user \"" + name + "\""};
  return user_of(*known);
}

Result<User> check_password(const std::string& file, const std::string& name,
                            const std::string& password) {
  const Result<Fields> found = fields_in(file, name);
  if (!found) return found.error();
  const Fields& known = *found;
  const std::string salt = known.empty() ? std::string(2 * kSalt, '0') : known[6];
  const Result<std::string> hashed = hash(password.substr(0, kPasswordBytes), salt);
  if (!hashed) return hashed.error();
  const bool good = !known.empty() && is_user_name(name) && hashed->size() == known[7].size() &&
                    ::CRYPTO_memcmp(hashed->data(), known[7].data(), hashed->size()) == 0;
  if (!good) return Error{Errc::denied, "the name or the password is wrong"};
  return user_of(known);
}

Result<void> set_password(const std::string& file, const User& user, const std::string& password) {
  if (!is_user_name(user.name))
    return Error{Errc::invalid_argument, "a name has 1 to 64 of letters, digits and ._@-"};
  if (password.size() < 8 || password.size() > kPasswordBytes)
    return Error{Errc::invalid_argument, "a password has 8 to 256 bytes"};
  Result<std::vector<std::string>> lines = others(file, user.name);
  if (!lines && lines.error().code != Errc::not_found) return lines.error();
  if (lines && lines->size() >= limits::kConsoleUsers)
    return Error{Errc::resource_unavailable, file + " has as many users as it may have"};
  std::array<unsigned char, kSalt> random{};
  if (::RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    return Error{Errc::failed, "there is no randomness"};
  const std::string salt = to_hex(random.data(), random.size());
  const Result<std::string> hashed = hash(password, salt);
  if (!hashed) return hashed.error();
  std::vector<std::string> all = lines ? std::move(*lines) : std::vector<std::string>{};
  all.push_back(user.name + ":" + (user.operating ? "operator" : "observer") +
                ":scrypt:" + std::to_string(kCost) + ":" + std::to_string(kBlock) + ":" +
                std::to_string(kParallel) + ":" + salt + ":" + *hashed);
  return write_lines(file, all);
}

Result<void> remove_user(const std::string& file, const std::string& name) {
  const Result<std::vector<std::string>> before = read_lines(file);
  if (!before) return before.error();
  const Result<std::vector<std::string>> lines = others(file, name);
  if (!lines) return lines.error();
  if (lines->size() == before->size())
    return Error{Errc::not_found, "there is no user \"" + name + "\""};
  return write_lines(file, *lines);
}

}  // namespace switchhook::credentials
