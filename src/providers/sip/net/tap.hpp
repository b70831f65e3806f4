// SPDX-License-Identifier: Apache-2.0
#pragma once

// Looks at each message where sofia-sip's transports give it up or take it: the one place through
// which all of them pass, those of transactions, those without, and repetitions. While nobody wants
// to see them nothing is copied. Threads: the SIP thread. Ownership: refers to the provider's parts;
// owns the sender to a collector.

#include <string>

#include "base/clock.hpp"
#include "provider/provider.hpp"
#include "providers/sip/call/calls.hpp"
#include "providers/sip/net/hep.hpp"

struct msg_s;
struct sip_s;
struct tport_s;

namespace switchhook::sip::net {

class Agent;

class Tap {
 public:
  struct Surroundings {
    const Config& config;
    provider::Sink& sink;
    const base::Clock& clock;
    Agent& agent;
    const Lines& lines;
    Dialogs& dialogs;
    Calls& calls;
  };
  explicit Tap(Surroundings around) : around_(around) {}
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  /// Opens the way to the collector, if there is one. After the agent's start. Errors: as HepSender::open().
  [[nodiscard]] Result<void> start();
  void on(const provider::Trace& trace);

  /// Entered by the transports; public for them alone.
  void seen(bool sent, msg_s* msg, const tport_s* by);

 private:
  void watch();
  void find_owner(const sip_s* sip, bool sent, provider::Traced& out) const;

  Surroundings around_;
  provider::Trace wanted_;
  HepSender collector_;
  bool watching_ = false;
};

}  // namespace switchhook::sip::net
