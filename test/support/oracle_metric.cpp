#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "support/oracle_fields.h"
#include "support/oracle_lines.h"

namespace pawl::test::oracle {
namespace {

struct Head {
  std::string_view name;
  std::string_view value;
  std::string_view type;
  std::string_view fields;  // empty or from the '|' before the first field
};

// The name ends at the first ':' and the value at the first '|', as both servers read them.
Head split_head(std::string_view line) {
  const std::size_t pipe = line.find('|');
  const std::string_view name_and_value = line.substr(0, pipe);
  const std::size_t colon = name_and_value.find(':');
  if (pipe == line.npos || colon == line.npos) refuse("not a metric", printable(line));
  const std::size_t type_end = std::min(line.find('|', pipe + 1), line.size());
  return {name_and_value.substr(0, colon),
          name_and_value.substr(colon + 1),
          line.substr(pipe + 1, type_end - pipe - 1),
          line.substr(type_end)};
}

void read_values(std::string_view text, Metric& metric) {
  if (metric.type == "s") {
    if (text.empty()) refuse("set value", "is empty");
    metric.set_value = std::string(text);
    return;
  }
  for (const std::string_view part : split(text, ':')) {
    metric.values.push_back(finite_number(part));
  }
}

void read_field(const Field& field, Metric& metric) {
  if (field.prefix == "@") metric.rate = sample_rate(field.value);
  if (field.prefix == "#") metric.tags = tags(field.value);
  if (field.prefix == "c:") metric.container = local_data(field.value);
  if (field.prefix == "e:") metric.external = external_data(field.value);
  if (field.prefix == "T") metric.timestamp = unix_seconds(field.value);
  if (field.prefix == "card:") metric.cardinality = cardinality(field.value);
}

// The Agent discards timestamped d, h, ms and s, and ignores the rate of a timestamped count: each
// would be a sample lost in silence.
void check_timestamp(const Metric& metric) {
  if (!metric.timestamp) return;
  if (metric.type != "c" && metric.type != "g") refuse("T on type", metric.type);
  if (metric.values.size() != 1) refuse("T with packed values", metric.name);
  if (metric.rate != 1) refuse("T with a rate", metric.name);
}

void check_serverless(const Metric& metric) {
  if (metric.type != "c" && metric.type != "g" && metric.type != "d") {
    refuse("type that the Lambda extension rejects", metric.type);
  }
  if (metric.values.size() != 1) refuse("packed values on serverless", metric.name);
  if (metric.rate != 1) refuse("rate on serverless", metric.name);
}

}  // namespace

Metric metric_line(std::string_view line, bool serverless) {
  const Head head = split_head(line);
  Metric metric;
  metric.name = metric_name(head.name);
  metric.type = one_of("type", head.type, {"c", "g", "h", "d", "s", "ms"});
  read_values(head.value, metric);
  for (const Field& field : fields(head.fields, {"@", "#", "c:", "e:", "T", "card:"})) {
    read_field(field, metric);
  }
  check_timestamp(metric);
  if (serverless) check_serverless(metric);
  return metric;
}

}  // namespace pawl::test::oracle
