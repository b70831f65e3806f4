// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/tapi2/world.hpp"

#include <atomic>
#include <cstdlib>

#include "client/attachment.hpp"
#include "core/local_service.hpp"
#include "providers/exchange/exchange.hpp"
#include "tapi2/connect.hpp"
#include "tests/support/eventually.hpp"

namespace conformance {

using namespace switchhook;

namespace {

using test::eventually;

/// Completes what it is asked, and otherwise does what the test says.
class Scripted final : public provider::Provider {
 public:
  std::string name() const override { return "scripted"; }
  Result<void> start(provider::Sink& sink) override {
    sink_ = &sink;
    add_line();
    return {};
  }
  void add_line(std::uint32_t digit_modes = digits::kDtmf) {
    const provider::LineNumber number = lines_++;
    const std::string name = std::to_string(900 + number);
    LineInfo info;
    info.name = name;
    info.address = name;
    info.provider = "scripted";
    info.user_info_max = 128;
    info.media_modes = media::kVoice | media::kFaxG3;
    info.digit_modes = digit_modes;
    sink_->post(provider::LineAdded{number, info});
  }
  void post(provider::Event event) { sink_->post(std::move(event)); }

  void submit(provider::Command command) override {
    if (const auto* make = std::get_if<provider::MakeCall>(&command)) {
      made_ = make->call.value;
      complete(make->call, make->request);
    } else if (const auto* accept = std::get_if<provider::Accept>(&command)) {
      complete(accept->call, accept->request);
    } else if (const auto* answer = std::get_if<provider::Answer>(&command)) {
      complete(answer->call, answer->request);
    } else if (const auto* hold = std::get_if<provider::Hold>(&command)) {
      complete(hold->call, hold->request);
    } else if (const auto* unhold = std::get_if<provider::Unhold>(&command)) {
      complete(unhold->call, unhold->request);
    } else if (const auto* drop = std::get_if<provider::Drop>(&command)) {
      complete(drop->call, drop->request, true);
    } else if (const auto* digits = std::get_if<provider::SendDigits>(&command)) {
      {
        base::Lock lock(mutex_);
        sent_ = digits->digits + " " + std::to_string(digits->duration.count());
      }
      complete(digits->call, digits->request);
    } else if (const auto* close = std::get_if<provider::CloseCall>(&command)) {
      post(provider::Ended{.call = close->call});
    } else if (const auto* ledger = std::get_if<provider::ReportLedger>(&command)) {
      post(provider::LedgerReport{ledger->token, {}, {}});
    } else if (std::holds_alternative<provider::Stop>(command)) {
      post(provider::Stopped{});
    }
  }

  void hold_answers(bool hold) {
    base::Lock lock(mutex_);
    holding_ = hold;
  }
  void answer_all(bool success) {
    std::vector<Held> held;
    {
      base::Lock lock(mutex_);
      held.swap(held_);
    }
    for (const Held& one : held) answer(one, success);
  }
  std::uint64_t made() const { return made_; }
  std::string digits_sent() {
    base::Lock lock(mutex_);
    return sent_;
  }

 private:
  struct Held {
    provider::CallRef call;
    provider::RequestNumber request = 0;
    bool ends = false;
  };
  void complete(provider::CallRef call, provider::RequestNumber request, bool ends = false) {
    {
      base::Lock lock(mutex_);
      if (holding_) return held_.push_back({call, request, ends});
    }
    answer({call, request, ends}, true);
  }
  void answer(const Held& held, bool success) {
    std::optional<Error> error;
    if (!success) error = Error{Errc::failed, "as the test says"};
    post(provider::Completed{held.call, held.request, error});
    if (held.ends && success)
      post(provider::StateChanged{.call = held.call, .state = CallState::idle});
  }

