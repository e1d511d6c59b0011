#include "tools/emit.h"

#include <chrono>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "tools/repairs.h"
#include "tools/sending.h"
#include "tools/stop_signals.h"
#include "tools/value_lines.h"

namespace pawl::tools {
namespace {

using std::string_view;
using Texts = std::vector<std::string>;

// So many values of standard input are handed over at once.
constexpr std::size_t kBatch = 10'000;

struct MetricWritten : EmitWritten {
  MetricType type = MetricType::count;
  std::string name;
  Texts values;

  std::string verb() const { return std::string{to_string(type)}; }
};

Error wrong_value(string_view text, string_view expected) {
  return Error{"VALUE: \"" + printable(text, 100) + "\" is not " + std::string{expected}};
}

// What one verb records. Texts are taken one by one, and recorded together by commit().
class Values {
 public:
  Values(MetricType type, string_view name, Sending& sending)
      : type_(type), name_(name), sending_(sending) {}

  std::optional<Error> take(string_view text) {
    if (type_ == MetricType::set) return take_member(text);
    if (type_ == MetricType::count) return take_whole(text);
    const auto number = parse_number(text);
    if (!number) return wrong_value(text, "a number");
    if (type_ == MetricType::timing && *number < 0) {
      return wrong_value(text, "a duration in milliseconds: it is negative");
    }
    numbers_.push_back(*number);
    return std::nullopt;
  }

  std::size_t size() const { return numbers_.size() + wholes_.size() + members_.size(); }

  void commit() {
    for (const std::int64_t value : wholes_) count(value);
    for (const std::string& member : members_) client().set(name_, member, tags(), call());
    commit_numbers();
    if (client().stats()[Repair::text] != 0) warn_of_members(sending_, members_);
    wholes_.clear();
    numbers_.clear();
    members_.clear();
  }

 private:
  const Client& client() const { return sending_.client(); }
  Tags tags() const { return sending_.tags(); }
  const CallOptions& call() const { return sending_.plan().call; }

  std::optional<Error> take_member(string_view text) {
    if (text.empty()) return Error{"MEMBER: one is empty"};
    members_.emplace_back(text);
    return std::nullopt;
  }

  std::optional<Error> take_whole(string_view text) {
    using Limits = std::numeric_limits<std::int64_t>;
    const auto number = parse_whole(text, Limits::min(), Limits::max());
    if (!number) return wrong_value(text, "a whole number (of 64 bits)");
    wholes_.push_back(*number);
    return std::nullopt;
  }

  void count(std::int64_t value) const {
    const auto& when = sending_.plan().timestamp;
    if (when) {
      client().count_at(name_, value, *when, tags(), call());
    } else {
      client().count(name_, value, tags(), call());
    }
  }

  void gauge(double value) const {
    const auto& when = sending_.plan().timestamp;
    if (when) {
      client().gauge_at(name_, value, *when, tags(), call());
    } else {
      client().gauge(name_, value, tags(), call());
    }
  }

  void commit_numbers() const {
    if (type_ == MetricType::histogram) client().histogram(name_, numbers_, tags(), call());
    if (type_ == MetricType::distribution) client().distribution(name_, numbers_, tags(), call());
    for (const double value : numbers_) {
      using Milliseconds = std::chrono::duration<double, std::milli>;
      if (type_ == MetricType::gauge) gauge(value);
      if (type_ == MetricType::timing) client().timing(name_, Milliseconds{value}, tags(), call());
    }
  }

