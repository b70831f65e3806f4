// SPDX-License-Identifier: Apache-2.0
// Answers every call of a line with callbacks, lets the caller dial digits ('#' hangs up), and
// hangs up after some seconds: answering_machine [LINE] [SECONDS] [CALLS] Shows: callbacks,
// sessions kept by the program, releasing a session inside its own callback.
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <switchhook/switchhook.hpp>

using namespace switchhook;

namespace {

/// The calls of the machine. The callbacks run on the application's dispatch thread, so only what
/// main() looks at needs the mutex.
class Machine {
 public:
  explicit Machine(std::chrono::seconds patience) : patience_(patience) {}

  void take(Session session) {
    const std::uint64_t id = session.id();
    std::cout << "call from " << caller(session) << '\n';
    Session& kept = sessions_[id] = std::move(session);
    if (auto on = kept.monitor_digits(); !on)
      std::cout << "no digits: " << on.error().text() << '\n';
    if (auto answered = kept.answer(); !answered)
      std::cout << "not answered: " << answered.error().text() << '\n';
    // The callback keeps nothing but the machine, which outlives the application.
    if (auto set = kept.on_event(
            [this](SessionView view, const SessionEvent& event) { handle(view, event); });
        !set) {
      sessions_.erase(id);  // gone already
      count();
    }
  }

  /// Waits until `calls` are over, dropping those that last too long; 0 = for ever.
  void run(std::uint64_t calls) {
    std::unique_lock lock(mutex_);
    while (calls == 0 || over_ < calls) {
      changed_.wait_for(lock, std::chrono::milliseconds(100));
      for (auto at = talking_.begin(); at != talking_.end();) {
        if (std::chrono::steady_clock::now() < at->second.second) {
          ++at;
          continue;
        }
        SessionView view = at->second.first;
        at = talking_.erase(at);
        lock.unlock();
        if (auto dropped = view.drop(); !dropped) std::cout << dropped.error().text() << '\n';
        lock.lock();
        at = talking_.begin();
      }
    }
  }

 private:
  static std::string caller(const SessionBase& session) {
    auto record = session.record();
    return record ? record->parties.calling.address : "?";
  }

  void handle(SessionView view, const SessionEvent& event) {
    if (event.kind == SessionEvent::Kind::digit) {
      std::cout << "digit " << event.digit << std::endl;
      if (event.digit == '#' && !view.drop()) std::cout << "the call had ended\n";
    }
    if (event.kind == SessionEvent::Kind::state && event.state == CallState::connected) {
      std::lock_guard lock(mutex_);
      talking_[view.id()] = {view, std::chrono::steady_clock::now() + patience_};
    }
    const bool gone = event.kind == SessionEvent::Kind::gone;
    if (!gone && !event.cause) return;
    if (auto record = view.wait_for_record(std::chrono::seconds(10)))
      std::cout << to_text(*record) << std::flush;
    {
      std::lock_guard lock(mutex_);
      talking_.erase(view.id());
    }
    if (sessions_.erase(view.id()) > 0) count();  // destroys the Session: released
  }

  void count() {
    std::lock_guard lock(mutex_);
    ++over_;
    changed_.notify_all();
  }

  const std::chrono::seconds patience_;
  std::map<std::uint64_t, Session> sessions_;  // dispatch thread only
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, std::pair<SessionView, std::chrono::steady_clock::time_point>> talking_;
  std::uint64_t over_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Machine machine(std::chrono::seconds(argc > 2 ? std::atoi(argv[2]) : 10));
  auto application = Application::connect("answering_machine");
  if (!application) return std::cerr << application.error().text() << '\n', 1;
  auto line = application->open_line(argc > 1 ? argv[1] : "bob", Privilege::owner);
  if (!line) return std::cerr << line.error().text() << '\n', 1;
  if (auto set = line->on_call([&machine](Session session) { machine.take(std::move(session)); });
      !set)
    return std::cerr << set.error().text() << '\n', 1;
  std::cout << "waiting for calls on line " << line->info().name << std::endl;
  machine.run(argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0);
}
