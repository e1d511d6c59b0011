#pragma once
// What a listener tells at its end. Bounded, however long it listened: contexts are counted up to a
// million, distributions are sketched up to a thousand (at most 64 KiB each, most of them below 5),
// and only the first rejected lines are kept.
//
// Threads: one at a time.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "tools/agent_sketch.h"
#include "tools/decode.h"
#include "tools/server.h"
#include "tools/store.h"

namespace pawl::tools {

class Summary {
 public:
  void add(const Item& item);
  void reject(std::string_view reason, std::string_view line);

  // Gives the lines to print: the numbers, the first distributions, then the rejected lines with
  // their reasons.
  std::string text(const Traffic& traffic) const;

  // Gives what the Agent would hold of each distribution, had it kept all that came.
  const std::map<Context, AgentSketch>& sketches() const noexcept { return sketches_; }

 private:
  void add_context(const Context& context);
  void add_to_sketch(const Context& context, const Item& metric);
  void append_sketches(std::string& out) const;

  std::uint64_t metrics_ = 0;
  std::uint64_t values_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t checks_ = 0;
  std::uint64_t rejected_ = 0;
  std::unordered_set<std::size_t> contexts_;  // hashes of them
  bool more_contexts_ = false;
  std::map<Context, AgentSketch> sketches_;
  bool more_sketches_ = false;
  std::vector<std::string> kept_;
};

}  // namespace pawl::tools
