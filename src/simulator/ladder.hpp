// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who sent what to whom, as it happened, and as a diagram: in text for a terminal, in Mermaid for
// documents. Threads: one. Ownership: owns its lines.

#include <chrono>
#include <string>
#include <vector>

namespace switchhook::simulator {

class Ladder {
 public:
  void note(std::chrono::nanoseconds at, std::string from, std::string to, std::string what) {
    rungs_.push_back({at, std::move(from), std::move(to), std::move(what)});
  }
  /// Something that happened to one alone.
  void note(std::chrono::nanoseconds at, const std::string& who, std::string what) {
    rungs_.push_back({at, who, who, std::move(what)});
  }
  [[nodiscard]] bool empty() const { return rungs_.empty(); }

  /// The last `most` rungs. Columns: who takes part, in the order in which they first do.
  [[nodiscard]] std::string text(std::size_t most) const;
  [[nodiscard]] std::string mermaid(std::size_t most) const;

 private:
  struct Rung {
    std::chrono::nanoseconds at;
    std::string from, to, what;
  };
  [[nodiscard]] std::vector<std::string> cast(std::size_t first) const;

  std::vector<Rung> rungs_;
};

}  // namespace switchhook::simulator
