#pragma once
// The strict oracle: a parser of DogStatsD datagrams that tests hold against everything the library
// encodes. It was written from the servers' grammars and shares no code with lib/. It accepts only
// the common ground of the Agent's parser and of the stricter Agent Data Plane, so a line that
// passes here is understood the same way by both; `Limits::serverless` narrows it further to what
// the Lambda extension keeps.
//
//     datagram = line+                                 line = (metric | event | check) '\n'
//     metric   = name ':' value (':' value)* '|' type  then, in this order, each at most once:
//                '|@' rate  '|#' tag (',' tag)*  '|c:' local  '|e:' external  '|T' unix  '|card:' c
//     event    = '_e{' n ',' n '}:' title '|' text     then d: h: k: p: s: t: # c: e: card:
//     check    = '_sc|' name '|' status                then d: h: # c: e: card: m:
//
// Threads: pure functions.
// Errors: the first refused line ends the decoding; its number and the reason come back by value.

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pawl::test {

struct Metric {
  std::string name{};
  std::string type{};            // c, g, h, d, s or ms
  std::vector<double> values{};  // empty for a set
  std::string set_value{};       // only for a set
  double rate = 1;
  std::vector<std::string> tags{};  // in the order of the line
  std::optional<std::int64_t> timestamp{};
  std::string container{};    // c:
  std::string external{};     // e:
  std::string cardinality{};  // card:
};

struct Event {
  std::string title{};  // unescaped
  std::string text{};   // unescaped
  std::optional<std::int64_t> timestamp{};
  std::string host{};
  std::string aggregation_key{};
  std::string priority{};  // empty, normal or low
  std::string source{};
  std::string alert_type{};  // empty, error, warning, info or success
  std::vector<std::string> tags{};
  std::string container{};
  std::string external{};
  std::string cardinality{};
};

struct ServiceCheck {
  std::string name{};
  int status = 0;
  std::optional<std::int64_t> timestamp{};
  std::string host{};
  std::vector<std::string> tags{};
  std::string container{};
  std::string external{};
  std::string cardinality{};
  std::string message{};  // unescaped
};

using Item = std::variant<Metric, Event, ServiceCheck>;

struct Limits {
  std::size_t max_bytes = 8192;
  // Refuses what the Lambda extension would lose: h, s, ms, packed values, rates, events, checks.
  bool serverless = false;
};

struct Refusal {
  std::size_t line = 0;  // counted from 1; 0 blames the datagram as a whole
  std::string reason;
};

struct Decoded {
  std::vector<Item> items;  // everything before the refused line
  std::optional<Refusal> refusal;

  bool accepted() const { return !refusal.has_value(); }
  std::vector<Metric> metrics() const;
  std::vector<Event> events() const;
  std::vector<ServiceCheck> service_checks() const;
};

// Decodes one datagram payload (for streams, one frame without its length).
Decoded decode(std::string_view payload, Limits limits = {});

// Prints "line 3: reason", for messages of failing tests.
std::ostream& operator<<(std::ostream& out, const Refusal& refusal);

// Prints a payload on one line with every control byte and every non-ASCII byte escaped.
std::string printable(std::string_view payload);

}  // namespace pawl::test
