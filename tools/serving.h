#pragma once
// The serving loop of the demo: threads that take requests of the simulation, a batch every ten
// milliseconds, and record each with the client. Beside it each thread keeps a tally of its own of
// what it recorded, which knows nothing of the client.
//
// Threads: begin(), end() and the results on one; requests() from any.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <pawl/client.h>

#include "tools/simulation.h"
#include "tools/store.h"

namespace pawl::tools {

struct ServingPlan {
  std::uint64_t seed = 0;
  std::size_t threads = 4;
  std::size_t seconds = 4;
};

// What one thread recorded of one slice.
struct SliceTally {
  std::int64_t ok = 0;
  std::int64_t failed = 0;
  std::int64_t json_invalid = 0;
  std::array<std::int64_t, kErrorTypes.size()> errors{};
  std::vector<double> input_tokens;
  std::vector<double> output_tokens;
  std::vector<double> latency_ms;
  std::vector<double> cost_usd;
};

// What a slice's requests are recorded with.
struct SliceHandles {
  Counter ok;
  Counter failed;
  Distribution input_tokens;
  Distribution output_tokens;
  Distribution latency_ms;
  Distribution cost_usd;
};

class Serving {
 public:
  // The tags that the client has to add to everything.
  static std::vector<OwnedTag> global_tags();

  Serving(const Client& client, ServingPlan plan);
  ~Serving();  // end(), after stop()
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  void begin();
  // Lets the threads end after the batch that they are in.
  void stop() noexcept { stopped_ = true; }
  // Waits for the threads.
  void end();

  std::uint64_t requests() const noexcept { return requests_; }
  std::uint64_t json_invalid() const noexcept { return json_invalid_; }

  // After end(): how many calls were made, their contexts and values, and what a call took.
  std::uint64_t calls() const;
  Store recorded() const;
  std::size_t batches() const;
  double median_ns_a_call() const;

 private:
  using Tally = std::array<SliceTally, Slice::kCount>;
  struct Worker {
    Tally tally;
    std::vector<double> batch_ns;  // a call
    std::thread thread;
  };

  void serve(Worker& worker, std::size_t number);
  void record(const Request& request) const noexcept;
  void record_batch(Worker& worker, const std::vector<Request>& requests);

  const Client& client_;
  const ServingPlan plan_;
  std::array<SliceHandles, Slice::kCount> handles_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::chrono::steady_clock::time_point start_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> json_invalid_{0};
};

}  // namespace pawl::tools
