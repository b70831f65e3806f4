// SPDX-License-Identifier: Apache-2.0
#include "daemon/sip_process.hpp"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <string_view>
#include <utility>

#include "daemon/memory.hpp"
#include "daemon/protection.hpp"
#include "daemon/sip_config.hpp"
#include "providers/remote/remote_provider.hpp"
#include "providers/remote/serve.hpp"
#include "providers/remote/values.hpp"
#include "providers/sip/sip_provider.hpp"

namespace switchhook::daemon {
namespace {

constexpr std::string_view kOption = "--provider", kSip = "sip";
constexpr int kWrongProvider = 2;

std::string bytes_of(const sip::Config& config) {
  remote::Bytes bytes;
  remote::Writer(bytes).put(config);
  return {bytes.begin(), bytes.end()};
}

/// The port in "listening on ADDRESS:PORT"; 0 = it says nothing of the kind.
std::uint16_t port_in(std::string_view status) {
  constexpr std::string_view kWords = "listening on ";
  if (!status.starts_with(kWords)) return 0;
  status = status.substr(kWords.size());
  status = status.substr(0, status.find(' '));
  std::uint16_t port = 0;
  const std::string_view digits = status.substr(status.rfind(':') + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() ? port : std::uint16_t{0};
}

/// A port that was any free one stays the same from then on: others know it by now.
sip::Config settled(sip::Config config, const std::vector<LineInfo>& lines) {
  for (std::size_t i = 0; i < lines.size() && i < config.lines.size(); ++i) {
    const bool tls = config.lines[i].transport == sip::Transport::tls;
    std::uint16_t& port = tls ? config.tls_port : config.port;
    if (port == 0) port = port_in(lines[i].status);
  }
  return config;
}

}  // namespace

Result<std::unique_ptr<provider::Provider>> sip_provider_of(const std::string& bytes) {
  sip::Config config;
  const remote::Bytes copy(bytes.begin(), bytes.end());
  remote::Reader reader{remote::View(copy)};
  if (!reader.get(config) || !reader.at_end())
    return Error{Errc::malformed, "its configuration cannot be read"};
  return sip::make_provider(std::move(config));
}

std::unique_ptr<provider::Provider> make_sip_process(
    sip::Config config, const std::string& program, std::vector<int> shared,
    std::function<void(const std::string&)> notice) {
  remote::Setup setup;
  setup.name = kSip;
  setup.program = program;
  setup.arguments = {"switchhookd", std::string(kOption), std::string(kSip)};
  setup.config = [config = std::move(config)](const std::vector<LineInfo>& lines) {
    return bytes_of(settled(config, lines));
  };
  setup.bytes_per_call = sip::bytes_per_call();
  setup.shared = std::move(shared);
  setup.notice = std::move(notice);
  return remote::make_provider(std::move(setup));
}

void run_as_provider(int argc, const char* const* argv) {
  if (argc != 3 || argv[1] != kOption) return;
  if (argv[2] != kSip) ::_exit(kWrongProvider);
  ::umask(077);
  protect_process();
  confine_provider();
  ::prctl(PR_SET_NAME, "switchhookd-sip");
  Memory memory;
  remote::serve(sip_provider_of,
                [&memory] { memory.keep_small(std::chrono::steady_clock::now()); });
}

}  // namespace switchhook::daemon
