// SPDX-License-Identifier: Apache-2.0
// The one file of the TAPI 3 face that knows how a service is reached: over the protocol.
#include "rpc/client.hpp"
#include "tapi3/com/runtime.hpp"
#include "tapi3/objects/call_object.hpp"

namespace switchhook::tapi3 {

namespace {

api::Client::Connect over_the_protocol(const std::string& application) {
  return [application](api::ServiceSink& sink) {
    rpc::ConnectOptions how;
    how.name = application;
    how.identifier_bytes = sizeof(CallObject) + 64;  // and its place in the table
    return rpc::connect(how, sink);
  };
}

/// When the library is loaded.
[[maybe_unused]] const bool kComposed = (compose(&over_the_protocol), true);

}  // namespace

}  // namespace switchhook::tapi3
