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
using context::Registry;

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

// Makes a line by append(line, canonical), which tells why not, and keeps it. The lease is as old
// as the note, so that the note's keys have their numbers still.
template <class Append>
void keep_line(Core& core,
               const Core::Lease& shard,
               LineKind kind,
               Amount amount,
               Registry::Canonical canonical,
               const Append& append) {
  if (canonical.note.refused) return shard->reject(canonical.note.reject, amount);
  std::string line;
  if (!append(line, canonical)) return shard->reject(Reject::name, amount);
  shard->note(canonical.note.repairs, amount.samples);
  if (!core.direct().add({kind, amount, std::move(line)}))
    shard->reject(Reject::memory_limit, amount);
  core.flush_early();
}

// Events and checks are not metrics: they have no prefix.
template <class Note, class Append>
void record_note(Core& core,
                 std::uint32_t scope,
                 LineKind kind,
                 const Note& note,
                 const Append& append) noexcept {
  if (core.is_closed()) return core.reject(Reject::closed, kOneSample);
  if (core.plan().serverless) return core.reject(Reject::unsupported, kOneSample);
  if (!is_plausible(core, note.timestamp)) return core.reject(Reject::timestamp, kOneSample);
  try {
    const auto line_of = [&](std::string& line, Registry::Canonical& made) {
      return append(line, note, made.tags, core.plan().constants, made.note.repairs);
    };
    const Core::Lease shard{core};
    auto canonical = core.registry().canonical_tags(scope, note.tags);
    keep_line(core, shard, kind, kOneSample, std::move(canonical), line_of);
  } catch (const std::bad_alloc&) {
    core.reject(Reject::no_memory, kOneSample);
  }
}

}  // namespace

void record_at(Core& core, const Call& call, const PointInTime& point) noexcept {
  const bool counts = call.type == MetricType::count;
  const Amount amount{.samples = 1, .counted = counts ? point.counted : 0};
  if (core.is_closed()) return core.reject(Reject::closed, amount);
  if (!is_plausible(core, point.when)) return core.reject(Reject::timestamp, amount);
  if (!detail::is_finite(point.value)) return core.reject(Reject::value, amount);
  const auto line_of = [&](std::string& line, const Registry::Canonical& made) {
    line += made.name;
    line += ':';
    if (counts)
      base::append_number(line, point.counted);
    else
      base::append_number(line, point.value);
    encode::append_tail(line,
                        {.name = {},
                         .tags = made.tags,
                         .type = call.type,
                         .cardinality = call.cardinality,
                         .unix_seconds = unix_seconds(point.when)},
                        core.plan().constants);
    return true;
  };
  try {
    const LineKind kind = counts ? LineKind::count : LineKind::gauge;
    const Core::Lease shard{core};
    keep_line(core, shard, kind, amount, core.registry().canonical(call), line_of);
  } catch (const std::bad_alloc&) {
    core.reject(Reject::no_memory, amount);
  }
}

void record_event(Core& core, std::uint32_t scope, const Event& event) noexcept {
  record_note(core, scope, LineKind::event, event, encode::append_event);
}

void record_check(Core& core, std::uint32_t scope, const ServiceCheck& check) noexcept {
  record_note(core, scope, LineKind::service_check, check, encode::append_service_check);
}

}  // namespace pawl::client
