#include "encode/sketch_lines.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "aggregate/rate.h"

namespace pawl::encode {

using aggregate::Folding;
using aggregate::rate_of_many;
using aggregate::Samples;
using aggregate::Sketch;
using aggregate::ValueCount;
using aggregate::weight_of;

namespace {

// The heaviest value: beyond 2.6e8 the Agent's bins of 16 bits overflow the 4,096 that it keeps.
constexpr std::uint64_t kMostWeight = std::uint64_t{1} << 27;

int highest_bit(std::uint64_t count) noexcept { return 63 - std::countl_zero(count | 1); }

// Gives the highest bit of a count that may have a line of its own.
int highest_line(double rate) noexcept {
  return highest_bit(kMostWeight / std::min(weight_of(rate), kMostWeight));
}

Frame line_of(const Frame& frame, int bit) noexcept {
  Frame line = frame;
  line.rate = rate_of_many(frame.rate, std::uint64_t{1} << bit);
  return line;
}

// More than any number of lines has.
constexpr std::size_t kTooLong = std::numeric_limits<std::size_t>::max() / 4;

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
  if (series.sketch == nullptr) return add_few(frame, series.values);
  // Where memory failed the folding, there are values beside the sketch.
  const std::uint64_t left = packer_.add(frame, series.values);
  make_bins(*series.sketch);
  return left + add_form(frame, choose_highest(frame));
}

// Raw ones in the order in which they were recorded.
std::uint64_t SketchLines::add_few(const Frame& frame, std::span<const double> values) {
  count_equal(values);
  if (equal_.size() == values.size()) return packer_.add(frame, values);
  form_.exact = equal_;
  form_.binned.clear();
  const int highest = choose_highest(frame);
  return highest == 0 ? packer_.add(frame, values) : add_form(frame, highest);
}

void SketchLines::count_equal(std::span<const double> values) {
  sorted_.assign(values.begin(), values.end());
  std::sort(sorted_.begin(), sorted_.end());
  equal_.clear();
  for (std::size_t i = 0; i < sorted_.size(); ++i)
    if (i != 0 && sorted_[i] == sorted_[i - 1])
      ++equal_.back().count;
    else
      equal_.push_back({sorted_[i], 1});
}

void SketchLines::make_bins(Sketch& sketch) {
  form_.exact = sketch.exact().sorted();
  form_.binned.clear();
  parts_.clear();
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
  for (const Part& part : parts_) form_.binned.push_back({part.text, part.count});
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
  form_.binned.push_back({text_of(value), 1});
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

// By the bits of counts.
SketchLines::Rows SketchLines::measure() const noexcept {
  Rows rows{};
  form_.each([&rows](const auto& one) {
    const std::size_t size = text(one).size;
    for (std::uint64_t bits = one.count; bits != 0; bits &= bits - 1) {
      Row& row = rows[static_cast<std::size_t>(std::countr_zero(bits))];
      row.bytes += size;
      row.longest = std::max(row.longest, size);
    }
  });
  return rows;
}

// Where the sum may be infinite, it hangs on the order of samples, and on no product being so. What
// is in bins is below 4.2e211.
bool SketchLines::may_be_weighted(double rate) const noexcept {
  double largest = 0;
  double count = 0;
  for (const ValueCount& one : form_.exact) {
    largest = std::max(largest, std::fabs(one.value));
    count += static_cast<double>(one.count);
  }
  return std::isfinite(2 * largest * count / rate);
}

// Gives the bit whose line takes all that is heavier, so that bytes are fewest. Where values do not
// fit even raw, raw leaves out the fewest.
int SketchLines::choose_highest(const Frame& frame) {
  const Rows rows = measure();
  // With all that is heavier: half as often in the line of twice the weight.
  Rows tops = rows;
  for (std::size_t bit = tops.size() - 1; bit-- > 0;) {
    tops[bit].bytes += 2 * tops[bit + 1].bytes;
    tops[bit].longest = std::max(tops[bit].longest, tops[bit + 1].longest);
  }
  const int most = may_be_weighted(frame.rate) ? highest_line(frame.rate) : 0;
  int best = 0;
  std::size_t fewest = kTooLong;
  std::size_t below = 0;
  for (int bit = 0; bit <= most && below < kTooLong; ++bit) {
    const auto at = static_cast<std::size_t>(bit);
    if (tops[at].bytes == 0) break;
    const std::size_t around = packer_.frame_bytes(line_of(frame, bit));
    const std::size_t bytes = below + bytes_of(tops[at], around);
    if (bytes < fewest) best = bit;
    fewest = std::min(fewest, bytes);
    below += bytes_of(rows[at], around);
  }
  return best;
}

// As if a line began with a datagram.
std::size_t SketchLines::bytes_of(const Row& row, std::size_t around) const noexcept {
  if (row.bytes == 0) return 0;
  if (around + row.longest > packer_.limit()) return kTooLong;
  const std::size_t room = packer_.limit() - around;
  return row.bytes + around * ((row.bytes + room - 1) / room);
}

std::uint64_t SketchLines::add_form(const Frame& frame, int highest) {
  std::uint64_t left = 0;
  for (int bit = 0; bit <= highest; ++bit) {
    const std::uint64_t samples = std::uint64_t{1} << bit;
    const Frame line = line_of(frame, bit);
    form_.each([&](const auto& one) {
      std::uint64_t times = bit < highest ? one.count >> bit & 1 : one.count >> bit;
      if (times == 0) return;
      for (const ValueText written = text(one); times != 0; --times) {
        if (row_.size() == kMostInRow) left += add_row(line, samples);
        row_.push_back(written);
      }
    });
    left += add_row(line, samples);
  }
  return left;
}

std::uint64_t SketchLines::add_row(const Frame& line, std::uint64_t samples) {
  if (row_.empty()) return 0;
  const std::uint64_t left = samples * packer_.add(line, row_, samples);
  row_.clear();
  return left;
}

}  // namespace pawl::encode
