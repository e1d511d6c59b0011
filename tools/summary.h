#pragma once
// What a listener tells at its end. Bounded, however long it listened: contexts are counted up to a
// million, and only the first rejected lines are kept.
//
// Threads: one at a time.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "tools/decode.h"
#include "tools/server.h"

namespace pawl::tools {

class Summary {
 public:
  void add(const Item& item);
  void reject(std::string_view reason, std::string_view line);

  // Gives the lines to print: the numbers, then the rejected lines with their reasons.
  std::string text(const Traffic& traffic) const;

 private:
  void add_context(const Item& metric);

  std::uint64_t metrics_ = 0;
  std::uint64_t values_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t checks_ = 0;
  std::uint64_t rejected_ = 0;
  std::unordered_set<std::size_t> contexts_;  // hashes of them
  bool more_contexts_ = false;
  std::vector<std::string> kept_;
};

}  // namespace pawl::tools
