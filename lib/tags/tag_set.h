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
#include "tags/refused_keys.h"

namespace pawl::tags {

// A sorted list of distinct tag texts.
class TagSet {
 public:
  // Adds a tag; nothing when it is there.
  void insert(std::string tag);
  void insert_all(const TagSet& other);
  void remove_all(const TagSet& other);
  bool contains(std::string_view tag) const noexcept;
  // Gives the first tag of a key; "" when there is none.
  std::string_view find_key(std::string_view key) const noexcept;
  void remove_key(std::string_view key);
  std::size_t size() const noexcept { return tags_.size(); }
  // Gives the tags with commas between them.
  std::string joined() const;
  friend bool operator==(const TagSet&, const TagSet&) = default;

 private:
  std::vector<std::string> tags_;
};

// What a line's tags begin with, from its context to its encoding, when the global tags are among
// them already. No tag begins with it: a `#` in one is repaired.
inline constexpr char kWholeTags = '#';

// Gives the tags of a context without the global ones among them, where it says that they are. The
// global tags have commas between them.
std::string without_global(std::string_view tags, std::string_view global);

// Gives the tags of options: repaired as those of calls, reserved keys allowed.
TagSet make_set(std::span<const OwnedTag> tags, Repairs& repairs);

// What a call's tags are put to.
struct CallRules {
  const PolicyRules* policy;  // those of the call's metric; nullptr: all pass
  const TagSet& global;       // on every line already
  RefusedKeys& refused_keys;
};

// Adds a call's tags to `set`, leaving out and changing what the rules say. Gives the reason to
// refuse the call: a tag of it, more than kMaxTags as it was written, or with those that are on the
// line already. A refused call takes no place of a cap. Throws std::bad_alloc.
std::optional<Reject> add_call_tags(TagSet& set,
                                    Tags call,
                                    const CallRules& rules,
                                    Repairs& repairs);

}  // namespace pawl::tags
