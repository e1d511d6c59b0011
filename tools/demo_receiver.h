#pragma once
// The demo's Agent: a server on sockets of its own in a temporary directory, which keeps what
// arrives decoded, and measures the lines; of the traces it counts the spans, and keeps one as a
// tree.
//
// Threads: payloads() and bytes() from any; the rest on one, the results after finish().
// Errors: open() says why.

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.h>

#include "tools/server.h"
#include "tools/store.h"
#include "tools/trace_listening.h"

namespace pawl::tools {

// A directory with mode 0700 that goes with its owner; empty by then.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const noexcept { return path_; }  // empty when none could be made

 private:
  std::string path_;
};

class Receiver {
 public:
  Receiver();

  // Binds the sockets and starts to read.
  std::optional<Error> open();
  // Where the client and the tracer find it.
  std::string url() const;
  std::string trace_url() const;
  Server& server() noexcept { return server_; }
  // Takes what the sockets still hold, and ends.
  void finish();

  std::uint64_t payloads() const noexcept { return payloads_; }
  std::uint64_t bytes() const noexcept { return bytes_; }

  const Store& arrived() const noexcept { return arrived_; }
  // Gives how long a line of each context is but for its values and their rate, line end included.
  const std::map<Context, std::uint64_t>& bytes_without_values() const noexcept {
    return bytes_without_values_;
  }
  std::uint64_t refused() const noexcept { return refused_; }
  const std::string& first_refusal() const noexcept { return first_refusal_; }

  const TraceSummary& traces() const noexcept { return traces_.summary(); }
  // Gives the lines of the largest trace, empty when none came.
  const std::vector<std::string>& tree() const noexcept { return tree_; }

 private:
  void take(std::string_view payload);
  void take_line(std::string_view line);
  void take_trace(const TraceListening::Seen& seen);

  TemporaryDirectory directory_;
  std::atomic<std::uint64_t> payloads_{0};
  std::atomic<std::uint64_t> bytes_{0};
  Store arrived_;
  std::map<Context, std::uint64_t> bytes_without_values_;
  std::uint64_t refused_ = 0;
  std::string first_refusal_;
  std::vector<std::string> tree_;
  Server server_;
  TraceListening traces_;
};

}  // namespace pawl::tools
