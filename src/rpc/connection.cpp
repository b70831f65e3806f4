// SPDX-License-Identifier: Apache-2.0
#include "rpc/connection.hpp"

#include <asio.hpp>
#include <atomic>
#include <cstring>
#include <thread>
#include <utility>

#include "base/cases.hpp"
#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "rpc/codec.hpp"
#include "rpc/platform.hpp"
#include "rpc/retained.hpp"

namespace switchhook::rpc {
namespace {

using Socket = asio::generic::stream_protocol::socket;
using Deadline = std::chrono::steady_clock::time_point;

constexpr std::size_t kReadBytes = 64 * 1024;
/// The first requests in a row are sent by the threads that make them. Further ones, until something
/// comes back, are collected and sent together by the connection's own thread.
constexpr std::uint32_t kDirect = 4;
/// Between two tries to resume.
constexpr std::chrono::milliseconds kTryAgain{50};
/// The time limit of one attempt to start the service again.
constexpr std::chrono::seconds kStartTime{5};
/// A service that stopped on purpose is waited for so long before it is started by its programs.
constexpr std::chrono::seconds kStartLater{5};

class Connection final : public api::SessionService {
 public:
  Connection(const Target& target, api::ServiceSink& sink)
      : target_(target), sink_(sink), input_(kReadBytes) {}
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<void> open(Deadline deadline);
  Result<void> submit(api::RequestId request, api::Command command) override;

 private:
  Result<void> connect_socket(Deadline deadline);
  Result<void> prepare_socket();
  enum class HelloKind { fresh, resume };
  Result<void> greet(Deadline deadline, HelloKind kind);
  Result<void> say_hello(HelloKind kind);
  bool restart();
  bool run_until(Deadline deadline, const bool& done);

  // on the connection's own thread
  void work();
  void read();
  void take_in(std::size_t size);
  bool dispatch_all();
  bool dispatch(Frame&& frame);
  void flush();
  void answer(const Ping& ping);
  void watch_heartbeat();
  void interrupted(const Error& why);
  [[nodiscard]] bool come_back();
  [[nodiscard]] bool resume();
  [[nodiscard]] bool restore();
  [[nodiscard]] Result<void> reconnect(Deadline deadline, HelloKind kind);
  bool pause(Deadline until);
  void begin_anew();
  [[nodiscard]] Result<void> try_to_resume(Deadline deadline);
  void go_on(std::uint64_t received);
  void lose(Error why);

  void write_some() SWITCHHOOK_REQUIRES(mutex_);
  [[nodiscard]] std::size_t unsent() const SWITCHHOOK_REQUIRES(mutex_) {
    return output_.size() - sent_;
  }
  bool on_own_thread() const { return std::this_thread::get_id() == thread_id_.load(); }

  const Target target_;
  api::ServiceSink& sink_;  // (ref)
  asio::io_context io_{1};
  Socket socket_{io_};
  asio::steady_timer heartbeat_{io_};
  std::thread thread_;
  std::atomic<std::thread::id> thread_id_{};
  std::atomic<std::uint32_t> direct_{0};  // requests sent by their threads since the last read

  // the connection's own thread
  Bytes input_;
  std::size_t begin_ = 0, end_ = 0;           // of what was received and is not read yet
  std::optional<Result<HelloAck>> greeting_;  // the last one
  std::chrono::milliseconds silence_max_{0};
  Deadline heard_{};
  bool dispatching_ = false;
  bool wait_write_ = false;
  bool lost_ = false;
  std::optional<Error> interruption_;  // the connection is lost, perhaps not for good
  bool restores_ = false;              // if the service dies, another one may continue
  bool stopped_ = false;               // on purpose, and the next one goes on
  bool lost_in_greeting_ = false;
  Arrived arrived_;
  std::atomic<bool> closing_{false};

