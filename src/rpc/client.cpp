// SPDX-License-Identifier: Apache-2.0
// Which daemon: the order of the search, and starting one's own.
#include "rpc/client.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "rpc/connection.hpp"
#include "rpc/platform.hpp"

namespace switchhook::rpc {
namespace {

using Service = Result<std::unique_ptr<api::SessionService>>;
using Deadline = std::chrono::steady_clock::time_point;

/// A daemon may stop by itself at the moment it is found.
constexpr int kAttempts = 5;

/// Who says hello.
struct Program {
  std::string name;
  std::uint32_t identifier_bytes = 0;
  bool start_service = true;
};

/// "tcp:HOST:PORT" or a path.
Result<Target> parse(const std::string& socket, const ConnectOptions& options) {
  Target target;
  if (!socket.starts_with("tcp:")) {
    target.path = socket;
    return target;
  }
  const std::size_t colon = socket.rfind(':');
  if (colon <= 4 || colon + 1 == socket.size())
    return Error{Errc::invalid_argument, "\"" + socket + "\" is not tcp:HOST:PORT"};
  target.host = socket.substr(4, colon - 4);
  target.port = socket.substr(colon + 1);
  if (target.host.size() > 2 && target.host.front() == '[' && target.host.back() == ']')
    target.host = target.host.substr(1, target.host.size() - 2);
  if (target.port.size() > 5 || !std::all_of(target.port.begin(), target.port.end(),
                                             [](char c) { return c >= '0' && c <= '9'; }))
    return Error{Errc::invalid_argument, "\"" + target.port + "\" is not a port"};
  const std::string file = options.token_file.empty()
                               ? platform::environment("SWITCHHOOK_TOKEN_FILE")
                               : options.token_file;
  if (file.empty())
    return Error{Errc::denied, "over TCP a token is needed: SWITCHHOOK_TOKEN_FILE names no file"};
  Result<std::string> token = platform::read_secret(file);
  if (!token) return Error{Errc::denied, token.error().text()};
  target.token = std::move(*token);
  return target;
}

bool nobody_there(const Service& service) {
  return !service && service.error().code == Errc::disconnected;
}

/// One program at a time starts the user's daemon.
/// @param there  asked when it is our turn: whether another program did; may be empty
Result<void> start_user_daemon(Deadline deadline, const std::function<bool()>& there = {}) {
  const std::string directory = platform::user_directory();
  const auto left = [deadline] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline -
                                                                 std::chrono::steady_clock::now());
  };
  const Result<platform::FileLock> lock =
      platform::FileLock::take(directory + "/start.lock", left());
  if (!lock) return lock.error();
  if (there && there()) return {};
  return platform::start_user_daemon(directory, left());
}

/// The user's own daemon. Errors: disconnected: not running.
Service connect_own(const Program& program, api::ServiceSink& sink, Deadline deadline) {
  const Result<void> safe = platform::check_private_directory(platform::user_directory());
  if (!safe && safe.error().code == Errc::not_found)
    return Error{Errc::disconnected, "no daemon of this user is running"};
  if (!safe) return safe.error();
  Target target{.path = platform::user_socket(),
                .name = program.name,
                .identifier_bytes = program.identifier_bytes,
                .trust_only_own_user = true};
  if (program.start_service)
    target.start = [](Deadline until) { static_cast<void>(start_user_daemon(until)); };
  return open_connection(target, sink, deadline);
}

/// Starts the user's daemon, unless somebody else just did.
Service start_own(const Program& program, api::ServiceSink& sink, Deadline deadline) {
  if (Result<void> made = platform::make_private_directory(platform::user_directory()); !made)
    return Error{Errc::disconnected, made.error().text()};
  std::optional<Service> there;
  const Result<void> started = start_user_daemon(deadline, [&] {
    there.emplace(connect_own(program, sink, deadline));
    return !nobody_there(*there);
  });
  if (there && !nobody_there(*there)) return std::move(*there);
  if (!started) return Error{Errc::disconnected, started.error().text()};
  return connect_own(program, sink, deadline);
}

