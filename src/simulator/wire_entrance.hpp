// SPDX-License-Identifier: Apache-2.0
#pragma once

// The way in over a simulated wire: the protocol's real encoder and decoder, the server's real
// outbox, and between them two streams of bytes for each application, of which any number arrives
// at a time. A connection breaks now and then, with all that is on its way, and is resumed: what
// each side had not received is sent again by the protocol's own memory of it. Only the sockets are
// missing. Threads: the host's.

#include <deque>
#include <memory>

#include "rpc/outbox.hpp"
#include "rpc/retained.hpp"
#include "simulator/entrance.hpp"

namespace switchhook::simulator {

class WireEntrance final : public Entrance {
 public:
  using Entrance::Entrance;
  api::AppId attach(api::ApplicationInfo info, api::ServiceSink& sink) override;
  void submit(api::AppId app, api::RequestId request, api::Command command) override;
  /// What it sent before arrives still, as on any socket.
  void cut(api::AppId app, const std::string& why) override;
  bool distant() const override { return true; }
  void deliver(Random& random) override;
  bool deliver_all() override;
  /// Connections that broke so far.
  [[nodiscard]] std::uint64_t broken() const { return broken_; }

 private:
  /// One application's connection.
  struct Link final : api::ServiceSink {
    Link(rpc::Encoder& encoder, api::ServiceSink& its_client) : client(its_client), down(encoder) {
      down.retain();
    }
    void on_reply(api::Reply reply) override;
    void on_event(api::Event event) override;
    void on_disconnected(const Error& why) override;

    api::ServiceSink& client;  // (ref)
    rpc::Bytes up;             // sent by the application, not yet arrived
    rpc::Outbox down;
    rpc::Bytes coming;                      // sent by the server, not yet arrived
    rpc::Bytes server_input, client_input;  // of frames that are not whole yet
    // What has to arrive, in this order, in words.
    std::deque<std::string> asked, answered;
    bool cut = false;
    // The connection is lost, or resumed and not greeted; what the application asks meanwhile.
    bool lost = false, greeted = true;
    rpc::Bytes waiting;
    rpc::Retained retained;                       // at the application
    rpc::Arrived server_arrived, client_arrived;  // bytes of whole frames
  };

  void carry_up(api::AppId app, Link& link, std::size_t bytes);
  static void leave_server(Link& link, std::size_t bytes);
  void carry_down(api::AppId app, Link& link, std::size_t bytes);
  void send(Link& link, const rpc::Bytes& bytes);
  void lose(Link& link);
  void resume(api::AppId app, Link& link);
  void greeted(api::AppId app, Link& link, const rpc::HelloAck& ack);
  void asked(api::AppId app, Link& link, rpc::Frame frame);
  void told(api::AppId app, Link& link, rpc::Frame frame);
  template <typename Take>
  void take_frames(api::AppId app, rpc::Bytes& input, Take take);
  void compare(api::AppId app, std::deque<std::string>& sent, const std::string& arrived);

  rpc::Encoder encoder_;
  std::map<api::AppId, std::unique_ptr<Link>> links_;
  std::uint64_t broken_ = 0;
};

}  // namespace switchhook::simulator
