#include "tools/serving.h"

#include <algorithm>
#include <string>
#include <utility>

namespace pawl::tools {
namespace {

using std::string_view;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPeriod{10};
constexpr std::size_t kBatchesASecond = 100;
constexpr std::size_t kRequestsASecond = 20'000;

std::array<Tag, 4> slice_tags(const Slice& slice) {
  const Model& model = kModels[slice.model];
  return {{{"model", model.name},
           {"provider", model.provider},
           {"feature", kFeatures[slice.feature]},
           {"prompt_version", kPromptVersions[slice.version]}}};
}

std::array<Tag, 5> slice_tags(const Slice& slice, Tag more) {
  const auto tags = slice_tags(slice);
  return {{tags[0], tags[1], tags[2], tags[3], more}};
}

template <std::size_t N>
Tags view(const std::array<Tag, N>& tags) {
  return Tags{std::span<const Tag>{tags}};
}

SliceHandles bind(const Client& client, const Slice& slice) {
  const auto tags = slice_tags(slice);
  return {.ok = client.counter("llm.requests", view(slice_tags(slice, {"status", "ok"}))),
          .failed = client.counter("llm.requests", view(slice_tags(slice, {"status", "error"}))),
          .input_tokens = client.distribution("llm.input_tokens", view(tags)),
          .output_tokens = client.distribution("llm.output_tokens", view(tags)),
          .latency_ms = client.distribution("llm.latency_ms", view(tags)),
          .cost_usd = client.distribution("llm.estimated_cost_usd", view(tags))};
}

void add(SliceTally& tally, const Request& request) {
  ++(request.error ? tally.failed : tally.ok);
  if (request.json_invalid) ++tally.json_invalid;
  if (request.error) ++tally.errors[*request.error];
  tally.input_tokens.push_back(static_cast<double>(request.input_tokens));
  tally.output_tokens.push_back(static_cast<double>(request.output_tokens));
  tally.latency_ms.push_back(request.latency_ms);
  tally.cost_usd.push_back(request.cost_usd);
}

std::uint64_t calls_of(const Request& request) {
  return 5U + (request.json_invalid ? 1U : 0U) + (request.error ? 1U : 0U);
}

// The tally as what an Agent would hold, put together without the client's help.
class Holder {
 public:
  Holder(Store& store, const Slice& slice) : store_(store) {
    for (const OwnedTag& tag : Serving::global_tags()) tags_.push_back(tag.key + ":" + tag.value);
    for (const Tag& tag : slice_tags(slice)) tags_.push_back(text_of(tag));
  }

  void count(string_view name, std::int64_t value, Tag tag = {}) {
    if (value != 0) add(name, "c", {value}, tag);
  }

  void samples(string_view name, const std::vector<double>& values) {
    if (!values.empty()) add(name, "d", {values.begin(), values.end()}, {});
  }

 private:
  static std::string text_of(const Tag& tag) {
    return std::string{tag.key} + ":" + std::string{tag.value};
  }

  void add(string_view name, string_view type, std::vector<Value> values, const Tag& tag) {
    Item item;
    item.name = name;
    item.type = type;
    item.values = std::move(values);
    item.tags = tags_;
    if (!tag.key.empty()) item.tags.push_back(text_of(tag));
    store_.add(item);
  }

  Store& store_;
  std::vector<std::string> tags_;
};

void add_to(Store& store, const Slice& slice, const SliceTally& tally) {
  Holder holder{store, slice};
  holder.count("llm.requests", tally.ok, {"status", "ok"});
  holder.count("llm.requests", tally.failed, {"status", "error"});
  holder.count("llm.json_invalid", tally.json_invalid);
  for (std::size_t i = 0; i < kErrorTypes.size(); ++i) {
    holder.count("llm.errors", tally.errors[i], {"error_type", kErrorTypes[i]});
  }
  holder.samples("llm.input_tokens", tally.input_tokens);
  holder.samples("llm.output_tokens", tally.output_tokens);
  holder.samples("llm.latency_ms", tally.latency_ms);
  holder.samples("llm.estimated_cost_usd", tally.cost_usd);
}

}  // namespace

std::vector<OwnedTag> Serving::global_tags() { return {{"env", "demo"}, {"service", "ai-api"}}; }

Serving::Serving(const Client& client, ServingPlan plan) : client_(client), plan_(plan) {
  for (std::size_t i = 0; i < Slice::kCount; ++i) handles_[i] = bind(client, Slice::from(i));
}

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
  std::vector<Request> requests(std::max<std::size_t>(share, 1));
  for (std::size_t i = 0; i < batches && !stopped_; ++i) {
    for (Request& request : requests) request = generator.next(2 * i >= batches);
    record_batch(worker, requests);
    std::this_thread::sleep_until(start_ + (i + 1) * kPeriod);
  }
}

// The clock is read around whole batches: twice 20 ns around each call would be most of the time.
void Serving::record_batch(Worker& worker, const std::vector<Request>& requests) {
  const auto begin = SteadyClock::now();
  for (const Request& request : requests) record(request);
  const std::chrono::duration<double, std::nano> took = SteadyClock::now() - begin;

  std::uint64_t calls = 0;
  for (const Request& request : requests) {
    add(worker.tally[request.slice.index()], request);
    calls += calls_of(request);
    if (request.json_invalid) ++json_invalid_;
  }
  worker.batch_ns.push_back(took.count() / static_cast<double>(calls));
  requests_ += requests.size();
}

// What every request has goes through bound handles; what is rare is recorded ad hoc.
void Serving::record(const Request& request) const noexcept {
  const SliceHandles& handles = handles_[request.slice.index()];
  (request.error ? handles.failed : handles.ok).add();
  handles.input_tokens.record(static_cast<double>(request.input_tokens));
  handles.output_tokens.record(static_cast<double>(request.output_tokens));
  handles.latency_ms.record(request.latency_ms);
  handles.cost_usd.record(request.cost_usd);
  if (request.json_invalid) {
    client_.count("llm.json_invalid", 1, view(slice_tags(request.slice)));
  }
  if (request.error) {
    const Tag type{"error_type", kErrorTypes[*request.error]};
    client_.count("llm.errors", 1, view(slice_tags(request.slice, type)));
  }
}

std::uint64_t Serving::calls() const {
  std::int64_t calls = 0;
  for (const auto& worker : workers_) {
    for (const SliceTally& tally : worker->tally) {
      calls += 5 * (tally.ok + tally.failed) + tally.json_invalid + tally.failed;
    }
  }
  return static_cast<std::uint64_t>(calls);
}

Store Serving::recorded() const {
  Store store;
  for (const auto& worker : workers_) {
    for (std::size_t i = 0; i < Slice::kCount; ++i) add_to(store, Slice::from(i), worker->tally[i]);
  }
  return store;
}

std::size_t Serving::batches() const {
  std::size_t batches = 0;
  for (const auto& worker : workers_) batches += worker->batch_ns.size();
  return batches;
}

double Serving::median_ns_a_call() const {
  std::vector<double> all;
  for (const auto& worker : workers_) {
    all.insert(all.end(), worker->batch_ns.begin(), worker->batch_ns.end());
  }
  if (all.empty()) return 0;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  return *middle;
}

}  // namespace pawl::tools
