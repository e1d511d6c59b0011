#include "base/arena.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include "support/alloc_counter.h"
#include "support/seed.h"

namespace {

using pawl::base::Arena;
using pawl::test::AllocCounter;
using pawl::test::FailingAlloc;
using pawl::test::Random;

struct Piece {
  std::byte* at;
  std::size_t size;
  std::byte mark;
};

bool is_whole(const Piece& piece) {
  for (std::size_t i = 0; i < piece.size; ++i)
    if (piece.at[i] != piece.mark) return false;
  return true;
}

TEST_CASE("no piece touches another") {
  PAWL_PRINT_SEED();
  Random random;
  Arena arena;
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < 5000; ++i) {
    const std::size_t size = 1 + random.below(i % 50 == 0 ? 100'000 : 300);
    pieces.push_back({arena.take(size), size, static_cast<std::byte>(i)});
    std::memset(pieces.back().at, static_cast<int>(i & 0xff), size);
  }
  for (const Piece& piece : pieces) REQUIRE(is_whole(piece));
}

TEST_CASE("every piece is aligned to 8 bytes") {
  Arena arena;
  for (std::size_t size = 1; size < 100; ++size)
    CHECK(reinterpret_cast<std::uintptr_t>(arena.take(size)) % 8 == 0);
}

TEST_CASE("a piece may be larger than any block") {
  Arena arena;
  std::byte* large = arena.take(1 << 20);
  std::memset(large, 1, 1 << 20);
  CHECK(arena.bytes() >= 1 << 20);
}

TEST_CASE("the arena holds at most twice what was taken, and a block") {
  Arena arena;
  std::size_t taken = 0;
  for (int i = 0; i < 10'000; ++i) {
    arena.take(104);
    taken += 104;
    REQUIRE(arena.bytes() >= taken);
    REQUIRE(arena.bytes() <= 2 * taken + 1024);
  }
}

TEST_CASE("most pieces cost no allocation") {
  PAWL_SKIP_UNDER_SANITIZER();
  Arena arena;
  const AllocCounter counter;
  for (int i = 0; i < 10'000; ++i) arena.take(64);
  CHECK(counter.allocations() < 60);
}

TEST_CASE("an arena goes on after an allocation has failed") {
  PAWL_SKIP_UNDER_SANITIZER();
  for (std::uint64_t nth = 1; nth <= 2; ++nth) {
    Arena arena;
    {
      const FailingAlloc failing{nth};
      CHECK_THROWS_AS(arena.take(5000), std::bad_alloc);
    }
    std::memset(arena.take(5000), 1, 5000);
    CHECK(arena.bytes() >= 5000);
  }
}

}  // namespace
