#include "tools/demo_tally.h"

#include <charconv>
#include <string>
#include <utility>

namespace pawl::tools {
namespace {

using std::string_view;
using Samples = std::vector<double>;
using Texts = std::vector<std::string>;

template <class Of>
using NamedSamples = std::pair<string_view, Samples Of::*>;

constexpr std::array<NamedSamples<Tally::Ended>, 7> kOfEnds{{
    {"llm.latency_ms", &Tally::Ended::latency_ms},
    {"llm.first_token_latency_ms", &Tally::Ended::first_token_ms},
    {"llm.time_per_output_token_ms", &Tally::Ended::token_ms},
    {"llm.input_tokens", &Tally::Ended::input_tokens},
    {"llm.cached_input_tokens", &Tally::Ended::cached_tokens},
    {"llm.output_tokens", &Tally::Ended::output_tokens},
    {"llm.estimated_cost_usd", &Tally::Ended::cost_usd},
}};
constexpr std::array<NamedSamples<Tally::Told>, 2> kOfSearches{{
    {"llm.retrieval.hit_count", &Tally::Told::hits},
    {"llm.retrieval.top_score", &Tally::Told::top_scores},
}};

void add_end(Tally::Ended& ended, const SimulatedRequest& request) {
  const auto output = static_cast<double>(request.output_tokens);
  ++ended.requests;
  if (request.json_invalid) ++ended.json_invalid;
  ended.latency_ms.push_back(request.latency_ms);
  if (request.first_token_ms) {
    ended.first_token_ms.push_back(*request.first_token_ms);
    ended.token_ms.push_back((request.latency_ms - *request.first_token_ms) / (output - 1));
  }
  ended.input_tokens.push_back(static_cast<double>(request.input_tokens));
  if (request.cached_tokens != 0) {
    ended.cached_tokens.push_back(static_cast<double>(request.cached_tokens));
  }
  ended.output_tokens.push_back(output);
  ended.cost_usd.push_back(static_cast<double>(request.picodollars()) / 1e12);
}

void add_course(Tally::Told& told, const SimulatedRequest& request) {
  if (request.tool_failure) ++told.tool_failures[*request.tool_failure];
  if (request.correctness) told.correctness.push_back(*request.correctness);
  if (!request.search) return;
  told.hits.push_back(static_cast<double>(request.search->hits));
  if (request.search->top_score) told.top_scores.push_back(*request.search->top_score);
}

std::string tag(string_view key, string_view value) {
  return std::string{key} + ":" + std::string{value};
}

Texts tags_of(const Slice& slice) {
  Texts tags;
  for (const OwnedTag& each : Tally::global_tags()) tags.push_back(tag(each.key, each.value));
  tags.push_back(tag("provider", kModels[slice.model].provider));
  tags.push_back(tag("model", kModels[slice.model].name));
  tags.push_back(tag("feature", kFeatures[slice.feature].name));
  tags.push_back(tag("prompt_name", kPromptName));
  tags.push_back(tag("prompt_version", kPromptVersions[slice.version].name));
  return tags;
}

Texts operator+(Texts tags, std::string more) {
  tags.push_back(std::move(more));
  return tags;
}

Texts tags_of_ends(const Slice& slice, string_view status) {
  Texts tags = tags_of(slice) + tag("status", status);
  return kFeatures[slice.feature].streams ? tags + tag("streaming", "true") : tags;
}

void hold(Store& store,
          string_view name,
          string_view type,
          const Texts& tags,
          std::vector<Value> values) {
  Item item;
  item.name = name;
  item.type = type;
  item.values = std::move(values);
  item.tags = tags;
  store.add(item);
}

void hold(Store& store, string_view name, const Texts& tags, std::int64_t count) {
  if (count != 0) hold(store, name, "c", tags, {count});
}

void hold(Store& store, string_view name, const Texts& tags, const Samples& samples) {
  if (!samples.empty()) hold(store, name, "d", tags, {samples.begin(), samples.end()});
}

void hold(Store& store, const Texts& tags, const Tally::Ended& ended) {
  hold(store, "llm.requests", tags, ended.requests);
  hold(store, "llm.json_invalid", tags, ended.json_invalid);
  for (const auto& [name, samples] : kOfEnds) hold(store, name, tags, ended.*samples);
}

void hold(Store& store, const Texts& tags, const Tally::Told& told) {
  for (const auto& [name, samples] : kOfSearches) hold(store, name, tags, told.*samples);
  hold(store, "llm.eval.correctness", tags + tag("eval", kEval), told.correctness);
  for (std::size_t i = 0; i < kToolErrors.size(); ++i) {
    const Texts its_tags = tags + tag("tool", kTool) + tag("error_type", kToolErrors[i]);
    hold(store, "llm.tool_failures", its_tags, told.tool_failures[i]);
  }
}

// The bytes of values as text, beyond one for each.
std::uint64_t bytes_beyond_one(const Samples& samples) {
  char text[32];
  std::uint64_t bytes = 0;
  for (const double sample : samples) {
    const auto [end, error] = std::to_chars(text, text + sizeof text, sample);
    (void)error;  // the longest double takes 24
    bytes += static_cast<std::uint64_t>(end - text) - 1;
  }
  return bytes;
}

}  // namespace

std::vector<OwnedTag> Tally::global_tags() { return {{"env", "demo"}, {"service", "ai-api"}}; }

void Tally::add(const SimulatedRequest& request) {
  Sums& sums = slices_[request.slice.index()];
  if (request.error) ++sums.errors[*request.error];
  add_end(request.error ? sums.failed : sums.ok, request);
  add_course(sums.told, request);
  samples_ += samples_of(request);
}

std::uint64_t Tally::samples_of(const SimulatedRequest& request) {
  std::uint64_t samples = 5;  // the request, latency, input, output, cost
  for (const bool one : {request.cached_tokens != 0,
                         request.json_invalid,
                         request.error.has_value(),
                         request.tool_failure.has_value(),
                         request.correctness.has_value(),
                         request.search.has_value(),
                         request.search && request.search->top_score}) {
    samples += one ? 1U : 0U;
  }
  return samples + (request.first_token_ms ? 2U : 0U);
}

std::uint64_t Tally::value_bytes() const {
  std::uint64_t bytes = samples_;
  for (const auto& [ok, failed, errors, told] : slices_) {
    for (const auto& [name, samples] : kOfEnds) {
      bytes += bytes_beyond_one(ok.*samples) + bytes_beyond_one(failed.*samples);
    }
    for (const auto& [name, samples] : kOfSearches) bytes += bytes_beyond_one(told.*samples);
    bytes += bytes_beyond_one(told.correctness);
  }
  return bytes;
}

void Tally::add_to(Store& store) const {
  for (std::size_t i = 0; i < slices_.size(); ++i) {
    const Slice slice = Slice::from(i);
    const Sums& sums = slices_[i];
    hold(store, tags_of(slice), sums.told);
    hold(store, tags_of_ends(slice, "ok"), sums.ok);
    hold(store, tags_of_ends(slice, "error"), sums.failed);
    for (std::size_t type = 0; type < kErrorTypes.size(); ++type) {
      const Texts tags = tags_of_ends(slice, "error") + tag("error_type", kErrorTypes[type]);
      hold(store, "llm.errors", tags, sums.errors[type]);
    }
  }
}

}  // namespace pawl::tools
