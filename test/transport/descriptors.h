#pragma once
// This process's descriptors, to see what a transport opened.
//
// Threads: any. Errors: a directory that cannot be read throws std::filesystem::filesystem_error.

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace pawl::test {

inline std::set<int> open_descriptors() {
  std::vector<int> listed;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"})
    listed.push_back(std::stoi(entry.path().filename().string()));
  // The one that reads the directory was listed too and is closed by now.
  std::set<int> open;
  for (const int number : listed) {
    std::error_code error;
    const auto link = "/proc/self/fd/" + std::to_string(number);
    if (std::filesystem::is_symlink(link, error)) open.insert(number);
  }
  return open;
}

// Those that are open now and were not before.
inline std::vector<int> opened_since(const std::set<int>& before) {
  const std::set<int> now = open_descriptors();
  std::vector<int> added;
  std::set_difference(
      now.begin(), now.end(), before.begin(), before.end(), std::back_inserter(added));
  return added;
}

}  // namespace pawl::test
