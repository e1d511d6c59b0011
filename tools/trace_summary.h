#pragma once
// What the trace intake of a listener tells at its end. Bounded: of what was rejected and repaired
// the first lines are kept.
//
// Threads: one at a time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pawl::tools {

class TraceSummary {
 public:
  void count_request(std::size_t bytes);
  void count_chunk(std::size_t spans, std::size_t repeated);
  void count_trace() { ++traces_; }
  void count_span_event() { ++span_events_; }
  void count_evaluation() { ++evaluations_; }
  void count_as_told() { ++as_told_; }
  void reject(const std::string& what) { rejected_.add(what); }
  void repair(const std::string& what) { repaired_.add(what); }

  // Gives what was printed as an item: traces, events of spans, evaluations.
  std::uint64_t items() const noexcept { return traces_ + span_events_ + evaluations_; }
  std::uint64_t spans() const noexcept { return spans_; }
  std::uint64_t rejected() const noexcept { return rejected_.number; }

  // Gives the lines to print: the numbers, then what was rejected and what was repaired.
  std::string text() const;

 private:
  struct Kept {
    void add(const std::string& what);
    void append_to(std::string& out, const char* word) const;

    std::uint64_t number = 0;
    std::vector<std::string> lines;
  };

  std::uint64_t requests_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t chunks_ = 0;
  std::uint64_t spans_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint64_t traces_ = 0;
  std::uint64_t span_events_ = 0;
  std::uint64_t evaluations_ = 0;
  std::uint64_t as_told_ = 0;
  Kept rejected_;
  Kept repaired_;
};

}  // namespace pawl::tools
