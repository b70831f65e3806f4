// SPDX-License-Identifier: Apache-2.0
#pragma once

// Applications that live in the daemon: those of the console's clients. They reach the engine as
// programs do over the port, and with no other rights, but without a socket. Threads: as each
// function says; the loop's is the one that runs the io_context. Ownership: the io_context and the
// backend outlive it, and it outlives its applications.

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <unordered_map>

#include "api/service.hpp"
#include "base/limits.hpp"
#include "rpc/server.hpp"

namespace asio {
class io_context;
}

namespace switchhook::daemon {

class Inside {
 public:
  Inside(asio::io_context& io, rpc::Backend& backend) : io_(io), backend_(backend) {}
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

  /// One application's way. The sink is used until the service is destroyed, or was lost.
  class Link;
  /// Attaches an application. Not on the loop's thread.
  /// @param link  gets what lose() takes
  /// Errors: disconnected: the daemon stops, or its loop does not answer in time.
  [[nodiscard]] Result<std::unique_ptr<api::SessionService>> attach(api::ApplicationInfo info,
                                                                    api::ServiceSink& sink,
                                                                    std::shared_ptr<Link>& link);
  /// The application is gone without having shut down, as a program that died. Any thread but the
  /// loop's.
  void lose(const std::shared_ptr<Link>& link, const std::string& why);
  /// Has the loop work out something, and waits for it. Any thread but the loop's.
  /// Errors: disconnected, as above.
  template <typename Value>
  [[nodiscard]] Result<Value> ask(std::function<Value()> work) {
    auto answer = std::make_shared<std::promise<Value>>();
    std::future<Value> value = answer->get_future();
    post([answer, work = std::move(work)] { answer->set_value(work()); });
    if (value.wait_for(limits::kMetricsAnswer) != std::future_status::ready)
      return Error{Errc::disconnected, "the service is busy"};
    return value.get();
  }

  // ---- on the loop's thread
  /// A reply that the backend did not give through a sink. False: it is none of these applications.
  bool reply(api::AppId app, api::Reply& reply);
  /// All lose the service, and nobody is let in any more.
  void close_all(const Error& why);
  [[nodiscard]] std::size_t size() const { return links_.size(); }

 private:
  friend class InsideService;
  void post(std::function<void()> work);
  void detach(Link& link, const std::string& why);

  asio::io_context& io_;   // (ref)
  rpc::Backend& backend_;  // (ref)
  struct Attached {
    std::shared_ptr<Link> link;
    std::unique_ptr<api::ServiceSink> sink;  ///< what the backend has
  };
  std::unordered_map<api::AppId, Attached> links_;  // the loop's
  bool closed_ = false;                             // the loop's
};

}  // namespace switchhook::daemon
