// SPDX-License-Identifier: Apache-2.0
// The invariants: what must hold for a party with our usage whatever the wire did to it.
#include <algorithm>
#include <map>
#include <set>

#include "tests/sip_races/support/bench.hpp"

namespace switchhook::sip::races {

namespace {

using std::optional;

struct Seen {
  milliseconds at{0};
  const Message* message = nullptr;
};

class Check {
 public:
  Check(const Bench& bench, const Phone& phone, std::vector<std::string>& violations)
      : phone_(phone), out_(violations) {
    for (const Transmission& t : bench.wire.log()) {
      if (t.from == phone.side()) {
        sent_.push_back({t.sent, &t.message});
      } else {
        for (milliseconds when : t.arrived) got_.push_back({when, &t.message});
      }
    }
    std::stable_sort(got_.begin(), got_.end(),
                     [](const Seen& a, const Seen& b) { return a.at < b.at; });
    for (const Phone::Report& report : phone.reports()) {
      if (std::holds_alternative<usage::Finished>(report.what)) finished_ = report.at;
      if (std::holds_alternative<usage::Disconnected>(report.what)) disconnected_ = report.at;
    }
  }

  void all() {
    for (const std::string& complaint : phone_.complaints()) bad(complaint);
    end_is_told_once_and_in_time();
    every_success_is_acknowledged();
    acks_belong_to_invites();
    one_bye_a_dialog();
    numbers_count_up_by_one();
    nothing_forbidden_in_an_early_dialog();
    callee_waits_for_the_ack();
    cancel_waits_for_a_provisional();
    every_request_gets_its_answer();
    successes_stop_at_the_ack();
    if (phone_.layer().clients() != 0) bad("client transactions are left in the layer");
    if (phone_.layer().servers() != 0) bad("server transactions are left in the layer");
  }

 private:
  void bad(const std::string& what) { out_.push_back(std::string(name()) + ": " + what); }
  [[nodiscard]] const char* name() const { return phone_.side() == 0 ? "A" : "B"; }
  [[nodiscard]] bool is(const Seen& seen, Method method) const {
    return seen.message->request && seen.message->method == method;
  }
  [[nodiscard]] optional<milliseconds> first_got(
      const std::function<bool(const Message&)>& want) const {
    for (const Seen& seen : got_)
      if (want(*seen.message)) return seen.at;
    return std::nullopt;
  }
  [[nodiscard]] optional<milliseconds> first_sent(
      const std::function<bool(const Message&)>& want) const {
    for (const Seen& seen : sent_)
      if (want(*seen.message)) return seen.at;
    return std::nullopt;
  }

  void end_is_told_once_and_in_time() {
    if (!phone_.used()) return;
    if (phone_.count<usage::Finished>() != 1) return bad("the end was not told exactly once");
    if (!std::holds_alternative<usage::Finished>(phone_.reports().back().what))
      bad("the end was not the last that was told");
    const optional<milliseconds> ended =
        disconnected_ ? (phone_.dropped_at() ? std::min(*disconnected_, *phone_.dropped_at())
                                             : *disconnected_)
                      : phone_.dropped_at();
    if (!ended) return bad("it ended and nobody knows why");
    // At worst our 2xx waits for its ACK, or the CANCEL for a final response, and then the BYE.
    if (*finished_ - *ended > 2 * 64 * phone_.t1() + milliseconds(500))
      bad("the end took " + std::to_string((*finished_ - *ended).count()) + " ms");
    if (phone_.count<usage::Answered>() > 1) bad("answered twice");
    if (phone_.count<usage::Acknowledged>() > 1) bad("connected twice");
  }

