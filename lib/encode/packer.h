#pragma once

// Fills datagrams with lines. No datagram is ever above the limit; a line that alone is above it is
// refused, and said so to the caller; a packed line is split where the limit is.
//
// Threads: one at a time. Functions throw std::bad_alloc, and the datagrams then hold what they
// say.
// Cost: bytes are written once, where they stay. Memory is asked for once a datagram, and not even
// that while there are spares: a flush of 10,000 contexts takes half the time without the page
// faults of 1.2 MB.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/stats.h>

#include "encode/datagram.h"
#include "encode/line.h"
#include "encode/value_text.h"

namespace pawl::encode {

enum class Packing : std::uint8_t { many_values, one_value };

class Packer {
 public:
  // `constants` must outlive the packer. `spares` are datagrams that nobody needs any more: the
  // memory of their payloads is used again, what is left of it freed with the packer.
  Packer(std::size_t limit,
         Packing packing,
         const Constants& constants,
         std::vector<Datagram> spares = {}) noexcept
      : limit_(limit), packing_(packing), constants_(constants), spares_(std::move(spares)) {}

  // Add one line that holds `amount`; tell whether it fits into a datagram.
  bool add(const Frame& frame, std::int64_t value, Amount amount);
  bool add(const Frame& frame, double value, Amount amount);
  bool add(const Frame& frame, std::string_view member, Amount amount);
  bool add_line(std::string_view whole, Amount amount);

  // Adds lines that hold the values, one sample each; gives how many are left out, because they do
  // not fit even alone.
  std::size_t add(const Frame& frame, std::span<const double> values);
  // The same for values that are written already, and stand for `samples` each.
  std::size_t add(const Frame& frame, std::span<const ValueText> values, std::uint64_t samples);
  // Gives how long a line without its values is.
  std::size_t frame_bytes(const Frame& frame);
  Packing packing() const noexcept { return packing_; }
  std::size_t limit() const noexcept { return limit_; }

  // Gives the datagrams, the last one as full as it is, and starts anew.
  std::vector<Datagram> take();
  // Gives the datagrams that are full; needs no memory.
  std::vector<Datagram> take_full() noexcept { return std::exchange(full_, {}); }

 private:
  // What decides the bytes on both sides of a line's tags.
  struct Surroundings {
    bool known = false;
    MetricType type{};
    Cardinality cardinality{};
    TagsAre tags = TagsAre::none;
    double rate = 0;
  };

  bool add_text(const Frame& frame, std::string_view value, Amount amount);
  bool is_surrounded(const Frame& frame) const noexcept;
  void surround(const Frame& frame);
  char* room_for(std::size_t size);
  char* write_tail(char* at, const Frame& frame) const noexcept;
  std::size_t tail_size(const Frame& frame) const noexcept;
  // Where the values of a line go, and how far they may.
  struct Room {
    char* line;
    char* values;
    char* end;
  };
  // Calls write(values, room), which gives how many it wrote and moves room.values behind them,
  // until all values are written or refused. Gives how many are refused.
  template <class Value, class Write>
  std::size_t pack(const Frame& frame,
                   std::span<const Value> values,
                   std::uint64_t samples,
                   const Write& write);
  bool find_room(const Frame& frame, Room& room);
  void end_line(const Frame& frame, const Room& room, Amount amount);
  void open();
  void cut();

  const std::size_t limit_;
  const Packing packing_;
  const Constants& constants_;
  std::vector<Datagram> spares_;
  std::vector<Datagram> full_;
  // While it holds lines its payload is as long as the limit, and only the used bytes count.
  Datagram open_;
  std::size_t used_ = 0;
  // Of the line before, which most often are those of the next one.
  Surroundings around_;
  std::string before_tags_;
  std::string after_tags_;
};

}  // namespace pawl::encode
