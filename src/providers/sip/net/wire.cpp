// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/net/wire.hpp"

#include <sofia-sip/msg_types.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/url.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/limits.hpp"
#include "providers/sip/call/multipart.hpp"
#include "providers/sip/call/sdp.hpp"
#include "providers/sip/config.hpp"
#include "providers/sip/lines/dialled.hpp"

namespace switchhook::sip::wire {
namespace {

std::string text(const char* value) {
  return value != nullptr ? value : std::string();
}

std::string url_text(const url_t* url) {
  char* out = url_as_string(nullptr, url);
  std::string result = text(out);
  su_free(nullptr, out);
  return result;
}

/// The URI of a Contact that requests can be sent to, or nothing.
std::string target_of(const sip_contact_t* contact) {
  if (contact == nullptr || contact->m_url->url_host == nullptr) return {};
  if (contact->m_url->url_type != url_sip && contact->m_url->url_type != url_sips) return {};
  std::string uri = url_text(contact->m_url);
  return valid_uri(uri) ? uri : std::string();
}

/// Where a 3xx leads: of the Contacts that name somebody, the first with the highest q (RFC 3261
/// 20.10). A tel URI counts, too: it is reported, and nothing is sent there.
std::string redirection_of(const sip_contact_t* contact) {
  std::string best;
  double best_q = -1;
  for (std::size_t seen = 0; contact != nullptr && seen < kHeaderValues;
       contact = contact->m_next, ++seen) {
    std::string uri = target_of(contact);
    if (uri.empty() && contact->m_url->url_type == url_tel) uri = url_text(contact->m_url);
    if (uri.size() <= std::strlen("tel:") || uri.size() > limits::kAddressBytes) continue;
    const double q = contact->m_q != nullptr ? std::strtod(contact->m_q, nullptr) : 1;
    if (!(q > best_q)) continue;
    best_q = q;
    best = std::move(uri);
  }
  return best;
}

std::string with_params(std::string value, const msg_param_t* params) {
  for (std::size_t i = 0; params != nullptr && params[i] != nullptr && i < 64; ++i)
    value.append(";").append(params[i]);
  return value;
}

std::vector<std::string> record_routes_of(const sip_t* sip) {
  std::vector<std::string> out;
  for (const sip_record_route_t* r = sip->sip_record_route; r != nullptr; r = r->r_next) {
    if (out.size() >= kHeaderValues) break;
    if (r->r_url->url_host == nullptr) continue;
    out.push_back(with_params("<" + url_text(r->r_url) + ">", r->r_params));
  }
  return out;
}

std::vector<std::string> reasons_of(const sip_t* sip) {
  std::vector<std::string> out;
  for (const sip_reason_t* r = sip->sip_reason; r != nullptr; r = r->re_next) {
    if (out.size() >= kHeaderValues) break;
    out.push_back(with_params(text(r->re_protocol), r->re_params));
  }
  return out;
}

std::string unknown_header(const sip_t* sip, const char* name) {
  std::size_t seen = 0;
  for (const sip_unknown_t* u = sip->sip_unknown; u != nullptr && seen < 256;
       u = u->un_next, ++seen)
    if (u->un_name != nullptr && strcasecmp(u->un_name, name) == 0) return text(u->un_value);
  return {};
}

bool is_sdp(const sip_t* sip) {
  return sip->sip_content_type == nullptr || sip->sip_content_type->c_type == nullptr ||
         strcasecmp(sip->sip_content_type->c_type, "application/sdp") == 0;
}

/// The session description of a message; empty = there is none.
std::string body_of(const sip_t* sip) {
  if (sip->sip_payload == nullptr || sip->sip_payload->pl_data == nullptr) return {};
  std::string_view body(sip->sip_payload->pl_data, sip->sip_payload->pl_len);
  if (!is_sdp(sip)) {
    const sip_content_type_t* type = sip->sip_content_type;
    std::string whole = text(type->c_type);
    for (std::size_t i = 0; type->c_params != nullptr && type->c_params[i] != nullptr; ++i)
      whole.append(";").append(type->c_params[i]);
    body = multipart::session_description(whole, body).value_or(std::string_view());
  }
  return std::string(body.substr(0, sdp::kBytes + 1));
}

void challenges_of(const msg_auth_t* auth, bool proxy,
                   std::vector<std::pair<bool, std::string>>& out) {
  for (; auth != nullptr && out.size() < kHeaderValues; auth = auth->au_next) {
    std::string value = text(auth->au_scheme);
    for (std::size_t i = 0; auth->au_params != nullptr && auth->au_params[i] != nullptr && i < 64;
         ++i)
      value.append(i == 0 ? " " : ", ").append(auth->au_params[i]);
    out.emplace_back(proxy, std::move(value));
  }
}

Address address_of(const sip_addr_t* addr) {
  Address out;
  if (addr == nullptr) return out;
  out.uri = url_text(addr->a_url).substr(0, limits::kAddressBytes);
  std::string display = text(addr->a_display);
  if (display.size() >= 2 && display.front() == '"' && display.back() == '"') {
    std::string plain;
    for (std::size_t i = 1; i + 1 < display.size(); ++i) {
      if (display[i] == '\\' && i + 2 < display.size()) ++i;
      plain += display[i];
    }
    display = std::move(plain);
  }
  out.display = display.substr(0, limits::kNameBytes);
  out.tag = text(addr->a_tag);
  return out;
}

/// An address of a header field that is not one of RFC 3261's.
struct Value {
  Address address;
  std::string parameters;  // of the header field, each behind its semicolon
};

/// The values of such a header field that are addresses, in their order.
std::vector<Value> values_of(const sip_t* sip, const char* name) {
  std::vector<Value> out;
  std::size_t seen = 0;
  for (const sip_unknown_t* u = sip->sip_unknown; u != nullptr && seen < 256;
       u = u->un_next, ++seen) {
    if (u->un_name == nullptr || strcasecmp(u->un_name, name) != 0) continue;
    std::string_view left = u->un_value != nullptr ? u->un_value : "";
    while (!left.empty() && out.size() < kHeaderValues) {
      bool quoted = false;
      int depth = 0;
      std::size_t end = 0;
      for (; end < left.size() && (quoted || depth > 0 || left[end] != ','); ++end) {
        if (quoted && left[end] == '\\')
          ++end;
        else if (left[end] == '"')
          quoted = !quoted;
        else if (!quoted && left[end] == '<')
          ++depth;
        else if (!quoted && left[end] == '>')
          --depth;
      }
      const std::string value(left.substr(0, std::min(end, left.size())));
      left.remove_prefix(std::min(left.size(), end + 1));
      if (value.size() > limits::kAddressBytes) continue;
      su_home_t home[1] = {SU_HOME_INIT(home)};
      if (const sip_to_t* parsed = sip_to_make(home, value.c_str()))
        out.push_back({address_of(parsed), with_params({}, parsed->a_params)});
      su_home_deinit(home);
    }
  }
  return out;
}

/// The user part; of a tel URI, its number.
std::string user_in(const std::string& uri) {
  const std::size_t colon = uri.find(':');
  if (uri.starts_with("tel:")) return uri.substr(colon + 1);
  const std::size_t at = uri.find('@');
  return at == std::string::npos ? std::string() : uri.substr(colon + 1, at - colon - 1);
}

/// Whom it names, as people may read it: without what only networks use.
Party party_of(const Address& address) {
  std::string uri = address.uri.substr(0, address.uri.find('?'));
  const std::size_t at = uri.find('@'), parameters = uri.find(';');
  if (at != std::string::npos && parameters < at &&
      !number_in(user_in(uri.substr(0, parameters) + "@")).empty())
    uri.erase(parameters, at - parameters);
  return {std::move(uri), address.display};
}

bool has(const std::string& text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         }) != text.end();
}

