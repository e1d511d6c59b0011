#include "encode/sketch_lines.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

#include "aggregate/rate.h"

namespace pawl::encode {

using aggregate::Folding;
using aggregate::rate_of_many;
using aggregate::Samples;
using aggregate::Sketch;
using aggregate::weight_of;

namespace {

// The heaviest value: beyond 2.6e8 the Agent's bins of 16 bits overflow the 4,096 that it keeps.
constexpr std::uint64_t kMostWeight = std::uint64_t{1} << 27;

int highest_bit(std::uint64_t count) noexcept { return 63 - std::countl_zero(count | 1); }

// Gives the highest bit of a count that has a line of its own.
int highest_line(double rate) noexcept {
  return highest_bit(kMostWeight / std::min(weight_of(rate), kMostWeight));
}

// Tells whether a value may stand for samples of a bin, of which all lie in `extremes`.
bool can_stand(double value, std::int32_t key, SketchLines::Range extremes) noexcept {
  const aggregate::Place place = aggregate::place_of(value);
  return place.key == key && !place.loose && extremes.least <= value && value <= extremes.most;
}

// Gives what surely can: all but the outermost hundredth of the bin. Below the middle of the first
// bin there is no value that has its key.
SketchLines::Range inside(std::int32_t key, SketchLines::Range extremes) noexcept {
  constexpr double kHalfWidth = 0.0077;
  const double middle = aggregate::middle_of(key);
  const double most = kHalfWidth * std::fabs(middle);
  const double below = key == 1 ? -1e-8 * middle : most;
  const double above = key == -1 ? 1e-8 * middle : most;
  return {std::max(middle - below, extremes.least), std::min(middle + above, extremes.most)};
}

// Gives by how much the sum of a part can be changed while its value stays inside; a little less,
// to be safe.
double slack(double sum, double count, SketchLines::Range range) noexcept {
  const double mean = sum / count;
  return 0.9 * count * std::max(0.0, std::min(mean - range.least, range.most - mean));
}

}  // namespace

std::uint64_t SketchLines::add(const Frame& frame, Samples::Series& series) {
  if (series.folding == Folding::none) return packer_.add(frame, series.values);
  if (series.sketch == nullptr) return add_few(frame, series);
  // Where memory failed the folding, there are values beside the sketch.
  std::uint64_t left = packer_.add(frame, series.values);
  make_bins(*series.sketch);
  return left + add(frame, bins_);
}

std::uint64_t SketchLines::add_few(const Frame& frame, const Samples::Series& series) {
  make_raw(series.values);
  measure(frame, raw_);
  // Another form has a line more.
  if (raw_.bytes <= 2 * packer_.frame_bytes(frame)) return add(frame, raw_);
  make_equal(series.values);
  measure(frame, equal_);
  return add(frame, equal_.bytes < raw_.bytes ? equal_ : raw_);
}

void SketchLines::make_raw(std::span<const double> values) {
  raw_.values.clear();
  for (const double value : values) raw_.values.push_back({text_of(value), 1});
}

void SketchLines::make_equal(std::span<const double> values) {
  sorted_.assign(values.begin(), values.end());
  std::sort(sorted_.begin(), sorted_.end());
  equal_.values.clear();
  for (std::size_t i = 0; i < sorted_.size(); ++i)
    if (i != 0 && sorted_[i] == sorted_[i - 1])
      ++equal_.values.back().count;
    else
      equal_.values.push_back({text_of(sorted_[i]), 1});
}

void SketchLines::make_bins(Sketch& sketch) {
  bins_.values.clear();
  parts_.clear();
  for (const auto& [value, count] : sketch.exact().sorted())
    bins_.values.push_back({text_of(value), count});
  aggregate::ExactSum sums;
  sketch.each_bin([&](const Sketch::Bin& bin) {
    parts_.push_back({bin.key, bin.count, bin.sum, {}});
    sums.add(bin.sum);
  });
  if (parts_.empty()) return;
  take_apart(sketch.min());
  take_apart(sketch.max());
  // The heaviest first: what its rounding leaves over is less than what the next can take, and so
  // on down to nearly nothing.
  const auto heavier = [](const Part& a, const Part& b) {
    return std::fabs(a.sum) > std::fabs(b.sum);
  };
  std::sort(parts_.begin(), parts_.end(), heavier);
  const double residual = sketch.total().less(sums);
  const Range extremes{sketch.min(), sketch.max()};
  if (!choose_values(residual, extremes, Digits::few))
    choose_values(residual, extremes, Digits::all);
  for (const Part& part : parts_) bins_.values.push_back({part.text, part.count});
}

// Sends one sample of a bin as it is, so that the Agent has it for the smallest or largest.
void SketchLines::take_apart(double value) {
  const std::int32_t key = aggregate::place_of(value).key;
  const auto part =
      std::lower_bound(parts_.begin(), parts_.end(), key, [](const Part& one, std::int32_t k) {
        return one.key < k;
      });
  // The largest may be the smallest, and sent.
  if (part == parts_.end() || part->key != key) return;
  bins_.values.push_back({text_of(value), 1});
  part->sum -= value;
  --part->count;
  if (part->count == 0) parts_.erase(part);
}

// Tells whether the sum of all is that of the samples.
bool SketchLines::choose_values(double residual, Range extremes, Digits digits) {
  double all = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    double absorbed = 0;
    if (i + 1 < parts_.size()) {
      const Part& next = parts_[i + 1];
      absorbed = slack(next.sum, next.count, inside(next.key, extremes));
    }
    all += std::fabs(parts_[i].sum);
    residual = choose_value(parts_[i], parts_[i].sum + residual, {extremes, absorbed, digits});
  }
  return std::fabs(residual) <= 1e-14 * all;
}

