// SPDX-License-Identifier: Apache-2.0
#include "simulator/sip/message.hpp"

namespace switchhook::sip::races {

namespace {

std::string method_name(const Message& message) {
  if (message.method != Method::other) return to_string(message.method);
  return message.token.empty() ? "OTHER" : message.token;
}

}  // namespace

std::string name_of(const Message& message) {
  if (message.request) return method_name(message);
  return std::to_string(message.status) + " (" + method_name(message) + ")";
}

Message response_to(const Message& request, std::uint16_t status, const std::string& local_tag) {
  Message response;
  response.request = false;
  response.method = request.method;
  response.token = request.token;
  response.status = status;
  response.call_id = request.call_id;
  response.from_tag = request.from_tag;
  response.to_tag = request.to_tag.empty() && status > 100 ? local_tag : request.to_tag;
  response.branch = request.branch;
  response.cseq = request.cseq;
  response.host = request.host;
  response.origin = request.text;
  if (status > 100 && status < 300 && request.method == Method::invite)
    response.record_routes = request.record_routes;
  return response;
}

}  // namespace switchhook::sip::races
