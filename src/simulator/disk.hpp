// SPDX-License-Identifier: Apache-2.0
#pragma once

// A simulated disk: SQLite's files through a VFS of its own, and the tail's. It can be full, fail,
// and stop with its process; after a power cut it has what was synced, and any part of what was not.
// While it exists, SQLite puts all databases of this process on it. Threads:
// one. Ownership: it outlives all that is open on it.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/tail.hpp"
#include "simulator/random.hpp"

struct sqlite3_vfs;

namespace switchhook::simulator {

class Disk final : public daemon::Files {
 public:
  explicit Disk(Random random);
  ~Disk() override;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  /// Nothing more fits on it. @param full  false: again
  void full(bool full) { full_ = full; }
  [[nodiscard]] bool full() const { return full_; }
  /// So many percent of what is written to it fail. (How much is read depends on caches.)
  void failing(unsigned percent) { failing_ = percent; }

  /// Its process is dead: what it still asks for is not done.
  void die() { dead_ = true; }
  [[nodiscard]] bool dead() const { return dead_; }
  /// The next process opens its files. @param power_cut  the machine died, too
  void restart(bool power_cut);
  /// What failed because of full() and failing().
  [[nodiscard]] std::uint64_t injected() const { return injected_; }

  // ---- the tail's files

  [[nodiscard]] int open(const std::string& path, std::uint64_t& size) override;
  void close(int descriptor) override;
  [[nodiscard]] std::ptrdiff_t read(int descriptor, void* into, std::size_t size,
                                    std::uint64_t at) override;
  [[nodiscard]] std::ptrdiff_t append(int descriptor, const void* data, std::size_t size) override;
  void truncate(int descriptor, std::uint64_t size) override;

  // ---- for SQLite's functions

  struct File {
    std::string content, synced;
    struct Change {
      std::uint64_t at = 0;
      std::string data;
      bool truncates = false;  ///< to `at`
    };
    std::vector<Change> changes;                       ///< since the last sync
    std::vector<std::unique_ptr<std::string>> shared;  ///< regions of shared memory
  };
  [[nodiscard]] std::shared_ptr<File> file(const std::string& path, bool make);
  void remove(const std::string& path) { files_.erase(path); }
  /// SQLITE_OK or another result of its.
  [[nodiscard]] int write(File& file, const void* data, std::size_t size, std::uint64_t at);
  [[nodiscard]] int truncate(File& file, std::uint64_t size);
  [[nodiscard]] int sync(File& file);
  [[nodiscard]] int fails(int how);
  [[nodiscard]] Random& noise() { return noise_; }

 private:
  static void apply(std::string& content, const File::Change& change);

  Random random_;  // for faults
  Random noise_;   // for SQLite
  std::map<std::string, std::shared_ptr<File>> files_;
  std::map<int, std::shared_ptr<File>> open_;
  int last_ = 0;
  bool dead_ = false, full_ = false;
  unsigned failing_ = 0;
  std::uint64_t injected_ = 0;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace switchhook::simulator
