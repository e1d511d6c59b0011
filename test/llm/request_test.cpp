// One request: what its end records.

#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/llm.h>

#include "llm/recorder_memory.h"

namespace {

using pawl::llm::Ids;
using pawl::llm::Labels;
using pawl::llm::Refused;
using pawl::llm::Request;
using pawl::test::MemoryRecorder;
using pawl::test::Tally;
using namespace std::chrono_literals;

const Labels kSupport{.provider = "openai",
                      .model = "gpt-4.1",
                      .feature = "support_agent",
                      .prompt_name = "support_triage",
                      .prompt_version = "2026-06-01.3"};
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> tags(std::vector<std::string> more) {
  std::vector<std::string> all = {"provider:openai",
                                  "model:gpt-4.1",
                                  "feature:support_agent",
                                  "prompt_name:support_triage",
                                  "prompt_version:2026-06-01.3"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// The only value of a distribution, over all tags; NaN when there is none or another number.
double value(const Tally& tally, const std::string& name) {
  double found = kNaN;
  int series = 0;
  for (const auto& [context, held] : tally.contexts()) {
    if (context.name != name || context.type != "d") continue;
    ++series;
    if (held.samples.size() == 1) found = held.samples[0].value;
  }
  return series == 1 ? found : kNaN;
}

double counted(const Tally& tally, const std::string& name) {
  double sum = 0;
  for (const auto& [context, held] : tally.contexts())
    if (context.name == name) sum += held.count;
  return sum;
}

bool has(const Tally& tally, const std::string& name) {
  for (const auto& [context, held] : tally.contexts())
    if (context.name == name) return true;
  return false;
}

TEST_CASE("a finished request gives its metrics, all with its tags") {
  MemoryRecorder llm;
  auto request = llm->start(kSupport);
  llm.advance(200ms);
  request.first_token();
  llm.advance(622ms);
  request.usage({.input = 1840, .output = 312, .cached_input = 512, .reasoning = 100});
  request.json_invalid();
  request.finish();
  const Tally sent = llm.sent();
  const auto all = tags({"status:ok", "streaming:true"});
  CHECK(sent.count("llm.requests", all) == 1);
  CHECK(sent.count("llm.json_invalid", all) == 1);
  for (const auto& each :
       std::vector<std::pair<std::string, double>>{{"llm.latency_ms", 822},
                                                   {"llm.first_token_latency_ms", 200},
                                                   {"llm.time_per_output_token_ms", 2},
                                                   {"llm.input_tokens", 1840},
                                                   {"llm.output_tokens", 312},
                                                   {"llm.cached_input_tokens", 512},
                                                   {"llm.reasoning_tokens", 100}}) {
    const auto& held = sent.of({"d", each.first, all});
    CHECK_MESSAGE(held.samples.size() == 1, each.first);
    CHECK_MESSAGE(held.sum == each.second, each.first);
  }
  CHECK(value(sent, "llm.estimated_cost_usd") > 0);
  CHECK(sent.contexts().size() == 10);
}

TEST_CASE("a request that leaves its scope is aborted") {
  MemoryRecorder llm;
  { auto request = llm->start(kSupport); }
  CHECK(llm.sent().count("llm.requests", tags({"status:aborted"})) == 1);
}

TEST_CASE("a request that is abandoned after an error keeps the error") {
  MemoryRecorder llm;
  auto request = llm->start(kSupport);
  request.error("timeout");
  request.abandon();
  const Tally sent = llm.sent();
  CHECK(sent.count("llm.requests", tags({"status:aborted"})) == 1);
  CHECK(sent.count("llm.errors", tags({"status:aborted", "error_type:timeout"})) == 1);
}

TEST_CASE("an error counts under its type, and makes the status") {
  MemoryRecorder llm;
  auto request = llm->start(kSupport);
  request.error("timeout");
  request.error("rate_limit");
  request.finish();
  const Tally sent = llm.sent();
  CHECK(sent.count("llm.requests", tags({"status:error"})) == 1);
  CHECK(sent.count("llm.errors", tags({"status:error", "error_type:rate_limit"})) == 1);
  CHECK(counted(sent, "llm.errors") == 1);
}

TEST_CASE("a request ends once") {
  MemoryRecorder llm;
  auto request = llm->start(kSupport);
  CHECK(request);
  request.finish();
  CHECK_FALSE(request);
  request.finish();
  request.abandon();
  request.token();
  request.tool("search", false, 1ms);
  request.retrieval(1, 0.5);
  request.eval("safety", 1);
  CHECK(llm.client->stats().called.samples == 2);  // requests and latency
}

TEST_CASE("a request that moves ends once, where it is") {
  MemoryRecorder llm;
  auto first = llm->start(kSupport);
  first.token();
  llm.advance(5ms);
  std::thread{[moved = std::move(first)]() mutable {
    Request other = std::move(moved);
    other.token(4);
    other.finish();
  }}.join();
  const Tally sent = llm.sent();
  CHECK(counted(sent, "llm.requests") == 1);
  CHECK(value(sent, "llm.output_tokens") == 5);
  CHECK(value(sent, "llm.latency_ms") == 5);
}

TEST_CASE("a request that is replaced by another is aborted") {
  MemoryRecorder llm;
  auto request = llm->start({.model = "a"});
  request = llm->start({.model = "b"});
  request.finish();
  const Tally sent = llm.sent();
  CHECK(sent.count("llm.requests", {"model:a", "status:aborted"}) == 1);
  CHECK(sent.count("llm.requests", {"model:b", "status:ok"}) == 1);
}

TEST_CASE("a request owns its texts") {
  MemoryRecorder llm;
  auto text = std::make_unique<std::string>("a-model-with-a-name-that-no-small-string-holds");
  auto request = llm->start({.model = *text});
  text.reset();
  request.finish();
  CHECK(llm.sent().count("llm.requests",
                         {"model:a-model-with-a-name-that-no-small-string-holds", "status:ok"}) ==
        1);
}

TEST_CASE("a text that is too long is cut at a character boundary and counted") {
  MemoryRecorder llm;
  const std::string kept(118, 'm');
  std::string model = kept;
  model.append("\u00e9tail");
  auto request = llm->start({.model = model});
  request.finish();
  CHECK(llm.sent().count("llm.requests", {"model:" + kept, "status:ok"}) == 1);
  CHECK(llm->stats().texts_cut == 1);
}

TEST_CASE("an error message is no error type") {
  MemoryRecorder llm;
  for (const std::string& message :
       {std::string{"connection to 10.0.0.1 failed"}, std::string(64, 'e')}) {
    auto request = llm->start({.model = "m"});
    request.error(message);
    request.finish();
  }
  CHECK(llm.sent().count("llm.errors", {"model:m", "status:error", "error_type:other"}) == 2);
  CHECK(llm->stats().texts_replaced == 2);
}

TEST_CASE("flags and the finish reason may be told late, and become tags of the end") {
  MemoryRecorder llm;
  auto request = llm->start({.model = "m", .streaming = true});
  request.streaming(false);
  request.cache_hit(true);
  request.finish_reason("stop");
  request.finish();
  CHECK(llm.sent().count(
            "llm.requests",
            {"model:m", "streaming:false", "cache_hit:true", "finish_reason:stop", "status:ok"}) ==
        1);
}

TEST_CASE("tokens are output tokens where no usage is told, and have no cost") {
  MemoryRecorder llm;
  auto request = llm->start(kSupport);
  for (int i = 0; i < 11; ++i) {
    llm.advance(10ms);
    request.token();
  }
  request.finish();
  const Tally sent = llm.sent();
  CHECK(value(sent, "llm.output_tokens") == 11);
  CHECK(value(sent, "llm.first_token_latency_ms") == 10);
  CHECK(value(sent, "llm.time_per_output_token_ms") == 10);
  CHECK_FALSE(has(sent, "llm.input_tokens"));
  CHECK_FALSE(has(sent, "llm.cost_unknown"));
  CHECK_FALSE(has(sent, "llm.estimated_cost_usd"));
}

TEST_CASE("a request that does not stream has no token times") {
  MemoryRecorder llm;
  auto request = llm->start(kSupport);
  request.usage({.input = 10, .output = 10});
  request.finish();
  const Tally sent = llm.sent();
  CHECK_FALSE(has(sent, "llm.first_token_latency_ms"));
  CHECK_FALSE(has(sent, "llm.time_per_output_token_ms"));
}

TEST_CASE("one output token has no time between tokens") {
  MemoryRecorder llm;
  auto request = llm->start(kSupport);
  request.first_token();
  request.usage({.input = 10, .output = 1});
  request.finish();
  const Tally sent = llm.sent();
  CHECK(has(sent, "llm.first_token_latency_ms"));
  CHECK_FALSE(has(sent, "llm.time_per_output_token_ms"));
}

TEST_CASE("a first token after the end is refused and counted") {
  MemoryRecorder llm;
  auto request = llm->start(kSupport);
  request.first_token(20ms);
  request.usage({.input = 10, .output = 10});
  request.latency(10ms);
  request.finish();
  const Tally sent = llm.sent();
  CHECK(value(sent, "llm.latency_ms") == 10);
  CHECK_FALSE(has(sent, "llm.first_token_latency_ms"));
  CHECK_FALSE(has(sent, "llm.time_per_output_token_ms"));
  CHECK(llm.refused(Refused::first_token) == 1);
}

TEST_CASE("a first token of a request said not to stream is refused and counted") {
  MemoryRecorder llm;
  auto request = llm->start({.model = "m", .streaming = false});
  request.first_token();
  request.finish();
  CHECK_FALSE(has(llm.sent(), "llm.first_token_latency_ms"));
  CHECK(llm.refused(Refused::first_token) == 1);
}

TEST_CASE("durations that make no sense are refused and counted") {
  MemoryRecorder llm;
  auto request = llm->start(kSupport);
  for (const double bad : {-1.0, kNaN, HUGE_VAL}) {
    const pawl::llm::Milliseconds time{bad};
    request.latency(time);
    request.queue(time);
    request.first_token(time);
    request.tool("search", true, time);
  }
  llm.advance(7ms);
  request.finish();
  const Tally sent = llm.sent();
  CHECK(llm.refused(Refused::duration) == 12);
  CHECK(value(sent, "llm.latency_ms") == 7);
  CHECK_FALSE(has(sent, "llm.queue_ms"));
  CHECK_FALSE(has(sent, "llm.first_token_latency_ms"));
}

TEST_CASE("scores that make no sense are refused and counted") {
  MemoryRecorder llm;
  auto request = llm->start(kSupport);
  request.eval("correctness", kNaN);
  request.retrieval(3, HUGE_VAL);
  request.user_rating(-HUGE_VAL);
  request.finish();
  const Tally sent = llm.sent();
  CHECK(llm.refused(Refused::score) == 3);
  CHECK_FALSE(has(sent, "llm.eval.correctness"));
  CHECK_FALSE(has(sent, "llm.retrieval.top_score"));
  CHECK_FALSE(has(sent, "llm.user_rating"));
  CHECK(value(sent, "llm.retrieval.hit_count") == 3);
}

TEST_CASE("a usage that contradicts itself is refused as a whole") {
  const std::vector<pawl::llm::Usage> bad = {
      {.input = 10, .output = 1, .cached_input = 11},
      {.input = 10, .output = 1, .cached_input = 6, .cache_creation = 5},
      {.input = 10, .output = 1, .reasoning = 2},
      {.input = static_cast<std::uint64_t>(-5), .output = 1},
      {.input = 1, .output = 1'000'000'000'001}};
  for (const auto& usage : bad) {
    MemoryRecorder llm;
    auto request = llm->start(kSupport);
    request.usage(usage);
    request.finish();
    const Tally sent = llm.sent();
    CHECK(llm.refused(Refused::usage) == 1);
    CHECK_FALSE(has(sent, "llm.input_tokens"));
    CHECK_FALSE(has(sent, "llm.cost_unknown"));
    CHECK(counted(sent, "llm.requests") == 1);
  }
}

TEST_CASE("the last usage counts") {
  MemoryRecorder llm;
  auto request = llm->start(kSupport);
  request.usage({.input = 10, .output = 1});
  request.usage({.input = 10, .output = 5});
  request.finish();
  CHECK(value(llm.sent(), "llm.output_tokens") == 5);
}

TEST_CASE("a model without a price counts as such, and costs nothing by guess") {
  MemoryRecorder llm;
  auto request = llm->start({.provider = "me", .model = "no-such-model"});
  request.usage({.input = 10, .output = 1});
  request.finish();
  const Tally sent = llm.sent();
  CHECK(counted(sent, "llm.cost_unknown") == 1);
  CHECK_FALSE(has(sent, "llm.estimated_cost_usd"));
}

TEST_CASE("the cost is that of the program's book, and never 0") {
  auto book = std::make_shared<pawl::llm::PriceBook>();
  const pawl::llm::ModelPrice price{.prices = {.input_usd_per_mtok = 2, .output_usd_per_mtok = 8}};
  CHECK_FALSE(book->override_price("mine", price).has_value());
  MemoryRecorder llm{{.price_book = book}};
  auto request = llm->start({.model = "mine"});
  request.usage({.input = 1000, .output = 100});
  request.finish();
  CHECK(value(llm.sent(), "llm.estimated_cost_usd") == 0.0028);
  auto empty = llm->start({.model = "mine"});
  empty.usage({});
  empty.finish();
  const Tally sent = llm.sent();
  CHECK_FALSE(has(sent, "llm.estimated_cost_usd"));
  CHECK_FALSE(has(sent, "llm.cost_unknown"));
  CHECK(value(sent, "llm.input_tokens") == 0);
}

TEST_CASE("the queue's time is measured or told") {
  MemoryRecorder llm;
  auto request = llm->start({.model = "m"});
  llm.advance(3ms);
  request.dequeued();
  llm.advance(3ms);
  request.dequeued();
  request.finish();
  CHECK(value(llm.sent(), "llm.queue_ms") == 3);
  auto told = llm->start({.model = "m"});
  told.queue(4ms);
  told.finish();
  CHECK(value(llm.sent(), "llm.queue_ms") == 4);
}

TEST_CASE("failed tools count under their name and error type, others not") {
  MemoryRecorder llm;
  auto request = llm->start({.model = "m"});
  request.tool("search", true, 5ms);
  request.tool("search", false, 5ms, "timeout");
  request.tool("search", false, 5ms, "timeout");
  request.tool("mail", false, 5ms);
  request.tool("", false, 5ms);
  const Tally sent = llm.sent();
  CHECK(sent.count("llm.tool_failures", {"model:m", "tool:search", "error_type:timeout"}) == 2);
  CHECK(sent.count("llm.tool_failures", {"model:m", "tool:mail"}) == 1);
  CHECK(counted(sent, "llm.tool_failures") == 3);
  CHECK(llm.refused(Refused::name) == 1);
}

TEST_CASE("evals and retrievals are recorded when they are told") {
  MemoryRecorder llm;
  auto request = llm->start({.model = "m", .streaming = true, .finish_reason = "stop"});
  request.eval("correctness", 0.82);
  request.eval("tone", 0.5);
  request.eval(std::string(120, 'x'), 0.5);
  request.retrieval(4, 0.91);
  request.retrieval(0);
  const Tally sent = llm.sent();
  CHECK(sent.of({"d", "llm.eval.correctness", {"model:m", "eval:correctness"}}).sum == 0.82);
  CHECK(sent.of({"d", "llm.eval.tone", {"model:m", "eval:tone"}}).sum == 0.5);
  CHECK(sent.of({"d", "llm.retrieval.hit_count", {"model:m"}}).samples.size() == 2);
  CHECK(sent.of({"d", "llm.retrieval.top_score", {"model:m"}}).sum == 0.91);
  CHECK(llm.refused(Refused::name) == 1);
}

TEST_CASE("retries and ratings are recorded at the end") {
  MemoryRecorder llm;
  auto request = llm->start({.model = "m"});
  request.retry();
  request.retry(2);
  request.user_rating(-1);
  request.finish();
  const Tally sent = llm.sent();
  CHECK(sent.count("llm.retries", {"model:m", "status:ok"}) == 3);
  CHECK(value(sent, "llm.user_rating") == -1);
}

TEST_CASE("ids are on no metric") {
  MemoryRecorder llm;
  auto request = llm->start({.model = "m"}, Ids{.request_id = "r-1", .tenant_id = "t-1"});
  request.finish();
  const std::string text = llm.client.text();
  CHECK(text.find("r-1") == std::string::npos);
  CHECK(text.find("t-1") == std::string::npos);
}

TEST_CASE("numbers that are negative or beyond a thousand million are refused and counted") {
  MemoryRecorder llm;
  auto request = llm->start({.model = "m"});
  for (const std::int64_t bad : {std::int64_t{-1}, std::int64_t{-4'000'000'000}, INT64_MIN}) {
    const auto number = static_cast<std::uint64_t>(bad);
    request.token(number);
    request.retry(number);
    request.retrieval(number, 0.5);
    llm->record_retries({.model = "m"}, number);
    llm->record_retrieval_hit_count({.model = "m"}, number);
  }
  request.token(1'000'000'001);
  request.finish();
  CHECK(llm.refused(Refused::number) == 16);
  const Tally sent = llm.sent();
  CHECK(counted(sent, "llm.requests") == 1);
  for (const char* name : {"llm.output_tokens",
                           "llm.first_token_latency_ms",
                           "llm.retries",
                           "llm.retrieval.hit_count",
                           "llm.retrieval.top_score"})
    CHECK_FALSE(has(sent, name));
}

TEST_CASE("sums stay at the most that can be said, and more tokens than can be are refused") {
  MemoryRecorder llm;
  auto request = llm->start({.model = "m"});
  for (int i = 0; i < 5; ++i) request.retry(1'000'000'000);
  for (int i = 0; i < 1'001; ++i) request.token(1'000'000'000);
  request.finish();
  const Tally sent = llm.sent();
  CHECK(counted(sent, "llm.retries") == 4'294'967'295.0);
  CHECK_FALSE(has(sent, "llm.output_tokens"));
  CHECK(llm.refused(Refused::usage) == 1);
}

TEST_CASE("an error without a type has the type other, and is counted") {
  MemoryRecorder llm;
  auto request = llm->start({.model = "m"});
  request.error("");
  request.finish();
  llm->record_error({.model = "m", .status = pawl::llm::Status::error}, "");
  CHECK(llm.sent().count("llm.errors", {"model:m", "status:error", "error_type:other"}) == 2);
  CHECK(llm->stats().texts_replaced == 2);
}

TEST_CASE("evals have as many names as there is room for, and those beyond are other") {
  MemoryRecorder llm;
  auto request = llm->start({.model = "m"});
  for (int round = 0; round < 2; ++round)
    for (std::size_t i = 0; i < pawl::llm::kEvalNames + 3; ++i)
      request.eval("tone" + std::to_string(i), 1);
  request.eval("correctness", 1);
  llm->record_eval({.model = "m"}, "made.up", 1);
  const Tally sent = llm.sent();
  CHECK(sent.contexts().size() == pawl::llm::kEvalNames + 2);
  CHECK(sent.of({"d", "llm.eval.tone63", {"model:m", "eval:tone63"}}).samples.size() == 2);
  CHECK(sent.of({"d", "llm.eval.correctness", {"model:m", "eval:correctness"}}).sum == 1);
  CHECK(sent.of({"d", "llm.eval.other", {"model:m", "eval:other"}}).samples.size() == 7);
  CHECK(llm->stats().evals_other == 7);
}

}  // namespace
