#include "aggregate/samples.h"

#include <new>
#include <utility>

namespace pawl::aggregate {

bool Samples::add(std::span<const detail::Sample> samples) noexcept {
  const std::size_t bytes = samples.size() * kSampleBytes;
  if (!budget_.take(bytes)) return false;
  charged_ += bytes;
  std::size_t done = 0;
  try {
    Series* series = nullptr;
    for (; done < samples.size(); ++done) {
      const detail::Sample& sample = samples[done];
      // Neighbours are often of one series.
      if (series == nullptr || series->index != sample.series || series->rate != sample.rate)
        series = &series_of(sample);
      series->values.push_back(sample.value);
    }
  } catch (const std::bad_alloc&) {
    refused_ += samples.size() - done;
  }
  size_ += done;
  return true;
}

Samples::Series& Samples::series_of(const detail::Sample& sample) {
  if (first_.size() <= sample.series) first_.resize(sample.series + 1, kNone);
  std::uint32_t last = kNone;
  for (std::uint32_t at = first_[sample.series]; at != kNone; at = series_[at].next) {
    if (series_[at].rate == sample.rate) return series_[at];
    last = at;
  }
  const auto number = static_cast<std::uint32_t>(series_.size());
  series_.push_back({sample.series, sample.rate, kNone, take_spare()});
  (last == kNone ? first_[sample.series] : series_[last].next) = number;
  return series_.back();
}

std::vector<double> Samples::take_spare() noexcept {
  if (spares_.empty()) return {};
  std::vector<double> spare = std::move(spares_.back());
  spares_.pop_back();
  spare_bytes_ -= spare.capacity() * sizeof(double);
  return spare;
}

void Samples::keep_spare(std::vector<double>& values) noexcept {
  const std::size_t bytes = values.capacity() * sizeof(double);
  if (bytes > kLargestSpareBytes || spare_bytes_ + bytes > kMostSpareBytes) return;
  try {
    spares_.push_back(std::move(values));
  } catch (const std::bad_alloc&) {
    return;
  }
  spares_.back().clear();
  spare_bytes_ += bytes;
}

void Samples::clear() noexcept {
  for (Series& one : series_) {
    first_[one.index] = kNone;
    keep_spare(one.values);
  }
  series_.clear();
  budget_.give_back(charged_);
  charged_ = 0;
  size_ = 0;
  refused_ = 0;
}

}  // namespace pawl::aggregate
