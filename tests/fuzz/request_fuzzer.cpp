// SPDX-License-Identifier: Apache-2.0
// A hostile application's whole life: frames, whatever they hold, go through the decoder to an
// engine with lines and a well-behaved second application. An input is a list of frames; a byte of
// 0x80 and above between them lets time pass. Small identifiers mean those that were given out, in
// order, so that what is held is reached too. Whatever was asked, no request is completed more
// often than it was made, what is told can be encoded, and at the end everything is returned.
#include <map>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "core/engine_host.hpp"
#include "providers/exchange/exchange.hpp"
#include "rpc/codec.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace switchhook;  // NOLINT: a program of one page
using fuzz::require;

constexpr std::size_t kFrames = 64;  // of one input

class Application final : public api::ServiceSink {
 public:
  Application(core::EngineHost& host, const char* name) : host_(host) {
    app_ = host.attach({.name = name, .user = "fuzz", .process = 1, .role = api::Role::operating},
                       *this);
  }

  void ask(api::RequestId number, api::Command command) {
    std::visit([this](auto& c) { name_what_is_held(c); }, command);
    ++open_[number];
    host_.submit(app_, number, std::move(command));
  }
  void vanish() { host_.detach(app_, "the input is over"); }
  [[nodiscard]] const std::optional<api::AuditReport>& audit() const { return audit_; }

 private:
  template <typename T>
  void name_what_is_held(T& command) {
    if constexpr (requires { command.call; })
      if (command.call.value < calls_.size()) command.call = calls_[command.call.value];
    if constexpr (requires { command.open; })
      if (command.open.value < openings_.size()) command.open = openings_[command.open.value];
  }

  void on_reply(api::Reply reply) override {
    rpc::Bytes bytes;
    encoder_.append(reply, bytes);
    require(static_cast<bool>(rpc::decode(bytes)), "a reply can be read");
    if (reply.accepted_only) return;
    require(open_[reply.request]-- > 0, "no request is completed more often than it was made");
    if (!reply.result) return;
    if (const auto* opened = std::get_if<api::OpenedLine>(&*reply.result))
      openings_.push_back(opened->open);
    else if (const auto* made = std::get_if<api::MadeCall>(&*reply.result))
      calls_.push_back(made->call);
    else if (const auto* audit = std::get_if<api::AuditReport>(&*reply.result))
      audit_ = *audit;
  }
  void on_event(api::Event event) override {
    if (const auto* appeared = std::get_if<api::CallAppeared>(&event))
      calls_.push_back(appeared->call);
    rpc::Bytes bytes;
    encoder_.append(event, bytes);
    require(static_cast<bool>(rpc::decode(bytes)), "an event can be read");
  }
  void on_disconnected(const Error&) override {}

  core::EngineHost& host_;
  api::AppId app_;
  rpc::Encoder encoder_;
  std::map<api::RequestId, int> open_;
  std::vector<api::CallId> calls_;
  std::vector<api::OpenId> openings_;
  std::optional<api::AuditReport> audit_;
};

void pass(base::ManualClock& clock, core::EngineHost& host, std::chrono::nanoseconds time) {
  const auto until = clock.now().monotonic + time;
  for (int i = 0; i < 100'000; ++i) {
    host.run();
    const auto next = host.next_deadline();
    if (!next || *next > until) break;
    clock.advance_to(*next);
  }
  clock.advance_to(until);
  host.run();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::ManualClock clock;
  core::EngineHost host(clock, nullptr);
  require(static_cast<bool>(host.add_provider(std::make_unique<exchange::Exchange>(clock))),
          "the exchange starts");
  host.run();
  Application polite(host, "polite"), hostile(host, "hostile");
  polite.ask(1, api::OpenLine{1, static_cast<std::uint8_t>(Privilege::owner), media::kVoice});

  rpc::View rest(data, size);
  for (std::size_t frames = 0; !rest.empty() && frames < kFrames;) {
    if (rest[0] >= 0x80) {
      pass(clock, host, std::chrono::milliseconds((rest[0] & 0x7f) * 50));
      rest = rest.subspan(1);
      continue;
    }
    const Result<std::size_t> length = rpc::frame_length(rest, limits::kFrameBytes);
    if (!length || *length == 0 || *length > rest.size()) break;
    const Result<rpc::Frame> frame = rpc::decode(rest.first(*length));
    rest = rest.subspan(*length);
    ++frames;
    if (!frame) break;  // a server closes the connection here
    if (const auto* request = std::get_if<rpc::Request>(&*frame); request && request->command)
      hostile.ask(request->number, *request->command);
    host.run();
  }
  hostile.vanish();
  pass(clock, host, std::chrono::seconds(90));
  polite.vanish();
  pass(clock, host, std::chrono::seconds(90));
  Application auditor(host, "auditor");
  auditor.ask(1, api::RunAudit{});
  pass(clock, host, std::chrono::seconds(5));
  require(auditor.audit().has_value(), "an audit is answered");
  require(auditor.audit()->clean() && auditor.audit()->all_zero(), "everything is returned");
  auditor.vanish();
  host.stop("done");
  pass(clock, host, std::chrono::seconds(90));
  require(host.stopped(), "the service stops");
  return 0;
}
