// SPDX-License-Identifier: Apache-2.0
#pragma once

// One step of the engine: the world, the time, and what the step says to applications, providers
// and the host. Passed to all functions of the rooms. Threads: the engine's. Ownership: a step
// lives as long as Engine::apply(); world and outputs outlive it.

#include <string>
#include <utility>

#include "core/engine/world.hpp"
#include "core/io.hpp"

namespace switchhook::core {

/// A command under way: who asked, and under which number the reply goes back.
struct Ask {
  App& app;
  api::RequestId number;
};

/// How an opening goes.
struct Closing {
  EndOrigin origin = EndOrigin::line_closed;
  const char* words = "";
};

class Step {
 public:
  Step(World& the_world, const Moment& time, Outputs& outputs)
      : world(the_world), now(time), out_(outputs) {}

  World& world;  // (ref)
  const Moment now;

  /// One more output.
  template <typename T>
  void put(T output) {
    out_.emplace_back(std::in_place_type<T>, std::move(output));
  }
  /// The same, to be filled in: outputs are large, and there are many. Through a conversion,
  /// because emplacing without arguments (or with T{}) would first fill all of it with zeros.
  template <typename T>
  T& put() {
    return *std::get_if<T>(&out_.emplace_back(std::in_place_type<T>, Fresh<T>{}));
  }

  /// A reply without a value, to be added to.
  api::Reply& reply(api::AppId app, api::RequestId number);
  void accept(const Ask& ask) { reply(ask.app.id, ask.number).accepted_only = true; }
  void done(const Ask& ask) { reply(ask.app.id, ask.number); }
  template <typename T>
  void done(const Ask& ask, T value) {
    reply(ask.app.id, ask.number).result->template emplace<T>(std::move(value));
  }
  void fail(const Ask& ask, Errc code, std::string context = {});

  template <typename T>
  void event(const App& app, T&& what) {
    if (app.leaving) return;
    ToAppEvent& output = put<ToAppEvent>();
    output.app = app.id;
    output.event.template emplace<std::decay_t<T>>(std::forward<T>(what));
  }
  template <typename T>
  void to_provider(const Provider& provider, T&& command) {
    if (provider.gone) return;
    ToProvider& output = put<ToProvider>();
    output.provider = provider.id;
    output.command.template emplace<std::decay_t<T>>(std::forward<T>(command));
  }
  /// All that have the line open hear of it when the step is done, but the application that did it.
  void line_changed(Line& line, api::LineChange what, std::uint32_t count,
                    const App* but = nullptr);
  void tell_line_changes();

 private:
  template <typename T>
  struct Fresh {
    operator T() const {  // NOLINT: implicit by intent
      T fresh;
      return fresh;
    }
  };

  Outputs& out_;  // (ref)
};

}  // namespace switchhook::core
