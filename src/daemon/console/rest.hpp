// SPDX-License-Identifier: Apache-2.0
#pragma once

// REST: what each path answers (docs/rest-api.md). One table of routes, from which requests are served
// and openapi.json is written. Threads: serve() on several of the HTTP server's at once, never on the
// loop's. Ownership: all that it is made of outlives it.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/counts.hpp"
#include "daemon/console/clients.hpp"
#include "daemon/console/feed.hpp"
#include "daemon/console/json_reader.hpp"
#include "daemon/console/logins.hpp"
#include "daemon/console/streams.hpp"
#include "daemon/http_server.hpp"
#include "daemon/inside.hpp"

namespace switchhook::daemon {

class Rest {
 public:
  struct Parts {
    Inside& inside;
    Logins& logins;
    Clients& clients;
    Feed& feed;
    Streams& streams;
    /// On the loop's thread.
    std::function<core::Counts()> counts;
    std::function<std::optional<Record>(std::uint64_t session)> record;
    std::vector<std::string> hosts;  ///< names, some with a port, by which it may be reached
    std::string files;               ///< the page's folder
    bool secure = false;             ///< over TLS
  };
  explicit Rest(Parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] HttpServer::Answer serve(const HttpServer::Request& request);
  /// What the server says when it is none of the routes' own.
  [[nodiscard]] static HttpServer::Answer failure(int status);
  [[nodiscard]] static std::vector<std::pair<std::string, std::string>> headers();

  /// One request on its way.
  struct Asked {
    const HttpServer::Request& request;
    std::map<std::string, std::string> place = {};  ///< the variable parts of the path
    JsonMembers body = {};
    Visitor who = {};
    Clients::Use client = {};

    [[nodiscard]] client::Attachment& service() const { return client->service(); }
  };
  using Reply = Result<HttpServer::Answer>;
  /// What a request needs: nothing, a credential, an application to look with, or a lease.
  enum class Needs : std::uint8_t { nothing, login, view, lease };
  struct Route {
    const char* method;
    const char* path;  ///< "{name}" stands for one part
    Needs needs;
    Reply (Rest::*run)(Asked& asked);
    const char* about;
    /// Each as "name:type name:type"; types are those of JSON, or a value's name, "[…]" a list of it.
    const char* query;
    const char* body;
    const char* answer;  ///< members like these, or one value's name
  };
  [[nodiscard]] static const std::vector<Route>& routes();

 private:
  [[nodiscard]] std::optional<HttpServer::Answer> refuse(const HttpServer::Request& request) const;
  [[nodiscard]] bool is_own(std::string_view host) const;
  [[nodiscard]] Reply run(const Route& route, Asked& asked);
  [[nodiscard]] Result<Record> find(Asked& asked);
  [[nodiscard]] Reply act(Asked& asked, const std::function<api::Command(api::CallId)>& command);

  Reply login(Asked& asked);
  Reply logout(Asked& asked);
  Reply me(Asked& asked);
  Reply status(Asked& asked);
  Reply lines(Asked& asked);
  Reply sessions(Asked& asked);
  Reply session(Asked& asked);
  Reply ladder(Asked& asked);
  Reply hang_up(Asked& asked);
  Reply leaks(Asked& asked);
  Reply reclaim(Asked& asked);
  Reply reclaim_all(Asked& asked);
  Reply records(Asked& asked);
  Reply export_records(Asked& asked);
  Reply summary(Asked& asked);
  Reply audit(Asked& asked);
  Reply reload(Asked& asked);
  Reply drain(Asked& asked);
  Reply begin_lease(Asked& asked);
  Reply leases(Asked& asked);
  Reply end_lease(Asked& asked);
  Reply place_call(Asked& asked);
  Reply calls(Asked& asked);
  Reply drop(Asked& asked);
  Reply hold(Asked& asked);
  Reply unhold(Asked& asked);
  Reply release(Asked& asked);
  Reply digits(Asked& asked);
  Reply events(Asked& asked);
  Reply openapi(Asked& asked);

  const Parts parts_;
};

/// A file of the page, or of a folder of libraries; nothing where there is none.
[[nodiscard]] std::optional<HttpServer::Answer> page_file(const std::string& folder,
                                                          const std::string& path);

/// The routes and the values that they answer with, as OpenAPI 3.0 has it.
[[nodiscard]] std::string openapi_text(const std::vector<Rest::Route>& routes,
                                       const std::string& version);
/// The members that a value of this name has in JSON; empty: there is no such value. For tests.
[[nodiscard]] std::vector<std::string> described_members(const std::string& value);

}  // namespace switchhook::daemon
