// SPDX-License-Identifier: Apache-2.0
// A provider's process for tests: what it is to do wrong is its argument, or the address of a call.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>

#include "providers/remote/child.hpp"
#include "providers/remote/serve.hpp"

namespace {

using namespace switchhook;

class TestProvider final : public provider::Provider {
 public:
  explicit TestProvider(std::string config) : config_(std::move(config)) {}
  [[nodiscard]] std::string name() const override { return "test"; }
  [[nodiscard]] Result<void> start(provider::Sink& sink) override {
    sink_ = &sink;
    if (config_ == "refuses") return {Errc::denied, "not today"};
    sink.post(provider::LineAdded{0, {.name = "a", .status = std::to_string(::getpid())}});
    return {};
  }
  void submit(provider::Command command) override {
    if (const auto* report = std::get_if<provider::ReportLedger>(&command))
      sink_->post(provider::LedgerReport{.token = report->token});
    if (const auto* orphan = std::get_if<provider::EndOrphan>(&command))
      sink_->post(provider::OrphanEnded{.number = orphan->number});
    if (const auto* make = std::get_if<provider::MakeCall>(&command)) call(*make);
  }

 private:
  void call(const provider::MakeCall& make) {
    if (make.address == "abort") std::abort();
    if (make.address == "hang") ::raise(SIGSTOP);
    if (make.address == "fail") return sink_->post(provider::Failed{"it had enough"});
    if (make.address == "garbage") {
      std::array<char, 64> garbage{};
      garbage.fill('?');
      static_cast<void>(!::send(remote::kLinkDescriptor, garbage.data(), garbage.size(), 0));
    }
    if (make.address == "twice") sink_->post(provider::LineAdded{0, {.name = "b"}});
    sink_->post(provider::Recovery{.call = make.call, .line = "a", .recovery = "r"});
    sink_->post(provider::Completed{make.call, make.request, std::nullopt});
  }

  const std::string config_;
  provider::Sink* sink_ = nullptr;  // (ref)
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "exits") return 7;
  remote::serve([](const std::string& config) -> Result<std::unique_ptr<provider::Provider>> {
    return std::unique_ptr<provider::Provider>(std::make_unique<TestProvider>(config));
  });
}
