// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/net/tap.hpp"

#include <dlfcn.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/su_tagarg.h>
#include <sofia-sip/su_time.h>
#include <sofia-sip/tport.h>

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "providers/sip/net/agent.hpp"
#include "providers/sip/net/blank.hpp"
#include "providers/sip/net/wire.hpp"

namespace switchhook::sip::net {
namespace {

constexpr std::size_t kHeaderBytes = 512;  // of one, mostly

thread_local Tap* tap = nullptr;  // (ref) null = nobody looks

/// As it was read or is sent; what is there only as values, because it came before anybody looked, or
/// was changed, is written again.
std::string text_of(msg_t* msg) {
  std::string out;
  for (const msg_header_t* each = *msg_chain_head(msg); each != nullptr; each = each->sh_succ) {
    if (each->sh_data != nullptr) {
      out.append(static_cast<const char*>(each->sh_data), each->sh_len);
      continue;
    }
    std::string text(kHeaderBytes, '\0');
    const auto write = [&] {
      return msg_header_e(text.data(), static_cast<isize_t>(text.size()), each, 0);
    };
    const auto size = static_cast<std::size_t>(std::max<issize_t>(write(), 0));
    if (size >= text.size()) {
      text.resize(size + 1);
      static_cast<void>(write());
    }
    out.append(text, 0, size);
  }
  return out;
}

std::string remote_of(msg_t* msg) {
  const su_sockaddr_t* address = msg_addr(msg);
  const std::string host = source_of(msg);
  if (address == nullptr || host.empty()) return {};
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(ntohs(address->su_port));
}

std::string transport_name(const tport_t* by) {
  const char* protocol = by != nullptr ? tport_name(by)->tpn_proto : nullptr;
  return protocol != nullptr ? protocol : "udp";
}

/// Cuts, and says how much.
std::uint32_t cut(std::string& text) {
  if (text.size() <= limits::kTracedBytes) return 0;
  const auto beyond = static_cast<std::uint32_t>(text.size() - limits::kTracedBytes);
  text.resize(limits::kTracedBytes);
  return beyond;
}

}  // namespace

Tap::~Tap() {
  if (tap == this) tap = nullptr;
}

Result<void> Tap::start() {
  if (!around_.config.hep.collector.empty())
    if (Result<void> opened = collector_.open(around_.config.hep); !opened) return opened;
  watch();
  return {};
}

void Tap::on(const provider::Trace& trace) {
  wanted_ = trace;
  watch();
}

void Tap::watch() {
  const bool watch = wanted_.on || collector_.is_open();
  if (watch != std::exchange(watching_, watch)) around_.agent.keep_text(watch);
  if (watch)
    tap = this;
  else if (tap == this)
    tap = nullptr;
}

/// By our tag in it, or, where there is no dialog yet or any more, by the address that is ours. When
/// both parties are lines of this provider, each sees its own end.
void Tap::find_owner(const sip_s* sip, bool sent, provider::Traced& out) const {
  const std::string call_id = sip->sip_call_id != nullptr ? wire::call_id_of(sip) : "";
  out.message.call_id = call_id.substr(0, limits::kProviderCallIdBytes);
  const bool caller = (sip->sip_request != nullptr) == sent;  // a request of ours, or its answer
  const sip_addr_t* us = caller ? sip->sip_from : sip->sip_to;
  const char* tag = us != nullptr ? us->a_tag : nullptr;
  const DialogId id = tag != nullptr ? around_.dialogs.find(tag, call_id) : DialogId{};
  if (const Dialog* dialog = around_.dialogs.find(id)) {
    out.call = around_.calls.ref_of(id);
    out.line = static_cast<const SofiaLink&>(dialog->link()).line;
    return;
  }
  const bool called = !caller && sip->sip_request != nullptr;
  const url_t* url = called ? sip->sip_request->rq_url : us != nullptr ? us->a_url : nullptr;
  if (url != nullptr && url->url_user != nullptr) out.line = around_.lines.find(url->url_user);
}

void Tap::seen(bool sent, msg_s* msg, const tport_s* by) {
  std::string text = text_of(msg);
  const sip_t* sip = sip_object(msg);
  if (text.empty() || sip == nullptr) return;
  provider::Traced out;
  out.message.at = around_.clock.now();
  out.message.sent = sent;
  out.message.transport = transport_name(by);
  out.message.local =
      around_.agent.address(out.message.transport == "tls" ? Transport::tls : Transport::udp);
  out.message.remote = remote_of(msg);
  find_owner(sip, sent, out);
  out.message.text = blanked(text);
  out.message.cut = cut(out.message.text);
  static_cast<void>(cut(text));
  if (collector_.is_open())
    collector_.send(out.message, collector_.wants_secrets() ? text : out.message.text);
  if (!wanted_.on) return;
  if (wanted_.secrets) out.secret = std::move(text);
  around_.sink.post(std::move(out));
}

}  // namespace switchhook::sip::net

// In the place of sofia-sip's own, which they call: docs/decisions/0170.
extern "C" {

[[gnu::visibility("default")]] tport_t* tport_tsend(tport_t* self, msg_t* msg,
                                                    const tp_name_t* name, tag_type_t tag,
                                                    tag_value_t value, ...) {
  static const auto theirs =
      reinterpret_cast<decltype(&tport_tsend)>(::dlsym(RTLD_NEXT, "tport_tsend"));
  ta_list tags;
  ta_start(tags, tag, value);
  tport_t* used = theirs(self, msg, name, ta_tags(tags));
  ta_end(tags);
  if (switchhook::sip::net::tap != nullptr && used != nullptr)
    switchhook::sip::net::tap->seen(true, msg, used);
  return used;
}

// Not in the library's headers.
struct tport_compressor;
[[gnu::visibility("default")]] void tport_deliver(tport_t* self, msg_t* msg, msg_t* next,
                                                  tport_compressor* compressor, su_time_t now);
void tport_deliver(tport_t* self, msg_t* msg, msg_t* next, tport_compressor* compressor,
                   su_time_t now) {
  static const auto theirs =
      reinterpret_cast<decltype(&tport_deliver)>(::dlsym(RTLD_NEXT, "tport_deliver"));
  if (switchhook::sip::net::tap != nullptr && msg != nullptr)
    switchhook::sip::net::tap->seen(false, msg, self);
  theirs(self, msg, next, compressor, now);
}
}
