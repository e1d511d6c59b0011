#include "tools/agent_sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pawl::tools {
namespace {

using Bin = AgentSketch::Bin;
using Bins = std::vector<Bin>;

constexpr double kGamma = 1.015625;
constexpr double kLogGamma = 0.015504186535965254;    // log1p(1 / 64)
constexpr double kSmallest = 9.9418540891213681e-10;  // gamma to the power of 1 - bias
constexpr std::int32_t kBias = 1338;
constexpr std::size_t kMostBuffered = 512;

std::uint64_t saturating_sum(std::uint64_t left, std::uint64_t right) {
  const std::uint64_t sum = left + right;
  return sum < left ? std::numeric_limits<std::uint64_t>::max() : sum;
}

std::int64_t saturating_sum(std::int64_t left, std::int64_t right) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  return left > kMost - right ? kMost : left + right;
}

// Counts each key of a sorted list.
Bins tally(const std::vector<std::int32_t>& keys) {
  Bins counts;
  for (const std::int32_t key : keys) {
    if (counts.empty() || counts.back().key != key) counts.push_back({key, 0});
    ++counts.back().count;
  }
  return counts;
}

// A count joins the first bin of its key, and makes one where there is none.
Bins joined(const Bins& bins, const Bins& counts) {
  Bins runs;
  runs.reserve(bins.size() + counts.size());
  auto count = counts.begin();
  for (const Bin& bin : bins) {
    while (count != counts.end() && count->key < bin.key) runs.push_back(*count++);
    runs.push_back(bin);
    if (count == counts.end() || count->key != bin.key) continue;
    runs.back().count = saturating_sum(bin.count, count->count);
    ++count;
  }
  runs.insert(runs.end(), count, counts.end());
  return runs;
}

}  // namespace

// The polynomial is fdlibm's (e_log.c), which Go's assembly follows; the order of the operations is
// what the last bit depends on.
double go_log(double x) noexcept {
  constexpr double kHalfRootOf2 = 7.07106781186547524401e-01;
  constexpr double kLog2High = 6.93147180369123816490e-01;
  constexpr double kLog2Low = 1.90821492927058770002e-10;
  int exponent = 0;
  double fraction = std::frexp(x, &exponent);
  if (fraction <= kHalfRootOf2) {
    fraction *= 2;
    --exponent;
  }
  const double k = exponent;
  const double f = fraction - 1;
  const double s = f / (2 + f);
  const double s2 = s * s;
  const double s4 = s2 * s2;
  const double odd = s2 * (6.666666666666735130e-01 +
                           s4 * (2.857142874366239149e-01 +
                                 s4 * (1.818357216161805012e-01 + s4 * 1.479819860511658591e-01)));
  const double even = s4 * (3.999999999940941908e-01 +
                            s4 * (2.222219843214978396e-01 + s4 * 1.531383769920937332e-01));
  const double half_square = 0.5 * f * f;
  const double rest = s * (half_square + (odd + even)) + k * kLog2Low;
  return k * kLog2High - ((half_square - rest) - f);
}

double weight_of(double rate) noexcept { return rate > 0 && rate < 1 ? 1 / rate : 1; }

// From 2^63 on there is no whole number, and what the Agent makes of it depends on the processor.
std::int64_t whole_weight_of(double rate) noexcept {
  constexpr double kTooLarge = 9223372036854775808.0;
  const double weight = weight_of(rate);
  return weight < kTooLarge ? static_cast<std::int64_t>(weight)
                            : std::numeric_limits<std::int64_t>::max();
}

std::int32_t AgentSketch::key_of(double value, double (*log)(double) noexcept) noexcept {
  if (value < 0) return -key_of(-value, log);
  if (value < kSmallest) return 0;
  // Half to even, the default way to round.
  const auto key = static_cast<std::int32_t>(std::nearbyint(log(value) / kLogGamma)) + kBias;
  return std::clamp(key, 1, kInfinityKey);
}

double AgentSketch::value_of(std::int32_t key) noexcept {
  if (key < 0) return -value_of(-key);
  if (key == 0) return 0;
  if (key >= kInfinityKey) return std::numeric_limits<double>::infinity();
  return std::pow(kGamma, key - kBias);
}

void AgentSketch::Summary::insert(double value) noexcept {
  max = count == 0 ? value : std::max(max, value);
  min = count == 0 ? value : std::min(min, value);
  count = saturating_sum(count, 1);
  sum += value;
  average += (value - average) / static_cast<double>(count);
}

void AgentSketch::Summary::merge(const Summary& other) noexcept {
  if (count == 0) {
    *this = other;
    return;
  }
  max = std::max(max, other.max);
  min = std::min(min, other.min);
  count = saturating_sum(count, other.count);
  sum += other.sum;
  average +=
      (other.average - average) * static_cast<double>(other.count) / static_cast<double>(count);
}

void AgentSketch::insert(double value, double rate) {
  const std::int32_t key = key_of(value, kind_.log);
  const double weight = weight_of(rate);
  if (weight == 1) {
    summary_.insert(value);
    buffer_.push_back(key);
    if (buffer_.size() == kMostBuffered) empty_buffer();
    return;
  }
  const std::int64_t whole = whole_weight_of(rate);
  summary_.merge({whole, value, value, weight * value, value});
  empty_buffer();
  add({key, static_cast<std::uint64_t>(whole)});
}

