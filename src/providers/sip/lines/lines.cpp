// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/lines/lines.hpp"

#include <utility>

#include "base/cases.hpp"
#include "base/limits.hpp"
#include "providers/sip/dialog/name_addr.hpp"

namespace switchhook::sip {

namespace {

const char* parameter(Transport transport) {
  switch (transport) {
    case Transport::udp:
      break;
    case Transport::tcp:
      return ";transport=tcp";
    case Transport::tls:
      return ";transport=tls";
  }
  return "";
}

}  // namespace

std::string Addresses::contact(const std::string& user, Transport transport) const {
  return "<sip:" + user + "@" + address(transport) + parameter(transport) + ">";
}

void Lines::start() {
  for (const LineConfig& config : around_.config.lines) {
    append(config);
    if (config.removed)
      around_.sink.post(provider::LineGone{static_cast<provider::LineNumber>(lines_.size() - 1),
                                           "not configured any more"});
  }
  index();
  for (provider::LineNumber i = 0; i < lines_.size(); ++i) run(i, Registration::Start{});
}

void Lines::append(const LineConfig& config) {
  const auto number = static_cast<provider::LineNumber>(lines_.size());
  lines_.push_back(std::make_unique<Line>());
  set_up(*lines_.back(), config);
  around_.sink.post(provider::LineAdded{number, info_of(*lines_.back())});
}

/// What follows from its configuration. Its calls go on.
void Lines::set_up(Line& line, const LineConfig& config) {
  const std::string own = around_.addresses.address(config.transport);
  line.config = config;
  const bool account = config.mode == LineMode::account;
  const std::string& towards = account ? config.registrar : config.peer;
  const std::size_t at = towards.rfind('@');
  std::string domain = towards.substr(at == std::string::npos ? towards.find(':') + 1 : at + 1);
  line.domain = towards.empty() ? own : domain.substr(0, domain.find_first_of(";?"));
  line.uri =
      !config.uri.empty() ? config.uri : "sip:" + config.name + "@" + (account ? line.domain : own);
  line.contact = around_.addresses.contact(config.name, config.transport);
  line.settings.t1 = config.t1;
  line.settings.session_expires = config.session_expires;
  line.settings.min_se = config.min_se;
  line.settings.follow_refers = config.refer == ReferPolicy::follow;
  std::shared_ptr<digest::KnownRealms> known = std::move(line.settings.credentials.known);
  if (known == nullptr) known = std::make_shared<digest::KnownRealms>();
  line.settings.credentials = {config.user.empty() ? config.name : config.user, config.password,
                               config.realm, std::move(known)};
  if (config.password.empty()) line.settings.credentials.user.clear();
  line.in_service = !account && !config.removed;
  if (!account || config.removed) return;
  RegistrationSettings& settings = line.registration_settings;
  settings.registrar = config.registrar;
  settings.address = name_addr(line.uri, config.display_name);
  settings.contact = line.contact;
  settings.call_id = around_.random.word() + "@" + own;
  settings.local_tag = around_.random.word();
  settings.next_hop = config.outbound_proxy;
  settings.credentials = line.settings.credentials;
  settings.learned = std::exchange(settings.credentials.known, nullptr);
  settings.expires = config.expires;
  settings.t1 = config.t1;
  settings.entropy = around_.random.next();
  line.registration = std::make_unique<Registration>(settings);
}

LineInfo Lines::info_of(const Line& line) const {
  const bool account = line.config.mode == LineMode::account;
  LineInfo info;
  info.name = line.config.name;
  info.address = line.uri;
  info.provider = "sip";
  info.in_service = line.in_service;
  info.listens = around_.addresses.address(line.config.transport);
  info.status = account ? "registering" : "listening on " + info.listens;
  info.calls_max = line.config.calls_max;
  info.user_info_max = static_cast<std::uint16_t>(limits::kUserInfoBytes);
  info.digit_modes = 0;  // they need audio
  return info;
}

/// By the users of their addresses, those that are configured first before others.
void Lines::index() {
  by_user_.clear();
  for (provider::LineNumber number = 0; number < lines_.size(); ++number) {
    const Line& line = *lines_[number];
    if (line.config.removed) continue;
    const std::size_t colon = line.uri.find(':');
    by_user_.emplace(line.uri.substr(colon + 1, line.uri.find('@') - colon - 1), number);
    by_user_.emplace(line.config.name, number);
  }
}

std::optional<provider::LineNumber> Lines::named(const std::string& name) const {
  for (provider::LineNumber number = 0; number < lines_.size(); ++number)
    if (lines_[number]->config.name == name && !lines_[number]->config.removed) return number;
  return std::nullopt;
}

/// A line that keeps its address and its registrar keeps its calls. Another one of the same name
/// takes the place of the one that was there.
void Lines::add(const LineConfig& config) {
  const std::optional<provider::LineNumber> there = named(config.name);
  if (!there) {
    append(config);
    index();
    return run(static_cast<provider::LineNumber>(lines_.size() - 1), Registration::Start{});
  }
  Line& line = *lines_[*there];
  if (replaces(line.config, config)) {
    remove(config.name, "it was configured again");
    return add(config);
  }
  // What it registered stays registered; only that it is refreshed begins again.
  if (line.registration) around_.registrar.forget(*there);
  line.alarm = {};
  line.registration.reset();
  set_up(line, config);
  around_.sink.post(provider::LineAdded{*there, info_of(line)});
  run(*there, Registration::Start{});
}

void Lines::remove(const std::string& name, const std::string& why) {
  const std::optional<provider::LineNumber> number = named(name);
  if (!number) return;
  Line& line = *lines_[*number];
  line.config.removed = true;
  line.in_service = false;
  index();
  around_.sink.post(provider::LineGone{*number, why});
  run(*number, Registration::Stop{});
}

void Lines::stop() {
  for (provider::LineNumber i = 0; i < lines_.size(); ++i) run(i, Registration::Stop{});
}

void Lines::give_up() {
  for (const std::unique_ptr<Line>& line : lines_) line->registration.reset();
}

bool Lines::registering() const {
  for (const std::unique_ptr<Line>& line : lines_)
    if (line->registration) return true;
  return false;
}

void Lines::timer_over(provider::LineNumber number) {
  lines_[number]->alarm = {};
  run(number, Registration::TimerDue{});
}

void Lines::run(provider::LineNumber number, const Registration::Input& input) {
  Line& line = *lines_[number];
  if (!line.registration) return;
  Registration::Outputs out;
  line.registration->apply(input, out);
  bool stopped = false;
  for (const Registration::Output& output : out)
    std::visit(
        base::Cases{
            [&](const Registration::SendRegister& send) { around_.registrar.send(number, send); },
            [&](const Registration::Forget&) { around_.registrar.forget(number); },
            [&](const Registration::SetTimer& set) {
              line.alarm = around_.timers.set({.of = Timers::Of::line, .owner = number}, set.after);
            },
            [&](const Registration::ClearTimer&) { line.alarm = {}; },
            [&](const Registration::Status& status) {
              line.in_service = status.registered && !line.config.removed;
              if (!line.config.removed)
                around_.sink.post(provider::LineStatus{number, status.registered, status.words});
            },
            [&](const Registration::Stopped&) { stopped = true; },
        },
        output);
  if (!stopped) return;
  line.registration.reset();
  around_.stopped();
}

std::optional<provider::LineNumber> Lines::find(const std::string& user) const {
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return std::nullopt;
  return found->second;
}

Result<std::string> Lines::resolve(const Line& line, const std::string& address) const {
  std::string uri = address;
  if (address.empty() || address.size() > limits::kAddressBytes) return Errc::invalid_address;
  if (uri.compare(0, 4, "sip:") != 0 && uri.compare(0, 5, "sips:") != 0) {
    if (uri.compare(0, 4, "tel:") == 0) uri.erase(0, 4);
    const std::size_t at = uri.find('@');
    const std::string user = uri.substr(0, at);
    if (!valid_user(user)) return {Errc::invalid_address, "\"" + address.substr(0, 80) + "\""};
    uri = at == std::string::npos ? "sip:" + uri + "@" + line.domain : "sip:" + uri;
  }
  if (uri.compare(0, 5, "sips:") == 0 && !around_.config.tls)
    return {Errc::unsupported, "sips: needs TLS, which is switched off"};
  if (!valid_uri(uri)) return {Errc::invalid_address, "\"" + address.substr(0, 80) + "\""};
  if (line.config.transport != Transport::udp && uri.compare(0, 5, "sips:") != 0 &&
      uri.find(";transport=") == std::string::npos && uri.find('?') == std::string::npos)
    uri += parameter(line.config.transport);
  return uri;
}

bool Lines::is_own_server(const Line& line, const std::string& uri) {
  if (line.config.mode != LineMode::peer || line.config.peer.empty()) return false;
  const std::size_t at = uri.rfind('@');
  const std::string host = uri.substr(at == std::string::npos ? uri.find(':') + 1 : at + 1);
  return host.substr(0, host.find_first_of(";?")) == line.domain;
}

std::string Lines::contact_by(const Line& line, Transport transport) const {
  return transport == line.config.transport
             ? line.contact
             : around_.addresses.contact(line.config.name, transport);
}

std::string Lines::contact_now(const Line& line, const std::string& before) const {
  Transport transport = Transport::udp;
  if (before.find(";transport=tcp") != std::string::npos) transport = Transport::tcp;
  if (before.find(";transport=tls") != std::string::npos) transport = Transport::tls;
  return contact_by(line, transport);
}

}  // namespace switchhook::sip
