#pragma once

// Fills datagrams with lines. No datagram is ever above the limit; a line that alone is above it is
// refused, and said so to the caller; a packed line is split where the limit is.
//
// Threads: one at a time. Functions throw std::bad_alloc.

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

namespace pawl::encode {

enum class Packing : std::uint8_t { many_values, one_value };

class Packer {
 public:
  // `constants` must outlive the packer.
  Packer(std::size_t limit, Packing packing, const Constants& constants) noexcept
      : limit_(limit), packing_(packing), constants_(constants) {}

  // Add one line that holds `amount`; tell whether it fits into a datagram.
  bool add(const Frame& frame, std::int64_t value, Amount amount);
  bool add(const Frame& frame, double value, Amount amount);
  bool add(const Frame& frame, std::string_view member, Amount amount);
  bool add_line(std::string_view whole, Amount amount);

  // Adds lines that hold the values, one sample each; gives how many are left out, because they do
  // not fit even alone.
  std::size_t add(const Frame& frame, std::span<const double> values);

  // Gives the datagrams, the last one as full as it is, and starts anew.
  std::vector<Datagram> take();
  // Gives the datagrams that are full; needs no memory.
  std::vector<Datagram> take_full() noexcept { return std::exchange(full_, {}); }

 private:
  template <class Append>
  bool add_one(Amount amount, const Append& append);
  std::size_t write_values(std::string_view name, std::span<const double> values);
  void cut();

  const std::size_t limit_;
  const Packing packing_;
  const Constants& constants_;
  std::vector<Datagram> full_;
  Datagram open_;
  std::string line_;  // one line, or the tail of the line that is being packed
};

}  // namespace pawl::encode
