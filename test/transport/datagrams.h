#pragma once
// Datagrams for tests of the transports: each is told from every other, and says in its payload
// what it holds.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/stats.h>
#include <pawl/transport.h>

#include "encode/datagram.h"
#include "transport/sender.h"

namespace pawl::test {

// One sample that counts `id`.
inline encode::Datagram datagram(std::size_t id, std::size_t bytes = 0) {
  std::string payload = std::to_string(id) + ":1|c\n";
  if (payload.size() < bytes) payload.resize(bytes, 'x');
  return {std::move(payload), {1, static_cast<std::int64_t>(id)}};
}

inline std::vector<encode::Datagram> datagrams(std::size_t first,
                                               std::size_t count,
                                               std::size_t bytes = 0) {
  std::vector<encode::Datagram> made;
  for (std::size_t id = first; id < first + count; ++id) made.push_back(datagram(id, bytes));
  return made;
}

inline std::vector<std::string> payloads_of(std::size_t first,
                                            std::size_t count,
                                            std::size_t bytes = 0) {
  std::vector<std::string> made;
  for (std::size_t id = first; id < first + count; ++id)
    made.push_back(datagram(id, bytes).payload);
  return made;
}

// The amount of datagrams(first, count).
inline Amount amount_of(std::size_t first, std::size_t count) {
  Amount sum;
  for (std::size_t id = first; id < first + count; ++id) sum += {1, static_cast<std::int64_t>(id)};
  return sum;
}

inline SendResult send_one(Transport& transport, std::string_view payload) {
  return transport.send({&payload, 1});
}

// Everything that was pushed, wherever it is now.
inline Amount accounted(const transport::Sender::Totals& totals) {
  return totals.handed_to_kernel + totals.dropped.total() + totals.queued;
}

}  // namespace pawl::test
