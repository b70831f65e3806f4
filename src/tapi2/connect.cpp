// SPDX-License-Identifier: Apache-2.0
// The one file of the TAPI 2.x face that knows how a service is reached: over the protocol.
#include "tapi2/connect.hpp"

#include "rpc/client.hpp"
#include "tapi2/app.hpp"

namespace switchhook::tapi2 {

Result<std::unique_ptr<api::SessionService>> connect_service(const std::string& name,
                                                             api::ServiceSink& sink) {
  rpc::ConnectOptions how;
  how.name = name;
  how.identifier_bytes = sizeof(Call) + 96;  // and its places in the tables
  return rpc::connect(how, sink);
}

}  // namespace switchhook::tapi2
