#include "support/oracle.h"

#include <ostream>

#include "support/oracle_fields.h"
#include "support/oracle_lines.h"

namespace pawl::test {
namespace {

Item decode_line(std::string_view line, bool serverless) {
  if (line.empty()) oracle::refuse("line", "is empty");
  // The Agent strips one '\r' before the newline, so a line may not rely on it.
  if (line.back() == '\r') oracle::refuse("line ends with", "\\r");
  // The Lambda extension panics on a datagram that is not UTF-8 throughout.
  if (!oracle::is_utf8(line)) oracle::refuse("line not UTF-8", printable(line));
  const bool is_event = line.starts_with(oracle::kEventPrefix);
  const bool is_check = line.starts_with(oracle::kServiceCheckPrefix);
  if (serverless && (is_event || is_check)) {
    oracle::refuse("the Lambda extension drops", printable(line));
  }
  if (is_event) return oracle::event_line(line);
  if (is_check) return oracle::service_check_line(line);
  return oracle::metric_line(line, serverless);
}

std::optional<Refusal> refuse_whole(std::string_view payload, const Limits& limits) {
  if (payload.empty()) return Refusal{0, "the datagram is empty"};
  if (payload.size() <= limits.max_bytes) return std::nullopt;
  return Refusal{0,
                 "the datagram has " + std::to_string(payload.size()) + " bytes, the limit is " +
                     std::to_string(limits.max_bytes)};
}

template <typename Kind>
std::vector<Kind> of_kind(const std::vector<Item>& items) {
  std::vector<Kind> found;
  for (const Item& item : items) {
    if (const Kind* kind = std::get_if<Kind>(&item)) found.push_back(*kind);
  }
  return found;
}

}  // namespace

std::vector<Metric> Decoded::metrics() const { return of_kind<Metric>(items); }
std::vector<Event> Decoded::events() const { return of_kind<Event>(items); }
std::vector<ServiceCheck> Decoded::service_checks() const { return of_kind<ServiceCheck>(items); }

Decoded decode(std::string_view payload, Limits limits) {
  Decoded decoded;
  decoded.refusal = refuse_whole(payload, limits);
  for (std::size_t number = 1; decoded.accepted() && !payload.empty(); ++number) {
    try {
      const std::size_t end = payload.find('\n');
      if (end == payload.npos) oracle::refuse("no newline ends", printable(payload));
      decoded.items.push_back(decode_line(payload.substr(0, end), limits.serverless));
      payload.remove_prefix(end + 1);
    } catch (const oracle::Refused& refused) {
      decoded.refusal = Refusal{number, refused.reason};
    }
  }
  return decoded;
}

std::ostream& operator<<(std::ostream& out, const Refusal& refusal) {
  return out << "line " << refusal.line << ": " << refusal.reason;
}

std::string printable(std::string_view payload) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const char c : payload) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      text += "\\n";
    } else if (byte >= 0x20 && byte < 0x7F) {
      text += c;
    } else {
      text += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return text;
}

}  // namespace pawl::test
