#include "aggregate/samples.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "aggregate/rate.h"
#include "base/hash.h"

namespace pawl::aggregate {

bool Samples::add(std::span<const detail::Sample> samples) noexcept {
  const std::size_t bytes = samples.size() * kSampleBytes;
  if (!budget_.take(bytes)) return false;
  charged_ += bytes;
  std::size_t done = 0;
  try {
    while (done < samples.size()) {
      done += add_known(samples.subspan(done));
      if (done == samples.size()) break;
      Series& series = find_or_make(samples[done]);
      if (series.values.size() == series.values.capacity()) make_room(series);
      series.values.push_back(samples[done++].value);
    }
  } catch (const std::bad_alloc&) {
    refused_ += samples.size() - done;
    recharge((samples.size() - done) * kSampleBytes, 0);
  }
  size_ += done;
  return true;
}

// Nearly all samples are of the first series of their context, which has room for them. Adds them
// up to one that is not; gives how many.
std::size_t Samples::add_known(std::span<const detail::Sample> samples) noexcept {
  const std::uint32_t* const first = first_.data();
  const std::size_t contexts = first_.size();
  Series* const all = series_.data();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const detail::Sample& sample = samples[i];
    if (sample.series >= contexts || first[sample.series] == kNone) return i;
    Series& series = all[first[sample.series]];
    if (std::bit_cast<std::uint32_t>(series.rate) != std::bit_cast<std::uint32_t>(sample.rate))
      return i;
    if (series.values.size() == series.values.capacity()) return i;
    series.values.push_back(sample.value);
  }
  return samples.size();
}

// What is to be folded has no more room than for the few, so that a full one is the only sign that
// has to be looked for.
void Samples::make_room(Series& series) {
  if (series.values.size() >= kFewSamples) fold(series);
  if (!series.values.empty() || series.values.capacity() == 0)
    series.values.reserve(std::max(kFirstRoom, 2 * series.values.capacity()));
}

