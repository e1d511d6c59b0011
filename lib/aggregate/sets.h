#pragma once

// The distinct members of every set since the last flush, and how often each was inserted. They are
// shared by all threads: a union needs one place.
//
// Threads: any; one of 16 mutexes for each call, by context.

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aggregate/budget.h"

namespace pawl::aggregate {

class Sets {
 public:
  explicit Sets(Budget& budget) noexcept : budget_(budget) {}
  Sets(const Sets&) = delete;
  Sets& operator=(const Sets&) = delete;

  struct Member {
    std::uint32_t index;  // of the set's context
    std::uint64_t calls;
    std::string text;
  };

  // Adds a member; tells whether it is in the set now. Throws std::bad_alloc.
  bool insert(std::uint32_t index, std::string_view member);

  // Gives all members and forgets them; throws std::bad_alloc, and has then lost nothing.
  std::vector<Member> take();

  // Tells how many insertions wait to be taken.
  std::uint64_t waiting() noexcept;

  void lock() noexcept;
  void unlock() noexcept;
  void clear() noexcept;

 private:
  struct HashText {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept;
  };
  using Members = std::unordered_map<std::string, std::uint64_t, HashText, std::equal_to<>>;
  struct Stripe {
    std::mutex mutex;
    std::unordered_map<std::uint32_t, Members> sets;
    std::size_t members = 0;
    std::uint64_t calls = 0;
    std::size_t charged = 0;
  };
  // A node of the map and its share of the buckets, beside the text.
  static constexpr std::size_t kMemberBytes = 80;

  void clear(Stripe& stripe) noexcept;

  Budget& budget_;
  std::array<Stripe, 16> stripes_;
};

}  // namespace pawl::aggregate
