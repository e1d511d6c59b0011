#include <new>

#include "client/flusher.h"

// The ledger's first half: what was taken from the threads, what was refused of it, what waits.

namespace pawl::client {

using context::Context;
using context::Kind;

void Flusher::discard_recorded() {
  drain_all();
  unsent_.each_counter([&](Context& context, std::uint64_t calls, std::uint64_t sum) {
    if (calls == 0) return;
    const Amount amount{.samples = calls, .counted = static_cast<std::int64_t>(sum)};
    took(context, amount, 0);
    reject(Reject::closed, amount);
    context.sent.calls += calls;
    context.sent.sum += sum;
  });
  unsent_.each_changed_gauge([&](Context& context, std::uint64_t calls) {
    took(context, samples(calls), 0);
    reject(Reject::closed, samples(calls));
    context.sent.calls += calls;
  });
  for (const auto& member : stages_.sets.take()) {
    took(*stages_.registry.contexts(Kind::set)[member.index], samples(member.calls), 0);
    reject(Reject::closed, samples(member.calls));
  }
  for (const auto& line : stages_.direct.take()) {
    took(line);
    reject(Reject::closed, line.amount);
  }
}

Amount Flusher::waiting() noexcept {
  Amount sum = stages_.direct.waiting() + samples(stages_.sets.waiting());
  unsent_.each_counter([&sum](const Context&, std::uint64_t calls, std::uint64_t value) {
    if (calls != 0) sum += {.samples = calls, .counted = static_cast<std::int64_t>(value)};
  });
  unsent_.each_changed_gauge(
      [&sum](const Context&, std::uint64_t calls) { sum += samples(calls); });
  stages_.shards.each([&sum](aggregate::Shard& shard) { sum += samples(shard.waiting()); });
  return sum;
}

Flusher::Books Flusher::read() noexcept {
  const std::lock_guard lock{mutex_};
  try {
    if (closed_) discard_recorded();
  } catch (const std::bad_alloc&) {
    // What could not be taken counts as waiting until the next reading.
  }
  return {.taken = taken_,
          .waiting = waiting(),
          .held = samples(samples_->size() + samples_->refused()),
          .out = stages_.sender.totals()};
}

Amount Flusher::lost() noexcept {
  const std::lock_guard lock{mutex_};
  return rejected_total();
}

void Flusher::start_over_in_child() noexcept {
  try {
    discard_recorded();
  } catch (const std::bad_alloc&) {
    // The child then sends once more what its parent sends, too.
  }
  // A fork between a value and its call: the value is the parent's, too.
  unsent_.each_counter(
      [](Context& context, std::uint64_t, std::uint64_t sum) { context.sent.sum += sum; });
  samples_->clear();
  last_interval_.forget();
  taken_ = {};
  pushed_ = {};
}

void Flusher::took(Context& context, Amount amount, std::uint64_t contexts) noexcept {
  context.active_at.store(now_, std::memory_order_relaxed);
  const auto type = static_cast<std::size_t>(context.type);
  taken_.recorded += amount;
  taken_.samples_by_type[type] += amount.samples;
  taken_.active_by_type[type] += contexts;
}

void Flusher::took(const DirectLines::Line& line) noexcept {
  taken_.recorded += line.amount;
  switch (line.kind) {
    case LineKind::count:
      ++taken_.samples_by_type[static_cast<std::size_t>(MetricType::count)];
      break;
    case LineKind::gauge:
      ++taken_.samples_by_type[static_cast<std::size_t>(MetricType::gauge)];
      break;
    case LineKind::event:
      ++taken_.events;
      break;
    case LineKind::service_check:
      ++taken_.service_checks;
      break;
  }
}

void Flusher::reject(Reject reason, Amount amount) noexcept {
  taken_.rejected[static_cast<std::size_t>(reason)] += amount;
}

Amount Flusher::rejected_total() const noexcept {
  Amount sum;
  for (const Amount& amount : taken_.rejected) sum += amount;
  return sum;
}

}  // namespace pawl::client
