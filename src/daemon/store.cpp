// SPDX-License-Identifier: Apache-2.0
#include "daemon/store.hpp"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "daemon/database.hpp"
#include "rpc/platform.hpp"

namespace switchhook::daemon {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 1000;
constexpr std::size_t kQuestions = 1024;
constexpr std::chrono::milliseconds kRetryFirst{100}, kRetryLast{5000};
constexpr std::chrono::milliseconds kLastAttempt{1000};

struct Question {
  api::RecordQuery query;
  Store::Who who;
  Store::Answer answer;
  std::uint64_t after = 0;  ///< so many records were added before it; it sees them
};

}  // namespace

class Store::Impl {
 public:
  Impl(const std::string& path, Database database, rpc::platform::FileLock lock)
      : database_(std::move(database)), lock_(std::move(lock)) {
    status_.path = path;
    const rpc::platform::SignalShield shield;
    thread_ = std::thread([this] { work(); });
  }
  ~Impl() {
    static_cast<void>(flush(kLastAttempt));
    {
      base::Lock lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void add(Row row) {
    {
      base::Lock lock(mutex_);
      if (waiting() >= limits::kRecordsUnwritten) {
        ++status_.lost;
        return;
      }
      rows_.push_back(std::move(row));
      ++added_;
    }
    wake_.notify_one();
  }

  /// False when too many wait; the question is then left untouched.
  bool ask(Question& question) {
    {
      base::Lock lock(mutex_);
      if (questions_.size() >= kQuestions) return false;
      question.after = added_;
      questions_.push_back(std::move(question));
    }
    wake_.notify_one();
    return true;
  }

  bool flush(std::chrono::milliseconds wait) {
    const auto deadline = Clock::now() + wait;
    base::Lock lock(mutex_);
    retry_at_ = {};  // at once, not when its time has come
    wake_.notify_one();
    while (waiting() != 0)
      if (progress_.wait_until(mutex_, deadline) == std::cv_status::timeout) return waiting() == 0;
    return true;
  }

  Status status() const {
    base::Lock lock(mutex_);
    Status status = status_;
    status.waiting = waiting();
    return status;
  }
  std::uint32_t first_generation() const { return first_generation_; }

 private:
  [[nodiscard]] std::uint64_t waiting() const SWITCHHOOK_REQUIRES(mutex_) {
    return added_ - status_.written;
  }

  void work() {
    mutex_.lock();
    while (true) {
      const bool in_trouble = !status_.trouble.empty();
      if (waiting() != 0 && (!in_trouble || Clock::now() >= retry_at_)) {
        write_batch();
      } else if (!questions_.empty() &&
                 (in_trouble || questions_.front().after <= status_.written)) {
        answer();
      } else if (stopping_) {
        break;  // what could not be written by now is lost with this process
      } else if (waiting() != 0) {
        wake_.wait_until(mutex_, retry_at_);
      } else {
        wake_.wait(mutex_);
      }
    }
    mutex_.unlock();
  }

  void write_batch() SWITCHHOOK_REQUIRES(mutex_) {
    while (batch_.size() < kBatch && !rows_.empty()) {
      batch_.push_back(std::move(rows_.front()));
      rows_.pop_front();
    }
    mutex_.unlock();
    const Result<void> written = database_.write(batch_);
    mutex_.lock();
    if (written) {
      status_.written += batch_.size();
      status_.trouble.clear();
      batch_.clear();
      retry_after_ = kRetryFirst;
    } else {
      ++status_.failed_writes;
      status_.trouble = written.error().context;
      retry_at_ = Clock::now() + retry_after_;
      retry_after_ = std::min(retry_after_ * 2, kRetryLast);
      if (stopping_) retry_at_ = Clock::time_point::max();
    }
    progress_.notify_all();
  }

  void answer() SWITCHHOOK_REQUIRES(mutex_) {
    const Question question = std::move(questions_.front());
    questions_.pop_front();
    mutex_.unlock();
    question.answer(database_.read(question.query, question.who));
    mutex_.lock();
  }

  Database database_;  // the thread's
  const std::uint32_t first_generation_ = database_.first_generation();
  const rpc::platform::FileLock lock_;
  std::vector<Row> batch_;  // the thread's: being written, or to be tried again
  std::chrono::milliseconds retry_after_ = kRetryFirst;

  mutable base::Mutex mutex_;
  base::Condition wake_, progress_;
  std::deque<Row> rows_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::deque<Question> questions_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::uint64_t added_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  Clock::time_point retry_at_ SWITCHHOOK_GUARDED_BY(mutex_){};
  bool stopping_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  Status status_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::thread thread_;  // last: begins when all else is there
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) {
    fs::create_directories(folder, error);
    if (error) return Error{Errc::failed, "store " + path + ": " + error.message()};
  }
  Result<rpc::platform::FileLock> lock =
      rpc::platform::FileLock::take(path + ".lock", std::chrono::milliseconds(0));
  if (!lock && lock.error().code == Errc::timed_out)
    return Error{Errc::resource_unavailable,
                 "store " + path + " is in use by another switchhookd; name another by --store"};
  if (!lock) return Error{Errc::failed, "store: " + lock.error().text()};
  Result<Database> database = Database::open(path);
  if (!database) return Error{database.error().code, "store " + database.error().context};
  auto impl = std::make_unique<Impl>(path, std::move(*database), std::move(*lock));
  return std::unique_ptr<Store>(new Store(std::move(impl)));  // NOLINT: private constructor
}

void Store::add(const Record& record) {
  impl_->add(row_of(record));
}

void Store::query(api::RecordQuery query, Who who, Answer answer) {
  Question question{std::move(query), std::move(who), std::move(answer)};
  if (!impl_->ask(question)) question.answer(Error{Errc::overloaded, "too many questions wait"});
}

bool Store::flush(std::chrono::milliseconds wait) {
  return impl_->flush(wait);
}
Store::Status Store::status() const {
  return impl_->status();
}
std::uint32_t Store::first_generation() const {
  return impl_->first_generation();
}

}  // namespace switchhook::daemon
