#pragma once

// Everything that a program can say when it makes a client. An aggregate for designated
// initialisers:
//
//     pawl::Client::create({.address = "udp://10.0.0.1:8125", .global_tags = {{"env", "prod"}}});
//
// What the program writes wrong here is an Error from Client::create; what the environment (DD_*)
// holds wrong is a warning and the default. An option that is set wins over the environment.
//
// Threads: a value. Cost: none. Errors: see Client::create.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/clock.h"
#include "pawl/metric.h"
#include "pawl/tag_policy.h"
#include "pawl/tags.h"
#include "pawl/transport.h"

namespace pawl {

enum class Switch : std::uint8_t { automatic, on, off };

// Who does the work. `threads`: two background threads, one that flushes and one that sends.
// `manual`: none; flush() and close() do it on the calling thread (tests, one-shot programs), and a
// look-up of the host's name too, for which no timeout holds. When no thread can be made, a client
// of the first kind falls back to the second, with a warning. Without threads samples wait for the
// flush one by one, 16 bytes each up to Options::max_sample_bytes: nobody folds them before.
enum class Background : std::uint8_t { threads, manual };

struct Options {
  // Where the Agent is: `udp://host:port`, `unix:///path` (datagram, else stream),
  // `unixgram:///path`, `unixstream:///path`, `host`, `host:port` or `[::1]:port`. Empty: the
  // environment (DD_DOGSTATSD_URL, DD_AGENT_HOST with DD_DOGSTATSD_PORT), then the socket
  // /var/run/datadog/dsd.socket if it is there, then localhost:8125.
  std::string address = {};

  // Goes before the name of every metric, event and check excepted, as written ("ai." gives
  // "ai.requests"). Letters, digits, `_` and `.`, starting with a letter; at most 100 bytes.
  std::string prefix = {};

  // Tags of everything that the client sends; reserved keys are allowed here. They are added to
  // those of the environment (DD_ENTITY_ID, DD_ENV, DD_SERVICE, DD_VERSION, DD_TAGS); for the same
  // key the option wins.
  std::vector<OwnedTag> global_tags = {};

  // Which tags of calls may become part of a metric, and with which values. Default: all, and for
  // `llm.*` those of TagPolicy::llm(), unless the environment names a policy's file
  // (PAWL_TAG_POLICY).
  TagPolicy tag_policy = {};

  // Tags that the Agent adds, by default for all metrics. unset: DD_CARDINALITY, then
  // DATADOG_CARDINALITY, then the Agent's own choice.
  Cardinality cardinality = Cardinality::unset;

  // Lets the Agent find the container that sends. automatic: DD_ORIGIN_DETECTION_ENABLED, default
  // on. container_id: found in /proc when empty; sent as it is when set.
  Switch origin_detection = Switch::automatic;
  std::string container_id = {};

  // How often what was recorded is sent; 100 ms to 10 s. Longer: less traffic, and gauges keep
  // fewer of their values.
  std::chrono::milliseconds flush_interval{2'000};

  // Whether the client reports itself (datadog.dogstatsd.client.*), every 10 s. automatic: on.
  Switch telemetry = Switch::automatic;

  // Whether many samples of a distribution go out as what the Agent makes of them: a sketch, with
  // the same bins, count, smallest and largest value and the same sum as if each had been sent, in
  // a hundredth of the bytes and of the memory. Equal values of histograms and timings go out once,
  // with their number. automatic: on, but for the serverless profile, where it cannot be on. off:
  // every sample is written out.
  Switch sketches = Switch::automatic;

  // Whether histograms and timings are counted in the bins of a sketch, too, when there are more
  // than 128 samples in a flush. Their memory is then bounded however many different values they
  // have (16 bytes each otherwise, and always for sample rates whose inverse is not whole); their
  // count, sum, average, smallest and largest value stay exact, but their median and percentiles
  // move by up to 1.6 %. automatic: off. Needs sketches.
  Switch histogram_bins = Switch::automatic;

  // The profile of the Lambda extension, which reads only the first packed value and ignores sample
  // rates. automatic: on when AWS_LAMBDA_FUNCTION_NAME is set.
  Switch serverless = Switch::automatic;

  // Caps. Contexts (name, type and tags): 16 to 1,000,000; their bytes: 64 KiB and more. Beyond
  // either, new contexts are recorded under the same name with the one tag `pawl_overflow:true`.
  std::size_t max_contexts = 100'000;
  std::size_t max_context_bytes = std::size_t{64} << 20;

  // How long a context may be idle before it is forgotten, 1 s and more; 0: for ever. Then its next
  // call is its first again. What a handle holds is never forgotten.
  std::chrono::seconds context_expiry{300};

  // Memory for samples and set members that wait for the flush; 64 KiB and more. At half of it a
  // flush comes early; beyond it samples are refused and counted. Samples that were sent are kept
  // until the next flush (Client::snapshot), at most a quarter as much: the largest go first.
  std::size_t max_sample_bytes = std::size_t{32} << 20;

  // Memory for datagrams that wait for the Agent, 16 KiB and more; beyond it the oldest are dropped
  // and counted. And how long one may wait, 100 ms and more. Up to 1.5 MiB of what
  // one flush needed is kept for the next.
  std::size_t max_queue_bytes = std::size_t{4} << 20;
  std::chrono::milliseconds queue_ttl{60'000};

  // Payload limit, 128 to 65,507; 0: 1432 on UDP, 8192 on Unix sockets. The Agent cuts what is
  // longer than its own buffer (8192), so more than that needs an Agent set up for it.
  std::size_t max_datagram_bytes = 0;

  // How long the destructor may take to hand over the rest; close() says it for itself.
  std::chrono::milliseconds close_deadline{1'000};

  Background background = Background::threads;

  // Whether DD_*, AWS_LAMBDA_FUNCTION_NAME and PAWL_TAG_POLICY (with its file) are read, once, by
  // create(). automatic: on.
  Switch environment = Switch::automatic;

  // Hears of what went wrong, at most once a minute for each reason, from a background thread or
  // from the caller of create(), flush() or close(). It must not throw or call the client. The
  // library itself writes nothing.
  std::function<void(std::string_view)> on_warning = {};

  // One's own way out, instead of `address`; and one's own time, for tests.
  std::shared_ptr<Transport> transport = {};
  std::shared_ptr<const Clock> clock = {};
};

}  // namespace pawl
