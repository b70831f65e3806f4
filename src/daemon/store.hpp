// SPDX-License-Identifier: Apache-2.0
#pragma once

// The records of ended sessions and the journal of those that live, in SQLite. One thread writes,
// in batches, and answers questions, in the order in which they came; the functions that take
// something in only queue it, after handing it to the kernel (tail.hpp), so that the death of this
// process loses nothing. What cannot be written (a full disk, a locked file) is kept and tried
// again. Threads: open() and the destructor the owner's, all else any. Ownership: the store owns
// its thread and its database.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/messages.hpp"
#include "base/clock.hpp"
#include "base/limits.hpp"
#include "provider/provider.hpp"

namespace switchhook::daemon {

class Files;

class Store {
 public:
  struct Status {
    std::string path;
    std::uint64_t written = 0;                 ///< since it was opened
    std::uint64_t waiting = 0;                 ///< not written yet
    std::uint64_t failed_writes = 0;           ///< attempts, of a batch each
    std::uint64_t lost = 0;                    ///< records that found no room in the queue
    std::vector<std::uint64_t> lost_sessions;  ///< whose they were, the first 100
    std::uint64_t retired = 0;                 ///< removed because of their age or the size
    std::string trouble;                       ///< why the last attempt failed; empty = it did not
    std::string
        unsafe;  ///< why the death of this process would lose something; empty = it would not
    std::string set_aside;  ///< the file that was found damaged; empty = none
    /// What of it was found damaged, in words that name it; all of it since it was opened.
    std::vector<std::string> damage;
    std::string clock;             ///< why nothing is removed because of its age now; empty = it is
    std::uint64_t unsent = 0;      ///< with an outbox: written, and not sent
    std::uint64_t never_sent = 0;  ///< with an outbox: removed before they were
  };
  /// Between which a process may die.
  enum class Step : std::uint8_t {
    before_note,    ///< somebody tells something
    after_note,     ///< the kernel has it
    before_commit,  ///< a batch is to be written
    after_commit,   ///< it is, and still in the tail, too
    after_forget,   ///< the tail is empty
  };
  struct Options {
    std::chrono::hours keep{0};         ///< older records are removed; 0 = never
    std::uint64_t bytes_max = 0;        ///< the oldest are removed beyond it; 0 = no limit
    bool outbox = false;                ///< records are to be sent somewhere, and wait for that
    std::function<void(Step)> at_step;  ///< called on the thread that takes the step; for tests
    /// A simulation's: its time and its files, which outlive the store. There is no thread then:
    /// run_due() does what it would do, and the folder is the owner's alone.
    const base::Clock* clock = nullptr;
    Files* files = nullptr;
    /// After a jump of the wall clock nothing is removed because of its age for so long.
    std::chrono::seconds clock_steady = limits::kClockSteady;
  };
  /// A call that an earlier process left behind.
  struct Orphan {
    std::uint32_t boot = 0;
    std::string provider;
    std::uint64_t call = 0;
    Record record;         ///< as far as it was known
    std::string recovery;  ///< empty = the provider had said nothing
  };
  /// Whose records are asked for.
  struct Who {
    std::string user;
    bool operator_rights = false;  ///< then everybody's, and before those of users
  };
  using Answer = std::function<void(Result<api::RecordPage>)>;
  /// Records that are to be sent, in the order in which they were written.
  struct Unsent {
    std::int64_t store = 0;  ///< its name, which no other store has
    std::int64_t last = 0;   ///< the number of the last one
    std::vector<Record> records;
  };

  /// Opens or makes the database, and brings an older one up to date.
  /// Errors: in words: what cannot be made, read or understood; another daemon that uses it.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const std::string& path,
                                                           Options options);
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const std::string& path) {
    return open(path, Options());
  }
  /// Tries for a short time to write what waits.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// The journal: what a provider needs to end a call, and the record so far.
  void note(const std::string& provider, const provider::Recovery& recovery);
  void note(provider::CallRef call, const Record& record);
  /// The call's record; it leaves the journal. What finds no room is counted as lost.
  void add(provider::CallRef call, const Record& record);
  /// The record again, after its holders released it.
  void amend(const Record& record);
  /// The call leaves the journal without a record.
  void forget(const std::string& provider, provider::CallRef call);

  /// The orphans that were found when it was opened; once. They stay in the journal until add().
  [[nodiscard]] std::vector<Orphan> take_orphans();
  void add(const Orphan& orphan, const Record& record);
  /// The orphan is a call of this process now, and noted as such.
  void forget(const Orphan& orphan);
  /// In the order of their numbers: the name of a line, and whether it was there or had been removed.
  using Lines = std::vector<std::pair<std::string, bool>>;
  /// The lines of earlier starts; as it was opened.
  [[nodiscard]] const Lines& lines() const { return lines_; }
  /// What the next start is to find there. Not waited for.
  void keep_lines(Lines lines);
  /// `answer` is called on the store's thread, once. Users have their turns, limits::kScanRows rows
  /// each, so that what one asks for does not keep the others waiting. Errors (in the answer):
  /// not_found: the session to go on from is not there; denied: to verify is an operator's; failed;
  /// overloaded: at once.
  void query(api::RecordQuery query, Who who, Answer answer);
  /// The records of these sessions, as far as there are, whoever asks. Otherwise as query().
  void find(std::vector<std::uint64_t> sessions, Answer answer);
  /// The next records that are to be sent, so many at most. Errors: as query().
  void unsent(std::size_t most, std::function<void(Result<Unsent>)> answer);
  /// They were sent; those after them are next. Not waited for.
  void sent(Unsent records);
  /// So many records before the last one that was sent are to be sent again; 0 changes nothing.
  /// `answer` gets the session of the last one that is not; 0 = all are. Errors: as query().
  void look_back(std::int64_t records, std::function<void(Result<std::uint64_t>)> answer);
  /// Called on the store's thread when records were written; empty = nobody.
  void on_written(std::function<void()> tell);
  /// The rows of the journal when all that was told before is written.
  struct JournalCount {
    std::uint64_t sessions = 0;  ///< of this start, that the engine has told of
    std::uint64_t orphans = 0;   ///< of earlier starts
  };
  void count_journal(std::function<void(Result<JournalCount>)> answer);
  /// Waits until all that was added is written. False when the time was not enough.
  bool flush(std::chrono::milliseconds wait);
  [[nodiscard]] Status status() const;
  /// Whether what is told survives the death of this process: Status::unsafe is empty. Cheap.
  [[nodiscard]] bool journal_kept() const;
  /// Only without a thread: does what is due. When to be called next, if nothing comes before.
  std::optional<std::chrono::nanoseconds> run_due();

  /// Sessions of this start of the service are numbered from here on, so that no number of an
  /// earlier start recurs.
  [[nodiscard]] std::uint32_t first_generation() const;

 private:
  class Impl;
  struct Question;
  void ask(std::string user, Question question);
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  std::vector<Orphan> orphans_;
  Lines lines_;
};

}  // namespace switchhook::daemon
