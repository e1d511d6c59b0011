#pragma once
// A directory of a test's own, with mode 0700 and a path short enough for a Unix socket in it.
//
// Threads: one at a time.
// Errors: the constructor throws std::system_error.

#include <string>
#include <string_view>

namespace pawl::test {

class TempDir {
 public:
  TempDir();
  ~TempDir();  // removes the directory and all in it
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const;

 private:
  std::string path_;
};

}  // namespace pawl::test
