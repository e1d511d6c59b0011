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

}  // namespace

std::uint64_t SketchLines::add(const Frame& frame, Samples::Series& series) {
  if (series.folding == Folding::none) return packer_.add(frame, series.values);
  if (series.sketch == nullptr) return add_few(frame, series.values);
  // Where memory failed the folding, there are values beside the sketch.
  const std::uint64_t left = packer_.add(frame, series.values);
  series.sketch->exact().sort();
  form_ = {&series.sketch->exact(), bins_.of(*series.sketch)};
  return left + add_form(frame, choose_highest(frame));
}

// Raw ones in the order in which they were recorded.
std::uint64_t SketchLines::add_few(const Frame& frame, std::span<const double> values) {
  few_.clear();
  few_.reserve(values.size());
  for (const double value : values) few_.add(value);
  few_.sort();
  if (few_.different() == values.size()) return packer_.add(frame, values);
  form_ = {&few_, {}};
  const int highest = choose_highest(frame);
  return highest == 0 ? packer_.add(frame, values) : add_form(frame, highest);
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
  form_.exact->each([&](const ValueCount& one) {
    largest = std::max(largest, std::fabs(one.value));
    count += static_cast<double>(one.count);
  });
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
