// SPDX-License-Identifier: Apache-2.0
// A power cut takes what the disk was not made to keep. A file system of SQLite's kind that keeps
// beside each file its content as of the last sync shows what would be left.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <string>

#include "base/mutex.hpp"
#include "daemon/store.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/unit/rpc/samples.hpp"

namespace switchhook::daemon {
namespace {

namespace fs = std::filesystem;

/// What the disk has for certain, by path.
class Disk {
 public:
  void synced(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string content((std::istreambuf_iterator<char>(in)), {});
    base::Lock lock(mutex_);
    files_[path] = std::move(content);
  }
  /// Writes what is left of a database into another folder.
  void restore(const std::string& path, const std::string& to) {
    base::Lock lock(mutex_);
    for (const char* part : {"", "-wal"}) {
      const auto found = files_.find(path + part);
      if (found == files_.end()) continue;
      std::ofstream(to + part, std::ios::binary) << found->second;
    }
  }

 private:
  base::Mutex mutex_;
  std::map<std::string, std::string> files_ SWITCHHOOK_GUARDED_BY(mutex_);
};

Disk& disk() {
  static Disk the;
  return the;
}

struct WatchedFile {
  sqlite3_file base;
  const sqlite3_io_methods* real = nullptr;
  std::string* path = nullptr;  // (owned)
};

/// The real file's object stands at the beginning of the memory that SQLite gives; what is ours
/// comes behind it.
sqlite3_vfs* real_vfs = nullptr;

WatchedFile* behind(sqlite3_file* file) {
  return reinterpret_cast<WatchedFile*>(reinterpret_cast<char*>(file) + real_vfs->szOsFile);
}

int watched_sync(sqlite3_file* file, int flags) {
  const WatchedFile* ours = behind(file);
  const int result = ours->real->xSync(file, flags);
  if (result == SQLITE_OK) disk().synced(*ours->path);
  return result;
}

int watched_close(sqlite3_file* file) {
  WatchedFile* ours = behind(file);
  const sqlite3_io_methods* real = ours->real;
  delete ours->path;
  ours->path = nullptr;
  return real->xClose(file);
}

const sqlite3_io_methods* watched_methods(const sqlite3_io_methods* real) {
  static base::Mutex mutex;
  static std::map<const sqlite3_io_methods*, sqlite3_io_methods> tables;
  base::Lock lock(mutex);
  const auto [place, made] = tables.try_emplace(real, *real);
  if (made) {
    place->second.xSync = watched_sync;
    place->second.xClose = watched_close;
  }
  return &place->second;
}

int watched_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
  const int result = real_vfs->xOpen(real_vfs, name, file, flags, out);
  if (file->pMethods == nullptr) return result;
  WatchedFile* ours = behind(file);
  ours->real = file->pMethods;
  ours->path = new std::string(name != nullptr ? name : "");
  file->pMethods = watched_methods(file->pMethods);
  return result;
}

/// From here on all databases of this process are on a watched disk.
class WatchedDisk {
 public:
  WatchedDisk() {
    real_vfs = sqlite3_vfs_find(nullptr);
    vfs_ = *real_vfs;
    vfs_.zName = "watched";
    vfs_.szOsFile = real_vfs->szOsFile + static_cast<int>(sizeof(WatchedFile));
    vfs_.xOpen = watched_open;
    vfs_.pNext = nullptr;
    EXPECT_EQ(sqlite3_vfs_register(&vfs_, 1), SQLITE_OK);
  }
  ~WatchedDisk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_vfs, 1);
  }
  WatchedDisk(const WatchedDisk&) = delete;
  WatchedDisk& operator=(const WatchedDisk&) = delete;

 private:
  sqlite3_vfs vfs_{};
};

std::size_t records_in(Store& store) {
  std::promise<std::size_t> answer;
  store.query({}, {.operator_rights = true}, [&](Result<api::RecordPage> page) {
    answer.set_value(page ? page->records.size() : 9999);
  });
  return answer.get_future().get();
}

TEST(PowerCut, TakesNothingThatTheStoreSaidWasWritten) {
  const WatchedDisk watched;
  const test::TempFolder folder;
  const std::string path = folder / "records.db";
  auto store = Store::open(path);
  ASSERT_TRUE(store);
  for (std::uint64_t i = 1; i <= 20; ++i) {
    auto record = test::filled<Record>();
    record.session = i;
    if (i % 3 == 0) (*store)->note(provider::CallRef{1000 + i}, record);
    (*store)->add(provider::CallRef{i}, record);
    if (i % 2 == 0) {
      // Written by itself, as time passes, or because somebody waits.
      if (i % 4 == 0) {
        ASSERT_TRUE((*store)->flush(std::chrono::seconds(20)));
      } else {
        ASSERT_TRUE(test::eventually([&] { return (*store)->status().waiting == 0; }));
      }
    }
    const std::string left = folder / ("left" + std::to_string(i) + ".db");
    const std::uint64_t written = (*store)->status().written;
    disk().restore(path, left);
    auto after = Store::open(left);
    ASSERT_TRUE(after) << after.error().text();
    EXPECT_GE(records_in(**after), written) << i;
    if (i % 2 == 0) {
      EXPECT_EQ((*after)->take_orphans().size(), i / 3) << i;
    }
  }
}

}  // namespace
}  // namespace switchhook::daemon
