// SPDX-License-Identifier: Apache-2.0
// The one file of the C++ API that knows how a service is reached: over the protocol.
#include "cxx/hub.hpp"
#include "rpc/client.hpp"

namespace switchhook {

Result<Application> Application::connect(const Options& options) {
  rpc::ConnectOptions how;
  how.name = options.name;
  how.socket = options.socket;
  how.start_service = options.start_service;
  how.identifier_bytes = sizeof(detail::SessionState) + 64;  // and its place in the table
  how.which = static_cast<rpc::Which>(options.service);      // the same names, in the same order
  rpc::Found found;
  how.found = &found;
  Result<Application> application = detail::Hub::make_application(
      [&how](api::ServiceSink& sink) { return rpc::connect(how, sink); });
  if (application)
    application->hub_->found(
        {static_cast<ServiceKind>(found.which), std::move(found.socket), std::move(found.why)});
  return application;
}

}  // namespace switchhook
