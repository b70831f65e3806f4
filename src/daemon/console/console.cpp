// SPDX-License-Identifier: Apache-2.0
#include "daemon/console/console.hpp"

#include <filesystem>
#include <optional>
#include <utility>

#include "base/host_port.hpp"
#include "base/limits.hpp"
#include "daemon/console/rest.hpp"
#include "rpc/platform.hpp"

namespace switchhook::daemon {
namespace {

/// By what names a browser may know the service that listens there.
std::vector<std::string> hosts_of(const std::string& listens, std::vector<std::string> more) {
  more.emplace_back("localhost");
  const auto at = base::host_port(listens);
  if (!at) return more;
  more.push_back(at->brackets ? "[" + at->host + "]" : at->host);
  return more;
}

}  // namespace

class Console::Impl {
 public:
  Impl(core::EngineHost& host, Inside& inside, ConsoleSettings settings, std::uint64_t epoch,
       std::string version)
      : host_(host),
        inside_(inside),
        settings_(std::move(settings)),
        feed_(host, epoch, std::move(version), settings_.messages),
        clients_(inside) {
    host_.observe(feed_);
  }
  ~Impl() {
    close();
    std::error_code ignored;
    if (written_) std::filesystem::remove(settings_.address_file, ignored);
  }

  Result<void> listen(std::string& ready) {
    HttpServer::Options options;
    options.threads = limits::kConsoleThreads;
    options.body_bytes = limits::kHttpRequestBytes;
    options.headers = Rest::headers();
    options.failure = Rest::failure;
    if (!settings_.certificate.empty()) {
      Result<std::shared_ptr<const TlsIdentity>> identity =
          TlsIdentity::load(settings_.certificate, settings_.key);
      if (!identity) return Error{identity.error().code, "console: " + identity.error().context};
      options.identity = std::move(*identity);
    }
    const bool secure = options.identity != nullptr;
    Result<std::string> token = rpc::platform::make_secret();
    if (!token) return token.error();
    logins_.emplace(*token, settings_.passwords, settings_.logins_file);
    streams_ = std::make_unique<Streams>(feed_, [this] { clients_.tick(); });
    http_ = std::make_unique<HttpServer>(std::move(options));
    http_->serve([this](const HttpServer::Request& request) { return rest_->serve(request); });
    // The names are known before the first request comes, but for the port, which none of them has.
    rest_.emplace(Rest::Parts{
        inside_, *logins_, clients_, feed_, *streams_, [this] { return host_.counts(); },
        [this](std::uint64_t session) { return host_.record(session); },
        hosts_of(settings_.listen, settings_.hosts), settings_.files, secure});
    const Result<std::string> at = http_->listen(settings_.listen);
    if (!at) return Error{at.error().code, "console.listen: " + at.error().context};
    const bool local = at->find('/') != std::string::npos;
    const std::string address =
        local ? "unix:" + *at : (secure ? "https://" : "http://") + *at + "/";
    // What `switchhook console` reads.
    const std::string text =
        "address=" + address + "\ntoken=" + *token + "\npasswords=" + settings_.passwords + "\n";
    if (Result<void> good = rpc::platform::write_secret(settings_.address_file, text); !good)
      return good;
    written_ = true;
    feed_.begin();
    ready += " console=" + address;
    return {};
  }

  void refusing(const std::string& why) { feed_.refusing(why); }
  void stop(const std::string& why) { feed_.end(why); }
  void close() {
    http_.reset();
    streams_.reset();
  }

 private:
  core::EngineHost& host_;  // (ref)
  Inside& inside_;          // (ref)
  const ConsoleSettings settings_;
  Feed feed_;
  std::optional<Logins> logins_;
  Clients clients_;
  std::unique_ptr<Streams> streams_;
  std::optional<Rest> rest_;
  std::unique_ptr<HttpServer> http_;
  bool written_ = false;
};

Console::Console(core::EngineHost& host, Inside& inside, ConsoleSettings settings,
                 std::uint64_t epoch, std::string version)
    : impl_(std::make_unique<Impl>(host, inside, std::move(settings), epoch, std::move(version))) {}
Console::~Console() = default;
Result<void> Console::listen(std::string& ready) {
  return impl_->listen(ready);
}
void Console::refusing(const std::string& why) {
  impl_->refusing(why);
}
void Console::stop(const std::string& why) {
  impl_->stop(why);
}
void Console::close() {
  impl_->close();
}

}  // namespace switchhook::daemon
