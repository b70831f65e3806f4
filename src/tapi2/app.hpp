// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stands behind the handles. An App is one use of the lines by a program (lineInitializeEx):
// its attachment to the service, and the messages that wait to be taken, by lineGetMessage or by the
// dispatch thread, which calls the program back.
//
// Threads: all public functions any thread, also inside callbacks. What the attachment tells comes
// on the service's thread, in the order of the stream, and is only booked and queued. One mutex
// guards all of an App; the handle tables' and the attachment's are only taken inside it, never the
// other way round, and none is held while a callback runs or a service is waited for.
// Ownership: the handle tables and the attachment share Apps, Lines and Calls; whoever works on one
// holds a pin. What is shared in circles is let go of by shut_down().

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/attachment.hpp"
#include "tapi2/handles.hpp"
#include "tapi2/platform.hpp"
#include "tapi2/values.hpp"

namespace switchhook::tapi2 {

class App;

/// An opened line. Constant once its handle is known to anybody, but for the masks.
struct Line : client::Object {
  std::shared_ptr<App> app;
  api::LineId device = 0;
  DWORD version = 0;
  DWORD_PTR instance = 0;
  api::OpenId open;
  HLINE handle = 0;
  DWORD line_states = 0, address_states = 0;  ///< messages wanted; guarded by the App's mutex
};

/// A call as this program holds it.
struct Call : client::Object {
  std::shared_ptr<Line> line;
  api::CallId id;
  HCALL handle = 0;
  /// False while only lineGetNewCalls may hand it out: the program does not know it yet, and is not
  /// told of it. Guarded by the App's mutex.
  bool known = true;
};

class App : public std::enable_shared_from_this<App> {
 public:
  struct Settings {
    std::string name;                 ///< UTF-8; empty = the program's
    LINECALLBACK callback = nullptr;  ///< null = messages are taken by get_message()
    DWORD version = kVersion31;       ///< that the program knows
  };

  explicit App(Settings settings) : settings_(std::move(settings)) {}
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  /// Connects, and asks for the lines. Then begin() makes it known under its handle.
  LONG connect(DWORD& ret_lines);
  LONG begin(HLINEAPP& ret_handle, HANDLE& ret_event);
  LONG shut_down();

  LONG get_message(LINEMESSAGE& ret_message, DWORD timeout_ms);

  /// A command whose answer is waited for. Errors: the service's; stale_application; disconnected.
  Result<api::Value> ask(api::Command command) { return client_->call(std::move(command)); }
  template <typename T>
  Result<T> ask_for(api::Command command) {
    return client_->call_for<T>(std::move(command));
  }

  /// A command that LINE_REPLY completes. @param ret_call  written when the reply is taken.
  /// @param argument  the error for an argument that the service refuses.
  /// @param site  (the program's) where a call is made; may be null.
  LONG request(api::Command command, const Line& line, HCALL call, HCALL* ret_call, DWORD argument,
               const void* site = nullptr);

  LONG open_line(const api::OpenLine& command, DWORD_PTR instance, HLINE& ret_line);
  LONG close_line(const std::shared_ptr<Line>& line);
  LONG release(const std::shared_ptr<Call>& call);
  void want_states(Line& line, DWORD line_states, DWORD address_states);
  /// Asks for calls that the program has no handle for.
  LONG find_new_calls(const std::shared_ptr<Line>& line, const void* site);
  /// Where the program acquired the call, in words; if that is not known yet, it is here.
  std::string acquired_at(const Call& call, const void* here) {
    return client_->acquired_at(call.id, here);
  }
  [[nodiscard]] std::string words_of(const void* site) { return client_->words_of(site); }
  /// The handles found, not yet known to the program; when `take` accepts them they are known.
  template <typename Take>
  LONG hand_out_new_calls(const Line& line, Take take) {
    base::Lock lock(mutex_);
    const std::vector<HCALL> handles = unknown_calls(line);
    bool taken = false;
    const LONG result = take(handles, taken);
    if (taken) make_known(line);
    return result;
  }

