#pragma once

// What a recorder did not record, by reason. Rare, so one cell for all threads is enough.
//
// Threads: any.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <pawl/llm.h>

namespace pawl::llm {

class Counts {
 public:
  void refuse(Refused reason) noexcept { bump(refused_[static_cast<std::size_t>(reason)]); }
  void cut() noexcept { bump(cut_); }
  void replace() noexcept { bump(replaced_); }

  // Give whether the value can be recorded, and count it otherwise.
  bool accepts_duration(double milliseconds) noexcept;
  bool accepts_score(double score) noexcept;
  bool accepts_usage(const Usage& usage) noexcept;
  bool accepts_tokens(std::uint64_t tokens) noexcept;
  // What a call tells of: some tokens, retries or chunks.
  bool accepts_number(std::uint64_t number) noexcept;
  bool accepts_name(std::string_view name) noexcept;
  // Gives what stands for an error type or a finish reason: itself when it is a word.
  std::string_view word(std::string_view text) noexcept;
  // The same, where something has to stand.
  std::string_view error_type(std::string_view text) noexcept;
  // Gives under which name an eval is recorded: its own, of as many as there is room for.
  std::string_view eval_name(std::string_view name) noexcept;

  RecorderStats read() const noexcept;

 private:
  using Cell = std::atomic<std::uint64_t>;
  static void bump(Cell& cell) noexcept { cell.fetch_add(1, std::memory_order_relaxed); }
  bool accept(bool good, Refused otherwise) noexcept {
    if (!good) refuse(otherwise);
    return good;
  }

  std::array<Cell, kRefused> refused_{};
  Cell cut_{0};
  Cell replaced_{0};
  Cell evals_other_{0};
  // Hashes of the names that were seen; 0 where there is room. Two of one hash count as one, which
  // does no harm.
  std::array<Cell, kEvalNames> eval_names_{};
};

}  // namespace pawl::llm
