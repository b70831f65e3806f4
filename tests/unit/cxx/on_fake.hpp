// SPDX-License-Identifier: Apache-2.0
#pragma once

// An application of the C++ API on a service that does what a test says.
// Threads: the test's. Ownership: the test owns it.

#include "cxx/hub.hpp"
#include "tests/unit/client/fake_service.hpp"

namespace switchhook::test {

/// An application on a Fake, with its one line opened.
struct OnFake {
  std::shared_ptr<Fake> fake = std::make_shared<Fake>();
  Application application;
  Line line;

  OnFake() {
    auto made = detail::Hub::make_application(fake->connector());
    if (!made) std::abort();
    application = std::move(*made);
    auto opened = application.open_line("100", Privilege::owner);
    if (!opened) std::abort();
    line = std::move(*opened);
  }
  /// A call that came in, told with its first state.
  void offer(std::uint64_t call, Privilege privilege = Privilege::owner) const {
    api::CallAppeared appeared;
    appeared.open = api::OpenId{1};
    appeared.call = api::CallId{call};
    appeared.privilege = privilege;
    fake->event(appeared);
    fake->state(api::CallId{call}, CallState::offering);
  }
};

}  // namespace switchhook::test
