// SPDX-License-Identifier: Apache-2.0
#pragma once

// The working half of the SIP provider: carries the usages' outputs out on sofia-sip's nta layer
// (parser, transports, transactions) and feeds back what comes from the wire and the clock. Runs
// nta as a transaction layer without its user agent core (NTATAG_UA(0), NTATAG_STATELESS(1)): every
// request that belongs to no transaction comes to on_message(), where strays are refused without
// state; a 2xx and its ACK are the usage's business.
// Threads: everything on the SIP thread. Ownership: owns agent, calls, lines, timers; events go to
// the sink it is given, which outlives it.

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/handle.hpp"
#include "provider/provider.hpp"
#include "providers/sip/call/sdp.hpp"
#include "providers/sip/config.hpp"
#include "providers/sip/dialog/tombstones.hpp"
#include "providers/sip/dialog/usage.hpp"
#include "providers/sip/lines/registration.hpp"
#include "providers/sip/net/rtp_port.hpp"
#include "providers/sip/net/streams.hpp"

struct msg_s;
struct sip_s;
struct nta_agent_s;
struct nta_incoming_s;
struct nta_outgoing_s;
struct su_root_s;
struct tport_s;
struct su_timer_s;

namespace switchhook::sip {

class Shell {
 public:
  /// What it needs from outside besides sofia-sip; a simulation gives it its own.
  struct Surroundings {
    const base::Clock& clock;
    UdpPorts& udp;
    std::uint64_t seed;  ///< of Call-IDs, tags and cnonces: nobody may guess it
  };
  Shell(su_root_s* root, const Config& config, provider::Sink& sink,
        const Surroundings& surroundings);
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  /// Binds, and announces the lines. Errors: resource_unavailable, with the address.
  [[nodiscard]] Result<void> start();
  void execute(const provider::Command& command);
  [[nodiscard]] static std::size_t bytes_per_call();  ///< see sip_provider.hpp

  // Entered by sofia-sip's callbacks; public for them alone.
  struct CallTag;
  using CallHandle = base::Handle<CallTag>;
  struct ClientTransaction;
  struct ServerTransaction;
  int on_message(msg_s* msg, sip_s* sip);
  int on_response(ClientTransaction& transaction, const sip_s* sip);
  int on_ack_or_cancel(ServerTransaction& transaction, const sip_s* sip);
  void on_timer();
  void destroy_retired();

 private:
  using Clock = std::chrono::steady_clock;

  struct Line {
    LineConfig config;
    usage::Settings settings;
    std::string uri;      // of the line, without brackets
    std::string domain;   // host and port that a bare number is completed with
    std::string contact;  // name-addr
    std::uint32_t calls = 0;
    bool in_service = true;
    // Accounts only.
    RegistrationSettings registration_settings;
    std::unique_ptr<Registration> registration;
    std::unique_ptr<ClientTransaction> transaction;
  };

  /// A connection that the far end made, while a call needs it; it may close at any time.
  class Connection {
   public:
    Connection() = default;
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    void take(tport_s* tport);            ///< a reference of the caller's; nullptr: lets go
    [[nodiscard]] tport_s* open() const;  ///< nullptr: none, or closed

   private:
    tport_s* tport_ = nullptr;  // (ref)
  };

  /// What a dialog owes to a REFER.
  struct Referred {
    Party target, by;
    std::uint16_t progress = 0;  // the last that was told
  };

