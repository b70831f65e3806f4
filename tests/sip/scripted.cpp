// SPDX-License-Identifier: Apache-2.0
#include "tests/sip/scripted.hpp"

#include <cstdlib>
#include <utility>

namespace switchhook::sip::test {

using std::chrono::milliseconds;

namespace {

constexpr int kTickMs = 4;

/// The header lines that an ACK or a CANCEL takes from its INVITE.
std::string sibling(const std::string& invite, const std::string& method, const std::string& to) {
  const std::string first = invite.substr(0, invite.find("\r\n"));
  return method + first.substr(first.find(' ')) + "\r\nVia: " + header(invite, "Via") +
         "\r\nFrom: " + header(invite, "From") + "\r\nTo: " + to +
         "\r\nCall-ID: " + header(invite, "Call-ID") +
         "\r\nCSeq: " + std::to_string(cseq_number(invite)) + " " + method +
         "\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
}

}  // namespace

bool is_request(const std::string& text, const std::string& method) {
  return text.compare(0, method.size() + 1, method + " ") == 0;
}
int status_of(const std::string& text) {
  return text.compare(0, 8, "SIP/2.0 ") == 0 ? std::atoi(text.c_str() + 8) : 0;
}
std::string cseq_method(const std::string& text) {
  const std::string cseq = header(text, "CSeq");
  return cseq.substr(cseq.find(' ') + 1);
}
int cseq_number(const std::string& text) {
  return std::atoi(header(text, "CSeq").c_str());
}
std::string tag_of(const std::string& address) {
  const std::size_t at = address.find(";tag=");
  return at == std::string::npos ? "" : address.substr(at + 5, address.find(';', at + 5) - at - 5);
}
std::string branch_of(const std::string& text) {
  const std::string via = header(text, "Via");
  const std::size_t at = via.find("branch=");
  return at == std::string::npos ? "" : via.substr(at + 7, via.find_first_of(";,", at) - at - 7);
}

Scripted::Scripted(By by, milliseconds t1, std::uint16_t toward)
    : udp_(by == By::udp),
      t1_(t1),
      toward_(toward),
      far_(udp_ ? FarEnd::By::udp : FarEnd::By::tcp) {
  uri = "sip:bob@127.0.0.1:" + std::to_string(toward) + (udp_ ? "" : ";transport=tcp");
}

Scripted::~Scripted() {
  {
    base::Lock lock(mutex_);
    stop_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Scripted::start() {
  if (udp_) far_.connect(toward_);
  thread_ = std::thread([this] { work(); });
}

void Scripted::post(std::function<void()> what, milliseconds later) {
  base::Lock lock(mutex_);
  tasks_.emplace(Clock::now() + later, std::move(what));
}

void Scripted::post_known(std::function<void()> what, milliseconds later) {
  post(
      [this, what = std::move(what)] {
        if (remote_.find(";tag=") != std::string::npos) return what();
        post_known(what, t1_);
      },
      later);
}

void Scripted::work() {
  for (;;) {
    std::vector<std::function<void()>> now;
    {
      base::Lock lock(mutex_);
      if (stop_) return;
      while (!tasks_.empty() && tasks_.begin()->first <= Clock::now()) {
        now.push_back(std::move(tasks_.begin()->second));
        tasks_.erase(tasks_.begin());
      }
    }
    for (const auto& task : now) task();
    tick();
    if (const Text text = far_.receive(kTickMs); !text.empty()) take(text);
  }
}

void Scripted::tick() {
  const auto now = Clock::now();
  for (auto each = repeats_.begin(); each != repeats_.end();) {
    Repeat& repeat = each->second;
    if (now > repeat.until) {
      each = repeats_.erase(each);
      continue;
    }
    if (now >= repeat.next) {
      send(repeat.text);
      repeat.interval = std::min(2 * repeat.interval, 8 * t1_);
      repeat.next = now + repeat.interval;
    }
    ++each;
  }
}

void Scripted::send(const Text& text) {
  if (!udp_ && !far_.connected()) far_.connect(toward_);
  far_.send(text);
}

void Scripted::repeat(const std::string& key, const Text& text) {
  const auto now = Clock::now();
  repeats_[key] = {text, now + t1_, now + 64 * t1_, t1_};
}

// ---- what comes

void Scripted::take(const Text& text) {
  if (status_of(text) != 0) return take_response(text);
  const std::string method = cseq_method(text);
  if (method == "ACK") {
    repeats_.erase("answer " + std::to_string(cseq_number(text)));
    return;
  }
  const std::string key = branch_of(text) + method;
  if (!known_.insert(key).second) {
    if (const auto old = responses_.find(key); old != responses_.end()) send(old->second);
    return;
  }
  if (method == "CANCEL") {
    respond(text, 200);
    if (repeats_.contains("answer " + std::to_string(cseq_number(text)))) return;
    return on_cancel ? on_cancel(invite_) : respond(invite_, 487);
  }
  if (method == "INVITE" && tag_of(header(text, "To")).empty()) {
    invite_ = text;
    remote_ = header(text, "From");
    local_ = header(text, "To") + ";tag=far";
    call_id_ = header(text, "Call-ID");
    const std::string contact = header(text, "Contact");
    target_ = contact.substr(1, contact.find('>') - 1);
    if (on_invite) return on_invite(text);
    respond(text, 180);
    return respond(text, 200, true);
  }
  if (on_request) return on_request(text);
  respond(text, 200, method == "INVITE");
}

void Scripted::take_response(const Text& text) {
  const std::string cseq = header(text, "CSeq");
  const int status = status_of(text);
  const bool invite = cseq_method(text) == "INVITE";
  if (status >= 200 || invite) repeats_.erase("request " + cseq);
  if (!invite || status < 101) return;
  if (remote_.find(";tag=") == std::string::npos) remote_ = header(text, "To");
  if (status < 200) return;
  if (status >= 300) return send(sibling(invites_[cseq_number(text)], "ACK", header(text, "To")));
  const std::string contact = header(text, "Contact");
  target_ = contact.substr(1, contact.find('>') - 1);
  const bool first = answers_.insert(cseq + tag_of(header(text, "To"))).second;
  if (first && on_answer) {
    on_answer(text);
  } else {
    ack(text, !offers_at_once);
  }
}

// ---- what the script does

void Scripted::invite() {
  call_id_ = "scripted-" + std::to_string(port());
  local_ = "<" + far_.uri() + ">;tag=far";
  remote_ = "<" + uri + ">";
  target_ = uri;
  request("INVITE", offers_at_once);
}

void Scripted::request(const std::string& method, bool sdp, int skip) {
  cseq_ += 1 + skip;
  const Text text = far_.request(method, target_, local_, remote_, call_id_, cseq_, sdp);
  if (method == "INVITE") {
    if (invite_.empty()) invite_ = text;
    invites_[cseq_] = text;
  }
  if (udp_) repeat("request " + header(text, "CSeq"), text);
  send(text);
}

void Scripted::cancel() {
  const Text text = sibling(invite_, "CANCEL", header(invite_, "To"));
  if (udp_) repeat("request " + header(text, "CSeq"), text);
  send(text);
}

void Scripted::ack(const Text& answer, bool sdp) {
  send(far_.request("ACK", target_, local_, header(answer, "To"), call_id_, cseq_number(answer),
                    sdp));
}

void Scripted::respond(const Text& to, int status, bool sdp, const std::string& tag) {
  Text text = far_.response(to, status, sdp);
  const std::size_t at = text.find(";tag=far\r\nCall-ID");
  if (at != std::string::npos) text.replace(at + 5, 3, tag);
  const std::string method = cseq_method(to);
  responses_[branch_of(to) + method] = text;
  if (method == "INVITE" && status >= 200 && (udp_ || status < 300))
    repeat("answer " + std::to_string(cseq_number(to)), text);
  send(text);
}

}  // namespace switchhook::sip::test
