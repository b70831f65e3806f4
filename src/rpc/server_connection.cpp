// SPDX-License-Identifier: Apache-2.0
#include "rpc/server_connection.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <utility>

#include "base/cases.hpp"

namespace switchhook::rpc {
namespace {

using Clock = std::chrono::steady_clock;

/// Frames up to here are read without asking for room.
constexpr std::size_t kSmallFrame = 64 * 1024;

/// Takes the same time wherever they differ.
bool same_secret(const std::string& a, const std::string& b) {
  unsigned different = a.size() != b.size() ? 1 : 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    different |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^
                                       static_cast<unsigned char>(i < b.size() ? b[i] : 0));
  return different == 0;
}

/// Cannot be guessed: 128 bits of the system's randomness.
std::string new_resume() {
  std::random_device random;
  std::string out;
  for (int i = 0; i < 4; ++i) {
    std::array<char, 16> word{};
    std::snprintf(word.data(), word.size(), "%08x", static_cast<unsigned>(random()));
    out += word.data();
  }
  return out;
}

}  // namespace

ServerConnection::ServerConnection(Host& host, Socket socket, std::string token)
    : host_(host),
      socket_(std::move(socket)),
      token_(std::move(token)),
      outbox_(host.encoder()),
      deadline_(Clock::now() + host.options().hello_time) {}

void ServerConnection::start() {
  std::error_code error;
  const auto handle = static_cast<int>(socket_.native_handle());
  platform::keep_from_children(handle);
  socket_.non_blocking(true, error);
  if (over_tcp()) {
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    platform::set_tcp_user_timeout(handle, limits::kHeartbeatsMissed * host_.options().heartbeat);
    user_ = host_.options().user;
  } else if (const auto peer = platform::peer_of(handle)) {
    user_ = peer->user;
    peer_process_ = peer->process;
    const int watch = platform::watch_of(handle, *peer);
    if (watch >= 0) process_.emplace(socket_.get_executor(), watch);
  } else {
    return close(Error{Errc::denied, "the system does not say who you are"}, "no credentials");
  }
  if (Result<void> welcome = host_.entered(*this); !welcome)
    return close(welcome.error(), "too many connections");
  entered_ = true;
  watch_process();
  wait_readable();
}

// ---- the peer's life

/// End of file is not enough: a child that inherited the socket keeps it open.
void ServerConnection::watch_process() {
  if (!process_) return;
  process_->async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](const std::error_code& error) {
                         if (error || self->state_ == State::closed) return;
                         self->begin_drain("its process is gone");
                         self->host_.backend().settle();
                       });
}

/// What the application sent before it went is still handled; what it would be told is not sent.
void ServerConnection::begin_drain(const std::string& why) {
  if (to_drain_) return;
  muted_ = true;
  outbox_.clear();
  if (state_ != State::attached) return close({}, why);
  std::error_code error;
  const std::size_t unread = socket_.available(error);
  to_drain_ = error ? 0 : unread;
  gone_why_ = why;
  drain();
}

/// One turn of it.
void ServerConnection::drain() {
  if (turn_waits_) return;
  take_in({});
  if (state_ != State::attached || turn_waits_) return;
  if (*to_drain_ == 0) return close({}, gone_why_);
  Bytes& scratch = host_.scratch();
  std::error_code error;
  const std::size_t size =
      socket_.receive(asio::buffer(scratch, std::min(scratch.size(), *to_drain_)), 0, error);
  if (error || size == 0) return close({}, gone_why_);
  *to_drain_ -= size;
  take_in(View(scratch).first(size));
  if (state_ == State::attached) next_turn();
}

std::chrono::milliseconds ServerConnection::heartbeat() const {
  return over_tcp() ? host_.options().heartbeat : host_.options().local_heartbeat;
}

