// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/tapi3/world.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "client/attachment.hpp"
#include "core/local_service.hpp"
#include "providers/exchange/exchange.hpp"
#include "tapi3/composition.hpp"

namespace tapi3_tests {

namespace api = switchhook::api;
namespace base = switchhook::base;
namespace client = switchhook::client;
namespace core = switchhook::core;
namespace exchange = switchhook::exchange;
namespace provider = switchhook::provider;
using std::chrono::steady_clock;
using switchhook::CallState;
using switchhook::Cause;
using switchhook::Confirmation;
using switchhook::DisconnectMode;
using switchhook::Errc;
using switchhook::Error;
using switchhook::LineInfo;
using switchhook::Record;
using switchhook::Result;
using switchhook::UserInfo;

namespace {

/// Completes what it is asked, and otherwise does what the test says. One call at a time.
class Scripted final : public provider::Provider {
 public:
  std::string name() const override { return "scripted"; }
  Result<void> start(provider::Sink& sink) override {
    sink_ = &sink;
    LineInfo info;
    info.name = "900";
    info.address = "900";
    info.provider = "scripted";
    info.user_info_max = 128;
    sink_->post(provider::LineAdded{0, info});
    return {};
  }
  void submit(provider::Command command) override {
    if (const auto* make = std::get_if<provider::MakeCall>(&command)) {
      call_ = make->call.value;
      complete({make->call, make->request});
    } else if (const auto* accept = std::get_if<provider::Accept>(&command)) {
      complete({accept->call, accept->request});
    } else if (const auto* answer = std::get_if<provider::Answer>(&command)) {
      complete({answer->call, answer->request, CallState::connected});
    } else if (const auto* hold = std::get_if<provider::Hold>(&command)) {
      complete({hold->call, hold->request, CallState::on_hold});
    } else if (const auto* unhold = std::get_if<provider::Unhold>(&command)) {
      complete({unhold->call, unhold->request, CallState::connected});
    } else if (const auto* drop = std::get_if<provider::Drop>(&command)) {
      complete({drop->call, drop->request, CallState::idle});
    } else if (const auto* close = std::get_if<provider::CloseCall>(&command)) {
      post(provider::Ended{.call = close->call});
    } else if (const auto* ledger = std::get_if<provider::ReportLedger>(&command)) {
      post(provider::LedgerReport{ledger->token, {}, {}});
    } else if (std::holds_alternative<provider::Stop>(command)) {
      post(provider::Stopped{});
    }
  }
  void post(provider::Event event) { sink_->post(std::move(event)); }
  void set_holding(bool holding) {
    base::Lock lock(mutex_);
    holding_ = holding;
  }
  void release(bool success) {
    std::vector<Todo> held;
    {
      base::Lock lock(mutex_);
      holding_ = false;
      held.swap(held_);
    }
    for (const Todo& one : held) carry_out(one, success);
  }
  provider::CallRef call() const { return provider::CallRef{call_}; }
  void set_call(std::uint64_t call) { call_ = call; }

 private:
  struct Todo {
    provider::CallRef call;
    provider::RequestNumber request = 0;
    std::optional<CallState> then;
  };
  void complete(Todo what) {
    {
      base::Lock lock(mutex_);
      if (holding_) return held_.push_back(what);
    }
    carry_out(what, true);
  }
  void carry_out(const Todo& what, bool success) {
    std::optional<Error> error;
    if (!success) error = Error{Errc::failed, "as the test says"};
    post(provider::Completed{what.call, what.request, error});
    if (what.then && success) post(provider::StateChanged{.call = what.call, .state = *what.then});
  }

  provider::Sink* sink_ = nullptr;
  std::atomic<std::uint64_t> call_{0};
  base::Mutex mutex_;
  bool holding_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::vector<Todo> held_ SWITCHHOOK_GUARDED_BY(mutex_);
};

base::Mutex world_mutex;
core::LocalEngine* engine SWITCHHOOK_GUARDED_BY(world_mutex) = nullptr;
std::optional<Record> newest SWITCHHOOK_GUARDED_BY(world_mutex);

}  // namespace

struct World::Inside {
  base::SystemClock clock;
  Scripted* scripted = nullptr;  // (ref) the engine's
  std::unique_ptr<core::LocalEngine> local;
  std::uint64_t minted = provider::CallRef::kMintedByProvider;

