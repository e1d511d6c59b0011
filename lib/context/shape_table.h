#pragma once

// A hash map from the digests of calls to what became of them: open addressing with the entries in
// the table itself, read without a lock while one thread inserts or removes. An entry is written
// once; when it is removed, or the table grows, what readers may still be looking at stays until
// whoever move_outgrown_to() gave it to knows that nobody is.
//
// Threads: find() from any; the rest from one at a time.
// Cost: 32 bytes an entry, at a load of at most 4/5.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "context/context.h"
#include "context/digest.h"

namespace pawl::context {

// What a call comes to: the number of its context, and a note of what is to be counted beside the
// sample.
class Known {
 public:
  static constexpr std::uint32_t kPlain = 0;  // the note that says: nothing
  static constexpr std::uint32_t kNew = ~std::uint32_t{0};

  Known() noexcept = default;
  Known(std::uint32_t index, std::uint32_t note, Context* context) noexcept
      : word_(std::uint64_t{note} << 32 | index), context_(context) {}

  std::uint32_t index() const noexcept { return static_cast<std::uint32_t>(word_); }
  std::uint32_t note() const noexcept { return static_cast<std::uint32_t>(word_ >> 32); }
  Context* context() const noexcept { return context_; }  // nullptr: refused
  bool plain() const noexcept { return note() == kPlain; }
  bool is_new() const noexcept { return note() == kNew; }

 private:
  friend class ShapeTable;
  Known(std::uint64_t word, Context* context) noexcept : word_(word), context_(context) {}

  std::uint64_t word_ = std::uint64_t{kNew} << 32;
  Context* context_ = nullptr;
};

class ShapeTable {
 private:
  struct Entry {
    std::atomic<std::uint64_t> low{0};  // 0: free, and ends a search; kRemoved: was used
    std::atomic<std::uint64_t> high{0};
    std::atomic<std::uint64_t> word{0};
    std::atomic<Context*> context{nullptr};
  };

 public:
  class Slots {
   private:
    friend class ShapeTable;
    explicit Slots(std::size_t size) : mask_(size - 1), entries_(std::make_unique<Entry[]>(size)) {}
    // Not through the pointer's own operator, which checks it where the library asserts.
    Entry& at(std::uint64_t position) const noexcept { return entries_.get()[position & mask_]; }

    std::size_t mask_;
    std::unique_ptr<Entry[]> entries_;
  };

  // Throws std::bad_alloc.
  ShapeTable() : slots_(new Slots{kFirstSize}) { current_ = slots_.get(); }

  // Gives what was inserted; a new one when it was not.
  Known find(const Digest& digest) const noexcept {
    const Slots* slots = current_.load(std::memory_order_acquire);
    for (std::uint64_t at = first_place(digest.high);; ++at) {
      const Entry& entry = slots->at(at);
      const std::uint64_t low = entry.low.load(std::memory_order_acquire);
      if (low == digest.low && entry.high.load(std::memory_order_relaxed) == digest.high)
        return known(entry);
      if (low == 0) return {};
    }
  }

  // Tells how many bytes the next insertion takes.
  std::size_t growth() const noexcept { return is_full() ? bytes_of(size_of_next()) : 0; }
  // Adds what is not there yet. Throws std::bad_alloc, and has then changed nothing.
  void insert(const Digest& digest, Known what) {
    if (is_full()) grow();
    place(*slots_, digest.low, digest.high, what);
    ++used_;
    ++size_;
  }

  // Removes what gone(known) tells; gives how many those were.
  template <class Gone>
  std::size_t remove_if(const Gone& gone) noexcept {
    const std::size_t before = size_;
    for (std::size_t i = 0; i <= slots_->mask_; ++i) {
      Entry& entry = slots_->at(i);
      if (!is_live(entry) || !gone(known(entry))) continue;
      entry.low.store(kRemoved, std::memory_order_relaxed);
      --size_;
    }
    return before - size_;
  }

  // Removes all; the slots are then outgrown. Throws std::bad_alloc, and has then changed nothing.
  void clear() {
    replace(std::unique_ptr<Slots>{new Slots{kFirstSize}});
    size_ = 0;
    used_ = 0;
  }

  // Moves to `out` what no find() that begins from now on will look at. Throws std::bad_alloc, and
  // has then changed nothing.
  void move_outgrown_to(std::vector<std::unique_ptr<Slots>>& out) {
    out.reserve(out.size() + outgrown_.size());
    std::move(outgrown_.begin(), outgrown_.end(), std::back_inserter(out));
    outgrown_.clear();
  }

  std::size_t size() const noexcept { return size_; }
  static std::size_t bytes(const Slots& slots) noexcept { return bytes_of(slots.mask_ + 1); }

 private:
  static constexpr std::uint64_t kRemoved = 2;  // a live entry's is odd
  static constexpr std::size_t kFirstSize = 16;

  // The low half of a product has weak low bits, the high half has not; its lowest choose the
  // table.
  static std::uint64_t first_place(std::uint64_t high) noexcept { return high >> 8; }
  // The first slots are the table's own.
  static std::size_t bytes_of(std::size_t size) noexcept {
    return size == kFirstSize ? 0 : size * sizeof(Entry);
  }
  static bool is_live(const Entry& entry) noexcept {
    return entry.low.load(std::memory_order_relaxed) % 2 == 1;
  }
  static Known known(const Entry& entry) noexcept {
    return {entry.word.load(std::memory_order_relaxed),
            entry.context.load(std::memory_order_relaxed)};
  }

  bool is_full() const noexcept { return 5 * (used_ + 1) > 4 * (slots_->mask_ + 1); }
  // As large as before where enough was removed.
  std::size_t size_of_next() const noexcept {
    const std::size_t size = slots_->mask_ + 1;
    return size_ > size / 2 ? 2 * size : size;
  }

  static void place(Slots& slots, std::uint64_t low, std::uint64_t high, Known what) noexcept {
    std::uint64_t at = first_place(high);
    while (slots.at(at).low.load(std::memory_order_relaxed) != 0) ++at;
    Entry& entry = slots.at(at);
    entry.high.store(high, std::memory_order_relaxed);
    entry.word.store(what.word_, std::memory_order_relaxed);
    entry.context.store(what.context_, std::memory_order_relaxed);
    entry.low.store(low, std::memory_order_release);
  }

  void grow() {
    auto larger = std::unique_ptr<Slots>{new Slots{size_of_next()}};
    for (std::size_t i = 0; i <= slots_->mask_; ++i) {
      const Entry& entry = slots_->at(i);
      if (is_live(entry))
        place(*larger,
              entry.low.load(std::memory_order_relaxed),
              entry.high.load(std::memory_order_relaxed),
              known(entry));
    }
    replace(std::move(larger));
    used_ = size_;
  }

  void replace(std::unique_ptr<Slots> slots) {
    outgrown_.reserve(outgrown_.size() + 1);
    current_.store(slots.get(), std::memory_order_release);
    outgrown_.push_back(std::exchange(slots_, std::move(slots)));
  }

  std::atomic<const Slots*> current_{nullptr};
  std::unique_ptr<Slots> slots_;
  std::vector<std::unique_ptr<Slots>> outgrown_;
  std::size_t size_ = 0;  // entries
  std::size_t used_ = 0;  // and those removed
};

}  // namespace pawl::context
