// SPDX-License-Identifier: Apache-2.0
#pragma once

// What was noted and is not in the database yet, in two files beside it, so that the sudden death
// of the process loses nothing: an entry is with the kernel when append() returns. Entries go to
// one file until turn(), then to the other; forget() empties the one before. A torn entry ends a
// file; a damaged one within it is passed over. Threads: one at a time. Ownership: owns its descriptors.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rpc/codec.hpp"
#include "switchhook/error.hpp"

namespace switchhook::daemon {

struct TailEntry {
  enum class Kind : std::uint8_t {
    recovery = 1,  ///< of a call: what ends it at its far end
    session,       ///< of a call: its record so far
    done,          ///< of a call: its record; the call is over
    make_failed,   ///< there never was such a call
    amended,       ///< a record again, with the times of release
  };
  Kind kind = Kind::session;
  std::uint64_t sequence = 0;  ///< counts up, across files and starts
  std::uint32_t boot = 0;      ///< the start of the service that the call belongs to
  std::uint64_t call = 0;      ///< the provider's or the engine's number for it
  std::string provider, line, provider_call_id, recovery;
  std::uint8_t direction = 0;
  rpc::Bytes record;  ///< schema/switchhook.fbs, StoredRecord
};

/// Where the files are: the kernel's own file system, or a simulation's.
class Files {
 public:
  virtual ~Files() = default;
  /// Opens or makes one, to append to. -1: not possible, errno says why; EMLINK: it has another name,
  /// or is no file: who set it there wants that written to, not this.
  [[nodiscard]] virtual int open(const std::string& path, std::uint64_t& size) = 0;
  virtual void close(int descriptor) = 0;
  /// How much was read or written; -1 with errno.
  [[nodiscard]] virtual std::ptrdiff_t read(int descriptor, void* into, std::size_t size,
                                            std::uint64_t at) = 0;
  [[nodiscard]] virtual std::ptrdiff_t append(int descriptor, const void* data,
                                              std::size_t size) = 0;
  virtual void truncate(int descriptor, std::uint64_t size) = 0;
};
[[nodiscard]] Files& system_files();

class Tail {
 public:
  static constexpr std::uint64_t kBytesMax = 256u << 20;  ///< of one file

  /// Opens or makes `path`-tail0 and -tail1. Errors: in words.
  /// @param files  outlives it
  [[nodiscard]] static Result<Tail> open(const std::string& path, Files& files = system_files());
  ~Tail();
  Tail(Tail&& other) noexcept;
  Tail& operator=(Tail&&) = delete;

  /// What an earlier process left, in the order of its numbers.
  /// @param damage  gets in words what could not be read though more came after it; null = nobody asks
  [[nodiscard]] std::vector<TailEntry> read(std::vector<std::string>* damage = nullptr) const;
  /// Errors: failed: in the system's words, or because the file is full; nothing was appended.
  [[nodiscard]] Result<void> append(const TailEntry& entry);
  /// Further entries go to the other file, which has to be empty.
  void turn();
  /// What was appended before the turn is not needed any more.
  void forget();
  /// Nothing of what was there is needed any more.
  void clear();

 private:
  struct File {
    std::string path;
    int descriptor = -1;
    std::uint64_t size = 0;
  };
  explicit Tail(Files& files) : system_(&files) {}
  void empty(File& file);
  void read_file(const File& file, std::vector<TailEntry>& out,
                 std::vector<std::string>* damage) const;

  Files* system_;  // (ref)

  std::array<File, 2> files_;
  std::size_t current_ = 0;
  rpc::Bytes scratch_;
};

}  // namespace switchhook::daemon
