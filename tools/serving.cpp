#include "tools/serving.h"

#include <algorithm>

#include "tools/past_clock.h"

namespace pawl::tools {
namespace {

using SteadyClock = std::chrono::steady_clock;
using llm::Milliseconds;

constexpr std::chrono::milliseconds kPeriod{10};
constexpr std::size_t kBatchesASecond = 100;
constexpr std::size_t kRequestsASecond = 10'000;

// One batch in so many begins with a request that is traced.
constexpr std::size_t kTracedBatches = 25;
constexpr Milliseconds kRendering{2};

constexpr Milliseconds kToolLatency{20};
constexpr Milliseconds kToolTimeout{2'000};

llm::Labels labels_of(const Slice& slice) {
  const Model& model = kModels[slice.model];
  const Feature& feature = kFeatures[slice.feature];
  llm::Labels labels{.provider = model.provider,
                     .model = model.name,
                     .feature = feature.name,
                     .prompt_name = kPromptName,
                     .prompt_version = kPromptVersions[slice.version].name};
  if (feature.streams) labels.streaming = true;
  return labels;
}

void tell_tool_call(llm::Request& handle, const SimulatedRequest& request) {
  if (request.tool_failure) {
    handle.tool(kTool, false, kToolTimeout, kToolErrors[*request.tool_failure]);
  } else {
    handle.tool(kTool, true, kToolLatency);
  }
}

// As a serving loop does it, but that the times are told: nobody waits for a model here.
void tell(llm::Request& handle, const SimulatedRequest& request) {
  if (request.search) handle.retrieval(request.search->hits, request.search->top_score);
  if (kFeatures[request.slice.feature].calls_tool) tell_tool_call(handle, request);
  if (request.first_token_ms) handle.first_token(Milliseconds{*request.first_token_ms});
  handle.usage({.input = request.input_tokens,
                .output = request.output_tokens,
                .cached_input = request.cached_tokens});
  if (request.json_invalid) handle.json_invalid();
  if (request.error) handle.error(kErrorTypes[*request.error]);
  if (request.correctness) handle.eval(kEval, *request.correctness);
  handle.latency(Milliseconds{request.latency_ms});
  handle.finish();
}

std::chrono::nanoseconds in_ns(Milliseconds time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time);
}

}  // namespace

Serving::Serving(const Client& client, const trace::Tracer& tracer, ServingPlan plan)
    : recorder_(client),
      tracer_(tracer),
      traced_(client, {.span_hook = trace::llm_spans(tracer)}),
      plan_(plan) {}

Serving::~Serving() {
  stop();
  end();
}

void Serving::begin() {
  start_ = SteadyClock::now();
  for (std::size_t i = 0; i < plan_.threads; ++i) {
    workers_.push_back(std::make_unique<Worker>());
    Worker& worker = *workers_.back();
    worker.thread = std::thread{[this, &worker, i] { serve(worker, i); }};
  }
}

void Serving::end() {
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

// How many batches there are, and when the release comes, does not depend on the clock.
void Serving::serve(Worker& worker, std::size_t number) {
  Generator generator{plan_.seed + number};
  const std::size_t batches = plan_.seconds * kBatchesASecond;
  const std::size_t share = kRequestsASecond / kBatchesASecond / plan_.threads;
  std::vector<SimulatedRequest> requests(std::max<std::size_t>(share, 1));
  for (std::size_t i = 0; i < batches && !stopped_; ++i) {
    for (SimulatedRequest& request : requests) request = generator.next(2 * i >= batches);
    record_batch(worker, requests, i % kTracedBatches == 0);
    std::this_thread::sleep_until(start_ + (i + 1) * kPeriod);
  }
}

// The clock is read around whole batches: twice 20 ns around each request would be seen.
void Serving::record_batch(Worker& worker,
                           const std::vector<SimulatedRequest>& requests,
                           bool traced) {
  if (traced) record_traced(requests.front());
  const auto begin = SteadyClock::now();
  for (std::size_t i = traced ? 1 : 0; i < requests.size(); ++i) record(requests[i]);
  const std::chrono::duration<double, std::nano> took = SteadyClock::now() - begin;

  const std::uint64_t before = worker.tally.samples();
  for (const SimulatedRequest& request : requests) {
    worker.tally.add(request);
    if (request.json_invalid) ++json_invalid_;
  }
  const std::uint64_t samples = worker.tally.samples() - before;
  requests_ += requests.size();
  if (traced) return;  // what metrics cost is asked
  worker.batches.push_back({.ns_a_request = took.count() / static_cast<double>(requests.size()),
                            .ns_a_sample = took.count() / static_cast<double>(samples)});
}

void Serving::record(const SimulatedRequest& request) const noexcept {
  llm::Request handle = recorder_.start(labels_of(request.slice));
  tell(handle, request);
}

void Serving::record_traced(const SimulatedRequest& request) const noexcept {
  const std::chrono::nanoseconds latency = in_ns(Milliseconds{request.latency_ms});
  PastClock::set_back(latency + in_ns(kRendering));
  const llm::Labels labels = labels_of(request.slice);
  const trace::Span root =
      tracer_.start("http.request", {.resource = labels.feature, .type = "web"});
  {
    const trace::Span rendering = trace::render(root,
                                                {.prompt_name = labels.prompt_name,
                                                 .prompt_version = labels.prompt_version,
                                                 .input_tokens_estimate = request.input_tokens});
    PastClock::pass(in_ns(kRendering));
  }
  const trace::Current current{root};
  llm::Request handle = traced_.start(labels);
  PastClock::pass(latency);
  tell(handle, request);
}

std::uint64_t Serving::samples() const {
  std::uint64_t samples = 0;
  for (const auto& worker : workers_) samples += worker->tally.samples();
  return samples;
}

std::uint64_t Serving::value_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& worker : workers_) bytes += worker->tally.value_bytes();
  return bytes;
}

Store Serving::recorded() const {
  Store store;
  for (const auto& worker : workers_) worker->tally.add_to(store);
  return store;
}

ServingCosts Serving::costs() const {
  ServingCosts costs{.ns_a_request = median(&Batch::ns_a_request),
                     .ns_a_sample = median(&Batch::ns_a_sample)};
  for (const auto& worker : workers_) costs.batches += worker->batches.size();
  return costs;
}

double Serving::median(double Batch::*what) const {
  std::vector<double> all;
  for (const auto& worker : workers_) {
    for (const Batch& batch : worker->batches) all.push_back(batch.*what);
  }
  if (all.empty()) return 0;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  return *middle;
}

}  // namespace pawl::tools
