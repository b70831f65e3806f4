// SPDX-License-Identifier: Apache-2.0
// How many whole lives of a session (make, connect, drop, release, returned by the provider) the
// core carries out in a second on one core, against the least that any bookkeeping of calls could
// do: put a record into a hash table and take it out again. And what an ended, unreleased session
// keeps.
//   bench_core [LIVES]
#include <cstdlib>
#include <memory>
#include <unordered_map>

#include "base/assert.hpp"
#include "bench/support/bench.hpp"
#include "core/engine.hpp"

namespace {

using namespace switchhook;  // NOLINT: a program of one page
namespace sp = switchhook::provider;

class Driver {
 public:
  Driver() {
    app_ = engine_.new_app();
    apply(core::AppAttached{app_, {.name = "bench", .user = "bench", .process = 1}});
    apply(core::ProviderAttached{0, "bench"});
    apply(core::ProviderEvent{0, sp::LineAdded{0, {.name = "100", .address = "100"}}});
    command(api::OpenLine{0, static_cast<std::uint8_t>(Privilege::owner), media::kVoice});
    open_ = value<api::OpenedLine>().open;
  }

  /// Makes a call, connects it and drops it; the identifier is left to the caller.
  api::CallId call_and_drop() {
    command(api::MakeCall{.open = open_, .address = "200"});
    const auto made = to_provider<sp::MakeCall>();
    event(sp::Completed{made.call, made.request, {}});
    const api::CallId call = value<api::MadeCall>().call;
    event(sp::StateChanged{made.call, CallState::connected, 0, {}});
    command(api::DropCall{call});
    const auto drop = to_provider<sp::Drop>();
    event(sp::Completed{made.call, drop.request, {}});
    event(sp::StateChanged{made.call, CallState::idle, 0, {}});
    event(sp::Ended{.call = made.call, .confirmation = Confirmation::confirmed});
    return call;
  }

  void release(api::CallId call) { command(api::ReleaseCall{call}); }

 private:
  template <typename What>
  void apply(What what) {
    now_.monotonic += std::chrono::microseconds(1);
    now_.wall += std::chrono::microseconds(1);
    outputs_.clear();
    engine_.apply(core::Input{now_, std::move(what)}, outputs_);
  }
  template <typename What>
  void command(What what) {
    request_ = request_ % 0x7fffffff + 1;
    apply(core::AppCommand{app_, request_, std::move(what)});
  }
  template <typename What>
  void event(What what) {
    apply(core::ProviderEvent{0, std::move(what)});
  }
  template <typename T>
  T value() {
    for (auto& output : outputs_)
      if (auto* reply = std::get_if<core::ToAppReply>(&output))
        if (reply->reply.result)
          if (auto* content = std::get_if<T>(&*reply->reply.result)) return *content;
    base::assertion_failed("the expected reply came", __FILE__, __LINE__);
  }
  template <typename T>
  T to_provider() {
    for (auto& output : outputs_)
      if (auto* sent = std::get_if<core::ToProvider>(&output))
        if (auto* content = std::get_if<T>(&sent->command)) return *content;
    base::assertion_failed("the expected provider command came", __FILE__, __LINE__);
  }

  core::Engine engine_;
  core::Outputs outputs_;
  Moment now_{std::chrono::seconds(1), std::chrono::seconds(1700000000)};
  api::AppId app_;
  api::OpenId open_;
  api::RequestId request_ = 0;
};

double lives_per_cpu_second(Driver& driver, int lives) {
  const double before = bench::cpu_seconds();
  for (int i = 0; i < lives; ++i) driver.release(driver.call_and_drop());
  return lives / (bench::cpu_seconds() - before);
}

double baseline_per_cpu_second(int lives) {
  std::unordered_map<std::uint64_t, Record> records;
  const double before = bench::cpu_seconds();
  for (int i = 0; i < lives; ++i) {
    Record record;
    record.session = static_cast<std::uint64_t>(i);
    record.parties.called.address = "200";
    record.timeline.reserve(8);
    for (int step = 0; step < 4; ++step) record.timeline.push_back({CallState::connected, 0, {}});
    records.emplace(record.session, std::move(record));
    records.erase(static_cast<std::uint64_t>(i));
  }
  return lives / (bench::cpu_seconds() - before);
}

}  // namespace

int main(int argc, char** argv) {
  const int lives = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  if (lives <= 0) {
    std::fprintf(stderr, "usage: bench_core [LIVES], a number above 0\n");
    return 2;
  }
  auto driver = std::make_unique<Driver>();
  lives_per_cpu_second(*driver, lives / 10 + 1);  // warm up
  const double baseline = baseline_per_cpu_second(lives);
  const double rate = lives_per_cpu_second(*driver, lives);

  std::printf("core: %d lives\n", lives);
  bench::row("whole lives of a session", rate, "per CPU second", "goal 1000000");
  bench::row("baseline: record into a hash table and out", baseline, "per CPU second", "");
  std::printf("  ratio to the baseline: %.2f\n", rate / baseline);

  constexpr int kHeld = 100'000;
  std::vector<api::CallId> held;
  held.reserve(kHeld);
  const std::int64_t before = bench::allocated_bytes();
  for (int i = 0; i < kHeld; ++i) held.push_back(driver->call_and_drop());
  const std::int64_t kept = bench::allocated_bytes() - before;
  bench::row("kept for each ended, unreleased session", static_cast<double>(kept) / kHeld, "bytes",
             "goal 1024");
  for (const api::CallId call : held) driver->release(call);
  bench::row("kept for each after release",
             static_cast<double>(bench::allocated_bytes() - before) / kHeld, "bytes",
             "a slot keeps its generation");
  return 0;
}
