// SPDX-License-Identifier: Apache-2.0
// The commands that look: lines, sessions, records, leaks, audit, status; and `release`.
#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "switchhook/json.hpp"

namespace switchhook::cli {

namespace {

std::string address_of(const Party& party) {
  return party.address.empty() ? "-" : shown(party.address);
}

std::string holders_of(const Record& record) {
  std::string out;
  for (const HolderRecord& holder : record.holders) {
    if (holder.released) continue;
    if (!out.empty()) out += ", ";
    out += shown(holder.application) + " (" + std::to_string(holder.process) + ")";
  }
  return out.empty() ? "-" : out;
}

std::chrono::microseconds began(const Record& record) {
  return record.timeline.empty() ? std::chrono::microseconds(0) : record.timeline.front().at.wall;
}

/// "0.001 s (half), 0.004 s (99 of 100), of 12"
std::string durations_text(const DurationCounts& durations) {
  const std::uint64_t all = durations.total();
  if (all == 0) return "none yet";
  const auto within = [&](unsigned percent) {
    const std::chrono::microseconds limit = durations.within(percent);
    const bool open = limit == DurationCounts::limit(DurationCounts::kSpans - 1);
    return open ? "longer than " + seconds_text(limit / 2) + " s" : seconds_text(limit) + " s";
  };
  return "within " + within(50) + " (half), " + within(99) + " (99 of 100); " +
         std::to_string(all) + " in all";
}

}  // namespace

Result<Application> connect(const Common& common) {
  Application::Options options;
  options.name = "switchhook";
  options.socket = common.socket;
  options.start_service = common.start;
  return Application::connect(options);
}

int run_lines(const Common& common) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Result<std::vector<LineInfo>> lines = application->lines();
  if (!lines) return report(lines.error(), common.json);
  std::vector<std::vector<std::string>> table{{"LINE", "ADDRESS", "PROVIDER", "SERVICE", "STATUS"}};
  for (const LineInfo& line : *lines) {
    if (common.json) print_line(to_json(line));
    table.push_back({shown(line.name), shown(line.address), shown(line.provider),
                     line.in_service ? "in" : "out", shown(line.status)});
  }
  if (!common.json) print_table(table, "No lines.");
  return 0;
}

int run_sessions(const Common& common) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Result<std::vector<Record>> sessions = Operator(*application).sessions();
  if (!sessions) return report(sessions.error(), common.json);
  std::vector<std::vector<std::string>> table{
      {"SESSION", "LINE", "FROM", "TO", "STATE", "AGE", "HELD BY"}};
  for (const Record& record : *sessions) {
    if (common.json) print_line(to_json(record));
    table.push_back({std::to_string(record.session), shown(record.line),
                     address_of(record.parties.calling), address_of(record.parties.called),
                     std::string(to_string(record.state)), span_text(since_wall(began(record))),
                     holders_of(record)});
  }
  if (!common.json) print_table(table, "No sessions.");
  return 0;
}

namespace {

/// One look. A table's widths are those of its contents.
int show_leaks(const Common& common, Operator& service) {
  Result<LeakReport> report_of = service.leaks();
  if (!report_of) return report(report_of.error(), common.json);
  std::vector<std::vector<std::string>> table{{"SESSION", "LINE", "STATE", "ENDED", "HELD BY",
                                               "PROCESS", "USER", "CONNECTION", "SERVICE", "CLIENT",
                                               "PROVIDER", "ACQUIRED AT"}};
  for (const Leak& leak : report_of->leaks) {
    if (common.json) print_line(to_json(leak));
    table.push_back(
        {std::to_string(leak.session), shown(leak.line), std::string(to_string(leak.state)),
         span_text(since_wall(leak.ended.wall)) + " ago", shown(leak.application),
         std::to_string(leak.process), shown(leak.user), std::to_string(leak.connection),
         std::to_string(leak.bytes), std::to_string(leak.client_bytes),
         std::to_string(leak.provider_bytes), leak.site.empty() ? "-" : shown(leak.site)});
  }
  if (common.json) return 0;
  print_table(table, "No leaks: every ended session was released.");
  if (report_of->total > report_of->leaks.size())
    print_line("… " + std::to_string(report_of->total) + " in all.");
  return 0;
}

}  // namespace

