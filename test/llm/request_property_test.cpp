// Random requests: what arrives equals what is computed here, without the recorder's code, from
// what was told.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/llm.h>

#include "llm/recorder_memory.h"
#include "support/seed.h"

namespace {

using pawl::llm::Labels;
using pawl::llm::Milliseconds;
using pawl::llm::Refused;
using pawl::test::MemoryRecorder;
using pawl::test::Metric;
using pawl::test::Random;
using pawl::test::Tally;

// Prices that doubles hold exactly: 2^-20 dollars a token and its double.
constexpr double kInputPrice = 1'000'000.0 / (1 << 20);
const std::vector<std::string> kModels = {"priced", "unpriced", ""};
const std::vector<std::string> kWords = {"", "timeout", "a word too many", "rate_limit"};

// What must arrive, and how often something interesting happened.
struct Expected {
  Tally tally;
  std::uint64_t late_first = 0;
  std::uint64_t bad_usage = 0;
  std::uint64_t bad_duration = 0;
  std::uint64_t bad_score = 0;
  std::uint64_t priced = 0;
  std::uint64_t aborted = 0;

  void count(const std::string& name, std::vector<std::string> tags, double value) {
    if (value == 0) return;
    Metric metric;
    metric.name = name;
    metric.type = "c";
    metric.values = {value};
    metric.tags = std::move(tags);
    tally.add(metric);
  }
  void sample(const std::string& name, std::vector<std::string> tags, double value) {
    Metric metric;
    metric.name = name;
    metric.type = "d";
    metric.values = {value};
    metric.tags = std::move(tags);
    tally.add(metric);
  }
};

std::vector<std::string> with(std::vector<std::string> tags,
                              const std::string& key,
                              std::string value) {
  if (!value.empty()) tags.push_back(key + ":" + value);
  return tags;
}

std::string word_of(const std::string& told) {
  return told.find(' ') == std::string::npos ? told : "other";
}

// One random request, told to the recorder and worked out beside it. Times are whole milliseconds
// of the manual clock.
class Trial {
 public:
  Trial(MemoryRecorder& llm, Expected& expected, Random& random)
      : llm_(llm), expected_(expected), random_(random) {}

  void run() {
    model_ = random_.pick(kModels);
    version_ = "v" + std::to_string(random_.below(3));
    base_ = with(with({}, "model", model_), "prompt_version", version_);
    auto request = llm_->start({.model = model_, .prompt_version = version_});
    const std::size_t steps = random_.below(12);
    for (std::size_t i = 0; i < steps; ++i) {
      pass(static_cast<int>(random_.below(50)));
      step(request);
    }
    pass(static_cast<int>(random_.below(50)));
    end(request);
    work_out();
  }

 private:
  void pass(int milliseconds) {
    llm_.advance(std::chrono::milliseconds{milliseconds});
    now_ += milliseconds;
  }

  void step(pawl::llm::Request& request) {
    switch (random_.below(12)) {
      case 0:
        request.first_token();
        mark_first();
        break;
      case 1:
        request.token(3);
        mark_first();
        tokens_ += 3;
        break;
      case 2:
        usage(request);
        break;
      case 3:
        request.retry(2);
        retries_ += 2;
        break;
      case 4:
        tool(request);
        break;
      case 5:
        retrieval(request);
        break;
      case 6:
        eval(request);
        break;
      case 7:
        request.json_invalid();
        ++invalid_;
        break;
      case 8:
        error_ = random_.pick(kWords);
        request.error(*error_);
        break;
      case 9:
        finish_reason_ = random_.pick(kWords);
        request.finish_reason(finish_reason_);
        break;
      case 10:
        latency(request);
        break;
      default:
        request.dequeued();
        if (!queue_) queue_ = now_;
        break;
    }
  }

  void mark_first() {
    if (!first_) first_ = now_;
  }

  void usage(pawl::llm::Request& request) {
    const pawl::llm::Usage told{.input = random_.below(1000),
                                .output = random_.below(5),
                                .cached_input = random_.below(300),
                                .reasoning = random_.below(3)};
    request.usage(told);
    if (told.cached_input > told.input || told.reasoning > told.output)
      ++expected_.bad_usage;
    else
      usage_ = told;
  }

  void tool(pawl::llm::Request& request) {
    const bool ok = random_.chance(0.5);
    const std::string type = random_.pick(kWords);
    request.tool("search", ok, Milliseconds{1}, type);
    if (!ok)
      expected_.count(
          "llm.tool_failures", with(with(base_, "tool", "search"), "error_type", word_of(type)), 1);
  }

  void retrieval(pawl::llm::Request& request) {
    const std::uint64_t hits = random_.below(10);
    const double score = random_.chance(0.2) ? std::numeric_limits<double>::infinity() : 0.5;
    request.retrieval(hits, score);
    expected_.sample("llm.retrieval.hit_count", base_, static_cast<double>(hits));
    if (std::isinf(score))
      ++expected_.bad_score;
    else
      expected_.sample("llm.retrieval.top_score", base_, score);
  }

