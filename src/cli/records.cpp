// SPDX-License-Identifier: Apache-2.0
// The command that shows and exports records of ended sessions.
#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "switchhook/json.hpp"

namespace switchhook::cli {

namespace {

constexpr std::uint32_t kAtOnce = 1000;
constexpr std::chrono::milliseconds kLook{250};  // how often --follow asks

std::chrono::microseconds began(const Record& record) {
  return record.timeline.empty() ? std::chrono::microseconds(0) : record.timeline.front().at.wall;
}

Moment until(const Record& record) {
  if (record.end) return record.end->at;
  return record.timeline.empty() ? Moment{} : record.timeline.back().at;
}

std::string seconds(std::chrono::nanoseconds span) {
  return seconds_text(span);
}

/// Name and value of every column, in order.
std::vector<std::pair<std::string, std::string>> columns(const Record& record) {
  const Parties& parties = record.parties;
  const End end = record.end.value_or(End{});
  std::string holders;
  for (const HolderRecord& holder : record.holders) {
    if (!holders.empty()) holders += "; ";
    holders += holder.application + " (" + holder.user + ", " + std::to_string(holder.process) +
               ", " + std::string(to_string(holder.privilege)) + ", " +
               (holder.released ? "released " + exact_wall_text(holder.released->wall) : "held") +
               ")";
  }
  const bool answered =
      std::any_of(record.timeline.begin(), record.timeline.end(),
                  [](const TimelineEntry& step) { return step.state == CallState::connected; });
  return {{"session", std::to_string(record.session)},
          {"line", record.line},
          {"provider", record.provider},
          {"provider_call_id", record.provider_call_id},
          {"direction", std::string(to_string(record.direction))},
          {"calling", parties.calling.address},
          {"calling_name", parties.calling.name},
          {"called", parties.called.address},
          {"called_name", parties.called.name},
          {"connected", parties.connected.address},
          {"redirecting", parties.redirecting.address},
          {"redirection", parties.redirection.address},
          {"began", exact_wall_text(began(record))},
          {"ended", exact_wall_text(end.at.wall)},
          {"time_to_answer", answered ? seconds(time_to_answer(record)) : ""},
          {"talk_time", seconds(talk_time(record, until(record)))},
          {"held_time", seconds(held_time(record, until(record)))},
          {"origin", std::string(to_string(end.origin))},
          {"mode", std::string(to_string(end.cause.mode))},
          {"sip_status", std::to_string(end.cause.sip_status)},
          {"q850", std::to_string(end.cause.q850)},
          {"words", end.cause.words},
          {"confirmation", std::string(to_string(end.confirmation))},
          {"confirmed_after", seconds(end.confirmed_after)},
          {"sent_times", std::to_string(end.sent_times)},
          {"returned_after", seconds(end.returned_after)},
          {"application", record.application},
          {"app_specific", std::to_string(record.app_specific)},
          {"user_info_sent", base16(record.user_info_sent)},
          {"user_info_received", base16(record.user_info_received)},
          {"comment", record.comment},
          {"holders", holders},
          {"ended_by_application", record.ended_by_application},
          {"ended_by_user", record.ended_by_user}};
}

std::string csv_of(const Record& record, bool heading) {
  std::vector<std::string> values;
  for (auto& [name, value] : columns(record)) values.push_back(heading ? name : std::move(value));
  return csv_line(values);
}

const std::vector<std::string> kHeading{"session", "began", "line", "from", "to", "talk", "ended"};

/// "by the local user: normal, dialer (user anna)"
std::string ended(const Record& record) {
  const std::string who = ended_by_text(record);
  return to_text(record.end) + (who.empty() ? "" : ", " + who);
}

std::vector<Cell> table_row(const Record& record) {
  return {Cell::number(std::uint64_t{record.call_id}),
          Cell::time(began(record)),
          record.line,
          record.parties.calling.address,
          record.parties.called.address,
          Cell::span(talk_time(record, until(record))),
          ended(record)};
}

/// One record as it is streamed, without knowing those that follow.
void stream(const Record& record, const Common& common) {
  if (common.json) return print_line(to_json(record));
  if (common.csv) return print_line(csv_of(record, false));
  std::string line;
  for (const Cell& cell : table_row(record)) line += (line.empty() ? "" : "  ") + cell.shown;
  print_line(line);
}

/// All that match, page by page.
int run_all(const Operator& service, const Common& common, RecordQuery query) {
  query.limit = kAtOnce;
  while (true) {
    Result<std::vector<Record>> page = service.records(query);
    if (!page) return report(page.error(), common.json);
    for (const Record& record : *page) stream(record, common);
    if (page->size() < kAtOnce || output_failed()) return 0;
    query.after = page->back().session;
  }
}

int run_follow(const Operator& service, const Common& common, const RecordArguments& arguments,
               RecordQuery query) {
  Interrupt interrupt;
  std::mutex mutex;
  std::condition_variable stopped;
  bool stop = false;  // guarded by mutex
  interrupt.on_signal([&] {
    {
      const std::lock_guard lock(mutex);
      stop = true;
    }
    stopped.notify_all();
  });
  /// True when it is to end.
  const auto wait = [&](std::chrono::milliseconds time) {
    std::unique_lock lock(mutex);
    return stopped.wait_for(lock, time, [&] { return stop; });
  };
  query.oldest_first = true;
  query.limit = kAtOnce;
  if (!arguments.since) {  // from now on
    Result<std::vector<Record>> newest = service.records({.limit = 1});
    if (!newest) return report(newest.error(), common.json);
    if (!newest->empty()) query.after = newest->front().session;
  }
  bool more = true;
  while (!wait(more ? std::chrono::milliseconds(0) : kLook)) {
    Result<std::vector<Record>> page = service.records(query);
    if (!page && page.error().code == Errc::not_found) {
      // The record to go on from was old and is gone: go on by time.
      query.after = 0;
      continue;
    }
    if (!page) return report(page.error(), common.json);
    for (const Record& record : *page) {
      stream(record, common);
      query.after = record.session;
      query.since = until(record).wall;
    }
    if (output_failed()) break;
    more = page->size() == kAtOnce;
  }
  interrupt.on_signal({});
  return interrupt.exit_code();
}

}  // namespace

namespace {

int run_verify(const Operator& service, const Common& common) {
  const Result<RecordsCheck> check = service.verify_records();
  if (!check) return report(check.error(), common.json);
  if (common.json) {
    print_line(to_json(*check));
  } else {
    for (const std::string& words : check->damaged) print_line("Damaged: " + shown(words));
    print_line(std::to_string(check->checked) + " records were looked at; " +
               (check->damaged.empty() ? std::string("all are whole.")
                                       : std::to_string(check->damaged.size()) + " are damaged."));
  }
  return check->damaged.empty() ? 0 : kExitFinding;
}

}  // namespace

int run_records(const Common& common, const RecordArguments& arguments) {
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  const Operator service(*application);
  if (arguments.verify) return run_verify(service, common);
  RecordQuery query = arguments.query;
  const auto ago = [](std::chrono::milliseconds span) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now - span);
  };
  if (arguments.since) query.since = ago(*arguments.since);
  if (arguments.until) query.until = ago(*arguments.until);
  if (query.session != 0) {
    const Result<std::uint64_t> session = find_record(service, query.session);
    if (!session) return report(session.error(), common.json);
    query.session = *session;
  }
  if (common.csv && !common.json) print_line(csv_of({}, true));
  if (arguments.follow) return run_follow(service, common, arguments, std::move(query));
  if (arguments.all) return run_all(service, common, std::move(query));
  Result<std::vector<Record>> records = service.records(query);
  if (!records) return report(records.error(), common.json);
  List list(Format::table, kHeading, "No records.");
  for (const Record& record : *records) {
    if (common.format() != Format::table)
      stream(record, common);
    else
      list.add(table_row(record));
  }
  if (common.format() == Format::table) list.end();
  return 0;
}

}  // namespace switchhook::cli
