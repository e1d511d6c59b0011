#pragma once
// The serving loop of the demo: threads that take requests of the simulation, a batch every ten
// milliseconds, and record each with a request handle of the recorder. Beside it each thread keeps
// a tally of what must arrive. A few of the requests are traced as well, whole trees of spans.
//
// Threads: begin(), end() and the results on one; stop(), requests() and json_invalid() from any.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <pawl/llm.h>
#include <pawl/trace_llm.h>

#include "tools/demo_tally.h"
#include "tools/simulation.h"
#include "tools/store.h"

namespace pawl::tools {

struct ServingPlan {
  std::uint64_t seed = 0;
  std::size_t threads = 4;
  std::size_t seconds = 4;
};

// What recording took in the serving threads: medians of batches.
struct ServingCosts {
  double ns_a_request = 0;
  double ns_a_sample = 0;
  std::size_t batches = 0;
};

class Serving {
 public:
  // The tracer has a PastClock.
  Serving(const Client& client, const trace::Tracer& tracer, ServingPlan plan);
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

  // After end(): how many samples were recorded, how many bytes their values are as text, of which
  // contexts and values they are, and what it took.
  std::uint64_t samples() const;
  std::uint64_t value_bytes() const;
  Store recorded() const;
  ServingCosts costs() const;

 private:
  struct Batch {
    double ns_a_request;
    double ns_a_sample;
  };
  struct Worker {
    Tally tally;
    std::vector<Batch> batches;
    std::thread thread;
  };

  void serve(Worker& worker, std::size_t number);
  void record(const SimulatedRequest& request) const noexcept;
  void record_traced(const SimulatedRequest& request) const noexcept;
  void record_batch(Worker& worker, const std::vector<SimulatedRequest>& requests, bool traced);
  double median(double Batch::*what) const;

  const llm::Recorder recorder_;
  const trace::Tracer& tracer_;
  const llm::Recorder traced_;
  const ServingPlan plan_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::chrono::steady_clock::time_point start_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> json_invalid_{0};
};

}  // namespace pawl::tools
