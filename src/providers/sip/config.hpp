// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the SIP provider is told at its start. Plain values; whoever reads a configuration file
// fills them in. Threads: plain values. Ownership: all by value. docs/sip.md explains each for
// users.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "switchhook/error.hpp"

namespace switchhook::sip {

/// What becomes of a line's answered calls when the process that served them dies. `end`: the next
/// one ends them at their far ends. `take_up`: it goes on with those whose far end is still there.
enum class AfterDeath : std::uint8_t { end, take_up };

enum class LineMode : std::uint8_t {
  peer,     ///< no registration: calls go to `peer` and are accepted from `accept_from`
  account,  ///< registers with `registrar` and calls through it
};
/// What is done when a far end asks by REFER that we call somebody else.
enum class ReferPolicy : std::uint8_t {
  refuse,  ///< 405: nobody makes this line call anybody
  follow,  ///< the call goes on with whom it names, at this line's expense
};
enum class Transport : std::uint8_t { udp, tcp, tls };

struct LineConfig {
  std::string name;          ///< the line's name and the user part of its address: "alice"
  std::string display_name;  ///< shown to the far end; may be empty
  std::string uri;           ///< "sip:alice@example.org"; empty = sip:<name>@<bind address>:<port>
  LineMode mode = LineMode::peer;
  Transport transport = Transport::udp;  ///< used for our requests, unless a URI says otherwise

  /// peer: where calls to a bare number or name go, "sip:host:port". Empty = this provider itself,
  /// so that its lines reach each other; calls to a whole URI then go where the URI says.
  std::string peer;
  /// Numbers that ring this line besides its name: `?` is any character, `*` at the end any rest, so
  /// that "*" alone takes whatever is no other line's.
  std::vector<std::string> numbers;
  bool withhold_number = false;  ///< whom it calls is not shown who calls (RFC 3323)
  /// peer: IP addresses from which calls for this line are accepted. Empty = from anywhere.
  std::vector<std::string> accept_from;

  /// Requests within a dialog, a BYE above all, are taken only from the IP address with which the
  /// call was set up; others get 403 and change nothing. Off: the dialog's tags are enough.
  bool strict_source = false;

  std::string registrar;              ///< account: "sip:example.org"
  std::string user;                   ///< for digest authentication; empty = `name`
  std::string password;               ///< empty = challenges are not answered
  std::string realm;                  ///< only this realm is answered; empty = that of our server
  std::string outbound_proxy;         ///< every request outside a dialog goes here first
  std::chrono::seconds expires{600};  ///< account: asked for at each registration

  std::chrono::milliseconds t1{500};  ///< RFC 3261 T1: 10 ms to 10 s; the end of waiting is 64*T1
  /// RFC 4028: a call that nobody refreshes in this time is over. 0 = no session timers.
  std::chrono::seconds session_expires{1800};
  std::chrono::seconds min_se{90};  ///< shorter intervals of theirs are refused with 422
  /// What a refused caller is told: 480, 486, 600 or 603. 600 and 603 silence a whole ring group.
  std::uint16_t reject_code = 486;
  ReferPolicy refer = ReferPolicy::refuse;
  bool ring_on_offer = true;    ///< send 180 as soon as a call is announced
  std::uint32_t calls_max = 0;  ///< 0 = no limit of the line's own; beyond it 486
  AfterDeath after_death = AfterDeath::end;
  bool removed = false;  ///< it was there, and only its number still is
  friend bool operator==(const LineConfig&, const LineConfig&) = default;
};

/// Where all messages are copied to.
struct HepConfig {
  std::string collector;         ///< IP address and port; empty = nowhere
  std::uint32_t capture_id = 0;  ///< by which the collector knows this sender
  std::string password;          ///< for the collector; empty = none
  bool secrets = false;          ///< with nothing blanked
};

struct Config {
  std::string bind_address = "127.0.0.1";  ///< an IP address of this machine, not a wildcard
  std::uint16_t port = 5060;               ///< UDP and TCP; 0 = any free port
  bool udp = true;
  bool tcp = true;
  bool tls = false;
  std::uint16_t tls_port = 5061;  ///< 0 = any free port
  /// Where agent.pem (our key and certificate) and cafile.pem (the issuers we trust) are.
  std::string tls_folder;
  bool tls_check_server = true;   ///< certificate of whom we call: issuer, dates, name
  bool tls_check_client = false;  ///< who connects to us must show a certificate of our issuers

  std::chrono::seconds keep_alive{30};  ///< between two CRLF on a quiet connection; 0 = never
  /// A TCP or TLS connection over which nothing has come or gone for so long is closed; 0 = never.
  std::chrono::seconds stream_idle{600};
  /// A message on one that has begun, and of which nothing more comes, is given up; 0 = never.
  std::chrono::seconds stream_stalled{10};
  /// One that was made to us, and over which no whole message has come yet; 0 = for ever.
  std::chrono::seconds stream_first{30};
  /// TCP and TLS connections made to us, at once; beyond it the newest are closed. 0 = any number.
  std::uint32_t streams_max = 4096;
  std::string resolver_file;  ///< instead of /etc/resolv.conf; empty = that one
  std::uint16_t rtp_first = 16384, rtp_last = 65534;  ///< even ports of it; 0, 0 = any free port
  std::vector<LineConfig> lines = {LineConfig{.name = "alice"}, LineConfig{.name = "bob"}};

  std::uint32_t calls_max = 20000;        ///< at once; further ones get 503 without state
  std::uint32_t calls_unanswered = 4000;  ///< incoming, at once; further ones get 503
  /// Incoming calls from one IP address whose last answer it has not acknowledged; further ones get
  /// 503.
  std::uint32_t calls_of_source = 1000;
  std::uint32_t message_bytes = 65535;  ///< larger SIP messages are refused
  std::string user_agent = "Switchhook";
  HepConfig hep;

  [[nodiscard]] bool has(Transport transport) const;
  struct Mistake {
    std::optional<std::size_t> line;  ///< its place in `lines`
    std::string setting;              ///< as in the configuration file
    std::string what;
  };
  /// All that is wrong with it.
  [[nodiscard]] std::vector<Mistake> mistakes() const;
  /// The first of them, naming the line and the setting. Errors: invalid_argument.
  [[nodiscard]] Result<void> validate() const;
};

/// Whether this configuration of a line of the same name makes another line of it: what others know it
/// by, or where it is registered, is another.
[[nodiscard]] inline bool replaces(const LineConfig& before, const LineConfig& now) {
  return before.mode != now.mode || before.uri != now.uri || before.registrar != now.registrar ||
         before.transport != now.transport;
}

/// A SIP or SIPS URI with a host and nothing that could break out of a header.
[[nodiscard]] bool valid_uri(const std::string& uri);
/// The transport that a URI names; nothing = it leaves that open.
[[nodiscard]] std::optional<Transport> transport_in(const std::string& uri);
/// The URI by this transport, where it leaves that open. UDP is what an open one means.
[[nodiscard]] std::string with_transport(const std::string& uri, Transport transport);
/// The URI by TLS, whatever it says itself.
[[nodiscard]] std::string over_tls(const std::string& uri);
/// A user part as it may stand in a URI without escapes.
[[nodiscard]] bool valid_user(const std::string& user);

}  // namespace switchhook::sip
