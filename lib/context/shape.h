#pragma once

// A shape: a call's name and tags byte for byte as the program wrote them, and what became of them.
// The next call of the same shape finds its context by one hash and one comparison, without
// normalising, sorting or asking the policy again.
//
// Threads: immutable once made.

#include <cstdint>
#include <cstring>
#include <string_view>

#include <pawl/metric.h>
#include <pawl/stats.h>
#include <pawl/tags.h>

#include "base/hash.h"
#include "context/context.h"
#include "tags/normalize.h"

namespace pawl::context {

// What a program says to be recorded under. `scope` is the child client's number.
struct Call {
  MetricType type;
  Cardinality cardinality;
  std::uint32_t scope;
  std::string_view name;
  Tags tags;

  std::uint64_t kind_word() const noexcept {
    return std::uint64_t{scope} << 16 | static_cast<std::uint64_t>(cardinality) << 8 |
           static_cast<std::uint64_t>(type);
  }
};

inline std::uint64_t hash_of(const Call& call, std::uint64_t seed) noexcept {
  base::PieceHash hash{seed ^ call.kind_word()};
  hash.add(call.name);
  for (const Tag& tag : call.tags) {
    hash.add(tag.key);
    hash.add(tag.value);
  }
  return hash.value();
}

// Under what to record a call, or why not.
struct Answer {
  Context* context = nullptr;  // nullptr: refused
  Reject reject = Reject::name;
  tags::Repairs repairs = {};

  bool plain() const noexcept { return context != nullptr && !repairs.any(); }
};

struct Shape {
  const std::uint64_t hash;
  const std::uint64_t kind_word;
  const Answer answer;
  const std::uint32_t index;  // of the context, to save a look at it
  const bool plain;           // recorded, with nothing to count beside it
  const std::uint8_t tag_count;
  const std::uint16_t name_size;

  // The sizes of the keys and values follow the struct as 16-bit numbers, then all the bytes.
  static constexpr std::size_t kLongestPiece = 0xffff;

  const char* sizes() const noexcept { return reinterpret_cast<const char*>(this + 1); }
  const char* bytes() const noexcept { return sizes() + 2 * sizeof(std::uint16_t) * tag_count; }

  bool matches(const Call& call) const noexcept {
    if (kind_word != call.kind_word() || tag_count != call.tags.size() ||
        name_size != call.name.size())
      return false;
    const char* size_at = sizes();
    const char* stored = bytes();
    if (!base::equal_bytes(stored, call.name.data(), name_size)) return false;
    stored += name_size;
    for (const Tag& tag : call.tags) {
      std::uint16_t size[2];
      std::memcpy(size, size_at, sizeof size);
      if (size[0] != tag.key.size() || size[1] != tag.value.size()) return false;
      if (!base::equal_bytes(stored, tag.key.data(), size[0])) return false;
      if (!base::equal_bytes(stored + size[0], tag.value.data(), size[1])) return false;
      stored += size[0] + size[1];
      size_at += sizeof size;
    }
    return true;
  }
};

}  // namespace pawl::context
