#include "trace/runtime_id.h"

#include <cstdint>

#include "base/hex.h"
#include "trace/arena.h"

namespace pawl::trace {

std::string make_runtime_id() {
  constexpr std::uint64_t kVersion = 0xf000, kVersion4 = 0x4000;
  constexpr std::uint64_t kVariant = std::uint64_t{3} << 62U, kVariant1 = std::uint64_t{2} << 62U;
  const std::uint64_t high = (random_seed() & ~kVersion) | kVersion4;
  const std::uint64_t low = (random_seed() & ~kVariant) | kVariant1;
  std::string id{base::HexText{high, low}.view()};
  for (const std::size_t at : {8U, 13U, 18U, 23U}) id.insert(at, 1, '-');
  return id;
}

}  // namespace pawl::trace
