#include <algorithm>
#include <limits>
#include <utility>

#include <pawl/llm.h>

#include "llm/core.h"

namespace pawl::llm {

using detail::Facts;
using detail::kNever;

namespace {

Labels labels_of(const Facts& facts) noexcept {
  Labels labels;
  labels.provider = facts.provider.view();
  labels.model = facts.model.view();
  labels.feature = facts.feature.view();
  labels.prompt_name = facts.prompt_name.view();
  labels.prompt_version = facts.prompt_version.view();
  labels.prompt_variant = facts.prompt_variant.view();
  labels.tenant_tier = facts.tenant_tier.view();
  labels.region = facts.region.view();
  labels.streaming = facts.streaming;
  labels.cache_hit = facts.cache_hit;
  labels.finish_reason = facts.finish_reason.view();
  return labels;
}

Ids ids_of(const Facts& facts) noexcept {
  return {.request_id = facts.request_id.view(), .tenant_id = facts.tenant_id.view()};
}

// What a request's steps are tagged with: the labels that it was started with.
TagList tags_at_start(const Facts& facts) noexcept {
  Labels labels = labels_of(facts);
  labels.streaming.reset();
  labels.cache_hit.reset();
  labels.finish_reason = {};
  return TagList{labels};
}

template <class Text>
void keep(Text& to, std::string_view text, Counts& counts) noexcept {
  if (!to.assign(text)) counts.cut();
}

// Adds, and stays at the most that there is.
template <class Number>
Number sum(Number a, Number b) noexcept {
  return b > std::numeric_limits<Number>::max() - a ? std::numeric_limits<Number>::max() : a + b;
}

// Turns facts into what is recorded: checks them against each other, and prices them.
class Finish {
 public:
  Finish(Core& core, const Facts& facts, Status status) noexcept : core_(core), facts_(facts) {
    made_.labels = labels_of(facts);
    made_.ids = ids_of(facts);
    made_.trace = facts.trace;
    made_.status = status;
    made_.failed = facts.failed;
    made_.error_type = facts.error_type.view();
    made_.json_invalid = facts.json_invalid;
    made_.retries = facts.retries;
    made_.tool_calls = facts.tool_calls;
    made_.tool_failures = facts.tool_failures;
    made_.user_rating = facts.user_rating;
    made_.labels.status = status;
    if (!facts.streaming && streamed()) made_.labels.streaming = true;
    add_times();
    add_usage();
    add_token_times();
  }

  const FinishedRequest& made() const noexcept { return made_; }

 private:
  bool streamed() const noexcept { return facts_.first_token_ms || facts_.first_token != kNever; }

  // Gives a difference of readings, unless the clock ran backwards, which is no duration.
  std::optional<double> since(std::int64_t from, std::int64_t to) noexcept {
    if (to >= from) return to_milliseconds(facts_.source, elapsed(from, to));
    went_back(facts_.source);
    core_.counts().refuse(Refused::duration);
    return std::nullopt;
  }

  void add_times() noexcept {
    made_.latency_ms = facts_.latency_ms;
    if (!made_.latency_ms) made_.latency_ms = since(facts_.start, core_.now(facts_.source));
    made_.queue_ms = facts_.queue_ms;
    if (!made_.queue_ms && facts_.dequeued != kNever)
      made_.queue_ms = since(facts_.start, facts_.dequeued);
    if (facts_.longest_gap != kNever)
      made_.longest_token_gap_ms = to_milliseconds(facts_.source, facts_.longest_gap);
  }

  void add_usage() noexcept {
    made_.usage = facts_.usage;
    if (facts_.usage)
      made_.output_tokens = facts_.usage->output;
    else if (facts_.tokens != 0 && core_.counts().accepts_tokens(facts_.tokens))
      made_.output_tokens = facts_.tokens;
    if (facts_.usage)
      made_.cost = core_.prices().cost(made_.labels.provider, made_.labels.model, *facts_.usage);
  }

  void add_token_times() noexcept {
    if (!streamed()) return;
    std::optional<double> first = facts_.first_token_ms;
    if (!first) first = since(facts_.start, facts_.first_token);
    if (!first) return;
    const bool late = made_.latency_ms && *first > *made_.latency_ms;
    if (late || !facts_.streaming.value_or(true)) {
      core_.counts().refuse(Refused::first_token);
      return;
    }
    made_.first_token_latency_ms = first;
    const std::uint64_t tokens = made_.output_tokens.value_or(0);
    if (tokens > 1 && made_.latency_ms)
      made_.time_per_output_token_ms =
          (*made_.latency_ms - *first) / static_cast<double>(tokens - 1);
  }

