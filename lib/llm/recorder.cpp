#include <utility>

#include <pawl/llm.h>

#include "llm/core.h"

namespace pawl::llm {

Recorder::Recorder(const Client& client, RecorderOptions options) noexcept {
  try {
    core_ = std::make_unique<Core>(client, std::move(options));
  } catch (...) {
    // No memory, or what copying the program's callback threw. Every member then does nothing.
  }
}

Recorder::Recorder(Recorder&& other) noexcept = default;

Recorder& Recorder::operator=(Recorder&& other) noexcept {
  std::swap(core_, other.core_);
  return *this;
}

Recorder::~Recorder() {
  if (core_) close(core_->close_deadline());
}

Request Recorder::start(const Labels& labels, const Ids& ids) const noexcept {
  return {core_.get(), labels, ids};
}

void Recorder::record_request(const Labels& labels) const noexcept {
  if (core_) core_->metrics().count(Metric::requests, TagList{labels}, 1);
}

void Recorder::record_error(const Labels& labels, std::string_view error_type) const noexcept {
  if (!core_) return;
  TagList tags{labels};
  tags.add("error_type", core_->counts().error_type(error_type));
  core_->metrics().count(Metric::errors, tags, 1);
}

namespace {

void record_duration(Core* core, Metric metric, const Labels& labels, Milliseconds time) noexcept {
  if (core != nullptr && core->counts().accepts_duration(time.count()))
    core->metrics().sample(metric, TagList{labels}, time.count());
}

void record_tokens(Core* core, Metric metric, const Labels& labels, std::uint64_t tokens) noexcept {
  if (core != nullptr && core->counts().accepts_tokens(tokens))
    core->metrics().sample(metric, TagList{labels}, static_cast<double>(tokens));
}

void record_score(Core* core, Metric metric, const Labels& labels, double score) noexcept {
  if (core != nullptr && core->counts().accepts_score(score))
    core->metrics().sample(metric, TagList{labels}, score);
}

}  // namespace

void Recorder::record_latency(const Labels& labels, Milliseconds latency) const noexcept {
  record_duration(core_.get(), Metric::latency_ms, labels, latency);
}

void Recorder::record_first_token_latency(const Labels& labels,
                                          Milliseconds latency) const noexcept {
  record_duration(core_.get(), Metric::first_token_latency_ms, labels, latency);
}

void Recorder::record_time_per_output_token(const Labels& labels,
                                            Milliseconds each) const noexcept {
  record_duration(core_.get(), Metric::time_per_output_token_ms, labels, each);
}

void Recorder::record_queue(const Labels& labels, Milliseconds waited) const noexcept {
  record_duration(core_.get(), Metric::queue_ms, labels, waited);
}

void Recorder::record_input_tokens(const Labels& labels, std::uint64_t tokens) const noexcept {
  record_tokens(core_.get(), Metric::input_tokens, labels, tokens);
}

void Recorder::record_output_tokens(const Labels& labels, std::uint64_t tokens) const noexcept {
  record_tokens(core_.get(), Metric::output_tokens, labels, tokens);
}

void Recorder::record_cached_input_tokens(const Labels& labels,
                                          std::uint64_t tokens) const noexcept {
  record_tokens(core_.get(), Metric::cached_input_tokens, labels, tokens);
}

void Recorder::record_reasoning_tokens(const Labels& labels, std::uint64_t tokens) const noexcept {
  record_tokens(core_.get(), Metric::reasoning_tokens, labels, tokens);
}

void Recorder::record_estimated_cost(const Labels& labels, double usd) const noexcept {
  if (!core_) return;
  if (pawl::detail::is_finite(usd) && usd > 0)
    core_->metrics().sample(Metric::estimated_cost_usd, TagList{labels}, usd);
  else
    core_->counts().refuse(Refused::cost);
}

void Recorder::record_cost_unknown(const Labels& labels) const noexcept {
  if (core_) core_->metrics().count(Metric::cost_unknown, TagList{labels}, 1);
}

void Recorder::record_cost(const Labels& labels, const Usage& usage) const noexcept {
  if (!core_ || !core_->counts().accepts_usage(usage)) return;
  const auto cost = core_->prices().cost(labels.provider, labels.model, usage);
  if (!cost)
    record_cost_unknown(labels);
  else if (cost->total_picodollars() != 0)
    record_estimated_cost(labels, cost->usd());
}

void Recorder::record_json_invalid(const Labels& labels) const noexcept {
  if (core_) core_->metrics().count(Metric::json_invalid, TagList{labels}, 1);
}

void Recorder::record_retries(const Labels& labels, std::uint64_t retries) const noexcept {
  if (!core_ || retries == 0 || !core_->counts().accepts_number(retries)) return;
  core_->metrics().count(Metric::retries, TagList{labels}, static_cast<std::int64_t>(retries));
}

void Recorder::record_tool_failure(const Labels& labels,
                                   std::string_view tool,
                                   std::string_view error_type) const noexcept {
  if (!core_ || !core_->counts().accepts_name(tool)) return;
  TagList tags{labels};
  tags.add("tool", tool);
  tags.add("error_type", core_->counts().word(error_type));
  core_->metrics().count(Metric::tool_failures, tags, 1);
}

void Recorder::record_retrieval_hit_count(const Labels& labels, std::uint64_t hits) const noexcept {
  if (core_ && core_->counts().accepts_number(hits))
    core_->metrics().sample(
        Metric::retrieval_hit_count, TagList{labels}, static_cast<double>(hits));
}

void Recorder::record_retrieval_top_score(const Labels& labels, double score) const noexcept {
  record_score(core_.get(), Metric::retrieval_top_score, labels, score);
}

void Recorder::record_eval(const Labels& labels,
                           std::string_view name,
                           double score) const noexcept {
  if (!core_ || !core_->counts().accepts_name(name)) return;
  if (!core_->counts().accepts_score(score)) return;
  core_->metrics().eval(TagList{labels}, core_->counts().eval_name(name), score);
}

void Recorder::record_user_rating(const Labels& labels, double rating) const noexcept {
  record_score(core_.get(), Metric::user_rating, labels, rating);
}

RecorderStats Recorder::stats() const noexcept {
  if (!core_) return {};
  RecorderStats stats = core_->counts().read();
  stats.histograms = core_->metrics().histograms();
  if (core_->log() != nullptr) stats.log = core_->log()->stats();
  return stats;
}

bool Recorder::flush(std::chrono::milliseconds timeout) const noexcept {
  return !core_ || core_->log() == nullptr || core_->log()->flush(timeout);
}

LogStats Recorder::close(std::chrono::milliseconds deadline) const noexcept {
  if (!core_ || core_->log() == nullptr) return {};
  core_->log()->close(deadline);
  return core_->log()->stats();
}

}  // namespace pawl::llm
