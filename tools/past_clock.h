#pragma once
// A clock for what is told after it has happened: a thread sets itself back, and says how its time
// goes on until it is now again. Spans that begin and end meanwhile lie where they belong.
//
//     PastClock::set_back(latency);
//     auto span = tracer.start("llm.request");   // of a tracer with this clock
//     PastClock::pass(latency);
//     span.finish();                             // it has lasted `latency`, and ends now
//
// Threads: each has its own time; the others are not moved by it.

#include <chrono>

#include <pawl/clock.h>

namespace pawl::tools {

class PastClock final : public Clock {
 public:
  static void set_back(std::chrono::nanoseconds time) noexcept;
  static void pass(std::chrono::nanoseconds time) noexcept;

  SteadyTime steady_now() const noexcept override;
  WallTime wall_now() const noexcept override;
};

}  // namespace pawl::tools
