// SPDX-License-Identifier: Apache-2.0
#pragma once

// All dialogs, whoever owns them: found by their tags, and fed one input after the other, never one
// from within another. Pure. Threads: the SIP thread. Ownership: refers to the owners of dialogs,
// which register for their kind.

#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "providers/sip/dialog/dialog.hpp"
#include "providers/sip/dialog/tombstones.hpp"
#include "providers/sip/random.hpp"

namespace switchhook::sip {

/// Who has dialogs of one kind.
class DialogOwner {
 public:
  virtual ~DialogOwner() = default;
  [[nodiscard]] virtual Dialog* find(const DialogId& id) = 0;
  /// Before anything leaves for the wire that the last input caused.
  virtual void note(const DialogId& id) = 0;
  virtual void report(const DialogId& id, usage::Output what) = 0;
  /// All of an input's reports were made.
  virtual void settle(const DialogId& id) = 0;
  /// Everything of it is over: the dialog is given back, and Finished is reported.
  virtual void finished(const DialogId& id, const usage::Finished& how) = 0;
};

class Dialogs {
 public:
  Dialogs(Random& random, Timers& timers, std::chrono::milliseconds late)
      : tombstones(late), random_(random), timers_(timers) {}
  Dialogs(const Dialogs&) = delete;
  Dialogs& operator=(const Dialogs&) = delete;

  void serve(DialogId::Of kind, DialogOwner& owner) {
    owners_[static_cast<std::size_t>(kind)] = &owner;
  }

  /// Our tag in a dialog names it, so that finding it needs no table; the random part keeps others
  /// from making one up.
  [[nodiscard]] std::string make_tag(const DialogId& id);
  /// A tag that an earlier process gave out.
  void know(const std::string& tag, const DialogId& id) { foreign_.emplace(tag, id); }
  [[nodiscard]] bool knows(const std::string& tag) const { return foreign_.contains(tag); }

  [[nodiscard]] DialogId find(std::string_view tag, const std::string& call_id);
  [[nodiscard]] Dialog* find(const DialogId& id);

  /// What is fed during `work` waits until it is done: an owner at work is not met by what comes of
  /// its work.
  template <typename Work>
  void in_turn(const Work& work) {
    const bool outer = !std::exchange(running_, true);
    work();
    if (outer) drain();
  }

  /// Feeds one input, carries out what comes of it, and what comes of that.
  void feed(const DialogId& id, usage::Input input);
  /// It is given up: nothing more is waited for.
  void give_up(const DialogId& id);

  usage::Tombstones tombstones;  ///< of those that are over
  [[nodiscard]] std::chrono::milliseconds since_epoch() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(timers_.now());
  }

 private:
  void drain();
  void run(const DialogId& id, const usage::Input& input);
  void over(const DialogId& id, const usage::Finished& how);
  [[nodiscard]] DialogOwner* owner_of(const DialogId& id) const {
    return owners_[static_cast<std::size_t>(id.of)];
  }

  Random& random_;
  Timers& timers_;
  std::array<DialogOwner*, 3> owners_{};  // (ref) by kind
  std::unordered_map<std::string, DialogId> foreign_;
  std::deque<std::pair<DialogId, usage::Input>> pending_;
  bool running_ = false;
};

}  // namespace switchhook::sip