Service connect_machines(const Program& program, api::ServiceSink& sink, Deadline deadline) {
  const std::string socket = platform::system_socket();
  Service service = open_connection(
      Target{.path = socket, .name = program.name, .identifier_bytes = program.identifier_bytes},
      sink, deadline);
  if (service || service.error().code != Errc::denied) return service;
  return Error{Errc::denied,
               "the machine's daemon at " + socket + " is not for the user " +
                   platform::user_name(platform::user_id()) + " (" + service.error().context +
                   "); its group is usually \"switchhook\". To use a daemon of one's own all the "
                   "same: switchhook --user, or SWITCHHOOK_SERVICE=user"};
}

/// @param which  whose, if not anybody's
Service find(Which which, const Program& program, api::ServiceSink& sink, Deadline deadline,
             Found& found) {
  const std::string own_socket = platform::user_socket(), socket = platform::system_socket();
  if (which != Which::machine) {
    found = {Which::user, own_socket,
             which == Which::user ? "the user's own is wanted" : "a daemon of this user runs"};
    Service own = connect_own(program, sink, deadline);
    if (!nobody_there(own)) return own;
  }
  if (which != Which::user) {
    found = {Which::machine, socket,
             which == Which::machine ? "the machine's is wanted"
                                     : "no daemon of this user runs, and the machine's does"};
    // One that this user may not use is reported: a private one has other lines and calls.
    Service machines = connect_machines(program, sink, deadline);
    if (!nobody_there(machines)) return machines;
    if (which == Which::machine)
      return Error{Errc::disconnected, "no daemon of the machine is running at " + socket};
  }
  if (!program.start_service)
    return Error{Errc::disconnected,
                 which == Which::user
                     ? "no switchhookd of this user is running at " + own_socket
                     : "no switchhookd is running, neither at " + own_socket + " nor at " + socket};
  found = {Which::user, own_socket, "none was running: this one of the user's was started"};
  return start_own(program, sink, deadline);
}

/// What is wanted, the environment asked as well.
Result<Which> wanted(const ConnectOptions& options) {
  if (options.which != Which::any) return options.which;
  const std::string word = platform::environment("SWITCHHOOK_SERVICE");
  if (word.empty() || word == "any") return Which::any;
  if (word == "user") return Which::user;
  if (word == "machine" || word == "system") return Which::machine;
  return Error{Errc::invalid_argument,
               "SWITCHHOOK_SERVICE is \"" + word + "\"; it is any, user or machine"};
}

}  // namespace

Service connect(const ConnectOptions& options, api::ServiceSink& sink) {
  const std::string name = options.name.empty() ? platform::program_name() : options.name;
  if (name.size() > limits::kNameBytes)
    return Error{Errc::invalid_argument, "the application's name is longer than " +
                                             std::to_string(limits::kNameBytes) + " bytes"};
  const Deadline deadline = std::chrono::steady_clock::now() + options.timeout;
  if (!options.socket.empty() && options.which != Which::any)
    return Error{Errc::invalid_argument,
                 "a socket and the user's or the machine's daemon are named"};
  const std::string socket = !options.socket.empty() ? options.socket
                             : options.which == Which::any
                                 ? platform::environment("SWITCHHOOK_SOCKET")
                                 : std::string();
  Found unused;
  Found& found = options.found != nullptr ? *options.found : unused;
  if (!socket.empty()) {
    found = {Which::any, socket,
             options.socket.empty() ? "SWITCHHOOK_SOCKET names it" : "its socket was named"};
    Result<Target> target = parse(socket, options);
    if (!target) return std::move(target).error();
    target->name = name;
    target->identifier_bytes = options.identifier_bytes;
    return open_connection(*target, sink, deadline);
  }
  const Program program{name, options.identifier_bytes, options.start_service};
  const Result<Which> which = wanted(options);
  if (!which) return which.error();
  Service service = find(*which, program, sink, deadline, found);
  for (int i = 1; i < kAttempts && nobody_there(service) && options.start_service; ++i) {
    if (std::chrono::steady_clock::now() >= deadline) break;
    service = find(*which, program, sink, deadline, found);
  }
  return service;
}

}  // namespace switchhook::rpc
