#include "tools/listen.h"

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include <CLI/CLI.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include "tools/decode.h"
#include "tools/output.h"
#include "tools/server.h"
#include "tools/show.h"
#include "tools/summary.h"
#include "tools/trace_listening.h"
#include "tools/trace_options.h"

namespace pawl::tools {
namespace {

using std::string_view;

constexpr const char* kExamples =
    R"(Prints each metric, event and service check that arrives, and rejected lines with the reason. With
--json, an object a line; with --raw, the lines as they came. A summary on stderr ends it, also
after Ctrl-C: how much came, and the percentiles that Datadog would show of each distribution,
sample rates counted; with --json, they are objects of the kind "sketch" at the end of the output.
Says "pawl: listening on URL..." on stderr when it is ready. Port 0 takes a free port. Only this
machine is heard: loopback addresses, and Unix sockets of mode 0600.

At http:// and http+unix:// it serves the trace intake: spans (/v0.4/traces, /v0.5/traces), /info and
LLM Observability. Each trace is printed as a tree, or with --json as an object, once no more of it
has come for --trace-window; what an Agent would refuse or repair is named in the summary. Without
URLs it listens for metrics on port 8125 and for traces on port 8126, and without the latter when it
is taken. The options --trace-rate, --trace-status and --trace-delay are for tests of senders.

Examples:
  pawl listen
  pawl listen unix:///tmp/dsd.socket unixstream:///tmp/dsd-stream.socket
  pawl listen udp://127.0.0.1:0 --json --count 1 --for 10s
  pawl listen http://127.0.0.1:0 http+unix:///tmp/apm.socket
  pawl listen http://localhost --trace-status 429 --trace-status-times 3
  pawl listen http://localhost --trace-rate service:ai,env:prod=0.5 --trace-delay 200ms
  pawl listen --json | jq -c 'select(.name == "deploys") | .values'
  pawl listen --json --for 10s | jq -c 'select(.kind == "sketch") | [.name, .count, .p95]'
)";

struct Written {  // as on the command line
  std::vector<std::string> urls;
  std::string duration;
  std::string count;
  bool json = false;
  bool raw = false;
  TraceWritten traces;
};

enum class Format : std::uint8_t { readable, json, raw };

struct Plan {
  std::vector<Endpoint> endpoints;
  std::optional<Endpoint> wish;  // one that may be taken by somebody else
  std::optional<std::chrono::milliseconds> duration;
  std::optional<std::int64_t> count;
  Format format = Format::readable;
  TracePlan traces;
};

Error about(string_view option, const Error& error) {
  return Error{std::string{option} + ": " + error.message};
}

Result<Plan> make_plan(const Written& written) {
  Plan plan;
  for (const std::string& url : written.urls) {
    Result<Endpoint> endpoint = parse_endpoint(url);
    if (!endpoint) return endpoint.error();
    plan.endpoints.push_back(std::move(*endpoint));
  }
  if (plan.endpoints.empty()) {
    plan.endpoints.push_back({Endpoint::Kind::udp, "localhost", 8125, {}});
    plan.wish = {Endpoint::Kind::http, "localhost", 8126, {}};
  }
  if (!written.duration.empty()) {
    const auto duration = parse_duration(written.duration);
    if (!duration) return about("--for", duration.error());
    plan.duration = *duration;
  }
  if (!written.count.empty()) {
    const auto count = parse_whole(written.count, 1, INT64_MAX);
    if (!count) return about("--count", count.error());
    plan.count = *count;
  }
  Result<TracePlan> traces = make_trace_plan(written.traces);
  if (!traces) return traces.error();
  plan.traces = std::move(*traces);
  plan.format = written.json ? Format::json : written.raw ? Format::raw : Format::readable;
  return plan;
}

class Listener {
 public:
  explicit Listener(Plan plan)
      : plan_(std::move(plan)),
        server_([this](string_view payload) { take(payload); }),
        traces_(server_.context(),
                plan_.traces,
                [this](const TraceListening::Seen& seen) { take_seen(seen); }),
        signals_(server_.context(), SIGINT, SIGTERM, SIGHUP),
        timer_(server_.context()) {}

