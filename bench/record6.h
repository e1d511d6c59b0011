#pragma once

// The six metrics of one LLM request, all with the same tags.

#include <cstdint>

#include <pawl/pawl.h>

#include "work.h"

namespace bench {

inline constexpr std::uint64_t kCounts = 2;   // of the six
inline constexpr std::uint64_t kSamples = 4;  // of the six

// Six calls, of whatever takes a count and a distribution by name.
template <class Client>
void record6_calls(Client& client, pawl::Tags tags) {
  client.count("llm.requests", 1, tags);
  client.distribution("llm.input_tokens", 1840, tags);
  client.distribution("llm.output_tokens", 312, tags);
  client.distribution("llm.latency_ms", 1430.5, tags);
  client.distribution("llm.estimated_cost_usd", 0.0061, tags);
  client.count("llm.json_invalid", 1, tags);
}

// One call.
inline void record6(const pawl::Client& client, pawl::Tags tags) {
  client.record(tags,
                {pawl::Measurement::count("llm.requests"),
                 pawl::Measurement::distribution("llm.input_tokens", 1840),
                 pawl::Measurement::distribution("llm.output_tokens", 312),
                 pawl::Measurement::distribution("llm.latency_ms", 1430.5),
                 pawl::Measurement::distribution("llm.estimated_cost_usd", 0.0061),
                 pawl::Measurement::count("llm.json_invalid")});
}

// Six handles.
class Record6 {
 public:
  Record6(const pawl::Client& client, pawl::Tags tags)
      : requests_(client.counter("llm.requests", tags)),
        input_(client.distribution("llm.input_tokens", tags)),
        output_(client.distribution("llm.output_tokens", tags)),
        latency_(client.distribution("llm.latency_ms", tags)),
        cost_(client.distribution("llm.estimated_cost_usd", tags)),
        invalid_(client.counter("llm.json_invalid", tags)) {}

  void record() const {
    requests_.add();
    input_.record(1840);
    output_.record(312);
    latency_.record(1430.5);
    cost_.record(0.0061);
    invalid_.add();
  }

 private:
  pawl::Counter requests_;
  pawl::Distribution input_;
  pawl::Distribution output_;
  pawl::Distribution latency_;
  pawl::Distribution cost_;
  pawl::Counter invalid_;
};

inline void expect_requests(const pawl::Client& client, std::uint64_t requests) {
  expect_arrived(
      client, (kCounts + kSamples) * requests, static_cast<std::int64_t>(kCounts * requests));
}

}  // namespace bench
