#pragma once

// Between headers and contexts.
//
//     traceparent   00-<32 hex: trace>-<16 hex: span>-<2 hex: flags, bit 0 is "sampled">
//     tracestate    member,member...   of which Datadog's is
//                   dd=s:<priority>;o:<origin>;p:<16 hex: last span of a Datadog
//                   tracer>;t.<tag>:<v>
//     x-datadog-trace-id, -parent-id    decimal, the low 64 bits
//     x-datadog-sampling-priority       an integer
//     x-datadog-origin                  text
//     x-datadog-tags                    _dd.p.tid=<16 hex: high bits>,_dd.p.dm=-<n>,...
//
// Threads: functions without state. Errors: malformed headers are ignored, and counted for the
// caller; no memory is std::bad_alloc.
// Source: https://www.w3.org/TR/trace-context; dd-trace-cpp src/datadog/{w3c_propagation,
// extraction_util,tag_propagation}.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/trace.h>

namespace pawl::trace {

// What was read, and how many headers were ignored.
struct Extracted {
  SpanContext context;
  std::uint64_t refused = 0;
};

Extracted read_headers(const detail::HeaderValues& values);
detail::HeaderTexts write_headers(const SpanContext& context);

// The two styles, one by one; nullopt where the headers are not there or malformed.
std::optional<SpanContext> read_w3c(std::string_view parent,
                                    std::string_view state,
                                    std::uint64_t& refused);
std::optional<SpanContext> read_datadog(const detail::HeaderValues& values, std::uint64_t& refused);
std::string traceparent_of(const SpanContext& context);
std::string tracestate_of(const SpanContext& context);

// Read a number of exactly so many hex digits, or a decimal one; nullopt where it is none.
std::optional<std::uint64_t> read_hex(std::string_view text, std::size_t digits) noexcept;
std::optional<std::uint64_t> read_decimal(std::string_view text) noexcept;
std::optional<int> read_priority(std::string_view text) noexcept;

// Tells whether a text can stand in a header without harm.
bool is_printable(std::string_view text) noexcept;
// The same of a text, not empty, among others that commas part.
bool is_list_text(std::string_view text) noexcept;
std::string_view trim(std::string_view text) noexcept;

// How the keys of a trace's tags begin.
inline constexpr std::string_view kTraceTag = "_dd.p.";

// Adds a tag to a list of a trace's tags, as x-datadog-tags has them; tells whether it can be sent
// (no control characters, no key that a context has a field for), is new there and has room.
bool append_trace_tag(std::string& list, std::string_view key, std::string_view value);
// Gives those tags of a list of which append_trace_tag() says so.
std::string sendable_trace_tags(std::string_view list);

// Takes the front of a list off it, up to a separator; both sides trimmed.
std::string_view take_member(std::string_view& list, char separator) noexcept;

}  // namespace pawl::trace