std::size_t Samples::HashOfId::operator()(const Id& id) const noexcept {
  const std::uint64_t both = std::uint64_t{id.index} << 32 | std::bit_cast<std::uint32_t>(id.rate);
  return base::fold_multiply(both ^ base::process_seed(), 0x9e37'79b9'7f4a'7c15);
}

Samples::Series& Samples::find_or_make(const detail::Sample& sample) {
  if (first_.size() <= sample.series) first_.resize(sample.series + 1, kNone);
  std::uint32_t& first = first_[sample.series];
  const auto number = static_cast<std::uint32_t>(series_.size());
  if (first == kNone) {
    Series& made = make_series(sample);
    first = number;
    return made;
  }
  if (series_[first].rate == sample.rate) return series_[first];
  const auto [at, is_new] = others_.try_emplace({sample.series, sample.rate}, number);
  if (!is_new) return series_[at->second];
  try {
    make_series(sample);
  } catch (...) {
    others_.erase(at);
    throw;
  }
  series_.back().next = std::exchange(series_[first].next, number);
  recharge(0, kSeriesBytes);
  return series_.back();
}

Samples::Series& Samples::make_series(const detail::Sample& sample) {
  // Where the inverse of the rate has a fraction, no value can stand for several: the Agent counts
  // the whole part of it, and adds all of it to the sum.
  const bool folds = is_whole(rate_on_wire(sample.rate));
  const Folding folding = folds ? folding_of_(sample.series) : Folding::none;
  series_.push_back({.index = sample.series,
                     .rate = sample.rate,
                     .next = kNone,
                     .folding = folding,
                     .values = take_spare(folding),
                     .sketch = nullptr});
  return series_.back();
}

// What memory fails for stays as it is, which takes more of it, but no sample is lost to that.
void Samples::fold(Series& series) noexcept {
  if (series.folding == Folding::none) return;
  const std::size_t before = bytes_of(series);
  try {
    if (series.sketch == nullptr) series.sketch = take_spare_sketch();
    while (!series.values.empty()) fold_last(series);
  } catch (const std::bad_alloc&) {
  }
  recharge(before, bytes_of(series));
}

void Samples::finish(Series& series) noexcept {
  if (series.sketch != nullptr) fold(series);
}

// From the end, where values go without a move.
void Samples::fold_last(Series& series) {
  Sketch& sketch = *series.sketch;
  const std::size_t count = std::min(series.values.size(), Sketch::kBatch);
  if (sketch.count() + count > Sketch::kMostSamples) throw std::bad_alloc{};
  const std::span<const double> batch{series.values.data() + series.values.size() - count, count};
  if (series.folding == Folding::bins)
    sketch.add(batch);
  else
    sketch.add_exact(batch);
  series.values.resize(series.values.size() - count);
}

void Samples::recharge(std::size_t before, std::size_t after) noexcept {
  if (after < before)
    budget_.give_back(before - after);
  else
    budget_.overdraw(after - before);
  charged_ = charged_ - before + after;
}

// What is to be folded takes no more room than it may have before.
std::vector<double> Samples::take_spare(Folding folding) noexcept {
  if (spares_.empty()) return {};
  std::vector<double> spare = std::move(spares_.back());
  spares_.pop_back();
  spare_bytes_ -= spare.capacity() * sizeof(double);
  if (folding != Folding::none && spare.capacity() > kFewSamples) return {};
  return spare;
}

std::unique_ptr<Sketch> Samples::take_spare_sketch() {
  if (spare_sketches_.empty()) return std::make_unique<Sketch>();
  auto spare = std::move(spare_sketches_.back());
  spare_sketches_.pop_back();
  spare_bytes_ -= spare->bytes();
  return spare;
}

bool Samples::has_room_for_spare(std::size_t bytes) const noexcept {
  return bytes <= kLargestSpareBytes && spare_bytes_ + bytes <= kMostSpareBytes;
}

void Samples::keep_spare(std::vector<double>& values) noexcept {
  const std::size_t bytes = values.capacity() * sizeof(double);
  if (bytes == 0 || !has_room_for_spare(bytes)) return;
  try {
    spares_.push_back(std::move(values));
  } catch (const std::bad_alloc&) {
    return;
  }
  spares_.back().clear();
  spare_bytes_ += bytes;
}

void Samples::keep_spare(std::unique_ptr<Sketch>& sketch) noexcept {
  if (sketch == nullptr) return;
  sketch->clear();
  const std::size_t bytes = sketch->bytes();
  if (!has_room_for_spare(bytes)) return;
  try {
    spare_sketches_.push_back(std::move(sketch));
  } catch (const std::bad_alloc&) {
    return;
  }
  spare_bytes_ += bytes;
}

void Samples::leave_budget() noexcept { budget_.give_back(std::exchange(charged_, 0)); }

std::size_t Samples::bytes_of(const Series& series) noexcept {
  return series.values.size() * kSampleBytes +
         (series.sketch != nullptr ? series.sketch->bytes() : 0);
}

// All rates of a context: without one of them, its quantiles would be wrong.
std::size_t Samples::leave_out(std::uint32_t index) noexcept {
  std::size_t bytes = 0;
  for (std::uint32_t at = first_[index]; at != kNone; at = series_[at].next) {
    Series& one = series_[at];
    bytes += bytes_of(one);
    one.is_orphan = true;
    std::exchange(one.values, {});
    one.sketch.reset();
  }
  return bytes;
}

// From half to half, which takes neither memory nor a look at each for each.
void Samples::thin_out(std::size_t most) noexcept {
  std::size_t held = 0;
  for (const Series& one : series_) held += bytes_of(one);
  for (std::size_t largest = most; held > most; largest /= 2)
    for (const Series& one : series_)
      if (held > most && bytes_of(one) > largest) held -= leave_out(one.index);
}

// After an interval without samples nothing waits for the next one.
void Samples::clear() noexcept {
  if (series_.empty()) {
    std::exchange(series_, {});
    std::exchange(others_, {});
    std::exchange(spares_, {});
    std::exchange(spare_sketches_, {});
    spare_bytes_ = 0;
  }
  for (Series& one : series_) {
    first_[one.index] = kNone;
    keep_spare(one.values);
    keep_spare(one.sketch);
  }
  series_.clear();
  others_.clear();
  leave_budget();
  size_ = 0;
  refused_ = 0;
}

}  // namespace pawl::aggregate
