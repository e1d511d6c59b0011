#include "trace/runtime_id.h"

#include <cstdint>

#include "trace/arena.h"
#include "trace/propagation.h"

namespace pawl::trace {

std::string make_runtime_id() {
  constexpr std::uint64_t kVersion = 0xf000, kVersion4 = 0x4000;
  constexpr std::uint64_t kVariant = std::uint64_t{3} << 62U, kVariant1 = std::uint64_t{2} << 62U;
  std::string id;
  append_hex(id, (random_seed() & ~kVersion) | kVersion4);
  append_hex(id, (random_seed() & ~kVariant) | kVariant1);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) id.insert(at, 1, '-');
  return id;
}

}  // namespace pawl::trace
