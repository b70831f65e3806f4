// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <iostream>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "switchhook/json.hpp"

namespace switchhook::cli {
namespace {

constexpr std::size_t kQueuedBytes = 1024 * 1024;
constexpr std::chrono::seconds kLastLines{1};

}  // namespace

int exit_code(Errc code) {
  switch (code) {
#define SWITCHHOOK_ERROR(name, number, exit_code, lineerr, hresult, words) \
  case Errc::name:                                                         \
    return exit_code;
#include "switchhook/errors.def"
#undef SWITCHHOOK_ERROR
  }
  return 1;
}

int exit_code(const Record& record) {
  if (!record.end) return exit_code(Errc::failed);
  const bool connected =
      std::any_of(record.timeline.begin(), record.timeline.end(),
                  [](const TimelineEntry& step) { return step.state == CallState::connected; });
  switch (record.end->cause.mode) {
    case DisconnectMode::normal:
      return connected ? 0 : 39;
    case DisconnectMode::busy:
      return 20;
    case DisconnectMode::no_answer:
      return 21;
    case DisconnectMode::reject:
      return 22;
    case DisconnectMode::bad_address:
      return 23;
    case DisconnectMode::unreachable:
      return 24;
    case DisconnectMode::congestion:
      return 25;
    case DisconnectMode::incompatible:
      return 26;
    case DisconnectMode::unavailable:
      return 27;
    case DisconnectMode::out_of_order:
      return 28;
    case DisconnectMode::temporary_failure:
      return 29;
    case DisconnectMode::number_changed:
      return 30;
    case DisconnectMode::do_not_disturb:
      return 31;
    case DisconnectMode::blocked:
      return 32;
    case DisconnectMode::qos_unavailable:
      return 33;
    case DisconnectMode::no_dialtone:
      return 34;
    case DisconnectMode::forwarded:
      return 35;
    case DisconnectMode::pickup:
      return 36;
    case DisconnectMode::cancelled:
      return 37;
    case DisconnectMode::unknown:
      return 38;
  }
  return exit_code(Errc::failed);
}

namespace {

/// What is to be written, by a thread of its own.
struct Queue {
  std::mutex mutex;
  std::condition_variable came, written;
  std::deque<std::string> lines;
  std::size_t bytes = 0;
  std::uint64_t dropped = 0;
  bool over = false, done = false;
};
std::mutex output_mutex;
std::atomic<int> output_error = 0;  // errno of the first write that failed
std::shared_ptr<Queue> queue;       // guarded by output_mutex; null = lines are written at once

/// Writes all, in pieces that a pipe with room takes at once. False: nobody reads any more.
bool write_all(std::string_view text) {
  while (!text.empty()) {
    pollfd ready{STDOUT_FILENO, POLLOUT, 0};
    if (::poll(&ready, 1, -1) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    const ssize_t size =
        ::write(STDOUT_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size <= 0) break;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  if (!text.empty() && output_error == 0) output_error = errno != 0 ? errno : EIO;
  return text.empty();
}

void write_queued(const std::shared_ptr<Queue>& from) {
  std::unique_lock lock(from->mutex);
  bool read = true;
  while (true) {
    from->came.wait(lock, [&] { return !from->lines.empty() || from->over; });
    if (from->lines.empty()) break;
    std::string line = std::move(from->lines.front());
    from->lines.pop_front();
    from->bytes -= line.size();
    if (const auto dropped = std::exchange(from->dropped, 0); dropped != 0)
      line.insert(0, "(" + std::to_string(dropped) + (dropped == 1 ? " line is" : " lines are") +
                         " left out: not read in time)\n");
    lock.unlock();
    read = read && write_all(line);
    lock.lock();
  }
  from->done = true;
  from->written.notify_all();
}

void enqueue(Queue& to, std::string line) {
  {
    const std::lock_guard lock(to.mutex);
    if (to.bytes + line.size() > kQueuedBytes) {
      ++to.dropped;
      return;
    }
    to.bytes += line.size();
    to.lines.push_back(std::move(line));
  }
  to.came.notify_one();
}

void write_out(std::string_view text, bool end_line) {
  const std::lock_guard lock(output_mutex);
  end_line = end_line && !text.ends_with('\n');
  if (queue) return enqueue(*queue, std::string(text) + (end_line ? "\n" : ""));
  errno = 0;
  bool good = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (good && end_line) good = std::fputc('\n', stdout) != EOF;
  if (good) good = std::fflush(stdout) == 0;
  if (!good && output_error == 0) output_error = errno != 0 ? errno : EIO;
}

}  // namespace

UnhurriedOutput::UnhurriedOutput() {
  auto fresh = std::make_shared<Queue>();
  std::fflush(stdout);
  std::thread([fresh] { write_queued(fresh); }).detach();
  const std::lock_guard lock(output_mutex);
  queue = std::move(fresh);
}

UnhurriedOutput::~UnhurriedOutput() {
  std::shared_ptr<Queue> last;
  {
    const std::lock_guard lock(output_mutex);
    last.swap(queue);
  }
  std::unique_lock lock(last->mutex);
  last->over = true;
  last->came.notify_one();
  last->written.wait_for(lock, kLastLines, [&] { return last->done; });
}

void print_line(std::string_view line) {
  write_out(line, true);
}

void print_text(std::string_view text) {
  write_out(text, false);
}

bool output_failed() {
  return output_error != 0;
}

int finish_output(int code) {
  {
    const std::lock_guard lock(output_mutex);
    errno = 0;
    std::cout.flush();  // --help is written there
    if ((!std::cout || std::fclose(stdout) != 0) && output_error == 0)
      output_error = errno != 0 ? errno : EIO;
  }
  if (!output_failed()) return code;
  std::fprintf(stderr, "switchhook: not all could be written: %s\n",
               std::generic_category().message(output_error).c_str());
  return code != 0 ? code : exit_code(Errc::failed);
}

int report(const Error& error, bool json) {
  if (json) print_line(JsonObject().add("event", "error").raw("error", to_json(error)).text());
  std::fprintf(stderr, "switchhook: %s\n", shown(error.text()).c_str());
  return exit_code(error.code);
}

std::string shown(std::string_view text) {
  return printable(text);
}

std::string span_text(std::chrono::nanoseconds span) {
  using namespace std::chrono;
  if (span < minutes(1)) return seconds_text(span) + " s";
  const auto whole = duration_cast<seconds>(span).count();
  if (span < hours(1))
    return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string wall_text(std::chrono::microseconds wall) {
  std::string text = exact_wall_text(wall);  // "2026-01-31T12:00:00.123456+01:00"
  if (wall.count() == 0 || text.size() < 26) return "-";
  text[10] = ' ';
  return text.erase(19, 7);
}

std::chrono::nanoseconds since_wall(std::chrono::microseconds wall) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::max<std::chrono::nanoseconds>(now - wall, std::chrono::nanoseconds(0));
}

}  // namespace switchhook::cli
