#include "llm/counts.h"

#include <algorithm>

#include "base/hash.h"

namespace pawl::llm {

namespace {

// What is more is a negative number that was converted, or no count of tokens.
constexpr std::uint64_t kMostTokens = 1'000'000'000'000;
constexpr std::uint64_t kMostOfACall = 1'000'000'000;
constexpr std::size_t kMostNameBytes = 119;
constexpr std::size_t kMostWordBytes = 63;

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }

}  // namespace

bool Counts::accepts_duration(double milliseconds) noexcept {
  return accept(pawl::detail::is_finite(milliseconds) && milliseconds >= 0, Refused::duration);
}

bool Counts::accepts_score(double score) noexcept {
  return accept(pawl::detail::is_finite(score), Refused::score);
}

bool Counts::accepts_usage(const Usage& usage) noexcept {
  const bool sane = usage.input <= kMostTokens && usage.output <= kMostTokens;
  return accept(sane && usage.consistent(), Refused::usage);
}

bool Counts::accepts_tokens(std::uint64_t tokens) noexcept {
  return accept(tokens <= kMostTokens, Refused::usage);
}

bool Counts::accepts_number(std::uint64_t number) noexcept {
  return accept(number <= kMostOfACall, Refused::number);
}

bool Counts::accepts_name(std::string_view name) noexcept {
  return accept(!name.empty() && name.size() <= kMostNameBytes, Refused::name);
}

std::string_view Counts::word(std::string_view text) noexcept {
  if (text.size() <= kMostWordBytes && std::none_of(text.begin(), text.end(), is_blank))
    return text;
  replace();
  return "other";
}

std::string_view Counts::error_type(std::string_view text) noexcept {
  if (!text.empty()) return word(text);
  replace();
  return "other";
}

// The names of the table need no room.
std::string_view Counts::eval_name(std::string_view name) noexcept {
  if (name == "correctness" || name == "safety" || name == "other") return name;
  const std::uint64_t hash = base::hash_bytes(name) | 1U;  // not 0
  for (Cell& known : eval_names_) {
    std::uint64_t there = known.load(std::memory_order_relaxed);
    if (there == 0 && known.compare_exchange_strong(there, hash, std::memory_order_relaxed))
      return name;
    if (there == hash) return name;
  }
  bump(evals_other_);
  return "other";
}

RecorderStats Counts::read() const noexcept {
  RecorderStats stats;
  for (std::size_t i = 0; i < kRefused; ++i)
    stats.refused[i] = refused_[i].load(std::memory_order_relaxed);
  stats.texts_cut = cut_.load(std::memory_order_relaxed);
  stats.texts_replaced = replaced_.load(std::memory_order_relaxed);
  stats.evals_other = evals_other_.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace pawl::llm
