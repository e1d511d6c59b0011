#include "tags/tag_set.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace pawl::tags {

namespace {

Repair repair_of(const Ruling& ruling) noexcept {
  if (ruling.why == TagChecker::Why::reserved) return Repair::tag_reserved;
  return ruling.left_out() ? Repair::tag_policy : Repair::tag_value;
}

TagSet split(std::string_view joined) {
  TagSet set;
  while (!joined.empty()) {
    const std::size_t end = std::min(joined.find(','), joined.size());
    set.insert(std::string{joined.substr(0, end)});
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return set;
}

}  // namespace

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

std::string_view TagSet::find_key(std::string_view key) const noexcept {
  const auto has = [key](std::string_view tag) { return key_of(tag) == key; };
  const auto found = std::find_if(tags_.begin(), tags_.end(), has);
  return found == tags_.end() ? std::string_view{} : std::string_view{*found};
}

void TagSet::remove_key(std::string_view key) {
  std::erase_if(tags_, [key](std::string_view tag) { return key_of(tag) == key; });
}

std::string TagSet::joined() const {
  std::string text;
  for (const std::string& tag : tags_) {
    if (!text.empty()) text.push_back(',');
    text += tag;
  }
  return text;
}

std::string without_global(std::string_view tags, std::string_view global) {
  if (!tags.starts_with(kWholeTags)) return std::string{tags};
  TagSet own = split(tags.substr(1));
  own.remove_all(split(global));
  return own.joined();
}

TagSet make_set(std::span<const OwnedTag> tags, Repairs& repairs) {
  TagSet set;
  for (const OwnedTag& tag : tags) {
    std::string text;
    if (append_tag(text, tag.key, tag.value, repairs)) set.insert(std::move(text));
  }
  return set;
}

std::optional<Reject> add_call_tags(TagSet& set,
                                    Tags call,
                                    const CallRules& rules,
                                    Repairs& repairs) {
  if (call.size() > kMaxTags) return Reject::tags;
  CapClaims claims;
  for (const Tag& tag : call) {
    std::string text;
    if (!append_tag(text, tag.key, tag.value, repairs)) continue;
    Ruling ruling = rule(rules.policy, text, claims);
    // The key as the caller wrote it, so that the owner can find the caller.
    if (ruling.refused()) repairs.note_key(rules.refused_keys.number_of(key_of(text)));
    if (ruling.refused() && ruling.action == TagAction::refuse_metric) return Reject::policy;
    if (ruling.refused()) repairs.note(repair_of(ruling));
    if (!ruling.changed.empty()) text = std::move(ruling.changed);
    if (!ruling.left_out() && !rules.global.contains(text)) set.insert(std::move(text));
  }
  if (set.size() + rules.global.size() > kMaxTags) return Reject::tags;
  claims.keep();
  return std::nullopt;
}

}  // namespace pawl::tags
