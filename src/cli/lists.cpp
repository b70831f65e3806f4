// SPDX-License-Identifier: Apache-2.0
// The commands that look: lines, sessions, records, leaks, audit, status; and `release`.
#include <cstdint>
#include <map>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "switchhook/json.hpp"

namespace switchhook::cli {

namespace {

std::string holders_of(const Record& record) {
  std::string out;
  for (const HolderRecord& holder : record.holders) {
    if (holder.released) continue;
    if (!out.empty()) out += ", ";
    out += holder.application + " (" + std::to_string(holder.process) + ")";
  }
  return out;
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
  options.service = common.service;
  return Application::connect(options);
}

Result<Record> find_session(const Operator& service, std::uint64_t number) {
  Result<std::vector<Record>> all = service.sessions();
  if (!all) return std::move(all).error();
  for (Record& each : *all)
    if (each.session == number || each.call_id == number) return std::move(each);
  return Error{Errc::not_found, "session " + std::to_string(number)};
}

Result<std::uint64_t> find_record(const Operator& service, std::uint64_t number) {
  if (number > UINT32_MAX) return number;
  const Result<Record> there = find_session(service, number);
  if (there) return there->session;
  if (there.error().code != Errc::not_found) return there.error();
  constexpr std::uint32_t kLast = 10000;
  const Result<std::vector<Record>> last = service.records({.limit = kLast});
  if (!last) return last.error();
  for (const Record& each : *last)
    if (each.call_id == number) return each.session;
  return Error{Errc::not_found, "session " + std::to_string(number) + ", not among the last " +
                                    std::to_string(kLast) + " records either"};
}

std::string short_number(const Record& session) {
  return std::to_string(session.call_id);
}

std::chrono::microseconds began(const Record& record) {
  return record.timeline.empty() ? std::chrono::microseconds(0) : record.timeline.front().at.wall;
}

int repeat(const Common& common, std::optional<std::chrono::milliseconds> watch,
           const std::function<int()>& show) {
  if (!watch) return show();
  Interrupt interrupt;
  interrupt.on_signal([] {});
  const bool table = common.format() == Format::table;
  while (true) {
    if (table) clear_screen();
    if (const int code = show(); code != 0 || output_failed()) return code;
    if (interrupt.wait(*watch)) return interrupt.exit_code();
    if (table) print_line("");
  }
}

int run_lines(const Common& common) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Result<std::vector<LineInfo>> lines = application->lines();
  if (!lines) return report(lines.error(), common.json);
  List list(common.format(), {"line", "address", "provider", "service", "status"}, "No lines.");
  for (const LineInfo& line : *lines) {
    if (common.json)
      print_line(to_json(line));
    else
      list.add(
          {line.name, line.address, line.provider, line.in_service ? "in" : "out", line.status});
  }
  list.end();
  return 0;
}

int run_sessions(const Common& common, std::optional<std::chrono::milliseconds> watch) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  const Operator service(*application);
  return repeat(common, watch, [&] {
    Result<std::vector<Record>> sessions = service.sessions();
    if (!sessions) return report(sessions.error(), common.json);
    List list(common.format(),
              {"session", "line", "from", "to", "state", "began", "age", "held_by"},
              "No sessions.");
    for (const Record& record : *sessions) {
      if (common.json)
        print_line(to_json(record));
      else
        list.add({Cell::number(std::uint64_t{record.call_id}), record.line,
                  record.parties.calling.address, record.parties.called.address,
                  Cell::state(record.state), Cell::time(began(record)),
                  Cell::span(since_wall(began(record))), holders_of(record)});
    }
    list.end();
    return 0;
  });
}

namespace {

/// The short numbers of all sessions that are there.
Result<std::map<std::uint64_t, std::uint64_t>> short_numbers(const Operator& service) {
  const Result<std::vector<Record>> all = service.sessions();
  if (!all) return all.error();
  std::map<std::uint64_t, std::uint64_t> numbers;
  for (const Record& each : *all) numbers[each.session] = each.call_id;
  return numbers;
}

/// One look. A table's widths are those of its contents.
int show_leaks(const Common& common, const Operator& service) {
  Result<LeakReport> report_of = service.leaks();
  if (!report_of) return report(report_of.error(), common.json);
  std::map<std::uint64_t, std::uint64_t> numbers;
  if (!common.json && !report_of->leaks.empty()) {
    auto known = short_numbers(service);
    if (!known) return report(known.error(), common.json);
    numbers = std::move(*known);
  }
  List list(common.format(),
            {"session", "line", "state", "ended", "ago", "held_by", "process", "user", "connection",
             "service", "client", "provider", "acquired_at"},
            "No leaks: every ended session was released.");
  for (const Leak& leak : report_of->leaks) {
    if (common.json) {
      print_line(to_json(leak));
      continue;
    }
    const auto number = numbers.find(leak.session);
    list.add({Cell::number(number == numbers.end() ? leak.session : number->second), leak.line,
              Cell::state(leak.state), Cell::time(leak.ended.wall),
              Cell::span(since_wall(leak.ended.wall)), leak.application,
              Cell::number(std::uint64_t{leak.process}), leak.user, Cell::number(leak.connection),
              Cell::number(leak.bytes), Cell::number(leak.client_bytes),
              Cell::number(leak.provider_bytes), leak.site});
  }
  list.end();
  if (list.format() == Format::table && report_of->total > report_of->leaks.size())
    print_line("… " + std::to_string(report_of->total) + " in all.");
  return 0;
}

}  // namespace