  int run() {
    for (const Endpoint& endpoint : plan_.endpoints) {
      if (const auto error = open(endpoint)) return complain(error->message, exit_failed);
    }
    const auto missing = plan_.wish ? open(*plan_.wish) : std::nullopt;
    end_on_signal();
    end_on_time();
    say_ready();
    if (missing) complain("traces are not received: " + missing->message, exit_ok);
    server_.run();
    print_sketches();
    std::string text;
    if (!server_.endpoints().empty()) text += summary_.text(server_.traffic());
    if (!traces_.endpoints().empty()) text += traces_.summary().text();
    std::fwrite(text.data(), 1, text.size(), stderr);
    return failed_ ? complain("standard output cannot be written", exit_failed) : exit_ok;
  }

 private:
  std::optional<Error> open(const Endpoint& endpoint) {
    return is_http(endpoint) ? traces_.open(endpoint) : server_.open(endpoint);
  }

  void end_on_signal() {
    signals_.async_wait([this](asio::error_code error, int) {
      if (!error) end();
    });
  }

  void end_on_time() {
    if (!plan_.duration) return;
    timer_.expires_after(*plan_.duration);
    timer_.async_wait([this](asio::error_code error) {
      if (!error) end();
    });
  }

  void print_sketches() {
    if (plan_.format != Format::json || failed_) return;
    for (const auto& [context, sketch] : summary_.sketches()) {
      output_.line(to_json(context, sketch));
    }
    failed_ = !output_.flush();
  }

  // What was sent before the end still counts.
  void end() {
    server_.drain();
    traces_.finish();
    server_.stop();
  }

  void say_ready() const {
    std::string line = "pawl: listening on";
    for (const Endpoint& endpoint : server_.endpoints()) line += " " + to_string(endpoint);
    for (const Endpoint& endpoint : traces_.endpoints()) line += " " + to_string(endpoint);
    line += "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
  }

  void take(string_view payload) {
    for_each_line(payload, [this](string_view line) {
      if (!is_full()) take_line(line);
    });
    flush();
  }

  // What was refused is no item; and a trace has no lines that came.
  void take_seen(const TraceListening::Seen& seen) {
    if (is_full()) return;
    if (!seen.json.empty()) ++decoded_;
    if (plan_.format == Format::json && !seen.json.empty()) output_.line(seen.json);
    if (plan_.format == Format::readable) {
      for (const std::string& line : seen.lines) output_.line(line);
    }
    flush();
  }

  void flush() {
    failed_ = !output_.flush();
    if (failed_ || is_full()) server_.stop();
  }

  bool is_full() const { return plan_.count && decoded_ >= *plan_.count; }

  void take_line(string_view line) {
    const Result<Item> item = decode_line(line);
    if (plan_.format == Format::raw) output_.line(line);
    if (!item) {
      reject(item.error().message, line);
      return;
    }
    ++decoded_;
    summary_.add(*item);
    if (plan_.format == Format::json) output_.line(to_json(*item));
    if (plan_.format == Format::readable) output_.line(to_line(*item));
  }

  void reject(const std::string& reason, string_view line) {
    summary_.reject(reason, line);
    if (plan_.format != Format::readable) return;
    output_.line("rejected: " + reason + ": " + printable(line));
  }

  const Plan plan_;
  Output output_;
  Summary summary_;
  std::int64_t decoded_ = 0;
  bool failed_ = false;
  Server server_;
  TraceListening traces_;
  asio::signal_set signals_;
  asio::steady_timer timer_;
};

int listen(const Written& written) {
  Result<Plan> plan = make_plan(written);
  if (!plan) return complain("listen: " + plan.error().message, exit_usage);
  return Listener{std::move(*plan)}.run();
}

}  // namespace

void add_listen(CLI::App& app, Run& run) {
  const auto written = std::make_shared<Written>();
  CLI::App* verb = app.add_subcommand("listen", "Show what an Agent would have received");
  verb->add_option("URL",
                   written->urls,
                   "Where to listen (default: udp://localhost:8125 and http://localhost:8126)");
  verb->add_option("--for", written->duration, "End after this time, such as 500ms, 10s or 2m")
      ->type_name("TIME");
  verb->add_option(
          "--count", written->count, "End after so many metrics, events, checks and traces")
      ->type_name("N");
  CLI::Option* json = verb->add_flag("--json", written->json, "Print an object of JSON a line");
  verb->add_flag("--raw", written->raw, "Print the lines as they came")->excludes(json);
  add_trace_options(*verb, written->traces);
  verb->footer(kExamples);
  verb->callback([written, &run] { run = [written] { return listen(*written); }; });
}

}  // namespace pawl::tools
