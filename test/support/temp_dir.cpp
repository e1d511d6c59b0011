#include "support/temp_dir.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <stdlib.h>

namespace pawl::test {

// Not TMPDIR: its path can be too long for the 107 bytes of a socket's address.
TempDir::TempDir() : path_("/tmp/pawl-XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), path_);
  }
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::file(std::string_view name) const { return path_ + "/" + std::string(name); }

}  // namespace pawl::test
