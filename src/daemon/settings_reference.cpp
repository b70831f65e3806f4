// SPDX-License-Identifier: Apache-2.0
#include "daemon/settings_reference.hpp"

#include <iterator>
#include <string_view>

#include "reference/json_text.hpp"

namespace switchhook::daemon {

const std::vector<TableDescription>& described_tables() {
  static const std::vector<TableDescription> kAll{
      {"service", false, "The daemon itself."},
      {"records", false, "Where records of ended sessions go besides the store."},
      {"log", false, "What is logged, and how."},
      {"limits", false, "How long calls may take. 0 is no limit."},
      {"limits.line", true, "The same for one line; what it omits is taken from [limits]."},
      {"leaks", false, "Limits on sessions that ended and that an application has not released."},
      {"leaks.application", true, "The same for one application."},
      {"lost", false,
       "What happens to the live calls that an application owned alone when it died."},
      {"lost.line", true, "The same for one line."},
      {"lost.application", true, "The same for one application; it has priority over the line."},
      {"emergency", false,
       "Emergency calls: no limit, quota or drain refuses them, and no limit of [limits] ends "
       "them."},
      {"access", false, "Who has which role; docs/daemon.md has the table of who may do what."},
      {"access.line", true, "Whose a line is. A line that names nobody is everybody's."},
      {"exchange", false, "The embedded telephone exchange."},
      {"exchange.extension", true, "An extension. Naming one replaces the default extensions."},
      {"sip", false, "The SIP provider."},
      {"sip.line", true, "A SIP line. Naming one replaces the default lines, alice and bob."},
      {"metrics", false, "Measurements for Prometheus."},
      {"console", false, "REST, events and the page for browsers: docs/rest-api.md."},
      {"trace", false, "A copy of all SIP messages for a collector."},
  };
  return kAll;
}

namespace {

// clang-format off
const SettingDescription kSettings[] = {
    {"service", "socket", "text", "",
     "Where programs connect. Default: /run/switchhook/switchhook.sock for the machine's "
     "daemon, switchhook/switchhook.sock in $XDG_RUNTIME_DIR for a user's."},
    {"service", "socket_mode", "text", "",
     "The mode of the socket, three octal digits. Default: \"660\" for the machine's daemon, "
     "\"600\" for a user's."},
    {"service", "socket_group", "text", "",
     "The group of the socket. Default: the daemon's."},
    {"service", "tcp_port", "number", "",
     "Also listen on this port of 127.0.0.1; 0 is any free one. Programs need the token. Default: no TCP."},
    {"service", "token_file", "text", "",
     "Where the token for TCP is written. Default: the socket's path with .token appended."},
    {"service", "store", "text", "",
     "The file of records and journal; \":memory:\" keeps the last 1000 records in memory. "
     "Default: /var/lib/switchhook/records.db, or switchhook/records.db in $XDG_STATE_HOME."},
    {"service", "store_keep_days", "number", "366",
     "Remove records that ended longer ago than this; 0 keeps all."},
    {"service", "store_max_mb", "number", "1024",
     "Remove the oldest records while the content is larger than this; 0 is no limit."},
    {"service", "journal_lost", "refuse, go-on", "\"refuse\"",
     "While the journal cannot be kept: refuse new calls, or let them begin all the same."},
    {"service", "user_memory_mb", "number", "1024",
     "What the programs of one user may keep in the service by their calls, openings and requests; 0 is no limit."},
    {"service", "program_memory_mb", "number", "512", "The same of one program."},
    {"service", "idle_exit_s", "number", "0",
     "Stop after this time without programs; 0 is never."},
    {"service", "resume_s", "number", "10",
     "How long a program may take to reconnect after it lost its connection; 0 does not allow it."},
    {"service", "restore_s", "number", "30",
     "How long programs look for the next daemon after this one died; 0 is not at all."},
    {"service", "silence_s", "number", "60",
     "How long a program on this machine may hang before it counts as lost; 0 is for ever."},
    {"service", "audit_s", "number", "300",
     "How often the daemon compares its ledgers with reality; 0 is never."},
    {"service", "log_level", "debug, info, warn, error, off", "\"info\"",
     "What is logged of subjects that [log] does not name."},
    {"records", "postgresql", "text", "",
     "A PostgreSQL database that gets each record, too, as libpq takes it: \"host=db.example.org "
     "dbname=calls user=switchhook\", or a URI. The table switchhook_records is made there. Default: "
     "none."},
    {"records", "password_file", "text", "",
     "A file of mode 0600 with the password of the database."},
    {"records", "password_credential", "text", "",
     "The name of a credential with that password, which systemd gives the service "
     "(LoadCredential=)."},
    {"records", "timeout_s", "number", "10",
     "How long connecting and each statement may take, 1 to 600."},
    {"log", "format", "auto, text, json", "\"auto\"",
     "Text; one JSON object a line; or \"auto\": to systemd's journal, with fields, where that reads "
     "standard error, text elsewhere."},
    {"log", "digits", "true or false", "false",
     "Whether the digits of calls are logged. They can be secrets, as the number of a card is."},
    {"log", "service", "debug, info, warn, error, off", "",
     "Start, stop, changes of the configuration, providers. Default: log_level of [service]."},
    {"log", "store", "debug, info, warn, error, off", "",
     "Records and journal. Default: log_level of [service]."},
    {"log", "audit", "debug, info, warn, error, off", "",
     "What audits find. Default: log_level of [service]."},
    {"log", "lines", "debug, info, warn, error, off", "",
     "Registrations and their failures, and lines that come and go. Default: log_level of "
     "[service]."},
    {"log", "calls", "debug, info, warn, error, off", "",
     "Begin and end of each call. Default: log_level of [service]."},
    {"log", "programs", "debug, info, warn, error, off", "",
     "Programs that come and go. Default: log_level of [service]."},
    {"log", "operators", "debug, info, warn, error, off", "",
     "What operators did. Default: log_level of [service]."},
    {"log", "limits", "debug, info, warn, error, off", "",
     "Limits that were reached. Default: log_level of [service]."},
    {"limits", "no_answer_s", "number", "0",
     "Ends an outgoing call that is not answered this long after it was placed."},
    {"limits", "ring_s", "number", "180",
     "Ends an incoming call that rings for this time without an answer."},
    {"limits", "length_s", "number", "0",
     "Ends any call this long after its answer."},
    {"leaks", "count", "number", "0",
     "How many ended sessions an application may hold; 0 is any number."},
    {"leaks", "age_s", "number", "0",
     "How long after its end an application may hold a session; 0 is for ever."},
    {"leaks", "action", "warn, refuse-new, reclaim", "\"warn\"",
     "Beyond the limits: warn the application and the log; also refuse new sessions to it; or "
     "also reclaim the oldest."},
    {"lost", "action", "end, keep, offer", "\"end\"",
     "End the calls; keep them for the application to come back; or offer them to another "
     "application that has the line open as an owner."},
    {"lost", "keep_s", "number", "60",
     "How long calls are kept."},
    {"emergency", "numbers", "list of texts", R"(["112", "911"])",
     "The numbers, or the user parts of SIP addresses, that are called."},
    {"access", "operators", "list of texts", "[]",
     "Groups whose members see, end and reclaim everybody's calls, as the daemon's user and root "
     "do."},
    {"access", "observers", "list of texts", "[]",
     "Groups whose members see everybody's calls."},
    {"access.line", "name", "text", "",
     "The line's name."},
    {"access.line", "users", "list of texts", "[]",
     "Users whose line it is, by name or number."},
    {"access.line", "groups", "list of texts", "[]",
     "Groups whose line it is, by name or number."},
    {"exchange", "enabled", "true or false", "true",
     "Whether the exchange is there."},
    {"exchange", "lines", "list of texts", R"(["100", "101"])",
     "Names and numbers of its lines."},
    {"exchange", "digit_duration_ms", "number", "80",
     "The length of a digit when a request does not say."},
    {"exchange.extension", "number", "text", "",
     "The number: 1 to 32 of 0-9 * #."},
    {"exchange.extension", "behaviour", "answers, rings, busy, rejects, hangs_up, out_of_order, echoes", "\"answers\"",
     "What the extension does when it is called."},
    {"exchange.extension", "delay_ms", "number", "0",
     "The delay of the answer, the refusal or the hang-up."},
    {"sip", "enabled", "true or false", "true",
     "Whether SIP is there."},
    {"sip", "process", "own, daemon", "",
     "Where the provider runs: in a process of its own, or in the daemon. Default: \"own\" for "
     "the machine's daemon, \"daemon\" for a user's."},
    {"sip", "bind_address", "text", "\"127.0.0.1\"",
     "An IP address of this machine; not a wildcard."},
    {"sip", "port", "number", "5060",
     "The port for UDP and TCP; 0 is any free one. If it is not set and taken, a user's daemon "
     "takes any free one."},
    {"sip", "udp", "true or false", "true",
     "Whether UDP is used."},
    {"sip", "tcp", "true or false", "true",
     "Whether TCP is used."},
    {"sip", "tls", "true or false", "false",
     "Whether TLS is used."},
    {"sip", "tls_port", "number", "5061",
     "The port for TLS; 0 is any free one."},
    {"sip", "tls_folder", "text", "",
     "The folder with agent.pem (key and certificate) and cafile.pem (trusted issuers)."},
    {"sip", "tls_check_server", "true or false", "true",
     "Whether certificates of called servers are checked: issuer, dates, name."},
    {"sip", "tls_check_client", "true or false", "false",
     "Whether clients must show a certificate of a trusted issuer."},
    {"sip", "keep_alive_s", "number", "30",
     "The time between two keep-alives on a quiet connection; 0 is never."},
    {"sip", "stream_idle_s", "number", "600",
     "Close a TCP or TLS connection without traffic after this time; 0 is never."},
    {"sip", "stream_stalled_s", "number", "10",
     "Give up an incomplete message after this time; 0 is never."},
    {"sip", "stream_first_s", "number", "30",
     "Close an incoming connection that has sent no whole message after this time; 0 is never."},
    {"sip", "streams_max", "number", "4096",
     "Incoming TCP and TLS connections at once; 0 is any number."},
    {"sip", "resolver_file", "text", "",
     "Used instead of /etc/resolv.conf."},
    {"sip", "rtp_first", "number", "16384",
     "The first port for audio."},
    {"sip", "rtp_last", "number", "65534",
     "The last port for audio; with 0 in both, any free port."},
    {"sip", "calls_max", "number", "20000",
     "Calls at once; further ones get 503."},
    {"sip", "calls_unanswered", "number", "4000",
     "Incoming unanswered calls at once; further ones get 503."},
    {"sip", "calls_of_source", "number", "1000",
     "Unacknowledged incoming calls from one IP address; further ones get 503."},
    {"sip", "message_bytes", "number", "65535",
     "Larger SIP messages are refused."},
    {"sip", "user_agent", "text", "\"Switchhook\"",
     "The User-Agent and Server headers."},
    {"sip.line", "name", "text", "",
     "The line's name and the user part of its address."},
    {"sip.line", "display_name", "text", "",
     "Shown to the far end."},
    {"sip.line", "uri", "text", "",
     "The line's address. Default: sip:NAME@ADDRESS:PORT."},
    {"sip.line", "mode", "peer, account", "\"peer\"",
     "An account registers with a registrar and calls through it; a peer does not register."},
    {"sip.line", "transport", "udp, tcp, tls", "\"udp\"",
     "The transport of requests, unless a URI says otherwise."},
    {"sip.line", "peer", "text", "",
     "Peer: where calls to a bare number or name go. Default: this provider itself."},
    {"sip.line", "numbers", "list of texts", "[]",
     "Numbers that ring the line besides its name: ? is any character, * at the end any rest; "
     "\"*\" takes what is no other line's."},
    {"sip.line", "withhold_number", "true or false", "false",
     "Call without showing who calls: an anonymous From and Privacy: id."},
    {"sip.line", "accept_from", "list of texts", "[]",
     "Peer: IP addresses from which calls are accepted; empty is from anywhere."},
    {"sip.line", "strict_source", "true or false", "false",
     "Accept requests within a call only from the IP address with which it was set up."},
    {"sip.line", "registrar", "text", "",
     "Account: the registrar, such as sip:example.org."},
    {"sip.line", "user", "text", "",
     "The user for digest authentication. Default: the name."},
    {"sip.line", "password", "text", "",
     "The password; without one, challenges are not answered. Better: password_file."},
    {"sip.line", "password_file", "text", "",
     "A file of mode 0600 with the password."},
    {"sip.line", "password_credential", "text", "",
     "The name of a credential with the password, which systemd gives the service "
     "(LoadCredential=)."},
    {"sip.line", "realm", "text", "",
     "Answer challenges of this realm only. Default: that of the registrar, outbound proxy or peer."},
    {"sip.line", "outbound_proxy", "text", "",
     "Requests outside a dialog go here first."},
    {"sip.line", "expires_s", "number", "600",
     "Account: the lifetime that a registration asks for."},
    {"sip.line", "t1_ms", "number", "500",
     "T1 of RFC 3261, 10 to 10000; waiting ends after 64 T1."},
    {"sip.line", "session_expires_s", "number", "1800",
     "RFC 4028: a call that nobody refreshes in this time is over; 0 is no session timer."},
    {"sip.line", "min_se_s", "number", "90",
     "Shorter session intervals of the far end are refused."},
    {"sip.line", "reject_code", "number", "486",
     "The SIP status of rejected calls: 480, 486, 600 or 603; the last two silence a whole ring group."},
    {"sip.line", "refer", "refuse, follow", "\"refuse\"",
     "Whether far ends may transfer this line's calls, at its expense."},
    {"sip.line", "ring_on_offer", "true or false", "true",
     "Send 180 as soon as a call is offered."},
    {"sip.line", "calls_max", "number", "0",
     "Calls of this line at once; 0 is no limit of its own."},
    {"sip.line", "after_death", "end, take_up", "\"end\"",
     "What happens to answered calls when the process that served them died: the next one ends "
     "them, or continues them."},
    {"metrics", "listen", "text", "",
     "Serve /metrics by HTTP at this ADDRESS:PORT, such as \"127.0.0.1:9464\", or at this path of a "
     "Unix socket, which only the daemon's user may use. Default: nowhere."},
    {"console", "listen", "text", "",
     "Serve the console by HTTP at this ADDRESS:PORT, such as \"127.0.0.1:9465\", or at this path of a "
     "Unix socket, which only the daemon's user may use. An address that other machines reach needs "
     "TLS. Default: nowhere."},
    {"console", "certificate", "text", "",
     "A file with the certificate for TLS and those of its issuers (PEM). Default: without TLS."},
    {"console", "key", "text", "",
     "A file with the certificate's key (PEM)."},
    {"console", "hosts", "list of texts", "[]",
     "Names by which browsers reach it, besides localhost and the address of listen; 16 at most."},
    {"console", "files", "text", "",
     "The folder of the page. Default: share/switchhook/console beside the folder of the daemon's "
     "program."},
    {"console", "passwords", "text", "",
     "The file of users and their hashed passwords, which switchhook console password writes. "
     "Default: console.passwords in /var/lib/switchhook, or in switchhook in $XDG_STATE_HOME."},
    {"console", "messages", "number", "10000",
     "How many SIP messages are kept for ladders, blanked as a trace's are; 100000 at most, and 32 MiB "
     "of them; 0 keeps none."},
    {"trace", "hep", "text", "",
     "HOST:PORT of a collector that takes HEP version 3 by UDP, such as Homer. A name is looked up "
     "once, at the start. Default: no copies."},
    {"trace", "capture_id", "number", "0",
     "The number by which the collector knows this daemon."},
    {"trace", "password", "text", "",
     "The password that the collector asks for. Default: none is sent."},
    {"trace", "secrets", "true or false", "false",
     "Send Authorization and User-to-User values, passwords and bodies as they are; otherwise they are blanked."},
};
// clang-format on

/// Tables of one line or application: its name, and the settings of the table that is for all.
struct OfOne {
  const char *table, *all, *name;
  bool falls_back;  ///< what it omits is taken from that table
};
const OfOne kOfOne[] = {
    {"limits.line", "limits", "The line's name.", true},
    {"leaks.application", "leaks", "The application's name, as it names itself.", false},
    {"lost.line", "lost", "The line's name.", false},
    {"lost.application", "lost", "The application's name, as it names itself.", false},
};

}  // namespace

const std::vector<SettingDescription>& described_settings() {
  static const std::vector<SettingDescription> kAll = [] {
    std::vector<SettingDescription> made(std::begin(kSettings), std::end(kSettings));
    for (const OfOne& one : kOfOne) {
      made.push_back({one.table, "name", "text", "", one.name});
      for (const SettingDescription& each : kSettings)
        if (std::string_view(each.table) == one.all)
          made.push_back(
              {one.table, each.key, each.type, one.falls_back ? "" : each.standard, each.about});
    }
    return made;
  }();
  return kAll;
}

std::string describe_settings() {
  using reference::json_text;
  std::string tables, settings;
  for (const TableDescription& each : described_tables())
    tables.append(tables.empty() ? "" : ",\n  ")
        .append("{\"table\":" + json_text(each.table))
        .append(",\"repeated\":")
        .append(each.repeated ? "true" : "false")
        .append(",\"about\":" + json_text(each.about) + "}");
  for (const SettingDescription& each : described_settings())
    settings.append(settings.empty() ? "" : ",\n  ")
        .append("{\"table\":" + json_text(each.table) + ",\"key\":" + json_text(each.key))
        .append(",\"type\":" + json_text(each.type) + ",\"default\":" + json_text(each.standard))
        .append(",\"about\":" + json_text(each.about) + "}");
  return "\"tables\":[" + tables + "],\n \"settings\":[" + settings + "]";
}

}  // namespace switchhook::daemon
