#pragma once

// The ledger: where every recorded sample is. At any moment, for samples and for the sum of counts,
//
//     called = rejected[reason] + handed_to_kernel + dropped[reason] + pending
//
// holds exactly, and after close() nothing is pending. All numbers are totals since the client was
// made (in a forked child: since the fork).
//
// "Handed to the kernel" is what a client can know: the send call took the datagram. UDP may still
// lose it on the way, a Unix socket does not.
//
// Threads: values. Cost: see Client::stats(). Errors: none.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pawl/detail/export.h"
#include "pawl/metric.h"

namespace pawl {

// Why a call was not recorded.
enum class Reject : std::uint8_t {
  name,           // metric, event or check name or text empty, without a letter, or too long
  tags,           // more than 100 tags
  value,          // NaN, infinity, a negative duration, an empty set member
  timestamp,      // zero, negative, in milliseconds, or far in the future
  sampled_out,    // the call's sample rate left it out
  context_limit,  // a new gauge beyond the cap on contexts (other types go to the overflow context)
  member_limit,   // a new set member beyond the cap on samples' memory
  memory_limit,   // a sample beyond the cap on samples' memory
  line_too_long,  // one line alone exceeds the datagram limit
  unsupported,    // histogram, timing, set, event or check on the serverless profile
  no_memory,      // an allocation failed
  closed,         // the client was closed
  policy,         // a tag that makes the tag policy refuse the call as a whole
};
inline constexpr std::size_t kRejects = 13;
PAWL_API std::string_view to_string(Reject reason) noexcept;

// What was changed in order to record a call; the sample itself is recorded.
enum class Repair : std::uint8_t {
  name,          // bytes outside [A-Za-z0-9_.] became `_`
  tag_bytes,     // bytes that would break the line became `_`
  tag_cut,       // a tag longer than 200 bytes was cut
  tag_reserved,  // a tag with a key that the Agent obeys was left out
  tag_policy,    // a tag that the policy does not let pass was left out
  tag_empty,     // a tag without key and value was left out
  text,         // bytes of a set's member, an event or a check that would break the line became `_`
  sample_rate,  // a rate outside (0, 1] became 1
  context_overflow,  // counted under the overflow context, beyond the cap on contexts
  tag_value,         // a tag's value that the policy does not let pass became another (`other`)
};
inline constexpr std::size_t kRepairs = 10;
PAWL_API std::string_view to_string(Repair repair) noexcept;

// Why something that was recorded was not handed over.
enum class Drop : std::uint8_t {
  queue_full,   // the sender's queue was at its limit: the oldest went
  expired,      // waited longer than Options::queue_ttl
  unreachable,  // no Agent there when the client closed, after one retry
  too_large,    // the network's limit fell below the datagram when it was finished already
  send_error,   // any other error of the send call
  shutdown,     // still waiting at the deadline of close()
};
inline constexpr std::size_t kDrops = 6;
PAWL_API std::string_view to_string(Drop reason) noexcept;

// An amount of recorded things: how many calls (values, where a call has many), and the sum of the
// counters' values among them.
struct Amount {
  std::uint64_t samples = 0;
  std::int64_t counted = 0;

  // Sums wrap, as counters do, instead of overflowing.
  constexpr Amount& operator+=(const Amount& other) noexcept {
    samples += other.samples;
    counted = static_cast<std::int64_t>(static_cast<std::uint64_t>(counted) +
                                        static_cast<std::uint64_t>(other.counted));
    return *this;
  }
  constexpr Amount& operator-=(const Amount& other) noexcept {
    samples -= other.samples;
    counted = static_cast<std::int64_t>(static_cast<std::uint64_t>(counted) -
                                        static_cast<std::uint64_t>(other.counted));
    return *this;
  }
  friend constexpr Amount operator+(Amount a, const Amount& b) noexcept { return a += b; }
  friend constexpr Amount operator-(Amount a, const Amount& b) noexcept { return a -= b; }
  friend constexpr bool operator==(const Amount&, const Amount&) noexcept = default;
};

// What was recorded but not handed over, by reason; what Client::close returns.
struct Losses {
  std::array<Amount, kDrops> by_reason{};