void ServerConnection::tick(Clock::time_point now) {
  if (room_ != 0 && state_ == State::attached && now >= room_until_)
    return close(Error{Errc::timed_out, "a frame was begun and not finished"},
                 "it did not finish a frame");
  if (waits_for_room_) unanswered_ = 0;  // it is not read from
  if (state_ == State::attached) {
    if (heartbeat().count() == 0 || now < deadline_) return;
    // Counted, not timed: if this process was stopped for a while, nobody else has been silent.
    if (unanswered_ == limits::kHeartbeatsMissed)
      return close(Error{Errc::timed_out, "nothing was heard from you"}, "it did not react");
    ++unanswered_;
    deadline_ = now + heartbeat();
    outbox_.control(Ping{static_cast<std::uint64_t>(now.time_since_epoch().count())});
    mark_dirty();
  } else if (now >= deadline_) {
    if (state_ == State::away) return close({}, "it lost its connection and did not come back");
    if (state_ == State::hello) return close(Error{Errc::timed_out, "no hello came"}, "no hello");
    finish();
  }
}

// ---- reading

void ServerConnection::wait_readable() {
  if (reading_ || turn_waits_ || to_drain_ || state_ == State::closed || state_ == State::away)
    return;
  reading_ = true;
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this(), turn = turn_](const std::error_code& error) {
                       if (turn != self->turn_) return;
                       self->reading_ = false;
                       if (error || self->state_ == State::closed) return;
                       self->read();
                       self->host_.backend().settle();
                     });
}

void ServerConnection::read() {
  if (to_drain_ || turn_waits_) return;
  Bytes& scratch = host_.scratch();
  std::error_code error;
  const std::size_t size = socket_.receive(asio::buffer(scratch), 0, error);
  if (error == asio::error::would_block || error == asio::error::try_again ||
      error == asio::error::interrupted)
    return wait_readable();
  if (error || size == 0) {
    if (state_ == State::goodbye) return finish();
    return lose("it closed its connection");
  }
  unanswered_ = 0;
  if (state_ == State::goodbye) return wait_readable();  // it is not read any more
  take_in(View(scratch).first(size));
  go_on();
}

/// A large frame takes room from its beginning on, so that frames that are never finished do not take
/// all memory, and those that have room can be finished. False: it has to wait, unread.
bool ServerConnection::find_room(std::size_t frame) {
  if (room_ != 0 || frame <= kSmallFrame || to_drain_) return true;
  if (!host_.take_room(*this, frame)) return false;
  room_ = frame;
  room_until_ = Clock::now() + limits::kFrameTime;
  host_.want_ticks();
  return true;
}

void ServerConnection::give_room_back() {
  if (room_ != 0) host_.give_room_back(*this, std::exchange(room_, 0));
}

void ServerConnection::room_is_there() {
  if (std::exchange(waits_for_room_, false)) next_turn();
}

/// Continues to read, unless earlier answers have to be read or requests carried out first.
void ServerConnection::go_on() {
  if (waits_for_room_) return;
  if (state_ == State::goodbye || !outbox_.congested()) wait_readable();  // else flush() goes on
}

/// The other connections have their turns first.
void ServerConnection::next_turn() {
  if (std::exchange(turn_waits_, true)) return;
  asio::post(socket_.get_executor(), [self = shared_from_this(), turn = turn_] {
    if (turn != self->turn_) return;
    self->turn_waits_ = false;
    if (self->state_ == State::closed) return;
    if (self->to_drain_) {
      self->drain();
    } else {
      self->take_in({});
      self->go_on();
    }
    self->host_.backend().settle();
  });
}

/// Handles what was received, as much as belongs to one turn; the rest follows in the next one.
void ServerConnection::take_in(View bytes) {
  if (input_.empty()) {
    const View rest = dispatch(bytes);
    input_.assign(rest.begin(), rest.end());
    return;
  }
  Bytes all = std::move(input_);
  all.insert(all.end(), bytes.begin(), bytes.end());
  const View rest = dispatch(all);
  if (rest.size() == all.size())
    input_ = std::move(all);
  else
    input_.assign(rest.begin(), rest.end());
}

