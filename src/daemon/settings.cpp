// SPDX-License-Identifier: Apache-2.0
#include "daemon/settings.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "rpc/platform.hpp"

namespace switchhook::daemon {
namespace {

namespace fs = std::filesystem;
using rpc::platform::environment;

constexpr std::size_t kFileBytes = 4 * 1024 * 1024;

/// What is wrong, and where. The first is kept.
class Complaints {
 public:
  explicit Complaints(std::string file) : file_(std::move(file)) {}
  void add(const toml::source_region& where, const std::string& what) {
    if (!first_) first_ = file_ + ":" + std::to_string(where.begin.line) + ": " + what;
  }
  [[nodiscard]] Result<void> verdict() const {
    if (first_) return Error{Errc::invalid_argument, *first_};
    return {};
  }

 private:
  const std::string file_;
  std::optional<std::string> first_;
};

/// One table of the file. Every key is asked for once; what is left over at the end does not exist.
class Section {
 public:
  Section(const toml::table& table, std::string name, Complaints& complaints)
      : table_(table), name_(std::move(name)), complaints_(complaints) {}
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;
  ~Section() {
    for (const auto& [key, node] : table_)
      if (!known_.contains(std::string(key.str())))
        complaints_.add(key.source(), "there is no setting \"" + full(key.str()) + "\"");
  }

  [[nodiscard]] const toml::node* find(std::string_view key) {
    known_.emplace(key);
    return table_.get(key);
  }
  [[nodiscard]] const toml::table* table(std::string_view key) {
    return expect<toml::table>(key, "a table");
  }
  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }

  void text(std::string_view key, std::string& to) {
    if (const auto* value = expect<toml::value<std::string>>(key, "a text in quotes"))
      to = value->get();
  }
  void boolean(std::string_view key, bool& to) {
    if (const auto* value = expect<toml::value<bool>>(key, "true or false")) to = value->get();
  }
  template <typename Number>
  void number(std::string_view key, Number& to, std::int64_t least = 0,
              std::int64_t most = std::numeric_limits<Number>::max()) {
    if (const auto value = integer(key, least, most)) to = static_cast<Number>(*value);
  }
  template <typename Duration>
  void duration(std::string_view key, Duration& to, std::int64_t most) {
    if (const auto value = integer(key, 0, most)) to = Duration(*value);
  }
  /// A word that means a value; the words are given as "first, second".
  template <typename Value>
  void choice(std::string_view key, Value& to,
              std::initializer_list<std::pair<std::string_view, Value>> words) {
    const auto* value = expect<toml::value<std::string>>(key, "a text in quotes");
    if (value == nullptr) return;
    std::string all;
    for (const auto& [word, meaning] : words) {
      if (value->get() == word) {
        to = meaning;
        return;
      }
      all.append(all.empty() ? "" : ", ").append(word);
    }
    complain(*value, key, "is \"" + value->get() + "\"; it can be: " + all);
  }
  void texts(std::string_view key, std::vector<std::string>& to) {
    const auto* array = expect<toml::array>(key, "a list of texts");
    if (array == nullptr) return;
    to.clear();
    for (const toml::node& node : *array) {
      if (const auto* value = node.as_string())
        to.push_back(value->get());
      else
        complain(node, key, "has a member that is not a text");
    }
  }
  /// [[name.key]], one after the other; `each` gets the table.
  void tables(std::string_view key, const std::function<void(const toml::table&)>& each) {
    const auto* array = expect<toml::array>(key, "a list of tables");
    if (array == nullptr) return;
    for (const toml::node& node : *array) {
      if (const auto* table = node.as_table())
        each(*table);
      else
        complain(node, key, "has a member that is not a table");
    }
  }
  void complain(const toml::node& where, std::string_view key, const std::string& what) {
    complaints_.add(where.source(), full(key) + " " + what);
  }
  [[nodiscard]] std::string full(std::string_view key) const {
    return name_.empty() ? std::string(key) : name_ + "." + std::string(key);
  }

