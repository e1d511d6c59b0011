// A thread pushes samples into a ring that is too small for them, and moves some to the spill when
// it is full, while the flusher drains both.
//
// What stands for what:
//   push        detail::Ring::push
//   make_room   client::Core::make_room
//   empty_ring  aggregate::Shard::empty_ring
//   drain       client::Flusher::drain

#include <algorithm>
#include <array>
#include <type_traits>

#include "model/explore.h"

namespace {

using pawl::test::at_random;
using pawl::test::check_caught;
using pawl::test::check_holds;
using pawl::test::in_order;
using pawl::test::Locked;
using pawl::test::UnorderedLock;

constexpr unsigned kRingSamples = 2;
constexpr unsigned kSpillSamples = 1;
constexpr unsigned kSamples = 6;
constexpr unsigned kDrains = 3;

enum class Fault {
  none,
  tail_stored_relaxed,
  tail_stored_first,
  tail_read_relaxed,
  head_stored_relaxed,
  head_stored_first,
  head_read_relaxed,
  ring_before_spill,
  unordered_lock,
  spill_without_lock,
};

template <Fault kFault>
class Draining : public rl::test_suite<Draining<kFault>, 2> {
 public:
  void thread(unsigned index) {
    if (index == 0)
      for (unsigned sample = 0; sample < kSamples; ++sample)
        while (!push(sample)) make_room();
    else
      for (unsigned i = 0; i < kDrains; ++i) drain();
  }

  void after() {
    drain();
    RL_ASSERT(drained_ == kSamples);
  }

 private:
  using Mutex = std::conditional_t<kFault == Fault::unordered_lock, UnorderedLock, rl::mutex>;

  static constexpr rl::memory_order unless(Fault fault, rl::memory_order right) {
    return kFault == fault ? rl::mo_relaxed : right;
  }

  bool push(unsigned sample) {
    const unsigned at = tail_.load(rl::memory_order_relaxed);
    if (at - known_head_ == kRingSamples) {
      known_head_ = head_.load(unless(Fault::head_read_relaxed, rl::mo_acquire), RL_INFO);
      if (at - known_head_ == kRingSamples) return false;
    }
    if (kFault == Fault::tail_stored_first) tail_.store(at + 1, rl::memory_order_release);
    VAR(slots_[at % kRingSamples]) = sample;
    if (kFault != Fault::tail_stored_first)
      tail_.store(at + 1, unless(Fault::tail_stored_relaxed, rl::mo_release), RL_INFO);
    return true;
  }

  void make_room() {
    const auto spill = [this](unsigned sample) {
      const unsigned at = VAR(spilled_);
      VAR(spill_[at]) = sample;
      VAR(spilled_) = at + 1;
    };
    if (kFault == Fault::spill_without_lock) return empty_ring(kSpillSamples, spill);
    const Locked lock{drain_};
    empty_ring(kSpillSamples, spill);
  }

  void drain() {
    const Locked lock{drain_};
    const auto take = [this](unsigned sample) { receive(sample); };
    if (kFault == Fault::ring_before_spill) empty_ring(kRingSamples, take);
    const unsigned spilled = VAR(spilled_);
    for (unsigned i = 0; i < spilled; ++i) receive(VAR(spill_[i]));
    if (kFault != Fault::ring_before_spill) empty_ring(kRingSamples, take);
    VAR(spilled_) = 0;
  }

  template <class Take>
  void empty_ring(unsigned most, const Take& take) {
    const unsigned head = head_.load(rl::memory_order_relaxed);
    const unsigned tail = tail_.load(unless(Fault::tail_read_relaxed, rl::mo_acquire), RL_INFO);
    const unsigned count = std::min(tail - head, most);
    if (kFault == Fault::head_stored_first) head_.store(head + count, rl::memory_order_release);
    for (unsigned i = 0; i < count; ++i) take(VAR(slots_[(head + i) % kRingSamples]));
    if (kFault != Fault::head_stored_first)
      head_.store(head + count, unless(Fault::head_stored_relaxed, rl::mo_release), RL_INFO);
  }

  // The samples are numbered: none is missing, none comes twice, and they come in order.
  void receive(unsigned sample) {
    RL_ASSERT(sample == drained_);
    ++drained_;
  }

  rl::atomic<unsigned> tail_{0};
  unsigned known_head_ = 0;  // the owner's
  rl::atomic<unsigned> head_{0};
  std::array<rl::var<unsigned>, kRingSamples> slots_;
  Mutex drain_;
  std::array<rl::var<unsigned>, kSamples> spill_;
  rl::var<unsigned> spilled_{0};
  unsigned drained_ = 0;  // the flusher's
};

TEST_CASE("every sample is drained once and in order, through the ring or the spill") {
  check_holds<Draining<Fault::none>>(at_random(200'000), in_order(3));
}

TEST_CASE("a tail that is stored relaxed is caught") {
  check_caught<Draining<Fault::tail_stored_relaxed>>();
}

TEST_CASE("a tail that is stored before its sample is caught") {
  check_caught<Draining<Fault::tail_stored_first>>();
}

TEST_CASE("a tail that is read relaxed is caught") {
  check_caught<Draining<Fault::tail_read_relaxed>>();
}

TEST_CASE("a head that is stored relaxed is caught") {
  check_caught<Draining<Fault::head_stored_relaxed>>();
}

TEST_CASE("a head that is stored before the samples are copied is caught") {
  check_caught<Draining<Fault::head_stored_first>>();
}

TEST_CASE("a head that is read relaxed is caught") {
  check_caught<Draining<Fault::head_read_relaxed>>();
}

TEST_CASE("a drain that takes the ring before the spill is caught") {
  check_caught<Draining<Fault::ring_before_spill>>();
}

TEST_CASE("a lock that orders nothing is caught") {
  check_caught<Draining<Fault::unordered_lock>>();
}

TEST_CASE("an owner that spills without the lock is caught") {
  check_caught<Draining<Fault::spill_without_lock>>();
}

}  // namespace