/// Handles the whole frames that may be handled in this turn; returns what is left.
View ServerConnection::dispatch(View bytes) {
  const auto begun = Clock::now();
  std::size_t frames = 0, taken = 0;
  while (state_ == State::hello || state_ == State::attached) {
    if (outbox_.congested()) break;
    const std::size_t limit = state_ == State::hello ? limits::kHelloBytes : limits::kFrameBytes;
    const Result<std::size_t> length = frame_length(bytes, limit);
    if (!length) {
      close(length.error(), "it broke the protocol");
      break;
    }
    if (*length == 0) break;
    if (*length > bytes.size()) {
      if (!find_room(*length)) waits_for_room_ = true;
      break;
    }
    give_room_back();
    if (frames == limits::kTurnRequests || taken >= limits::kTurnBytes ||
        (frames != 0 && Clock::now() - begun >= limits::kTurnTime)) {
      next_turn();
      break;
    }
    ++frames;
    taken += *length;
    Result<Frame> frame = decode(bytes.first(*length),
                                 state_ == State::hello ? Sender::stranger : Sender::application);
    bytes = bytes.subspan(*length);
    if (state_ == State::attached) arrived_.add(*length);
    if (!frame) {
      close(frame.error(), "it broke the protocol");
      break;
    }
    if (!handle(std::move(*frame))) break;
  }
  return bytes;
}

bool ServerConnection::handle(Frame&& frame) {
  if (const auto* hello = std::get_if<Hello>(&frame)) return handle_hello(*hello);
  std::visit(base::Cases{
                 [this](Request& request) { handle_request(std::move(request)); },
                 [this](const Ping& ping) {
                   outbox_.control(Pong{ping.token});
                   mark_dirty();
                 },
                 [this](const Ack& ack) { outbox_.acknowledge(ack.received); },
                 [this](const Goodbye&) { close({}, "it said goodbye"); },
                 // Handled, not a client's to send, or of a kind that only a later version knows.
                 [](const Hello&) {},
                 [](const HelloAck&) {},
                 [](const api::Reply&) {},
                 [](const api::Event&) {},
                 [](const Pong&) {},
                 [](const UnknownFrame&) {},
             },
             frame);
  if (state_ == State::attached && !resume_.empty() && arrived_.to_acknowledge()) {
    outbox_.control(Ack{arrived_.count()});
    mark_dirty();
  }
  return state_ == State::attached;
}

bool ServerConnection::handle_hello(const Hello& hello) {
  if (state_ != State::hello) {
    close(Error{Errc::malformed, "a second hello"}, "a second hello");
    return false;
  }
  if (over_tcp() && !same_secret(token_, hello.token)) {
    close(Error{Errc::denied, "the token is wrong"}, "a wrong token");
    return false;
  }
  const std::uint32_t version = std::min(hello.version_max, kProtocolMax);
  if (hello.version_min > hello.version_max || version < hello.version_min ||
      version < kProtocolMin) {
    const auto range = [](std::uint32_t from, std::uint32_t to) {
      return from == to ? std::to_string(from) : std::to_string(from) + "…" + std::to_string(to);
    };
    close(Error{Errc::version_mismatch,
                "this daemon speaks protocol version " + range(kProtocolMin, kProtocolMax) +
                    ", the application " + range(hello.version_min, hello.version_max)},
          "another protocol version");
    return false;
  }
  if (hello.application.size() > limits::kNameBytes) {
    close(Error{Errc::invalid_argument, "the application's name is longer than " +
                                            std::to_string(limits::kNameBytes) + " bytes"},
          "a name too long");
    return false;
  }
  if (!hello.resume.empty()) {
    resume(hello);
    return false;
  }
  attach(hello, version);
  return true;
}

// ---- after a loss

bool ServerConnection::is_resumed_by(const std::string& resume) const {
  return !resume_.empty() && same_secret(resume_, resume);
}

/// It was lost, or its end has not been noticed yet. Its process is the same: a connection is
/// resumed, never taken over by another program.
bool ServerConnection::may_take_over(const ServerConnection& other, std::uint64_t received) const {
  return (state_ == State::away || state_ == State::attached) && other.user_ == user_ &&
         other.over_tcp() == over_tcp() && other.peer_process_ == peer_process_ &&
         outbox_.can_resume(received);
}

