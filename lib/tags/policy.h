#pragma once

// The tag policy in the form in which it is asked: for each tag of a call whose shape is new.
//
// Threads: immutable once made.

#include <string>
#include <string_view>
#include <vector>

#include <pawl/tag_policy.h>

namespace pawl::tags {

class Policy {
 public:
  Policy() = default;  // lets all pass
  explicit Policy(const TagPolicy& policy);

  bool passes(std::string_view key) const noexcept;

 private:
  bool all_pass_ = true;
  std::vector<std::string> allowed_;  // sorted
};

}  // namespace pawl::tags
