#pragma once

// The look-up table that all threads share: calls to contexts. Known shapes are found without a
// lock. A new shape is repaired, sorted and put to the policy; its context is found or made; and
// the answer is remembered under the shape. Both maps are sharded by hash, with a mutex each for
// insertion.
//
// Beyond the caps a call's context is the overflow context of its name (the one tag
// `pawl_overflow:true`), so that its sums stay exact; beyond 1,024 of those, `pawl.overflow` takes
// all. A gauge is refused instead: the last value of many things is no value.
//
// Threads: any. find() takes no lock. resolve() takes one mutex at a time.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <pawl/metric.h>
#include <pawl/stats.h>

#include "base/arena.h"
#include "context/call_key.h"
#include "context/context.h"
#include "context/directory.h"
#include "context/shape.h"
#include "context/table.h"
#include "tags/policy.h"
#include "tags/tag_set.h"

namespace pawl::context {

struct Limits {
  std::size_t contexts;
  std::size_t bytes;
};

// What the client's options say about every call.
struct Rules {
  std::string prefix;
  tags::TagSet global;
  tags::Policy policy;
  std::array<bool, kMetricTypes> unsupported{};  // types that the receiver cannot read
  Cardinality cardinality = Cardinality::unset;  // of every line that does not say another
};

// What the options and a child client add to a call.
struct Scope {
  std::string prefix;
  tags::TagSet tags;
  friend bool operator==(const Scope&, const Scope&) = default;
};

class Registry {
 public:
  static constexpr std::size_t kMostScopes = 1024;
  Registry(Limits limits, Rules rules);

  // Finds a known shape; nullptr when it is new.
  const Shape* find(const CallKey& key) const noexcept { return find(key, key.hash(seed_)); }

  // Finds out what to do with a call whose shape is new, and remembers it where there is room.
  // Throws std::bad_alloc.
  Answer resolve(const Call& call);

  // Adds a child client's prefix and tags to those of `parent`; gives its number, the same for the
  // same; nothing when there are kMostScopes already. Throws std::bad_alloc.
  std::optional<std::uint32_t> add_scope(std::uint32_t parent,
                                         std::string_view prefix,
                                         const tags::TagSet& tags);

  // Gives what a name and tags look like on the wire, for lines that are not aggregated.
  struct Canonical {
    std::string name;
    std::string tags;
    bool refused = false;
    Reject reject = Reject::name;
    tags::Repairs repairs = {};
  };
  Canonical canonical(const Call& call) const;
  // The same for what has no metric's name: events and checks.
  Canonical canonical_tags(std::uint32_t scope, Tags tags) const;

  const Directory& contexts(Kind kind) const noexcept {
    return directories_[static_cast<std::size_t>(kind)];
  }
  std::array<std::uint64_t, kMetricTypes> contexts_by_type() const noexcept;
  std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  std::size_t shapes() const noexcept { return shapes_.load(std::memory_order_relaxed); }

  // Stand around fork(): every mutex is held in between, so that the child finds whole tables.
  void lock() noexcept;
  void unlock() noexcept;

 private:
  template <class Record>
  struct alignas(64) Stripe {
    mutable std::mutex mutex;
    Table<Record> table;
    base::Arena arena;
  };
  static constexpr std::size_t kStripes = 64;
  static constexpr std::size_t kOverflowContexts = 1024;
  // What a table spends on a record, at its least load and with the outgrown tables.
  static constexpr std::size_t kTableBytes = 24;

  const Shape* find(const CallKey& key, std::uint64_t hash) const noexcept {
    return shape_stripe(hash).table.find(
        hash, [&key](const Shape& shape) { return shape.key() == key.view(); });
  }

  const Stripe<Shape>& shape_stripe(std::uint64_t hash) const noexcept {
    return shape_stripes_[(hash >> 40) % kStripes];
  }
  Stripe<Shape>& shape_stripe(std::uint64_t hash) noexcept {
    return shape_stripes_[(hash >> 40) % kStripes];
  }

  struct Key {
    MetricType type;
    Cardinality cardinality;
    std::string_view name;
    std::string_view tags;
  };
  enum class Room { regular, overflow };

  std::shared_ptr<const Scope> scope(std::uint32_t number) const;
  void add_tags(Canonical& made, std::uint32_t scope, Tags call) const;
  Context* find_or_make(const Key& key, Room room);
  Context* overflow_context(const Key& key);
  Context* make(Stripe<Context>& stripe, const Key& key, std::uint64_t hash);
  bool take_room(Room room, std::size_t bytes) noexcept;
  void give_room_back(Room room, std::size_t bytes) noexcept;
  void remember(const CallKey& key, const Answer& answer);

  const Limits limits_;
  const Rules rules_;
  const std::uint64_t seed_;

  mutable std::mutex scopes_mutex_;
  std::vector<std::shared_ptr<const Scope>> scopes_;

  std::array<Stripe<Shape>, kStripes> shape_stripes_;
  std::array<Stripe<Context>, kStripes> context_stripes_;
  std::mutex directories_mutex_;
  std::array<Directory, kKinds> directories_;
  std::array<std::atomic<std::uint64_t>, kMetricTypes> by_type_{};
  std::atomic<std::size_t> regular_{0};
  std::atomic<std::size_t> overflow_{0};
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::size_t> shapes_{0};
  std::atomic<std::size_t> shape_bytes_{0};
};

}  // namespace pawl::context