  const MetricType type_;
  const string_view name_;
  Sending& sending_;
  std::vector<std::int64_t> wholes_;
  std::vector<double> numbers_;
  Texts members_;
};

// The values of the command line are all read before one is recorded.
int emit_arguments(Sending& sending, Values& values, const Texts& texts) {
  for (const std::string& text : texts) {
    if (const auto error = values.take(text)) return sending.fail(*error);
  }
  values.commit();
  return sending.finish();
}

// Hands over whole batches, and what came of a slow pipe in time for its users to see it move.
std::optional<Error> record_lines(Sending& sending, Values& values, ValueLines& lines) {
  auto handed_over = std::chrono::steady_clock::now();
  while (!lines.ended()) {
    if (const auto line = lines.next()) {
      const auto error = values.take(*line);
      if (error) return about("standard input, line " + std::to_string(lines.number()), *error);
    }
    const auto now = std::chrono::steady_clock::now();
    if (values.size() < kBatch && now - handed_over < ValueLines::kWait) continue;
    values.commit();
    sending.checkpoint();
    handed_over = now;
  }
  return lines.error();
}

// The lines before one that makes no sense, and those before a signal, are sent.
int emit_lines(Sending& sending, Values& values) {
  std::optional<Error> error;
  int signal = 0;
  {
    StopSignals signals;
    ValueLines lines{signals.descriptor()};
    error = record_lines(sending, values, lines);
    signal = signals.take();
  }
  values.commit();
  if (error) return sending.fail(*error);
  const int code = sending.finish();
  return signal == 0 ? code : 128 + signal;  // as shells say it of a process that a signal ended
}

std::optional<Error> check_number_of_values(const MetricWritten& written) {
  const bool many = written.type != MetricType::count && written.type != MetricType::gauge;
  const bool members = written.type == MetricType::set;
  if (written.values.empty()) return Error{members ? "MEMBER is missing" : "VALUE is missing"};
  if (many || written.values.size() == 1) return std::nullopt;
  return Error{"VALUE: " + std::to_string(written.values.size()) + " were given, expected one"};
}

int emit(const MetricWritten& written) {
  const auto complain_of = [&written](const Error& error) {
    return complain(written.verb() + ": " + error.message, exit_usage);
  };
  if (const auto error = check_number_of_values(written)) return complain_of(*error);
  Result<EmitPlan> plan = make_emit_plan(written);
  if (!plan) return complain_of(plan.error());
  Result<Sending> sending = Sending::open(written.verb(), std::move(*plan));
  if (!sending) return complain_of(sending.error());
  warn_of_name(*sending, written.name);
  warn_of_tags(*sending);
  Values values{written.type, written.name, *sending};
  return written.values == Texts{"-"} ? emit_lines(*sending, values)
                                      : emit_arguments(*sending, values, written.values);
}

// Values after the first are left over by the reader of the arguments, as it would split "[a,b]";
// so are those that look like an option: -.5 is a value, -x is one behind `--` only.
std::optional<Error> take_rest(const CLI::App& verb, MetricWritten& written) {
  bool marked = false;
  for (const std::string& text : verb.remaining()) {
    const bool mark = text == "--" && !marked;
    marked = marked || mark;
    if (mark) continue;
    const bool option = text.size() > 1 && text.front() == '-' && !parse_number(text);
    if (option && !marked) return Error{"\"" + printable(text, 100) + "\" is not expected"};
    written.values.push_back(text);
  }
  return std::nullopt;
}

struct VerbText {
  MetricType type;
  const char* description;
  const char* values;  // of the usage line
  const char* about_values;
  const char* footer;
};

void add_verb(CLI::App& app, Run& run, const VerbText& text) {
  const auto written = std::make_shared<MetricWritten>();
  written->type = text.type;
  CLI::App* verb = app.add_subcommand(written->verb(), text.description)->allow_extras();
  verb->add_option("NAME", written->name, "Letters, digits, _ and .")->required();
  CLI::Option* values = verb->add_option(text.values, written->values, text.about_values);
  values->allow_extra_args(false);
  add_emit_options(*verb, *written);
  add_prefix_option(*verb, *written);
  const bool is_count = text.type == MetricType::count;
  const bool is_gauge = text.type == MetricType::gauge;
  if (is_count || is_gauge) values->expected(1);
  if (is_count || is_gauge) add_timestamp_option(*verb, *written);
  if (!is_gauge && text.type != MetricType::set) add_rate_option(*verb, *written);
  verb->footer(text.footer);
  verb->callback([written, verb, &run] {
    run = [written, verb] {
      if (const auto error = take_rest(*verb, *written)) {
        return complain(written->verb() + ": " + error->message, exit_usage);
      }
      if (written->type == MetricType::count && written->values.empty()) {
        written->values.emplace_back("1");
      }
      return emit(*written);
    };
  });
}

constexpr VerbText kVerbs[] = {
    {MetricType::count, "Count something", "VALUE", "A whole number (default: 1)", R"TXT(Examples:
  pawl count deploys --tags service:api,env:prod
  pawl count queue.delta -5
  pawl count jobs.done 12 --timestamp 1767225600 --fail
)TXT"},
    {MetricType::gauge, "Say how much there is of something", "VALUE", "A number", R"TXT(Examples:
  pawl gauge disk.free_gb 41.5 --tags disk:sda1
  pawl gauge room.celsius -5
  pawl gauge queue.length "$(ls queue | wc -l)" --dry-run
)TXT"},
    {MetricType::histogram,
     "Add values to a histogram: percentiles on each host",
     "VALUE",
     "Numbers; - reads them from standard input, one a line; those before a bad one are sent",
     R"TXT(Examples:
  pawl histogram upload.bytes 5120 --tags kind:image
  pawl histogram upload.bytes 5120 731 90112
  stat -c %s uploads/* | pawl histogram upload.bytes -
)TXT"},
    {MetricType::distribution,
     "Add values to a distribution: percentiles over all hosts",
     "VALUE",
     "Numbers; - reads them from standard input, one a line; those before a bad one are sent",
     R"TXT(Examples:
  pawl distribution build.seconds 93.5 --tags branch:main
  pawl distribution sensor.offset --tags room:4 -- -3 -2.5 0 1
  awk '{print $NF}' access.log | pawl distribution http.latency_ms -
)TXT"},
    {MetricType::timing,
     "Add durations in milliseconds",
     "VALUE",
     "Milliseconds; - reads them from standard input, one a line; those before a bad one are sent",
     R"TXT(Examples:
  pawl timing backup.time 5321
  pawl timing http.time 12.5 13.1 9 --rate 0.5
)TXT"},
    {MetricType::set,
     "Count distinct members",
     "MEMBER",
     "Texts; - reads them from standard input, one a line; those before a bad one are sent",
     R"TXT(Examples:
  pawl set visitors alice bob alice
  cut -d' ' -f1 access.log | pawl set visitors -
)TXT"},
};

}  // namespace

void add_emit(CLI::App& app, Run& run) {
  for (const VerbText& text : kVerbs) add_verb(app, run, text);
  add_notes(app, run);
}

}  // namespace pawl::tools
