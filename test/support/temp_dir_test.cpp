#include "support/temp_dir.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>

namespace {

using pawl::test::TempDir;

TEST_CASE("a temporary directory is open to its owner only") {
  const TempDir dir;
  struct stat status {};
  REQUIRE(stat(dir.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0700U);
}

TEST_CASE("a temporary directory goes with all that is in it") {
  std::string path;
  {
    const TempDir dir;
    path = dir.path();
    std::ofstream(dir.file("kept.txt")) << "x";
    REQUIRE(std::filesystem::exists(dir.file("kept.txt")));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("two temporary directories are not the same") {
  CHECK(TempDir().path() != TempDir().path());
}

}  // namespace