  std::shared_ptr<client::Attachment> client() const {
    auto made = client::Attachment::attached(
        [this](api::ServiceSink& sink) -> Result<std::unique_ptr<api::SessionService>> {
          return local->attach({.name = "auditor", .user = "tester"}, sink);
        },
        {});
    return made ? std::move(*made) : nullptr;
  }
};

World::World() : inside_(std::make_unique<Inside>()) {
  core::LocalEngine::Options options;
  options.providers.push_back(std::make_unique<exchange::Exchange>(inside_->clock));
  auto scripted = std::make_unique<Scripted>();
  inside_->scripted = scripted.get();
  options.providers.push_back(std::move(scripted));
  options.on_record = [](const Record& record) {
    base::Lock lock(world_mutex);
    newest = record;
  };
  auto started = core::LocalEngine::start(std::move(options));
  if (!started) std::abort();
  inside_->local = std::move(*started);
  {
    base::Lock lock(world_mutex);
    engine = inside_->local.get();
    newest.reset();
  }
  switchhook::tapi3::compose(
      [](api::ServiceSink& sink) -> Result<std::unique_ptr<api::SessionService>> {
        base::Lock lock(world_mutex);
        if (engine == nullptr) return Error{Errc::disconnected, "the test's service has stopped"};
        return engine->attach({.name = "tapi3_conformance_test", .user = "tester"}, sink);
      });
}

World::~World() {
  stop();
}

void World::stop() {
  {
    base::Lock lock(world_mutex);
    engine = nullptr;
  }
  inside_->local.reset();
}

bool World::comes_to_zero() const {
  const std::shared_ptr<client::Attachment> client = inside_->client();
  return client && eventually([&] {
           const auto report = client->call_for<api::AuditReport>(api::RunAudit{});
           return report && report->clean() && report->all_zero();
         });
}

std::size_t World::leaks() const {
  const std::shared_ptr<client::Attachment> client = inside_->client();
  const auto list = client->call_for<api::LeakList>(api::ListLeaks{});
  return list ? list->total : 9999;
}

void World::reclaim() {
  const std::shared_ptr<client::Attachment> client = inside_->client();
  EXPECT_TRUE(client->call(api::Reclaim{}));
}

std::optional<Record> World::last_record() const {
  base::Lock lock(world_mutex);
  return newest;
}

void World::offer(const std::string& from, const UserInfo& user_info) {
  provider::NewCall call;
  call.line = 0;
  call.call = provider::CallRef{++inside_->minted};
  call.parties.calling.address = from;
  call.parties.called.address = "900";
  call.user_info = user_info;
  inside_->scripted->set_call(call.call.value);
  inside_->scripted->post(std::move(call));
  far_state(CallState::offering);
}

void World::far_state(CallState state) {
  inside_->scripted->post(
      provider::StateChanged{.call = inside_->scripted->call(), .state = state});
}

void World::far_end(DisconnectMode mode, const UserInfo& user_info) {
  if (!user_info.empty()) {
    provider::InfoChanged info;
    info.call = inside_->scripted->call();
    info.user_info = user_info;
    inside_->scripted->post(std::move(info));
  }
  provider::StateChanged ended{.call = inside_->scripted->call(), .state = CallState::disconnected};
  ended.cause = Cause{.mode = mode};
  inside_->scripted->post(std::move(ended));
}

void World::confirm_end() {
  inside_->scripted->post(
      provider::Ended{.call = inside_->scripted->call(), .confirmation = Confirmation::confirmed});
}

void World::hold_completions() {
  inside_->scripted->set_holding(true);
}

void World::release_completions(bool success) {
  inside_->scripted->release(success);
}

void World::close_line_900() {
  inside_->scripted->post(provider::LineForcedClosed{0, "as the test says"});
}

void World::set_in_service(bool in_service) {
  inside_->scripted->post(provider::LineStatus{0, in_service, "as the test says"});
}

}  // namespace tapi3_tests