  Core& core_;
  const Facts& facts_;
  FinishedRequest made_;
};

}  // namespace

Request::Request(Core* core, const Labels& labels, const Ids& ids) noexcept : core_(core) {
  if (core == nullptr) return;
  Counts& counts = core->counts();
  keep(facts_.provider, labels.provider, counts);
  keep(facts_.model, labels.model, counts);
  keep(facts_.feature, labels.feature, counts);
  keep(facts_.prompt_name, labels.prompt_name, counts);
  keep(facts_.prompt_version, labels.prompt_version, counts);
  keep(facts_.prompt_variant, labels.prompt_variant, counts);
  keep(facts_.tenant_tier, labels.tenant_tier, counts);
  keep(facts_.region, labels.region, counts);
  keep(facts_.request_id, ids.request_id, counts);
  keep(facts_.tenant_id, ids.tenant_id, counts);
  keep(facts_.finish_reason, counts.word(labels.finish_reason), counts);
  facts_.streaming = labels.streaming;
  facts_.cache_hit = labels.cache_hit;
  facts_.source = core->source();
  if (SpanHook* hook = core->hook())
    facts_.trace = hook->started(labels_of(facts_), ids_of(facts_));
  facts_.start = now();
}

Request::Request(Request&& other) noexcept
    : core_(std::exchange(other.core_, nullptr)), facts_(std::move(other.facts_)) {}

Request& Request::operator=(Request&& other) noexcept {
  if (this == &other) return *this;
  abandon();
  core_ = std::exchange(other.core_, nullptr);
  facts_ = std::move(other.facts_);
  return *this;
}

std::int64_t Request::now() const noexcept { return core_->now(facts_.source); }

void Request::dequeued() noexcept {
  if (core_ != nullptr && facts_.dequeued == kNever) facts_.dequeued = now();
}

void Request::queue(Milliseconds waited) noexcept {
  if (core_ != nullptr && core_->counts().accepts_duration(waited.count()))
    facts_.queue_ms = waited.count();
}

void Request::first_token() noexcept {
  if (core_ != nullptr && facts_.first_token == kNever) facts_.first_token = now();
}

void Request::first_token(Milliseconds after_start) noexcept {
  if (core_ == nullptr || facts_.first_token_ms) return;
  if (core_->counts().accepts_duration(after_start.count()))
    facts_.first_token_ms = after_start.count();
}

void Request::token(std::uint64_t count) noexcept {
  if (core_ == nullptr || !core_->counts().accepts_number(count)) return;
  const std::int64_t at = now();
  if (facts_.first_token == kNever) facts_.first_token = at;
  if (facts_.last_token != kNever)
    facts_.longest_gap = std::max(facts_.longest_gap, elapsed(facts_.last_token, at));
  facts_.last_token = at;
  facts_.tokens = sum(facts_.tokens, count);
}

void Request::usage(const Usage& usage) noexcept {
  if (core_ != nullptr && core_->counts().accepts_usage(usage)) facts_.usage = usage;
}

void Request::retry(std::uint64_t times) noexcept {
  if (core_ != nullptr && core_->counts().accepts_number(times))
    facts_.retries = sum(facts_.retries, static_cast<std::uint32_t>(times));
}

void Request::tool(std::string_view name,
                   bool ok,
                   Milliseconds latency,
                   std::string_view error_type) noexcept {
  if (core_ == nullptr || !core_->counts().accepts_name(name)) return;
  Step step{.kind = Step::Kind::tool, .name = name, .ok = ok};
  step.error_type = core_->counts().word(error_type);
  if (core_->counts().accepts_duration(latency.count())) step.latency_ms = latency.count();
  ++facts_.tool_calls;
  if (!ok) {
    ++facts_.tool_failures;
    TagList tags = tags_at_start(facts_);
    tags.add("tool", name);
    tags.add("error_type", step.error_type);
    core_->metrics().count(Metric::tool_failures, tags, 1);
  }
  this->step(step);
}

void Request::retrieval(std::uint64_t hits, std::optional<double> top_score) noexcept {
  if (core_ == nullptr || !core_->counts().accepts_number(hits)) return;
  const TagList tags = tags_at_start(facts_);
  core_->metrics().sample(Metric::retrieval_hit_count, tags, static_cast<double>(hits));
  if (top_score && !core_->counts().accepts_score(*top_score)) top_score.reset();
  if (top_score) core_->metrics().sample(Metric::retrieval_top_score, tags, *top_score);
  step({.kind = Step::Kind::retrieval, .score = top_score, .hits = hits});
}

void Request::eval(std::string_view name, double score) noexcept {
  if (core_ == nullptr || !core_->counts().accepts_name(name)) return;
  if (!core_->counts().accepts_score(score)) return;
  core_->metrics().eval(tags_at_start(facts_), core_->counts().eval_name(name), score);
  step({.kind = Step::Kind::eval, .name = name, .score = score});
}

void Request::json_invalid() noexcept {
  if (core_ == nullptr) return;
  ++facts_.json_invalid;
  step({.kind = Step::Kind::validation, .ok = false});
}

void Request::user_rating(double rating) noexcept {
  if (core_ != nullptr && core_->counts().accepts_score(rating)) facts_.user_rating = rating;
}

void Request::streaming(bool streams) noexcept { facts_.streaming = streams; }
void Request::cache_hit(bool hit) noexcept { facts_.cache_hit = hit; }

void Request::finish_reason(std::string_view reason) noexcept {
  if (core_ != nullptr) facts_.finish_reason.assign(core_->counts().word(reason));
}

void Request::error(std::string_view error_type) noexcept {
  if (core_ == nullptr) return;
  facts_.failed = true;
  facts_.error_type.assign(core_->counts().error_type(error_type));
}

void Request::latency(Milliseconds total) noexcept {
  if (core_ != nullptr && core_->counts().accepts_duration(total.count()))
    facts_.latency_ms = total.count();
}

void Request::finish() noexcept {
  if (core_ != nullptr) end(facts_.failed ? Status::error : Status::ok);
}

void Request::step(const Step& step) noexcept {
  if (SpanHook* hook = core_->hook()) hook->stepped(facts_.trace, step);
}

void Request::end(Status status) noexcept {
  Core& core = *std::exchange(core_, nullptr);
  const Finish finish{core, facts_, status};
  core.metrics().finished(finish.made());
  if (Log* log = core.log()) log->push(finish.made());
  if (SpanHook* hook = core.hook()) hook->finished(finish.made());
}

}  // namespace pawl::llm
