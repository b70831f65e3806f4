// SPDX-License-Identifier: Apache-2.0
#include "daemon/wal.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <vector>

namespace switchhook::daemon {
namespace {

// The format is SQLite's, https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
constexpr std::size_t kHead = 32, kFrameHead = 24;
constexpr std::uint32_t kMagic = 0x377f0682;  // its last bit: the sums are of big-endian words
constexpr std::uint32_t kPageLeast = 512, kPageMost = 65536;

std::uint32_t big_endian(const unsigned char* at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 |
         at[3];
}

/// The sum of the log: over all of it from its beginning, eight bytes at a time.
class Sum {
 public:
  explicit Sum(bool big) : big_(big) {}
  void add(const unsigned char* data, std::size_t size) {
    for (std::size_t i = 0; i + 8 <= size; i += 8) {
      first_ += word(data + i) + second_;
      second_ += word(data + i + 4) + first_;
    }
  }
  [[nodiscard]] bool is(const unsigned char* said) const {
    return big_endian(said) == first_ && big_endian(said + 4) == second_;
  }

 private:
  [[nodiscard]] std::uint32_t word(const unsigned char* at) const {
    if (big_) return big_endian(at);
    return std::uint32_t{at[3]} << 24 | std::uint32_t{at[2]} << 16 | std::uint32_t{at[1]} << 8 |
           at[0];
  }
  bool big_;
  std::uint32_t first_ = 0, second_ = 0;
};

bool read(std::ifstream& file, unsigned char* into, std::size_t size) {
  return static_cast<bool>(
      file.read(reinterpret_cast<char*>(into), static_cast<std::streamsize>(size)));
}

}  // namespace

std::optional<std::string> damage_of_log(const std::string& path) {
  const std::string name = path + "-wal";
  std::ifstream file(name, std::ios::binary);
  std::array<unsigned char, kHead> head{};
  if (!file || !read(file, head.data(), head.size())) return std::nullopt;  // none, or it is empty
  const std::uint32_t magic = big_endian(head.data()), page = big_endian(head.data() + 8);
  Sum sum((magic & 1) != 0);
  sum.add(head.data(), 24);
  if ((magic & ~1U) != kMagic || page < kPageLeast || page > kPageMost || !sum.is(&head[24]))
    return name + ": its beginning is damaged; nothing of it can be read";
  std::vector<unsigned char> frame(kFrameHead + page);
  std::size_t good = 0, lost = 0, lost_commits = 0;
  bool whole = true;
  while (read(file, frame.data(), frame.size())) {
    // Of an earlier round of the log: what it held is in the database.
    const bool same_round = std::equal(&frame[8], &frame[16], &head[16]);
    if (whole) {
      Sum here = sum;
      here.add(frame.data(), 8);
      here.add(&frame[kFrameHead], page);
      whole = same_round && here.is(&frame[16]);
      if (whole) {
        sum = here;
        ++good;
        continue;
      }
      if (!same_round) continue;
    }
    if (!same_round) continue;
    ++lost;
    lost_commits += big_endian(&frame[4]) != 0;
  }
  // The process or the machine may have died within a transaction: that is not damage.
  const bool damaged = lost_commits > 1 || (lost_commits == 1 && lost > 1);
  if (!damaged) return std::nullopt;
  return name + ": page " + std::to_string(good + 1) + " is damaged; the last " +
         std::to_string(lost_commits) + " transactions in it are lost";
}

}  // namespace switchhook::daemon
