// SPDX-License-Identifier: Apache-2.0
// The writing half of wire.hpp: requests as sofia-sip's messages.
#include <sofia-sip/msg_types.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/url.h>

#include "providers/sip/config.hpp"
#include "providers/sip/net/wire.hpp"

namespace switchhook::sip::wire {
namespace {

bool one_line(const std::string& value) {
  return value.find_first_of("\r\n") == std::string::npos && value.find('\0') == std::string::npos;
}

}  // namespace

const char* allow(bool refers) {
  return refers ? "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER"
                : "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY";
}

std::string session_headers(const usage::SessionTimes& times) {
  using Refresher = usage::SessionTimes::Refresher;
  std::string out;
  if (times.supported) out += "Supported: timer\r\n";
  if (times.expires_s != 0) {
    out += "Session-Expires: " + std::to_string(times.expires_s);
    if (times.refresher == Refresher::uac) out += ";refresher=uac";
    if (times.refresher == Refresher::uas) out += ";refresher=uas";
    out += "\r\n";
  }
  if (times.min_s != 0) out += "Min-SE: " + std::to_string(times.min_s) + "\r\n";
  return out;
}

msg_s* build(nta_agent_s* agent, const usage::Request& request, const Extras& extras) {
  for (const std::string* value :
       {&request.uri, &request.from, &request.to, &request.call_id, &request.contact,
        &request.reason, &request.user_to_user, &request.refer_to, &request.replaces,
        &request.referred_by, &request.event, &request.subscription, &request.withheld})
    if (!one_line(*value)) return nullptr;
  std::string uri = request.uri, routes;
  std::vector<std::string> list = request.routes;
  if (!list.empty() && list.front().find(";lr") == std::string::npos) {
    // RFC 3261 12.2.1.1: a strict router wants to be the target, and the target to be a route.
    list.push_back("<" + uri + ">");
    uri = uri_inside(list.front());
    list.erase(list.begin());
  }
  for (const std::string& route : list) {
    if (!one_line(route)) return nullptr;
    routes.append(routes.empty() ? "" : ", ").append(route);
  }
  if (!valid_uri(uri)) return nullptr;

  msg_t* msg = nta_msg_create(agent, 0);
  sip_t* sip = msg != nullptr ? sip_object(msg) : nullptr;
  if (sip == nullptr) return nullptr;
  su_home_t* home = msg_home(msg);
  const char* method_name = to_string(request.method);
  const sip_method_t method = sip_method_code(method_name);
  sip_request_t* line = sip_request_create(
      home, method, method_name, reinterpret_cast<const url_string_t*>(uri.c_str()), nullptr);
  sip_cseq_t* cseq =
      sip_cseq_create(home, request.cseq, static_cast<unsigned>(method), method_name);
  const std::string uui = "User-to-User: " + request.user_to_user;
  const std::string withheld = "Privacy: id\r\nP-Preferred-Identity: " + request.withheld;
  const std::string expires = std::to_string(extras.expires_s);
  const std::string session = session_headers(request.times);
  const std::string referred_by = request.refer_to.empty()
                                      ? request.referred_by
                                      : request.from.substr(0, request.from.rfind(";tag="));
  const char* content = request.event.empty() ? "application/sdp" : "message/sipfrag;version=2.0";
  const bool offers = request.method == Method::invite || request.method == Method::registration;
  int good = line == nullptr || cseq == nullptr ? -1 : 0;
  if (good == 0)
    good = sip_add_tl(
        msg, sip, SIPTAG_REQUEST(line), SIPTAG_MAX_FORWARDS_STR("70"),
        SIPTAG_FROM_STR(request.from.c_str()), SIPTAG_TO_STR(request.to.c_str()),
        SIPTAG_CALL_ID_STR(request.call_id.c_str()), SIPTAG_CSEQ(cseq),
        TAG_IF(!routes.empty(), SIPTAG_ROUTE_STR(routes.c_str())),
        TAG_IF(!request.contact.empty(), SIPTAG_CONTACT_STR(request.contact.c_str())),
        TAG_IF(extras.has_expires, SIPTAG_EXPIRES_STR(expires.c_str())),
        TAG_IF(offers, SIPTAG_ALLOW_STR(allow(extras.refers))),
        TAG_IF(!extras.user_agent.empty(), SIPTAG_USER_AGENT_STR(extras.user_agent.c_str())),
        TAG_IF(!request.reason.empty(), SIPTAG_REASON_STR(request.reason.c_str())),
        TAG_IF(!request.refer_to.empty(), SIPTAG_REFER_TO_STR(request.refer_to.c_str())),
        TAG_IF(!referred_by.empty(), SIPTAG_REFERRED_BY_STR(referred_by.c_str())),
        TAG_IF(!request.replaces.empty(), SIPTAG_REPLACES_STR(request.replaces.c_str())),
        TAG_IF(!request.event.empty(), SIPTAG_EVENT_STR(request.event.c_str())),
        TAG_IF(!request.subscription.empty(),
               SIPTAG_SUBSCRIPTION_STATE_STR(request.subscription.c_str())),
        TAG_IF(!request.user_to_user.empty(), SIPTAG_HEADER_STR(uui.c_str())),
        TAG_IF(!request.withheld.empty(), SIPTAG_HEADER_STR(withheld.c_str())),
        TAG_IF(!session.empty(), SIPTAG_HEADER_STR(session.c_str())),
        TAG_IF(!request.body.empty(), SIPTAG_CONTENT_TYPE_STR(content)),
        TAG_IF(!request.body.empty(), SIPTAG_PAYLOAD_STR(request.body.c_str())), TAG_END());
  for (const auto& [name, value] : request.authorization) {
    if (good < 0 || !one_line(value)) {
      good = -1;
      break;
    }
    good = name == "Authorization"
               ? sip_add_tl(msg, sip, SIPTAG_AUTHORIZATION_STR(value.c_str()), TAG_END())
               : sip_add_tl(msg, sip, SIPTAG_PROXY_AUTHORIZATION_STR(value.c_str()), TAG_END());
  }
  if (good < 0 || sip->sip_from == nullptr || sip->sip_to == nullptr ||
      sip->sip_call_id == nullptr) {
    msg_destroy(msg);
    return nullptr;
  }
  return msg;
}

}  // namespace switchhook::sip::wire
