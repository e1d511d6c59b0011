#pragma once

// All contexts, by what they are: a hash map in stripes with a mutex each, the numbers of each
// kind, and the caps. Only calls whose shape is new come here.
//
// Beyond the caps a call's context is the overflow context of its name (the one tag
// `pawl_overflow:true`), so that its sums stay exact; beyond 1,024 of those, `pawl.overflow` takes
// all. A gauge is refused instead: the last value of many things is no value.
//
// Threads: any, but for expire() and free_expired(), which are the flusher's.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <pawl/metric.h>

#include "context/context.h"
#include "context/directory.h"

namespace pawl::context {

struct Limits {
  std::size_t contexts;
  std::size_t bytes;
};

class Contexts {
 public:
  explicit Contexts(Limits limits) noexcept : limits_(limits) {}

  struct Key {
    MetricType type;
    Cardinality cardinality;
    std::string_view name;
    std::string_view tags;
  };
  // A held context never expires.
  enum class Hold : bool { no, yes };

  // Finds or makes a context; nullptr beyond the caps. Throws std::bad_alloc.
  Context* find_or_make(const Key& key, Hold hold) { return in_room(key, hold, Room::regular); }
  // Finds or makes the one that takes what is beyond them; nullptr for a gauge. Throws
  // std::bad_alloc.
  Context* overflow(const Key& key, Hold hold);

  // Makes contexts that were idle since before `idle_since` impossible to find. What calls that
  // have found them already record there is not lost. Gives how many there are.
  std::size_t expire(std::uint32_t idle_since) noexcept;
  // Frees them. REQUIRES: no call that found one is at work any more, and what it recorded has been
  // taken. Throws std::bad_alloc, and can then be called again.
  void free_expired();

  // Sets the time that contexts are made at, in seconds of the flusher's clock.
  void set_now(std::uint32_t now) noexcept { now_.store(now, std::memory_order_relaxed); }

  const Directory& of(Kind kind) const noexcept {
    return directories_[static_cast<std::size_t>(kind)];
  }
  std::array<std::uint64_t, kMetricTypes> by_type() const noexcept;
  std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

  // Take bytes of the limit for what belongs to contexts; tells whether there were as many left.
  bool take_bytes(std::size_t bytes) noexcept;
  void give_bytes_back(std::size_t bytes) noexcept {
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }

  // Stand around fork(): every mutex is held in between, so that the child finds whole maps.
  void lock() noexcept;
  void unlock() noexcept;

 private:
  static Key key_of(const Context& context) noexcept {
    return {context.type, context.cardinality, context.name(), context.tags()};
  }
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Key& key) const noexcept;
    std::size_t operator()(const OwnedContext& one) const noexcept { return (*this)(key_of(*one)); }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const Key& key, const OwnedContext& one) const noexcept;
    bool operator()(const OwnedContext& one, const OwnedContext& other) const noexcept {
      return (*this)(key_of(*one), other);
    }
  };
  using Map = std::unordered_set<OwnedContext, Hash, Same>;
  struct alignas(64) Stripe {
    std::mutex mutex;
    Map map;
  };
  enum class Room { regular, overflow };
  // A fork holds all of them, and the thread sanitizer counts at most 64 locks of a thread.
  static constexpr std::size_t kStripes = 8;
  static constexpr std::size_t kOverflowContexts = 1024;
  // What the maps spend on a context.
  static constexpr std::size_t kMapBytes = 56;

  static std::size_t cost(const Context& context) noexcept { return context.bytes() + kMapBytes; }
  Context* in_room(const Key& key, Hold hold, Room room);
  Context* make(Map& map, const Key& key);
  bool make_room_for_expired() noexcept;
  bool take_room(Room room, std::size_t bytes) noexcept;
  void give_room_back(Room room, std::size_t bytes) noexcept;

  const Limits limits_;
  std::array<Stripe, kStripes> stripes_;
  std::mutex directories_mutex_;
  std::array<Directory, kKinds> directories_;
  std::vector<Map::node_type> expired_;  // the flusher's own
  std::array<std::atomic<std::uint64_t>, kMetricTypes> by_type_{};
  std::atomic<std::size_t> regular_{0};
  std::atomic<std::size_t> overflow_{0};
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::uint32_t> now_{0};
};

}  // namespace pawl::context
