#pragma once

// The client: record from any thread; it aggregates in the process and hands the Datadog Agent a
// few datagrams that hold exactly what was recorded.
//
//     auto made = pawl::Client::create({.global_tags = {{"env", "prod"}}});
//     pawl::Client& dd = *made;
//     dd.count("cache.hit", 1, {{"tier", "l2"}});
//
// Recording is noexcept, returns nothing and does no I/O. What cannot be recorded or handed over is
// counted by reason in stats(). With no Agent the client works, and counts.
//
// Threads: every const member may be called from any thread, at any time, also while another thread
// closes the client; calls after close() are counted and do nothing. Moving and destroying need the
// client for themselves. After fork() both sides may record; the child starts with nothing pending.
// Cost: 20 to 30 ns a call with five tags, 50 ns among 10,000 contexts; no allocation, lock or
// system call after the first sight of a name and its tags as written, which costs microseconds. Of
// record(): about 15 ns for the tags and 8 ns for each metric. Figures: bench/README.md.
// Errors: only create() fails.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/detail/export.h"
#include "pawl/event.h"
#include "pawl/handle.h"
#include "pawl/measurement.h"
#include "pawl/metric.h"
#include "pawl/options.h"
#include "pawl/result.h"
#include "pawl/snapshot.h"
#include "pawl/stats.h"
#include "pawl/tags.h"

namespace pawl {

namespace llm {
class Core;
}

// What a child client adds to its parent.
struct ChildOptions {
  // Goes between the parent's prefix and the name; bytes that a name may not have become `_`.
  std::string prefix = {};
  // Added to every call's tags; its env, service and version go in place of the parent's, global
  // ones included, because a line has one of each. Repaired as the tags of calls are; reserved keys
  // are allowed.
  std::vector<OwnedTag> tags = {};
};

class PAWL_API Client {
 public:
  // Makes a client. Does no I/O but looking at /proc for the container's id and at the socket's
  // path; takes under a millisecond. Fails, naming the field and its value, only on options that
  // make no sense and when 32 clients are alive.
  static Result<Client> create(Options options = {}) noexcept;
  // Makes a client that records nothing, for programs whose metrics are switched off.
  static Client null() noexcept;

  Client(Client&& other) noexcept;
  Client& operator=(Client&& other) noexcept;
  // Closes with Options::close_deadline when it is the last that shares the core.
  ~Client();

  // Record one value. `count` may be negative; it takes whole numbers only. Names: [A-Za-z0-9_.],
  // starting with a letter, at most 200 bytes with the prefix.
  void count(std::string_view name,
             std::int64_t value = 1,
             Tags tags = {},
             const CallOptions& options = {}) const noexcept;
  template <std::floating_point Value>
  void count(std::string_view, Value, Tags = {}, const CallOptions& = {}) const = delete;
  void gauge(std::string_view name,
             double value,
             Tags tags = {},
             const CallOptions& options = {}) const noexcept;
  void histogram(std::string_view name,
                 double value,
                 Tags tags = {},
                 const CallOptions& options = {}) const noexcept;
  void distribution(std::string_view name,
                    double value,
                    Tags tags = {},
                    const CallOptions& options = {}) const noexcept;
  void timing(std::string_view name,
              std::chrono::duration<double, std::milli> elapsed,
              Tags tags = {},
              const CallOptions& options = {}) const noexcept;
  void set(std::string_view name,
           std::string_view member,
           Tags tags = {},
           const CallOptions& options = {}) const noexcept;

  // Record many values in one call, each as the call for one would.
  void histogram(std::string_view name,
                 std::span<const double> values,
                 Tags tags = {},
                 const CallOptions& options = {}) const noexcept;
  void distribution(std::string_view name,
                    std::span<const double> values,
                    Tags tags = {},
                    const CallOptions& options = {}) const noexcept;

  // Records several metrics with the same tags, each as its own call would; the tags are looked at
  // once.
  void record(Tags tags, Measurements measurements, const CallOptions& options = {}) const noexcept;

  // Record what was true at a moment of the past (whole seconds; from 1 s after 1970 to an hour
  // ahead). Not aggregated: one line each, on a path with a lock, about a microsecond.
  void count_at(std::string_view name,
                std::int64_t value,
                std::chrono::system_clock::time_point when,
                Tags tags = {},
                const CallOptions& options = {}) const noexcept;
  void gauge_at(std::string_view name,
                double value,
                std::chrono::system_clock::time_point when,
                Tags tags = {},
                const CallOptions& options = {}) const noexcept;

  void event(const Event& event) const noexcept;
  void service_check(const ServiceCheck& check) const noexcept;

