// SPDX-License-Identifier: Apache-2.0
// Answers the calls of a line, each in a coroutine, all on one thread: coroutine [LINE] [CALLS]
// Shows: switchhook/asio.hpp.
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <cstdlib>
#include <iostream>
#include <switchhook/asio.hpp>
#include <switchhook/switchhook.hpp>

using namespace switchhook;

namespace {

asio::awaitable<void> serve(Session session, unsigned long& left, asio::io_context& context) {
  if (session.answer()) {
    while (true) {
      auto event = co_await async_next_event(session, asio::use_awaitable);
      if (!event || event->kind == SessionEvent::Kind::gone) break;
      if (event->kind != SessionEvent::Kind::state) continue;
      std::cout << to_string(event->kind) << ": " << to_string(event->state) << std::endl;
      if (event->state == CallState::disconnected) static_cast<void>(session.drop());
      if (event->state == CallState::idle) break;
    }
  }
  if (left != 0 && --left == 0) context.stop();
}

asio::awaitable<void> take_calls(Line& line, unsigned long& left, asio::io_context& context) {
  while (true) {
    auto session = co_await async_next_call(line, asio::use_awaitable);
    if (!session) {
      std::cerr << session.error().text() << '\n';
      context.stop();
      co_return;
    }
    asio::co_spawn(context, serve(std::move(*session), left, context), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  auto application = Application::connect("coroutine");
  if (!application) return std::cerr << application.error().text() << '\n', 1;
  auto line = application->open_line(argc > 1 ? argv[1] : "bob", Privilege::owner);
  if (!line) return std::cerr << line.error().text() << '\n', 1;
  asio::io_context context;
  const AsioCallbacks callbacks(context.get_executor(), *application);
  if (callbacks.error()) return std::cerr << callbacks.error()->text() << '\n', 1;
  unsigned long left = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;  // 0 = for ever
  asio::co_spawn(context, take_calls(*line, left, context), asio::detached);
  std::cout << "waiting for calls on line " << line->info().name << std::endl;
  context.run();
}