/// RFC 3325 and what was there before it: who calls, in the words of one who knows.
Party asserted(const sip_t* sip, const Party& from) {
  std::string privacy;
  if (sip->sip_privacy != nullptr && sip->sip_privacy->priv_values != nullptr)
    for (std::size_t i = 0; sip->sip_privacy->priv_values[i] != nullptr && i < kHeaderValues; ++i)
      privacy.append(sip->sip_privacy->priv_values[i]).append(";");
  if (has(privacy, "user")) return {"", "Anonymous"};
  if (has(privacy, "id;")) return from;
  const auto named = [&](const Value& value) {
    Party party = party_of(value.address);
    if (party.name.empty()) party.name = from.name;
    return party;
  };
  for (const Value& value : values_of(sip, "P-Asserted-Identity")) return named(value);
  for (const Value& value : values_of(sip, "Remote-Party-ID")) {
    if (has(value.parameters, ";party=called")) continue;
    if (has(value.parameters, ";privacy=full")) return {"", "Anonymous"};
    return named(value);
  }
  return from;
}

/// Who sent the call on (RFC 5806, RFC 7044); empty = nobody.
Party redirecting_of(const sip_t* sip) {
  for (const Value& value : values_of(sip, "Diversion"))
    return has(value.parameters, ";privacy=full") ? Party{"", "Anonymous"}
                                                  : party_of(value.address);
  const std::vector<Value> history = values_of(sip, "History-Info");
  if (history.size() < 2) return {};
  const Value& before = history[history.size() - 2];
  // Without a cause it is a step of routing, and nobody's wish.
  if (!has(before.address.uri, "reason=") && !has(history.back().address.uri, "cause=")) return {};
  return party_of(before.address);
}

