// SPDX-License-Identifier: Apache-2.0
#pragma once

// One application's connection, seen from the daemon. For server*.cpp only.
// Threads: the loop's. Ownership: the server's table, and the I/O in progress.

#include <asio.hpp>
#include <memory>
#include <optional>
#include <string>

#include "rpc/outbox.hpp"
#include "rpc/platform.hpp"
#include "rpc/server.hpp"

namespace switchhook::rpc {

using Socket = asio::generic::stream_protocol::socket;

class ServerConnection;

/// What a connection needs of its server.
class Host {
 public:
  virtual ~Host() = default;
  [[nodiscard]] virtual const Server::Options& options() const = 0;
  [[nodiscard]] virtual Backend& backend() = 0;
  [[nodiscard]] virtual Encoder& encoder() = 0;
  /// Where all connections read into, one at a time.
  [[nodiscard]] virtual Bytes& scratch() = 0;
  /// The connection has something to send.
  virtual void dirty(std::shared_ptr<ServerConnection> connection) = 0;
  /// Whether one more of this user may stay; it is counted until left().
  [[nodiscard]] virtual Result<void> entered(ServerConnection& connection) = 0;
  virtual void attached(ServerConnection& connection) = 0;
  virtual void left(ServerConnection& connection) = 0;
  /// Room for a frame that is not whole yet, of what its user may have of that. False: there is none
  /// now; room_is_there() is called when there may be.
  [[nodiscard]] virtual bool take_room(ServerConnection& connection, std::size_t bytes) = 0;
  virtual void give_room_back(ServerConnection& connection, std::size_t bytes) = 0;
  /// The connection's output takes `now` bytes, no longer `before`. @return what all of its user take.
  virtual std::size_t output_changed(std::uint32_t user, std::size_t before, std::size_t now) = 0;
  /// The attached connection that was given this to be resumed by; null = none.
  [[nodiscard]] virtual std::shared_ptr<ServerConnection> find_resumable(
      const std::string& resume) = 0;
  /// The connection is closed; its owner lets go of it.
  virtual void finished(const std::shared_ptr<ServerConnection>& connection) = 0;
  /// The connection has a deadline: tick() has to be called.
  virtual void want_ticks() = 0;
  /// Commands were handed in where nobody settles.
  virtual void settle_soon() = 0;
};

class ServerConnection final : public api::ServiceSink,
                               public std::enable_shared_from_this<ServerConnection> {
 public:
  /// @param token  what a hello has to bring; empty = a local socket, whose peer the system knows
  ServerConnection(Host& host, Socket socket, std::string token);

  void start();
  void flush();
  void reply(api::Reply&& reply);
  /// Last words, then the end. Once; later calls do nothing.
  void close(const std::optional<Error>& goodbye, const std::string& why, bool restores = false);
  /// The server is going: no word, no call to anybody.
  void abandon();
  /// Called about once a second while needs_ticks().
  void tick(std::chrono::steady_clock::time_point now);
  void room_is_there();
  [[nodiscard]] bool needs_ticks() const {
    return room_ != 0 || state_ != State::attached || heartbeat().count() != 0;
  }

  [[nodiscard]] api::AppId app() const { return app_; }
  [[nodiscard]] std::uint32_t user() const { return user_; }
  [[nodiscard]] bool has_unsent() const {
    return state_ != State::away && !outbox_.pending().empty();
  }
  [[nodiscard]] bool has_socket() const { return socket_.is_open(); }
  [[nodiscard]] bool is_resumed_by(const std::string& resume) const;
  [[nodiscard]] std::uint64_t dropped() const { return outbox_.dropped(); }

  void on_reply(api::Reply reply) override;
  void on_event(api::Event event) override;
  void on_disconnected(const Error& why) override;

 private:
  /// away: attached, and its connection is lost; it may come back by another one
  enum class State { hello, attached, away, goodbye, closed };

  [[nodiscard]] bool over_tcp() const { return !token_.empty(); }
  [[nodiscard]] std::chrono::milliseconds heartbeat() const;  ///< 0 = none
  void watch_process();
  void wait_readable();
  void read();
  void take_in(View bytes);
  View dispatch(View bytes);
  void next_turn();
  void go_on();
  [[nodiscard]] bool find_room(std::size_t frame);
  void give_room_back();
  void count_output();
  void begin_drain(const std::string& why);
  void drain();
  bool handle(Frame&& frame);
  bool handle_hello(const Hello& hello);
  void resume(const Hello& hello);
  [[nodiscard]] bool may_take_over(const ServerConnection& other, std::uint64_t received) const;
  void take_over(Socket socket, std::uint64_t received);
  void lose(const std::string& why);
  [[nodiscard]] HelloAck greeting() const;
  void handle_request(Request&& request);
  void attach(const Hello& hello, std::uint32_t version);
  void mark_dirty();
  void finish();

  Host& host_;  // (ref) outlives all connections
  Socket socket_;
  std::optional<asio::posix::stream_descriptor> process_;  // readable when the peer is gone
  const std::string token_;
  Outbox outbox_;
  Bytes input_;           // of a frame that is not whole yet
  std::size_t room_ = 0;  // taken for it
  std::chrono::steady_clock::time_point room_until_;
  bool waits_for_room_ = false;
  std::size_t output_bytes_ = 0;  // as they were told to the host
  State state_ = State::hello;
  std::chrono::steady_clock::time_point deadline_;  // of the hello, the goodbye, the next heartbeat
  unsigned unanswered_ = 0;  // heartbeats since it was heard, or read what it had left lying
  std::uint32_t user_ = 0, peer_process_ = 0;
  bool entered_ = false;
  api::AppId app_;
  std::optional<api::RequestId> shutting_down_;
  bool shut_down_ = false;
  std::vector<api::Event> early_;  // before the hello is answered
  bool greeted_ = false;
  bool dirty_ = false, reading_ = false, writing_ = false;
  bool turn_waits_ =
      false;           // a turn is over and there may be more in input_: the next one is posted
  unsigned turn_ = 0;  // of its sockets: what is awaited of an earlier one means nothing
  std::uint32_t version_ = 0;
  bool operator_rights_ = false;
  std::string resume_;  // by which it goes on after a loss; empty = it cannot
  Arrived arrived_;
  bool muted_ = false;  // it is gone: what it would be told is not kept
  /// It is gone: so many bytes it had sent that were not read then. What comes after them is not
  /// its own: a child that inherited the socket may go on sending.
  std::optional<std::size_t> to_drain_;
  std::string gone_why_;
};

}  // namespace switchhook::rpc
