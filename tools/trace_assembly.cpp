#include "tools/trace_assembly.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <string_view>

#include <fmt/format.h>

namespace pawl::tools {
namespace {

constexpr std::size_t kMaxHeldBytes = std::size_t{128} << 20;
// A trace that goes on and on is shown in pieces of so many windows.
constexpr int kMostWindows = 20;
// Maps, nodes and the span itself; measured it is somewhat more.
constexpr std::size_t kSpanBytes = 500;
constexpr std::size_t kTagBytes = 64;

std::size_t bytes_of(const TraceSpan& span) {
  std::size_t bytes = kSpanBytes + span.name.size() + span.service.size() + span.resource.size();
  for (const auto& [key, value] : span.meta) bytes += kTagBytes + key.size() + value.size();
  for (const auto& [key, value] : span.meta_struct) bytes += kTagBytes + key.size() + value.size();
  for (const auto& [key, value] : span.metrics) bytes += kTagBytes + key.size();
  return bytes;
}

std::uint64_t high_half(const TraceSpan& span) {
  const auto found = span.meta.find("_dd.p.tid");
  std::uint64_t high = 0;
  if (found == span.meta.end()) return 0;
  const std::string& text = found->second;
  std::from_chars(text.data(), text.data() + text.size(), high, 16);
  return high;
}

// Both are checked: a start since 2000, and a duration that fits behind it.
std::int64_t end_of(const TraceSpan& span) { return span.start + span.duration; }

}  // namespace

std::string Trace::id() const { return fmt::format("{:016x}{:016x}", high, low); }

std::int64_t Trace::duration() const {
  if (spans.empty()) return 0;
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  std::int64_t last = 0;
  for (const TraceSpan& span : spans) {
    first = std::min(first, span.start);
    last = std::max(last, end_of(span));
  }
  return last - first;
}

// Gives the place of a trace, now the last one.
TraceAssembly::Open& TraceAssembly::touch(std::uint64_t id, Time now) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end()) {
    opens_.splice(opens_.end(), opens_, found->second);
  } else {
    Open& made = opens_.emplace_back();
    made.trace.low = id;
    made.first = now;
    by_id_[id] = std::prev(opens_.end());
  }
  opens_.back().last = now;
  return opens_.back();
}

std::size_t TraceAssembly::add(TraceChunk chunk, Time now) {
  Open& open = touch(chunk.front().trace_id, now);
  std::size_t repeated = 0;
  ++open.trace.chunks;
  for (TraceSpan& span : chunk) {
    if (open.trace.high == 0) open.trace.high = high_half(span);
    const auto priority = span.metrics.find("_sampling_priority_v1");
    if (priority != span.metrics.end()) open.trace.priority = priority->second;
    if (!open.ids.insert(span.span_id).second) ++repeated;
    open.bytes += bytes_of(span);
    bytes_ += bytes_of(span);
    open.trace.spans.push_back(std::move(span));
  }
  if (now - open.first >= kMostWindows * window_) release(std::prev(opens_.end()));
  while (bytes_ > kMaxHeldBytes) release(opens_.begin());
  return repeated;
}

void TraceAssembly::release(Opens::iterator which) {
  Opens out;
  out.splice(out.end(), opens_, which);
  by_id_.erase(which->trace.low);
  bytes_ -= which->bytes;
  on_trace_(which->trace);
}

void TraceAssembly::release(Time now) {
  while (!opens_.empty() && now - opens_.front().last >= window_) release(opens_.begin());
}

void TraceAssembly::release_all() {
  while (!opens_.empty()) release(opens_.begin());
}

std::optional<TraceAssembly::Time> TraceAssembly::due() const {
  if (opens_.empty()) return std::nullopt;
  return opens_.front().last + window_;
}

}  // namespace pawl::tools
