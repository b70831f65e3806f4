// SPDX-License-Identifier: Apache-2.0
#pragma once

// The far ends of many SIP calls, on one UDP port of 127.0.0.1: called, it does what the user part
// of the address says; it can call, too. It keeps the books of a telephone that wants every call
// ended properly: in the right dialog, through the routes it asked for, once. Written for this,
// with no code of the product. Threads: its own for the wire; all functions any. Ownership: its
// socket.
//
//   silent    takes the INVITE and says nothing         proxied   answers behind two proxies that
//   trying    100 only                                            record the route
//   ring      180                                       answer    answers at once
//   deaf      answers, and never says anything again

#include <netinet/in.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.hpp"

namespace switchhook::test {

class FarEnd {
 public:
  struct Call {
    std::string call_id, behaviour;
    bool calling = false;   ///< it was placed from here
    bool answered = false;  ///< there is (or was) a dialog
    bool acknowledged = false;
    bool over = false;
    bool by_us = false;  ///< ended from here
    std::string end;     ///< "BYE", "CANCEL", or the status that refused it
    std::string reason;  ///< of that
    int ends = 0;        ///< how often it was ended, by requests that are not repetitions
    std::vector<std::string> faults;
    // The dialog.
    std::string tag, their_tag, target, branch, via, from, to, invite;
    std::uint32_t their_cseq = 0, cseq = 0, invite_cseq = 0;
    std::string bye_branch;
    bool proxied = false;
  };

  FarEnd();
  ~FarEnd();
  FarEnd(const FarEnd&) = delete;
  FarEnd& operator=(const FarEnd&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// What to dial for a behaviour.
  [[nodiscard]] std::string address(const std::string& behaviour) const;
  /// Calls a line of the daemon that listens on this port.
  void call(const std::string& line, std::uint16_t port, bool proxied = false);
  /// Hangs up all answered calls.
  void hang_up();

  [[nodiscard]] std::vector<Call> calls() const;
  /// Every call that the other side may believe in is over.
  [[nodiscard]] bool all_over() const;
  [[nodiscard]] std::size_t answered() const;
  [[nodiscard]] std::size_t over() const;

 private:
  struct Message;
  void work();
  void again();
  void take(const Message& message, const sockaddr_in& from);
  void request(const Message& message, const sockaddr_in& from);
  void response(const Message& message, const sockaddr_in& from);
  void invited(const Message& message, const sockaddr_in& from) SWITCHHOOK_REQUIRES(mutex_);
  void check(Call& call, const Message& message) const;
  void ended(Call& call, const Message& message, const std::string& how);
  void reply(const Message& to, const sockaddr_in& at, int status, const Call* call,
             bool with_body = false);
  void send(const std::string& text, const sockaddr_in& to) const;
  [[nodiscard]] std::string own() const;
  [[nodiscard]] std::string record_routes() const;

  int socket_ = -1, stop_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  mutable base::Mutex mutex_;
  std::map<std::string, Call> calls_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::map<std::string, sockaddr_in> peers_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::uint64_t numbers_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

/// A port for a daemon that goes and comes back to it: free for UDP and TCP, and none of those that
/// the system hands out, so that no other test gets it in between.
[[nodiscard]] std::uint16_t port_to_come_back_to();

}  // namespace switchhook::test
