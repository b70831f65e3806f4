// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include <charconv>

#include "cli/duration.hpp"

namespace switchhook::cli {

void add_duration(CLI::App* command, const std::string& name,
                  std::optional<std::chrono::milliseconds>* value, const std::string& words) {
  command
      ->add_option_function<std::string>(
          name,
          [value, name](const std::string& text) {
            *value = parse_duration(text);
            if (!*value)
              throw CLI::ValidationError(
                  name, "\"" + text + "\" is not a duration such as 500ms, 5s or 2m");
          },
          words)
      ->type_name("DURATION");
}

std::uint64_t session_number(const std::string& name, const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0)
    throw CLI::ValidationError(name, "\"" + text + "\" is not the number of a session");
  return number;
}

CLI::Option* add_session(CLI::App* command, const std::string& name, const std::string& words,
                         const std::function<void(std::uint64_t)>& take) {
  return command
      ->add_option_function<std::string>(
          name, [name, take](const std::string& text) { take(session_number(name, text)); }, words)
      ->type_name("SESSION");
}

void add_watch(CLI::App* command, std::optional<std::chrono::milliseconds>* watch) {
  command
      ->add_option_function<std::vector<std::string>>(
          "--watch",
          [watch](const std::vector<std::string>& given) {
            const std::string text = given.empty() || given.front().empty() ? "1s" : given.front();
            *watch = parse_duration(text);
            if (!*watch)
              throw CLI::ValidationError(
                  "--watch", "\"" + text + "\" is not a duration such as 500ms, 5s or 2m");
          },
          "Repeat the list at this interval (1s), until Ctrl-C")
      ->expected(0, 1)
      ->type_name("DURATION");
}

void add_csv(CLI::App* command, Common* common) {
  command->add_flag("--csv", common->csv,
                    "Write comma-separated values (RFC 4180), with a heading");
}

}  // namespace switchhook::cli
