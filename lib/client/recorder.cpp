#include "client/recorder.h"

#include <algorithm>
#include <new>
#include <string>

#include "tags/normalize.h"

namespace pawl::client {

using aggregate::Shard;
using context::Answer;
using context::Call;
using context::CallKey;
using context::Context;
using context::Shape;

namespace {

constexpr Amount kOneSample{.samples = 1, .counted = 0};

// Finds the shape, if the call has one that was seen before.
const Shape* known_shape(Core& core, const Call& call) noexcept {
  const CallKey key{call};
  return key ? core.registry().find(key) : nullptr;
}

// Asks the shape, or the registry when there is none yet. Throws std::bad_alloc.
Answer answer_for(Core& core, const Call& call, const Shape* shape) {
  return shape != nullptr ? shape->answer : core.registry().resolve(call);
}

// The shape is new, or there is something to count beside the sample.
[[gnu::noinline]] Found find_slowly(Core& core,
                                    const Call& call,
                                    const Shape* shape,
                                    Amount amount) noexcept {
  try {
    const Answer answer = answer_for(core, call, shape);
    const Core::Lease shard{core};
    shard->note(answer.repairs, amount.samples);
    if (answer.context != nullptr) return {answer.context, answer.context->index};
    shard->reject(answer.reject, amount);
  } catch (const std::bad_alloc&) {
    core.reject(Reject::no_memory, amount);
  }
  return {};
}

// Tells whether a member can be taken as it is, so that one that is known needs no memory.
bool is_plain(std::string_view member) noexcept {
  return std::all_of(
      member.begin(), member.end(), [](char c) { return c >= ' ' && c <= '~' && c != '|'; });
}

detail::Bound refused(Core& core, Reject reason) noexcept {
  return {&core, 0, static_cast<std::uint32_t>(reason)};
}

}  // namespace

Found find(Core& core, const Call& call, Amount amount) noexcept {
  const Shape* shape = known_shape(core, call);
  if (shape != nullptr && shape->plain) [[likely]]
    return {shape->answer.context, shape->index};
  return find_slowly(core, call, shape, amount);
}

detail::Bound bind(Core& core, const Call& call, float rate) noexcept {
  try {
    const Answer answer = answer_for(core, call, known_shape(core, call));
    core.note(answer.repairs, 1);
    if (answer.context == nullptr) return refused(core, answer.reject);
    return {&core, core.slot(), answer.context->index, rate};
  } catch (const std::bad_alloc&) {
    return refused(core, Reject::no_memory);
  }
}

float rate_of(Core& core, double sample_rate) noexcept {
  if (sample_rate == 1.0) [[likely]]
    return 1.0F;
  if (!(sample_rate > 0.0 && sample_rate <= 1.0)) {
    tags::Repairs repairs;
    repairs.note(Repair::sample_rate);
    core.note(repairs, 1);
  }
  // The serverless receiver does not read rates, so there everything is kept.
  return core.plan().serverless ? 1.0F : SampleRate::clamped(sample_rate).value();
}

void set_gauge(Core& core, Context& context, double value) noexcept {
  if (!detail::is_finite(value)) return core.reject(Reject::value, kOneSample);
  // The value before the call: a flush that sees the call sends this value or a later one.
  context.gauge_value.store(value, std::memory_order_relaxed);
  context.gauge_calls.fetch_add(1, std::memory_order_release);
  // A thread that sets gauges only needs no shard, but the background threads start with its first.
  (void)Core::Lease{core};
}

void insert_member(Core& core, std::uint32_t index, std::string_view member) noexcept {
  const Core::Lease shard{core};
  if (core.is_closed()) return shard->reject(Reject::closed, kOneSample);
  if (member.empty()) return shard->reject(Reject::value, kOneSample);
  try {
    std::string clean;
    if (!is_plain(member) && tags::append_clean(clean, member, "")) {
      tags::Repairs repairs;
      repairs.note(Repair::text);
      shard->note(repairs, 1);
      member = clean;
    }
    if (!core.sets().insert(index, member)) shard->reject(Reject::member_limit, kOneSample);
    core.flush_early();
  } catch (const std::bad_alloc&) {
    shard->reject(Reject::no_memory, kOneSample);
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
  const Amount amount{.samples = 1, .counted = value};
  if (!is_open(bound, amount)) return;
  const Core::Lease shard{*bound.core};
  if (shard->add(bound.index, value)) return;
  if (shard->make_chunk(bound.index))
    shard->add(bound.index, value);
  else
    shard->reject(Reject::no_memory, amount);
}

void record_slowly(const Bound& bound, double value) noexcept {
  if (!is_open(bound, kOneSample)) return;
  const Core::Lease shard{*bound.core};
  if (!is_finite(value)) return shard->reject(Reject::value, kOneSample);
  if (!shard->keeps(bound.rate)) return shard->reject(Reject::sampled_out, kOneSample);
  bound.core->push(shard, {bound.index, bound.rate, value});
}

void record_many(const Bound& bound, std::span<const double> values) noexcept {
  for (const double value : values) record(bound, value);
}

void record_elapsed(const Bound& bound, double milliseconds) noexcept {
  if (milliseconds >= 0.0 || bound.slot == 0) return record(bound, milliseconds);
  bound.core->reject(Reject::value, kOneSample);
}

void set_gauge(const Bound& bound, double value) noexcept {
  if (!is_open(bound, kOneSample)) return;
  const auto& gauges = bound.core->registry().contexts(context::Kind::gauge);
  client::set_gauge(*bound.core, gauges[bound.index], value);
}

void insert_member(const Bound& bound, std::string_view member) noexcept {
  if (is_open(bound, kOneSample)) client::insert_member(*bound.core, bound.index, member);
}

std::chrono::steady_clock::time_point now(const Bound& bound) noexcept {
  if (bound.core == nullptr) return std::chrono::steady_clock::now();
  return bound.core->plan().clock->steady_now();
}

}  // namespace pawl::detail