Method method_from(sip_method_t code) {
  switch (code) {
    case sip_method_invite:
      return Method::invite;
    case sip_method_ack:
      return Method::ack;
    case sip_method_bye:
      return Method::bye;
    case sip_method_cancel:
      return Method::cancel;
    case sip_method_options:
      return Method::options;
    case sip_method_register:
      return Method::registration;
    case sip_method_refer:
      return Method::refer;
    case sip_method_notify:
      return Method::notify;
    default:
      return Method::other;
  }
}

/// The time that a registrar grants to a Contact of ours, of the bindings that it names; 0 = none is
/// ours. A registrar or what is before it may have rewritten ours: then it is one with our user,
/// else the only one; of several, that which ends first, for to refresh too often does no harm.
std::uint32_t granted_to(const sip_contact_t* contact, const std::string& ours) {
  const std::string user = ours.substr(0, ours.find('@'));
  std::uint32_t exact = 0, of_user = 0, any = 0;
  std::size_t seen = 0;
  const auto sooner = [](std::uint32_t& least, std::uint32_t seconds) {
    if (least == 0 || seconds < least) least = seconds;
  };
  for (const sip_contact_t* c = contact; c != nullptr && seen < kContacts; c = c->m_next, ++seen) {
    if (c->m_expires == nullptr) continue;
    const char* digits = c->m_expires + (*c->m_expires == '"' ? 1 : 0);
    const auto seconds = static_cast<std::uint32_t>(
        std::min<unsigned long>(std::strtoul(digits, nullptr, 10), UINT32_MAX));
    if (seconds == 0) continue;
    const std::string uri = url_text(c->m_url);
    if (uri == ours) sooner(exact, seconds);
    if (uri.substr(0, uri.find('@')) == user) sooner(of_user, seconds);
    sooner(any, seconds);
  }
  if (exact != 0) return exact;
  return of_user != 0 || seen != 1 ? of_user : any;
}

/// RFC 3515: the status line of the response that the far end got, as the body.
void take_notified(const sip_t* sip, usage::RequestIn& in) {
  if (sip->sip_event != nullptr) in.event = text(sip->sip_event->o_type);
  if (const sip_subscription_state_t* state = sip->sip_subscription_state)
    in.subscription_over = strcasecmp(text(state->ss_substate).c_str(), "terminated") == 0;
  const sip_payload_t* payload = sip->sip_payload;
  if (payload == nullptr || payload->pl_data == nullptr) return;
  const std::string body(payload->pl_data, std::min<std::size_t>(payload->pl_len, 512));
  const std::string line = body.substr(0, body.find_first_of("\r\n"));
  constexpr std::size_t kStatusAt = 8;  // behind "SIP/2.0 "
  if (strncasecmp(line.c_str(), "SIP/2.0 ", kStatusAt) != 0) return;
  const unsigned long status = std::strtoul(line.c_str() + kStatusAt, nullptr, 10);
  if (status < 100 || status > 699) return;
  in.notified = static_cast<std::uint16_t>(status);
  const std::size_t words = line.find(' ', kStatusAt);
  if (words != std::string::npos)
    in.notified_phrase = line.substr(words + 1).substr(0, limits::kWordsBytes);
}

