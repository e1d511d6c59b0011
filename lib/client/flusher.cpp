#include "client/flusher.h"

#include <algorithm>
#include <new>
#include <utility>

#include "aggregate/rate.h"

namespace pawl::client {

using context::Context;
using context::Directory;
using context::Kind;
using encode::Frame;

namespace {

Frame frame_of(const Context& context, double rate = 1.0) noexcept {
  return {.name = context.name(),
          .tags = context.tags(),
          .type = context.type,
          .cardinality = context.cardinality,
          .rate = rate};
}

std::uint32_t seconds_since(Clock::SteadyTime start, Clock::SteadyTime now) noexcept {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now - start).count());
}

}  // namespace

Flusher::Flusher(const Plan& plan, Stages stages)
    : plan_(plan),
      stages_(stages),
      unsent_(stages.registry, stages.shards),
      start_(plan.clock->steady_now()),
      samples_(make_samples()),
      last_interval_(
          stages.registry.contexts(Kind::sampled), plan.constants.global_tags, make_samples()) {}

std::unique_ptr<aggregate::Samples> Flusher::make_samples() const {
  return std::make_unique<aggregate::Samples>(
      stages_.budget, [this](std::uint32_t index) { return folding_of(index); });
}

aggregate::Folding Flusher::folding_of(std::uint32_t index) const noexcept {
  using aggregate::Folding;
  if (!plan_.sketches) return Folding::none;
  const Context& context = *stages_.registry.contexts(Kind::sampled)[index];
  const bool binned = context.type == MetricType::distribution || plan_.bin_histograms;
  return binned && has_room_for_any_value(context) ? Folding::bins : Folding::equal_values;
}

// What stands for a bin may be longer than what was recorded, which then would have fit.
bool Flusher::has_room_for_any_value(const Context& context) const noexcept {
  constexpr std::size_t kMost = sizeof(":-2.2250738585072014e-308|d|@0.00390625") +
                                sizeof("|#,|card:orchestrator\n") +
                                sizeof("2.2250738585072014e-308");
  return context.name().size() + context.tags().size() + plan_.constants.global_tags.size() +
             plan_.constants.origin.size() + kMost <=
         datagram_limit();
}

std::size_t Flusher::drain() noexcept {
  const std::lock_guard lock{mutex_};
  try {
    return drain_all();
  } catch (const std::bad_alloc&) {
    return 0;  // the samples stay where they are
  }
}

void Flusher::flush(std::span<const std::string> extra) noexcept {
  const std::lock_guard lock{mutex_};
  if (!closed_) flush_locked(extra);
}

void Flusher::close(std::span<const std::string> extra) noexcept {
  const std::lock_guard lock{mutex_};
  if (!closed_) flush_locked(extra);
  closed_ = true;
}

std::size_t Flusher::drain_all() {
  std::size_t fullest = 0;
  stages_.shards.each([&](aggregate::Shard& shard) { fullest = std::max(fullest, drain(shard)); });
  return fullest;
}

// Holds the shard's lock for a swap and the copy of a ring: its owner may wait for it.
std::size_t Flusher::drain(aggregate::Shard& shard) {
  ring_.clear();
  ring_.reserve(detail::kRingSamples);
  {
    const std::lock_guard lock{shard.drain};
    std::swap(shard.spill, spill_);
    shard.empty_ring(ring_);
  }
  stages_.budget.give_back(spill_.size() * sizeof(detail::Sample));
  keep(spill_);
  keep(ring_);
  const std::size_t drained = spill_.size() + ring_.size();
  // The next shard begins its spill in the room of this one's, if that is small.
  spill_.clear();
  if (spill_.capacity() > detail::kRingSamples / 2) std::exchange(spill_, {});
  return drained;
}

// In pieces, so that the budget turns away only what is beyond it.
void Flusher::keep(std::span<const detail::Sample> drained) noexcept {
  constexpr std::size_t kPiece = 256;
  taken_.recorded += samples(drained.size());
  if (closed_) return reject(Reject::closed, samples(drained.size()));
  while (!drained.empty()) {
    const auto piece = drained.first(std::min(drained.size(), kPiece));
    if (!samples_->add(piece)) reject(Reject::memory_limit, samples(piece.size()));
    drained = drained.subspan(piece.size());
  }
}

void Flusher::flush_counters(encode::Packer& packer) {
  unsent_.each_counter([&](Context& context, std::uint64_t calls, std::uint64_t sum) {
    if (calls == 0) return;
    const Amount amount{.samples = calls, .counted = static_cast<std::int64_t>(sum)};
    if (!packer.add(frame_of(context), amount.counted, amount))
      reject(Reject::line_too_long, amount);
    took(context, amount, 1);
    context.sent.calls += calls;
    context.sent.sum += sum;
  });
}

