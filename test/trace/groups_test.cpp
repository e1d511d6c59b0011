#include "trace/groups.h"

#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "support/seed.h"

namespace {

using pawl::trace::Fate;
using pawl::trace::Group;
using pawl::trace::group_from;
using pawl::trace::post_in_groups;

TEST_CASE("a group is as long as its bytes allow, and one thing long at the least") {
  const std::vector<std::size_t> sizes = {4, 6, 1, 20, 1};
  const auto size_of = [&](std::size_t i) { return sizes[i]; };
  CHECK(group_from(0, 5, 10, size_of).count == 2);
  CHECK(group_from(0, 5, 9, size_of).count == 1);
  CHECK(group_from(3, 5, 10, size_of).count == 1);
  CHECK(group_from(0, 5, 1'000, size_of).count == 5);
}

TEST_CASE("everything is settled once, in order, and no group but a lone thing is too large") {
  PAWL_PRINT_SEED();
  pawl::test::Random random;
  std::size_t halved = 0;
  for (int round = 0; round < 2'000; ++round) {
    std::vector<std::size_t> sizes(random.below(40));
    for (auto& size : sizes) size = 1 + random.below(30);
    const std::size_t most = 1 + random.below(100);
    const std::size_t taken = 1 + random.below(100);  // what the server takes
    const auto bytes = [&](Group group) {
      const auto from = sizes.begin() + static_cast<std::ptrdiff_t>(group.first);
      return std::accumulate(from, from + static_cast<std::ptrdiff_t>(group.count), std::size_t{0});
    };
    std::size_t next = 0;
    post_in_groups(
        sizes.size(),
        most,
        [&](std::size_t i) { return sizes[i]; },
        [&](Group group) {
          const bool fits = bytes(group) <= most || group.count == 1;
          CHECK(fits);
          return bytes(group) <= taken ? Fate::accepted : Fate::too_large;
        },
        [&](Group group, Fate fate) {
          CHECK(group.first == next);
          CHECK(group.count > 0);
          next += group.count;
          CHECK((fate == Fate::accepted) == (bytes(group) <= taken));
          halved += fate == Fate::accepted && most > taken ? 1 : 0;
        });
    CHECK(next == sizes.size());
  }
  CHECK(halved > 100);
}

}  // namespace