 private:
  template <typename Node>
  const Node* expect(std::string_view key, const char* what) {
    const toml::node* node = find(key);
    if (node == nullptr) return nullptr;
    const Node* value = nullptr;
    if constexpr (std::is_same_v<Node, toml::table>)
      value = node->as_table();
    else if constexpr (std::is_same_v<Node, toml::array>)
      value = node->as_array();
    else
      value = node->as<typename Node::value_type>();
    if (value == nullptr) complain(*node, key, std::string("has to be ") + what);
    return value;
  }
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most) {
    const auto* value = expect<toml::value<std::int64_t>>(key, "a whole number");
    if (value == nullptr) return std::nullopt;
    if (value->get() < least || value->get() > most) {
      complain(*value, key, "has to be " + std::to_string(least) + " to " + std::to_string(most));
      return std::nullopt;
    }
    return value->get();
  }

  const toml::table& table_;  // (ref)
  const std::string name_;
  Complaints& complaints_;  // (ref)
  std::set<std::string> known_;
};

void read_service(const toml::table& table, Settings& to, Complaints& complaints) {
  Section section(table, "service", complaints);
  section.text("socket", to.socket);
  if (const toml::node* node = section.find("socket_mode")) {
    const auto* text = node->as_string();
    unsigned mode = 0;
    bool good = text != nullptr && (text->get().size() == 3 || text->get().size() == 4);
    for (std::size_t i = 0; good && i < text->get().size(); ++i) {
      const char digit = text->get()[i];
      good = digit >= '0' && digit <= '7';
      mode = mode * 8 + static_cast<unsigned>(digit - '0');
    }
    if (!good || mode > 0777)
      section.complain(*node, "socket_mode", "has to be three octal digits in quotes, as \"660\"");
    else
      to.socket_mode = mode;
  }
  section.text("socket_group", to.socket_group);
  if (section.has("tcp_port")) {
    std::uint16_t port = 0;
    section.number("tcp_port", port);
    to.tcp_port = port;
  }
  section.text("token_file", to.token_file);
  if (section.has("store")) {
    to.store.emplace();
    section.text("store", *to.store);
  }
  section.duration("idle_exit_s", to.idle_exit, 365 * 86400);
  section.choice<std::string>(
      "log_level", to.log_level,
      {{"debug", "debug"}, {"info", "info"}, {"warn", "warn"}, {"error", "error"}, {"off", "off"}});
}

void read_exchange(const toml::table& table, Settings& to, Complaints& complaints) {
  using exchange::Behaviour;
  Section section(table, "exchange", complaints);
  section.boolean("enabled", to.exchange_enabled);
  section.texts("lines", to.exchange.lines);
  section.duration("digit_duration_ms", to.exchange.digit_duration, 60000);
  if (section.has("extension")) to.exchange.extensions.clear();
  section.tables("extension", [&](const toml::table& each) {
    Section entry(each, "exchange.extension", complaints);
    exchange::Extension extension;
    entry.text("number", extension.number);
    entry.choice<Behaviour>("behaviour", extension.behaviour,
                            {{"answers", Behaviour::answers},
                             {"rings", Behaviour::rings},
                             {"busy", Behaviour::busy},
                             {"rejects", Behaviour::rejects},
                             {"hangs_up", Behaviour::hangs_up},
                             {"out_of_order", Behaviour::out_of_order},
                             {"echoes", Behaviour::echoes}});
    entry.duration("delay_ms", extension.delay, 86400000);
    to.exchange.extensions.push_back(std::move(extension));
  });
  if (Result<void> good = to.exchange.validate(); !good)
    complaints.add(table.source(), "exchange: " + good.error().context);
}

sip::LineConfig read_sip_line(const toml::table& table, Complaints& complaints) {
  Section entry(table, "sip.line", complaints);
  sip::LineConfig line;
  entry.text("name", line.name);
  entry.text("display_name", line.display_name);
  entry.text("uri", line.uri);
  entry.choice<sip::LineMode>("mode", line.mode,
                              {{"peer", sip::LineMode::peer}, {"account", sip::LineMode::account}});
  entry.choice<sip::Transport>("transport", line.transport,
                               {{"udp", sip::Transport::udp}, {"tcp", sip::Transport::tcp}});
  entry.text("peer", line.peer);
  entry.texts("accept_from", line.accept_from);
  entry.text("registrar", line.registrar);
  entry.text("user", line.user);
  entry.text("password", line.password);
  if (const toml::node* node = entry.find("password_file")) {
    std::string file;
    entry.text("password_file", file);
    if (Result<std::string> secret = rpc::platform::read_secret(file))
      line.password = *secret;
    else
      entry.complain(*node, "password_file", "cannot be used: " + secret.error().context);
  }
  entry.text("realm", line.realm);
  entry.text("outbound_proxy", line.outbound_proxy);
  entry.duration("expires_s", line.expires, 86400);
  entry.duration("t1_ms", line.t1, 10000);
  entry.number("reject_code", line.reject_code);
  entry.boolean("ring_on_offer", line.ring_on_offer);
  entry.number("calls_max", line.calls_max);
  return line;
}

