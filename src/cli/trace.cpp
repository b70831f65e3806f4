// SPDX-License-Identifier: Apache-2.0
// `switchhook trace`: SIP messages as they pass, as a ladder, JSON or a capture file.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/ladder.hpp"
#include "cli/output.hpp"
#include "cli/pcap.hpp"
#include "switchhook/json.hpp"

namespace switchhook::cli {
namespace {

constexpr std::chrono::milliseconds kLook{200};  ///< for Ctrl-C

/// Where --pcap goes. What it shows may be secret: only its owner reads it.
class Capture {
 public:
  Capture() = default;
  ~Capture() {
    if (file_ > STDERR_FILENO) ::close(file_);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  Result<void> open(const std::string& path) {
    to_output_ = path == "-";
    if (!to_output_) file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (!to_output_ && file_ < 0) return Error{Errc::failed, path + ": " + std::strerror(errno)};
    path_ = path;
    return {};
  }
  /// Once the trace runs, so that who reads the file's head knows that nothing later is missing.
  Result<void> begin() { return path_.empty() ? Result<void>() : write(pcap_head()); }
  [[nodiscard]] bool to_output() const { return to_output_; }
  Result<void> add(const TracedMessage& message) {
    return path_.empty() ? Result<void>() : write(pcap_packet(message));
  }

 private:
  Result<void> write(std::string_view bytes) {
    if (to_output_) {
      print_text(bytes);
      return {};
    }
    while (!bytes.empty()) {
      const ssize_t some = ::write(file_, bytes.data(), bytes.size());
      if (some < 0 && errno == EINTR) continue;
      if (some <= 0) return Error{Errc::failed, path_ + ": " + std::strerror(errno)};
      bytes.remove_prefix(static_cast<std::size_t>(some));
    }
    return {};
  }

  std::string path_;
  bool to_output_ = false;
  int file_ = -1;
};

void show(const TracedMessage& message, const Common& common, bool messages) {
  if (common.json) return print_line(to_json(message));
  if (message.missed != 0) print_line(missed_text(message.missed));
  print_line(ladder_text(message));
  if (messages) print_line(message_text(message));
}

}  // namespace

int run_trace(const Common& common, const TraceArguments& arguments) {
  Capture capture;
  if (!arguments.pcap.empty())
    if (Result<void> opened = capture.open(arguments.pcap); !opened)
      return report(opened.error(), common.json);
  Result<Application> application = connect(common);
  if (!application) return report(application.error(), common.json);
  const Operator service(*application);
  TraceOptions options = arguments.options;
  if (options.session != 0) {
    const Result<Record> session = find_session(service, options.session);
    if (!session) return report(session.error(), common.json);
    options.session = session->session;
  }
  Interrupt interrupt;
  interrupt.on_signal([] {});
  Result<Trace> trace = service.trace(options);
  if (!trace) return report(trace.error(), common.json);
  if (Result<void> begun = capture.begin(); !begun) return report(begun.error(), common.json);
  if (!common.json && !capture.to_output()) print_line(ladder_heading());
  for (std::uint64_t count = 0; interrupt.exit_code() == 0 && !output_failed();) {
    const Result<std::optional<TracedMessage>> next = trace->next(kLook);
    if (!next) return report(next.error(), common.json);
    if (!*next) continue;
    if (Result<void> written = capture.add(**next); !written)
      return report(written.error(), common.json);
    if (!capture.to_output()) show(**next, common, arguments.messages);
    if (++count == arguments.count) return 0;
  }
  interrupt.on_signal({});
  return interrupt.exit_code();
}

}  // namespace switchhook::cli
