// SPDX-License-Identifier: Apache-2.0
#include "daemon/reload.hpp"

#include <algorithm>
#include <sstream>
#include <type_traits>

#include "daemon/log.hpp"
#include "daemon/sip_config.hpp"
#include "daemon/sip_process.hpp"
#include "providers/remote/values.hpp"

namespace switchhook::daemon {
namespace {

constexpr auto* kRemoved = "not configured any more";

/// Takes what is wanted, and says so if it is news.
template <typename T>
void take(Reload& to, const char* table, T& now, T& wanted) {
  if (now == wanted) return;
  now = std::move(wanted);
  const std::string words = std::string("[") + table + "] changed";
  if (std::find(to.report.changes.begin(), to.report.changes.end(), words) ==
      to.report.changes.end())
    to.report.changes.push_back(words);
}

/// The members of a described value but its lines, as bytes.
std::vector<std::pair<std::string, remote::Bytes>> members(const sip::Config& config) {
  std::vector<std::pair<std::string, remote::Bytes>> all;
  describe::for_each_member(config, [&](const auto& member, const auto& part) {
    using Part = std::remove_cvref_t<decltype(part)>;
    if constexpr (!std::is_same_v<Part, std::vector<sip::LineConfig>>) {
      auto& [name, bytes] = all.emplace_back(member.name, remote::Bytes());
      if constexpr (describe::Duration<Part>) name += "_s";
      remote::Writer(bytes).put(part);
    }
  });
  return all;
}

void compare_rest(const Settings& now, const Settings& wanted, std::vector<std::string>& restart) {
  const auto differ = [&](const char* name, const auto& a, const auto& b) {
    if (!(a == b)) restart.emplace_back(name);
  };
  differ("service.socket", now.socket, wanted.socket);
  differ("service.socket_mode", now.socket_mode, wanted.socket_mode);
  differ("service.socket_group", now.socket_group, wanted.socket_group);
  differ("service.tcp_port", now.tcp_port, wanted.tcp_port);
  differ("service.token_file", now.token_file, wanted.token_file);
  differ("service.store", now.store, wanted.store);
  differ("service.store_keep_days", now.store_keep_days, wanted.store_keep_days);
  differ("service.store_max_mb", now.store_max_mb, wanted.store_max_mb);
  differ("records", now.postgresql, wanted.postgresql);
  differ("service.resume_s", now.resume_time, wanted.resume_time);
  differ("service.restore_s", now.restore_time, wanted.restore_time);
  differ("service.silence_s", now.silence_time, wanted.silence_time);
  differ("service.audit_s", now.audit_every, wanted.audit_every);
  differ("console", now.console, wanted.console);
  differ("metrics.listen", now.metrics_listen, wanted.metrics_listen);
  differ("exchange.enabled", now.exchange_enabled, wanted.exchange_enabled);
  differ("exchange.digit_duration_ms", now.exchange.digit_duration, wanted.exchange.digit_duration);
  differ("exchange.extension", now.exchange.extensions, wanted.exchange.extensions);
  differ("sip.enabled", now.sip_enabled, wanted.sip_enabled);
  differ("sip.process", now.sip_process, wanted.sip_process);
  const auto before = members(now.sip), after = members(wanted.sip);
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i].second != after[i].second)
      restart.push_back(before[i].first == "hep" ? std::string("trace") : "sip." + before[i].first);
}

/// @param name_of  of a line; @param config_of  for its provider
template <typename Line, typename NameOf, typename ConfigOf>
void compare_lines(Reload& to, const char* provider, std::vector<Line>& now,
                   std::vector<Line>& wanted, NameOf name_of, ConfigOf config_of) {
  const auto named = [&](std::vector<Line>& lines, const std::string& name) {
    return std::find_if(lines.begin(), lines.end(),
                        [&](const Line& line) { return name_of(line) == name; });
  };
  const auto said = [&](const std::string& name, const char* how) {
    to.report.changes.push_back("line " + name + " " + how);
  };
  for (const Line& line : now)
    if (named(wanted, name_of(line)) == wanted.end()) {
      said(name_of(line), "removed");
      to.commands.emplace_back(provider, provider::RemoveLine{name_of(line), kRemoved});
    }
  for (const Line& line : wanted) {
    const auto before = named(now, name_of(line));
    if (before != now.end() && *before == line) continue;
    said(name_of(line), before == now.end() ? "added" : "changed");
    to.commands.emplace_back(provider, provider::AddLine{name_of(line), config_of(line)});
  }
  now = std::move(wanted);
}

}  // namespace

Reload reload(const Settings& now, Settings wanted) {
  Reload out{now, {}, {}};
  out.report.warnings = wanted.warnings;
  compare_rest(now, wanted, out.report.needs_restart);
  Settings& settings = out.settings;
  core::Policy &policy = settings.policy, &new_policy = wanted.policy;
  take(out, "log", settings.log, wanted.log);
  take(out, "service", settings.idle_exit, wanted.idle_exit);
  take(out, "service", settings.journal_lost, wanted.journal_lost);
  take(out, "service", policy.memory, new_policy.memory);
  take(out, "limits", policy.calls, new_policy.calls);
  take(out, "limits", policy.calls_by_line, new_policy.calls_by_line);
  take(out, "leaks", policy.leaks, new_policy.leaks);
  take(out, "leaks", policy.leaks_by_name, new_policy.leaks_by_name);
  take(out, "lost", policy.loss, new_policy.loss);
  take(out, "lost", policy.loss_by_line, new_policy.loss_by_line);
  take(out, "lost", policy.loss_by_name, new_policy.loss_by_name);
  take(out, "emergency", policy.emergency, new_policy.emergency);
  take(out, "access", settings.access.operators, wanted.access.operators);
  take(out, "access", settings.access.observers, wanted.access.observers);
  take(out, "access", settings.access.lines, wanted.access.lines);
  if (now.exchange_enabled && wanted.exchange_enabled)
    compare_lines(
        out, "exchange", settings.exchange.lines, wanted.exchange.lines,
        [](const std::string& line) { return line; },
        [](const std::string&) { return std::string(); });
  if (!now.sip_enabled || !wanted.sip_enabled) return out;
  // A transport that is not there before the restart carries no line.
  std::erase_if(wanted.sip.lines, [&](const sip::LineConfig& line) {
    const bool there = now.sip.has(line.transport);
    if (!there) out.report.needs_restart.push_back("sip.line " + line.name + " (its transport)");
    return !there;
  });
  compare_lines(
      out, "sip", settings.sip.lines, wanted.sip.lines,
      [](const sip::LineConfig& line) { return line.name; }, sip_line_bytes);
  return out;
}

void write_log(const Error& mistakes) {
  std::istringstream lines(mistakes.context);
  for (std::string each; std::getline(lines, each);)
    log::write(log::Subject::service, log::Level::error, "configuration: " + each);
  log::write(log::Subject::service, log::Level::error, "the configuration stays as it was");
}

void write_log(const ReloadReport& report) {
  using log::Level;
  const auto tell = [](Level level, const char* what, const std::vector<std::string>& all) {
    for (const std::string& each : all)
      log::write(log::Subject::service, level, "configuration: " + (what + each));
  };
  tell(Level::info, "", report.changes);
  tell(Level::info, "not in force before a restart: ", report.needs_restart);
  tell(Level::warn, "", report.warnings);
  if (report.changes.empty()) tell(Level::info, "", {"no change"});
}

}  // namespace switchhook::daemon
