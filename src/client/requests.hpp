// SPDX-License-Identifier: Apache-2.0
#pragma once

// The requests of an application that are not answered, by number. Every number is an application's
// own: 1…0x7fffffff, counted round, and none is given to two open requests.
// Threads: one at a time, whoever holds the attachment's lock; `told` and `arrived` are called
// without it, on the service's thread. Ownership: a request is shared by the table and by the thread
// that waits for it. What its functions own may do anything when destroyed, so requests are handed
// out, never destroyed here.

#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "client/holdings.hpp"

namespace switchhook::client {

struct Request {
  enum class Kind : std::uint8_t {
    call,     ///< somebody waits until it is completed
    start,    ///< somebody waits until it is accepted; `told` hears the completion
    post,     ///< nobody waits; `told` hears the completion
    restore,  ///< the same, and it dies with the service that it was for
  };
  Kind kind = Kind::call;
  Asked asked;
  bool accepted = false;
  bool given_up = false;   ///< nobody waits any more: what its answer gives is undone
  bool answering = false;  ///< its answer is here, and being told
  bool done = false;       ///< whoever waits may go on
  Result<api::Value> result = api::Value{};
  base::Condition changed;
  std::function<void(api::Value& value)> arrived;
  std::function<void(api::RequestId number, Result<api::Value> result)> told;
};

class Requests {
 public:
  using Shared = std::shared_ptr<Request>;
  using Numbered = std::vector<std::pair<api::RequestId, Shared>>;

  api::RequestId add(Shared request);
  [[nodiscard]] Shared find(api::RequestId number) const;
  /// Null when there is none (any more).
  Shared take(api::RequestId number);
  /// These in the order of their numbers.
  Numbered take_of(api::OpenId open);
  Numbered take_of(api::CallId call);
  Numbered take_all();
  /// Goes on counting behind this number; for tests.
  void count_from(api::RequestId last) { last_ = last; }

 private:
  template <typename Wanted>
  Numbered take_if(Wanted wanted);

  std::unordered_map<api::RequestId, Shared> open_;
  api::RequestId last_ = 0;
};

}  // namespace switchhook::client
