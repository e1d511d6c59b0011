#include "trace/plan.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "trace/text.h"
#include "trace/trace_tags.h"

extern char* program_invocation_short_name;  // NOLINT(readability-identifier-naming): glibc's

namespace pawl::trace {

namespace {

using std::string_view;

constexpr std::size_t kMostTags = 64;
constexpr std::size_t kMostRules = 256;

template <class Number>
std::optional<Error> out_of_range(string_view field, Number value, Number least, Number most) {
  if (value >= least && value <= most) return std::nullopt;
  return Error{
      fmt::format("TracerOptions::{} is {}; expected {} to {}", field, value, least, most)};
}

std::optional<Error> check_text(string_view field, string_view text, std::size_t most) {
  if (text.size() <= most && is_utf8(text)) return std::nullopt;
  return Error{fmt::format(
      "TracerOptions::{} has {} bytes; expected at most {}, in UTF-8", field, text.size(), most)};
}

std::optional<Error> check_tags(const std::vector<OwnedTag>& tags) {
  if (auto wrong = out_of_range<std::size_t>("tags.size()", tags.size(), 0, kMostTags))
    return wrong;
  for (const OwnedTag& tag : tags) {
    if (tag.key.empty()) return Error{"TracerOptions::tags has an empty key; expected some text"};
    if (is_of_trace(tag.key))
      return Error{
          fmt::format("TracerOptions::tags has the key {}; expected none that the tracer "
                      "writes itself",
                      tag.key)};
    if (auto wrong = check_text("tags: key '" + tag.key + "'", tag.key, kMostKey)) return wrong;
    if (auto wrong = check_text("tags['" + tag.key + "']", tag.value, kMostValue)) return wrong;
  }
  return std::nullopt;
}

std::optional<Error> check_rules(const std::vector<SamplingRule>& rules) {
  if (auto wrong = out_of_range<std::size_t>("rules.size()", rules.size(), 0, kMostRules))
    return wrong;
  for (const SamplingRule& rule : rules)
    if (auto wrong = out_of_range("rules[].rate", rule.rate, 0.0, 1.0)) return wrong;
  return std::nullopt;
}

std::optional<Error> check(const TracerOptions& options) {
  const auto ms = [](std::chrono::milliseconds time) { return std::int64_t{time.count()}; };
  for (const auto& wrong : {
           check_text("service", options.service, kMostService),
           check_text("env", options.env, kMostKey),
           check_text("version", options.version, kMostKey),
           check_text("llmobs.ml_app", options.llmobs.ml_app, kMostKey),
           check_tags(options.tags),
           check_rules(options.rules),
           out_of_range("sample_rate", options.sample_rate.value_or(1), 0.0, 1.0),
           out_of_range<std::size_t>(
               "max_buffer_bytes", options.max_buffer_bytes, 256 << 10, std::size_t{1} << 40),
           out_of_range<std::int64_t>(
               "flush_interval (ms)", ms(options.flush_interval), 100, 10'000),
           out_of_range<std::int64_t>(
               "close_deadline (ms)", ms(options.close_deadline), 0, 3'600'000),
       })
    if (wrong) return wrong;
  return std::nullopt;
}

bool same_word(string_view text, string_view word) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(text.begin(), text.end(), word.begin(), word.end(), [&lower](char a, char b) {
    return lower(a) == b;
  });
}

bool is_one_of(string_view text, std::initializer_list<string_view> words) {
  return std::any_of(
      words.begin(), words.end(), [text](string_view word) { return same_word(text, word); });
}

// Reads variables; what makes no sense is a warning, and as if it was not there.
class Environment {
 public:
  Environment(const Lookup& lookup, std::vector<std::string>& warnings)
      : lookup_(lookup), warnings_(warnings) {}

  string_view text(const char* name) const {
    const char* value = lookup_ ? lookup_(name) : nullptr;
    return value == nullptr ? string_view{} : string_view{value};
  }

  // A text that is good for a tag.
  std::string text(const char* name, std::size_t most) const {
    const string_view value = text(name);
    if (value.size() <= most && is_utf8(value)) return std::string{value};
    warn(name, value, fmt::format("not at most {} bytes of UTF-8", most));
    return {};
  }

  bool flag(const char* name, bool usual) const {
    const string_view value = text(name);
    if (value.empty()) return usual;
    if (is_one_of(value, {"1", "true", "yes", "on", "y", "t"})) return true;
    if (is_one_of(value, {"0", "false", "no", "off", "n", "f"})) return false;
    warn(name, value, "neither true nor false");
    return usual;
  }

