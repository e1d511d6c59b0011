// One thread makes contexts and remembers their shapes, forgets one, and so has the table filled
// and made anew; another looks the shapes up, and the flusher walks the directory. The shapes begin
// to search at the same slot or the next one; two have the same lower half, three the same upper
// one.
//
// What stands for what:
//   find, insert, remove, grow, place  those of context::ShapeTable
//   list, walk                         context::Directory::next and add, operator[] up to size()

#include <array>

#include "model/explore.h"

namespace {

using pawl::test::at_random;
using pawl::test::check_caught;
using pawl::test::check_holds;

struct Digest {
  unsigned low;
  unsigned high;
};

constexpr unsigned kSize = 4;  // of a table; the second is no larger, because a shape was forgotten
constexpr unsigned kRemoved = 2;
constexpr std::array<Digest, 4> kShapes{{{9, 7}, {17, 7}, {9, 8}, {11, 7}}};
constexpr unsigned kForgotten = 1;
constexpr unsigned kForgottenBefore = 3;  // this one is made
constexpr unsigned kInChunk = 2;

enum class Fault {
  none,
  entry_stored_relaxed,
  entry_stored_first,
  entry_read_relaxed,
  table_published_relaxed,
  table_read_relaxed,
  table_published_empty,
  old_table_freed,
  removed_ends_search,
  removed_reused,
  size_stored_relaxed,
  size_stored_first,
};

template <Fault kFault>
class Growing : public rl::test_suite<Growing<kFault>, 3> {
 public:
  void thread(unsigned index) {
    if (index == 0)
      for (unsigned shape = 0; shape < kShapes.size(); ++shape) make(shape);
    else if (index == 1)
      look_up_while_made();
    else
      walk();
  }

  void after() {
    look_up();
    walk();
    for (Context* context : contexts_) delete context;
    for (Slots* slots : tables_) delete slots;
    for (auto& chunk : chunks_) delete static_cast<Chunk*>(VAR(chunk));
  }

 private:
  struct Context {
    rl::var<unsigned> shape;
  };
  struct Entry {
    rl::atomic<unsigned> low{0};
    rl::atomic<unsigned> high{0};
    rl::atomic<Context*> context{nullptr};
  };
  struct Slots {
    std::array<Entry, kSize> entries;
  };
  struct Chunk {
    Chunk() {
      for (auto& place : places) place.store(nullptr, rl::memory_order_relaxed);
    }
    std::array<rl::atomic<Context*>, kInChunk> places;
  };

  static constexpr rl::memory_order unless(Fault fault, rl::memory_order right) {
    return kFault == fault ? rl::mo_relaxed : right;
  }

  Context* find(Digest digest) {
    Slots* slots = current_.load(unless(Fault::table_read_relaxed, rl::mo_acquire), RL_INFO);
    if (slots == nullptr) return nullptr;
    for (unsigned at = digest.low >> 1;; ++at) {
      Entry& entry = slots->entries[at % kSize];
      const unsigned low =
          entry.low.load(unless(Fault::entry_read_relaxed, rl::mo_acquire), RL_INFO);
      if (low == digest.low && entry.high.load(rl::memory_order_relaxed) == digest.high) {
        Context* context = entry.context.load(rl::memory_order_relaxed);
        RL_ASSERT(context != nullptr);
        return context;
      }
      if (low == 0) return nullptr;
    }
  }

  void make(unsigned shape) {
    if (shape == kForgottenBefore) remove(kShapes[kForgotten]);
    auto* context = new Context;
    VAR(context->shape) = shape;
    contexts_[shape] = context;
    list(context);
    insert(kShapes[shape], context);
    made_.store(shape + 1, rl::memory_order_release);
  }

  void insert(Digest digest, Context* context) {
    const bool is_full = slots_ == nullptr || 4 * (used_ + 1) > 3 * kSize;
    if (is_full && kFault != Fault::removed_reused) grow();
    if (slots_ == nullptr) grow();
    place(*slots_, digest, context);
    ++used_;
  }

  void remove(Digest digest) {
    for (Entry& entry : slots_->entries)
      if (entry.low.load(rl::memory_order_relaxed) == digest.low &&
          entry.high.load(rl::memory_order_relaxed) == digest.high)
        entry.low.store(kFault == Fault::removed_ends_search ? 0 : kRemoved,
                        rl::memory_order_relaxed);
  }

  void place(Slots& slots, Digest digest, Context* context) {
    const unsigned taken = kFault == Fault::removed_reused ? kRemoved : 0;
    unsigned at = digest.low >> 1;
    while (true) {
      const unsigned low = slots.entries[at % kSize].low.load(rl::memory_order_relaxed);
      if (low == 0 || low == taken) break;
      ++at;
    }
    Entry& entry = slots.entries[at % kSize];
    const auto publish = [&] {
      entry.low.store(digest.low, unless(Fault::entry_stored_relaxed, rl::mo_release), RL_INFO);
    };
    if (kFault == Fault::entry_stored_first) publish();
    entry.high.store(digest.high, rl::memory_order_relaxed);
    entry.context.store(context, rl::memory_order_relaxed);
    if (kFault != Fault::entry_stored_first) publish();
  }

