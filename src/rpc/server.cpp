// SPDX-License-Identifier: Apache-2.0
#include "rpc/server.hpp"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/descriptors.hpp"
#include "rpc/server_connection.hpp"

namespace switchhook::rpc {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
/// So many connections beyond the limit are told why they are refused.
constexpr std::size_t kTurnedAway = 64;
constexpr std::chrono::milliseconds kTick{500};
constexpr std::chrono::milliseconds kAcceptAgain{100};
constexpr std::chrono::seconds kTellAgain{10};

std::chrono::milliseconds tick_of(const Server::Options& options) {
  std::chrono::milliseconds tick = kTick;
  for (const auto beat : {options.heartbeat, options.local_heartbeat})
    if (beat.count() != 0) tick = std::min(tick, beat);
  return tick;
}

}  // namespace

class Server::Impl final : public Host, public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, Backend& backend, Options options)
      : io_(io),
        backend_(backend),
        options_(std::move(options)),
        tick_(tick_of(options_)),
        scratch_(kReadBytes),
        local_(io),
        tcp_(io),
        ticks_(io),
        local_again_(io),
        tcp_again_(io) {}

  // ---- what connections need

  const Options& options() const override { return options_; }
  Backend& backend() override { return backend_; }
  Encoder& encoder() override { return encoder_; }
  Bytes& scratch() override { return scratch_; }
  void dirty(std::shared_ptr<ServerConnection> connection) override {
    dirty_.push_back(std::move(connection));
  }

  Result<void> entered(ServerConnection& connection) override {
    if (entered_ >= places(false) && (entered_ >= places(true) || !operates(connection.user())))
      return Error{Errc::resource_unavailable, "this daemon has too many connections"};
    User& user = users_[connection.user()];
    if (user.connections >= options_.connections_of_user)
      return Error{Errc::resource_unavailable, "too many connections of this user"};
    ++user.connections;
    ++entered_;
    return {};
  }
  bool take_room(ServerConnection& connection, std::size_t bytes) override {
    User& user = users_[connection.user()];
    if (user.input + bytes > limits::kInputOfUser) {
      user.waiting.push_back(connection.weak_from_this());
      return false;
    }
    user.input += bytes;
    return true;
  }
  void give_room_back(ServerConnection& connection, std::size_t bytes) override {
    User& user = users_[connection.user()];
    user.input -= bytes;
    // One that finds no room again waits again, behind the others.
    for (const auto& waiting : std::exchange(user.waiting, {}))
      if (const auto next = waiting.lock()) next->room_is_there();
    forget_unused(connection.user());
  }
  std::size_t output_changed(std::uint32_t user, std::size_t before, std::size_t now) override {
    const auto at = users_.try_emplace(user).first;
    const std::size_t all = at->second.output += now - before;
    forget_unused(user);
    return all;
  }
  void attached(ServerConnection& connection) override { by_app_[connection.app()] = &connection; }
  void left(ServerConnection& connection) override {
    --entered_;
    --users_[connection.user()].connections;
    forget_unused(connection.user());
    by_app_.erase(connection.app());
    dropped_before_ += connection.dropped();
  }

  std::shared_ptr<ServerConnection> find_resumable(const std::string& resume) override {
    for (const auto& [app, connection] : by_app_)
      if (connection->is_resumed_by(resume)) return connection->shared_from_this();
    return nullptr;
  }

  void finished(const std::shared_ptr<ServerConnection>& connection) override {
    connections_.erase(connection);
  }
  void want_ticks() override {
    if (std::exchange(ticking_, true)) return;
    ticks_.expires_after(tick_);
    ticks_.async_wait([self = shared_from_this()](const std::error_code& error) {
      if (!error) self->tick();
    });
  }
  void settle_soon() override {
    if (std::exchange(settling_, true)) return;
    asio::post(io_, [self = shared_from_this()] {
      self->settling_ = false;
      if (!self->closed_) self->backend_.settle();
    });
  }

  // ---- the server's own

  Result<void> listen(const LocalListener& listener);
  Result<std::uint16_t> listen_tcp(std::uint16_t port, std::string token);
  void stop_listening();
  void close();

  void flush() {
    // Flushing one may give another something to send.
    while (!dirty_.empty()) {
      std::vector<std::shared_ptr<ServerConnection>> now;
      now.swap(dirty_);
      for (const auto& connection : now) connection->flush();
    }
  }

  ServerConnection* find(api::AppId app) const {
    const auto found = by_app_.find(app);
    return found == by_app_.end() ? nullptr : found->second;
  }

  void close_all(const Error& why, bool restores) {
    for (const auto& connection : all()) connection->close(why, why.text(), restores);
    backend_.settle();
  }

  std::size_t size() const { return by_app_.size(); }
  std::size_t sockets() const {
    return static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(),
                      [](const auto& connection) { return connection->has_socket(); }));
  }
  bool idle() const {
    return std::none_of(connections_.begin(), connections_.end(),
                        [](const auto& connection) { return connection->has_unsent(); });
  }
  std::uint64_t events_dropped() const {
    std::uint64_t count = dropped_before_;
    for (const auto& [app, connection] : by_app_) count += connection->dropped();
    return count;
  }

 private:
  template <typename Acceptor>
  void accept(Acceptor& acceptor, asio::steady_timer& again);
  void take(Socket socket, std::string token);
  [[nodiscard]] bool is_operator(int socket, bool over_tcp) const;
  [[nodiscard]] bool operates(std::uint32_t user) const;
  void turn_away(Socket& socket, const Error& why);
  void tell_trouble(const std::string& words);
  /// A copy: whoever is visited may leave the table.
  std::vector<std::shared_ptr<ServerConnection>> all() const {
    return {connections_.begin(), connections_.end()};
  }
  void tick();

  asio::io_context& io_;  // (ref)
  Backend& backend_;      // (ref)
  const Options options_;
  const std::chrono::milliseconds tick_;
  Encoder encoder_;
  Bytes scratch_;
  asio::local::stream_protocol::acceptor local_;
  asio::ip::tcp::acceptor tcp_;
  asio::steady_timer ticks_;
  // One each: waiting for one must not keep the other from accepting.
  asio::steady_timer local_again_, tcp_again_;
  std::optional<std::chrono::steady_clock::time_point> told_;  // of trouble, last
  std::uint64_t untold_ = 0;
  std::string path_, token_;
  std::unordered_set<std::shared_ptr<ServerConnection>> connections_;
  std::unordered_map<api::AppId, ServerConnection*> by_app_;
  /// What one account holds here.
  struct User {
    std::size_t connections = 0;
    std::size_t input = 0;   ///< room taken for frames that are not whole yet
    std::size_t output = 0;  ///< what waits to be read, and what is kept to resume
    std::vector<std::weak_ptr<ServerConnection>> waiting;  ///< for room
  };
  void forget_unused(std::uint32_t number) {
    const auto at = users_.find(number);
    if (at == users_.end()) return;
    const User& user = at->second;
    if (user.connections == 0 && user.input == 0 && user.output == 0 && user.waiting.empty())
      users_.erase(at);
  }
  /// An operator gets a place even if users have taken all of theirs.
  [[nodiscard]] std::size_t places(bool of_operator) const {
    const std::size_t kept = std::min(limits::kOperatorPlaces, options_.connections / 4);
    return of_operator ? options_.connections : options_.connections - kept;
  }
  std::unordered_map<std::uint32_t, User> users_;
  std::size_t entered_ = 0;
  std::uint64_t dropped_before_ = 0;
  std::vector<std::shared_ptr<ServerConnection>> dirty_;
  bool ticking_ = false, settling_ = false, closed_ = false;
};