  struct Call {
    provider::CallRef ref;
    provider::LineNumber line = 0;
    bool outgoing = false;
    bool closed = false;        // CloseCall came: nothing but Ended is told
    bool ended = false;         // Ended was told
    bool disconnected = false;  // the far end's end was told
    bool idle = false;          // idle was told: it is over for the engine
    bool alerted = false, answered = false, proceeding = false;
    bool held = false;  // by us
    bool remote_held = false;
    bool unanswered = false;                   // counted as an incoming call without final response
    provider::RequestNumber hold_request = 0;  // pending Hold or Unhold
    bool hold_wanted = false;
    bool hold_waits = false;                       // its re-INVITE may not leave yet
    provider::RequestNumber transfer_request = 0;  // pending Transfer
    std::unique_ptr<usage::Usage> usage;           // until Finished
    std::optional<RtpPort> rtp;
    std::string offer;     // the caller's, until we answer
    CallHandle replaces;   // incoming: the call that ends when this one is answered (RFC 3891)
    CallHandle other;      // the second dialog of this call, while a REFER is followed
    bool leg = false;      // this is it: not the engine's, and told nothing
    bool follows = false;  // and the newer of the two
    std::uint8_t referrals = 0;                  // how often the call was sent on
    std::unique_ptr<Referred> referred;          // of a dialog that was made by a REFER
    std::unique_ptr<provider::Ended> last_word;  // over, but `other` is not
    std::string source;  // the IP address of the first message of the far end
    std::uint64_t sdp_session = 0;
    std::uint32_t sdp_version = 0;
    std::vector<std::unique_ptr<ClientTransaction>> clients;
    std::vector<std::unique_ptr<ServerTransaction>> servers;
    usage::TransactionId last_server = 0;
    Connection connection;     // of the far end, by TLS
    std::uint32_t noted = 0;   // the usage's revision that the journal has
    std::string invite;        // offered: their INVITE as it came, for the journal
    std::uint64_t orphan = 0;  // not the engine's: a call of an earlier process, by its number
    bool taken_up = false;     // of an earlier process, and the engine's again
    bool proving = false;      // and it is not known yet whether its far end is there
    /// The usage's timers, and then kHoldTimer and kFollowTimer; zero = not set.
    std::array<Clock::time_point, usage::kTimerCount + 2> deadlines{};
    Clock::time_point drop_at{};
    ResourceCounts taken{};  // in its life

    void took(Resource resource) { ++taken[static_cast<std::size_t>(resource)]; }
  };

  static constexpr std::uint8_t kHoldTimer = usage::kTimerCount;  ///< a Hold is completed by then
  /// The one to whom we were referred answers, or the one who referred us hangs up, by then.
  static constexpr std::uint8_t kFollowTimer = usage::kTimerCount + 1;

  /// A server transaction that lives only while its request is being handled.
  struct Current {
    msg_s* msg = nullptr;
    usage::TransactionId id = 0;
  };

  // Commands.
  void on(const provider::OpenLine&) {}
  void on(const provider::CloseLine&) {}
  void on(const provider::MakeCall&);
  void on(const provider::Accept&);
  void on(const provider::Answer&);
  void on(const provider::Drop&);
  void on(const provider::Hold&);
  void on(const provider::Unhold&);
  void on(const provider::Transfer&);
  void on(const provider::MonitorDigits&) {}
  void on(const provider::SendDigits&);
  void on(const provider::CloseCall&);
  void on(const provider::EndOrphan&);
  void on(const provider::ReportLedger&);
  void on(const provider::Stop&);
  void hold(provider::CallRef ref, provider::RequestNumber request, bool wanted);
  void offer_hold(CallHandle handle, Call& call);

  // Events.
  void tell(provider::Event event) { sink_.post(std::move(event)); }
  void complete(provider::CallRef call, provider::RequestNumber request,
                std::optional<Error> error = std::nullopt);
  void tell_state(Call& call, CallState state, std::uint8_t detail = 0,
                  std::optional<Cause> cause = std::nullopt);
  void tell_user_info(Call& call, const std::string& header);
  void fail_requests(Call& call, const char* words);

  // Calls.
  [[nodiscard]] CallHandle find_ref(provider::CallRef ref) const;
  CallHandle add_call(provider::CallRef ref, provider::LineNumber line, bool outgoing);
  void remove_call(CallHandle handle);
  void erase_if_dead(CallHandle handle);
  [[nodiscard]] CallHandle find_tag(std::string_view local_tag, const std::string& call_id);
  [[nodiscard]] std::string make_tag(CallHandle handle);
  [[nodiscard]] sdp::Local local_sdp(Call& call);
  Result<void> take_port(Call& call);
  Result<std::string> resolve(const Line& line, const std::string& address) const;
  void run(CallHandle handle, usage::Input input);
  void finish(CallHandle handle, Call& call, const usage::Finished& finished);
  [[nodiscard]] provider::Ended ended_of(const Call& call, const usage::Finished& finished) const;
  void make_usage(CallHandle handle, Call& call, const std::string& target,
                  const std::string& calling, const std::string& display);
  void answered_badly(CallHandle handle, Call& call);
  void end_by_command(CallHandle handle, Call& call, provider::DropWhy why,
                      const UserInfo& user_info);

