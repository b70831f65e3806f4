// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/lines/lines.hpp"

#include <algorithm>
#include <utility>

#include "base/cases.hpp"
#include "base/limits.hpp"
#include "providers/sip/dialog/name_addr.hpp"
#include "providers/sip/lines/dialled.hpp"

namespace switchhook::sip {

namespace {

/// Host and port of a URI.
std::string domain_of(const std::string& uri) {
  const std::size_t at = uri.rfind('@');
  const std::string domain = uri.substr(at == std::string::npos ? uri.find(':') + 1 : at + 1);
  return domain.substr(0, domain.find_first_of(";?"));
}

/// The host without its port.
std::string host_of(const std::string& domain) {
  const std::size_t bracket = domain.rfind(']');
  return domain.substr(0, domain.find(':', bracket == std::string::npos ? 0 : bracket));
}

}  // namespace

std::string Addresses::contact(const std::string& user, Transport transport) const {
  return "<" + with_transport("sip:" + user + "@" + address(transport), transport) + ">";
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
  line.domain = towards.empty() ? own : domain_of(towards);
  line.uri = !config.uri.empty()
                 ? config.uri
                 : "sip:" + config.name + "@" + (account ? host_of(line.domain) : own);
  line.proxy = with_transport(config.outbound_proxy, config.transport);
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
  settings.next_hop = line.proxy;
  if (line.proxy.empty() && config.transport != Transport::udp)
    settings.next_hop = with_transport(config.registrar, config.transport);
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
  by_number_.clear();
  for (provider::LineNumber number = 0; number < lines_.size(); ++number) {
    const Line& line = *lines_[number];
    if (line.config.removed) continue;
    const std::size_t colon = line.uri.find(':');
    by_user_.emplace(line.uri.substr(colon + 1, line.uri.find('@') - colon - 1), number);
    by_user_.emplace(line.config.name, number);
    for (const std::string& pattern : line.config.numbers) by_number_.emplace_back(pattern, number);
  }
  std::stable_sort(by_number_.begin(), by_number_.end(), [](const auto& one, const auto& other) {
    return one.first.size() > other.first.size();
  });
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

std::optional<provider::LineNumber> Lines::called(const std::vector<std::string>& users) const {
  for (const std::string& user : users)
    for (const std::string& name : {user, user_named(user)})
      if (const auto found = find(name)) return found;
  for (const std::string& user : users)
    for (const auto& [pattern, number] : by_number_)
      if (fits(user_named(user), pattern)) return number;
  return std::nullopt;
}

bool Lines::trusts(const Line& line, const std::string& source) {
  const LineConfig& config = line.config;
  if (source.empty()) return false;
  if (source == line.server || std::find(config.accept_from.begin(), config.accept_from.end(),
                                         source) != config.accept_from.end())
    return true;
  for (const std::string* uri : {&config.registrar, &config.outbound_proxy, &config.peer})
    if (!uri->empty() && host_of(domain_of(*uri)) == source) return true;
  return false;
}

Result<std::string> Lines::resolve(const Line& line, const std::string& address) const {
  if (address.empty() || address.size() > limits::kAddressBytes) return Errc::invalid_address;
  // A line of ours may have a name that looks like a number to be tidied up.
  const bool name = valid_user(address) && by_user_.contains(address);
  const std::optional<std::string> found =
      name ? "sip:" + address + "@" + line.domain : dialled_uri(address, line.domain);
  if (!found || !valid_uri(*found))
    return {Errc::invalid_address, "\"" + address.substr(0, 80) + "\""};
  const std::string& uri = *found;
  if (uri.starts_with("sips:") && !around_.config.tls)
    return {Errc::unsupported, "sips: needs TLS, which is switched off"};
  if (line.config.transport == Transport::tls &&
      transport_in(uri).value_or(Transport::tls) != Transport::tls)
    return {Errc::unsupported, "the line calls by TLS only"};
  return with_transport(uri, line.config.transport);
}

bool Lines::is_own_server(const Line& line, const std::string& uri) {
  if (line.config.mode != LineMode::peer || line.config.peer.empty()) return false;
  return domain_of(uri) == line.domain;
}

std::string Lines::contact_by(const Line& line, Transport transport) const {
  return transport == line.config.transport
             ? line.contact
             : around_.addresses.contact(line.config.name, transport);
}

std::string Lines::contact_now(const Line& line, const std::string& before) const {
  return contact_by(line, transport_in(before).value_or(Transport::udp));
}

}  // namespace switchhook::sip