/// %XX decoded; nothing when that is not all printable.
std::optional<std::string> unescaped(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    char c = value[i];
    if (c == '%') {
      unsigned byte = 0;
      const char* digits = value.data() + i + 1;
      if (value.size() - i < 3) return std::nullopt;
      const auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
      if (error != std::errc{} || end != digits + 2) return std::nullopt;
      c = static_cast<char>(byte);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f)
      return std::nullopt;
    out += c;
  }
  return out;
}

/// RFC 3261 section 25.1.
bool token(const std::string& value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
  });
}

/// Whether a header of this class is there that was not understood, or is one too many.
bool is_erroneous(const sip_t* sip, const msg_hclass_t* wanted) {
  std::size_t seen = 0;
  for (const msg_error_t* e = sip->sip_error; e != nullptr && seen < 256; e = e->er_next, ++seen) {
    if (e->er_common->h_class == wanted) return true;
    if (e->er_common->h_class == sip_error_class && e->er_name != nullptr &&
        strcasecmp(e->er_name, wanted->hc_name) == 0)
      return true;
  }
  return false;
}

/// Of the header fields that an address asks for only Replaces is given (RFC 3261 19.1.5).
/// Returns the status that refuses it, or 0.
std::uint16_t take_headers(const char* headers, usage::Referral& out) {
  std::string_view left = headers != nullptr ? headers : "";
  while (!left.empty()) {
    const std::string_view field = left.substr(0, left.find('&'));
    left.remove_prefix(std::min(left.size(), field.size() + 1));
    const std::size_t equals = field.find('=');
    const std::string name(field.substr(0, equals));
    if (strcasecmp(name.c_str(), "Replaces") != 0) continue;
    if (equals == std::string_view::npos || !out.replaces.empty()) return 400;
    const std::optional<std::string> value = unescaped(field.substr(equals + 1));
    if (!value || value->empty() || value->size() > limits::kAddressBytes) return 400;
    out.replaces = *value;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    const sip_replaces_t* parsed = sip_replaces_make(home, value->c_str());
    const bool good = parsed != nullptr && parsed->rp_call_id != nullptr &&
                      token(text(parsed->rp_to_tag)) && token(text(parsed->rp_from_tag));
    su_home_deinit(home);
    if (!good) return 400;
  }
  return 0;
}

/// RFC 3515: whom a REFER wants us to call.
usage::Referral referral_of(const sip_t* sip) {
  usage::Referral out;
  const sip_refer_to_t* to = sip->sip_refer_to;
  if (to == nullptr || is_erroneous(sip, sip_refer_to_class)) {
    out.refuse = 400;
    return out;
  }
  if (to->r_url->url_type != url_sip && to->r_url->url_type != url_sips &&
      to->r_url->url_type != url_tel) {
    out.refuse = to->r_url->url_type == url_invalid ? 400 : 416;
    return out;
  }
  su_home_t home[1] = {SU_HOME_INIT(home)};
  url_t* url = url_hdup(home, to->r_url);
  if (url != nullptr) {
    out.refuse = take_headers(url->url_headers, out);
    url->url_headers = nullptr;
    std::array<char, 16> method{};
    if (url_param(url->url_params, "method", method.data(), method.size()) != 0 &&
        strcasecmp(method.data(), "INVITE") != 0)
      out.refuse = 603;  // anything else than a call
    url_strip_param_string(const_cast<char*>(url->url_params), "method");
    if (url->url_params != nullptr && *url->url_params == '\0') url->url_params = nullptr;
    out.to = url_text(url);
  }
  if (sip->sip_referred_by != nullptr && !is_erroneous(sip, sip_referred_by_class)) {
    const auto* by = reinterpret_cast<const sip_header_t*>(sip->sip_referred_by);
    out.referred_by = text(sip_header_as_string(home, by));
    if (out.referred_by.size() > limits::kAddressBytes) out.referred_by.clear();
  }
  su_home_deinit(home);
  if (const sip_refer_sub_t* wanted = sip_refer_sub(sip))
    out.silent = strcasecmp(text(wanted->rs_value).c_str(), "false") == 0;
  if (out.to.empty()) out.refuse = 400;
  return out;
}

}  // namespace

