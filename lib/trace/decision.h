#pragma once

// Whether a trace is kept, and who decided: two bytes, so that spans on many threads can change
// it.
//
// Threads: AtomicDecision any; the rest are values.

#include <atomic>
#include <cstdint>

namespace pawl::trace {

// Datadog's numbers for who decided; the tag _dd.p.dm is "-" and the number.
enum class Mechanism : std::uint8_t {
  unknown = 0,  // nobody: no rule, and no rate of the Agent yet
  agent_rate = 1,
  rule = 3,
  manual = 4,
  error = 254,      // a span failed, and such traces are kept; goes out as a rule
  inherited = 255,  // the remote parent
};

// Aligned to its size: clang calls a library for an atomic of anything less.
struct alignas(2) Decision {
  std::int8_t priority = 1;
  Mechanism mechanism = Mechanism::unknown;

  friend bool operator==(const Decision&, const Decision&) noexcept = default;
};

class AtomicDecision {
 public:
  Decision get() const noexcept { return decision_.load(std::memory_order_relaxed); }
  void set(Decision decision) noexcept { decision_.store(decision, std::memory_order_relaxed); }
  // Sets it where nobody changed it since `before` was read; else reads it anew.
  bool change(Decision& before, Decision decision) noexcept {
    return decision_.compare_exchange_weak(before, decision, std::memory_order_relaxed);
  }

 private:
  std::atomic<Decision> decision_{Decision{}};
};

}  // namespace pawl::trace
