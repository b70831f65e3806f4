// SPDX-License-Identifier: Apache-2.0
#include "daemon/http_server.hpp"

#include <fcntl.h>
#include <httplib.h>
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
#include <map>
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
  explicit BoundedStream(HttpConnection& connection) : connection_(connection) {}

  [[nodiscard]] bool is_readable() const override { return true; }
  [[nodiscard]] bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    const ssize_t some = patiently([&] { return connection_.read(to, std::min(size, budget_)); },
                                   std::min(size, budget_));
    if (some > 0) budget_ -= static_cast<std::size_t>(some);
    return some;
  }
  ssize_t write(const char* from, std::size_t size) override {
    // The answer has a time of its own, and so has each piece of one that comes in pieces.
    deadline_ = Clock::now() + limits::kHttpTime;
    return patiently([&] { return connection_.write(from, size); }, size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  [[nodiscard]] socket_t socket() const override { return connection_.socket(); }

 private:
  template <typename Try>
  ssize_t patiently(Try one_try, std::size_t size) {
    if (size == 0) return -1;
    while (Clock::now() < deadline_) {
      const std::optional<std::size_t> done = one_try();
      if (!done) return -1;
      if (*done > 0) return static_cast<ssize_t>(*done);
      if (!connection_.wait(deadline_)) return -1;
    }
    return -1;
  }

  HttpConnection& connection_;  // (ref)
  Clock::time_point deadline_ = Clock::now() + limits::kHttpTime;
  std::size_t budget_ = limits::kHttpRequestBytes;
};

/// Set by a handler for the connection that its thread serves.
thread_local std::function<void(std::unique_ptr<HttpConnection>)> taking_over;

/// A request, its answer, and the end of the connection.
class Server final : public httplib::Server {
 public:
  explicit Server(std::shared_ptr<const TlsIdentity> identity) : identity_(std::move(identity)) {}
  /// Who is connected is not waited for any more, nor who comes.
  void hang_up() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    bool good = false;
    auto connection = std::make_unique<HttpConnection>(socket, identity_.get());
    const bool begun = begin(socket);
    if (begun) {
      taking_over = {};
      BoundedStream stream(*connection);
      bool closed = false;
      good = process_request(stream, true, closed, nullptr);
    }
    const std::lock_guard lock(mutex_);
    if (begun) open_.erase(socket);
    if (const auto take = std::exchange(taking_over, {}); good && take && !over_)
      take(std::move(connection));
    return good;
  }
  bool begin(int socket) {
    const std::lock_guard lock(mutex_);
    if (!over_) open_.insert(socket);
    return !over_;
  }

  const std::shared_ptr<const TlsIdentity> identity_;
  std::mutex mutex_;
  std::set<int> open_;  // guarded by mutex_
  bool over_ = false;   // guarded by mutex_
};

/// Threads that take connections; when all are at work and so many wait, who accepts waits as well.
class Workers final : public httplib::TaskQueue {
 public:
  explicit Workers(std::size_t threads) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
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
  explicit Impl(Options options) : options_(std::move(options)), server_(options_.identity) {}
  ~Impl() {
    if (thread_.joinable()) {
      server_.hang_up();
      server_.stop();
      thread_.join();
    }
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
  }

  void get(const std::string& path, std::function<Answer()> handler) {
    gets_[path] = std::move(handler);
  }
  void serve(Handler handler) { handler_ = std::move(handler); }