// A value of many among thousands of bins should not copy them all.
void AgentSketch::add(const Bin& count) {
  const auto bin = std::lower_bound(
      bins_.begin(), bins_.end(), count.key, [](const Bin& each, std::int32_t key) {
        return each.key < key;
      });
  const bool is_there = bin != bins_.end() && bin->key == count.key;
  const std::uint64_t room = most_in_a_bin() - (is_there ? bin->count : 0);
  if (count.count > room || bins_.size() + (is_there ? 0 : 1) > kMostBins) {
    add(Bins{count});
  } else if (is_there) {
    bin->count += count.count;
  } else {
    bins_.insert(bin, count);
  }
}

// Bins that are one another's overflow are added up, where the Agent keeps them apart.
void AgentSketch::merge(const AgentSketch& other) {
  if (other.count() == 0) return;
  Bins counts;
  for (const Bin& bin : other.bins()) {
    if (counts.empty() || counts.back().key != bin.key) counts.push_back({bin.key, 0});
    counts.back().count = saturating_sum(counts.back().count, bin.count);
  }
  summary_.merge(other.summary_);
  empty_buffer();
  add(counts);
}

Bins AgentSketch::bins() const {
  if (buffer_.empty()) return bins_;
  AgentSketch finished = *this;
  finished.empty_buffer();
  return finished.bins_;
}

double AgentSketch::quantile(double q) const {
  const Bins bins = this->bins();
  if (bins.empty() || q <= 0) return summary_.min;
  if (q >= 1) return summary_.max;
  double total = 0;
  for (const Bin& bin : bins) total += static_cast<double>(bin.count);
  const double rank = std::nearbyint(q * (total - 1));
  double below = 0;
  for (const Bin& bin : bins) {
    const auto count = static_cast<double>(bin.count);
    below += count;
    if (below <= rank) continue;
    const double weight = (below - rank) / count;
    const double value = value_of(bin.key);
    const double low = &bin == &bins.front() ? summary_.min : value;
    return low * weight + value * kGamma * (1 - weight);
  }
  return summary_.max;
}

std::uint64_t AgentSketch::most_in_a_bin() const noexcept {
  return kind_.bits == CountBits::sixteen ? 0xffff : 0xffff'ffff;
}

void AgentSketch::empty_buffer() {
  if (buffer_.empty()) return;
  std::sort(buffer_.begin(), buffer_.end());
  add(tally(buffer_));
  buffer_.clear();
}

void AgentSketch::add(const std::vector<Bin>& counts) { bins_ = laid_out(joined(bins_, counts)); }

// The bin that is not full comes first.
void AgentSketch::append(std::vector<Bin>& to, const Bin& run) const {
  const std::uint64_t rest = run.count % most_in_a_bin();
  if (rest != 0) to.push_back({run.key, rest});
  to.insert(to.end(), run.count / most_in_a_bin(), {run.key, most_in_a_bin()});
}

// REQUIRES: runs. Lays out only what stays, so that a count without measure takes no memory without
// measure: from the highest key down, and what finds no room is counted by the lowest bin, as far
// as it goes.
Bins AgentSketch::laid_out(const Bins& runs) const {
  if (kind_.bits == CountBits::sixteen) return laid_out_as_of_old(runs);
  Bins kept;
  std::uint64_t beyond = 0;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    const std::uint64_t room = kMostBins - kept.size();
    const std::uint64_t full = std::min(run->count / most_in_a_bin(), room);
    kept.insert(kept.end(), full, {run->key, most_in_a_bin()});
    const std::uint64_t rest = run->count - full * most_in_a_bin();
    if (kept.size() == kMostBins) {
      beyond = saturating_sum(beyond, rest);
    } else if (rest != 0) {
      kept.push_back({run->key, rest});
    }
  }
  kept.back().count = std::min(saturating_sum(kept.back().count, beyond), most_in_a_bin());
  std::reverse(kept.begin(), kept.end());
  return kept;
}

// What the lowest bin kept has no room for comes before it, in bins beyond the limit.
Bins AgentSketch::laid_out_as_of_old(const Bins& runs) const {
  Bins bins;
  for (const Bin& run : runs) append(bins, run);
  if (bins.size() <= kMostBins) return bins;
  const std::size_t removed = bins.size() - kMostBins;
  Bins trimmed;
  std::uint64_t missing = 0;
  for (std::size_t i = 0; i < removed; ++i) {
    missing += bins[i].count;
    if (missing <= most_in_a_bin()) continue;
    trimmed.push_back({bins[i].key, most_in_a_bin()});
    missing -= most_in_a_bin();
  }
  Bin& lowest = bins[removed];
  const std::uint64_t taken = std::min(missing, most_in_a_bin() - lowest.count);
  lowest.count += taken;
  if (missing != taken) append(trimmed, {lowest.key, missing - taken});
  trimmed.insert(trimmed.end(), bins.begin() + static_cast<std::ptrdiff_t>(removed), bins.end());
  return trimmed;
}

}  // namespace pawl::tools
