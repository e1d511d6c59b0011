#include "tools/demo.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <asio/signal_set.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

#include "tools/bound_socket.h"
#include "tools/demo_answers.h"
#include "tools/demo_receiver.h"
#include "tools/demo_report.h"
#include "tools/output.h"
#include "tools/past_clock.h"
#include "tools/serving.h"

namespace pawl::tools {
namespace {

using std::string_view;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* kExplanation =
    R"TXT(An imagined LLM service records its requests with pawl::llm::Recorder: latency, tokens, cost,
errors, tool calls, searches and evals. A listener on a temporary Unix socket of this process
receives the metrics. Half-way a bad prompt version is released. At the end what was recorded is
compared with what arrived, context by context: counts, gauges and sets exactly, distributions by the
sketch that an Agent makes of them (bins, count, minimum and maximum equal, sums to 1e-12). The
questions that dashboards are for are answered from what arrived. Needs no network and no Agent. Exit 1 when anything is lost
or differs. Ctrl-C ends it early.

Examples:
  pawl demo
  pawl demo --seconds 10 --threads 8 --seed 7
)TXT";

struct Written {  // as on the command line
  std::string seconds = "4";
  std::string threads = "4";
  std::string seed = "20260601";
};

Result<ServingPlan> make_plan(const Written& written) {
  const auto refused = [](string_view option, const Error& error) {
    return Error{std::string{option} + ": " + error.message};
  };
  const auto seconds = parse_whole(written.seconds, 1, 60);
  if (!seconds) return refused("--seconds", seconds.error());
  const auto threads = parse_whole(written.threads, 1, 64);
  if (!threads) return refused("--threads", threads.error());
  const auto seed = parse_whole(written.seed, 0, 1'000'000'000);
  if (!seed) return refused("--seed", seed.error());
  return ServingPlan{.seed = static_cast<std::uint64_t>(*seed),
                     .threads = static_cast<std::size_t>(*threads),
                     .seconds = static_cast<std::size_t>(*seconds)};
}

// Ends the wait for the next second when a signal comes.
class Interruption {
 public:
  void raise() {
    const std::lock_guard lock{mutex_};
    raised_ = true;
    changed_.notify_all();
  }

  // Tells whether it came before `deadline`.
  bool wait_until(SteadyClock::time_point deadline) {
    std::unique_lock lock{mutex_};
    return changed_.wait_until(lock, deadline, [this] { return raised_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

// What a client without aggregation pays for every sample, on this machine: the median of sends of
// one line over a Unix socket.
double ns_a_send() {
  constexpr std::size_t kSends = 501;
  constexpr string_view kLine =
      "llm.latency_ms:1430.251|d|#env:demo,feature:support_agent,model:gpt-4.1,"
      "prompt_version:2026-06-01.2,provider:openai,service:ai-api\n";
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0) return 0;
  const Descriptor sender{ends[0]};
  const Descriptor receiver{ends[1]};
  std::vector<double> times;
  std::array<char, 256> taken{};
  for (std::size_t i = 0; i < kSends; ++i) {
    const auto begin = SteadyClock::now();
    send(sender.get(), kLine.data(), kLine.size(), 0);
    const std::chrono::duration<double, std::nano> took = SteadyClock::now() - begin;
    recv(receiver.get(), taken.data(), taken.size(), 0);
    times.push_back(took.count());
  }
  std::nth_element(times.begin(), times.begin() + kSends / 2, times.end());
  return times[kSends / 2];
}

// The demo shows what the program says, so the environment has no say.
Options client_options(const std::string& url) {
  using namespace std::chrono_literals;
  Options options;
  options.address = url;
  options.global_tags = Tally::global_tags();
  options.origin_detection = Switch::off;
  options.flush_interval = 500ms;
  options.telemetry = Switch::off;
  options.environment = Switch::off;
  return options;
}

trace::TracerOptions tracer_options(const std::string& url) {
  using namespace std::chrono_literals;
  trace::TracerOptions options;
  options.agent_url = url;
  options.service = "ai-api";
  options.env = "demo";
  options.flush_interval = 500ms;
  options.environment = Switch::off;
  options.clock = std::make_shared<PastClock>();
  return options;
}

class Demo {
 public:
  explicit Demo(ServingPlan plan) : plan_(plan) {}

  int run() {
    if (const auto error = receiver_.open())
      return complain("demo: " + error->message, exit_failed);
    const Result<Client> client = Client::create(client_options(receiver_.url()));
    if (!client) return complain("demo: " + client.error().message, exit_failed);
    const Result<trace::Tracer> tracer =
        trace::Tracer::create(tracer_options(receiver_.trace_url()));
    if (!tracer) return complain("demo: " + tracer.error().message, exit_failed);
    asio::signal_set signals{receiver_.server().context(), SIGINT, SIGTERM, SIGHUP};
    signals.async_wait([this](asio::error_code error, int) {
      if (!error) interruption_.raise();
    });
    say_start();
    Serving serving{*client, *tracer, plan_};
    serve(serving);
    client->close(std::chrono::seconds{10});
    tracer->close(std::chrono::seconds{10});
    receiver_.finish();
    return report(serving, client->stats(), tracer->stats());
  }

 private:
  void say(const std::string& line) {
    output_.line(line);
    written_ = output_.flush();
  }

  void say_all(string_view title, const std::vector<std::string>& lines) {
    say("");
    say(std::string{title});
    for (const std::string& line : lines) say(line);
  }

  void say_start() {
    say(fmt::format("pawl demo: {} s of an LLM service in {} threads, seed {}",
                    plan_.seconds,
                    plan_.threads,
                    plan_.seed));
    say(fmt::format("The Agent is {} (mode 0600), of this process.", receiver_.url()));
    say("");
    say(fmt::format("  {:>6}{:>13}{:>16}{:>13}{:>12}",
                    "second",
                    "requests",
                    "malformed JSON",
                    "datagrams",
                    "bytes"));
  }

  void serve(Serving& serving) {
    const auto start = SteadyClock::now();
    serving.begin();
    bool released = false;
    for (std::size_t second = 1; second <= plan_.seconds; ++second) {
      // The release comes within this second.
      if (2 * second > plan_.seconds && !std::exchange(released, true)) {
        say(fmt::format("          prompt version {} is released",
                        kPromptVersions[kBadVersion].name));
      }
      if (interruption_.wait_until(start + std::chrono::seconds{second})) {
        say("          interrupted");
        serving.stop();
        break;
      }
      say(progress(second, serving));
    }
    serving.end();
  }

  std::string progress(std::size_t second, const Serving& serving) const {
    return fmt::format("  {:>6}{:>13}{:>16}{:>13}{:>12}",
                       second,
                       grouped(serving.requests()),
                       grouped(serving.json_invalid()),
                       grouped(receiver_.payloads()),
                       in_bytes(receiver_.bytes()));
  }

  int report(const Serving& serving, const Stats& stats, const trace::TraceStats& spans) {
    const Store recorded = serving.recorded();
    const DemoResult result{.recorded = recorded,
                            .arrived = receiver_.arrived(),
                            .bytes_without_values = receiver_.bytes_without_values(),
                            .stats = stats,
                            .requests = serving.requests(),
                            .samples = serving.samples(),
                            .value_bytes = serving.value_bytes(),
                            .refused_lines = receiver_.refused(),
                            .datagrams = receiver_.payloads(),
                            .bytes = receiver_.bytes(),
                            .costs = serving.costs(),
                            .ns_a_send = ns_a_send(),
                            .traces = receiver_.traces(),
                            .spans = spans};
    say_all("What was recorded, and what arrived:", compare_in_words(result));
    say_all("What the metrics answer, from what arrived:", answers_in_words(result.arrived));
    say_all("One request, as the trace Agent received it:",
            spans_in_words(result, receiver_.tree()));
    say_all("What it took:", costs_in_words(result));
    return judge(result.complete());
  }

  int judge(bool complete) const {
    if (receiver_.refused() != 0) {
      complain("demo: a line was refused: " + receiver_.first_refusal(), exit_failed);
    }
    if (!complete) return complain("demo: what arrived is not what was recorded", exit_failed);
    return written_ ? exit_ok : complain("demo: standard output cannot be written", exit_failed);
  }

  const ServingPlan plan_;
  Output output_;
  bool written_ = true;
  Interruption interruption_;
  Receiver receiver_;
};

int demo(const Written& written) {
  const Result<ServingPlan> plan = make_plan(written);
  if (!plan) return complain("demo: " + plan.error().message, exit_usage);
  return Demo{*plan}.run();
}

}  // namespace

void add_demo(CLI::App& app, Run& run) {
  const auto written = std::make_shared<Written>();
  CLI::App* verb =
      app.add_subcommand("demo", "Show pawl at work: what is recorded is what arrives");
  verb->add_option("--seconds", written->seconds, "How long, 1 to 60 (default: 4)")->type_name("N");
  verb->add_option("--threads", written->threads, "That serve, 1 to 64 (default: 4)")
      ->type_name("N");
  verb->add_option("--seed", written->seed, "Of the simulation")->type_name("N");
  verb->footer(kExplanation);
  verb->callback([written, &run] { run = [written] { return demo(*written); }; });
}

}  // namespace pawl::tools
