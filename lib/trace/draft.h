#pragma once

// What an open span holds: its texts, and its tags and numbers, already in MessagePack. A draft
// belongs to the arena of the thread that the span began on, and goes back there.
//
// Threads: one at a time, but for what child() reads: trace, id, service.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/trace_stats.h>

#include "trace/bytes.h"
#include "trace/entries.h"
#include "trace/event.h"

namespace pawl::trace {

class Arena;
struct TraceState;

// How often each repair was made; few, in one span.
using RepairCounts = std::array<std::uint32_t, kSpanRepairs>;

struct Draft {
  static constexpr std::uint32_t kMostLinks = 32;

  explicit Draft(Arena& owner) noexcept : home(&owner) {}

  // Readies it for its next span.
  void clear() noexcept;

  // Add what a span was told, within the limits.
  void set_tag(std::string_view key, std::string_view value) noexcept {
    if (!meta.add_text(key, value, keys)) [[unlikely]]
      set_tag_with_care(key, value);
  }
  void set_metric(std::string_view key, double value) noexcept {
    if (!std::isfinite(value) || !metrics.add_number(key, value, keys)) [[unlikely]]
      set_metric_with_care(key, value);
  }
  // The same into other maps, in which a key comes once.
  void set_text(Entries& to, std::string_view key, std::string_view value) noexcept;
  void set_number(Entries& to, std::string_view key, double value) noexcept;
  void set_short(ShortText& to, std::string_view text) noexcept;
  void set_resource(std::string_view text) noexcept;
  void set_error(std::string_view kind, std::string_view message, std::string_view stack) noexcept;

  void note(SpanRepair repair) noexcept {
    ++repairs[static_cast<std::size_t>(repair)];
    repaired = true;
  }

  Arena* const home;
  Draft* next_free = nullptr;

  TraceState* trace = nullptr;
  std::uint64_t id = 0;
  std::uint64_t parent = 0;
  std::int64_t start = 0;  // by the steady clock
  bool is_root = false;
  bool failed = false;
  bool repaired = false;
  std::uint32_t link_count = 0;
  ShortText service, name, type;
  Bytes resource;  // empty: the name
  KeyFilter keys;
  Entries meta, metrics;
  Bytes links;
  Bytes scratch, key_scratch;  // for texts that are repaired
  RepairCounts repairs{};
  Event event;

 private:
  void set_tag_with_care(std::string_view key, std::string_view value) noexcept;
  void set_metric_with_care(std::string_view key, double value) noexcept;
};

}  // namespace pawl::trace