void Flusher::flush_gauges(encode::Packer& packer) {
  unsent_.each_changed_gauge([&](Context& context, std::uint64_t calls) {
    const double value = context.gauge_value.load(std::memory_order_relaxed);
    if (!packer.add(frame_of(context), value, samples(calls)))
      reject(Reject::line_too_long, samples(calls));
    took(context, samples(calls), 1);
    context.sent.calls += calls;
  });
}

// The samples were counted as recorded when they were drained.
void Flusher::flush_samples(encode::SketchLines& lines) {
  reject(Reject::no_memory, samples(samples_->refused()));
  for (auto& series : samples_->series()) {
    Context& context = *stages_.registry.contexts(Kind::sampled)[series.index];
    const auto type = static_cast<std::size_t>(context.type);
    context.active_at.store(now_, std::memory_order_relaxed);
    samples_->finish(series);
    taken_.samples_by_type[type] += series.count();
    ++taken_.active_by_type[type];
    const double rate = aggregate::rate_on_wire(series.rate);
    reject(Reject::line_too_long, samples(lines.add(frame_of(context, rate), series)));
  }
}

void Flusher::flush_sets(encode::Packer& packer) {
  const Directory& sets = stages_.registry.contexts(Kind::set);
  const auto members = stages_.sets.take();
  std::uint32_t last = Directory::kCapacity;
  for (const auto& member : members) {
    took(*sets[member.index], samples(member.calls), member.index == last ? 0 : 1);
    last = member.index;
  }
  for (const auto& member : members)
    if (!packer.add(frame_of(*sets[member.index]), member.text, samples(member.calls)))
      reject(Reject::line_too_long, samples(member.calls));
}

void Flusher::flush_direct(encode::Packer& packer) {
  const auto lines = stages_.direct.take();
  for (const auto& line : lines) took(line);
  for (const auto& line : lines)
    if (!packer.add_line(line.text, line.amount)) reject(Reject::line_too_long, line.amount);
}

// A program's own transport may say anything.
std::size_t Flusher::datagram_limit() const noexcept {
  constexpr std::size_t kLeast = 64;
  constexpr std::size_t kMost = 65'507;  // what UDP can carry
  return std::clamp(plan_.transport->max_datagram_bytes(), kLeast, kMost);
}

// Memory may run out at any step. What was taken from the threads by then and is in no datagram is
// counted as lost to that; what was not taken yet is there for the next flush.
void Flusher::flush_locked(std::span<const std::string> extra) noexcept {
  encode::Packer packer{
      datagram_limit(), plan_.packing, plan_.constants, stages_.sender.take_spares()};
  encode::SketchLines lines{packer};
  std::vector<encode::Datagram> datagrams;
  bool whole = false;
  now_ = seconds_since(start_, plan_.clock->steady_now());
  // Asked before the rest: what calls of before recorded is then taken with it.
  const bool unread = stages_.registry.has_retired() && stages_.shards.all_have_looked();
  try {
    drain_all();
    // A full queue drops its oldest: the bulk first, so that the sums are the last to go.
    flush_samples(lines);
    flush_sets(packer);
    flush_counters(packer);
    flush_gauges(packer);
    flush_direct(packer);
    for (const std::string& line : extra) packer.add_line(line, {});
    datagrams = packer.take();
    whole = true;
  } catch (const std::bad_alloc&) {
    datagrams = packer.take_full();
  }
  // Also those that a flush without memory did not reach.
  last_interval_.exchange(samples_, stages_.budget.limit() / 4);
  for (const encode::Datagram& datagram : datagrams) pushed_ += datagram.amount;
  if (!whole) reject(Reject::no_memory, taken_.recorded - rejected_total() - pushed_);
  stages_.sender.push(std::move(datagrams));
  ++taken_.flushes;
  retire_idle(unread && whole);
}

// Idle contexts are looked for eight times an expiry, because it takes a pass over all of them.
// What memory fails for is done after a later flush.
void Flusher::retire_idle(bool free_the_last) noexcept {
  if (!plan_.can_reclaim) return;
  context::Registry& registry = stages_.registry;
  try {
    if (free_the_last) {
      registry.free_retired();
      registry.refused_keys().free_turned(stages_.shards.refused_keys());
    }
  } catch (const std::bad_alloc&) {
  }
  const bool waiting = registry.has_retired();
  const auto expiry = static_cast<std::uint32_t>(plan_.context_expiry.count());
  const bool look = !waiting && expiry != 0 && now_ > expiry && now_ >= next_expiry_;
  if (look) next_expiry_ = now_ + std::max(expiry / 8, 1U);
  try {
    registry.retire(look ? now_ - expiry : 0, now_);
  } catch (const std::bad_alloc&) {
  }
  if (!waiting && registry.wants_turn()) registry.turn(stages_.shards.refused_keys());
  if (!waiting && registry.has_retired()) stages_.shards.await_lookers();
}

}  // namespace pawl::client