// ---- listening

Result<void> Server::Impl::listen(const LocalListener& listener) {
  const auto failed = [&listener](const std::error_code& error) {
    return Error{Errc::failed, "cannot listen at " + listener.path + ": " + error.message()};
  };
  if (listener.path.empty() || listener.path.size() > 107)
    return Error{Errc::invalid_argument,
                 "\"" + listener.path + "\": a socket's path has 1…107 bytes"};
  const asio::local::stream_protocol::endpoint endpoint(listener.path);
  std::error_code error;
  if (std::filesystem::is_socket(listener.path, error)) {
    asio::local::stream_protocol::socket probe(io_);
    probe.connect(endpoint, error);
    if (!error)
      return Error{Errc::resource_unavailable,
                   "another process already listens at " + listener.path};
    std::filesystem::remove(listener.path, error);
  }
  gid_t group = static_cast<gid_t>(-1);
  if (!listener.group.empty()) {
    const struct group* entry = ::getgrnam(listener.group.c_str());
    if (entry == nullptr)
      return Error{Errc::invalid_argument, "there is no group \"" + listener.group + "\""};
    group = entry->gr_gid;
  }
  local_.open(endpoint.protocol(), error);
  if (error) return failed(error);
  platform::keep_from_children(local_.native_handle());
  // Nobody can connect between bind() and chmod(): the socket does not listen yet.
  const mode_t before = ::umask(0177);
  local_.bind(endpoint, error);
  ::umask(before);
  if (error) return failed(error);
  path_ = listener.path;
  const bool permitted = (group == static_cast<gid_t>(-1) ||
                          ::chown(path_.c_str(), static_cast<uid_t>(-1), group) == 0) &&
                         ::chmod(path_.c_str(), listener.mode) == 0;
  if (!permitted) return failed({errno, std::generic_category()});
  local_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed(error);
  accept(local_, local_again_);
  return {};
}