std::string phrase_of(int status, const std::string& given) {
  const char* usual = given.empty() ? sip_status_phrase(status) : given.c_str();
  return usual != nullptr ? usual : "";
}

usage::SessionTimes times_of(const sip_s* sip) {
  constexpr unsigned long kLongest = 7 * 86400;
  usage::SessionTimes out;
  if (const sip_session_expires_t* expires = sip->sip_session_expires) {
    out.expires_s = static_cast<std::uint32_t>(std::min(expires->x_delta, kLongest));
    const std::string who = text(expires->x_refresher);
    if (strcasecmp(who.c_str(), "uac") == 0)
      out.refresher = usage::SessionTimes::Refresher::uac;
    else if (strcasecmp(who.c_str(), "uas") == 0)
      out.refresher = usage::SessionTimes::Refresher::uas;
  }
  if (sip->sip_min_se != nullptr)
    out.min_s = static_cast<std::uint32_t>(std::min(sip->sip_min_se->min_delta, kLongest));
  if (sip->sip_supported != nullptr && sip->sip_supported->k_items != nullptr)
    for (std::size_t i = 0; sip->sip_supported->k_items[i] != nullptr && i < kHeaderValues; ++i)
      if (strcasecmp(sip->sip_supported->k_items[i], "timer") == 0) out.supported = true;
  return out;
}

Method method_of(const sip_s* sip) {
  return method_from(sip->sip_request->rq_method);
}

Method cseq_method_of(const sip_s* sip) {
  return method_from(sip->sip_cseq->cs_method);
}

usage::RequestIn request_in(const sip_s* sip, usage::TransactionId server) {
  usage::RequestIn in;
  in.server = server;
  in.method = method_of(sip);
  in.cseq = sip->sip_cseq->cs_seq;
  in.remote_tag = text(sip->sip_from->a_tag);
  in.contact = target_of(sip->sip_contact);
  in.record_routes = record_routes_of(sip);
  in.body = body_of(sip);
  in.reasons = reasons_of(sip);
  in.user_to_user = unknown_header(sip, "User-to-User");
  if (sip->sip_expires != nullptr && in.method == Method::invite)
    in.expires_s =
        static_cast<std::uint32_t>(std::min<sip_time_t>(sip->sip_expires->ex_delta, 7 * 86400));
  in.times = times_of(sip);
  if (in.method == Method::notify) take_notified(sip, in);
  if (in.method == Method::refer) in.referral = referral_of(sip);
  return in;
}

usage::ResponseIn response_in(const sip_s* sip, usage::TransactionId transaction) {
  usage::ResponseIn in;
  in.transaction = transaction;
  in.method = cseq_method_of(sip);
  in.cseq = sip->sip_cseq->cs_seq;
  in.status = static_cast<std::uint16_t>(sip->sip_status->st_status);
  in.phrase = text(sip->sip_status->st_phrase).substr(0, limits::kWordsBytes);
  in.remote_tag = text(sip->sip_to->a_tag);
  in.contact = in.status >= 300 && in.status < 400 ? redirection_of(sip->sip_contact)
                                                   : target_of(sip->sip_contact);
  in.record_routes = record_routes_of(sip);
  in.body = body_of(sip);
  in.reasons = reasons_of(sip);
  in.user_to_user = unknown_header(sip, "User-to-User");
  in.retry_after = sip->sip_retry_after != nullptr;
  in.times = times_of(sip);
  if (in.status == 401 || in.status == 407) {
    challenges_of(sip->sip_www_authenticate, false, in.challenges);
    challenges_of(sip->sip_proxy_authenticate, true, in.challenges);
  }
  return in;
}