void read_sip(const toml::table& table, Settings& to, Complaints& complaints) {
  Section section(table, "sip", complaints);
  section.boolean("enabled", to.sip_enabled);
  section.text("bind_address", to.sip.bind_address);
  to.sip_port_given = section.has("port");
  section.number("port", to.sip.port);
  section.boolean("udp", to.sip.udp);
  section.boolean("tcp", to.sip.tcp);
  section.number("rtp_first", to.sip.rtp_first);
  section.number("rtp_last", to.sip.rtp_last);
  section.number("calls_max", to.sip.calls_max);
  section.number("calls_unanswered", to.sip.calls_unanswered);
  section.number("message_bytes", to.sip.message_bytes);
  section.text("user_agent", to.sip.user_agent);
  if (section.has("line")) to.sip.lines.clear();
  section.tables("line", [&](const toml::table& each) {
    to.sip.lines.push_back(read_sip_line(each, complaints));
  });
  if (Result<void> good = to.sip.validate(); !good)
    complaints.add(table.source(), "sip: " + good.error().context);
}

}  // namespace

Result<void> read_text(const std::string& text, const std::string& name, Settings& settings) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Error{Errc::invalid_argument, name + ":" + std::to_string(error.source().begin.line) +
                                             ": " + std::string(error.description())};
  }
  Complaints complaints(name);
  {
    Section file(parsed.table(), "", complaints);
    if (const toml::table* table = file.table("service"))
      read_service(*table, settings, complaints);
    if (const toml::table* table = file.table("exchange"))
      read_exchange(*table, settings, complaints);
    if (const toml::table* table = file.table("sip")) read_sip(*table, settings, complaints);
  }
  return complaints.verdict();
}

Result<void> read_file(const std::string& path, Settings& settings) {
  std::error_code error;
  if (fs::is_directory(path, error)) return Error{Errc::invalid_argument, path + " is a folder"};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int why = errno;
    return Error{why == ENOENT ? Errc::not_found : Errc::denied,
                 path + ": " + std::generic_category().message(why)};
  }
  std::string text(kFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileBytes)
    return Error{Errc::invalid_argument, path + " is larger than 4 MiB"};
  return read_text(text, path, settings);
}

std::optional<std::string> default_file(bool system) {
  std::string path = "/etc/switchhook/switchhook.toml";
  if (!system) {
    const std::string config = environment("XDG_CONFIG_HOME"), home = environment("HOME");
    if (config.empty() && home.empty()) return std::nullopt;
    path = (config.empty() ? home + "/.config" : config) + "/switchhook/switchhook.toml";
  }
  std::error_code error;
  if (!fs::exists(path, error)) return std::nullopt;
  return path;
}

void complete(Settings& settings) {
  if (settings.socket.empty())
    settings.socket =
        settings.system ? rpc::platform::system_socket() : rpc::platform::user_socket();
  if (!settings.socket_mode) settings.socket_mode = settings.system ? 0660U : 0600U;
  if (settings.token_file.empty()) settings.token_file = settings.socket + ".token";
  if (settings.store) return;
  if (settings.system) {
    settings.store = "/var/lib/switchhook/records.db";
    return;
  }
  const std::string state = environment("XDG_STATE_HOME"), home = environment("HOME");
  if (state.empty() && home.empty())
    settings.store = ":memory:";
  else
    settings.store = (state.empty() ? home + "/.local/state" : state) + "/switchhook/records.db";
}

}  // namespace switchhook::daemon
