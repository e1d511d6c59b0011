#include "aggregate/sketch_key.h"

#include <cmath>
#include <cstdlib>

namespace pawl::aggregate {
namespace places {
namespace {

__extension__ using Wide = unsigned __int128;

// A boundary between two keys: mantissa * 2^(exponent - 127), with the top bit of the mantissa set.
// A step is wrong by 2^-127 at the most, so 5,000 of them leave 60 bits more than a double has.
struct Boundary {
  Wide mantissa;
  int exponent;

  constexpr void multiply_by_gamma() noexcept {
    const Wide product = mantissa + (mantissa >> 6);
    const bool overflow = product < mantissa;
    mantissa = overflow ? Wide{1} << 127 | product >> 1 : product;
    exponent += overflow ? 1 : 0;
  }
  constexpr void divide_by_gamma() noexcept {
    mantissa -= mantissa / 65;
    if (mantissa >> 127 != 0) return;
    mantissa <<= 1;
    --exponent;
  }
  // Gives the bits of the smallest double above it; none is equal, because it is irrational.
  constexpr std::uint64_t bits() const noexcept {
    const auto above = static_cast<std::uint64_t>(mantissa >> 75) + 1;
    return (static_cast<std::uint64_t>(exponent + 1022) << 52) + above;
  }
};

// The square root of gamma, where the key of one ends.
constexpr Boundary kEndOfOne{Wide{0x80ff'01fb'0dd6'8258} << 64 | 0x8342'b97f'5e49'2d68, 0};

constexpr std::uint64_t entry(std::int32_t key, std::uint64_t next) noexcept {
  return (static_cast<std::uint64_t>(key + 1) << kKeyShift) - next;
}

constexpr std::array<std::uint64_t, kCells> make_table() noexcept {
  Boundary next = kEndOfOne;
  std::int32_t key = kKeyOfOne;
  while (next.bits() >> kCellBits >= kFirst) {
    next.divide_by_gamma();
    --key;
  }
  next.multiply_by_gamma();
  ++key;
  std::array<std::uint64_t, kCells> table{};
  for (std::size_t i = 0; i < kCells; ++i) {
    const bool here = next.bits() >> kCellBits == kFirst + i;
    table[i] = entry(key, here ? next.bits() & (kCell - 1) : kCell);
    if (!here) continue;
    next.multiply_by_gamma();
    ++key;
  }
  return table;
}

// A look at the value's own cell is enough to see that it is loose.
constexpr bool guards_stay_in_their_cells(const std::array<std::uint64_t, kCells>& table) {
  for (const std::uint64_t one : table) {
    const std::uint64_t next = kBehind + 1 - (one & kBehind);
    if (next != kCell && (next <= kGuard || next >= kCell - kGuard)) return false;
  }
  return true;
}

}  // namespace

constexpr std::array<std::uint64_t, kCells> kTable = make_table();
static_assert(guards_stay_in_their_cells(kTable));

namespace {

constexpr double kGuardOfKey = 1e-9;
constexpr double kGuardOfNormMin = 1e-9;

constexpr std::int64_t sum(std::int32_t key, bool loose) noexcept {
  constexpr std::int64_t kOfKey = std::int64_t{1} << kKeyShift;
  return key * kOfKey + (loose ? 0 : kOfKey / 2);
}

// As the Agent does it; what rounding may change is loose. REQUIRES: the value is positive.
std::int64_t sum_by_logarithm(double value) noexcept {
  const double position = std::log(value) / kLogGamma + 0.5;
  const double whole = std::floor(position);
  const double above = position - whole;
  const auto key = static_cast<std::int32_t>(whole) + kKeyOfOne;
  // What has no bin of its own is not for a mean: its sum may be beyond a double.
  if (key >= kKeyOfInfinity) return sum(kKeyOfInfinity, true);
  return sum(key, above < kGuardOfKey || above > 1 - kGuardOfKey);
}

// Gives the first double beyond the guard of a boundary, upwards or downwards. Logarithms are good
// to a hundredth of the guard.
double beyond_guard(double boundary, std::int64_t direction) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(boundary);
  const std::uint64_t cell = (bits >> kCellBits) - kFirst;
  if (cell >= kCells)
    return boundary * (1 + static_cast<double>(direction) * 1.02 * kGuardOfKey * kLogGamma);
  const auto behind = static_cast<std::uint64_t>(sum_of(boundary)) << (64 - kKeyShift);
  const std::int64_t above = static_cast<std::int64_t>(behind) >> (64 - kKeyShift);
  const std::int64_t steps = direction * static_cast<std::int64_t>(kGuard + 1) - above;
  return std::bit_cast<double>(bits + static_cast<std::uint64_t>(steps));
}

}  // namespace

std::int64_t sum_beyond_table(std::uint64_t bits) noexcept {
  const auto value = std::bit_cast<double>(bits);
  if (value < 0) {
    const Place place = place_of(-value);
    return sum(-place.key, place.loose);
  }
  if (std::fabs(value - kNormMin) <= kGuardOfNormMin * kNormMin) return sum(1, true);
  return value < kNormMin ? sum(0, false) : sum_by_logarithm(value);
}

}  // namespace places

double middle_of(std::int32_t key) noexcept {
  if (key == 0) return 0.0;
  const double middle = std::exp(kLogGamma * (std::abs(key) - kKeyOfOne));
  return key < 0 ? -middle : middle;
}

// The first bin begins in its middle.
Bounds bounds_of(std::int32_t key) noexcept {
  constexpr double kRootOfGamma = 1.0077822185373187;
  constexpr double kBesideNormMin = 1.000001 * places::kGuardOfNormMin * kNormMin;
  if (key == 0) return {-(kNormMin - kBesideNormMin), kNormMin - kBesideNormMin};
  const double middle = middle_of(std::abs(key));
  const double least = key == 1 || key == -1 ? kNormMin + kBesideNormMin
                                             : places::beyond_guard(middle / kRootOfGamma, 1);
  const double most = places::beyond_guard(middle * kRootOfGamma, -1);
  return key < 0 ? Bounds{-most, -least} : Bounds{least, most};
}

}  // namespace pawl::aggregate
