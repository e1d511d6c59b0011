#include "support/seed.h"

#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace pawl::test {
namespace {

constexpr std::uint64_t kDefaultSeed = 20260601;

}  // namespace

std::uint64_t seed() {
  const char* variable = std::getenv("PAWL_TEST_SEED");
  const std::string_view text = variable == nullptr ? "" : variable;
  if (text.empty()) return kDefaultSeed;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument("PAWL_TEST_SEED is not a number: " + std::string(text));
  }
  return value;
}

Random::Random(std::uint64_t stream) : state_(seed()) {
  state_ ^= next() + stream * 0x9E3779B97F4A7C15U;
}

// SplitMix64 (Steele, Lea, Flood 2014): any state is a good one, so any seed is.
std::uint64_t Random::next() {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31U);
}

std::size_t Random::below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }

std::int64_t Random::between(std::int64_t low, std::int64_t high) {
  const std::uint64_t width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const std::uint64_t offset = width == UINT64_MAX ? next() : next() % (width + 1);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

double Random::real() { return static_cast<double>(next() >> 11U) * 0x1p-53; }

bool Random::chance(double probability) { return real() < probability; }

std::string Random::bytes(std::size_t count) {
  std::string made(count, '\0');
  for (char& byte : made) byte = static_cast<char>(next() & 0xFFU);
  return made;
}

std::string Random::text(std::size_t count, std::string_view alphabet) {
  std::string made(count, '\0');
  for (char& byte : made) byte = pick(alphabet);
  return made;
}

}  // namespace pawl::test
