#pragma once

// The tags of one context as they go on the wire: repaired, without doubles, in one order, so that
// {a, b} and {b, a} are the same text.
//
// Threads: values.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/stats.h>
#include <pawl/tags.h>

#include "tags/normalize.h"
#include "tags/policy.h"

namespace pawl::tags {

// A sorted list of distinct tag texts.
class TagSet {
 public:
  // Adds a tag; nothing when it is there.
  void insert(std::string tag);
  void insert_all(const TagSet& other);
  void remove_all(const TagSet& other);
  bool contains(std::string_view tag) const noexcept;
  std::size_t size() const noexcept { return tags_.size(); }
  // Gives the tags with commas between them.
  std::string joined() const;
  friend bool operator==(const TagSet&, const TagSet&) = default;

 private:
  std::vector<std::string> tags_;
};

// Gives the tags of options: repaired as those of calls, reserved keys allowed.
TagSet make_set(std::span<const OwnedTag> tags, Repairs& repairs);

// Adds a call's tags to `set`, leaving out what `policy`, the reserved keys or `global` (they are
// on every line already) say. Tells whether the sum of all stays within kMaxTags.
bool add_call_tags(
    TagSet& set, Tags call, const TagSet& global, const Policy& policy, Repairs& repairs);

}  // namespace pawl::tags
