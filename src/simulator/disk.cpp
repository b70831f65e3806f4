// SPDX-License-Identifier: Apache-2.0
#include "simulator/disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

namespace switchhook::simulator {
namespace {

constexpr std::size_t kPath = 512;

Disk& disk_of(sqlite3_vfs* vfs) {
  return *static_cast<Disk*>(vfs->pAppData);
}

/// In memory that SQLite gives.
struct OpenFile {
  sqlite3_file base;
  Disk* disk = nullptr;
  std::string path;
  std::shared_ptr<Disk::File> file;
  bool temporary = false;
};

OpenFile& of(sqlite3_file* file) {
  return *reinterpret_cast<OpenFile*>(file);
}

int close_file(sqlite3_file* file) {
  OpenFile& open = of(file);
  if (open.temporary) open.disk->remove(open.path);
  std::destroy_at(&open);
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* into, int size, sqlite3_int64 at) {
  OpenFile& open = of(file);
  if (open.disk->dead()) return SQLITE_IOERR_READ;
  const std::string& content = open.file->content;
  const auto from = std::min(static_cast<std::size_t>(at), content.size());
  const auto have = std::min(static_cast<std::size_t>(size), content.size() - from);
  std::memcpy(into, content.data() + from, have);
  std::memset(static_cast<char*>(into) + have, 0, static_cast<std::size_t>(size) - have);
  return have == static_cast<std::size_t>(size) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
  OpenFile& open = of(file);
  return open.disk->write(*open.file, data, static_cast<std::size_t>(size),
                          static_cast<std::uint64_t>(at));
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  return of(file).disk->truncate(*of(file).file, static_cast<std::uint64_t>(size));
}
int sync_file(sqlite3_file* file, int) {
  return of(file).disk->sync(*of(file).file);
}
int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(of(file).file->content.size());
  return SQLITE_OK;
}

int lock_file(sqlite3_file*, int) {
  return SQLITE_OK;  // nobody else is there
}
int reserved_file(sqlite3_file*, int* reserved) {
  *reserved = 0;
  return SQLITE_OK;
}
int control_file(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}
int sector_of_file(sqlite3_file*) {
  return 4096;
}
int characteristics_of_file(sqlite3_file*) {
  return 0;
}

int map_shared(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  auto& shared = of(file).file->shared;
  *out = nullptr;
  const auto wanted = static_cast<std::size_t>(region);
  if (wanted >= shared.size() && extend == 0) return SQLITE_OK;
  while (wanted >= shared.size())
    shared.push_back(std::make_unique<std::string>(static_cast<std::size_t>(size), '\0'));
  *out = shared[wanted]->data();
  return SQLITE_OK;
}
int lock_shared(sqlite3_file*, int, int, int) {
  return SQLITE_OK;
}
void barrier_shared(sqlite3_file*) {}
int unmap_shared(sqlite3_file* file, int) {
  of(file).file->shared.clear();
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {2,
                                     close_file,
                                     read_file,
                                     write_file,
                                     truncate_file,
                                     sync_file,
                                     size_of_file,
                                     lock_file,
                                     lock_file,
                                     reserved_file,
                                     control_file,
                                     sector_of_file,
                                     characteristics_of_file,
                                     map_shared,
                                     lock_shared,
                                     barrier_shared,
                                     unmap_shared,
                                     nullptr,
                                     nullptr};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
  Disk& disk = disk_of(vfs);
  file->pMethods = nullptr;
  if (disk.dead()) return SQLITE_CANTOPEN;
  const std::string path =
      name != nullptr ? name : "temporary" + std::to_string(disk.noise().next());
  std::shared_ptr<Disk::File> found = disk.file(path, (flags & SQLITE_OPEN_CREATE) != 0);
  if (!found) return SQLITE_CANTOPEN;
  auto* open = new (file) OpenFile;  // NOLINT: in SQLite's memory, destroyed by close_file()
  open->base.pMethods = &kMethods;
  open->disk = &disk;
  open->path = path;
  open->file = std::move(found);
  open->temporary = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  if (out != nullptr) *out = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int) {
  if (disk_of(vfs).dead()) return SQLITE_IOERR_DELETE;
  disk_of(vfs).remove(name);
  return SQLITE_OK;
}

int access_file(sqlite3_vfs* vfs, const char* name, int, int* out) {
  const auto found = disk_of(vfs).file(name, false);
  *out = found && !found->content.empty() ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs* vfs, int size, char* out) {
  for (int i = 0; i < size; ++i) out[i] = static_cast<char>(disk_of(vfs).noise().next());
  return size;
}
int pass_no_time(sqlite3_vfs*, int microseconds) {
  return microseconds;
}
int current_time(sqlite3_vfs*, double* out) {
  *out = 2460000.5;
  return SQLITE_OK;
}
int last_error(sqlite3_vfs*, int, char*) {
  return 0;
}

}  // namespace

