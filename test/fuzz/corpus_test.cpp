// Inputs of each kind, those that reach all that the fuzzer ever reached, and any that once failed.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fuzz/corpus_path.h"
#include "fuzz/sketch_input.h"

namespace {

std::vector<std::uint8_t> bytes_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

TEST_CASE("an Agent holds the same sketch of every input of the corpus") {
  std::size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator{PAWL_FUZZ_CORPUS}) {
    CAPTURE(entry.path().string());
    CHECK(pawl::test::sketch_difference(bytes_of(entry.path())) == "");
    ++inputs;
  }
  CHECK(inputs >= 80);
}

}  // namespace