  void every_success_is_acknowledged() {
    for (const Seen& got : got_) {
      if (!got.message->success() || got.message->method != Method::invite) continue;
      // Also after the end, for as long as its far end may repeat it.
      if (finished_ && got.at > *finished_ + 64 * phone_.t1()) continue;
      const bool acked = std::any_of(sent_.begin(), sent_.end(), [&](const Seen& sent) {
        return sent.at == got.at && is(sent, Method::ack) &&
               sent.message->cseq == got.message->cseq &&
               sent.message->to_tag == got.message->to_tag;
      });
      if (!acked) bad("a 2xx at " + std::to_string(got.at.count()) + " got no ACK");
    }
  }

  void acks_belong_to_invites() {
    for (const Seen& ack : sent_) {
      if (!is(ack, Method::ack)) continue;
      const bool ours = std::any_of(sent_.begin(), sent_.end(), [&](const Seen& sent) {
        return is(sent, Method::invite) && sent.message->cseq == ack.message->cseq;
      });
      const bool answered = std::any_of(got_.begin(), got_.end(), [&](const Seen& got) {
        return got.at <= ack.at && got.message->final() && got.message->method == Method::invite &&
               got.message->cseq == ack.message->cseq;
      });
      if (!ours || !answered) bad("an ACK of what was no INVITE's final response");
    }
  }

  void one_bye_a_dialog() {
    std::map<std::string, std::vector<std::string>> branches;  // by dialog
    for (const Seen& sent : sent_) {
      if (!is(sent, Method::bye)) continue;
      std::vector<std::string>& known = branches[sent.message->to_tag];
      if (std::find(known.begin(), known.end(), sent.message->branch) != known.end()) continue;
      if (!known.empty()) {
        const std::string& before = known.back();
        const bool challenged = std::any_of(got_.begin(), got_.end(), [&](const Seen& got) {
          return got.at <= sent.at && got.message->final() && got.message->branch == before &&
                 (got.message->status == 401 || got.message->status == 407);
        });
        if (!challenged) bad("a second BYE in the dialog with " + sent.message->to_tag);
      }
      known.push_back(sent.message->branch);
    }
    // A dialog that we left standing?
    std::set<std::string> dialogs;
    for (const Seen& got : got_)
      if (got.message->success() && got.message->method == Method::invite &&
          (!finished_ || got.at <= *finished_ + 64 * phone_.t1()))
        dialogs.insert(got.message->to_tag);
    if (!phone_.outgoing())
      for (const Seen& sent : sent_)
        if (sent.message->success() && sent.message->method == Method::invite)
          dialogs.insert(sent.message->from_tag);
    for (const std::string& dialog : dialogs) {
      const bool told = std::any_of(got_.begin(), got_.end(), [&](const Seen& got) {
        return is(got, Method::bye) && got.message->from_tag == dialog;
      });
      if (!told && branches.find(dialog) == branches.end())
        bad("no BYE either way in the dialog with " + dialog);
    }
  }

  void numbers_count_up_by_one() {
    std::map<std::string, std::uint32_t> last;  // by dialog; "" = before there is one
    std::set<std::pair<std::string, Method>> known;
    for (const Seen& sent : sent_) {
      const Message& m = *sent.message;
      if (!m.request || m.method == Method::ack) continue;
      if (!known.insert({m.branch, m.method}).second) continue;
      if (m.method == Method::cancel) {
        if (last[""] != m.cseq) bad("a CANCEL with another number than its INVITE");
        continue;
      }
      const auto before = last.find(m.to_tag);
      if (before != last.end()) {
        if (m.cseq != before->second + 1)
          bad("CSeq " + std::to_string(m.cseq) + " after " + std::to_string(before->second));
      } else if (phone_.outgoing() && !m.to_tag.empty() && m.cseq != last[""] + 1) {
        bad("CSeq " + std::to_string(m.cseq) + " follows the INVITE's " + std::to_string(last[""]));
      }
      last[m.to_tag] = m.cseq;
    }
  }

