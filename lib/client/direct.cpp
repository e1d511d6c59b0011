#include <chrono>
#include <new>
#include <string>
#include <utility>

#include "base/number.h"
#include "client/recorder.h"
#include "encode/event_line.h"
#include "encode/line.h"

// What is not aggregated: made into a whole line on the caller's thread, and kept for the next
// flush.

namespace pawl::client {

using context::Call;

namespace {

constexpr Amount kOneSample{.samples = 1, .counted = 0};

using WallTime = std::chrono::system_clock::time_point;

std::int64_t unix_seconds(WallTime when) noexcept {
  return std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
}

// From 1970 to an hour ahead; milliseconds taken for seconds lie far beyond.
bool is_plausible(const Core& core, std::optional<WallTime> when) noexcept {
  if (!when) return true;
  return unix_seconds(*when) >= 1 && *when <= core.plan().clock->wall_now() + std::chrono::hours{1};
}

// Makes a line by append(line, canonical tags), which tells why not, and keeps it.
template <class Append>
void record_line(
    Core& core, const Call& call, LineKind kind, Amount amount, const Append& append) noexcept {
  try {
    if (core.is_closed()) return core.reject(Reject::closed, amount);
    auto canonical = core.registry().canonical(call);
    const Core::Lease shard{core};
    if (canonical.refused) return shard->reject(canonical.reject, amount);
    std::string line;
    if (!append(line, canonical)) return shard->reject(Reject::name, amount);
    shard->note(canonical.repairs, amount.samples);
    if (!core.direct().add({kind, amount, std::move(line)}))
      shard->reject(Reject::memory_limit, amount);
  } catch (const std::bad_alloc&) {
    core.reject(Reject::no_memory, amount);
  }
}

// Events and checks are not metrics: they have no prefix, and a name of their own kind.
Call note_call(std::uint32_t scope, Tags tags) noexcept {
  return {MetricType::count, Cardinality::unset, scope, "note", tags};
}

}  // namespace

void record_at(Core& core,
               const Call& call,
               LineKind kind,
               double value,
               std::int64_t counted,
               WallTime when) noexcept {
  const Amount amount{.samples = 1, .counted = counted};
  if (!is_plausible(core, when)) return core.reject(Reject::timestamp, amount);
  if (!detail::is_finite(value)) return core.reject(Reject::value, amount);
  record_line(core, call, kind, amount, [&](std::string& line, const auto& canonical) {
    line += canonical.name;
    line += ':';
    if (kind == LineKind::count)
      base::append_number(line, counted);
    else
      base::append_number(line, value);
    encode::append_tail(line,
                        {.name = {},
                         .tags = canonical.tags,
                         .type = call.type,
                         .cardinality = call.cardinality,
                         .unix_seconds = unix_seconds(when)},
                        core.plan().constants);
    return true;
  });
}

void record_event(Core& core, std::uint32_t scope, const Event& event) noexcept {
  if (core.plan().serverless) return core.reject(Reject::unsupported, kOneSample);
  if (!is_plausible(core, event.timestamp)) return core.reject(Reject::timestamp, kOneSample);
  record_line(core,
              note_call(scope, event.tags),
              LineKind::event,
              kOneSample,
              [&](std::string& line, auto& canonical) {
                return encode::append_event(
                    line, event, canonical.tags, core.plan().constants, canonical.repairs);
              });
}

void record_check(Core& core, std::uint32_t scope, const ServiceCheck& check) noexcept {
  if (core.plan().serverless) return core.reject(Reject::unsupported, kOneSample);
  if (!is_plausible(core, check.timestamp)) return core.reject(Reject::timestamp, kOneSample);
  record_line(core,
              note_call(scope, check.tags),
              LineKind::service_check,
              kOneSample,
              [&](std::string& line, auto& canonical) {
                return encode::append_service_check(
                    line, check, canonical.tags, core.plan().constants, canonical.repairs);
              });
}

}  // namespace pawl::client
