#include "aggregate/shard.h"

#include <algorithm>
#include <new>
#include <utility>

#include <unistd.h>

#include "base/fence.h"
#include "base/hash.h"

namespace pawl::detail {

constinit thread_local Cells* t_cells[kSlots]{};

}  // namespace pawl::detail

namespace pawl::aggregate {

using detail::CounterChunk;
using detail::kRingSamples;
using detail::Sample;

std::uint64_t next_random_seed() noexcept {
  static std::atomic<std::uint64_t> calls{0};
  // A child of fork() has its parent's seed and count, but a process number of its own.
  const auto process = static_cast<std::uint64_t>(::getpid());
  return base::fold_multiply(base::process_seed() ^ process << 32, calls.fetch_add(1) * 2 + 1);
}

Shard::~Shard() {
  for (auto& chunk : counters) delete chunk.load(std::memory_order_relaxed);
}

bool Shard::make_chunk(std::uint32_t counter) noexcept {
  auto& chunk = counters[counter >> detail::kChunkBits];
  if (chunk.load(std::memory_order_relaxed) == nullptr)
    chunk.store(new (std::nothrow) CounterChunk, std::memory_order_release);
  return chunk.load(std::memory_order_relaxed) != nullptr;
}

void Shard::count(std::uint32_t counter, std::int64_t value) noexcept {
  if (make_chunk(counter))
    add(counter, value);
  else
    reject(Reject::no_memory, {.samples = 1, .counted = value});
}

void Shard::reject(Reject reason, Amount amount) noexcept {
  const auto at = static_cast<std::size_t>(reason);
  bump(rejected_counted_[at], static_cast<std::uint64_t>(amount.counted));
  bump(rejected_samples_[at], amount.samples);
}

void Shard::note(const tags::Repairs& repairs, std::uint64_t times) noexcept {
  for (std::size_t i = 0; i < kRepairs; ++i)
    if (repairs.times[i] != 0) bump(repaired_[i], repairs.times[i] * times);
  for (std::size_t i = 0; i < repairs.keys.size(); ++i)
    if (repairs.keys[i] != tags::RefusedKeys::kNone)
      bump(refused_keys_[repairs.keys[i]], repairs.key_times[i] * times);
  if (repairs.more_keys != 0)
    bump(refused_keys_[tags::RefusedKeys::kOthers], repairs.more_keys * times);
}

bool Shard::keeps(float rate) noexcept {
  if (rate >= 1.0F) return true;
  // Weyl sequence and a multiplication (wyrand): two instructions that matter, no system call.
  random_ += 0xa076'1d64'78bd'642f;
  const std::uint64_t bits = base::fold_multiply(random_, random_ ^ 0xe703'7ed1'a0b4'28db);
  return static_cast<double>(bits >> 11) * 0x1p-53 < static_cast<double>(rate);
}

Amount Shard::rejected(Reject reason) const noexcept {
  const auto at = static_cast<std::size_t>(reason);
  return {rejected_samples_[at].load(std::memory_order_relaxed),
          static_cast<std::int64_t>(rejected_counted_[at].load(std::memory_order_relaxed))};
}

std::uint64_t Shard::repaired(Repair repair) const noexcept {
  return repaired_[static_cast<std::size_t>(repair)].load(std::memory_order_relaxed);
}

void Shard::add_refused_keys_to(tags::RefusedCounts& counts) const noexcept {
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] += refused_keys_[i].load(std::memory_order_relaxed);
}

void Shard::empty_ring(std::vector<Sample>& out, std::uint32_t most) {
  const std::uint32_t head = ring.head.load(std::memory_order_relaxed);
  const std::uint32_t waiting = ring.tail.load(std::memory_order_acquire) - head;
  const std::uint32_t count = std::min(waiting, most);
  const std::uint32_t first = head % kRingSamples;
  const std::uint32_t unwrapped = std::min(count, kRingSamples - first);
  if (out.capacity() < out.size() + count)
    out.reserve(std::max(2 * out.capacity(), out.size() + count));
  const Sample* slots = ring.slots;
  out.insert(out.end(), slots + first, slots + first + unwrapped);
  out.insert(out.end(), slots, slots + (count - unwrapped));
  ring.head.store(head + count, std::memory_order_release);
}

void Shard::start_over() noexcept {
  looking = 0;
  clear_ring();
  spill = {};
  random_ = next_random_seed();
  for (auto& tally : rejected_samples_) tally = 0;
  for (auto& tally : rejected_counted_) tally = 0;
  for (auto& tally : repaired_) tally = 0;
  for (auto& tally : refused_keys_) tally = 0;
}

std::size_t Shard::bytes() const noexcept {
  std::size_t bytes = sizeof(Shard);
  for (const auto& chunk : counters)
    if (chunk.load(std::memory_order_relaxed) != nullptr) bytes += sizeof(CounterChunk);
  return bytes;
}

std::size_t Shard::waiting() noexcept {
  const std::lock_guard lock{drain};
  const std::uint32_t head = ring.head.load(std::memory_order_relaxed);
  return ring.tail.load(std::memory_order_acquire) - head + spill.size();
}

std::uint32_t Shard::clear_ring(std::uint32_t most) noexcept {
  const std::uint32_t head = ring.head.load(std::memory_order_relaxed);
  const std::uint32_t count = std::min(ring.tail.load(std::memory_order_acquire) - head, most);
  ring.head.store(head + count, std::memory_order_release);
  return count;
}

ShardPool::ShardPool(void* client) : client_(client), common_(&make()) {}

ShardPool::~ShardPool() {
  Shard* shard = first_;
  while (shard != nullptr) delete std::exchange(shard, shard->next_);
}

// REQUIRES: mutex_ is held, or nobody else is there yet.
Shard& ShardPool::make() {
  auto* shard = new Shard{client_};
  shard->next_ = first_.load(std::memory_order_relaxed);
  first_.store(shard, std::memory_order_release);
  size_.fetch_add(1, std::memory_order_relaxed);
  return *shard;
}

Shard& ShardPool::acquire() {
  const std::lock_guard lock{mutex_};
  if (free_ == nullptr) return make();
  return *std::exchange(free_, free_->next_free_);
}

void ShardPool::release(Shard& shard) noexcept {
  const std::lock_guard lock{mutex_};
  shard.next_free_ = std::exchange(free_, &shard);
}

tags::RefusedCounts ShardPool::refused_keys() const noexcept {
  tags::RefusedCounts counts{};
  each([&counts](const Shard& shard) { shard.add_refused_keys_to(counts); });
  return counts;
}

void ShardPool::await_lookers() noexcept {
  each([](Shard& shard) { shard.has_looked_ = false; });
}

bool ShardPool::all_have_looked() noexcept {
  constexpr int kPatience = 1'000;  // loads: a call that is not interrupted is soon done
  if (!base::fence_all_threads()) return false;
  bool all = true;
  each([&all](Shard& shard) {
    for (int i = 0; i < kPatience && !shard.has_looked_; ++i)
      shard.has_looked_ = shard.looking.load(std::memory_order_acquire) == 0;
    all = all && shard.has_looked_;
  });
  return all;
}

void ShardPool::lock() noexcept {
  mutex_.lock();
  each([](Shard& shard) { shard.drain.lock(); });
}

void ShardPool::unlock() noexcept {
  each([](Shard& shard) { shard.drain.unlock(); });
  mutex_.unlock();
}

void ShardPool::start_over_in_child() noexcept {
  free_ = nullptr;
  each([this](Shard& shard) {
    shard.start_over();
    if (&shard != common_) release(shard);
  });
}

}  // namespace pawl::aggregate
