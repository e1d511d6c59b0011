#include "encode/bin_values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace pawl::encode {

using aggregate::Bounds;
using aggregate::Sketch;

namespace {

// Gives by how much the sum of a part can be changed while its value stays in the bin.
double slack(double sum, double count, const Bounds& bounds) noexcept {
  const double mean = sum / count;
  return count * std::max(0.0, std::min(mean - bounds.least, bounds.most - mean));
}

// Gives a number of the fewest digits, near one of two if it can be.
std::optional<ShortDecimal> short_in(const Bounds& bounds, std::array<double, 2> wished) noexcept {
  constexpr int kFewest = 2;
  constexpr int kMost = 8;
  for (double& wish : wished) {
    wish = std::min(std::max(wish, bounds.least), bounds.most);
    if (!has_short_decimals(wish)) return {};
  }
  for (int digits = kFewest; digits <= kMost; ++digits)
    for (const double wish : wished) {
      const ShortDecimal rounded = round_to(wish, digits);
      if (bounds.least <= rounded.value && rounded.value <= bounds.most) return rounded;
    }
  return {};
}

}  // namespace

std::span<const Weighted> BinValues::of(const Sketch& sketch) {
  values_.clear();
  parts_.clear();
  sketch.each_bin([&](const Sketch::Bin& bin) {
    const Bounds bounds = aggregate::bounds_of(bin.key);
    const double least = std::max(bounds.least, sketch.min());
    parts_.push_back({bin.key, bin.count, {least, std::min(bounds.most, sketch.max())}, 0, 0});
  });
  if (parts_.empty()) return {};
  aggregate::ExactSum total = sketch.total();
  for (const double extreme : {sketch.min(), sketch.max()})
    if (take_apart(extreme)) total.add(-extreme);
  extremes_ = values_.size();
  if (!choose_whole(total)) choose(total);
  return values_;
}

// Sends one sample of a bin as it is, so that the Agent has it for the smallest or largest. Tells
// whether it was there: the largest may be the smallest, and sent.
bool BinValues::take_apart(double value) {
  const std::int32_t key = aggregate::place_of(value).key;
  const auto part =
      std::lower_bound(parts_.begin(), parts_.end(), key, [](const Part& one, std::int32_t k) {
        return one.key < k;
      });
  if (part == parts_.end() || part->key != key) return false;
  values_.push_back({text_of(value), 1});
  --part->count;
  if (part->count == 0) parts_.erase(part);
  return true;
}

// Whole numbers below 64 are alone in their bins. Tells whether they give the sum of the samples,
// which then most likely were such.
bool BinValues::choose_whole(const aggregate::ExactSum& total) {
  aggregate::ExactSum sums;
  for (const Part& part : parts_) {
    const auto [least, most] = part.bounds;
    const double value = std::nearbyint((least + most) / 2);
    if (value < least || value > most) return false;
    values_.push_back({text_of(value), part.count});
    sums.add(part.count * value);
  }
  return total.less(sums) == 0;
}

// The heaviest first: what its rounding leaves over is less than what the others can take, and so
// on down to nearly nothing.
void BinValues::choose(const aggregate::ExactSum& total) {
  const double residual = spread(total);
  const auto heavier = [](const Part& a, const Part& b) {
    return std::fabs(a.sum) > std::fabs(b.sum);
  };
  std::sort(parts_.begin(), parts_.end(), heavier);
  add_up_slack();
  if (!choose(residual, Digits::few)) choose(residual, Digits::all);
}

// Puts the values of all bins at the same share of their width, so that the sum is that of the
// samples, which lie in the same bins. Gives what rounding leaves over. Zeros are zero, unless
// numbers next to it are all that there is.
double BinValues::spread(const aggregate::ExactSum& total) {
  constexpr double kRounding = 1e-13;
  const auto zero =
      std::find_if(parts_.begin(), parts_.end(), [](const Part& part) { return part.key == 0; });
  if (zero != parts_.end() && zero->bounds.least <= 0 && zero->bounds.most >= 0) {
    const Bounds wider = std::exchange(zero->bounds, {0, 0});
    const double share = share_of(total);
    if (share < -kRounding || share > 1 + kRounding) zero->bounds = wider;
  }
  const double share = std::clamp(share_of(total), 0.0, 1.0);
  aggregate::ExactSum sums;
  for (Part& part : parts_) {
    const auto [least, most] = part.bounds;
    part.sum = part.count * std::lerp(least, most, share);
    sums.add(part.sum);
  }
  return total.less(sums);
}

double BinValues::share_of(const aggregate::ExactSum& total) const noexcept {
  aggregate::ExactSum least;
  double width = 0;
  for (const Part& part : parts_) {
    least.add(part.count * part.bounds.least);
    width += part.count * (part.bounds.most - part.bounds.least);
  }
  const double rest = total.less(least);
  return rest == 0 ? 0 : rest / width;
}

// Of what those behind can take, an eighth is left to them: with more the last ones would be pushed
// to the ends of their bins, where few digits are rare. Measured over latencies, costs and tokens.
void BinValues::add_up_slack() noexcept {
  constexpr double kPart = 0.125;
  double behind = 0;
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
    part->absorbed = kPart * behind;
    behind += slack(part->sum, part->count, part->bounds);
  }
}

// Tells whether the sum of all is that of the samples.
bool BinValues::choose(double residual, Digits digits) {
  double all = 0;
  values_.resize(extremes_);
  for (const Part& part : parts_) {
    all += std::fabs(part.sum);
    residual = choose_for(part, residual, digits);
  }
  return std::fabs(residual) <= 1e-14 * all;
}

// Gives what is left of the sum: where few digits are wished, as much as those behind can take.
double BinValues::choose_for(const Part& part, double residual, Digits digits) {
  constexpr double kRounding = 1e-15;
  const double count = part.count;
  const double sum = part.sum + residual;
  const double most = std::max(part.absorbed, kRounding * std::fabs(sum)) / count;
  const double mean = std::clamp(sum / count, part.bounds.least, part.bounds.most);
  const Bounds bounds{std::max(part.bounds.least, sum / count - most),
                      std::min(part.bounds.most, sum / count + most)};
  const auto found =
      digits == Digits::few ? short_in(bounds, {part.sum / count, mean}) : std::nullopt;
  values_.push_back({found ? text_of(*found) : text_of(mean), part.count});
  return std::fma(-count, found ? found->value : mean, sum);
}

}  // namespace pawl::encode
