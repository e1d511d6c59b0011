#include "tools/trace_summary.h"

#include <string_view>

#include <fmt/format.h>

namespace pawl::tools {
namespace {

constexpr std::size_t kMaxKept = 20;

void append(std::string& out, std::uint64_t number, std::string_view noun) {
  out += fmt::format("{}{} {}{}", out.empty() ? "" : ", ", number, noun, number == 1 ? "" : "s");
}

void append_unless_none(std::string& out, std::uint64_t number, std::string_view noun) {
  if (number != 0) append(out, number, noun);
}

}  // namespace

void TraceSummary::count_request(std::size_t bytes) {
  ++requests_;
  bytes_ += bytes;
}

void TraceSummary::count_chunk(std::size_t spans, std::size_t repeated) {
  ++chunks_;
  spans_ += spans;
  repeated_ += repeated;
}

void TraceSummary::Kept::add(const std::string& what) {
  ++number;
  if (lines.size() < kMaxKept) lines.push_back(what);
}

void TraceSummary::Kept::append_to(std::string& out, const char* word) const {
  for (const std::string& line : lines) out += fmt::format("pawl: {}: {}\n", word, line);
  if (number > lines.size()) {
    out += fmt::format("pawl: and {} more {}\n", number - lines.size(), word);
  }
}

std::string TraceSummary::text() const {
  std::string numbers;
  append(numbers, traces_, "trace");
  append(numbers, spans_, "span");
  append(numbers, chunks_, "chunk");
  append_unless_none(numbers, repeated_, "repeated span");
  append_unless_none(numbers, span_events_, "LLM Observability span");
  append_unless_none(numbers, evaluations_, "evaluation");
  append(numbers, requests_, "request");
  append(numbers, bytes_, "byte");
  append_unless_none(numbers, as_told_, "request refused as told");
  numbers += fmt::format(", {} rejected, {} repaired", rejected_.number, repaired_.number);
  std::string out = "pawl: received " + numbers + "\n";
  rejected_.append_to(out, "rejected");
  repaired_.append_to(out, "repaired");
  return out;
}

}  // namespace pawl::tools
