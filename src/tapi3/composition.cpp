// SPDX-License-Identifier: Apache-2.0
#include "tapi3/composition.hpp"

#include "base/mutex.hpp"

namespace switchhook::tapi3 {

namespace {

struct Composed {
  base::Mutex mutex;
  client::Connect way SWITCHHOOK_GUARDED_BY(mutex);
};

Composed& composed() {
  static Composed instance;
  return instance;
}

}  // namespace

void compose(client::Connect way) {
  base::Lock lock(composed().mutex);
  composed().way = std::move(way);
}

client::Connect way_to_service() {
  base::Lock lock(composed().mutex);
  if (composed().way) return composed().way;
  return [](api::ServiceSink&) -> Result<std::unique_ptr<api::SessionService>> {
    return Error{Errc::disconnected, "this library was built without a way to a service"};
  };
}

}  // namespace switchhook::tapi3
