// SPDX-License-Identifier: Apache-2.0
#pragma once

// One party with the real INVITE usage: carries the usage's outputs out on the virtual transaction
// layer and feeds back what comes, the way the provider's shell does on sofia-sip, and keeps the
// books: which timers and transactions the usage holds, what it reported and when. An application
// is a few functions that a scenario hangs into it. One phone is one call.
// Threads: one. Ownership: owns usage and layer; bench parts outlive it.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "providers/sip/dialog/tombstones.hpp"
#include "providers/sip/dialog/usage.hpp"
#include "simulator/sip/transactions.hpp"
#include "tests/sip_races/support/wire.hpp"

namespace switchhook::sip::races {

class Phone {
 public:
  /// The tag of our refusals of what belongs to no call; a repetition that comes when its call is
  /// long over is a new call to every SIP element.
  static constexpr char kStray[] = "stray";

  struct Report {
    milliseconds at{0};
    usage::Output what;
  };

  Phone(Clock& clock, Wire& wire, int side, LayerOptions layer, usage::Settings settings);

  // ---- what its user does
  void call(std::string body = "offer");
  usage::Verdict ring();
  usage::Verdict answer(std::string body = "answer");
  usage::Verdict drop(std::uint16_t status = 603);
  usage::Verdict reoffer(std::string body = "hold");
  usage::Verdict answer_reoffer(std::uint16_t status = 200, std::string body = "held");

  // ---- what its application does by itself
  std::function<void()> on_offered;    ///< an INVITE came
  std::function<void()> on_progress;   ///< outgoing: a provisional response came
  std::function<void()> on_answered;   ///< outgoing: answered
  std::function<void()> on_connected;  ///< incoming: acknowledged
  std::function<void()> on_reoffered;  ///< unset: it is accepted at once

  // ---- what became of it
  [[nodiscard]] int side() const { return side_; }
  [[nodiscard]] bool used() const { return usage_ != nullptr; }
  [[nodiscard]] bool finished() const { return usage_ != nullptr && usage_->finished(); }
  [[nodiscard]] usage::State state() const {
    return usage_ ? usage_->state() : usage::State::fresh;
  }
  [[nodiscard]] const usage::Usage& call_usage() const { return *usage_; }
  [[nodiscard]] const std::vector<Report>& reports() const { return reports_; }
  [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }
  [[nodiscard]] std::optional<milliseconds> dropped_at() const { return dropped_at_; }
  [[nodiscard]] bool outgoing() const { return outgoing_; }
  [[nodiscard]] const std::string& local_tag() const { return local_tag_; }
  [[nodiscard]] const Transactions& layer() const { return layer_; }
  [[nodiscard]] milliseconds t1() const { return settings_.t1; }
  [[nodiscard]] bool may_authenticate() const { return !settings_.credentials.user.empty(); }

  template <typename Kind>
  [[nodiscard]] const Kind* find() const {
    for (const Report& report : reports_)
      if (const Kind* kind = std::get_if<Kind>(&report.what)) return kind;
    return nullptr;
  }
  template <typename Kind>
  [[nodiscard]] std::size_t count() const {
    std::size_t n = 0;
    for (const Report& report : reports_) n += std::holds_alternative<Kind>(report.what) ? 1 : 0;
    return n;
  }
  /// How it ended without our asking; nothing when it was us.
  [[nodiscard]] std::optional<usage::Disconnected::By> ended_by() const {
    const auto* end = find<usage::Disconnected>();
    return end != nullptr ? std::optional(end->by) : std::nullopt;
  }
  [[nodiscard]] std::optional<Confirmation> confirmation() const {
    const auto* end = find<usage::Finished>();
    return end != nullptr ? std::optional(end->confirmation) : std::nullopt;
  }

 private:
  struct Books {
    std::set<usage::TransactionId> clients, servers;
    std::set<usage::Timer> timers;
  };

  usage::Verdict run(usage::Input input);
  void make_usage(usage::Identity identity);
  void on_request(const Message& request);
  void on_response(Transactions::Client client, const Message& response);
  usage::RequestIn request_in(const Message& request, usage::TransactionId server) const;
  void answered_late(const Message& response);
  void check_books();
  void complain(std::string what) { complaints_.push_back(std::move(what)); }
  [[nodiscard]] Message wire_request(const usage::Request& request) const;

  void carry_out(const usage::SendRequest&);
  void carry_out(const usage::SendCancel&);
  void carry_out(const usage::SendAck&);
  void carry_out(const usage::SendResponse&);
  void carry_out(const usage::Forget&);
  void carry_out(const usage::SetTimer&);
  void carry_out(const usage::ClearTimer&);
  void carry_out(const usage::Progressed& report) { told(report, on_progress); }
  void carry_out(const usage::Answered& report) { told(report, on_answered); }
  void carry_out(const usage::Acknowledged& report) { told(report, on_connected); }
  void carry_out(const usage::Reoffered& report);
  void carry_out(const usage::ReofferDone& report) { told(report, {}); }
  void carry_out(const usage::Referred& report) { told(report, {}); }
  void carry_out(const usage::ReferAsked&) { static_cast<void>(run(usage::AnswerRefer{603})); }
  void carry_out(const usage::Disconnected& report);
  void carry_out(const usage::Finished& report);
  void told(usage::Output report, const std::function<void()>& then);

  Clock& clock_;
  int side_;
  usage::Settings settings_;
  usage::Tombstones tombstones_;
  Transactions layer_;
  std::unique_ptr<usage::Usage> usage_;
  std::string call_id_, local_tag_;
  bool outgoing_ = false, running_ = false;
  std::optional<milliseconds> dropped_at_;
  std::deque<usage::Input> pending_;
  usage::TransactionId last_server_ = 0;
  std::map<usage::TransactionId, Message> servers_;  // requests that can still be answered
  std::map<usage::TransactionId, Transactions::Client> clients_;
  std::map<Transactions::Client, usage::TransactionId> ids_;
  std::map<usage::Timer, Clock::Id> timers_;
  Books books_;
  std::vector<Report> reports_;
  std::vector<std::string> complaints_;
};

}  // namespace switchhook::sip::races