  provider::Sink* sink_ = nullptr;
  provider::LineNumber lines_ = 0;
  std::atomic<std::uint64_t> made_{0};
  base::Mutex mutex_;
  bool holding_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::string sent_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::vector<Held> held_ SWITCHHOOK_GUARDED_BY(mutex_);
};

base::Mutex world_mutex;
core::LocalEngine* engine SWITCHHOOK_GUARDED_BY(world_mutex) = nullptr;

}  // namespace

struct World::Inside {
  base::SystemClock clock;
  Scripted* scripted = nullptr;  // (ref) the engine's
  std::unique_ptr<core::LocalEngine> local;
  std::uint64_t minted = provider::CallRef::kMintedByProvider;
};

World::World() : inside_(std::make_unique<Inside>()) {
  core::LocalEngine::Options options;
  options.providers.push_back(std::make_unique<exchange::Exchange>(inside_->clock));
  auto scripted = std::make_unique<Scripted>();
  inside_->scripted = scripted.get();
  options.providers.push_back(std::move(scripted));
  auto started = core::LocalEngine::start(std::move(options));
  if (!started) std::abort();
  inside_->local = std::move(*started);
  base::Lock lock(world_mutex);
  engine = inside_->local.get();
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
  auto client = client::Attachment::attached(
      [this](api::ServiceSink& sink) -> Result<std::unique_ptr<api::SessionService>> {
        return inside_->local->attach({.name = "auditor", .user = "tester"}, sink);
      },
      {});
  if (!client) return false;
  return eventually([&] {
    const auto report = (*client)->call_for<api::AuditReport>(api::RunAudit{});
    return report && report->clean() && report->all_zero();
  });
}

std::uint64_t World::ring(const std::string& from, const std::vector<std::uint8_t>& user_info) {
  const std::uint64_t call = ++inside_->minted;
  provider::NewCall arrived;
  arrived.call = {call};
  arrived.provider_call_id = "scripted";
  arrived.parties.calling = {from, "Caller"};
  arrived.parties.called = {"900", ""};
  arrived.user_info = user_info;
  inside_->scripted->post(arrived);
  report(call, LINECALLSTATE_OFFERING);
  return call;
}

std::uint64_t World::made_call() {
  if (!eventually([this] { return inside_->scripted->made() != 0; })) std::abort();
  return inside_->scripted->made();
}

void World::report(std::uint64_t call, DWORD state, unsigned mode) {
  CallState mapped = CallState::unknown;
  switch (state) {
    case LINECALLSTATE_IDLE:
      mapped = CallState::idle;
      break;
    case LINECALLSTATE_OFFERING:
      mapped = CallState::offering;
      break;
    case LINECALLSTATE_PROCEEDING:
      mapped = CallState::proceeding;
      break;
    case LINECALLSTATE_RINGBACK:
      mapped = CallState::ringback;
      break;
    case LINECALLSTATE_BUSY:
      mapped = CallState::busy;
      break;
    case LINECALLSTATE_CONNECTED:
      mapped = CallState::connected;
      break;
    case LINECALLSTATE_DISCONNECTED:
      mapped = CallState::disconnected;
      break;
    default:
      break;
  }
  provider::StateChanged change{.call = {call}, .state = mapped};
  if (mapped == CallState::disconnected)
    change.cause = Cause{.mode = static_cast<DisconnectMode>(mode)};
  else
    change.detail = static_cast<std::uint8_t>(mode);
  inside_->scripted->post(change);
}

void World::report_user_info(std::uint64_t call, const std::vector<std::uint8_t>& user_info) {
  inside_->scripted->post(provider::InfoChanged{.call = {call}, .user_info = user_info});
}

void World::report_connected_party(std::uint64_t call, const std::string& address) {
  provider::InfoChanged info;
  info.call = {call};
  info.connected = Party{address, ""};
  inside_->scripted->post(info);
}

void World::digit(std::uint64_t call, char digit) {
  inside_->scripted->post(provider::DigitReceived{{call}, digit});
}

void World::hold_answers(bool hold) {
  inside_->scripted->hold_answers(hold);
}
void World::answer_all(bool success) {
  inside_->scripted->answer_all(success);
}
void World::force_line_closed() {
  inside_->scripted->post(provider::LineForcedClosed{0, "as the test says"});
}
void World::remove_line() {
  inside_->scripted->post(provider::LineGone{0, "as the test says"});
}
std::string World::digits_sent() {
  return inside_->scripted->digits_sent();
}

void World::add_line(std::uint32_t digit_modes) {
  inside_->scripted->add_line(digit_modes);
}
void World::line_in_service(bool in_service) {
  inside_->scripted->post(provider::LineStatus{0, in_service, in_service ? "up" : "down"});
}

}  // namespace conformance

namespace switchhook::tapi2 {

Result<std::unique_ptr<api::SessionService>> connect_service(const std::string& name,
                                                             api::ServiceSink& sink) {
  base::Lock lock(conformance::world_mutex);
  if (conformance::engine == nullptr) return Error{Errc::disconnected, "no world"};
  return conformance::engine->attach({.name = name, .user = "tester", .process = 42}, sink);
}

}  // namespace switchhook::tapi2