  // A REFER of the far end (shell_follow.cpp).
  void take_over(CallHandle handle, Call& call);
  void tell_referred(const Call& call);
  void tell_progress(const Call& call, std::uint16_t status, const std::string& phrase);
  [[nodiscard]] bool followed(CallHandle handle, Call& call, bool usable);
  [[nodiscard]] bool leg_disconnected(Call& call, const usage::Disconnected& disconnected);
  void end_other(const Call& call);
  void on_follow_timer(CallHandle handle, Call& call);
  void leg_finished(Call& call);

  // Calls that take another one's place (shell_replace.cpp).
  [[nodiscard]] int find_replaced(const sip_s* sip, provider::LineNumber line, CallHandle& out);
  void end_replaced(CallHandle handle);

  // Calls of an earlier process (shell_orphans.cpp).
  void note(Call& call);
  void end_orphans();
  [[nodiscard]] bool was_offered_before(const sip_s* sip);
  void end_orphan(const provider::EndOrphan& orphan);
  [[nodiscard]] bool take_up(const provider::EndOrphan& orphan, const usage::Recovery& dialog);
  [[nodiscard]] std::string contact_now(const Line& line, const std::string& before) const;
  void proven(CallHandle handle, Call& call, const usage::ReofferDone& done);
  void orphan_ended(std::uint64_t number, Confirmation confirmation);
  void end_dialog_of_orphan(const provider::EndOrphan& orphan, const usage::Recovery& recovery,
                            bool leg);
  void dialog_of_orphan_ended(const Call& call, const usage::Finished& finished);
  [[nodiscard]] CallHandle find_orphan(std::string_view tag, std::string_view call_id) const;
  void answer_orphan(const Call& call, const usage::SendResponse& send);
  void on_late_refusal(sip_s* sip);

  // What a usage wants done; each names the call it is for.
  void carry_out(CallHandle, Call&, const usage::SendRequest&);
  void carry_out(CallHandle, Call&, const usage::SendCancel&);
  void carry_out(CallHandle, Call&, const usage::SendAck&);
  void carry_out(CallHandle, Call&, const usage::SendResponse&);
  void carry_out(CallHandle, Call&, const usage::Forget&);
  void carry_out(CallHandle, Call&, const usage::SetTimer&);
  void carry_out(CallHandle, Call&, const usage::ClearTimer&);
  void carry_out(CallHandle, Call&, const usage::Progressed&);
  void carry_out(CallHandle, Call&, const usage::Answered&);
  void carry_out(CallHandle, Call&, const usage::Acknowledged&);
  void carry_out(CallHandle, Call&, const usage::Reoffered&);
  void carry_out(CallHandle, Call&, const usage::ReofferDone&);
  void carry_out(CallHandle, Call&, const usage::Referred&);
  void carry_out(CallHandle, Call&, const usage::ReferAsked&);
  void carry_out(CallHandle, Call&, const usage::Disconnected&);
  void carry_out(CallHandle, Call&, const usage::Finished&);

  // The wire.
  void on_request(msg_s* msg, sip_s* sip);
  void on_initial_invite(msg_s* msg, sip_s* sip);
  void on_dialog_request(msg_s* msg, sip_s* sip, CallHandle handle);
  void note_connection(Call& call, msg_s* msg, const sip_s* sip);
  void refuse(msg_s* msg, int status, const char* phrase, const char* header = nullptr);
  bool refuse_extensions(msg_s* msg, const sip_s* sip, bool timers);
  [[nodiscard]] std::optional<provider::LineNumber> line_for(const sip_s* sip) const;
  [[nodiscard]] static bool accepted_from(const Line& line, msg_s* msg);
  ServerTransaction* add_server(CallHandle handle, Call& call, msg_s* msg, sip_s* sip);
  [[nodiscard]] Result<void> bind();
  [[nodiscard]] bool create_agent();
  [[nodiscard]] Result<void> listen(const std::string& protocol, std::uint16_t& port);
  [[nodiscard]] std::string own_address(Transport transport) const;
  [[nodiscard]] std::string contact_of(const std::string& user, Transport transport) const;
  [[nodiscard]] static Transport transport_of(const sip_s* sip);
  [[nodiscard]] static std::string not_reachable();

  // Time.
  enum class Owner : std::uint8_t { call, line, shell };
  static constexpr std::uint8_t kStopLimit = 1, kOrphansTimer = 2, kStreams = 3;  // the shell's own
  using Deadline = std::tuple<Clock::time_point, Owner, std::uint64_t, std::uint8_t>;
  void arm();
  void set_deadline(CallHandle handle, Call& call, std::uint8_t timer,
                    std::chrono::milliseconds after);
  void clear_deadline(CallHandle handle, Call& call, std::uint8_t timer);
  void add_deadline(const Deadline& deadline);
  void remove_deadline(const Deadline& deadline);

