#include "client/recorder.h"

#include <algorithm>
#include <limits>
#include <new>
#include <string>

#include "tags/normalize.h"

namespace pawl::client {

using aggregate::Shard;
using context::Answer;
using context::Context;
using context::Known;

namespace {

constexpr Amount kOneSample{.samples = 1, .counted = 0};

// Tells whether a member can be taken as it is, so that one that is known needs no memory.
bool is_plain(std::string_view member) noexcept {
  return std::all_of(
      member.begin(), member.end(), [](char c) { return c >= ' ' && c <= '~' && c != '|'; });
}

detail::Bound refused(Core& core, Reject reason) noexcept {
  return {&core, 0, static_cast<std::uint32_t>(reason)};
}

}  // namespace

// The shape is new, or there is something to count beside the sample.
Known Sight::look_closer(Core& core, Shard& shard, Call call, Known known, Amount amount) noexcept {
  try {
    const Answer answer = known.is_new() ? core.registry().resolve(call)
                                         : Answer{known.context(), core.registry().note(known)};
    shard.note(answer.note.repairs, amount.samples);
    if (!answer.note.refused) return {answer.context->index, Known::kPlain, answer.context};
    shard.reject(answer.note.reject, amount);
  } catch (const std::bad_alloc&) {
    shard.reject(Reject::no_memory, amount);
  }
  return {};
}

detail::Bound bind(Core& core, const Call& call, float rate) noexcept {
  try {
    const Core::Lease shard{core};  // while it lives the note's keys keep their numbers
    const Answer answer = core.registry().hold(call);
    shard->note(answer.note.repairs, 1);
    if (answer.note.refused) return refused(core, answer.note.reject);
    return {&core, core.slot(), answer.context->index, rate};
  } catch (const std::bad_alloc&) {
    return refused(core, Reject::no_memory);
  }
}

float odd_rate_of(Core& core, double sample_rate) noexcept {
  if (!(sample_rate > 0.0 && sample_rate <= 1.0)) {
    tags::Repairs repairs;
    repairs.note(Repair::sample_rate);
    core.note(repairs, 1);
  }
  // The serverless receiver does not read rates, so there everything is kept.
  return core.plan().serverless ? 1.0F : SampleRate::clamped(sample_rate).value();
}

void set_gauge(Shard& shard, Context& context, double value) noexcept {
  if (!detail::is_finite(value)) return shard.reject(Reject::value, kOneSample);
  // The value before the call: a flush that sees the call sends this value or a later one.
  context.gauge_value.store(value, std::memory_order_relaxed);
  context.gauge_calls.fetch_add(1, std::memory_order_release);
}

void insert_member(Core& core,
                   Shard& shard,
                   std::uint32_t index,
                   std::string_view member) noexcept {
  if (core.is_closed()) return shard.reject(Reject::closed, kOneSample);
  if (member.empty()) return shard.reject(Reject::value, kOneSample);
  try {
    std::string clean;
    if (!is_plain(member) && tags::append_clean(clean, member, "")) {
      tags::Repairs repairs;
      repairs.note(Repair::text);
      shard.note(repairs, 1);
      member = clean;
    }
    if (!core.sets().insert(index, member)) shard.reject(Reject::member_limit, kOneSample);
    core.flush_early();
  } catch (const std::bad_alloc&) {
    shard.reject(Reject::no_memory, kOneSample);
  }
}

}  // namespace pawl::client

namespace pawl::detail {

using client::Core;

namespace {

constexpr Amount kOneSample{.samples = 1, .counted = 0};

// Tells whether there is something to record under; counts the amount as refused where there is
// not.
bool is_open(const Bound& bound, Amount amount) noexcept {
  if (bound.slot != 0) [[likely]]
    return true;
  if (bound.core != nullptr) bound.core->reject(static_cast<Reject>(bound.index), amount);
  return false;
}

}  // namespace

void add_slowly(const Bound& bound, std::int64_t value) noexcept {
  if (!is_open(bound, {.samples = 1, .counted = value})) return;
  const Core::Lease shard{*bound.core};
  shard->count(bound.index, value);
}

void record_slowly(const Bound& bound, double value) noexcept {
  if (!is_open(bound, kOneSample)) return;
  const Core::Lease lease{*bound.core};
  bound.core->record(lease, {bound.index, bound.rate, value});
}

void record_many(const Bound& bound, std::span<const double> values) noexcept {
  for (const double value : values) record(bound, value);
}

void record_elapsed(const Bound& bound, double milliseconds) noexcept {
  if (milliseconds >= 0.0 || bound.slot == 0) return record(bound, milliseconds);
  bound.core->reject(Reject::value, kOneSample);
}

// A thread that sets gauges only needs no shard, but the background threads start with its first.
void set_gauge(const Bound& bound, double value) noexcept {
  if (!is_open(bound, kOneSample)) return;
  const Core::Lease shard{*bound.core};
  client::set_gauge(
      *shard, *bound.core->registry().contexts(context::Kind::gauge)[bound.index], value);
}

void insert_member(const Bound& bound, std::string_view member) noexcept {
  if (!is_open(bound, kOneSample)) return;
  const Core::Lease shard{*bound.core};
  client::insert_member(*bound.core, *shard, bound.index, member);
}

double quantile(const Bound& bound, double q) noexcept {
  if (bound.slot == 0) return std::numeric_limits<double>::quiet_NaN();
  return bound.core->quantile(bound.index, q);
}

std::chrono::steady_clock::time_point now(const Bound& bound) noexcept {
  if (bound.core == nullptr) return std::chrono::steady_clock::now();
  return bound.core->plan().clock->steady_now();
}

}  // namespace pawl::detail