Registration::ResponseIn register_response_in(const sip_s* sip, usage::TransactionId transaction,
                                              const std::string& contact) {
  Registration::ResponseIn in;
  in.transaction = transaction;
  in.status = static_cast<std::uint16_t>(sip->sip_status->st_status);
  in.phrase = text(sip->sip_status->st_phrase).substr(0, limits::kWordsBytes);
  if (sip->sip_expires != nullptr)
    in.granted_s = static_cast<std::uint32_t>(sip->sip_expires->ex_delta);
  if (const std::uint32_t ours = granted_to(sip->sip_contact, uri_inside(contact)); ours != 0)
    in.granted_s = ours;
  in.granted_s = std::min<std::uint32_t>(in.granted_s, 7 * 86400);
  if (sip->sip_retry_after != nullptr)
    in.retry_after_s = static_cast<std::uint32_t>(sip->sip_retry_after->af_delta);
  if (sip->sip_min_expires != nullptr)
    in.min_expires_s = static_cast<std::uint32_t>(sip->sip_min_expires->me_delta);
  challenges_of(sip->sip_www_authenticate, false, in.challenges);
  challenges_of(sip->sip_proxy_authenticate, true, in.challenges);
  return in;
}

Address from_of(const sip_s* sip) {
  return address_of(sip->sip_from);
}
Address to_of(const sip_s* sip) {
  return address_of(sip->sip_to);
}

std::vector<std::string> called_users(const sip_s* sip) {
  std::vector<std::string> out;
  const auto add = [&](std::string user) {
    if (!user.empty()) out.push_back(std::move(user));
  };
  add(request_user(sip));
  for (const Value& value : values_of(sip, "P-Called-Party-ID")) add(user_in(value.address.uri));
  if (request_user(sip).empty()) add(user_in(to_of(sip).uri));
  return out;
}

Parties parties_of(const sip_s* sip, bool trusted, const std::string& line) {
  Parties out;
  const Party from = party_of(from_of(sip));
  out.calling = trusted ? asserted(sip, from) : from;
  out.called = party_of(to_of(sip));
  // A trunk that registered calls the line by its name, and says elsewhere which number it was.
  const std::string user = user_named(request_user(sip));
  if (!user.empty() && user != line && user != user_named(user_in(to_of(sip).uri)))
    out.called = party_of({url_text(sip->sip_request->rq_url), {}, {}});
  for (const Value& value : values_of(sip, "P-Called-Party-ID")) {
    out.called = party_of(value.address);
    break;
  }
  out.redirecting = redirecting_of(sip);
  if (!out.redirecting.address.empty() || !out.redirecting.name.empty())
    out.redirection = out.called;
  return out;
}

std::string request_user(const sip_s* sip) {
  return text(sip->sip_request->rq_url->url_user);
}
std::string call_id_of(const sip_s* sip) {
  return text(sip->sip_call_id->i_id);
}

std::string head_of(const sip_s* sip) {
  su_home_t home[1] = {SU_HOME_INIT(home)};
  std::string out = "INVITE " + url_text(sip->sip_request->rq_url) + " SIP/2.0\r\n";
  const auto add = [&](const char* name, const void* header) {
    if (header == nullptr) return;
    const char* value = sip_header_as_string(home, static_cast<const sip_header_t*>(header));
    out.append(name).append(": ").append(text(value)).append("\r\n");
  };
  std::size_t count = 0;
  for (const sip_via_t* via = sip->sip_via; via != nullptr && count < 64; via = via->v_next)
    ++count, add("Via", via);
  for (const sip_record_route_t* r = sip->sip_record_route; r != nullptr && count < 128;
       r = r->r_next)
    ++count, add("Record-Route", r);
  add("From", sip->sip_from);
  add("To", sip->sip_to);
  add("Call-ID", sip->sip_call_id);
  add("CSeq", sip->sip_cseq);
  su_home_deinit(home);
  return out + "Content-Length: 0\r\n\r\n";
}

std::size_t answer_bytes(const sip_s* request, const std::string& words, const std::string& tag) {
  su_home_t home[1] = {SU_HOME_INIT(home)};
  constexpr std::size_t kAround = 4;  // ": " and the end of the line
  std::size_t out =
      std::strlen("SIP/2.0 200 ") + words.size() + 2 + std::strlen("Content-Length: 0\r\n\r\n");
  const auto add = [&](const char* name, const auto* header) {
    if (header == nullptr) return;
    const auto* any = reinterpret_cast<const sip_header_t*>(header);
    out += std::strlen(name) + kAround + text(sip_header_as_string(home, any)).size();
  };
  for (const sip_via_t* via = request->sip_via; via != nullptr; via = via->v_next) add("Via", via);
  add("From", request->sip_from);
  add("To", request->sip_to);
  if (request->sip_to->a_tag == nullptr) out += std::strlen(";tag=") + tag.size();
  add("Call-ID", request->sip_call_id);
  add("CSeq", request->sip_cseq);
  su_home_deinit(home);
  return out;
}