  mutable base::Mutex mutex_;
  Encoder encoder_ SWITCHHOOK_GUARDED_BY(mutex_);
  Bytes output_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::size_t sent_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  bool flushing_ SWITCHHOOK_GUARDED_BY(mutex_) = false;  // the own thread will write
  bool connected_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  bool retaining_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  Retained retained_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool searching_ SWITCHHOOK_GUARDED_BY(mutex_) = false;  // the service died: nothing is sent
  std::optional<Error> gone_ SWITCHHOOK_GUARDED_BY(mutex_);
};

Connection::~Connection() {
  {
    base::Lock lock(mutex_);
    // What was handed in and waits for the thread is still sent if that takes no waiting, and a
    // goodbye: otherwise the service would wait for this connection to come back.
    if (!gone_ && thread_.joinable()) {
      encoder_.append(Goodbye{{Errc::disconnected, "the application is done"}}, output_);
      write_some();
    }
    gone_ = Error{Errc::disconnected, "the connection was closed"};
  }
  closing_ = true;
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

// ---- opening

/// After a stop. False: it is being closed, and stays stopped, whichever of the two came first.
bool Connection::restart() {
  io_.restart();
  if (closing_) io_.stop();
  return !closing_;
}

/// Runs the I/O on this thread until `done` or the deadline.
bool Connection::run_until(Deadline deadline, const bool& done) {
  while (!done && std::chrono::steady_clock::now() < deadline) {
    if (!restart()) return false;
    if (io_.run_one_until(deadline) == 0 && io_.stopped() && !done) return false;
  }
  return done;
}

Result<void> Connection::connect_socket(Deadline deadline) {
  std::error_code error;
  bool done = false;
  const auto finished = [&done, &error](const std::error_code& e) {
    error = e;
    done = true;
  };
  std::string where = target_.path;
  if (!target_.path.empty()) {
#if defined(ASIO_HAS_LOCAL_SOCKETS)
    if (target_.path.size() > 107)
      return Error{Errc::invalid_argument, target_.path + ": too long for a socket's path"};
    socket_.async_connect(asio::local::stream_protocol::endpoint(target_.path), finished);
#else
    return Error{Errc::unsupported, "local sockets; use tcp:HOST:PORT"};
#endif
  } else {
    where = target_.host + ":" + target_.port;
    asio::ip::tcp::resolver resolver(io_);
    const auto found = resolver.resolve(target_.host, target_.port, error);
    if (error) return Error{Errc::disconnected, where + ": " + error.message()};
    socket_.async_connect(found.begin()->endpoint(), finished);
  }
  if (!run_until(deadline, done)) {
    socket_.close(error);
    run_until(Deadline::max(), done);
    return Error{Errc::timed_out, "connecting to " + where};
  }
  if (!error) return {};
  const Errc code = error == asio::error::access_denied ? Errc::denied : Errc::disconnected;
  return Error{code, where + ": " + error.message()};
}

Result<void> Connection::open(Deadline deadline) {
  if (Result<void> connected = connect_socket(deadline); !connected) return connected;
  if (Result<void> good = prepare_socket(); !good) return good;
  if (Result<void> greeted = greet(deadline, HelloKind::fresh); !greeted) return greeted;
  restores_ = (*greeting_)->restore_ms != 0;
  {
    base::Lock lock(mutex_);
    connected_ = true;
    retaining_ = !(*greeting_)->resume.empty();
  }
  io_.restart();
  // The application's signals are not for this thread.
  const platform::SignalShield shield;
  thread_ = std::thread([this] { work(); });
  return {};
}

Result<void> Connection::prepare_socket() {
  std::error_code error;
  socket_.native_non_blocking(true, error);
  platform::keep_from_children(static_cast<std::intptr_t>(socket_.native_handle()));
  if (target_.path.empty()) {
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    platform::set_tcp_user_timeout(static_cast<std::intptr_t>(socket_.native_handle()),
                                   limits::kHeartbeatsMissed * limits::kHeartbeat);
  } else if (target_.trust_only_own_user) {
    const auto peer = platform::peer_of(static_cast<int>(socket_.native_handle()));
    if (!peer || (peer->user != 0 && peer->user != platform::user_id()))
      return Error{Errc::denied, target_.path + " is served by another user"};
  }
  return {};
}

/// The first time, or to resume a lost connection.
Result<void> Connection::say_hello(HelloKind kind) {
  Hello hello{.application = target_.name,
              .process = platform::process_id(),
              .token = target_.token,
              .library = SWITCHHOOK_VERSION,
              .identifier_bytes = target_.identifier_bytes,
              .resumable = true};
  if (kind == HelloKind::resume) {
    hello.resume = (*greeting_)->resume;
    hello.received = arrived_.count();
  }
  Bytes bytes;
  {
    base::Lock lock(mutex_);
    encoder_.append(hello, bytes);
  }
  std::error_code error;
  asio::write(socket_, asio::buffer(bytes), error);
  // A local socket whose listener has a full queue only seems to be connected.
  if (error == asio::error::not_connected) return Error{Errc::overloaded, "switchhookd is busy"};
  lost_in_greeting_ = static_cast<bool>(error);
  if (error) return Error{Errc::disconnected, error.message()};
  return {};
}

Result<void> Connection::greet(Deadline deadline, HelloKind kind) {
  if (Result<void> said = say_hello(kind); !said) return said;
  std::error_code error;
  std::optional<HelloAck> answer;
  begin_ = end_ = 0;
  // Frame by frame, so that nothing that follows the greeting is read too early.
  while (!answer) {
    bool done = false;
    std::size_t size = 0;
    socket_.async_read_some(asio::buffer(input_.data() + end_, input_.size() - end_),
                            [&](const std::error_code& e, std::size_t n) {
                              error = e;
                              size = n;
                              done = true;
                            });
    if (!run_until(deadline, done)) {
      socket_.close(error);
      run_until(Deadline::max(), done);
      return Error{Errc::timed_out, "the daemon does not answer the hello"};
    }
    if (error) {
      lost_in_greeting_ = true;
      return Error{Errc::disconnected, "the daemon closed the connection"};
    }
    end_ += size;
    const Result<std::size_t> length = frame_length(View(input_).first(end_), limits::kHelloBytes);
    if (!length) return length.error();
    if (*length == 0 || *length > end_) continue;
    Result<Frame> frame = decode(View(input_).first(*length), Sender::daemon);
    if (!frame) return std::move(frame).error();
    begin_ = *length;
    if (auto* ack = std::get_if<HelloAck>(&*frame)) {
      silence_max_ = std::chrono::milliseconds(ack->heartbeat_ms) * limits::kHeartbeatsMissed;
      answer = std::move(*ack);
    } else if (auto* goodbye = std::get_if<Goodbye>(&*frame)) {
      return std::move(goodbye->why);
    } else {
      return Error{Errc::malformed, "the daemon did not answer the hello"};
    }
  }
  greeting_ = std::move(*answer);
  return {};
}

// ---- handing in

Result<void> Connection::submit(api::RequestId request, api::Command command) {
  base::Lock lock(mutex_);
  if (gone_) return *gone_;
  if (searching_) return {};  // on_interrupted() answers for it
  // A Restore is never refused: everything else depends on it.
  if (unsent() > limits::kRequestBytes && !std::holds_alternative<api::Restore>(command))
    return Error{Errc::overloaded, "too much is unsent"};
  if (Result<void> encoded = encoder_.append(request, command, output_); !encoded) return encoded;
  if (flushing_) return {};
  if (on_own_thread()) {  // from a reply's handler: sent when all that came has been handed out
    flushing_ = true;
    if (!dispatching_) asio::post(io_, [this] { flush(); });
    return {};
  }
  if (direct_.fetch_add(1, std::memory_order_relaxed) < kDirect) write_some();
  if (unsent() != 0 && connected_) {
    flushing_ = true;
    asio::post(io_, [this] { flush(); });
  }
  return {};
}

void Connection::write_some() {
  if (!connected_) return;
  const auto socket = static_cast<std::intptr_t>(socket_.native_handle());
  while (unsent() != 0) {
    const std::ptrdiff_t size = platform::send_now(socket, output_.data() + sent_, unsent());
    if (size == 0) return;
    if (size < 0) {  // the reader finds out why
      connected_ = false;
      return;
    }
    if (retaining_) retained_.add(View(output_).subspan(sent_, static_cast<std::size_t>(size)));
    sent_ += static_cast<std::size_t>(size);
  }
  output_.clear();
  sent_ = 0;
}

void Connection::flush() {
  base::Lock lock(mutex_);
  if (gone_) return;
  write_some();
  flushing_ = connected_ && unsent() != 0;
  if (!flushing_ || std::exchange(wait_write_, true)) return;
  socket_.async_wait(Socket::wait_write, [this](const std::error_code& error) {
    wait_write_ = false;
    if (!error) flush();
  });
}

void Connection::work() {
  thread_id_ = std::this_thread::get_id();
  do {
    heard_ = std::chrono::steady_clock::now();
    if (silence_max_.count() != 0) watch_heartbeat();
    if (dispatch_all()) read();
    io_.run();
  } while (interruption_ && come_back());
}

// ---- after a loss

/// The connection is over, but the service may still run: work() continues.
void Connection::interrupted(const Error& why) {
  bool hope = false;
  {
    base::Lock lock(mutex_);
    hope = (retaining_ || restores_) && !gone_ && !lost_;
    connected_ = false;
  }
  if (!hope) return lose(why);
  if (interruption_) return;
  interruption_ = why;
  io_.stop();
}

/// False = it is lost for good, and the application was told; or it is being closed.
bool Connection::come_back() {
  heartbeat_.cancel();
  bool retaining = false;
  {
    base::Lock lock(mutex_);
    retaining = retaining_;
  }
  if (retaining && !stopped_ && resume()) return true;
  if (!closing_ && !lost_ && restores_ && restore()) return true;
  if (!closing_) lose(*interruption_);
  return false;
}

/// The service still runs, and waits for this connection.
bool Connection::resume() {
  const HelloAck before = **greeting_;
  const Deadline until =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(before.resume_ms);
  while (!closing_) {
    Result<void> resumed = reconnect(until, HelloKind::resume);
    if (resumed) {
      const HelloAck& now = **greeting_;
      if (now.resumed && now.epoch == before.epoch && now.application == before.application) {
        go_on(now.received);
        return !interruption_;
      }
      resumed = Error{Errc::disconnected, "another service answers"};
    }
    // A service that does not run any more, or kept nothing of this connection, does not come back.
    const Errc code = resumed.error().code;
    const bool hopeless = code != Errc::timed_out && code != Errc::overloaded && !lost_in_greeting_;
    if (closing_ || hopeless || !pause(until)) break;
  }
  greeting_ = before;
  return false;
}

/// The service died: another one knows from its records what the application holds.
bool Connection::restore() {
  const HelloAck before = **greeting_;
  const Deadline begun = std::chrono::steady_clock::now();
  const Deadline until = begun + std::chrono::milliseconds(before.restore_ms);
  {
    base::Lock lock(mutex_);
    searching_ = true;
  }
  sink_.on_interrupted(stopped_ && interruption_ ? interruption_->context : "the service died");
  while (!closing_) {
    const Result<void> connected = reconnect(until, HelloKind::fresh);
    if (connected) {
      // The same service as before: it has ended what was ours.
      if ((*greeting_)->epoch == before.epoch) return false;
      begin_anew();
      return true;
    }
    if (closing_) return false;
    const Errc code = connected.error().code;
    if (code == Errc::denied || code == Errc::version_mismatch) return false;
    if (code == Errc::disconnected && target_.start &&
        (!stopped_ || std::chrono::steady_clock::now() >= begun + kStartLater))
      target_.start(std::min(until, std::chrono::steady_clock::now() + kStartTime));
    if (!pause(until)) return false;
  }
  return false;
}

/// Waits a little. False when the time is up.
bool Connection::pause(Deadline until) {
  if (std::chrono::steady_clock::now() >= until) return false;
  asio::steady_timer timer(io_, kTryAgain);
  bool over = false;
  timer.async_wait([&over](const std::error_code&) { over = true; });
  run_until(until, over);
  timer.cancel();
  run_until(Deadline::max(), over);
  return true;
}

Result<void> Connection::reconnect(Deadline deadline, HelloKind kind) {
  lost_in_greeting_ = false;
  std::error_code ignored;
  socket_.close(ignored);
  if (!restart()) return Error{Errc::disconnected, "closing"};
  io_.poll();  // what was awaited of the old connection
  if (Result<void> connected = connect_socket(deadline); !connected) return connected;
  if (Result<void> good = prepare_socket(); !good) return good;
  return greet(deadline, kind);
}

/// With the new service, which is first asked to restore what the old one had given.
void Connection::begin_anew() {
  {
    base::Lock lock(mutex_);
    searching_ = false;
    output_.clear();
    sent_ = 0;
    retained_ = {};
    retaining_ = !(*greeting_)->resume.empty();
    connected_ = true;
    flushing_ = true;
  }
  arrived_ = {};
  interruption_.reset();
  stopped_ = wait_write_ = false;
  static_cast<void>(restart());
  asio::post(io_, [this] { flush(); });
  sink_.on_replaced();
}

/// Sends again what the service has not received, and then what waits.
void Connection::go_on(std::uint64_t received) {
  bool resumable = true;
  {
    base::Lock lock(mutex_);
    std::optional<Bytes> again = retained_.take_from(received);
    resumable = again.has_value();
    if (again) {
      const View waiting = View(output_).subspan(sent_);
      again->insert(again->end(), waiting.begin(), waiting.end());
      output_ = std::move(*again);
      sent_ = 0;
      connected_ = true;
      flushing_ = true;
    }
  }
  if (!resumable) return;  // too much was sent and not acknowledged
  interruption_.reset();
  wait_write_ = false;
  static_cast<void>(restart());
  asio::post(io_, [this] { flush(); });
}

// ---- taking in

void Connection::read() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ != 0 && input_.size() - end_ < kReadBytes / 2) {
    std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  socket_.async_read_some(
      asio::buffer(input_.data() + end_, input_.size() - end_),
      [this](const std::error_code& error, std::size_t size) {
        if (error == asio::error::operation_aborted) return;
        if (error) return interrupted({Errc::disconnected, "switchhookd closed the connection"});
        take_in(size);
      });
}

void Connection::take_in(std::size_t size) {
  end_ += size;
  direct_.store(0, std::memory_order_relaxed);
  if (silence_max_.count() != 0) heard_ = std::chrono::steady_clock::now();
  if (dispatch_all()) read();
}

/// Hands out all whole frames. False when the connection was lost meanwhile.
bool Connection::dispatch_all() {
  dispatching_ = true;
  bool good = true;
  while (good) {
    const View rest = View(input_).subspan(begin_, end_ - begin_);
    const Result<std::size_t> length = frame_length(rest, limits::kFrameBytes);
    if (!length) {
      lose(length.error());
      good = false;
      break;
    }
    if (*length == 0 || *length > rest.size()) {
      if (*length > input_.size() - begin_) {  // make room for a large frame
        Bytes larger(*length + kReadBytes);
        std::memcpy(larger.data(), rest.data(), rest.size());
        input_.swap(larger);
        end_ -= begin_;
        begin_ = 0;
      }
      break;
    }
    Result<Frame> frame = decode(rest.first(*length), Sender::daemon);
    begin_ += *length;
    arrived_.add(*length);
    if (!frame) lose(frame.error());
    good = frame && dispatch(std::move(*frame));
  }
  dispatching_ = false;
  if (!good) return false;
  if (begin_ == end_ && input_.size() > 4 * kReadBytes) {  // and do not keep the room
    input_ = Bytes(kReadBytes);
    begin_ = end_ = 0;
  }
  bool write = false;
  {
    base::Lock lock(mutex_);
    if (retaining_ && arrived_.to_acknowledge()) {
      encoder_.append(Ack{arrived_.count()}, output_);
      flushing_ = true;
    }
    write = flushing_;
  }
  if (write) flush();
  return true;
}

bool Connection::dispatch(Frame&& frame) {
  bool goes_on = true;
  std::visit(base::Cases{
                 [this](api::Reply& reply) { sink_.on_reply(std::move(reply)); },
                 [this](api::Event& event) { sink_.on_event(std::move(event)); },
                 [this](const Ping& ping) { answer(ping); },
                 [this](const Ack& ack) {
                   base::Lock lock(mutex_);
                   retained_.acknowledge(ack.received);
                 },
                 [&](Goodbye& goodbye) {
                   goes_on = false;
                   stopped_ = goodbye.restores && restores_;
                   if (stopped_)
                     interrupted(goodbye.why);
                   else
                     lose(std::move(goodbye.why));
                 },
                 // Not the daemon's to send, or of a kind that only a later version knows.
                 [](const Hello&) {},
                 [](const HelloAck&) {},
                 [](const Request&) {},
                 [](const Pong&) {},
                 [](const UnknownFrame&) {},
             },
             frame);
  return goes_on;
}

void Connection::answer(const Ping& ping) {
  base::Lock lock(mutex_);
  encoder_.append(Pong{ping.token}, output_);
  flushing_ = true;  // written when all that came has been handed out
}

void Connection::watch_heartbeat() {
  heartbeat_.expires_at(heard_ + silence_max_);
  heartbeat_.async_wait([this](const std::error_code& error) {
    if (error) return;
    if (std::chrono::steady_clock::now() < heard_ + silence_max_) return watch_heartbeat();
    interrupted({Errc::disconnected, "nothing was heard from switchhookd"});
  });
}

void Connection::lose(Error why) {
  if (std::exchange(lost_, true)) return;
  if (why.code != Errc::disconnected) why = Error{Errc::disconnected, why.text()};
  {
    base::Lock lock(mutex_);
    if (gone_) return;  // being destroyed
    gone_ = why;
    std::error_code ignored;
    socket_.close(ignored);
  }
  heartbeat_.cancel();
  sink_.on_disconnected(why);
}

}  // namespace

Result<std::unique_ptr<api::SessionService>> open_connection(const Target& target,
                                                             api::ServiceSink& sink,
                                                             Deadline deadline) {
  while (true) {
    auto connection = std::make_unique<Connection>(target, sink);
    const Result<void> opened = connection->open(deadline);
    if (opened) return std::unique_ptr<api::SessionService>(std::move(connection));
    if (opened.error().code != Errc::overloaded || std::chrono::steady_clock::now() >= deadline)
      return opened.error();
    asio::io_context io;
    asio::steady_timer(io, std::chrono::milliseconds(5)).wait();
  }
}

}  // namespace switchhook::rpc
