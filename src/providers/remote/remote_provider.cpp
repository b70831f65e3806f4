// SPDX-License-Identifier: Apache-2.0
#include "providers/remote/remote_provider.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "base/limits.hpp"
#include "provider/command_queue.hpp"
#include "providers/remote/child.hpp"
#include "providers/remote/codec.hpp"
#include "providers/remote/relay.hpp"

namespace switchhook::remote {
namespace {

using Clock = std::chrono::steady_clock;

/// Between a death and the next start: twice as long each time, from the beginning again after a
/// process that has served for some time.
constexpr std::chrono::milliseconds kPauseFirst{100}, kPauseLast{30000};
constexpr std::chrono::seconds kServedLong{60};
constexpr std::chrono::seconds kStartTime{20};
constexpr std::chrono::milliseconds kEndTime{1000};
/// What a process has not read yet. One that leaves so much unread does nothing any more.
constexpr std::size_t kUnreadMax = 64u << 20;
constexpr std::size_t kOrphansPerFrame = 100;
/// One that owes so many answers hangs.
constexpr unsigned kBeatsMissedMax = 3;
/// What the engine does not number its own questions with.
constexpr std::uint64_t kBeatToken = std::uint64_t{1} << 63;

class RemoteProvider final : public provider::Provider {
 public:
  explicit RemoteProvider(Setup setup) : setup_(std::move(setup)) {}
  ~RemoteProvider() override;
  RemoteProvider(const RemoteProvider&) = delete;
  RemoteProvider& operator=(const RemoteProvider&) = delete;

  [[nodiscard]] std::string name() const override { return setup_.name; }
  [[nodiscard]] Result<void> start(provider::Sink& sink) override;
  [[nodiscard]] bool inherit(const std::vector<provider::EndOrphan>& orphans) override;
  void submit(provider::Command command) override;
  [[nodiscard]] std::size_t bytes_per_call() const override { return setup_.bytes_per_call; }

 private:
  // All on the thread of its own.
  void work();
  void take_submitted();
  [[nodiscard]] Result<void> launch();
  void read();
  [[nodiscard]] Result<void> take_in();
  void on_started(const Started& started);
  void carry_out(Relay::Out& out);
  void write();
  void lose(const std::string& why);
  void not_started(const std::string& why);
  void close_link();
  void fail_first(Error error);
  void come_back_later(const std::string& words);
  void beat(Clock::time_point now);
  void wait_for_something();
  void look_at_the_clock();

  const Setup setup_;
  provider::Sink* sink_ = nullptr;  // (ref)
  provider::CommandQueue queue_;

