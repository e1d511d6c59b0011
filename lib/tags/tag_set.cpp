#include "tags/tag_set.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace pawl::tags {

void TagSet::insert(std::string tag) {
  const auto at = std::lower_bound(tags_.begin(), tags_.end(), tag);
  if (at == tags_.end() || *at != tag) tags_.insert(at, std::move(tag));
}

void TagSet::insert_all(const TagSet& other) {
  for (const std::string& tag : other.tags_) insert(tag);
}

void TagSet::remove_all(const TagSet& other) {
  std::erase_if(tags_, [&other](const std::string& tag) { return other.contains(tag); });
}

bool TagSet::contains(std::string_view tag) const noexcept {
  return std::binary_search(tags_.begin(), tags_.end(), tag, std::less<>{});
}

std::string TagSet::joined() const {
  std::string text;
  for (const std::string& tag : tags_) {
    if (!text.empty()) text.push_back(',');
    text += tag;
  }
  return text;
}

TagSet make_set(std::span<const OwnedTag> tags, Repairs& repairs) {
  TagSet set;
  for (const OwnedTag& tag : tags) {
    std::string text;
    if (append_tag(text, tag.key, tag.value, repairs)) set.insert(std::move(text));
  }
  return set;
}

bool add_call_tags(
    TagSet& set, Tags call, const TagSet& global, const Policy& policy, Repairs& repairs) {
  for (const Tag& tag : call) {
    std::string text;
    if (!append_tag(text, tag.key, tag.value, repairs)) continue;
    if (is_reserved(text)) {
      repairs.note(Repair::tag_reserved);
    } else if (!policy.passes(key_of(text))) {
      repairs.note(Repair::tag_policy);
    } else if (!global.contains(text)) {
      set.insert(std::move(text));
    }
    if (set.size() + global.size() > kMaxTags) return false;
  }
  return set.size() + global.size() <= kMaxTags;
}

}  // namespace pawl::tags
