#pragma once

// Which bin of the Agent's sketch a value falls into. The bins are logarithmic: bin k holds what
// lies between gamma^(k-1338-1/2) and gamma^(k-1338+1/2), with gamma = 1 + 1/64, so that a bin is
// 1.6 % wide. Negative values have the keys of positive ones with a minus; what is nearer to zero
// than norm.min (9.94e-10) has key 0; beyond 4.2e211 all have the key of infinity.
// Source: github.com/DataDog/datadog-agent, pkg/util/quantile, config.go.
//
// The Agent takes a logarithm. Here the bits of the double are looked up: since gamma is 1 + 1/64,
// the doubles that share an exponent and six bits of mantissa straddle one boundary at the most.
//
// A logarithm differs by an ulp from one library to the next, so what lies within 1e-9 of a
// bin's width of a boundary may have either key. Such a value is `loose`: it must reach the Agent
// as it is, and never as a part of a mean.
//
// Threads: functions without state. Cost: 1 ns; of negative ones 3; beyond 1e15 20.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace pawl::aggregate {

inline constexpr std::int32_t kKeyOfOne = 1338;
inline constexpr std::int32_t kKeyOfInfinity = 32'767;
inline constexpr double kLogGamma = 0.015504186535965254;
inline constexpr double kNormMin = 9.9418540891213681e-10;

struct Place {
  std::int32_t key;
  bool loose;
};

namespace places {

inline constexpr int kCellBits = 46;  // of a double, below the exponent and six bits of mantissa
inline constexpr std::uint64_t kCell = std::uint64_t{1} << kCellBits;
// 2e-9 of a bin's width in ulps of the largest mantissa: 1.5e-11 * 2 * 2^52.
inline constexpr std::uint64_t kGuard = 140'000;

constexpr std::uint64_t cell_of(double value) noexcept {
  return std::bit_cast<std::uint64_t>(value) >> kCellBits;
}
inline constexpr std::uint64_t kFirst = cell_of(kNormMin) + 1;
inline constexpr std::size_t kCells = cell_of(0x1p50) - kFirst;

// Of each cell what makes one addition tell the rest. With a double's place in its cell added, the
// bits above kKeyShift are its key, and those below how far it is behind the next key's beginning:
// a cell's entry is the key of its smallest double, less where the next key begins in it (at its
// end: nowhere).
inline constexpr int kKeyShift = kCellBits + 1;
inline constexpr std::uint64_t kBehind = (std::uint64_t{1} << kKeyShift) - 1;
// Hidden, or else its address is looked up for each value.
[[gnu::visibility("hidden")]] extern const std::array<std::uint64_t, kCells> kTable;

// Gives the same sum of a double's bits that are in no cell: what is negative, next to zero, or
// beyond 1e15.
std::int64_t sum_beyond_table(std::uint64_t bits) noexcept;

// REQUIRES: the value is finite.
inline std::int64_t sum_of(double value) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t cell = (bits >> kCellBits) - kFirst;
  if (cell >= kCells) [[unlikely]]
    return sum_beyond_table(bits);
  return static_cast<std::int64_t>(kTable.data()[cell] + (bits & (kCell - 1)));
}
constexpr std::int32_t key_of(std::int64_t sum) noexcept {
  return static_cast<std::int32_t>(sum >> kKeyShift);
}
constexpr bool is_loose(std::int64_t sum) noexcept {
  return ((static_cast<std::uint64_t>(sum) + kGuard) & kBehind) <= 2 * kGuard;
}

}  // namespace places

// REQUIRES: the value is finite.
inline Place place_of(double value) noexcept {
  const std::int64_t sum = places::sum_of(value);
  return {places::key_of(sum), places::is_loose(sum)};
}

// The values of a bin that are not loose: from one to the other.
struct Bounds {
  double least;
  double most;
};
// REQUIRES: the key is not that of infinity.
Bounds bounds_of(std::int32_t key) noexcept;

// Gives the middle of a bin, from which no value in it is further than 1/128. Of key 0: zero; of
// infinity: a number beyond the last bin.
double middle_of(std::int32_t key) noexcept;

}  // namespace pawl::aggregate