  // Registrations.
  void run_registration(provider::LineNumber number, const Registration::Input& input);
  void send_register(Line& line, provider::LineNumber number,
                     const Registration::SendRegister& send);

  [[nodiscard]] Clock::time_point now() const { return Clock::time_point(clock_.now().monotonic); }
  [[nodiscard]] std::chrono::milliseconds since_epoch() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch());
  }
  /// Gives a transaction back. sofia-sip may be at work on it further down the stack (a response,
  /// while whose ACK is sent the connection breaks, and with it all other requests), so it is
  /// destroyed by destroy_retired(), which runs in no callback of nta's.
  void retire(std::unique_ptr<ClientTransaction> transaction);
  void retire(std::unique_ptr<ServerTransaction> transaction);
  void retire_all(Call& call);

  /// One that no transaction is waiting for.
  void on_stray_response(msg_s* msg, sip_s* sip);
  void on_late_answer(msg_s* msg, sip_s* sip);

  void sweep_streams();

  void check_stopped();
  std::uint64_t random() { return random_(); }

  su_root_s* root_;               // (ref)
  nta_agent_s* agent_ = nullptr;  // (owned)
  su_timer_s* timer_ = nullptr;   // (owned)
  const Config config_;
  provider::Sink& sink_;
  const base::Clock& clock_;
  UdpPorts& udp_;
  std::string host_;  // for URIs: with brackets if IPv6
  std::uint16_t port_ = 0, tls_port_ = 0;
  RtpPorts ports_;
  std::optional<Streams> streams_;  // with TCP or TLS
  std::vector<std::unique_ptr<Line>> lines_;
  std::unordered_map<std::string, provider::LineNumber> line_by_user_;
  base::HandleTable<CallTag, Call> calls_;
  std::unordered_map<std::uint64_t, CallHandle> by_ref_;
  std::uint64_t last_ref_ = 0;
  std::deque<std::pair<CallHandle, usage::Input>> pending_;
  usage::Outputs outputs_;
  std::deque<provider::EndOrphan> orphans_;  // waiting for their turn
  /// Of those with several dialogs: how many still live, and what is known of the first.
  std::unordered_map<std::uint64_t, std::pair<std::size_t, provider::OrphanEnded>> orphan_dialogs_;
  /// INVITEs that an earlier process was offered, by Call-ID and tag, until they come no more.
  std::unordered_map<std::string, Clock::time_point> refused_offers_;
  std::unordered_map<std::string, CallHandle> orphan_by_tag_;
  bool running_ = false, stopping_ = false, stopped_ = false;
  Current current_;
  std::vector<std::unique_ptr<ClientTransaction>> retired_clients_;
  std::vector<std::unique_ptr<ServerTransaction>> retired_servers_;
  std::set<Deadline> deadlines_;
  Clock::time_point armed_{};
  usage::Tombstones tombstones_;
  std::mt19937_64 random_;

  // The ledger: counted at acquisition and return; found() counts again what is really there.
  std::int64_t booked_calls_ = 0, booked_dialogs_ = 0, booked_transactions_ = 0, booked_ports_ = 0,
               booked_timers_ = 0, unanswered_ = 0;
};

/// A request of ours in the transaction layer.
struct Shell::ClientTransaction {
  ClientTransaction(Shell& owner, CallHandle its_call, usage::TransactionId its_id);
  ~ClientTransaction();
  ClientTransaction(const ClientTransaction&) = delete;
  ClientTransaction& operator=(const ClientTransaction&) = delete;
  Shell& shell;
  CallHandle call;  // zero for a registration
  provider::LineNumber line = 0;
  usage::TransactionId id = 0;
  bool retired = false;
  nta_outgoing_s* orq = nullptr;  // (owned)
};

/// An INVITE of the far end in the transaction layer.
struct Shell::ServerTransaction {
  ServerTransaction(Shell& owner, CallHandle its_call, usage::TransactionId its_id);
  ~ServerTransaction();
  ServerTransaction(const ServerTransaction&) = delete;
  ServerTransaction& operator=(const ServerTransaction&) = delete;
  Shell& shell;
  CallHandle call;
  usage::TransactionId id = 0;
  bool retired = false;
  nta_incoming_s* irq = nullptr;  // (owned)
};

}  // namespace switchhook::sip
