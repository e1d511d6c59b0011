#pragma once

// A shape: a call's name and tags byte for byte as the program wrote them, and what became of them.
// The next call of the same shape finds its context by one hash and one comparison, without
// normalising, sorting or asking the policy again.
//
// Threads: immutable once made.

#include <cstdint>
#include <cstring>
#include <string_view>

#include <pawl/stats.h>

#include "context/context.h"
#include "tags/normalize.h"

namespace pawl::context {

// Under what to record a call, or why not.
struct Answer {
  Context* context = nullptr;  // nullptr: refused
  Reject reject = Reject::name;
  tags::Repairs repairs = {};

  bool plain() const noexcept { return context != nullptr && !repairs.any(); }
};

struct Shape {
  const std::uint64_t hash;
  const Answer answer;
  const std::uint32_t index;  // of the context, to save a look at it
  const bool plain;           // recorded, with nothing to count beside it
  const std::uint16_t size;   // of the key, which follows the struct

  std::string_view key() const noexcept { return {reinterpret_cast<const char*>(this + 1), size}; }
};

}  // namespace pawl::context
