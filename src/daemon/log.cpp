// SPDX-License-Identifier: Apache-2.0
#include "daemon/log.hpp"

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <mutex>

#include "base/printable.hpp"
#include "reference/json_text.hpp"

namespace switchhook::daemon::log {
namespace {

/// Of the message that is being written on this thread.
thread_local const Fields* fields_now = nullptr;

/// What programs and far ends call themselves stands in the log: it is one line of text there.
std::string text_of(const spdlog::details::log_msg& message) {
  return base::printable({message.payload.data(), message.payload.size()});
}

class PrintableMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string text = text_of(message);
    out.append(text.data(), text.data() + text.size());
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PrintableMessage>();
  }
};

int priority(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
      return 2;
    case spdlog::level::err:
      return 3;
    case spdlog::level::warn:
      return 4;
    case spdlog::level::info:
      return 6;
    default:
      return 7;
  }
}

std::string upper(std::string_view name) {
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

class Writer final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  Writer() : time_("%Y-%m-%dT%H:%M:%S.%f%z", spdlog::pattern_time_type::local, "") {
    auto text = std::make_unique<spdlog::pattern_formatter>();
    text->add_flag<PrintableMessage>('*').set_pattern("%Y-%m-%d %H:%M:%S.%e %l %n: %*");
    set_formatter_(std::move(text));
  }
  void change(Format format, const Output& output) {
    const std::lock_guard lock(mutex_);
    output_ = output;
    if (output_.journal == nullptr) output_.journal = ::sd_journal_sendv;
    json_ = format == Format::json;
    journal_ = format == Format::automatic && is_journal(output.descriptor);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (journal_ && tell_journal(message)) return;
    spdlog::memory_buf_t line;
    if (json_) {
      const std::string text = json_line(message);
      line.append(text.data(), text.data() + text.size());
    } else {
      formatter_->format(message, line);
    }
    for (std::size_t done = 0; done < line.size();) {
      const ssize_t some = ::write(output_.descriptor, line.data() + done, line.size() - done);
      if (some < 0 && errno != EINTR) return;
      if (some > 0) done += static_cast<std::size_t>(some);
    }
  }
  void flush_() override {}

 private:
  std::string json_line(const spdlog::details::log_msg& message) {
    using reference::json_text;
    spdlog::memory_buf_t time;
    time_.format(message, time);
    const auto level = spdlog::level::to_string_view(message.level);
    std::string line = "{\"time\":\"" + std::string(time.data(), time.size()) + "\",\"level\":\"" +
                       std::string(level.data(), level.size()) + "\",\"subject\":" +
                       json_text({message.logger_name.data(), message.logger_name.size()}) +
                       ",\"message\":" + json_text(text_of(message));
    if (fields_now != nullptr)
      for (const Field& field : *fields_now)
        if (!field.value.empty())
          line += ",\"" + std::string(field.name) + "\":" + json_text(base::printable(field.value));
    return line + "}\n";
  }

  bool tell_journal(const spdlog::details::log_msg& message) const {
    std::vector<std::string> parts{"MESSAGE=" + text_of(message),
                                   "PRIORITY=" + std::to_string(priority(message.level)),
                                   "SYSLOG_IDENTIFIER=switchhookd",
                                   "SWITCHHOOK_SUBJECT=" + std::string(message.logger_name.data(),
                                                                       message.logger_name.size())};
    if (fields_now != nullptr)
      for (const Field& field : *fields_now)
        if (!field.value.empty())
          parts.push_back("SWITCHHOOK_" + upper(field.name) + "=" + base::printable(field.value));
    std::vector<iovec> pieces;
    pieces.reserve(parts.size());
    for (std::string& part : parts) pieces.push_back({part.data(), part.size()});
    return output_.journal(pieces.data(), static_cast<int>(pieces.size())) >= 0;
  }

  Output output_;
  bool json_ = false, journal_ = false;
  spdlog::pattern_formatter time_;
};

/// Others may log while it is changed: the loggers stay, and what they write to.
struct Log {
  std::shared_ptr<Writer> writer = std::make_shared<Writer>();
  std::array<std::unique_ptr<spdlog::logger>, kSubjects.size()> loggers;
  Log() {
    for (std::size_t i = 0; i < loggers.size(); ++i) {
      loggers[i] = std::make_unique<spdlog::logger>(std::string(kSubjects[i]), writer);
      loggers[i]->set_level(spdlog::level::off);  // until begin()
    }
  }
};
Log& the_log() {
  static Log log;
  return log;
}

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

void begin(const Options& options, const Output& output) {
  the_log().writer->change(options.format, output);
  for (std::size_t i = 0; i < kSubjects.size(); ++i) {
    const std::string& own = options.levels[i];
    the_log().loggers[i]->set_level(spdlog::level::from_str(own.empty() ? options.level : own));
  }
}

spdlog::logger& of(Subject subject) {
  return *the_log().loggers[static_cast<std::size_t>(subject)];
}

bool wants(Subject subject, Level level) {
  return of(subject).should_log(level_of(level));
}

void write(Subject subject, Level level, const std::string& words, const Fields& fields) {
  fields_now = &fields;
  of(subject).log(level_of(level), spdlog::string_view_t(words));
  fields_now = nullptr;
}

bool is_journal(int descriptor) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat what {};
  return stream != nullptr && ::fstat(descriptor, &what) == 0 &&
         std::to_string(what.st_dev) + ":" + std::to_string(what.st_ino) == stream;
}

}  // namespace switchhook::daemon::log
