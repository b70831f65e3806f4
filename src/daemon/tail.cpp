// SPDX-License-Identifier: Apache-2.0
#include "daemon/tail.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace switchhook::daemon {
namespace {

constexpr std::size_t kPrefix = 12;             // length of the rest, then its check
constexpr std::size_t kEntryLeast = 42;         // what encode() writes of an empty one
constexpr std::uint32_t kEntryMax = 64u << 20;  // no entry comes near

/// FNV-1a, 64 bits: against torn writes, not against malice; the files are the daemon's own.
std::uint64_t check_of(const std::uint8_t* data, std::size_t size) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (std::size_t i = 0; i < size; ++i) hash = (hash ^ data[i]) * 0x100000001b3u;
  return hash;
}

void put(rpc::Bytes& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
template <typename Range>
void put_range(rpc::Bytes& out, const Range& range) {
  put(out, range.size(), 4);
  out.insert(out.end(), range.begin(), range.end());
}

class Reader {
 public:
  Reader(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  std::uint64_t number(std::size_t bytes) {
    if (left_ < bytes) {
      good_ = false;
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value |= std::uint64_t{data_[i]} << (8 * i);
    skip(bytes);
    return value;
  }
  template <typename Range>
  Range range() {
    const std::size_t size = number(4);
    if (size > left_) {
      good_ = false;
      return {};
    }
    Range out(data_, data_ + size);
    skip(size);
    return out;
  }
  [[nodiscard]] bool good() const { return good_; }

 private:
  void skip(std::size_t bytes) {
    data_ += bytes;
    left_ -= bytes;
  }
  const std::uint8_t* data_;
  std::size_t left_;
  bool good_ = true;
};

void encode(const TailEntry& entry, rpc::Bytes& out) {
  out.assign(kPrefix, 0);
  put(out, static_cast<std::uint8_t>(entry.kind), 1);
  put(out, entry.sequence, 8);
  put(out, entry.boot, 4);
  put(out, entry.call, 8);
  put(out, entry.direction, 1);
  put_range(out, entry.provider);
  put_range(out, entry.line);
  put_range(out, entry.provider_call_id);
  put_range(out, entry.recovery);
  put_range(out, entry.record);
  rpc::Bytes prefix;
  put(prefix, out.size() - kPrefix, 4);
  put(prefix, check_of(out.data() + kPrefix, out.size() - kPrefix), 8);
  std::copy(prefix.begin(), prefix.end(), out.begin());
}

bool decode(const std::uint8_t* data, std::size_t size, TailEntry& entry) {
  Reader in(data, size);
  const std::uint64_t kind = in.number(1);
  if (kind < 1 || kind > static_cast<std::uint64_t>(TailEntry::Kind::amended)) return false;
  entry.kind = static_cast<TailEntry::Kind>(kind);
  entry.sequence = in.number(8);
  entry.boot = static_cast<std::uint32_t>(in.number(4));
  entry.call = in.number(8);
  entry.direction = static_cast<std::uint8_t>(in.number(1));
  entry.provider = in.range<std::string>();
  entry.line = in.range<std::string>();
  entry.provider_call_id = in.range<std::string>();
  entry.recovery = in.range<std::string>();
  entry.record = in.range<rpc::Bytes>();
  return in.good();
}

}  // namespace

namespace {

class SystemFiles final : public Files {
 public:
  int open(const std::string& path, std::uint64_t& size) override {
    const int descriptor =
        ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat status {};
    if (descriptor < 0) return -1;
    int wrong = ::fstat(descriptor, &status) != 0 ? errno : 0;
    if (wrong == 0 && (!S_ISREG(status.st_mode) || status.st_nlink != 1)) wrong = EMLINK;
    if (wrong != 0) {
      ::close(descriptor);
      errno = wrong;
      return -1;
    }
    size = static_cast<std::uint64_t>(status.st_size);
    return descriptor;
  }
  void close(int descriptor) override { ::close(descriptor); }
  std::ptrdiff_t read(int descriptor, void* into, std::size_t size, std::uint64_t at) override {
    return ::pread(descriptor, into, size, static_cast<off_t>(at));
  }
  std::ptrdiff_t append(int descriptor, const void* data, std::size_t size) override {
    return ::write(descriptor, data, size);
  }
  void truncate(int descriptor, std::uint64_t size) override {
    static_cast<void>(!::ftruncate(descriptor, static_cast<off_t>(size)));
  }
};

}  // namespace

Files& system_files() {
  static SystemFiles files;
  return files;
}

Result<Tail> Tail::open(const std::string& path, Files& files) {
  Tail tail(files);
  for (std::size_t i = 0; i < tail.files_.size(); ++i) {
    File& file = tail.files_[i];
    file.path = path + "-tail" + std::to_string(i);
    file.descriptor = files.open(file.path, file.size);
    if (file.descriptor < 0)
      return Error{Errc::failed, file.path + ": " +
                                     (errno == EMLINK ? "is no file of its own, but a link"
                                                      : std::strerror(errno))};
  }
  return tail;
}

Tail::Tail(Tail&& other) noexcept
    : system_(other.system_),
      files_(other.files_),
      current_(other.current_),
      scratch_(std::move(other.scratch_)) {
  for (File& file : other.files_) file.descriptor = -1;
}

Tail::~Tail() {
  for (const File& file : files_)
    if (file.descriptor >= 0) system_->close(file.descriptor);
}

namespace {

/// The entry that begins at `at`. @return its size with its prefix; 0 = there is none
std::size_t entry_at(const rpc::Bytes& all, std::size_t have, std::size_t at, TailEntry& entry) {
  if (have - at < kPrefix + kEntryLeast) return 0;
  Reader prefix(all.data() + at, kPrefix);
  const std::size_t size = prefix.number(4);
  const std::uint64_t check = prefix.number(8);
  const std::size_t begin = at + kPrefix;
  if (size < kEntryLeast || size > have - begin || size > kEntryMax) return 0;
  if (all[begin] < 1 || all[begin] > static_cast<std::uint8_t>(TailEntry::Kind::amended)) return 0;
  if (check_of(all.data() + begin, size) != check || !decode(all.data() + begin, size, entry))
    return 0;
  return kPrefix + size;
}

}  // namespace

void Tail::read_file(const File& file, std::vector<TailEntry>& out,
                     std::vector<std::string>* damage) const {
  rpc::Bytes all(file.size);
  std::size_t have = 0;
  while (have < all.size()) {
    const std::ptrdiff_t got =
        system_->read(file.descriptor, all.data() + have, all.size() - have, have);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  std::size_t at = 0;
  while (have > at) {
    TailEntry entry;
    std::size_t size = entry_at(all, have, at, entry);
    // What is torn has nothing behind it. What is damaged has: it is passed over.
    const std::size_t damaged_at = at;
    while (size == 0 && at - damaged_at < kEntryMax && have - at > kPrefix + kEntryLeast)
      size = entry_at(all, have, ++at, entry);
    if (size == 0) return;
    if (at != damaged_at && damage != nullptr)
      damage->push_back(file.path + ": " + std::to_string(at - damaged_at) + " bytes at " +
                        std::to_string(damaged_at) + " are damaged; what they noted is lost");
    at += size;
    out.push_back(std::move(entry));
  }
}

std::vector<TailEntry> Tail::read(std::vector<std::string>* damage) const {
  std::vector<TailEntry> out;
  for (const File& file : files_) read_file(file, out, damage);
  std::stable_sort(out.begin(), out.end(),
                   [](const TailEntry& a, const TailEntry& b) { return a.sequence < b.sequence; });
  return out;
}

Result<void> Tail::append(const TailEntry& entry) {
  File& file = files_[current_];
  encode(entry, scratch_);
  if (file.size + scratch_.size() > kBytesMax) return Error{Errc::failed, file.path + ": full"};
  // A short write is no failure: often there is room for the rest.
  std::size_t done = 0;
  int error = 0;
  while (done < scratch_.size() && error == 0) {
    const std::ptrdiff_t written =
        system_->append(file.descriptor, scratch_.data() + done, scratch_.size() - done);
    if (written > 0)
      done += static_cast<std::size_t>(written);
    else if (written == 0)
      error = ENOSPC;
    else if (errno != EINTR)
      error = errno;
  }
  if (done == scratch_.size()) {
    file.size += scratch_.size();
    return {};
  }
  if (done > 0) system_->truncate(file.descriptor, file.size);  // half an entry is none
  return Error{Errc::failed, file.path + ": " + std::strerror(error)};
}

void Tail::turn() {
  current_ = 1 - current_;
}

void Tail::empty(File& file) {
  if (file.size == 0) return;
  system_->truncate(file.descriptor, 0);
  file.size = 0;
}

void Tail::forget() {
  empty(files_[1 - current_]);
}

void Tail::clear() {
  for (File& file : files_) empty(file);
}

}  // namespace switchhook::daemon