// Gives what is left of the sum, which is at most `absorbed` where few digits are enough.
double SketchLines::choose_value(Part& part, double sum, const Wish& wish) {
  constexpr int kFewest = 2;
  constexpr int kMost = 8;
  constexpr double kRounding = 1e-15;
  const double count = part.count;
  const double mean = sum / count;
  const double most = std::max(wish.absorbed, kRounding * std::fabs(sum));
  if (wish.digits == Digits::few && has_short_decimals(mean)) {
    for (int wanted = kFewest; wanted <= kMost; ++wanted) {
      const ShortDecimal rounded = round_to(mean, wanted);
      const double left = std::fma(-count, rounded.value, sum);
      if (std::fabs(left) > most || !can_stand(rounded.value, part.key, wish.extremes)) continue;
      part.text = rounded.text;
      return left;
    }
  }
  // The mean of samples that all are the smallest, or the largest, may be rounded beyond it.
  double value = std::clamp(mean, wish.extremes.least, wish.extremes.most);
  if (!can_stand(value, part.key, wish.extremes)) {
    const Range range = inside(part.key, wish.extremes);
    value = std::min(std::max(value, range.least), range.most);
    // In the outermost hundredth there may be nothing but the extreme itself.
    value = std::clamp(value, wish.extremes.least, wish.extremes.most);
  }
  part.text = text_of(value);
  return std::fma(-count, value, sum);
}

// As if a line that goes on in the next datagram began anew there.
void SketchLines::measure(const Frame& frame, Form& form) {
  std::array<std::size_t, 64> texts{};
  for (const Weighted& one : form.values)
    for (std::uint64_t bits = one.count; bits != 0; bits &= bits - 1)
      texts[static_cast<std::size_t>(std::countr_zero(bits))] += one.text.size;
  form.bytes = 0;
  for (std::size_t bit = 0; bit < texts.size(); ++bit) {
    if (texts[bit] == 0) continue;
    Frame line = frame;
    line.rate = rate_of_many(frame.rate, std::uint64_t{1} << bit);
    const std::size_t around = packer_.frame_bytes(line);
    form.bytes += texts[bit] + around * (1 + texts[bit] / packer_.limit());
  }
}

// The lines of the heaviest values hold them more than once where there is no heavier one.
std::uint64_t SketchLines::add(const Frame& frame, const Form& form) {
  std::uint64_t most = 0;
  for (const Weighted& one : form.values) most |= one.count;
  std::uint64_t left = 0;
  const int highest = std::min(highest_line(frame.rate), highest_bit(most));
  for (int bit = 0; bit <= highest; ++bit) {
    const std::uint64_t samples = std::uint64_t{1} << bit;
    row_.clear();
    for (const Weighted& one : form.values) {
      std::uint64_t times = bit < highest ? one.count >> bit & 1 : one.count >> bit;
      for (; times != 0; --times) row_.push_back(&one.text);
    }
    if (row_.empty()) continue;
    Frame line = frame;
    line.rate = rate_of_many(frame.rate, samples);
    left += samples * packer_.add(line, row_, samples);
  }
  return left;
}

}  // namespace pawl::encode
