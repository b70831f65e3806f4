// SPDX-License-Identifier: Apache-2.0
#include "daemon/sip_process.hpp"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/host_port.hpp"
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

/// A port that was any free one stays the same from then on: others know it by now.
sip::Config settled(sip::Config config, const std::vector<LineInfo>& lines) {
  for (std::size_t i = 0; i < lines.size() && i < config.lines.size(); ++i) {
    const bool tls = config.lines[i].transport == sip::Transport::tls;
    std::uint16_t& port = tls ? config.tls_port : config.port;
    if (port == 0) port = base::host_port(lines[i].listens).value_or(base::HostPort{}).port;
  }
  return config;
}

/// The lines are numbered in the order in which they came, also those that have gone.
sip::Config changed(sip::Config config, const std::vector<provider::Command>& changes) {
  for (const provider::Command& change : changes) {
    const auto* added = std::get_if<provider::AddLine>(&change);
    const auto* removed = std::get_if<provider::RemoveLine>(&change);
    const std::string& name = added != nullptr ? added->line : removed->line;
    const auto there = std::find_if(
        config.lines.begin(), config.lines.end(),
        [&](const sip::LineConfig& line) { return line.name == name && !line.removed; });
    if (added == nullptr) {
      if (there != config.lines.end()) there->removed = true;
      continue;
    }
    Result<sip::LineConfig> line = read_sip_line(added->config);
    if (!line) continue;
    if (there != config.lines.end() && sip::replaces(*there, *line)) there->removed = true;
    if (there != config.lines.end() && !there->removed)
      *there = std::move(*line);
    else
      config.lines.push_back(std::move(*line));
  }
  return config;
}

}  // namespace

std::string sip_line_bytes(const sip::LineConfig& line) {
  remote::Bytes bytes;
  remote::Writer(bytes).put(line);
  return {bytes.begin(), bytes.end()};
}

Result<sip::LineConfig> read_sip_line(const std::string& bytes) {
  sip::LineConfig line;
  const remote::Bytes copy(bytes.begin(), bytes.end());
  remote::Reader reader{remote::View(copy)};
  if (!reader.get(line) || !reader.at_end())
    return Error{Errc::malformed, "the line's configuration cannot be read"};
  return line;
}

Result<std::unique_ptr<provider::Provider>> sip_provider_of(const std::string& bytes) {
  sip::Config config;
  const remote::Bytes copy(bytes.begin(), bytes.end());
  remote::Reader reader{remote::View(copy)};
  if (!reader.get(config) || !reader.at_end())
    return Error{Errc::malformed, "its configuration cannot be read"};
  return sip::make_provider(std::move(config), read_sip_line);
}

std::unique_ptr<provider::Provider> make_sip_process(
    sip::Config config, const std::string& program, std::vector<int> shared,
    std::function<void(const std::string&)> notice) {
  remote::Setup setup;
  setup.name = kSip;
  setup.program = program;
  setup.arguments = {"switchhookd", std::string(kOption), std::string(kSip)};
  setup.config = [config = std::move(config)](const std::vector<LineInfo>& lines,
                                              const std::vector<provider::Command>& changes) {
    return bytes_of(settled(changed(config, changes), lines));
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
