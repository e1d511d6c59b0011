#include "tags/policy.h"

#include <algorithm>
#include <functional>

namespace pawl::tags {

Policy::Policy(const TagPolicy& policy)
    : all_pass_(!policy.allowed_keys),
      allowed_(policy.allowed_keys.value_or(std::vector<std::string>{})) {
  std::sort(allowed_.begin(), allowed_.end());
}

bool Policy::passes(std::string_view key) const noexcept {
  return all_pass_ || std::binary_search(allowed_.begin(), allowed_.end(), key, std::less<>{});
}

}  // namespace pawl::tags