msg_s* request_of(const std::string& head) {
  if (head.empty()) return nullptr;
  msg_t* msg = msg_make(sip_default_mclass(), 0, head.data(), static_cast<ssize_t>(head.size()));
  const sip_t* sip = msg != nullptr ? sip_object(msg) : nullptr;
  if (sip != nullptr && sip->sip_request != nullptr && sip->sip_via != nullptr &&
      sip->sip_from != nullptr && sip->sip_to != nullptr && sip->sip_call_id != nullptr &&
      sip->sip_cseq != nullptr)
    return msg;
  if (msg != nullptr) msg_destroy(msg);
  return nullptr;
}

std::string top_via_protocol(const sip_s* sip) {
  const std::string protocol = sip->sip_via != nullptr ? text(sip->sip_via->v_protocol) : "";
  return protocol.substr(protocol.rfind('/') + 1);
}

bool foreign_body(const sip_s* sip) {
  return sip->sip_payload != nullptr && sip->sip_payload->pl_len != 0 && !is_sdp(sip) &&
         body_of(sip).empty();
}

std::optional<Replaces> replaces_of(const sip_s* sip) {
  const sip_replaces_t* replaces = sip->sip_replaces;
  // What sofia-sip could not read, and whatever came once too often, is in its list of errors.
  const bool malformed = is_erroneous(sip, sip_replaces_class);
  if (replaces == nullptr && !malformed) return std::nullopt;
  Replaces out;
  out.malformed = true;
  if (malformed) return out;
  int to_tags = 0, from_tags = 0;
  for (std::size_t i = 0; replaces->rp_params != nullptr && replaces->rp_params[i] != nullptr;
       ++i) {
    to_tags += strncasecmp(replaces->rp_params[i], "to-tag=", 7) == 0 ? 1 : 0;
    from_tags += strncasecmp(replaces->rp_params[i], "from-tag=", 9) == 0 ? 1 : 0;
  }
  out.call_id = text(replaces->rp_call_id);
  out.local_tag = text(replaces->rp_to_tag);
  out.remote_tag = text(replaces->rp_from_tag);
  out.early_only = replaces->rp_early_only != 0;
  out.malformed = out.call_id.empty() || to_tags != 1 || from_tags != 1 || !token(out.local_tag) ||
                  !token(out.remote_tag);
  return out;
}

std::string required(const sip_s* sip, bool timer) {
  std::string out;
  if (sip->sip_require == nullptr || sip->sip_require->k_items == nullptr) return out;
  for (std::size_t i = 0; sip->sip_require->k_items[i] != nullptr && i < kHeaderValues; ++i)
    if (strcasecmp(sip->sip_require->k_items[i], "replaces") != 0 &&
        (method_of(sip) != Method::refer ||
         strcasecmp(sip->sip_require->k_items[i], "norefersub") != 0) &&
        (!timer || strcasecmp(sip->sip_require->k_items[i], "timer") != 0))
      out.append(out.empty() ? "" : ", ").append(sip->sip_require->k_items[i]);
  return out;
}

bool accepts_sdp(const sip_s* sip) {
  if (sip->sip_accept == nullptr) return true;
  std::size_t seen = 0;
  for (const sip_accept_t* a = sip->sip_accept; a != nullptr && seen < 64; a = a->ac_next, ++seen)
    for (const char* type : {"application/sdp", "application/*", "*/*"})
      if (strcasecmp(text(a->ac_type).c_str(), type) == 0) return true;
  return false;
}

bool known_scheme(const sip_s* sip) {
  const auto scheme = static_cast<url_type_e>(sip->sip_request->rq_url->url_type);
  return scheme == url_sip || scheme == url_sips || scheme == url_tel;
}

}  // namespace switchhook::sip::wire