int run_leaks(const Common& common, std::optional<std::chrono::milliseconds> watch) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Operator service(*application);
  if (!watch) return show_leaks(common, service);
  std::mutex mutex;
  std::condition_variable stopped;
  bool stop = false;
  Interrupt interrupt;
  interrupt.on_signal([&] {
    const std::lock_guard lock(mutex);
    stop = true;
    stopped.notify_all();
  });
  while (true) {
    if (const int code = show_leaks(common, service); code != 0) return code;
    std::unique_lock lock(mutex);
    if (stopped.wait_for(lock, *watch, [&] { return stop; })) return interrupt.exit_code();
    if (!common.json) print_line("");
  }
}

int run_release(const Common& common, const ReleaseArguments& arguments) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Operator service(*application);
  Result<std::uint64_t> count =
      arguments.all_leaks ? service.reclaim_all() : service.reclaim(arguments.session.value_or(0));
  if (!count) return report(count.error(), common.json);
  if (common.json)
    print_line(JsonObject().add("reclaimed", *count).text());
  else
    print_line("Released " + std::to_string(*count) +
               (*count == 1 ? " identifier." : " identifiers."));
  return 0;
}

int run_audit(const Common& common, bool zero) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Result<AuditReport> audit = Operator(*application).audit();
  if (!audit) return report(audit.error(), common.json);
  if (common.json) {
    print_line(to_json(*audit));
  } else {
    std::vector<std::vector<std::string>> table{{"LEDGER", "OF", "BOOKED", "FOUND"}};
    for (const LedgerLine& line : audit->lines)
      table.push_back({std::string(to_string(line.resource)), shown(line.holder),
                       std::to_string(line.booked), std::to_string(line.found)});
    print_table(table, "No ledgers.");
    for (const std::string& finding : audit->findings) print_line("Finding: " + shown(finding));
    if (!audit->clean())
      print_line("The ledgers and reality differ.");
    else if (audit->all_zero())
      print_line("Clean: all ledgers are zero.");
    else
      print_line("Clean: the ledgers agree with reality.");
  }
  return audit->clean() && (!zero || audit->all_zero()) ? 0 : kExitFinding;
}

int run_status(const Common& common) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Result<ServiceStatus> status = Operator(*application).status();
  if (!status) return report(status.error(), common.json);
  if (common.json) {
    print_line(to_json(*status));
    return 0;
  }
  const auto row = [](std::string_view label, const std::string& text) {
    std::string line(label);
    line.append(18 - line.size(), ' ');
    print_line(line + text);
  };
  row("version", shown(status->version));
  row("process", std::to_string(status->process));
  row("up", span_text(status->up));
  row("socket", shown(status->socket));
  row("records kept in", status->store.empty() ? "memory" : shown(status->store));
  row("applications", std::to_string(status->applications));
  row("lines", std::to_string(status->lines));
  row("memory in use", std::to_string(status->heap_bytes / 1024) + " KiB");
  row("sessions", std::to_string(status->sessions_live) + " live, " +
                      std::to_string(status->sessions_held) + " ended and held, " +
                      std::to_string(status->sessions_total) + " in all");
  row("records written", std::to_string(status->records_written));
  const EndTimes& ends = status->ends;
  row("ends confirmed",
      durations_text(ends.acknowledged) +
          (ends.unacknowledged == 0 ? "" : "; " + std::to_string(ends.unacknowledged) + " never"));
  row("providers free", durations_text(ends.returned));
  row("all released", durations_text(ends.released));
  row("events", std::to_string(status->events_dropped) + " dropped, " +
                    std::to_string(status->late_events) + " late");
  return 0;
}

}  // namespace switchhook::cli