Disk::Disk(Random random)
    : random_(random), noise_(random_.fork()), vfs_(std::make_unique<sqlite3_vfs>()) {
  vfs_->iVersion = 1;
  vfs_->szOsFile = static_cast<int>(sizeof(OpenFile));
  vfs_->mxPathname = static_cast<int>(kPath);
  vfs_->zName = "simulated";
  vfs_->pAppData = this;
  vfs_->xOpen = open_file;
  vfs_->xDelete = delete_file;
  vfs_->xAccess = access_file;
  vfs_->xFullPathname = full_path;
  vfs_->xRandomness = randomness;
  vfs_->xSleep = pass_no_time;
  vfs_->xCurrentTime = current_time;
  vfs_->xGetLastError = last_error;
  sqlite3_vfs_register(vfs_.get(), 1);
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_RESET);  // its own randomness begins with ours
}

Disk::~Disk() {
  sqlite3_vfs_unregister(vfs_.get());
}

std::shared_ptr<Disk::File> Disk::file(const std::string& path, bool make) {
  if (const auto found = files_.find(path); found != files_.end()) return found->second;
  if (!make) return {};
  return files_[path] = std::make_shared<File>();
}

int Disk::fails(int how) {
  if (dead_) return SQLITE_IOERR;
  if (failing_ == 0 || !random_.chance(failing_)) return SQLITE_OK;
  ++injected_;
  return how;
}

void Disk::apply(std::string& content, const File::Change& change) {
  if (change.truncates) return content.resize(change.at);
  const std::size_t end = change.at + change.data.size();
  if (content.size() < end) content.resize(end);
  content.replace(change.at, change.data.size(), change.data);
}

int Disk::write(File& file, const void* data, std::size_t size, std::uint64_t at) {
  if (const int wrong = fails(SQLITE_IOERR_WRITE); wrong != SQLITE_OK) return wrong;
  if (full_ && at + size > file.content.size()) {
    ++injected_;
    return SQLITE_FULL;
  }
  file.changes.push_back({at, std::string(static_cast<const char*>(data), size)});
  apply(file.content, file.changes.back());
  return SQLITE_OK;
}

int Disk::truncate(File& file, std::uint64_t size) {
  if (const int wrong = fails(SQLITE_IOERR_TRUNCATE); wrong != SQLITE_OK) return wrong;
  file.changes.push_back({size, {}, true});
  apply(file.content, file.changes.back());
  return SQLITE_OK;
}

int Disk::sync(File& file) {
  if (const int wrong = fails(SQLITE_IOERR_FSYNC); wrong != SQLITE_OK) return wrong;
  file.synced = file.content;
  file.changes.clear();
  return SQLITE_OK;
}

void Disk::restart(bool power_cut) {
  dead_ = full_ = false;
  failing_ = 0;
  open_.clear();
  for (auto& [path, file] : files_) {
    file->shared.clear();
    if (!power_cut) continue;
    std::string left = file->synced;
    for (File::Change& change : file->changes) {
      if (random_.chance(40)) continue;
      if (random_.chance(20) && !change.data.empty())  // torn
        change.data.resize(random_.below(change.data.size()));
      apply(left, change);
    }
    file->content = file->synced = std::move(left);
    file->changes.clear();
  }
}

// ---- the tail's files

int Disk::open(const std::string& path, std::uint64_t& size) {
  if (dead_) {
    errno = EIO;
    return -1;
  }
  open_[++last_] = file(path, true);
  size = open_[last_]->content.size();
  return last_;
}

void Disk::close(int descriptor) {
  open_.erase(descriptor);
}

std::ptrdiff_t Disk::read(int descriptor, void* into, std::size_t size, std::uint64_t at) {
  const std::string& content = open_.at(descriptor)->content;
  const std::size_t from = std::min<std::size_t>(at, content.size());
  const std::size_t have = std::min(size, content.size() - from);
  std::memcpy(into, content.data() + from, have);
  return static_cast<std::ptrdiff_t>(have);
}

/// Where it is full, half of it fits.
std::ptrdiff_t Disk::append(int descriptor, const void* data, std::size_t size) {
  File& file = *open_.at(descriptor);
  if (dead_) {
    errno = EIO;
    return -1;
  }
  const bool half = full_ && random_.chance(50);
  if (full_ || (failing_ != 0 && random_.chance(failing_))) {
    ++injected_;
    errno = full_ ? ENOSPC : EIO;
    if (!half) return -1;
    size /= 2;
  }
  file.changes.push_back({file.content.size(), std::string(static_cast<const char*>(data), size)});
  apply(file.content, file.changes.back());
  return static_cast<std::ptrdiff_t>(size);
}

void Disk::truncate(int descriptor, std::uint64_t size) {
  if (dead_) return;
  File& file = *open_.at(descriptor);
  file.changes.push_back({size, {}, true});
  apply(file.content, file.changes.back());
}

}  // namespace switchhook::simulator