  std::optional<double> share(const char* name) const {
    const string_view value = text(name);
    if (value.empty()) return std::nullopt;
    double rate = -1;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), rate);
    const bool whole = error == std::errc{} && end == value.data() + value.size();
    if (whole && rate >= 0 && rate <= 1) return rate;
    warn(name, value, "not a number from 0 to 1");
    return std::nullopt;
  }

  void warn(string_view name, string_view value, string_view complaint) const {
    std::string shown;
    for (const char c : value.substr(0, 100)) shown += c >= 0x20 && c < 0x7f ? c : '?';
    warnings_.push_back(fmt::format("{} is \"{}\", {}; it is ignored", name, shown, complaint));
  }

 private:
  const Lookup& lookup_;
  std::vector<std::string>& warnings_;
};

bool resolved(Switch option, bool automatic) {
  return option == Switch::automatic ? automatic : option == Switch::on;
}

std::string or_else(const std::string& own, const std::string& other) {
  return own.empty() ? other : own;
}

std::string program_name() {
  std::string name{cut_text(program_invocation_short_name, kMostService)};
  return name.empty() || !is_utf8(name) ? "unnamed-cpp-service" : name;
}

// Gives the name that a tag says; null for a tag like any other.
std::string* name_of(Plan& plan, string_view key) {
  if (key == "service") return &plan.service;
  if (key == "env") return &plan.env;
  if (key == "version") return &plan.version;
  return nullptr;
}

// Keeps a tag whose key was not there before.
void add_tag(Plan& plan, OwnedTag tag) {
  if (std::string* const name = name_of(plan, tag.key)) {
    *name = or_else(*name, tag.value);
    return;
  }
  const bool known = std::any_of(plan.tags.begin(), plan.tags.end(), [&tag](const OwnedTag& other) {
    return other.key == tag.key;
  });
  if (!known && plan.tags.size() < kMostTags) plan.tags.push_back(std::move(tag));
}

// DD_TAGS: `key:value` pairs, with commas or blanks between.
void add_tags(Plan& plan, const Environment& environment) {
  constexpr string_view kSeparators = ", \t\r\n";
  string_view list = environment.text("DD_TAGS");
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(kSeparators), list.size());
    const string_view text = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (text.empty()) continue;
    const auto colon = std::min(text.find(':'), text.size());
    const string_view key = text.substr(0, colon);
    const string_view value = text.substr(std::min(colon + 1, text.size()));
    const bool good = !key.empty() && key.size() <= kMostKey && value.size() <= kMostValue;
    if (good && is_utf8(text) && !is_of_trace(key))
      add_tag(plan, {std::string{key}, std::string{value}});
    else
      environment.warn("a tag of DD_TAGS", text, "no tag for a span");
  }
}

void add_names(Plan& plan, TracerOptions& options, const Environment& environment) {
  plan.service = or_else(options.service, environment.text("DD_SERVICE", kMostService));
  plan.env = or_else(options.env, environment.text("DD_ENV", kMostKey));
  plan.version = or_else(options.version, environment.text("DD_VERSION", kMostKey));
  for (OwnedTag& tag : options.tags) add_tag(plan, std::move(tag));
  add_tags(plan, environment);
  plan.service = cut_text(or_else(plan.service, program_name()), kMostService);
}

}  // namespace

Result<Plan> make_plan(TracerOptions options, const Lookup& lookup) {
  if (auto wrong = check(options)) return *wrong;
  Plan plan;
  const Environment environment{lookup, plan.warnings};
  const AgentVariables agent = lookup ? read_agent_variables(lookup) : AgentVariables{};
  auto endpoint = choose_endpoint(options.agent_url, agent, plan.warnings);
  if (!endpoint) return endpoint.error();
  plan.endpoint = *endpoint;
  add_names(plan, options, environment);
  plan.enabled = resolved(options.enabled, environment.flag("DD_TRACE_ENABLED", true));
  plan.sample_rate =
      options.sample_rate ? options.sample_rate : environment.share("DD_TRACE_SAMPLE_RATE");
  plan.rules = std::move(options.rules);
  plan.keep_errors = options.keep_errors;
  plan.llmobs = resolved(options.llmobs.enabled, environment.flag("DD_LLMOBS_ENABLED", false));
  plan.ml_app = or_else(
      or_else(options.llmobs.ml_app, environment.text("DD_LLMOBS_ML_APP", kMostKey)), plan.service);
  if (lookup) plan.origin = find_origin(lookup);
  plan.max_buffer_bytes = options.max_buffer_bytes;
  plan.flush_interval = options.flush_interval;
  plan.close_deadline = options.close_deadline;
  plan.background = options.background;
  plan.clock = std::move(options.clock);
  plan.teller = std::make_shared<base::Warnings>(std::move(options.on_warning));
  return plan;
}

}  // namespace pawl::trace
