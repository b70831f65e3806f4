// SPDX-License-Identifier: Apache-2.0
#pragma once

// The provider's lines: what each is called, where a dialled number leads, how many calls it has,
// and the registrations of accounts. Pure. Threads: the SIP thread. Ownership: owns lines and
// registrations; what it refers to outlives it.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "provider/provider.hpp"
#include "providers/sip/config.hpp"
#include "providers/sip/dialog/usage.hpp"
#include "providers/sip/ledger.hpp"
#include "providers/sip/lines/registration.hpp"
#include "providers/sip/random.hpp"
#include "providers/sip/timers.hpp"

namespace switchhook::sip {

struct Line {
  LineConfig config;
  usage::Settings settings;
  std::string uri;      ///< of the line, without brackets
  std::string domain;   ///< host and port that a bare number is completed with
  std::string contact;  ///< name-addr
  std::string proxy;    ///< URI: requests outside a dialog go here first; empty = by their target
  std::string server;   ///< the IP address of who answered its registrations
  Counter calls;
  bool in_service = true;
  bool takes_calls = false;  ///< somebody would be offered one
  // Accounts only.
  RegistrationSettings registration_settings;
  std::unique_ptr<Registration> registration;
  Timers::Alarm alarm;

  [[nodiscard]] bool full() const {
    return config.calls_max != 0 && calls.held() >= std::int64_t{config.calls_max};
  }
};

/// How we are reached.
class Addresses {
 public:
  virtual ~Addresses() = default;
  /// Host and port.
  [[nodiscard]] virtual std::string address(Transport transport) const = 0;
  [[nodiscard]] std::string contact(const std::string& user, Transport transport) const;
};

/// What carries REGISTER. A line has one at a time; a new one takes the place of the last.
class Registrar {
 public:
  virtual ~Registrar() = default;
  virtual void send(provider::LineNumber line, const Registration::SendRegister& send) = 0;
  virtual void forget(provider::LineNumber line) = 0;
};

class Lines {
 public:
  struct Surroundings {
    const Config& config;
    const Addresses& addresses;
    Registrar& registrar;
    provider::Sink& sink;
    Timers& timers;
    Random& random;
    std::function<void()> stopped;  ///< a registration ended after stop()
    /// Whether the line takes calls by what was said and is not carried out yet; may be null.
    std::function<std::optional<bool>(provider::LineNumber)> told = {};
  };
  explicit Lines(Surroundings around) : around_(std::move(around)) {}

  /// Announces them, and registers the accounts. @param port  on which we listen, for LineAdded
  void start();
  /// One more, or another configuration of the one of this name.
  void add(const LineConfig& config);
  /// Calls of it end when they are closed.
  void remove(const std::string& name, const std::string& why);
  void stop();
  /// Gives up what does not end.
  void give_up();
  [[nodiscard]] bool registering() const;

  /// Whether incoming calls of the line are offered to anybody.
  void use(provider::LineNumber number, bool takes_calls) {
    if (has(number)) lines_[number]->takes_calls = takes_calls;
  }
  /// A program that was told that it has the line open gets the next call of it.
  [[nodiscard]] bool takes_calls(provider::LineNumber number) const {
    return (around_.told ? around_.told(number) : std::nullopt)
        .value_or(lines_[number]->takes_calls);
  }
  void run(provider::LineNumber number, const Registration::Input& input);
  void timer_over(provider::LineNumber number);

  [[nodiscard]] bool has(provider::LineNumber number) const { return number < lines_.size(); }
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  [[nodiscard]] Line& operator[](provider::LineNumber number) const { return *lines_[number]; }
  [[nodiscard]] std::optional<provider::LineNumber> find(const std::string& user) const;
  /// The line that is called by one of these users: by its name first, then by its numbers.
  [[nodiscard]] std::optional<provider::LineNumber> called(
      const std::vector<std::string>& users) const;
  /// Whether what this IP address says of a caller is believed: it is the line's own server, or one
  /// of those that may call the line (RFC 3325).
  [[nodiscard]] static bool trusts(const Line& line, const std::string& source);
  /// The URI for what somebody dialled. Errors: invalid_address, unsupported.
  [[nodiscard]] Result<std::string> resolve(const Line& line, const std::string& address) const;
  /// Whether a request to this URI goes to the peer that the line was configured with.
  [[nodiscard]] static bool is_own_server(const Line& line, const std::string& uri);
  /// Our Contact, by the transport of an earlier one: the port may be another.
  [[nodiscard]] std::string contact_now(const Line& line, const std::string& before) const;
  [[nodiscard]] std::string contact_by(const Line& line, Transport transport) const;

 private:
  void append(const LineConfig& config);
  void set_up(Line& line, const LineConfig& config);
  [[nodiscard]] LineInfo info_of(const Line& line) const;
  void index();
  [[nodiscard]] std::optional<provider::LineNumber> named(const std::string& name) const;

  Surroundings around_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::unordered_map<std::string, provider::LineNumber> by_user_;
  std::vector<std::pair<std::string, provider::LineNumber>> by_number_;  // the longer ones first
};

}  // namespace switchhook::sip