  Relay relay_;
  Child child_;
  Frames frames_;
  Bytes unsent_;
  std::size_t sent_ = 0;                             // of unsent_
  std::optional<std::promise<Result<void>>> first_;  // until the first process has answered
  bool serving_ = false, over_ = false;
  Clock::time_point started_at_{}, beat_at_{};
  unsigned beats_missed_ = 0;
  std::optional<Clock::time_point> start_at_;
  std::chrono::milliseconds pause_ = kPauseFirst;
  std::thread thread_;
};

RemoteProvider::~RemoteProvider() {
  if (!thread_.joinable()) return;
  queue_.quit();
  thread_.join();
}

Result<void> RemoteProvider::start(provider::Sink& sink) {
  if (thread_.joinable()) return {Errc::invalid_state, "started already"};
  if (Result<void> opened = queue_.open(); !opened) return opened;
  sink_ = &sink;
  std::future<Result<void>> answer = first_.emplace().get_future();
  thread_ = std::thread([this] { work(); });
  return answer.get();
}

bool RemoteProvider::inherit(const std::vector<provider::EndOrphan>& orphans) {
  queue_.push(orphans);
  return true;
}

void RemoteProvider::submit(provider::Command command) {
  queue_.push(std::move(command));
}

// ---- the thread

void RemoteProvider::work() {
  start_at_ = Clock::now();
  take_submitted();  // what was inherited
  while (!over_) {
    look_at_the_clock();
    if (!over_) wait_for_something();
  }
  child_.end(kEndTime);
}

void RemoteProvider::take_submitted() {
  provider::CommandQueue::Taken taken = queue_.take();
  over_ = over_ || taken.quit;
  Relay::Out out;
  for (provider::Command& command : taken.commands) relay_.command(std::move(command), out);
  carry_out(out);
}

void RemoteProvider::look_at_the_clock() {
  const auto now = Clock::now();
  if (start_at_ && now >= *start_at_) {
    start_at_.reset();
    if (const Result<void> launched = launch(); !launched) not_started(launched.error().text());
  }
  if (child_.there() && !serving_ && now >= started_at_ + kStartTime)
    lose("it did not start in time");
  if (serving_ && now >= beat_at_) beat(now);
  Relay::Out out;
  relay_.tick(now, out);
  carry_out(out);
}

void RemoteProvider::wait_for_something() {
  std::optional<Clock::time_point> next = start_at_;
  const auto earlier = [&](Clock::time_point at) { next = next ? std::min(*next, at) : at; };
  if (const auto deadline = relay_.next_deadline()) earlier(*deadline);
  if (child_.there()) earlier(serving_ ? beat_at_ : started_at_ + kStartTime);
  int timeout = -1;
  if (next)
    timeout = static_cast<int>(std::clamp<std::int64_t>(
        std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count(), 0, 60000));
  std::array<pollfd, 3> what{pollfd{queue_.descriptor(), POLLIN, 0},
                             pollfd{child_.link(), POLLIN, 0}, pollfd{child_.death(), POLLIN, 0}};
  if (sent_ < unsent_.size()) what[1].events |= POLLOUT;
  if (::poll(what.data(), what.size(), timeout) <= 0) return;
  if ((what[1].revents & POLLOUT) != 0) write();
  // What was submitted and what it said comes before its death.
  if ((what[0].revents & POLLIN) != 0) take_submitted();
  if (child_.there() && (what[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0) return read();
  if (child_.there() && (what[2].revents & POLLIN) != 0) lose({});
}

/// Asks it whether it is still at work, by a question that all of its parts take part in.
void RemoteProvider::beat(Clock::time_point now) {
  beat_at_ = now + setup_.beat;
  if (++beats_missed_ > kBeatsMissedMax || unsent_.size() - sent_ > kUnreadMax) {
    child_.abort();
    return lose("it does nothing any more");
  }
  append(ToChild(provider::Command(provider::ReportLedger{kBeatToken})), unsent_);
  write();
}

Result<void> RemoteProvider::launch() {
  Result<Child> child = Child::start(setup_.program, setup_.arguments, setup_.shared);
  if (!child) return child.error();
  child_ = std::move(*child);
  started_at_ = Clock::now();
  Relay::Out out;
  Inherit some;
  for (provider::EndOrphan& orphan : relay_.starts(out)) {
    some.orphans.push_back(std::move(orphan));
    if (some.orphans.size() < kOrphansPerFrame) continue;
    append(ToChild(std::exchange(some, {})), unsent_);
  }
  append(ToChild(std::move(some)), unsent_);
  append(ToChild(Start{setup_.config(relay_.announced(), relay_.line_changes()), true}), unsent_);
  carry_out(out);
  return {};
}

void RemoteProvider::read() {
  std::array<std::uint8_t, 65536> piece;  // NOLINT: filled below
  const ssize_t some = ::recv(child_.link(), piece.data(), piece.size(), 0);
  if (some < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (some <= 0) return lose({});
  frames_.add(View(piece).first(static_cast<std::size_t>(some)));
  if (const Result<void> good = take_in(); !good) lose(good.error().context);
}

Result<void> RemoteProvider::take_in() {
  while (child_.there()) {
    Result<std::optional<View>> frame = frames_.next();
    if (!frame) return frame.error();
    if (!*frame) return {};
    Result<ToDaemon> message = to_daemon(**frame);
    if (!message) return message.error();
    if (const auto* started = std::get_if<Started>(&*message)) {
      if (serving_) return {Errc::malformed, "it started twice"};
      on_started(*started);
      continue;
    }
    auto& event = std::get<provider::Event>(*message);
    if (const auto* report = std::get_if<provider::LedgerReport>(&event);
        report != nullptr && report->token == kBeatToken) {
      beats_missed_ = 0;
      continue;
    }
    const bool recovery = std::holds_alternative<provider::Recovery>(event);
    Relay::Out out;
    if (Result<void> good = relay_.event(std::move(event), out); !good) return good;
    carry_out(out);
    if (recovery) child_.tell_safe();
  }
  return {};
}

void RemoteProvider::on_started(const Started& started) {
  if (started.error && !first_) return not_started(started.error->text());
  if (started.error) return fail_first(*started.error);
  serving_ = true;
  beats_missed_ = 0;
  beat_at_ = Clock::now() + setup_.beat;
  if (first_) {
    first_->set_value({});
    first_.reset();
  } else if (setup_.notice) {
    setup_.notice("the process of provider " + setup_.name + " is back");
  }
  Relay::Out out;
  relay_.serves(out);
  carry_out(out);
}

void RemoteProvider::carry_out(Relay::Out& out) {
  for (provider::Event& event : out.events) sink_->post(std::move(event));
  for (provider::Command& command : out.commands) append(ToChild(std::move(command)), unsent_);
  out = {};
  write();
}

void RemoteProvider::write() {
  while (child_.there() && sent_ < unsent_.size()) {
    const ssize_t some = ::send(child_.link(), unsent_.data() + sent_, unsent_.size() - sent_,
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (some > 0) {
      sent_ += static_cast<std::size_t>(some);
      continue;
    }
    // Its death, if it is that, is seen where it is read.
    if (errno != EINTR) return;
  }
  unsent_.clear();
  sent_ = 0;
}

/// The process is gone, or has to go.
/// @param why  empty: as its end says
void RemoteProvider::lose(const std::string& why) {
  const std::string how = child_.end(why.empty() ? std::chrono::milliseconds(0) : kEndTime);
  const std::string words = why.empty() ? "it died (" + how + ")" : why;
  close_link();
  if (first_) return fail_first({Errc::failed, "its process: " + words});
  come_back_later(words);
  Relay::Out out;
  relay_.died("the provider's process: " + words, Clock::now(), out);
  carry_out(out);
}

void RemoteProvider::not_started(const std::string& why) {
  child_.end(kEndTime);
  close_link();
  const std::string words = "it does not start: " + why;
  if (first_) return fail_first({Errc::failed, "its process: " + words});
  come_back_later(words);
  Relay::Out out;
  relay_.did_not_start("the provider's process: " + words, Clock::now(), out);
  carry_out(out);
}

/// start() says so, and it is over.
void RemoteProvider::fail_first(Error error) {
  first_->set_value(std::move(error));
  first_.reset();
  over_ = true;
}

void RemoteProvider::close_link() {
  frames_ = {};
  unsent_.clear();
  sent_ = 0;
}

void RemoteProvider::come_back_later(const std::string& words) {
  const auto now = Clock::now();
  if (std::exchange(serving_, false) && now - started_at_ >= kServedLong) pause_ = kPauseFirst;
  start_at_ = now + pause_;
  pause_ = std::min(pause_ * 2, kPauseLast);
  if (setup_.notice)
    setup_.notice("the process of provider " + setup_.name + ": " + words +
                  "; it is started again");
}

}  // namespace

std::unique_ptr<provider::Provider> make_provider(Setup setup) {
  return std::make_unique<RemoteProvider>(std::move(setup));
}

}  // namespace switchhook::remote
