// The recorder itself: its options, and one metric a call for code that has its own flow.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/llm.h>

#include "llm/recorder_memory.h"
#include "support/alloc_counter.h"
#include "support/lock_counter.h"
#include "support/system_calls.h"

namespace {

using pawl::llm::Labels;
using pawl::llm::Recorder;
using pawl::llm::Refused;
using pawl::llm::Status;
using pawl::test::AllocCounter;
using pawl::test::LockCounter;
using pawl::test::makes_no_system_call;
using pawl::test::MemoryRecorder;
using pawl::test::quiet_options;
using pawl::test::Tally;
using namespace std::chrono_literals;

const Labels kModel{.model = "m"};

TEST_CASE("every metric of the table has a function of its own") {
  struct Case {
    std::string name;
    double value;
    std::vector<std::string> own;
    std::function<void(const Recorder&)> record;
  };
  const std::vector<Case> cases = {
      {"llm.requests", 1, {}, [](const auto& r) { r.record_request(kModel); }},
      {"llm.errors",
       1,
       {"error_type:timeout"},
       [](const auto& r) { r.record_error(kModel, "timeout"); }},
      {"llm.latency_ms", 12.5, {}, [](const auto& r) { r.record_latency(kModel, 12'500us); }},
      {"llm.first_token_latency_ms",
       3,
       {},
       [](const auto& r) { r.record_first_token_latency(kModel, 3ms); }},
      {"llm.time_per_output_token_ms",
       4,
       {},
       [](const auto& r) { r.record_time_per_output_token(kModel, 4ms); }},
      {"llm.queue_ms", 5, {}, [](const auto& r) { r.record_queue(kModel, 5ms); }},
      {"llm.input_tokens", 6, {}, [](const auto& r) { r.record_input_tokens(kModel, 6); }},
      {"llm.output_tokens", 7, {}, [](const auto& r) { r.record_output_tokens(kModel, 7); }},
      {"llm.cached_input_tokens",
       8,
       {},
       [](const auto& r) { r.record_cached_input_tokens(kModel, 8); }},
      {"llm.reasoning_tokens", 9, {}, [](const auto& r) { r.record_reasoning_tokens(kModel, 9); }},
      {"llm.estimated_cost_usd",
       0.25,
       {},
       [](const auto& r) { r.record_estimated_cost(kModel, 0.25); }},
      {"llm.cost_unknown", 1, {}, [](const auto& r) { r.record_cost(kModel, {.input = 1}); }},
      {"llm.json_invalid", 1, {}, [](const auto& r) { r.record_json_invalid(kModel); }},
      {"llm.retries", 2, {}, [](const auto& r) { r.record_retries(kModel, 2); }},
      {"llm.tool_failures",
       1,
       {"tool:search", "error_type:timeout"},
       [](const auto& r) { r.record_tool_failure(kModel, "search", "timeout"); }},
      {"llm.retrieval.hit_count",
       3,
       {},
       [](const auto& r) { r.record_retrieval_hit_count(kModel, 3); }},
      {"llm.retrieval.top_score",
       0.9,
       {},
       [](const auto& r) { r.record_retrieval_top_score(kModel, 0.9); }},
      {"llm.eval.correctness",
       0.8,
       {"eval:correctness"},
       [](const auto& r) { r.record_eval(kModel, "correctness", 0.8); }},
      {"llm.eval.safety",
       1,
       {"eval:safety"},
       [](const auto& r) { r.record_eval(kModel, "safety", 1); }},
      {"llm.eval.tone",
       0.5,
       {"eval:tone"},
       [](const auto& r) { r.record_eval(kModel, "tone", 0.5); }},
      {"llm.user_rating", 5, {}, [](const auto& r) { r.record_user_rating(kModel, 5); }},
  };
  REQUIRE(cases.size() == pawl::llm::kMetrics);
  MemoryRecorder llm;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& one = cases[i];
    const pawl::llm::MetricInfo& row = pawl::llm::metrics()[i];
    cases[i].record(*llm);
    const Tally sent = llm.sent();
    REQUIRE_MESSAGE(sent.contexts().size() == 1, one.name);
    const auto& [context, held] = *sent.contexts().begin();
    std::vector<std::string> tags = one.own;
    tags.push_back("model:m");
    CHECK(context == pawl::test::Context{std::string{wire_name(row.type)}, one.name, tags});
    CHECK((row.type == pawl::MetricType::count ? held.count : held.sum) == one.value);
    if (row.metric != pawl::llm::Metric::eval_other) CHECK(row.name == one.name);
  }
}

TEST_CASE("labels of one's own flow may carry the status") {
  MemoryRecorder llm;
  llm->record_request({.model = "m", .finish_reason = "stop", .status = Status::aborted});
  CHECK(llm.sent().count("llm.requests", {"model:m", "finish_reason:stop", "status:aborted"}) == 1);
}

TEST_CASE("values of one's own flow are checked as those of a request") {
  MemoryRecorder llm;
  llm->record_latency(kModel, -1ms);
  llm->record_queue(kModel, pawl::llm::Milliseconds{HUGE_VAL});
  llm->record_input_tokens(kModel, static_cast<std::uint64_t>(-1));
  llm->record_cost(kModel, {.input = 1, .cached_input = 2});
  llm->record_estimated_cost(kModel, 0);
  llm->record_estimated_cost(kModel, NAN);
  llm->record_eval(kModel, "safety", NAN);
  llm->record_eval(kModel, "", 1);
  llm->record_tool_failure(kModel, "");
  llm->record_retrieval_top_score(kModel, NAN);
  llm->record_user_rating(kModel, NAN);
  CHECK(llm.sent().contexts().empty());
  CHECK(llm.refused(Refused::duration) == 2);
  CHECK(llm.refused(Refused::usage) == 2);
  CHECK(llm.refused(Refused::cost) == 2);
  CHECK(llm.refused(Refused::score) == 3);
  CHECK(llm.refused(Refused::name) == 2);
  CHECK(llm.client->stats().called.samples == 0);
}

TEST_CASE("the service's tags are on every metric") {
  MemoryRecorder llm{{.service = "ai-api", .env = "prod", .version = "1.2"}};
  llm->record_request(kModel);
  CHECK(llm.sent().count("llm.requests",
                         {"model:m", "service:ai-api", "env:prod", "version:1.2"}) == 1);
}

TEST_CASE("one option makes histograms of all distributions") {
  MemoryRecorder llm{{.histograms = true}};
  auto request = llm->start({.model = "gpt-4.1"});
  request.token(5);
  request.usage({.input = 10, .output = 5, .cached_input = 1, .reasoning = 1});
  request.queue(1ms);
  request.user_rating(1);
  request.eval("safety", 1);
  request.retrieval(1, 0.5);
  request.finish();
  int histograms = 0;
  const Tally sent = llm.sent();
  for (const auto& [context, held] : sent.contexts()) {
    CHECK((context.type == "c" || context.type == "h"));
    if (context.type == "h") ++histograms;
  }
  CHECK(histograms == 13);
}

TEST_CASE("a recorder works after its client moved and was destroyed") {
  auto transport = std::make_shared<pawl::InMemoryTransport>();
  std::optional<Recorder> llm;
  {
    auto options = quiet_options();
    options.transport = transport;
    auto made = pawl::Client::create(options);
    REQUIRE(made.ok());
    llm.emplace(*made);
    const pawl::Client moved = std::move(*made);
  }
  llm->record_request(kModel);
  llm.reset();
  CHECK(transport->take_lines() == std::vector<std::string>{"llm.requests:1|c|#model:m"});
}

TEST_CASE("a recorder of a null client, and one that was moved from, do nothing") {
  const pawl::Client null = pawl::Client::null();
  Recorder llm{null};
  Recorder moved = std::move(llm);
  for (Recorder* one : {&llm, &moved}) {  // NOLINT(bugprone-use-after-move): that is the point
    auto request = one->start(kModel);
    request.token();
    request.retry();
    request.streaming(true);
    request.finish();
    one->record_request(kModel);
    CHECK(one->flush());
    CHECK(one->close().written == 0);
  }
}

struct Heard final : pawl::llm::SpanHook {
  pawl::llm::TraceIds started(const Labels& labels, const pawl::llm::Ids& ids) noexcept override {
    said += "start " + std::string{labels.model} + " " + std::string{ids.tenant_id} + "; ";
    return {.trace_high = 1, .trace_low = 2, .span = 3};
  }
  void stepped(const pawl::llm::TraceIds& trace, const pawl::llm::Step& step) noexcept override {
    CHECK(trace.span == 3);
    said += "step " + std::to_string(static_cast<int>(step.kind)) + " " + std::string{step.name} +
            (step.ok ? "; " : " failed; ");
  }
  void finished(const pawl::llm::FinishedRequest& request) noexcept override {
    CHECK(request.trace.trace_low == 2);
    CHECK(request.tool_calls == 2);
    CHECK(request.tool_failures == 1);
    CHECK(request.longest_token_gap_ms == 4);
    said += "finish " + std::string{to_string(request.status)};
  }
  std::string said;
};

TEST_CASE("the hook hears of the start, each step and the end") {
  const auto heard = std::make_shared<Heard>();
  MemoryRecorder llm{{.span_hook = heard}};
  auto request = llm->start(kModel, {.tenant_id = "t"});
  request.token();
  llm.advance(4ms);
  request.token();
  llm.advance(2ms);
  request.token();
  request.tool("search", true, 1ms);
  request.tool("mail", false, 1ms, "timeout");
  request.retrieval(2, 0.5);
  request.json_invalid();
  request.eval("safety", 1);
  request.finish();
  CHECK(heard->said ==
        "start m t; step 0 search; step 0 mail failed; step 1 ; step 2  failed; step 3 safety; "
        "finish ok");
}

void record_a_request(const Recorder& llm) {
  auto request = llm.start({.provider = "openai",
                            .model = "gpt-4.1-2025-04-14",
                            .feature = "support_agent",
                            .prompt_name = "support_triage",
                            .prompt_version = "2026-06-01.3"},
                           {.request_id = "8c5be5e9-1b1f-4f0e-9d5c-0d7f8b0f0c11"});
  request.dequeued();
  for (int i = 0; i < 10; ++i) request.token();
  request.usage({.input = 1840, .output = 312, .cached_input = 512, .reasoning = 12});
  request.retry();
  request.tool("search", false, 5ms, "timeout");
  request.retrieval(4, 0.5);
  request.eval("correctness", 0.82);
  request.json_invalid();
  request.error("validation");
  request.finish_reason("stop");
  auto moved = std::move(request);
  moved.finish();
}

// The hit path: by the processor's clock, with the log on.
pawl::llm::RecorderOptions with_log() {
  pawl::llm::RecorderOptions options;
  options.log.callback = [](std::string_view) {};
  options.log.background = pawl::Background::manual;
  return options;
}

TEST_CASE("a request of a known shape allocates nothing and takes no lock") {
  PAWL_SKIP_UNDER_SANITIZER();
  pawl::test::MemoryClient client;
  const Recorder llm{*client, with_log()};
  record_a_request(llm);
  record_a_request(llm);
  const AllocCounter allocations;
  const LockCounter locks;
  for (int i = 0; i < 50; ++i) record_a_request(llm);
  CHECK(allocations.allocations() == 0);
  CHECK(allocations.frees() == 0);
  CHECK(locks.locks() == 0);
}

TEST_CASE("a request of a known shape makes no system call") {
  pawl::test::MemoryClient client;
  const Recorder llm{*client, with_log()};
  CHECK(makes_no_system_call([&] { record_a_request(llm); }));
}

TEST_CASE("a recorder that runs out of memory neither throws nor ends the program") {
  PAWL_SKIP_UNDER_SANITIZER();
  int whole = 0;
  for (std::uint64_t nth = 1; whole == 0 && nth < 1000; ++nth) {
    pawl::test::MemoryClient client;
    auto options = with_log();
    options.log.background = pawl::Background::threads;
    pawl::llm::LogStats log;
    bool happened = false;
    {
      const pawl::test::FailingAlloc failing{nth};
      const Recorder llm{*client, std::move(options)};
      record_a_request(llm);
      log = llm.close(std::chrono::seconds{10});
      happened = failing.happened();
    }
    CHECK(log.pending == 0);
    if (!happened) ++whole;
    if (!happened) CHECK(log.written == 1);
    CHECK(client->stats().balanced());
  }
  CHECK(whole == 1);
}

TEST_CASE("a log line carries the ids that the hook gave") {
  struct Ids final : pawl::llm::SpanHook {
    pawl::llm::TraceIds started(const Labels&, const pawl::llm::Ids&) noexcept override {
      return {.trace_low = 4711, .span = 42};
    }
  };
  std::string line;
  pawl::llm::RecorderOptions options;
  options.span_hook = std::make_shared<Ids>();
  options.log.callback = [&line](std::string_view text) { line = text; };
  options.log.background = pawl::Background::manual;
  MemoryRecorder llm{options};
  llm->start(kModel).finish();
  llm->flush();
  CHECK(line.find(R"("dd.trace_id":"4711","dd.span_id":"42",)") != std::string::npos);
}

// A recorder whose line is kept, of a client with global tags.
struct Tagged {
  explicit Tagged(pawl::llm::RecorderOptions options) : client(client_options()) {
    options.log.callback = [said = line](std::string_view text) { *said = text; };
    options.log.background = pawl::Background::manual;
    options.clock = client.clock;
    llm.emplace(*client, std::move(options));
    llm->start(kModel).finish();
    llm->flush();
  }
  static pawl::Options client_options() {
    auto options = quiet_options();
    options.global_tags = {{"env", "prod"}, {"service", "front"}, {"team", "ai"}};
    return options;
  }
  bool says(std::string_view fields) const { return line->find(fields) != std::string::npos; }

  std::shared_ptr<std::string> line = std::make_shared<std::string>();
  pawl::test::MemoryClient client;
  std::optional<Recorder> llm;
};

TEST_CASE("the line says the service and environment that the client's global tags say") {
  Tagged tagged{{}};
  CHECK(tagged.says(R"("dd.service":"front","dd.env":"prod","model")"));
}

TEST_CASE("what a recorder says of the service goes in place of the client's global tags") {
  Tagged tagged{{.service = "ai-api", .env = "prod", .version = "1.2"}};
  tagged.client->count("other", 1, {{"service", "own"}});
  const Tally sent = tagged.client.sent();
  CHECK(tagged.says(R"("dd.service":"ai-api","dd.env":"prod","dd.version":"1.2","model")"));
  CHECK(sent.count(
            "llm.requests",
            {"env:prod", "service:ai-api", "team:ai", "version:1.2", "model:m", "status:ok"}) == 1);
  CHECK(sent.count("other", {"env:prod", "service:front", "team:ai", "service:own"}) == 1);
}

TEST_CASE("a recorder of a null client writes what it was told of the service") {
  std::string line;
  pawl::llm::RecorderOptions options{.service = "ai-api"};
  options.log.callback = [&line](std::string_view text) { line = text; };
  options.log.background = pawl::Background::manual;
  const pawl::Client null = pawl::Client::null();
  const Recorder llm{null, options};
  llm.start(kModel).finish();
  CHECK(llm.flush());
  CHECK(line.find(R"("dd.service":"ai-api")") != std::string::npos);
}

TEST_CASE("of two recorders of a client the first decides what samples are, and the client warns") {
  std::string warned;
  auto options = quiet_options();
  options.on_warning = [&warned](std::string_view text) { warned += text; };
  pawl::test::MemoryClient client{options};
  const Recorder first{*client};
  const Recorder same{*client};
  CHECK(warned.empty());
  const Recorder second{client->child({.prefix = "b."}), {.histograms = true}};
  CHECK(warned ==
        "llm: RecorderOptions::histograms is not that of the first recorder, which holds");
  CHECK_FALSE(second.stats().histograms);
  first.record_latency(kModel, 1ms);
  second.record_latency(kModel, 1ms);
  CHECK(client.text() == "llm.latency_ms:1|d|#model:m\nb.llm.latency_ms:1|d|#model:m\n");

  pawl::test::MemoryClient other;
  CHECK(Recorder{*other, {.histograms = true}}.stats().histograms);
}

}  // namespace
