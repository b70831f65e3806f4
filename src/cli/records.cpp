// SPDX-License-Identifier: Apache-2.0
// The command that shows and exports records of ended sessions.

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "switchhook/json.hpp"

namespace switchhook::cli {

namespace {

constexpr std::uint32_t kAtOnce = 1000;
constexpr std::chrono::milliseconds kLook{250};  // how often --follow asks

Moment until(const Record& record) {
  if (record.end) return record.end->at;
  return record.timeline.empty() ? Moment{} : record.timeline.back().at;
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
void stream(const Record& record, const Common& common, CsvColumns columns) {
  if (common.json) return print_line(to_json(record));
  if (common.csv) return print_line(to_csv(record, columns));
  std::string line;
  for (const Cell& cell : table_row(record)) line += (line.empty() ? "" : "  ") + cell.shown;
  print_line(line);
}

/// All that match, page by page.
int run_all(const Operator& service, const Common& common, RecordQuery query, CsvColumns columns) {
  query.limit = kAtOnce;
  while (true) {
    Result<std::vector<Record>> page = service.records(query);
    if (!page) return report(page.error(), common.json);
    for (const Record& record : *page) stream(record, common, columns);
    if (page->size() < kAtOnce || output_failed()) return 0;
    query.after = page->back().session;
  }
}

int run_follow(const Operator& service, const Common& common, const RecordArguments& arguments,
               RecordQuery query) {
  Interrupt interrupt;
  interrupt.on_signal([] {});
  query.oldest_first = true;
  query.limit = kAtOnce;
  if (!arguments.since) {  // from now on
    Result<std::vector<Record>> newest = service.records({.limit = 1});
    if (!newest) return report(newest.error(), common.json);
    if (!newest->empty()) query.after = newest->front().session;
  }
  bool more = true;
  while (!interrupt.wait(more ? std::chrono::milliseconds(0) : kLook)) {
    Result<std::vector<Record>> page = service.records(query);
    if (!page && page.error().code == Errc::not_found) {
      // The record to go on from was old and is gone: go on by time.
      query.after = 0;
      continue;
    }
    if (!page) return report(page.error(), common.json);
    for (const Record& record : *page) {
      stream(record, common, arguments.columns);
      query.after = record.session;
      query.since = until(record).wall;
    }
    if (output_failed()) break;
    more = page->size() == kAtOnce;
  }
  interrupt.on_signal({});
  return interrupt.exit_code();
}

int run_verify(const Operator& service, const Common& common) {
  const Result<RecordsCheck> check = service.verify_records();
  if (!check) return report(check.error(), common.json);
  if (common.json) {
    print_line(to_json(*check));
  } else {
    for (const std::string& words : check->damaged) print_line("Damaged: " + shown(words));
    print_line(std::to_string(check->checked) +
               (check->checked == 1 ? " record was" : " records were") + " looked at; " +
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
  if (common.csv && !common.json && arguments.columns == CsvColumns::all) print_line(csv_heading());
  if (arguments.follow) return run_follow(service, common, arguments, std::move(query));
  if (arguments.all) return run_all(service, common, std::move(query), arguments.columns);
  Result<std::vector<Record>> records = service.records(query);
  if (!records) return report(records.error(), common.json);
  List list(Format::table, kHeading, "No records.");
  for (const Record& record : *records) {
    if (common.format() != Format::table)
      stream(record, common, arguments.columns);
    else
      list.add(table_row(record));
  }
  if (common.format() == Format::table) list.end();
  return 0;
}

}  // namespace switchhook::cli
