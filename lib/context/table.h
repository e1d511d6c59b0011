#pragma once

// A hash map from records to themselves: open addressing, read without a lock while one thread
// inserts. A word of the table holds a record's address and 16 bits of its hash, so a miss is
// seldom followed to the record. When the table grows, readers still inside the old one find all
// that it held; it is kept until the end, which costs as much again as the table itself at the
// most.
//
// Threads: find() from any; insert() from one at a time.

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace pawl::context {

// REQUIRES: Record has a member `hash` that never changes.
template <class Record>
class Table {
 public:
  template <class Equal>
  Record* find(std::uint64_t hash, const Equal& equal) const noexcept {
    const Slots* slots = current_.load(std::memory_order_acquire);
    if (slots == nullptr) return nullptr;
    for (std::uint64_t at = hash;; ++at) {
      const std::uint64_t word = slots->words[at & slots->mask].load(std::memory_order_acquire);
      if (word == 0) return nullptr;
      if (word >> kAddressBits != hash >> kAddressBits) continue;
      Record* record = std::bit_cast<Record*>(word & kAddress);
      if (record->hash == hash && equal(*record)) return record;
    }
  }

  // Throws std::bad_alloc, and has then changed nothing.
  void insert(Record* record) {
    // Only a program that asks for it gets addresses beyond 47 bits (Linux on x86-64 and arm64).
    if (std::bit_cast<std::uint64_t>(record) > kAddress) throw std::bad_alloc{};
    if (slots_.empty() || 2 * (size_ + 1) > slots_.back()->mask + 1) grow();
    place(*slots_.back(), record);
    ++size_;
  }

  std::size_t size() const noexcept { return size_; }

 private:
  static_assert(sizeof(void*) == 8);
  static constexpr unsigned kAddressBits = 48;
  static constexpr std::uint64_t kAddress = (std::uint64_t{1} << kAddressBits) - 1;
  static constexpr std::size_t kFirstSize = 16;

  struct Slots {
    explicit Slots(std::size_t size)
        : mask(size - 1), words(std::make_unique<std::atomic<std::uint64_t>[]>(size)) {}
    std::size_t mask;
    std::unique_ptr<std::atomic<std::uint64_t>[]> words;
  };

  static void place(Slots& slots, Record* record) noexcept {
    std::uint64_t at = record->hash;
    while (slots.words[at & slots.mask].load(std::memory_order_relaxed) != 0) ++at;
    const std::uint64_t word =
        std::bit_cast<std::uint64_t>(record) | record->hash >> kAddressBits << kAddressBits;
    slots.words[at & slots.mask].store(word, std::memory_order_release);
  }

  void grow() {
    slots_.reserve(slots_.size() + 1);
    auto larger =
        std::make_unique<Slots>(slots_.empty() ? kFirstSize : 2 * (slots_.back()->mask + 1));
    for (std::size_t i = 0; !slots_.empty() && i <= slots_.back()->mask; ++i) {
      const std::uint64_t word = slots_.back()->words[i].load(std::memory_order_relaxed);
      if (word != 0) place(*larger, std::bit_cast<Record*>(word & kAddress));
    }
    current_.store(larger.get(), std::memory_order_release);
    slots_.push_back(std::move(larger));
  }

  std::atomic<const Slots*> current_{nullptr};
  std::vector<std::unique_ptr<Slots>> slots_;  // the last is the current one
  std::size_t size_ = 0;
};

}  // namespace pawl::context
