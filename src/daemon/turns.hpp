// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who asks next. Threads: one at a time. Ownership: by value.

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

namespace switchhook::daemon {

/// Those who ask have turns: the service and operators before all, and of users one after the other.
/// A template because questions are the store's own.
template <typename Question>
class Turns {
 public:
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::size_t of(const std::string& user) const {
    const auto found = queues_.find(user);
    return found == queues_.end() ? 0 : found->second.size();
  }
  /// @param user  empty = the service's or an operator's
  void add(const std::string& user, Question question) {
    ++count_;
    std::deque<Question>& queue = queues_[user];
    queue.push_back(std::move(question));
    if (queue.size() == 1 && !user.empty()) order_.push_back(user);
  }
  [[nodiscard]] Question& front() { return queues_[next()].front(); }
  /// The next one, and who asks.
  std::pair<std::string, Question> take() {
    std::string user = next();
    const auto at = queues_.find(user);
    Question question = std::move(at->second.front());
    at->second.pop_front();
    --count_;
    if (!user.empty()) order_.pop_front();
    if (at->second.empty())
      queues_.erase(at);
    else if (!user.empty())
      order_.push_back(user);
    return {std::move(user), std::move(question)};
  }
  /// Before the others of the same user: what is not finished.
  void put_back(const std::string& user, Question question) {
    ++count_;
    std::deque<Question>& queue = queues_[user];
    queue.push_front(std::move(question));
    if (queue.size() == 1 && !user.empty()) order_.push_back(user);
  }

 private:
  [[nodiscard]] std::string next() const {
    return queues_.contains(std::string()) ? std::string() : order_.front();
  }
  std::unordered_map<std::string, std::deque<Question>> queues_;
  std::deque<std::string> order_;  // users who have questions
  std::size_t count_ = 0;
};

}  // namespace switchhook::daemon
