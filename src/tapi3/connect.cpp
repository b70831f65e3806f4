// SPDX-License-Identifier: Apache-2.0
// The one file of the TAPI 3 face that knows how a service is reached: over the protocol.
#include "rpc/client.hpp"
#include "tapi3/composition.hpp"
#include "tapi3/objects/call_object.hpp"

namespace switchhook::tapi3 {

namespace {

Result<std::unique_ptr<api::SessionService>> over_the_protocol(api::ServiceSink& sink) {
  rpc::ConnectOptions how;
  how.identifier_bytes = sizeof(CallObject) + 64;  // and its place in the table
  return rpc::connect(how, sink);
}

/// When the library is loaded.
[[maybe_unused]] const bool kComposed = (compose(&over_the_protocol), true);

}  // namespace

}  // namespace switchhook::tapi3