  void grow() {
    auto* next = new Slots;
    const auto publish = [&] {
      current_.store(next, unless(Fault::table_published_relaxed, rl::mo_release), RL_INFO);
    };
    if (kFault == Fault::table_published_empty) publish();
    used_ = 0;
    if (slots_ != nullptr) {
      for (Entry& entry : slots_->entries) {
        const unsigned low = entry.low.load(rl::memory_order_relaxed);
        if (low <= kRemoved) continue;
        const unsigned high = entry.high.load(rl::memory_order_relaxed);
        place(*next, {low, high}, entry.context.load(rl::memory_order_relaxed));
        ++used_;
      }
    }
    if (kFault != Fault::table_published_empty) publish();
    if (kFault == Fault::old_table_freed)
      delete slots_;
    else
      tables_[0] = slots_;
    slots_ = next;
    tables_[1] = next;
  }

  void list(Context* context) {
    const unsigned index = size_.load(rl::memory_order_acquire);
    if (index % kInChunk == 0) VAR(chunks_[index / kInChunk]) = new Chunk;
    const auto publish = [&] {
      size_.store(index + 1, unless(Fault::size_stored_relaxed, rl::mo_release), RL_INFO);
    };
    if (kFault == Fault::size_stored_first) publish();
    Chunk* chunk = VAR(chunks_[index / kInChunk]);
    chunk->places[index % kInChunk].store(context, rl::memory_order_release);
    if (kFault != Fault::size_stored_first) publish();
  }

  void look_up_while_made() {
    while (made_.load(rl::memory_order_relaxed) < kShapes.size()) {
      look_up();
      rl::yield(1, RL_INFO);
    }
  }

  void look_up() {
    const unsigned made = made_.load(rl::memory_order_acquire);
    for (unsigned shape = 0; shape < kShapes.size(); ++shape) {
      Context* context = find(kShapes[shape]);
      RL_ASSERT(context != nullptr || shape >= made || shape == kForgotten);
      RL_ASSERT(context == nullptr || VAR(context->shape) == shape);
    }
  }

  void walk() {
    const unsigned size = size_.load(rl::memory_order_acquire);
    for (unsigned i = 0; i < size; ++i) {
      Chunk* chunk = VAR(chunks_[i / kInChunk]);
      Context* context = chunk->places[i % kInChunk].load(rl::memory_order_acquire);
      RL_ASSERT(context != nullptr);
      RL_ASSERT(VAR(context->shape) == i);
    }
  }

  rl::atomic<Slots*> current_{nullptr};
  rl::atomic<unsigned> size_{0};
  std::array<rl::var<Chunk*>, kShapes.size() / kInChunk> chunks_;
  rl::atomic<unsigned> made_{0};
  // The maker's.
  Slots* slots_ = nullptr;
  unsigned used_ = 0;
  std::array<Slots*, 2> tables_{};
  std::array<Context*, kShapes.size()> contexts_{};
};

TEST_CASE("a shape that was remembered before is found, with its own context") {
  check_holds<Growing<Fault::none>>(at_random(100'000));
}

TEST_CASE("an entry that is stored relaxed is caught") {
  check_caught<Growing<Fault::entry_stored_relaxed>>();
}

TEST_CASE("an entry that is stored before what it holds is caught") {
  check_caught<Growing<Fault::entry_stored_first>>();
}

TEST_CASE("an entry that is read relaxed is caught") {
  check_caught<Growing<Fault::entry_read_relaxed>>();
}

TEST_CASE("a table that is published relaxed is caught") {
  check_caught<Growing<Fault::table_published_relaxed>>();
}

TEST_CASE("a table that is read relaxed is caught") {
  check_caught<Growing<Fault::table_read_relaxed>>();
}

TEST_CASE("a table that is published before it holds what the old one does is caught") {
  check_caught<Growing<Fault::table_published_empty>>();
}

TEST_CASE("an old table that is freed while it may be read is caught") {
  check_caught<Growing<Fault::old_table_freed>>();
}

TEST_CASE("a removed entry that ends a search is caught") {
  check_caught<Growing<Fault::removed_ends_search>>();
}

TEST_CASE("a removed entry that is used again is caught") {
  check_caught<Growing<Fault::removed_reused>>();
}

TEST_CASE("a directory whose size is stored relaxed is caught") {
  check_caught<Growing<Fault::size_stored_relaxed>>();
}

TEST_CASE("a directory whose size is stored before the context is caught") {
  check_caught<Growing<Fault::size_stored_first>>();
}

}  // namespace
