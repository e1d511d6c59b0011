#include "support/seed.h"

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

namespace {

using pawl::test::Random;

TEST_CASE("two generators of one stream give the same numbers") {
  PAWL_PRINT_SEED();
  Random one(3);
  Random other(3);
  for (int i = 0; i < 100; ++i) CHECK(one.next() == other.next());
}

TEST_CASE("generators of two streams give different numbers") {
  PAWL_PRINT_SEED();
  CHECK(Random(1).next() != Random(2).next());
}

TEST_CASE("numbers stay inside the bounds asked for and reach both ends") {
  PAWL_PRINT_SEED();
  Random random;
  bool low = false;
  bool high = false;
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t number = random.between(-2, 2);
    CHECK((number >= -2 && number <= 2));
    low = low || number == -2;
    high = high || number == 2;
  }
  CHECK((low && high));
}

TEST_CASE("the whole range of int64 may be asked for") {
  PAWL_PRINT_SEED();
  Random random;
  CHECK(random.between(INT64_MIN, INT64_MAX) != random.between(INT64_MIN, INT64_MAX));
}

TEST_CASE("a chance comes about as often as it says") {
  PAWL_PRINT_SEED();
  Random random;
  int hits = 0;
  for (int i = 0; i < 10000; ++i) hits += random.chance(0.25) ? 1 : 0;
  CHECK(hits > 2200);
  CHECK(hits < 2800);
}

TEST_CASE("random text is made of its alphabet") {
  PAWL_PRINT_SEED();
  const std::string text = Random().text(200, "ab");
  CHECK(text.find_first_not_of("ab") == std::string::npos);
  CHECK(text.find('a') != std::string::npos);
  CHECK(text.find('b') != std::string::npos);
  CHECK(Random().bytes(7).size() == 7);
}

}  // namespace
