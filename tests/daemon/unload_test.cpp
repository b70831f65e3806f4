// SPDX-License-Identifier: Apache-2.0
// A program unloads a library that is attached: threads run in it, so it has to stay in memory.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "switchhook/switchhook.hpp"
#include "tapi/tapi.h"
#include "tests/support/daemon_process.hpp"

namespace switchhook {
namespace {

template <typename Function>
Function* function(void* library, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(library, name));
}

TEST(Unloading, LeavesALibraryThatIsAttachedInMemory) {
  test::DaemonProcess daemon;
  ::setenv("SWITCHHOOK_SOCKET", daemon.socket().c_str(), 1);
  void* const library = ::dlopen(SWITCHHOOK_TEST_TAPI32, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << ::dlerror();
  auto* const initialize = function<decltype(::lineInitializeExA)>(library, "lineInitializeExA");
  auto* const open = function<decltype(::lineOpenA)>(library, "lineOpenA");
  auto* const take = function<decltype(::lineGetMessage)>(library, "lineGetMessage");
  auto* const shut_down = function<decltype(::lineShutdown)>(library, "lineShutdown");
  ASSERT_TRUE(initialize != nullptr && open != nullptr && take != nullptr && shut_down != nullptr);
  HLINEAPP app = 0;
  DWORD lines = 0, version = 0x00020002;
  LINEINITIALIZEEXPARAMS params{};
  params.dwTotalSize = sizeof params;
  params.dwOptions = LINEINITIALIZEEXOPTION_USEEVENT;
  ASSERT_EQ(initialize(&app, nullptr, nullptr, "unloads", &lines, &version, &params), 0);
  HLINE line = 0;
  ASSERT_EQ(open(app, 0, &line, 0x00020002, 0, 0, LINECALLPRIVILEGE_MONITOR, 0, nullptr), 0);
  ASSERT_EQ(::dlclose(library), 0);

  // Its threads are told of calls.
  Result<Application> other = Application::connect({.name = "caller", .socket = daemon.socket()});
  ASSERT_TRUE(other);
  Result<Line> calling = other->open_line("100");
  ASSERT_TRUE(calling);
  Result<Session> call = calling->call("200");
  ASSERT_TRUE(call);
  LINEMESSAGE message{};
  EXPECT_EQ(take(app, &message, 5000), 0);
  EXPECT_EQ(shut_down(app), 0);
  void* const again = ::dlopen(SWITCHHOOK_TEST_TAPI32, RTLD_NOW | RTLD_NOLOAD);
  EXPECT_NE(again, nullptr) << "it was unloaded";
  if (again != nullptr) ::dlclose(again);
  ::unsetenv("SWITCHHOOK_SOCKET");
}

}  // namespace
}  // namespace switchhook