/// Hands this connection's socket to the attachment that it belongs to.
void ServerConnection::resume(const Hello& hello) {
  const auto lost = host_.find_resumable(hello.resume);
  if (!lost || !lost->may_take_over(*this, hello.received))
    return close(Error{Errc::disconnected, "what was lost cannot be resumed"},
                 "it cannot be resumed");
  process_.reset();
  ++turn_;
  lost->take_over(std::move(socket_), hello.received);
  state_ = State::closed;
  if (std::exchange(entered_, false)) host_.left(*this);
  host_.finished(shared_from_this());
}

void ServerConnection::take_over(Socket socket, std::uint64_t received) {
  std::error_code ignored;
  socket_.close(ignored);
  ++turn_;
  socket_ = std::move(socket);
  reading_ = writing_ = turn_waits_ = waits_for_room_ = false;
  give_room_back();
  input_ = {};
  state_ = State::attached;
  unanswered_ = 0;
  deadline_ = Clock::now() + heartbeat();
  HelloAck ack = greeting();
  ack.resumed = true;
  ack.received = arrived_.count();
  outbox_.resume(received, ack);
  mark_dirty();
  wait_readable();
}

/// Its connection is over, and perhaps nothing else.
void ServerConnection::lose(const std::string& why) {
  if (state_ != State::attached || resume_.empty() || shut_down_) return close({}, why);
  state_ = State::away;
  ++turn_;
  reading_ = writing_ = turn_waits_ = waits_for_room_ = false;
  give_room_back();
  input_ = {};
  std::error_code ignored;
  socket_.close(ignored);
  deadline_ = Clock::now() + host_.options().resume_time;
  host_.want_ticks();
}

void ServerConnection::attach(const Hello& hello, std::uint32_t version) {
  state_ = State::attached;
  const Server::Options& options = host_.options();
  api::ApplicationInfo who{
      .name = hello.application,
      .user = platform::user_name(user_),
      .process = over_tcp() ? hello.process : peer_process_,
      .role = user_ == options.user || user_ == 0 ? api::Role::operating : api::Role::user,
      .identifier_bytes = hello.identifier_bytes,
      .uid = user_};
  if (options.describe) options.describe(who);
  operator_rights_ = who.role == api::Role::operating;
  app_ = host_.backend().attach(std::move(who), *this);
  host_.attached(*this);
  deadline_ = Clock::now() + heartbeat();
  version_ = version;
  // Without a watch a local application that died would look like one that may come back.
  if (hello.resumable && options.resume_time.count() != 0 && (over_tcp() || process_))
    resume_ = new_resume();
  outbox_.control(greeting());
  if (!resume_.empty()) outbox_.retain();
  greeted_ = true;
  for (api::Event& event : std::exchange(early_, {})) outbox_.event(std::move(event));
  mark_dirty();
}

HelloAck ServerConnection::greeting() const {
  const Server::Options& options = host_.options();
  const auto beat = over_tcp() ? options.heartbeat : std::chrono::milliseconds(0);
  return HelloAck{
      .version = version_,
      .application = app_,
      .epoch = options.epoch,
      .process = platform::process_id(),
      .server = options.version,
      .heartbeat_ms = static_cast<std::uint32_t>(beat.count()),
      .operator_rights = operator_rights_,
      .resume = resume_,
      .resume_ms = resume_.empty() ? 0 : static_cast<std::uint32_t>(options.resume_time.count()),
      .restore_ms = static_cast<std::uint32_t>(options.restore_time.count())};
}

void ServerConnection::handle_request(Request&& request) {
  if (!request.command) return reply({request.number, false, std::move(request.command).error()});
  if (shut_down_)
    return reply(
        {request.number, false, Error{Errc::stale_application, "the application was shut down"}});
  if (std::holds_alternative<api::ShutDown>(*request.command)) shutting_down_ = request.number;
  host_.backend().submit(app_, request.number, std::move(*request.command));
}

// ---- writing

void ServerConnection::reply(api::Reply&& reply) {
  if (muted_) return;
  outbox_.reply(std::move(reply));
  mark_dirty();
}

void ServerConnection::on_reply(api::Reply reply) {
  if (state_ != State::attached && state_ != State::away) return;
  if (shutting_down_ == reply.request && !reply.accepted_only) shut_down_ = true;
  this->reply(std::move(reply));
}

