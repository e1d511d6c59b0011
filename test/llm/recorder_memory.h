#pragma once
// A recorder for tests: on a MemoryClient, by its clock.
//
// Threads: those of the recorder; the rest one at a time.

#include <chrono>
#include <string>
#include <utility>

#include <pawl/llm.h>

#include "client/memory_client.h"

namespace pawl::test {

class MemoryRecorder {
 public:
  // Sketches are off: tests compare what arrives sample by sample.
  explicit MemoryRecorder(llm::RecorderOptions options = {})
      : client(without_sketches()), llm_(make(std::move(options))) {}

  llm::Recorder& operator*() { return llm_; }
  llm::Recorder* operator->() { return &llm_; }

  void advance(std::chrono::nanoseconds step) { client.clock->advance(step); }
  // Gives what an Agent would hold of what was sent since the last look.
  Tally sent() { return client.sent(); }
  std::uint64_t refused(llm::Refused reason) const { return llm_.stats()[reason]; }

  MemoryClient client;

 private:
  static Options without_sketches() {
    Options options = quiet_options();
    options.sketches = Switch::off;
    return options;
  }
  llm::Recorder make(llm::RecorderOptions options) {
    options.clock = client.clock;
    return llm::Recorder{*client, std::move(options)};
  }

  llm::Recorder llm_;
};

}  // namespace pawl::test
