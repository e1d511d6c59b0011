#pragma once

// The look-up table that all threads share: calls to contexts. Known shapes (a call's name and tags
// as the program wrote them) are found by their digest, without a lock. A new shape is repaired,
// sorted and put to the policy; its context is found or made; and the answer is remembered under
// the shape. Both maps are sharded by hash, with a mutex each for insertion.
//
// What is out of use is retired: it cannot be found any more, but stays until no call that had
// found it is at work. retire() and free_retired() are for the flusher, which knows when that is.
//
// Threads: any, but for those two. find() takes no lock. resolve() takes one mutex at a time.

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

#include "context/call.h"
#include "context/contexts.h"
#include "context/digest.h"
#include "context/notes.h"
#include "context/shape_table.h"
#include "tags/policy.h"
#include "tags/refused_keys.h"
#include "tags/tag_set.h"

namespace pawl::context {

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
  // The global tags are among them, because one of those has another value here.
  bool whole = false;
  friend bool operator==(const Scope&, const Scope&) = default;
};

// Under what to record a call, or why not.
struct Answer {
  Context* context = nullptr;  // nullptr: refused
  Note note = {};
};

class Registry {
 public:
  static constexpr std::size_t kMostScopes = 1024;
  Registry(Limits limits, Rules rules);

  const Digester& digester() const noexcept { return digester_; }
  // Finds a known shape. REQUIRES: the digest is of digester().
  Known find(const Digest& digest) const noexcept {
    return shapes_[digest.high % kStripes].table.find(digest);
  }
  // Gives what is to be counted beside a sample of a known shape that is not plain.
  const Note& note(const Known& known) const noexcept { return notes_[known.note()]; }

  // Finds out what to do with a call whose shape is new, and remembers it where there is room.
  // Throws std::bad_alloc.
  Answer resolve(const Call& call);
  // The same for a handle, which holds its context for good and remembers it itself.
  Answer hold(const Call& call);

  // Adds a child client's prefix and tags to those of `parent`, in whose place its env, service and
  // version go; gives its number, the same for the same; nothing when there are kMostScopes
  // already. Throws std::bad_alloc.
  std::optional<std::uint32_t> add_scope(std::uint32_t parent,
                                         std::string_view prefix,
                                         const tags::TagSet& tags);

  // Gives the value of a tag that all lines of a scope carry; "" when there is none. Throws
  // std::bad_alloc.
  std::string tag(std::uint32_t scope, std::string_view key) const;

  // Gives what a name and tags look like on the wire, for lines that are not aggregated.
  struct Canonical {
    std::string name;
    std::string tags;
    Note note = {};
  };
  Canonical canonical(const Call& call) const;
  // The same for what has no metric's name: events and checks.
  Canonical canonical_tags(std::uint32_t scope, Tags tags) const;

  // Retires contexts that were idle since before `idle_since` (seconds of the flusher's clock, in
  // which `now` is now), with their shapes; all shapes when their memory is full; and tables that
  // were outgrown. Does nothing while something retired is not freed. Throws std::bad_alloc, and
  // has then retired less.
  void retire(std::uint32_t idle_since, std::uint32_t now);
  bool has_retired() const noexcept { return has_retired_; }
  // Frees what was retired. REQUIRES: no call that began before retire() ended is at work any more,
  // and what those recorded has been taken. Throws std::bad_alloc, and can then be called again.
  void free_retired();

  // Tells whether there are more different notes, or refused keys, than there are numbers.
  bool wants_turn() const noexcept { return notes_.is_full() || refused_keys_.wants_turn(); }
  // Makes room for other notes and keys; the shapes that have a note come again. Those are retired
  // then, as by retire(), and REQUIRE that nothing was before. `counts` is the present ones.
  void turn(const tags::RefusedCounts& counts) noexcept;

  const Directory& contexts(Kind kind) const noexcept { return contexts_.of(kind); }
  // Tells which keys the notes' numbers stand for.
  const tags::RefusedKeys& refused_keys() const noexcept { return refused_keys_; }
  tags::RefusedKeys& refused_keys() noexcept { return refused_keys_; }
  std::array<std::uint64_t, kMetricTypes> contexts_by_type() const noexcept {
    return contexts_.by_type();
  }
  // Counts the bytes of contexts and shapes.
  std::size_t bytes() const noexcept { return contexts_.bytes(); }
  std::size_t shapes() const noexcept { return shape_count_.load(std::memory_order_relaxed); }

  // Stand around fork(): every mutex is held in between, so that the child finds whole tables.
  void lock() noexcept;
  void unlock() noexcept;

 private:
  struct alignas(64) Stripe {
    ShapeTable table;
    std::mutex mutex;
  };
  // A fork holds all of them, and the thread sanitizer counts at most 64 locks of a thread.
  static constexpr std::size_t kStripes = 8;

  std::shared_ptr<const Scope> scope(std::uint32_t number) const;
  void add_child_tags(Scope& scope, const tags::TagSet& tags) const;
  void add_tags(Canonical& made, std::uint32_t scope, Tags call) const;
  Answer answer(const Call& call, Contexts::Hold hold);
  void remember(const Call& call, const Answer& answer, std::uint32_t turn) noexcept;
  bool take_shape_bytes(std::size_t bytes) noexcept;
  void give_shape_bytes_back(std::size_t bytes) noexcept;
  template <class Gone>
  void forget(const Gone& gone) noexcept;
  void retire_tables(Stripe& stripe, bool all);

  const Limits limits_;
  const Rules rules_;
  const Digester digester_;
  mutable tags::RefusedKeys refused_keys_;
  std::array<Stripe, kStripes> shapes_;
  Notes notes_;
  Contexts contexts_;

  mutable std::mutex scopes_mutex_;
  std::vector<std::shared_ptr<const Scope>> scopes_;

  std::atomic<std::size_t> shape_count_{0};
  std::atomic<std::size_t> shape_bytes_{0};
  std::atomic<bool> shapes_full_{false};
  std::atomic<std::uint32_t> turns_{0};

  // The flusher's own.
  std::vector<std::unique_ptr<ShapeTable::Slots>> retired_tables_;
  bool has_retired_ = false;
};

}  // namespace pawl::context
