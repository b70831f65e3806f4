// SPDX-License-Identifier: Apache-2.0
#pragma once

// Errors as values. `Errc` says what the caller can do, `Error` adds what exactly was wrong,
// `Result<T>` is a value or an error; its member names are those of std::expected, so that it can
// become one. Nothing here throws but `value()` on an error, which is a programming mistake.
// Threads: plain values, as safe as an int. Ownership: all by value.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace switchhook {

/// What went wrong, by what can be done about it. One row each in errors.def.
enum class Errc : std::uint16_t {
#define SWITCHHOOK_ERROR(name, number, exit_code, lineerr, hresult, words) name = number,
#include "switchhook/errors.def"
#undef SWITCHHOOK_ERROR
};

/// The words of an error for people. Never empty; an unknown number gives "unknown error".
constexpr std::string_view words_of(Errc code) {
  switch (code) {
#define SWITCHHOOK_ERROR(name, number, exit_code, lineerr, hresult, words) \
  case Errc::name:                                                         \
    return words;
#include "switchhook/errors.def"
#undef SWITCHHOOK_ERROR
  }
  return "unknown error";
}

/// The enumerator's own name, e.g. "stale_handle". An unknown number gives "unknown".
constexpr std::string_view name_of(Errc code) {
  switch (code) {
#define SWITCHHOOK_ERROR(name, number, exit_code, lineerr, hresult, words) \
  case Errc::name:                                                         \
    return #name;
#include "switchhook/errors.def"
#undef SWITCHHOOK_ERROR
  }
  return "unknown";
}

/// An error: its code, and in `context` what exactly was wrong and where (may be empty).
struct Error {
  Errc code = Errc::failed;
  std::string context;

  /// "<words>" or "<words>: <context>".
  [[nodiscard]] std::string text() const {
    std::string out(words_of(code));
    if (!context.empty()) out.append(": ").append(context);
    return out;
  }
};

namespace detail {
/// Says what was overlooked, and stops the program.
[[noreturn]] inline void no_value(const Error& error) {
  std::fprintf(stderr, "switchhook: the value of a failed Result was taken: %s\n",
               error.text().c_str());
  std::abort();
}
[[noreturn]] inline void no_error() {
  std::fputs("switchhook: the error of a Result that succeeded was taken\n", stderr);
  std::abort();
}
}  // namespace detail

/// A value or an error. Look before you take: `if (auto r = f()) use(*r); else report(r.error());`
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit
  Result(Errc code) : content_(std::in_place_index<1>, Error{code, {}}) {}     // NOLINT: implicit
  Result(Errc code, std::string context)
      : content_(std::in_place_index<1>, Error{code, std::move(context)}) {}

  [[nodiscard]] bool has_value() const { return content_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The value. Precondition: has_value(); otherwise the error is written to standard error, and the
  /// program is stopped.
  T& value() & {
    if (!has_value()) detail::no_value(*std::get_if<1>(&content_));
    return *std::get_if<0>(&content_);
  }
  const T& value() const& {
    if (!has_value()) detail::no_value(*std::get_if<1>(&content_));
    return *std::get_if<0>(&content_);
  }
  T&& value() && { return std::move(static_cast<Result&>(*this).value()); }

  template <typename U>
  T value_or(U&& other) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(other));
  }

  /// The error. Precondition: !has_value(); the program is stopped otherwise.
  [[nodiscard]] const Error& error() const& {
    if (has_value()) detail::no_error();
    return *std::get_if<1>(&content_);
  }
  Error&& error() && {
    if (has_value()) detail::no_error();
    return std::move(*std::get_if<1>(&content_));
  }

 private:
  std::variant<T, Error> content_;
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}  // NOLINT: implicit
  Result(Errc code) : failed_(true), error_{code, {}} {}            // NOLINT: implicit
  Result(Errc code, std::string context) : failed_(true), error_{code, std::move(context)} {}

  [[nodiscard]] bool has_value() const { return !failed_; }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] const Error& error() const& {
    if (!failed_) detail::no_error();
    return error_;
  }
  Error&& error() && {
    if (!failed_) detail::no_error();
    return std::move(error_);
  }

 private:
  bool failed_ = false;
  Error error_;
};

}  // namespace switchhook