  void eval(pawl::llm::Request& request) {
    const double score = static_cast<double>(random_.below(8)) / 8;
    const std::string name = random_.chance(0.5) ? "correctness" : "tone";
    request.eval(name, score);
    expected_.sample("llm.eval." + name, with(base_, "eval", name), score);
  }

  void latency(pawl::llm::Request& request) {
    const double told = static_cast<double>(random_.between(-20, 80));
    request.latency(Milliseconds{told});
    if (told < 0)
      ++expected_.bad_duration;
    else
      latency_ = told;
  }

  void end(pawl::llm::Request& request) {
    aborted_ = random_.chance(0.2);
    if (aborted_)
      request.abandon();
    else
      request.finish();
    if (aborted_) ++expected_.aborted;
  }

  void work_out() {
    auto tags = with(base_, "finish_reason", word_of(finish_reason_));
    tags = with(tags, "streaming", first_ ? "true" : "");
    tags = with(tags, "status", aborted_ ? "aborted" : error_ ? "error" : "ok");
    const double latency = latency_.value_or(now_);
    expected_.count("llm.requests", tags, 1);
    expected_.count("llm.json_invalid", tags, invalid_);
    expected_.count("llm.retries", tags, retries_);
    if (error_)
      expected_.count(
          "llm.errors", with(tags, "error_type", error_->empty() ? "other" : word_of(*error_)), 1);
    expected_.sample("llm.latency_ms", tags, latency);
    if (queue_) expected_.sample("llm.queue_ms", tags, *queue_);
    work_out_tokens(tags, latency);
  }

  void work_out_tokens(const std::vector<std::string>& tags, double latency) {
    std::optional<double> output;
    if (tokens_ > 0) output = tokens_;
    if (usage_) {
      output = static_cast<double>(usage_->output);
      expected_.sample("llm.input_tokens", tags, static_cast<double>(usage_->input));
      const auto cached = static_cast<double>(usage_->cached_input);
      const auto reasoning = static_cast<double>(usage_->reasoning);
      if (cached > 0) expected_.sample("llm.cached_input_tokens", tags, cached);
      if (reasoning > 0) expected_.sample("llm.reasoning_tokens", tags, reasoning);
      work_out_cost(tags);
    }
    if (output) expected_.sample("llm.output_tokens", tags, *output);
    if (!first_) return;
    if (*first_ > latency) {
      ++expected_.late_first;
      return;
    }
    expected_.sample("llm.first_token_latency_ms", tags, *first_);
    if (output.value_or(0) > 1)
      expected_.sample("llm.time_per_output_token_ms", tags, (latency - *first_) / (*output - 1));
  }

  // The book rounds to picodollars a token: 953,674 and twice that.
  void work_out_cost(const std::vector<std::string>& tags) {
    if (model_ != "priced") {
      expected_.count("llm.cost_unknown", tags, 1);
      return;
    }
    const std::uint64_t picodollars = usage_->input * 953'674 + usage_->output * 1'907'349;
    if (picodollars == 0) return;
    ++expected_.priced;
    expected_.sample("llm.estimated_cost_usd", tags, static_cast<double>(picodollars) / 1e12);
  }

  MemoryRecorder& llm_;
  Expected& expected_;
  Random& random_;
  std::string model_;
  std::string version_;
  std::vector<std::string> base_;
  int now_ = 0;
  bool aborted_ = false;
  std::optional<double> first_;
  std::optional<double> queue_;
  std::optional<double> latency_;
  std::optional<pawl::llm::Usage> usage_;
  std::optional<std::string> error_;
  std::string finish_reason_;
  int tokens_ = 0;
  int retries_ = 0;
  int invalid_ = 0;
};

TEST_CASE("what arrives of random requests equals an independent computation") {
  PAWL_PRINT_SEED();
  Random random;
  auto book = std::make_shared<pawl::llm::PriceBook>();
  const pawl::llm::ModelPrice price{
      .prices = {.input_usd_per_mtok = kInputPrice, .output_usd_per_mtok = 2 * kInputPrice}};
  REQUIRE_FALSE(book->override_price("priced", price).has_value());
  MemoryRecorder llm{{.price_book = book}};
  Expected expected;
  for (int i = 0; i < 3000; ++i) Trial{llm, expected, random}.run();

  CHECK(difference(expected.tally, llm.sent(), 1e-12) == "");
  CHECK(llm.refused(Refused::first_token) == expected.late_first);
  CHECK(llm.refused(Refused::usage) == expected.bad_usage);
  CHECK(llm.refused(Refused::duration) == expected.bad_duration);
  CHECK(llm.refused(Refused::score) == expected.bad_score);
  CHECK(llm.client->stats().balanced());
  for (const std::uint64_t reached : {expected.late_first,
                                      expected.bad_usage,
                                      expected.bad_duration,
                                      expected.bad_score,
                                      expected.priced,
                                      expected.aborted})
    CHECK(reached > 20);
}

}  // namespace