  Result<std::string> listen(const std::string& where) {
    // Made when the server runs; its stop() would do nothing before.
    std::promise<void> runs;
    server_.new_task_queue = [this, &runs] {
      runs.set_value();
      return std::make_unique<Workers>(options_.threads).release();
    };
    server_.set_payload_max_length(options_.body_bytes);
    route();
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

  /// All that has no body is answered before httplib looks at it: it knows ranges, of which one
  /// request can ask for thousands, and compares paths by regular expressions, which recurse.
  void route() {
    using Handled = httplib::Server::HandlerResponse;
    server_.set_pre_routing_handler(
        [this](const httplib::Request& request, httplib::Response& response) {
          if (request.path.size() > limits::kConsolePathBytes || request.has_header("Range")) {
            respond(failed(request.has_header("Range") ? 416 : 414), response);
            return Handled::Handled;
          }
          const std::string& method = request.method;
          if (options_.body_bytes != 0 &&
              (method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE")) {
            // httplib unfolds what is compressed, with no bound on what becomes of it.
            if (!request.has_header("Content-Encoding") && !request.is_multipart_form_data())
              return Handled::Unhandled;
            respond(failed(415), response);
            return Handled::Handled;
          }
          answer(request, response);
          return Handled::Handled;
        });
    const auto with_body = [this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
    };
    server_.Post(".*", with_body).Put(".*", with_body).Patch(".*", with_body);
    server_.Delete(".*", with_body);
    server_.set_error_handler(httplib::Server::HandlerWithResponse(
        [this](const httplib::Request&, httplib::Response& response) {
          if (!response.body.empty() || response.has_header("Content-Type"))
            return Handled::Unhandled;
          const int status = response.status;
          respond(failed(status), response);
          return Handled::Handled;
        }));
  }
  [[nodiscard]] Answer failed(int status) const {
    Answer made = options_.failure ? options_.failure(status) : Answer{status, "text/plain", "\n"};
    made.status = status;
    return made;
  }

  void answer(const httplib::Request& request, httplib::Response& response) {
    try {
      Request asked{request.method, request.path, {}, {}, request.body};
      for (const auto& [name, value] : request.params) asked.query.emplace(name, value);
      for (const auto& [name, value] : request.headers) {
        std::string key = name;
        for (char& c : key)
          if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        const auto [at, first] = asked.headers.emplace(std::move(key), value);
        if (!first) at->second += "," + value;
      }
      const bool reads = asked.method == "GET" || asked.method == "HEAD";
      if (const auto found = gets_.find(asked.path); reads && found != gets_.end())
        respond(found->second(), response);
      else
        respond(handler_ ? handler_(asked) : failed(404), response);
      if (asked.method == "HEAD") taking_over = {};
    } catch (const std::exception&) {
      respond(failed(500), response);
    }
  }

  /// Through providers of content, because httplib compresses bodies, which takes seconds of a large
  /// one.
  void respond(Answer answer, httplib::Response& response) const {
    response.status = answer.status;
    for (const auto& [name, value] : options_.headers) response.set_header(name, value);
    for (const auto& [name, value] : answer.headers) response.set_header(name, value);
    if (answer.take_over || answer.more) {
      taking_over = std::move(answer.take_over);
      const auto write = [body = std::move(answer.body), more = std::move(answer.more)](
                             std::size_t offset, httplib::DataSink& sink) mutable {
        if (offset == 0 && !body.empty()) {
          if (!sink.write(body.data(), body.size())) return false;
          if (more) return true;
        }
        std::string piece;
        if (more && more(piece)) return piece.empty() || sink.write(piece.data(), piece.size());
        sink.done();
        return true;
      };
      if (taking_over)
        response.set_content_provider(answer.type, write);
      else
        response.set_chunked_content_provider(answer.type, write);
      return;
    }
    const std::size_t size = answer.body.size();
    response.set_content_provider(
        size, answer.type,
        [body = std::move(answer.body)](std::size_t offset, std::size_t length,
                                        httplib::DataSink& sink) {
          return sink.write(body.data() + offset, length);
        });
  }

  const Options options_;
  std::map<std::string, std::function<Answer()>> gets_;  // by path
  Handler handler_;
  Server server_;
  std::string path_;
  std::thread thread_;
};

std::string HttpServer::Request::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}
std::string HttpServer::Request::asked(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

HttpServer::HttpServer(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpServer::~HttpServer() = default;
void HttpServer::get(const std::string& path, std::function<Answer()> handler) {
  impl_->get(path, std::move(handler));
}
void HttpServer::serve(Handler handler) {
  impl_->serve(std::move(handler));
}
Result<std::string> HttpServer::listen(const std::string& where) {
  return impl_->listen(where);
}

}  // namespace switchhook::daemon