 private:
  struct Message {
    LINEMESSAGE content{};
    HLINE line = 0;             ///< that it is about, 0 = none
    HCALL call = 0;             ///< that it is about, 0 = none
    HCALL* ret_call = nullptr;  ///< (the program's) where the made call's handle goes when taken
    HCALL made = 0;
  };
  /// What LINE_REPLY will be about.
  struct Pending {
    HLINE line = 0;
    DWORD_PTR instance = 0;
    HCALL call = 0;
    HCALL* ret_call = nullptr;
    const void* site = nullptr;
  };

  // The service's thread.
  void on_event(const api::Event& event);
  void on_lost(const Error& why);
  void completed(api::RequestId number, const Pending& pending, const Result<api::Value>& result);
  void book(const std::shared_ptr<Line>& line, api::OpenId open);
  void on_appeared(const api::CallAppeared& event) SWITCHHOOK_REQUIRES(mutex_);
  void on_state(const api::CallStateChanged& event) SWITCHHOOK_REQUIRES(mutex_);
  void announce(const Call& call, Privilege privilege) SWITCHHOOK_REQUIRES(mutex_);
  void on_line_changed(const api::LineChanged& event) SWITCHHOOK_REQUIRES(mutex_);
  void on_lines_added(api::LineId device) SWITCHHOOK_REQUIRES(mutex_);

  std::shared_ptr<Call> adopt(api::CallId id, const std::shared_ptr<Line>& line, bool known,
                              const void* site = nullptr) SWITCHHOOK_REQUIRES(mutex_);
  void forget(const Call& call, bool replies_too) SWITCHHOOK_REQUIRES(mutex_);
  /// The line, its calls and messages.
  void forget(const Line& line, bool messages_too) SWITCHHOOK_REQUIRES(mutex_);
  [[nodiscard]] std::vector<HCALL> unknown_calls(const Line& line) const
      SWITCHHOOK_REQUIRES(mutex_);
  void make_known(const Line& line) SWITCHHOOK_REQUIRES(mutex_);

  void tell(const Call& call, DWORD message, DWORD_PTR p1, DWORD_PTR p2, DWORD_PTR p3)
      SWITCHHOOK_REQUIRES(mutex_);
  void tell(const Line& line, DWORD message, DWORD_PTR p1, DWORD_PTR p2, DWORD_PTR p3)
      SWITCHHOOK_REQUIRES(mutex_);
  void tell(DWORD message, DWORD_PTR p1, DWORD_PTR p2, DWORD_PTR p3) SWITCHHOOK_REQUIRES(mutex_);
  void push(Message message) SWITCHHOOK_REQUIRES(mutex_);
  void thin_out() SWITCHHOOK_REQUIRES(mutex_);
  template <typename Unwanted>
  void purge(Unwanted unwanted) SWITCHHOOK_REQUIRES(mutex_) {
    if (std::erase_if(messages_, unwanted) != 0 && messages_.empty()) event_.reset();
  }
  bool take(LINEMESSAGE& ret_message) SWITCHHOOK_REQUIRES(mutex_);
  void schedule() SWITCHHOOK_REQUIRES(mutex_);
  void deliver();

  const Settings settings_;
  const std::shared_ptr<client::Attachment> client_ = client::Attachment::make();
  mutable base::Mutex mutex_;
  base::Condition arrived_;  ///< a message, or the end
  bool down_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  HLINEAPP handle_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  std::deque<Message> messages_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::size_t thin_out_at_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  /// By the service; their handles mean nothing, but to close them once the service is lost.
  std::deque<std::shared_ptr<Line>> closed_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool scheduled_ SWITCHHOOK_GUARDED_BY(mutex_) = false;  ///< the dispatch thread will deliver
  Event event_ SWITCHHOOK_GUARDED_BY(mutex_);
};

/// All Apps of this process, and what their handles mean. Lives until the process ends.
struct Process {
  HandleTable<App> apps{HandleKind::application};
  HandleTable<Line> lines{HandleKind::line};
  HandleTable<Call> calls{HandleKind::call};

  static Process& get();
};

}  // namespace switchhook::tapi2
