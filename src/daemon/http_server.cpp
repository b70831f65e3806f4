// SPDX-License-Identifier: Apache-2.0
#include "daemon/http_server.hpp"

#include <fcntl.h>
#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "base/host_port.hpp"
#include "base/limits.hpp"

namespace switchhook::daemon {
namespace {

using Clock = std::chrono::steady_clock;

/// One connection: so many bytes are read of it, and so long it lives, whatever its peer does.
class BoundedStream final : public httplib::Stream {
 public:
  explicit BoundedStream(int socket) : socket_(socket) {}

  [[nodiscard]] bool is_readable() const override { return wait(POLLIN); }
  [[nodiscard]] bool is_writable() const override { return wait(POLLOUT); }
  ssize_t read(char* to, std::size_t size) override {
    size = std::min(size, budget_);
    if (size == 0 || !wait(POLLIN)) return -1;
    const ssize_t some = ::recv(socket_, to, size, 0);
    if (some > 0) budget_ -= static_cast<std::size_t>(some);
    return some;
  }
  ssize_t write(const char* from, std::size_t size) override {
    if (!wait(POLLOUT)) return -1;
    return ::send(socket_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  [[nodiscard]] socket_t socket() const override { return socket_; }

 private:
  [[nodiscard]] bool wait(short what) const {
    pollfd one{socket_, what, 0};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    return left > 0 && ::poll(&one, 1, static_cast<int>(left)) == 1;
  }

  const int socket_;
  const Clock::time_point deadline_ = Clock::now() + limits::kHttpTime;
  std::size_t budget_ = limits::kHttpRequestBytes;
};

/// A request, its answer, and the end of the connection.
class Server final : public httplib::Server {
 public:
  /// Who is connected is not waited for any more, nor who comes.
  void hang_up() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    bool good = false;
    if (begin(socket)) {
      BoundedStream stream(socket);
      bool closed = false;
      good = process_request(stream, true, closed, nullptr);
    }
    const std::lock_guard lock(mutex_);
    open_.erase(socket);
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    return good;
  }
  bool begin(int socket) {
    const std::lock_guard lock(mutex_);
    if (!over_) open_.insert(socket);
    return !over_;
  }

  std::mutex mutex_;
  std::set<int> open_;  // guarded by mutex_
  bool over_ = false;   // guarded by mutex_
};

/// Threads that take connections; when all are at work and so many wait, who accepts waits as well.
class Workers final : public httplib::TaskQueue {
 public:
  Workers() {
    for (std::size_t i = 0; i < limits::kHttpThreads; ++i)
      threads_.emplace_back([this] { work(); });
  }
  void enqueue(std::function<void()> task) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return tasks_.size() < limits::kHttpWaiting || over_; });
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }
  /// What was accepted is answered: each in bounded time.
  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return !tasks_.empty() || over_; });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      changed_.notify_all();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;  // guarded by mutex_
  bool over_ = false;                        // guarded by mutex_
  std::vector<std::thread> threads_;
};

/// Removes what lies at the path from before, unless somebody listens there.
Result<void> clear_path(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path)
    return Error{Errc::invalid_argument, path + ": too long for a socket's path"};
  std::error_code error;
  if (!std::filesystem::is_socket(path, error)) return {};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool there =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  if (there) return Error{Errc::failed, "another process already listens at " + path};
  std::filesystem::remove(path, error);
  return {};
}

}  // namespace

class HttpServer::Impl {
 public:
  ~Impl() {
    if (thread_.joinable()) {
      server_.hang_up();
      server_.stop();
      thread_.join();
    }
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
  }

  void get(const std::string& path, Handler handler) {
    server_.Get(
        path, [handler = std::move(handler)](const httplib::Request&, httplib::Response& response) {
          Answer answer = handler();
          response.status = answer.status;
          response.set_content(answer.body, answer.type);
        });
  }

  Result<std::string> listen(const std::string& where) {
    // Made when the server runs; its stop() would do nothing before.
    std::promise<void> runs;
    server_.new_task_queue = [&runs] {
      runs.set_value();
      return std::make_unique<Workers>().release();
    };
    server_.set_payload_max_length(0);
    // Its own would let another process listen at the same port.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      static_cast<void>(::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
      static_cast<void>(::fcntl(socket, F_SETFD, FD_CLOEXEC));
    });
    Result<std::string> bound =
        where.find('/') != std::string::npos ? bind_path(where) : bind_address(where);
    if (!bound) return bound;
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    runs.get_future().wait();
    return bound;
  }

 private:
  Result<std::string> bind_path(const std::string& path) {
    if (Result<void> clear = clear_path(path); !clear) return clear.error();
    server_.set_address_family(AF_UNIX);
    const mode_t before = ::umask(0177);
    const bool good = server_.bind_to_port(path, 80);
    ::umask(before);
    if (!good) return Error{Errc::failed, "cannot listen at " + path};
    path_ = path;
    return path;
  }
  Result<std::string> bind_address(const std::string& where) {
    const std::optional<base::HostPort> at = base::host_port(where);
    if (!at) return Error{Errc::invalid_argument, "\"" + where + "\" is not ADDRESS:PORT"};
    int port = at->port;
    if (port == 0)
      port = server_.bind_to_any_port(at->host);
    else if (!server_.bind_to_port(at->host, port))
      port = -1;
    if (port < 0) return Error{Errc::failed, "cannot listen on " + where};
    return where.substr(0, where.rfind(':') + 1) + std::to_string(port);
  }

  Server server_;
  std::string path_;
  std::thread thread_;
};

HttpServer::HttpServer() : impl_(std::make_unique<Impl>()) {}
HttpServer::~HttpServer() = default;
void HttpServer::get(const std::string& path, Handler handler) {
  impl_->get(path, std::move(handler));
}
Result<std::string> HttpServer::listen(const std::string& where) {
  return impl_->listen(where);
}

}  // namespace switchhook::daemon