void ServerConnection::on_event(api::Event event) {
  if ((state_ != State::attached && state_ != State::away) || muted_) return;
  if (!greeted_) return early_.push_back(std::move(event));
  outbox_.event(std::move(event));
  mark_dirty();
}

void ServerConnection::on_disconnected(const Error& why) {
  close(why, why.text());
}

void ServerConnection::mark_dirty() {
  if (!std::exchange(dirty_, true)) host_.dirty(shared_from_this());
}

void ServerConnection::flush() {
  dirty_ = false;
  if ((state_ == State::attached || state_ == State::away) && outbox_.overflown()) {
    close(Error{Errc::overloaded, "you do not read your events"}, "it does not read");
    host_.settle_soon();
  }
  if (state_ == State::closed || state_ == State::away || writing_) return;
  const bool was_congested = outbox_.congested();
  while (!outbox_.pending().empty()) {
    const View pending = outbox_.pending();
    const std::ptrdiff_t size =
        platform::send_now(socket_.native_handle(), pending.data(), pending.size());
    if (size == 0) break;
    if (size < 0) {
      if (state_ == State::attached && resume_.empty() && !shut_down_)
        begin_drain("it closed its connection");
      else
        lose("it closed its connection");
      return host_.settle_soon();
    }
    outbox_.sent(static_cast<std::size_t>(size));
    if (was_congested) unanswered_ = 0;  // it is not read from, but it reads
  }
  count_output();
  if (!outbox_.pending().empty()) {
    writing_ = true;
    socket_.async_wait(Socket::wait_write,
                       [self = shared_from_this(), turn = turn_](const std::error_code& error) {
                         if (turn != self->turn_) return;
                         self->writing_ = false;
                         if (error || self->state_ == State::closed) return;
                         self->flush();
                         self->host_.backend().settle();
                       });
  } else if (state_ == State::goodbye) {
    std::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }
  // Requests that had to wait until there was room for their answers. Not at once: a client that
  // reads as fast as it asks would keep this function busy for ever.
  if (was_congested && !outbox_.congested() && state_ == State::attached) next_turn();
}

/// When all connections of its user take too much, this one first gives up being resumed; if that is
/// not enough, it counts as one that does not read.
void ServerConnection::count_output() {
  const auto total = [this] {
    const std::size_t now = state_ == State::closed ? 0 : outbox_.bytes();
    return host_.output_changed(user_, std::exchange(output_bytes_, now), now);
  };
  if (total() <= limits::kOutputOfUser || state_ != State::attached) return;
  resume_.clear();
  outbox_.stop_retaining();
  if (total() <= limits::kOutputOfUser || outbox_.bytes() < limits::kOutputBytes) return;
  close(Error{Errc::overloaded, "the programs of this user do not read what they are told"},
        "it does not read");
  host_.settle_soon();
}

// ---- the end

void ServerConnection::close(const std::optional<Error>& goodbye, const std::string& why,
                             bool restores) {
  if (state_ == State::goodbye || state_ == State::closed) return;
  const bool away = state_ == State::away;
  const bool was_attached = state_ == State::attached || away;
  state_ = goodbye && !away ? State::goodbye : State::closed;
  give_room_back();
  waits_for_room_ = false;
  input_ = {};
  if (entered_) host_.left(*this);
  const auto self = shared_from_this();
  if (was_attached) host_.backend().detach(app_, why);
  if (state_ == State::closed) return finish();
  // The last words are heard only if the peer's own are read until it closes.
  deadline_ = Clock::now() + limits::kGoodbyeTime;
  if (outbox_.overflown()) outbox_.forget_waiting();
  outbox_.control(Goodbye{*goodbye, restores});
  mark_dirty();
  wait_readable();
  host_.want_ticks();
}

void ServerConnection::finish() {
  state_ = State::closed;
  std::error_code ignored;
  socket_.close(ignored);
  process_.reset();
  outbox_.clear();
  outbox_.stop_retaining();
  count_output();
  host_.finished(shared_from_this());
}

void ServerConnection::abandon() {
  finish();
}

}  // namespace switchhook::rpc
