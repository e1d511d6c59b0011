#include "tools/lint.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <fcntl.h>
#include <sys/stat.h>

#include "tools/bound_socket.h"
#include "tools/lint_judge.h"
#include "tools/lint_lines.h"
#include "tools/output.h"
#include "tools/policy_option.h"
#include "tools/server.h"

namespace pawl::tools {
namespace {

using std::string_view;

constexpr const char* kExamples =
    R"(Reads lines as an Agent would receive them: from FILE, from standard input, or live. Prints each tag
that would be left out or changed, each call that would be refused, each line that no Agent would
take, and in the end the keys with too many values: exactly counted up to --max-values, about 2 %
right beyond. Without --policy all keys pass but those that the Agent obeys. A tag of a key that
--global names is the client's own: no policy sees it. What clients report of themselves is skipped.
Exit code 0: nothing was found. 1: something was. 2: the input or the policy cannot be read.

Examples:
  pawl lint metrics.txt --policy policy.json
  pawl listen --raw --for 60s | pawl lint --max-values 100
  pawl lint --listen udp://127.0.0.1:8125 --for 5m --policy policy.json --json
)";

constexpr std::int64_t kMostValues = 1'000'000;

struct Written {  // as on the command line
  std::string file;
  std::string listen;
  std::string duration;
  std::string policy;
  std::string global = "env,service,version,dd.internal.entity_id";
  std::string max_values = "1000";
  bool json = false;
};

struct Plan {
  std::string file;
  std::optional<Endpoint> endpoint;
  std::optional<std::chrono::milliseconds> duration;
  TagPolicy policy;
  LintJudge::Settings settings;
};

Error about(string_view option, const Error& error) {
  return Error{std::string{option} + ": " + error.message};
}

std::vector<std::string> split(string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (comma != 0) parts.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return parts;
}

Result<Plan> make_plan(const Written& written) {
  Plan plan;
  plan.file = written.file;
  if (!written.listen.empty()) {
    Result<Endpoint> endpoint = parse_endpoint(written.listen);
    if (!endpoint) return about("--listen", endpoint.error());
    plan.endpoint = std::move(*endpoint);
  }
  if (!written.duration.empty()) {
    const auto duration = parse_duration(written.duration);
    if (!duration) return about("--for", duration.error());
    plan.duration = *duration;
  }
  const auto max_values = parse_whole(written.max_values, 1, kMostValues);
  if (!max_values) return about("--max-values", max_values.error());
  Result<TagPolicy> policy = read_policy(written.policy);
  if (!policy) return policy.error();
  plan.policy = std::move(*policy);
  plan.settings = {.json = written.json,
                   .max_values = static_cast<std::size_t>(*max_values),
                   .global_keys = split(written.global)};
  return plan;
}

int cannot_write() { return complain("standard output cannot be written", exit_usage); }

// Tells how it ended.
int finish(LintJudge& judge, Output& output) {
  judge.end();
  if (!output.flush()) return cannot_write();
  const std::string line = "pawl: " + judge.summary() + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
  return judge.clean() ? exit_ok : exit_failed;
}

int lint_lines(int descriptor, string_view name, LintJudge& judge, Output& output) {
  LintLines lines{descriptor};
  while (const auto line = lines.next()) {
    if (line->too_long)
      judge.take_too_long(line->number, line->text);
    else if (!line->text.empty())
      judge.take(line->number, line->text);
    if (!output.flush()) return cannot_write();
  }
  if (!lines.error()) return finish(judge, output);
  return complain("lint: " + std::string{name} + ": " + lines.error()->message, exit_usage);
}

int lint_file(const std::string& path, LintJudge& judge, Output& output) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.get() >= 0) return lint_lines(file.get(), path, judge, output);
  const std::string why = std::generic_category().message(errno);
  return complain("lint: " + path + ": " + why, exit_usage);
}

// Judges what arrives, until a signal or the end of its time.
class LiveLint {
 public:
  LiveLint(const Plan& plan, LintJudge& judge, Output& output)
      : plan_(plan),
        judge_(judge),
        output_(output),
        server_([this](string_view payload) { take(payload); }),
        signals_(server_.context(), SIGINT, SIGTERM, SIGHUP),
        timer_(server_.context()) {}

  int run() {
    if (const auto error = server_.open(*plan_.endpoint))
      return complain("lint: " + error->message, exit_usage);
    signals_.async_wait([this](asio::error_code error, int) { end_unless(error); });
    if (plan_.duration) {
      timer_.expires_after(*plan_.duration);
      timer_.async_wait([this](asio::error_code error) { end_unless(error); });
    }
    say_ready();
    server_.run();
    return failed_ ? cannot_write() : finish(judge_, output_);
  }

 private:
  // What was sent before the end still counts.
  void end_unless(asio::error_code error) {
    if (error) return;
    server_.drain();
    server_.stop();
  }

  void say_ready() const {
    std::string line = "pawl: listening on";
    for (const Endpoint& endpoint : server_.endpoints()) line += " " + to_string(endpoint);
    line += "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
  }

  void take(string_view payload) {
    for_each_line(payload, [this](string_view line) { judge_.take(++number_, line); });
    failed_ = !output_.flush();
    if (failed_) server_.stop();
  }

  const Plan& plan_;
  LintJudge& judge_;
  Output& output_;
  std::uint64_t number_ = 0;
  bool failed_ = false;
  Server server_;
  asio::signal_set signals_;
  asio::steady_timer timer_;
};

int lint(const Written& written) {
  Result<Plan> plan = make_plan(written);
  if (!plan) return complain("lint: " + plan.error().message, exit_usage);
  Result<TagChecker> checker = TagChecker::from(plan->policy);
  if (!checker) return complain("lint: " + checker.error().message, exit_usage);
  Output output;
  LintJudge judge{std::move(*checker), plan->settings, output};
  if (plan->endpoint) return LiveLint{*plan, judge, output}.run();
  if (plan->file.empty() || plan->file == "-")
    return lint_lines(0, "standard input", judge, output);
  return lint_file(plan->file, judge, output);
}

}  // namespace

void add_lint(CLI::App& app, Run& run) {
  const auto written = std::make_shared<Written>();
  CLI::App* verb = app.add_subcommand("lint", "Say what a tag policy would change or refuse");
  CLI::Option* file =
      verb->add_option("FILE", written->file, "Lines to read (default, or -: standard input)");
  CLI::Option* live = verb->add_option("--listen", written->listen, "Judge what arrives there")
                          ->type_name("URL")
                          ->excludes(file);
  verb->add_option("--for", written->duration, "End listening after this time, such as 10s or 2m")
      ->type_name("TIME")
      ->needs(live);
  add_policy_option(*verb, written->policy);
  verb->add_option("--global",
                   written->global,
                   "Keys that clients put on all they send "
                   "(default: env,service,version,dd.internal.entity_id)")
      ->type_name("KEYS");
  verb->add_option("--max-values",
                   written->max_values,
                   "How many values a key may have, 1 to 1000000 (default: 1000)")
      ->type_name("N");
  verb->add_flag("--json", written->json, "Print an object of JSON a line");
  verb->footer(kExamples);
  verb->callback([written, &run] { run = [written] { return lint(*written); }; });
}

}  // namespace pawl::tools
