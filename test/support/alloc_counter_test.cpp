#include "support/alloc_counter.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <thread>

#include <doctest/doctest.h>

namespace {

using pawl::test::AllocCounter;
using pawl::test::FailingAlloc;

// Calls the replaced functions where the optimiser may not leave a pair of them out.
void allocate_and_free(std::size_t bytes) { ::operator delete(::operator new(bytes)); }

struct alignas(256) Wide {
  char bytes[256];
};

TEST_CASE("each allocation and each free of this thread is counted") {
  PAWL_SKIP_UNDER_SANITIZER();
  const AllocCounter counter;
  allocate_and_free(10);
  allocate_and_free(0);
  CHECK(counter.allocations() == 2);
  CHECK(counter.frees() == 2);
}

TEST_CASE("arrays, nothrow and aligned forms are counted") {
  PAWL_SKIP_UNDER_SANITIZER();
  const AllocCounter counter;
  ::operator delete[](::operator new[](8));
  ::operator delete(::operator new(8, std::nothrow), std::nothrow);
  ::operator delete (::operator new (8, std::align_val_t{64}), std::align_val_t{64});
  CHECK(counter.allocations() == 3);
  CHECK(counter.frees() == 3);
}

TEST_CASE("over-aligned objects are aligned") {
  const auto wide = std::make_unique<Wide>();
  CHECK(reinterpret_cast<std::uintptr_t>(wide.get()) % alignof(Wide) == 0);
}

TEST_CASE("code that allocates nothing counts nothing") {
  const AllocCounter counter;
  std::string small = "short";
  small += "er";
  CHECK(counter.allocations() == 0);
}

TEST_CASE("the nth allocation fails and the ones around it do not") {
  PAWL_SKIP_UNDER_SANITIZER();
  bool threw = false;
  {
    const FailingAlloc failing(2);
    allocate_and_free(8);
    CHECK_FALSE(failing.happened());
    try {
      allocate_and_free(8);
    } catch (const std::bad_alloc&) {
      threw = true;
    }
    CHECK(failing.happened());
    allocate_and_free(8);
  }
  CHECK(threw);
}

TEST_CASE("a failure that was not reached does not outlive its scope") {
  PAWL_SKIP_UNDER_SANITIZER();
  { const FailingAlloc failing(1000000); }
  const AllocCounter counter;
  allocate_and_free(8);
  CHECK(counter.allocations() == 1);
}

TEST_SUITE("concurrent") {
  TEST_CASE("another thread's allocations are not counted") {
    std::uint64_t elsewhere = 0;
    std::thread other([&] {
      const AllocCounter theirs;
      allocate_and_free(8);
      elsewhere = theirs.allocations();
    });
    const AllocCounter counter;
    other.join();
    CHECK(counter.allocations() == 0);
    CHECK(elsewhere == (pawl::test::kUnderSanitizer ? 0 : 1));
  }
}

}  // namespace
