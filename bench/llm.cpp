// What does a whole request to a language model cost its caller, from start() to finish(): with the
// same tags each time, with 100 prompt versions in turn, and with its log line? And a token of one,
// and the look-up of its price?

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <pawl/llm.h>

#include "bursts.h"
#include "calls.h"
#include "work.h"

namespace {

using benchmark::State;
using pawl::llm::Recorder;

constexpr std::int64_t kRequests = 60'000;
constexpr int kBurst = 500;          // seven samples each, which the ring has room for
constexpr std::uint64_t kOfOne = 8;  // metrics of a request: a count and seven samples
constexpr std::int64_t kTokens = 20'000'000;

// Until the processor's clock is measured, requests read the steady clock.
void wait_for_ticks(const Recorder& llm) {
  llm.start({}).abandon();
  std::this_thread::sleep_for(std::chrono::milliseconds{30});
  llm.start({}).abandon();
}

void record(const Recorder& llm, std::string_view version) {
  auto request = llm.start({.provider = "openai",
                            .model = "gpt-4.1",
                            .feature = "support_agent",
                            .prompt_name = "support_triage",
                            .prompt_version = version});
  request.first_token();
  request.usage({.input = 1840, .output = 312, .cached_input = 512});
  request.finish();
}

// The two of wait_for_ticks() recorded a count and a latency each.
void expect_requests(const pawl::Client& client, std::uint64_t requests) {
  bench::expect_arrived(client, kOfOne * requests + 4, static_cast<std::int64_t>(requests) + 2);
}

void request(State& state) {
  const auto versions = static_cast<std::size_t>(state.range(0));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < versions; ++i) names.push_back("2026-06-01." + std::to_string(i));
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const Recorder llm{client};
  wait_for_ticks(llm);
  std::uint64_t warmed = 0;
  for (const std::string& name : names) {
    record(llm, name);
    ++warmed;
  }
  client.flush();
  std::size_t turn = 0;
  const auto next = [&] { record(llm, names[turn++ % versions]); };
  expect_requests(client, warmed + bench::measure_bursts(state, client, kBurst, next));
}
BENCHMARK(request)->Name("llm.request")->Arg(1)->Arg(100)->Iterations(kRequests)->UseManualTime();

// What the caller pays for the line; its writing is the background's.
void request_with_log(State& state) {
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  std::uint64_t bytes = 0;
  pawl::llm::RecorderOptions options;
  options.log.callback = [&bytes](std::string_view line) { bytes += line.size(); };
  options.log.capacity = 65'536;
  options.log.background = pawl::Background::manual;
  const Recorder llm{client, options};
  wait_for_ticks(llm);
  std::uint64_t calls = 0;
  const auto next = [&] {
    record(llm, "2026-06-01.3");
    if (++calls % 50'000 == 0) llm.flush();
  };
  const std::uint64_t requests = bench::measure_bursts(state, client, kBurst, next);
  const pawl::llm::LogStats log = llm.close(std::chrono::seconds{10});
  bench::expect(log.written == requests + 2 && bytes > 100 * log.written, "lines written");
  expect_requests(client, requests);
}
BENCHMARK(request_with_log)->Name("llm.request.log")->Iterations(kRequests / 2)->UseManualTime();

void token(State& state) {
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const Recorder llm{client};
  wait_for_ticks(llm);
  auto request = llm.start({.model = "gpt-4.1"});
  const std::uint64_t tokens = bench::measure(state, [&] { request.token(); });
  bench::expect(tokens > 1'000'000, "tokens");
  request.finish();
  client.close();
  // A count, and the samples of latency, first token, time per token and output tokens.
  bench::expect_arrived(client, 5 + 4, 1 + 2);
}
BENCHMARK(token)->Name("llm.token")->Iterations(kTokens);

void price(State& state, std::string_view model) {
  const pawl::llm::PriceBook book;
  const pawl::llm::Usage usage{.input = 1840, .output = 312, .cached_input = 512};
  bench::expect(book.cost("openai", model, usage).has_value(), "a price");
  bench::measure(state, [&] { benchmark::DoNotOptimize(book.cost("openai", model, usage)); });
}
BENCHMARK_CAPTURE(price, exact, "gpt-4.1")->Name("llm.price.exact");
BENCHMARK_CAPTURE(price, dated, "gpt-4.1-2025-04-14")->Name("llm.price.dated");

}  // namespace

BENCHMARK_MAIN();