Result<std::uint16_t> Server::Impl::listen_tcp(std::uint16_t port, std::string token) {
  const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  std::error_code error;
  tcp_.open(endpoint.protocol(), error);
  if (!error) tcp_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) tcp_.bind(endpoint, error);
  if (!error) tcp_.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return Error{Errc::failed,
                 "cannot listen on 127.0.0.1:" + std::to_string(port) + ": " + error.message()};
  platform::keep_from_children(tcp_.native_handle());
  token_ = std::move(token);
  accept(tcp_, tcp_again_);
  return tcp_.local_endpoint().port();
}

template <typename Acceptor>
void Server::Impl::accept(Acceptor& acceptor, asio::steady_timer& again) {
  acceptor.async_accept(
      [self = shared_from_this(), &acceptor, &again](const std::error_code& error, auto socket) {
        if (self->closed_ || !acceptor.is_open()) return;
        if (!error) {
          constexpr bool kTcp = std::is_same_v<Acceptor, asio::ip::tcp::acceptor>;
          self->take(Socket(std::move(socket)), kTcp ? self->token_ : std::string());
        } else if (error != asio::error::operation_aborted) {
          // Out of descriptors, most likely: existing connections continue; it is tried again soon.
          self->tell_trouble("a connection cannot be accepted: " + error.message());
          again.expires_after(kAcceptAgain);
          again.async_wait([self, &acceptor, &again](const std::error_code& stopped) {
            if (!stopped && acceptor.is_open()) self->accept(acceptor, again);
          });
          return;
        }
        self->accept(acceptor, again);
      });
}

bool Server::Impl::is_operator(int socket, bool over_tcp) const {
  if (over_tcp) return true;  // it knows the token, or is turned away for that
  const auto peer = platform::peer_of(socket);
  return peer && operates(peer->user);
}

/// Also by a group. Asked only where users find no place any more: looking groups up takes time.
bool Server::Impl::operates(std::uint32_t user) const {
  if (user == options_.user || user == 0) return true;
  api::ApplicationInfo who;
  who.role = api::Role::user;
  who.uid = user;
  if (options_.describe) options_.describe(who);
  return who.role == api::Role::operating;
}

