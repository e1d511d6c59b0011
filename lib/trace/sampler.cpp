#include "trace/sampler.h"

#include <limits>
#include <utility>

#include <pawl/trace_context.h>

#include "base/hash.h"

namespace pawl::trace {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::uint64_t hash_of(std::string_view service) noexcept {
  return base::hash_bytes(service) | 1U;  // 0 is that of an empty entry
}

Sampler::Sampled sampled(std::uint64_t trace_low, double rate, Mechanism mechanism) noexcept {
  const bool kept = is_in_share(trace_low, rate);
  const bool by_user = mechanism == Mechanism::rule;
  const int priority = kept ? (by_user ? kUserKeep : kAutoKeep) : (by_user ? kUserDrop : kAutoDrop);
  return {{static_cast<std::int8_t>(priority), mechanism}, rate};
}

}  // namespace

// Goes back to the last `*` at each mismatch, and has it stand for one character more.
bool matches_glob(std::string_view pattern, std::string_view text) noexcept {
  constexpr auto kNoStar = std::string_view::npos;
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = kNoStar;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || lower(pattern[p]) == lower(text[t]))) {
      ++p;
      ++t;
    } else if (star != kNoStar) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool is_in_share(std::uint64_t trace_low, double rate) noexcept {
  constexpr std::uint64_t kFactor = 1'111'111'111'111'111'111;
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  // The largest double below 1 still gives a product that 64 bits hold.
  const auto bound =
      rate >= 1 ? kMost : static_cast<std::uint64_t>(rate * static_cast<double>(kMost));
  return trace_low * kFactor <= bound;
}

Sampler::Sampler(std::string env, std::vector<SamplingRule> rules, std::optional<double> rate)
    : env_(std::move(env)), rules_(std::move(rules)), rate_(rate) {}

Sampler::Sampled Sampler::decide(std::uint64_t trace_low,
                                 std::string_view service,
                                 std::string_view name) const noexcept {
  for (const SamplingRule& rule : rules_)
    if (matches_glob(rule.service, service) && matches_glob(rule.name, name))
      return sampled(trace_low, rule.rate, Mechanism::rule);
  if (rate_) return sampled(trace_low, *rate_, Mechanism::rule);
  if (const auto rate = agent_rate(service))
    return sampled(trace_low, *rate, Mechanism::agent_rate);
  return sampled(trace_low, 1, Mechanism::unknown);
}

std::optional<double> Sampler::agent_rate(std::string_view service) const noexcept {
  const double usual = default_rate_.load(std::memory_order_relaxed);
  const auto or_usual = [usual](double rate) {
    const double found = rate == kNone ? usual : rate;
    return found == kNone ? std::nullopt : std::optional{found};
  };
  if (services_.load(std::memory_order_acquire) == 0) return or_usual(kNone);
  const std::uint64_t hash = hash_of(service);
  for (std::size_t i = hash >> 1U;; ++i) {
    const Entry& entry = entries_[i % kEntries];
    const std::uint64_t found = entry.service.load(std::memory_order_acquire);
    if (found == hash) return or_usual(entry.rate.load(std::memory_order_relaxed));
    if (found == 0) return or_usual(kNone);
  }
}

// Null when there is no room. Half of the entries stay empty, so that a search ends.
Sampler::Entry* Sampler::entry_of(std::string_view service) noexcept {
  const std::uint64_t hash = hash_of(service);
  std::size_t i = hash >> 1U;
  for (;; ++i) {
    const std::uint64_t found = entries_[i % kEntries].service.load(std::memory_order_relaxed);
    if (found == hash) return &entries_[i % kEntries];
    if (found == 0) break;
  }
  const std::size_t known = services_.load(std::memory_order_relaxed);
  if (known == kMostServices) return nullptr;
  entries_[i % kEntries].service.store(hash, std::memory_order_release);
  services_.store(known + 1, std::memory_order_release);
  return &entries_[i % kEntries];
}

void Sampler::set_rates(const Rates& rates) noexcept {
  double usual = kNone;
  std::array<bool, kEntries> is_said{};
  for (const Rate& rate : rates) {
    if (!(rate.rate >= 0 && rate.rate <= 1)) continue;
    if (rate.service.empty() && rate.env.empty()) usual = rate.rate;
    if (rate.service.empty() || rate.env != env_) continue;
    Entry* const entry = entry_of(rate.service);
    if (entry == nullptr) continue;
    entry->rate.store(rate.rate, std::memory_order_relaxed);
    is_said[static_cast<std::size_t>(entry - entries_.data())] = true;
  }
  default_rate_.store(usual, std::memory_order_relaxed);
  for (std::size_t i = 0; i < kEntries; ++i)
    if (!is_said[i]) entries_[i].rate.store(kNone, std::memory_order_relaxed);
}

}  // namespace pawl::trace
