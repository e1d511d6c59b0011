#include "llm/metrics.h"

#include <algorithm>
#include <optional>
#include <span>

namespace pawl::llm {

namespace {

constexpr bool rows_stand_in_order() {
  for (std::size_t i = 0; i < kMetrics; ++i)
    if (static_cast<std::size_t>(kMetricTable[i].metric) != i) return false;
  return true;
}
static_assert(rows_stand_in_order());

std::string_view word(const std::optional<bool>& flag) noexcept {
  if (!flag) return {};
  return *flag ? "true" : "false";
}

// The measurements of one call; the type has no empty state.
class MeasurementList {
 public:
  void add(Measurement one) noexcept { all_[size_++] = one; }
  Measurements view() const noexcept { return std::span<const Measurement>{all_.data(), size_}; }

 private:
  static constexpr Measurement kNone = Measurement::count({}, 0);
  // As many as the end of a request can give.
  std::array<Measurement, 14> all_{kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone};
  std::size_t size_ = 0;
};

double number(double value) noexcept { return value; }
double number(std::uint64_t value) noexcept { return static_cast<double>(value); }

}  // namespace

TagList::TagList(const Labels& labels) noexcept {
  add("provider", labels.provider);
  add("model", labels.model);
  add("feature", labels.feature);
  add("prompt_name", labels.prompt_name);
  add("prompt_version", labels.prompt_version);
  add("prompt_variant", labels.prompt_variant);
  add("tenant_tier", labels.tenant_tier);
  add("region", labels.region);
  add("streaming", word(labels.streaming));
  add("cache_hit", word(labels.cache_hit));
  add("finish_reason", labels.finish_reason);
  if (labels.status) add("status", to_string(*labels.status));
}

void MetricSink::count(Metric metric, const TagList& tags, std::int64_t value) const noexcept {
  client_.count(info(metric).name, value, tags.view());
}

void MetricSink::sample(Metric metric, const TagList& tags, double value) const noexcept {
  client_.record(tags.view(), {sampled(info(metric).name, value)});
}

void MetricSink::eval(TagList tags, std::string_view name, double score) const noexcept {
  std::array<char, 128> text{};
  auto* end = std::copy(kEvalPrefix.begin(), kEvalPrefix.end(), text.data());
  end = std::copy(name.begin(), name.end(), end);
  tags.add("eval", name);
  const std::string_view metric{text.data(), static_cast<std::size_t>(end - text.data())};
  client_.record(tags.view(), {sampled(metric, score)});
}

void MetricSink::finished(const FinishedRequest& request) const noexcept {
  TagList tags{request.labels};
  MeasurementList all;
  const auto add_count = [&](Metric metric, std::uint32_t times) {
    if (times != 0) all.add(Measurement::count(info(metric).name, times));
  };
  const auto add_sample = [&](Metric metric, const auto& value) {
    if (value) all.add(sampled(info(metric).name, number(*value)));
  };
  const auto reported = [](std::uint64_t tokens) {
    return tokens == 0 ? std::nullopt : std::optional{tokens};
  };
  add_count(Metric::requests, 1);
  add_sample(Metric::latency_ms, request.latency_ms);
  add_sample(Metric::first_token_latency_ms, request.first_token_latency_ms);
  add_sample(Metric::time_per_output_token_ms, request.time_per_output_token_ms);
  add_sample(Metric::queue_ms, request.queue_ms);
  add_sample(Metric::output_tokens, request.output_tokens);
  add_sample(Metric::user_rating, request.user_rating);
  add_count(Metric::json_invalid, request.json_invalid);
  add_count(Metric::retries, request.retries);
  if (const auto& usage = request.usage) {
    add_sample(Metric::input_tokens, std::optional{usage->input});
    add_sample(Metric::cached_input_tokens, reported(usage->cached_input));
    add_sample(Metric::reasoning_tokens, reported(usage->reasoning));
    if (!request.cost)
      add_count(Metric::cost_unknown, 1);
    else if (request.cost->total_picodollars() != 0)
      add_sample(Metric::estimated_cost_usd, std::optional{request.cost->usd()});
  }
  client_.record(tags.view(), all.view());
  if (!request.failed) return;
  tags.add("error_type", request.error_type);
  client_.count(info(Metric::errors).name, 1, tags.view());
}

}  // namespace pawl::llm
