#include "base/hash.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

#include "support/seed.h"

namespace {

using pawl::base::fold_multiply;
using pawl::base::hash_bytes;
using pawl::base::load32;
using pawl::base::load64;
using pawl::base::process_seed;
using pawl::test::Random;

TEST_CASE("every byte counts in a hash") {
  PAWL_PRINT_SEED();
  Random random;
  for (std::size_t size = 0; size < 300; ++size) {
    std::string text = random.bytes(size);
    const std::uint64_t whole = hash_bytes(text);
    CHECK(hash_bytes(std::string{text}) == whole);
    for (char& byte : text) {
      byte = static_cast<char>(byte ^ 1);
      REQUIRE(hash_bytes(text) != whole);
      byte = static_cast<char>(byte ^ 1);
    }
  }
}

TEST_CASE("the length counts in a hash") {
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size < 1000; ++size) seen.insert(hash_bytes(std::string(size, '\0')));
  CHECK(seen.size() == 1000);
}

TEST_CASE("the seed is odd, and the same all through the process") {
  CHECK(process_seed() % 2 == 1);
  CHECK(process_seed() == process_seed());
}

TEST_CASE("a folded product holds both halves") {
  CHECK(fold_multiply(3, 5) == 15);
  CHECK(fold_multiply(std::uint64_t{1} << 63, 2) == 1);
  CHECK(fold_multiply(~std::uint64_t{0}, ~std::uint64_t{0}) == (1 ^ (~std::uint64_t{0} - 1)));
}

TEST_CASE("words are read wherever they lie") {
  const std::string bytes{"\x01\x02\x03\x04\x05\x06\x07\x08\x09", 9};
  CHECK(load32(bytes.data()) == 0x0403'0201);
  CHECK(load32(bytes.data() + 1) == 0x0504'0302);
  CHECK(load64(bytes.data()) == 0x0807'0605'0403'0201);
  CHECK(load64(bytes.data() + 1) == 0x0908'0706'0504'0302);
}

}  // namespace