  // Starts a timer that records a timing when it goes out of scope. It binds the name and tags as a
  // handle does: for tags that change with each request, measure and call timing().
  [[nodiscard]] ScopedTimer time(std::string_view name,
                                 Tags tags = {},
                                 const CallOptions& options = {}) const noexcept;

  // Bind a name and tags once (handle.h), for as long as the client lives. A handle of a refused
  // name records nothing, and counts; one bound beyond the caps records into the overflow context.
  [[nodiscard]] Counter counter(std::string_view name,
                                Tags tags = {},
                                const CallOptions& options = {}) const noexcept;
  [[nodiscard]] Gauge gauge(std::string_view name,
                            Tags tags = {},
                            const CallOptions& options = {}) const noexcept;
  [[nodiscard]] Histogram histogram(std::string_view name,
                                    Tags tags = {},
                                    const CallOptions& options = {}) const noexcept;
  [[nodiscard]] Distribution distribution(std::string_view name,
                                          Tags tags = {},
                                          const CallOptions& options = {}) const noexcept;
  [[nodiscard]] Timing timing(std::string_view name,
                              Tags tags = {},
                              const CallOptions& options = {}) const noexcept;
  [[nodiscard]] Set set(std::string_view name,
                        Tags tags = {},
                        const CallOptions& options = {}) const noexcept;

  // Makes a client that shares this one's core (contexts, threads, socket, ledger) and adds a
  // prefix and tags. Closing either closes both. Meant for the parts of a program, not for its
  // requests: beyond 1,024 different ones a child is its parent's equal, which
  // Repair::context_overflow counts.
  Client child(const ChildOptions& options) const noexcept;

  // Sends what was recorded before the call; waits, at the most `timeout` (an hour is the longest),
  // until nothing is queued. Tells whether the kernel has all of it: not when time ran out, and not
  // when anything was dropped or left out meanwhile. With Background::manual and a host's name the
  // look-up is done here, and may take longer than the timeout.
  bool flush(std::chrono::milliseconds timeout = std::chrono::seconds{1}) const noexcept;

  // Sends the rest and ends the background threads, in `deadline` and a tenth of a second at the
  // most; does not wait for an Agent that is not there. A fork() of
  // another thread waits for it. Gives what the client has lost in its life,
  // by reason. Calls after it are counted no-ops; a second close changes nothing and gives the
  // same.
  Losses close(std::chrono::milliseconds deadline = std::chrono::seconds{1}) const noexcept;

  // Reads the ledger. Waits for a flush that is at work, which does no I/O; costs a pass over the
  // contexts and threads.
  Stats stats() const noexcept;

  // Gives what the last flush sent of distributions, histograms and timings (snapshot.h), since the
  // flush before; without the contexts with the most where all took more than a quarter of
  // Options::max_sample_bytes. Nothing before the first flush, after close() and without memory.
  // Costs a copy of the bins, for which a flush that ends meanwhile waits, and sorting them, for
  // which none does: some microseconds a context. Recording waits for neither.
  Snapshot snapshot() const noexcept;

  // Gives the URL that datagrams go to, as options and environment said it ("udp://10.0.0.1:8125",
  // "unix:///var/run/datadog/dsd.socket"), or the name of the program's own transport; "" of a null
  // client, and without memory. And the largest datagram that goes there now.
  std::string destination() const noexcept;
  std::size_t max_datagram_bytes() const noexcept;

  // Gives the value of a tag that everything carries which is recorded through this client: of its
  // own (ChildOptions), its parents' or the global tags (DD_SERVICE ...), as it is on the wire; ""
  // when there is none, and without memory. Waits for no I/O; takes a lock.
  std::string tag(std::string_view key) const noexcept;

  // Gives what was odd in the environment when the client was made; nothing without memory.
  std::vector<std::string> warnings() const noexcept;

 private:
  Client(client::Core* core, std::uint32_t scope) noexcept : core_(core), scope_(scope) {}

  // For recorders (llm.h): the first that asks settles for all that share the core what samples are
  // recorded as. Gives what holds, and warns when that is not what was asked for.
  friend class llm::Core;
  MetricType settle_llm_samples(MetricType wanted) const noexcept;

  void record_samples(MetricType type,
                      std::string_view name,
                      std::span<const double> values,
                      Tags tags,
                      const CallOptions& options) const noexcept;
  detail::Bound bind(MetricType type,
                     std::string_view name,
                     Tags tags,
                     const CallOptions& options) const noexcept;

  client::Core* core_ = nullptr;
  std::uint32_t scope_ = 0;
};

}  // namespace pawl
