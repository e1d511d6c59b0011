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

// As the Agent does it; what rounding may change is loose.
std::uint64_t sum_beyond_table(double magnitude) noexcept {
  constexpr double kGuardOfKey = 1e-9;
  const auto sum = [](std::int32_t key, bool loose) {
    return static_cast<std::uint64_t>(key) << kKeyShift | (loose ? 0 : kBehind / 2);
  };
  if (std::fabs(magnitude - kNormMin) <= 1e-9 * kNormMin) return sum(1, true);
  if (magnitude < kNormMin) return sum(0, false);
  const double position = std::log(magnitude) / kLogGamma + 0.5;
  const double whole = std::floor(position);
  const double above = position - whole;
  const auto key = static_cast<std::int32_t>(whole) + kKeyOfOne;
  // What has no bin of its own is not for a mean: its sum may be beyond a double.
  if (key >= kKeyOfInfinity) return sum(kKeyOfInfinity, true);
  return sum(key, above < kGuardOfKey || above > 1 - kGuardOfKey);
}

}  // namespace places

double middle_of(std::int32_t key) noexcept {
  if (key == 0) return 0.0;
  const double middle = std::exp(kLogGamma * (std::abs(key) - kKeyOfOne));
  return key < 0 ? -middle : middle;
}

}  // namespace pawl::aggregate
