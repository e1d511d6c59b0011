#pragma once
// A trace Agent for tests: the command itself, listening for traces as a process, on a free port.
//
// Threads: one at a time.
// Errors: what does not come in time, or is not as an Agent wants it, fails the test.

#include <string>
#include <vector>

#include "tools/process.h"
#include "tools/trace_sample.h"

namespace pawl::test {

class TraceAgent {
 public:
  explicit TraceAgent(const std::vector<std::string>& arguments = {});

  // Where it listens, as tracers want it.
  const std::string& url() const { return url_; }

  // Ends it; gives the spans of all traces in the order of their trees, each with the trace's id as
  // "trace". REQUIRES: nothing was rejected or repaired.
  Json spans();

 private:
  static std::vector<std::string> argv(const std::vector<std::string>& arguments);

  Process process_;
  std::string url_;
};

}  // namespace pawl::test
