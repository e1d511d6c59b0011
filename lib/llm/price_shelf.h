#pragma once

// One current value that many read and few replace. A reader names the value it reads in a slot and
// looks once more whether it is still the current one; who replaces it frees the old ones that no
// slot names (hazard pointers).
//
// Not a mutex around a shared_ptr: a thread that is paused inside it stops all others, and one that
// is not copied by fork() stops them for ever. Not std::atomic<std::shared_ptr>: libstdc++ 12
// builds it on a spin lock that the thread sanitizer does not understand. Here a paused or vanished
// reader keeps one old value alive, nothing else.
//
// Threads: read() from any, at the same time as replace(); replace() from one at a time.
// Cost: read() 5 ns: an exchange on a cache line that the thread mostly has for itself.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace pawl::llm {

template <class T>
class PriceShelf {
  struct alignas(64) Slot {
    std::atomic<const T*> reads{nullptr};
  };

 public:
  explicit PriceShelf(std::unique_ptr<const T> first) noexcept : current_(first.release()) {}
  ~PriceShelf() { delete current_.load(std::memory_order_relaxed); }  // REQUIRES: no reader
  PriceShelf(const PriceShelf&) = delete;
  PriceShelf& operator=(const PriceShelf&) = delete;

  // Holds the value that was current while it was made.
  class Reader {
   public:
    explicit Reader(Slot& slot, const T* value) noexcept : slot_(slot), value_(value) {}
    ~Reader() { slot_.reads.store(nullptr, std::memory_order_release); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    const T& operator*() const noexcept { return *value_; }
    const T* operator->() const noexcept { return value_; }

   private:
    Slot& slot_;
    const T* value_;
  };

  Reader read() const noexcept {
    const T* value = current_.load(std::memory_order_acquire);
    Slot& slot = take_slot(value);
    // Sequentially consistent with replace(): either it sees the slot, or this sees its value.
    for (const T* now = current_.load(); now != value; now = current_.load()) {
      value = now;
      slot.reads.store(value);
    }
    return Reader{slot, value};
  }

  // Publishes `next`; frees what was replaced, now or at a later call once nobody reads it. Throws
  // std::bad_alloc, and then has changed nothing.
  void replace(std::unique_ptr<const T> next) {
    old_.reserve(old_.size() + 1);
    old_.emplace_back(current_.exchange(next.release()));
    std::erase_if(old_, [this](const auto& value) { return !is_read(value.get()); });
  }

  std::size_t waiting() const noexcept { return old_.size(); }

 private:
  // As many threads can read at one moment; one more waits for the next free slot.
  static constexpr std::size_t kSlots = 64;

  // Threads have stacks of their own, so an address on it tells them apart at no cost.
  static std::size_t first_slot() noexcept {
    const char here = 0;
    const auto page = reinterpret_cast<std::uintptr_t>(&here) >> 14U;
    return static_cast<std::size_t>((page * 0x9E3779B97F4A7C15U) >> 58U);
  }

  Slot& take_slot(const T* value) const noexcept {
    for (std::size_t i = first_slot(), tries = 1;; i = (i + 1) % kSlots, ++tries) {
      const T* free = nullptr;
      Slot& slot = slots_[i];
      if (slot.reads.compare_exchange_strong(free, value)) return slot;
      if (tries % kSlots == 0) std::this_thread::yield();
    }
  }

  bool is_read(const T* value) const noexcept {
    return std::any_of(slots_.begin(), slots_.end(), [value](const Slot& slot) {
      return slot.reads.load() == value;
    });
  }

  std::atomic<const T*> current_;
  mutable std::array<Slot, kSlots> slots_;
  std::vector<std::unique_ptr<const T>> old_;
};

}  // namespace pawl::llm
