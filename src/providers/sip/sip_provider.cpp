// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/sip_provider.hpp"

#include <dlfcn.h>
#include <netdb.h>
#include <sofia-sip/su.h>
#include <sofia-sip/su_addrinfo.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_wait.h>

#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "provider/command_queue.hpp"
#include "providers/sip/net/transport_log.hpp"
#include "providers/sip/shell.hpp"

// In the place of sofia-sip's own, by which its transports would wait for a name server in the
// middle of everything, for a name that a stranger wrote into a Via. Names that we call are looked
// up elsewhere, without waiting; what comes here is a number or nothing. docs/decisions/0049.
extern "C" [[gnu::visibility("default")]] int su_getaddrinfo(const char* node, const char* service,
                                                             const su_addrinfo_t* hints,
                                                             su_addrinfo_t** result) {
  static const auto theirs =
      reinterpret_cast<decltype(&su_getaddrinfo)>(::dlsym(RTLD_NEXT, "su_getaddrinfo"));
  if (theirs == nullptr) return EAI_FAIL;
  su_addrinfo_t numbers = {};
  if (hints != nullptr) numbers = *hints;
  numbers.ai_flags |= AI_NUMERICHOST;
  return theirs(node, service, &numbers, result);
}

namespace switchhook::sip {
namespace {

/// sofia-sip's globals are made once for the process and never taken down: other threads may have
/// roots of their own.
void initialise_sofia() {
  static const bool once = [] {
    su_init();
    su_log_set_level(nullptr, 0);  // it would write to standard error
    transport_log::install();
    return true;
  }();
  static_cast<void>(once);
}

class SipProvider final : public provider::Provider {
 public:
  SipProvider(Config config, LineReader read_line)
      : config_(std::move(config)), read_line_(std::move(read_line)) {}
  ~SipProvider() override;
  SipProvider(const SipProvider&) = delete;
  SipProvider& operator=(const SipProvider&) = delete;

  [[nodiscard]] std::string name() const override { return "sip"; }
  [[nodiscard]] Result<void> start(provider::Sink& sink) override;
  [[nodiscard]] bool inherit(const std::vector<provider::EndOrphan>& orphans) override;
  void submit(provider::Command command) override;
  [[nodiscard]] std::size_t bytes_per_call() const override { return sip::bytes_per_call(); }

  /// On the SIP thread: takes what was submitted since the last time.
  void drain();

 private:
  void work(provider::Sink& sink, std::promise<Result<void>> started);

  const Config config_;
  const LineReader read_line_;
  const base::SystemClock clock_;
  SystemUdpPorts udp_;
  SystemRandom random_;
  su_root_t* root_ = nullptr;
  Shell* shell_ = nullptr;  // (ref) while the thread works
  bool over_ = false;       // on the thread
  provider::CommandQueue queue_;
  std::thread thread_;
};

int on_wake(su_root_magic_t*, su_wait_t*, su_wakeup_arg_t* arg) {
  reinterpret_cast<SipProvider*>(arg)->drain();
  return 0;
}

SipProvider::~SipProvider() {
  if (!thread_.joinable()) return;
  queue_.quit();
  thread_.join();
}

Result<void> SipProvider::start(provider::Sink& sink) {
  if (thread_.joinable()) return {Errc::invalid_state, "started already"};
  if (Result<void> good = config_.validate(); !good) return good;
  if (Result<void> opened = queue_.open(); !opened) return opened;
  initialise_sofia();
  std::promise<Result<void>> started;
  std::future<Result<void>> result = started.get_future();
  thread_ = std::thread(
      [this, &sink, started = std::move(started)]() mutable { work(sink, std::move(started)); });
  Result<void> good = result.get();
  if (!good) thread_.join();
  return good;
}

bool SipProvider::inherit(const std::vector<provider::EndOrphan>& orphans) {
  queue_.push(orphans);
  return true;
}

void SipProvider::submit(provider::Command command) {
  queue_.push(std::move(command));
}

void SipProvider::drain() {
  const auto [commands, quit] = queue_.take();
  for (const provider::Command& command : commands) {
    const auto* added = std::get_if<provider::AddLine>(&command);
    if (added == nullptr) {
      shell_->execute(command);
    } else if (read_line_) {
      if (const Result<LineConfig> line = read_line_(added->config)) shell_->add_line(*line);
    }
  }
  if (!quit) return;
  over_ = true;
  su_root_break(root_);
}

void SipProvider::work(provider::Sink& sink, std::promise<Result<void>> started) {
  root_ = su_root_create(nullptr);
  if (root_ == nullptr) {
    started.set_value({Errc::resource_unavailable, "sofia-sip gives no event loop"});
    return;
  }
  {
    Shell shell(root_, config_, sink, {clock_, udp_, random_, [this](provider::LineNumber line) {
                                         return queue_.takes_calls(line);
                                       }});
    shell_ = &shell;
    su_wait_t wait[1] = {SU_WAIT_INIT};
    int index = -1;
    Result<void> good = shell.start();
    if (good) {
      if (su_wait_create(wait, queue_.descriptor(), SU_WAIT_IN) == 0)
        index = su_root_register(root_, wait, on_wake, reinterpret_cast<su_wakeup_arg_t*>(this), 0);
      if (index < 0) good = {Errc::resource_unavailable, "sofia-sip's event loop is full"};
    }
    const bool go_on = good.has_value();
    started.set_value(std::move(good));
    if (go_on) {
      drain();  // what was inherited, before the first message is read
      if (!over_) su_root_run(root_);
    }
    if (index >= 0) su_root_deregister(root_, index);
    shell_ = nullptr;
  }
  su_root_destroy(root_);
  root_ = nullptr;
}

}  // namespace

std::unique_ptr<provider::Provider> make_provider(Config config, LineReader read_line) {
  return std::make_unique<SipProvider>(std::move(config), std::move(read_line));
}

std::size_t bytes_per_call() {
  return Calls::bytes_per_call();
}

}  // namespace switchhook::sip
