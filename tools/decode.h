#pragma once
// A strict decoder of DogStatsD lines: what the Agent and the stricter data plane both take as it
// was meant. A line that one of them would refuse, cut, or read in another way is rejected with the
// reason. Fields may come in any order, each at most once.
//
//     metric   = name ':' value (':' value)* '|' type ('|' field)*
//     event    = '_e{' n ',' n '}:' title '|' text ('|' field)*
//     check    = '_sc|' name '|' status ('|' field)*
//
// Threads: pure functions.
// Cost: a few allocations a line.
// Errors: by Result; the message is a reason that fits behind "rejected: ".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pawl/result.h>

namespace pawl::tools {

enum class Kind : std::uint8_t { metric, event, check };
std::string_view to_string(Kind kind) noexcept;

// One value of a metric: a whole number that fits 64 bits, another number, or the member of a set.
using Value = std::variant<std::int64_t, double, std::string>;

struct Item {
  Kind kind = Kind::metric;
  std::string name;                       // of the metric or check; title of the event
  std::string type;                       // metrics: c, g, h, d, s or ms
  std::vector<Value> values;              // metrics
  double rate = 1;                        // metrics
  std::vector<std::string> tags;          // in the order of the line
  std::optional<std::int64_t> timestamp;  // Unix seconds, of T or d:
  std::string container;                  // c:
  std::string external;                   // e:
  std::string cardinality;                // card:
  std::string text;                       // of the event; message of the check
  std::string host;                       // events and checks
  int status = 0;                         // checks: 0 ok, 1 warning, 2 critical, 3 unknown
  std::string aggregation_key;            // events, as the following
  std::string priority;
  std::string source;
  std::string alert_type;
};

// Decodes one line, without its line end.
Result<Item> decode_line(std::string_view line);

// Calls `each` with every line of a payload that is not empty. The last may lack its line end, as
// with the Agent.
template <class Each>
void for_each_line(std::string_view payload, const Each& each) {
  while (!payload.empty()) {
    const auto end = payload.find('\n');
    const std::string_view line = payload.substr(0, end);
    if (!line.empty()) each(line);
    if (end == std::string_view::npos) return;
    payload.remove_prefix(end + 1);
  }
}

}  // namespace pawl::tools