int run_leaks(const Common& common, std::optional<std::chrono::milliseconds> watch) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  const Operator service(*application);
  return repeat(common, watch, [&] { return show_leaks(common, service); });
}

int run_release(const Common& common, const ReleaseArguments& arguments) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Operator service(*application);
  const auto reclaim_one = [&]() -> Result<std::uint64_t> {
    const Result<Record> session = find_session(service, arguments.session.value_or(0));
    if (!session) return session.error();
    return service.reclaim(session->session);
  };
  const Result<std::uint64_t> count = arguments.all_leaks ? service.reclaim_all() : reclaim_one();
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
  const int code = audit->clean() && (!zero || audit->all_zero()) ? 0 : kExitFinding;
  if (common.json) {
    print_line(to_json(*audit));
  } else {
    List list(common.format(), {"ledger", "of", "booked", "found"}, "No ledgers.");
    for (const LedgerLine& line : audit->lines)
      list.add({to_string(line.resource), line.holder, Cell::number(line.booked),
                Cell::number(line.found)});
    list.end();
    if (common.csv) return code;
    for (const std::string& finding : audit->findings) print_line("Finding: " + shown(finding));
    if (!audit->clean())
      print_line("The ledgers and reality differ.");
    else if (audit->all_zero())
      print_line("Clean: all ledgers are zero.");
    else
      print_line("Clean: the ledgers agree with reality.");
  }
  return code;
}

int run_refusals(const Common& common) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Result<AuditReport> audit = Operator(*application).audit();
  if (!audit) return report(audit.error(), common.json);
  const Refusals refusals = audit->refusals.value_or(Refusals{});
  if (common.json) {
    print_line(to_json(refusals));
    return 0;
  }
  List last(common.format(),
            {"time", "reason", "status", "source", "calling", "called", "provider_call_id"},
            "No call was refused.");
  for (const Refusal& each : refusals.last)
    last.add({Cell::time(each.at.wall), to_string(each.reason),
              Cell::number(std::uint64_t{each.sip_status}), each.source, each.calling, each.called,
              each.provider_call_id});
  last.end();
  if (common.csv || refusals.total == 0) return 0;
  print_line("");
  List networks(common.format(), {"network", "count", "last"}, "");
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < refusals.networks.size() && i < kShown; ++i)
    networks.add({refusals.networks[i].network, Cell::number(refusals.networks[i].count),
                  Cell::time(refusals.networks[i].last.wall)});
  networks.end();
  std::string words = std::to_string(refusals.total) + " in all";
  for (const RefusalCount& each : refusals.reasons)
    words += ", " + std::to_string(each.count) + " " + std::string(to_string(each.reason));
  print_line(words + ".");
  return 0;
}

int run_status(const Common& common) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  Result<ServiceStatus> status = Operator(*application).status();
  if (!status) return report(status.error(), common.json);
  const ServiceFound found = application->service();
  if (common.json) {
    const std::string which =
        JsonObject().add("service", to_string(found.kind)).add("why", found.why).text();
    print_line(which.substr(0, which.size() - 1) + "," + to_json(*status).substr(1));
    return 0;
  }
  const auto row = [](std::string_view label, const std::string& text) {
    std::string line(label);
    line.append(18 - line.size(), ' ');
    print_line(line + text);
  };
  row("daemon", found.kind == ServiceKind::user      ? "the user's own"
                : found.kind == ServiceKind::machine ? "the machine's"
                                                     : "the one that was named");
  row("because", shown(found.why));
  row("version", shown(status->version));
  row("process", std::to_string(status->process));
  row("up", span_text(status->up));
  row("socket", shown(status->socket));
  row("records kept in", status->store.empty() ? "memory" : shown(status->store));
  row("applications", std::to_string(status->applications));
  row("lines", std::to_string(status->lines));
  row("new calls", status->refusing.empty() ? "taken" : shown(status->refusing));
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