void Server::Impl::take(Socket socket, std::string token) {
  const int descriptor = static_cast<int>(socket.native_handle());
  const bool over_tcp = !token.empty();
  if (base::is_of_the_last(descriptor, limits::kDescriptorsBesideUsers) &&
      (base::is_of_the_last(descriptor, limits::kDescriptorsBesideAll) ||
       !is_operator(descriptor, over_tcp))) {
    const Error why{Errc::resource_unavailable,
                    "this daemon has no descriptors left for another "
                    "connection; it may have " +
                        std::to_string(base::descriptors_allowed())};
    tell_trouble("a connection was turned away: " + why.context);
    return turn_away(socket, why);
  }
  // Without an answer; but those who are refused must not keep operators out.
  if (connections_.size() >= places(false) + kTurnedAway &&
      (connections_.size() >= places(true) + kTurnedAway || !is_operator(descriptor, over_tcp)))
    return;
  auto connection = std::make_shared<ServerConnection>(*this, std::move(socket), std::move(token));
  connections_.insert(connection);
  connection->start();
  flush();
  want_ticks();
}

/// Sends the reason as far as it can be sent at once; then the descriptor is free.
void Server::Impl::turn_away(Socket& socket, const Error& why) {
  Bytes bytes;
  encoder_.append(Goodbye{.why = why}, bytes);
  static_cast<void>(platform::send_now(socket.native_handle(), bytes.data(), bytes.size()));
  std::error_code ignored;
  socket.close(ignored);
}

/// At most every ten seconds, so that nobody can fill the log.
void Server::Impl::tell_trouble(const std::string& words) {
  ++untold_;
  const auto now = std::chrono::steady_clock::now();
  if (!options_.notice || (told_ && now - *told_ < kTellAgain)) return;
  options_.notice(words + (untold_ == 1 ? "" : " (" + std::to_string(untold_) + " times)"));
  told_ = now;
  untold_ = 0;
}

void Server::Impl::tick() {
  ticking_ = false;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& connection : all()) connection->tick(now);
  backend_.settle();
  if (std::any_of(connections_.begin(), connections_.end(),
                  [](const auto& connection) { return connection->needs_ticks(); }))
    want_ticks();
}

void Server::Impl::stop_listening() {
  std::error_code ignored;
  if (local_.is_open()) {
    local_.close(ignored);
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
  }
  tcp_.close(ignored);
  local_again_.cancel();
  tcp_again_.cancel();
}

void Server::Impl::close() {
  closed_ = true;
  stop_listening();
  ticks_.cancel();
  dirty_.clear();
  for (const auto& connection : all()) connection->abandon();
}

// ---- the interface

Server::Server(asio::io_context& io, Backend& backend, Options options)
    : impl_(std::make_shared<Impl>(io, backend, std::move(options))) {}
Server::~Server() {
  impl_->close();
}
Result<void> Server::listen(const LocalListener& listener) {
  return impl_->listen(listener);
}
Result<std::uint16_t> Server::listen_tcp(std::uint16_t port, std::string token) {
  return impl_->listen_tcp(port, std::move(token));
}
void Server::stop_listening() {
  impl_->stop_listening();
}
void Server::flush() {
  impl_->flush();
}
void Server::reply(api::AppId app, api::Reply reply) {
  if (ServerConnection* connection = impl_->find(app)) connection->reply(std::move(reply));
}
void Server::close_all(const Error& why, bool restores) {
  impl_->close_all(why, restores);
}
std::size_t Server::connections() const {
  return impl_->size();
}
std::size_t Server::sockets() const {
  return impl_->sockets();
}
bool Server::idle() const {
  return impl_->idle();
}
std::uint64_t Server::events_dropped() const {
  return impl_->events_dropped();
}

}  // namespace switchhook::rpc