  void nothing_forbidden_in_an_early_dialog() {
    const auto success = [](const Message& m) { return m.success() && m.method == Method::invite; };
    if (phone_.outgoing()) {
      const optional<milliseconds> confirmed = first_got(success);
      for (const Seen& sent : sent_) {
        const Message& m = *sent.message;
        if (!m.request || m.method == Method::invite || m.method == Method::cancel) continue;
        if (m.method == Method::ack && !confirmed) continue;  // of a failure
        if (!confirmed || sent.at < *confirmed) {
          if (m.method != Method::ack) bad("a " + name_of(m) + " before the INVITE was answered");
        }
      }
    } else {
      const optional<milliseconds> confirmed = first_sent(success);
      for (const Seen& sent : sent_)
        if (sent.message->request && (!confirmed || sent.at < *confirmed))
          bad("the callee sent " + name_of(*sent.message) + " before it answered");
    }
  }

  void callee_waits_for_the_ack() {
    if (phone_.outgoing()) return;
    const optional<milliseconds> bye =
        first_sent([](const Message& m) { return m.request && m.method == Method::bye; });
    if (!bye) return;
    const optional<milliseconds> ok =
        first_sent([](const Message& m) { return m.success() && m.method == Method::invite; });
    std::uint32_t number = 0;
    for (const Seen& got : got_)
      if (is(got, Method::invite) && got.message->to_tag.empty()) number = got.message->cseq;
    const optional<milliseconds> ack = first_got(
        [&](const Message& m) { return m.request && m.method == Method::ack && m.cseq == number; });
    if (ack && *ack <= *bye) return;
    if (!ok || *bye < *ok + 64 * phone_.t1()) bad("the callee's BYE did not wait for the ACK");
  }

  void cancel_waits_for_a_provisional() {
    for (const Seen& sent : sent_) {
      if (!is(sent, Method::cancel)) continue;
      const bool provisional = std::any_of(got_.begin(), got_.end(), [&](const Seen& got) {
        return got.at <= sent.at && !got.message->request && got.message->status < 200 &&
               got.message->branch == sent.message->branch;
      });
      if (!provisional) bad("a CANCEL before any provisional response");
    }
    std::set<std::string> cancelled;
    for (const Seen& sent : sent_) {
      if (!is(sent, Method::cancel) || !cancelled.insert(sent.message->branch).second) continue;
      const bool final = std::any_of(got_.begin(), got_.end(), [&](const Seen& got) {
        return got.at < sent.at && got.message->final() && got.message->method == Method::invite &&
               got.message->branch == sent.message->branch;
      });
      if (final) bad("a CANCEL after the final response");
    }
  }

  void every_request_gets_its_answer() {
    for (const Seen& got : got_) {
      const Message& m = *got.message;
      if (!m.request || m.method == Method::ack) continue;
      optional<milliseconds> answered, refused;
      for (const Seen& sent : sent_) {
        const Message& r = *sent.message;
        if (!r.final() || r.branch != m.branch || r.method != m.method) continue;
        (r.success() ? answered : refused) = sent.at;
      }
      if (!answered && !refused) bad("no final response to " + name_of(m));
      // A repetition that outlives its transaction, 64*T1, is a request of its own.
      if (m.method == Method::invite && answered && refused &&
          *refused < *answered + 64 * phone_.t1())
        bad("an INVITE was both answered and refused");
    }
  }

  void successes_stop_at_the_ack() {
    for (const Seen& sent : sent_) {
      const Message& m = *sent.message;
      if (!m.success() || m.method != Method::invite) continue;
      const bool late = std::any_of(got_.begin(), got_.end(), [&](const Seen& got) {
        return is(got, Method::ack) && got.message->cseq == m.cseq && got.at < sent.at;
      });
      if (late) bad("a 2xx repeated after its ACK");
    }
  }

  const Phone& phone_;
  std::vector<std::string>& out_;
  std::vector<Seen> sent_, got_;
  optional<milliseconds> finished_, disconnected_;
};

}  // namespace

void check_phone(const Bench& bench, const Phone& phone, std::vector<std::string>& violations) {
  Check(bench, phone, violations).all();
}

}  // namespace switchhook::sip::races
