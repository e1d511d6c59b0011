#pragma once

// Tags: `key:value` pairs that say which slice of a metric a sample belongs to. Calls take them as
// views, so that recording copies nothing; options own theirs. The order of tags does not matter:
// {a, b} and {b, a} are one context.
//
// What a tag may be: bytes that would break the line (`,` `|` `#` newline, CR, NUL, invalid UTF-8)
// become `_`; more than 200 bytes are cut at a character boundary; more than 100 tags, as
// they are written or with those of the options, and the keys that the Agent obeys instead of
// storing (`host`, `device`, `jmx_check_name`, `dd.internal.*`), are refused. Each is counted in
// Stats.
//
// Threads: values. Cost: two pointers. Errors: none here; see Stats::rejected and Stats::repaired.

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

namespace pawl {

// One tag of a call; a tag with an empty value is written as the bare key, one with an empty key as
// the bare value.
struct Tag {
  std::string_view key;
  std::string_view value;
};

// A tag that owns its text, for options.
struct OwnedTag {
  std::string key;
  std::string value;
  friend bool operator==(const OwnedTag&, const OwnedTag&) = default;
};

// The tags of one call: a view of a braced list, an array, a vector or a span of Tag, which must
// live until the call returns: a braced list does when it stands inside the call, not in an object
// that is passed later.
class Tags {
 public:
  constexpr Tags() noexcept = default;
  constexpr Tags(std::initializer_list<Tag> tags) noexcept
      : data_(std::data(tags)), size_(tags.size()) {}
  template <class Range>
  requires std::convertible_to<const Range&, std::span<const Tag>>
  constexpr Tags(const Range& tags) noexcept : Tags(std::span<const Tag>(tags), Span{}) {}

  constexpr const Tag* begin() const noexcept { return data_; }
  constexpr const Tag* end() const noexcept { return data_ + size_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr const Tag& operator[](std::size_t i) const noexcept { return data_[i]; }

 private:
  struct Span {};
  constexpr Tags(std::span<const Tag> tags, Span) noexcept
      : data_(tags.data()), size_(tags.size()) {}

  const Tag* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace pawl