  const Amount& operator[](Drop reason) const noexcept {
    return by_reason[static_cast<std::size_t>(reason)];
  }
  Amount total() const noexcept {
    Amount sum;
    for (const Amount& amount : by_reason) sum += amount;
    return sum;
  }
  explicit operator bool() const noexcept { return total() != Amount{}; }
};

// Packets and bytes of the transport, telemetry included.
struct Traffic {
  std::uint64_t packets_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t packets_dropped_queue = 0;  // queue_full, expired, shutdown
  std::uint64_t bytes_dropped_queue = 0;
  std::uint64_t packets_dropped_writer = 0;  // unreachable, too_large, send_error
  std::uint64_t bytes_dropped_writer = 0;
};

// A key of which tags were refused: left out, or with another value, or together with their call,
// because of the tag policy or because the Agent would obey them.
struct RefusedKey {
  static constexpr std::size_t kMostBytes = 47;

  std::uint64_t tags = 0;  // 0: nothing is said here
  // The beginning of the key as the call wrote it, then NUL.
  std::array<char, kMostBytes + 1> text{};

  static constexpr RefusedKey of(std::string_view key) noexcept {
    RefusedKey made;
    const std::size_t size = key.size() < kMostBytes ? key.size() : kMostBytes;
    for (std::size_t i = 0; i < size; ++i) made.text[i] = key[i];
    return made;
  }
  constexpr std::string_view key() const noexcept { return text.data(); }
};
inline constexpr std::size_t kRefusedKeys = 8;

struct Stats {
  // The ledger.
  Amount called;
  std::array<Amount, kRejects> rejected{};
  Amount handed_to_kernel;
  Losses dropped;
  Amount pending;

  // Calls changed by Repair, one for each thing repaired in a call's first sight and in each later
  // call of that shape.
  std::array<std::uint64_t, kRepairs> repaired{};

  // The keys that were refused most, the most first: look for their callers. 62 keys are told
  // apart; `(others)` are the rest. When there are more, those with the lowest counts make room for
  // them at a flush, and their counts go to the others.
  std::array<RefusedKey, kRefusedKeys> refused_keys{};

  // Calls (values, where a call has many) by type of metric, and the rest.
  std::array<std::uint64_t, kMetricTypes> samples_by_type{};
  std::uint64_t events = 0;
  std::uint64_t service_checks = 0;

  Traffic traffic;
  std::uint64_t queued_bytes = 0;  // waiting in the sender
  std::uint64_t flushes = 0;

  // Contexts known now, and the bytes that they and the remembered shapes of calls occupy: about
  // 130 and its name and tags a context, and 40 to 80 a shape (32 at a load of 2/5 to 4/5).
  std::uint64_t contexts = 0;
  std::array<std::uint64_t, kMetricTypes> contexts_by_type{};
  std::uint64_t context_bytes = 0;
  std::uint64_t shapes = 0;
  // Threads that have recorded and are alive, or whose cells wait for the next thread.
  std::uint64_t threads = 0;
  // What their cells occupy: 83 KiB a thread (64 of them the ring, 16 the directory of its
  // counters), and 8 KiB for each 512 counters among which it has touched one: 16 bytes a counter.
  std::uint64_t thread_bytes = 0;

  const Amount& operator[](Reject reason) const noexcept {
    return rejected[static_cast<std::size_t>(reason)];
  }
  std::uint64_t operator[](Repair repair) const noexcept {
    return repaired[static_cast<std::size_t>(repair)];
  }
  Amount rejected_total() const noexcept {
    Amount sum;
    for (const Amount& amount : rejected) sum += amount;
    return sum;
  }
  // Tells whether the equation above holds; it always does.
  bool balanced() const noexcept {
    return called == rejected_total() + handed_to_kernel + dropped.total() + pending;
  }
};

}  // namespace pawl
