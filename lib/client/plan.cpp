#include "client/plan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/fence.h"
#include "tags/json_tree.h"
#include "tags/normalize.h"
#include "tags/policy.h"
#include "tags/tag_set.h"
#include "transport/address.h"
#include "transport/open.h"

namespace pawl::client {

namespace {

using std::chrono::milliseconds;

template <class Number>
std::optional<Error> out_of_range(std::string_view field, Number value, Number least, Number most) {
  if (value >= least && value <= most) return std::nullopt;
  return Error{fmt::format("Options::{} is {}; expected {} to {}", field, value, least, most)};
}

std::optional<Error> check_numbers(const Options& options) {
  constexpr std::size_t kAnyBytes = std::size_t{1} << 50;
  const auto ms = [](milliseconds time) { return std::int64_t{time.count()}; };
  constexpr std::int64_t kHour = 3'600'000;
  constexpr std::int64_t kYear = std::int64_t{365} * 86'400;
  for (const auto& wrong : {
           out_of_range<std::int64_t>(
               "flush_interval (ms)", ms(options.flush_interval), 100, 10'000),
           out_of_range<std::int64_t>(
               "context_expiry (s)", options.context_expiry.count(), 0, kYear),
           out_of_range<std::int64_t>("queue_ttl (ms)", ms(options.queue_ttl), 100, 24 * kHour),
           out_of_range<std::int64_t>("close_deadline (ms)", ms(options.close_deadline), 0, kHour),
           out_of_range<std::size_t>("max_contexts", options.max_contexts, 16, 1'000'000),
           out_of_range<std::size_t>(
               "max_context_bytes", options.max_context_bytes, 64 << 10, kAnyBytes),
           out_of_range<std::size_t>(
               "max_sample_bytes", options.max_sample_bytes, 64 << 10, kAnyBytes),
           out_of_range<std::size_t>(
               "max_queue_bytes", options.max_queue_bytes, 16 << 10, kAnyBytes),
       })
    if (wrong) return wrong;
  if (options.max_datagram_bytes == 0) return std::nullopt;
  return out_of_range<std::size_t>("max_datagram_bytes", options.max_datagram_bytes, 128, 65'507);
}

std::optional<Error> check_prefix(const std::string& prefix) {
  tags::Repairs repairs;
  std::string name;
  const bool good = prefix.empty() || (tags::append_name(name, "", prefix, repairs) &&
                                       !repairs.any() && prefix.size() <= 100);
  if (good) return std::nullopt;
  return Error{fmt::format(
      "Options::prefix is '{}'; expected letters, digits, '_' and '.', starting with a letter, at "
      "most 100 bytes",
      prefix)};
}

// The telemetry's own tags have to fit beside them.
constexpr std::size_t kMostGlobalTags = tags::kMaxTags - 4;

bool resolved(Switch option, bool automatic) {
  return option == Switch::automatic ? automatic : option == Switch::on;
}

bool is_socket(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// Gives the environment's address, or what an Agent's installation uses; mistakes are warnings.
transport::Address usual_address(const Surroundings& around, std::vector<std::string>& warnings) {
  const Environment& environment = around.environment;
  if (!environment.url.empty()) {
    auto address = transport::parse_address(environment.url);
    if (address) return *address;
    warnings.push_back("DD_DOGSTATSD_URL is not used: " + address.error().message);
  }
  const std::string& port = environment.port;
  if (!environment.agent_host.empty() || !port.empty()) {
    const std::string host =
        environment.agent_host.empty() ? std::string{"localhost"} : environment.agent_host;
    const bool bare_v6 = std::count(host.begin(), host.end(), ':') > 1 && host.front() != '[';
    const std::string joined =
        (bare_v6 ? "[" + host + "]" : host) + (port.empty() ? "" : ":" + port);
    auto address = transport::parse_address("udp://" + joined);
    if (address) return *address;
    warnings.push_back("DD_AGENT_HOST and DD_DOGSTATSD_PORT are not used: " +
                       address.error().message);
  }
  if (is_socket(around.default_socket))
    return *transport::parse_address("unix://" + around.default_socket);
  return *transport::parse_address("localhost:8125");
}

// Whoever can write there can put a socket of his own in the Agent's place.
void warn_of_open_directory(const transport::Address& address, std::vector<std::string>& warnings) {
  const std::string directory = address.path.substr(0, address.path.rfind('/') + 1);
  struct stat status {};
  if (directory.empty() || ::stat(directory.c_str(), &status) != 0) return;
  if ((status.st_mode & S_IWOTH) != 0)
    warnings.push_back("the socket's directory " + directory + " is writable by everybody");
}

Result<transport::Address> choose_address(const Options& options,
                                          const Surroundings& around,
                                          std::vector<std::string>& warnings) {
  if (options.address.empty()) return usual_address(around, warnings);
  auto address = transport::parse_address(options.address);
  if (!address) return Error{"Options::address: " + address.error().message};
  return address;
}

// Gives what was wrong with the address.
std::optional<Error> choose_transport(Plan& plan,
                                      const Options& options,
                                      const Surroundings& around) {
  plan.transport = options.transport;
  if (plan.transport != nullptr) {
    plan.destination = plan.transport->name();
    return std::nullopt;
  }
  const auto address = choose_address(options, around, plan.warnings);
  if (!address) return address.error();
  plan.transport = transport::make_transport(*address, options.max_datagram_bytes);
  plan.destination = transport::to_string(*address);
  warn_of_open_directory(*address, plan.warnings);
  return std::nullopt;
}

// The options' tags, and those of the environment whose keys the options do not say.
Result<tags::TagSet> global_tags(const Options& options,
                                 const Environment& environment,
                                 std::vector<std::string>& warnings) {
  tags::Repairs repairs;
  tags::TagSet set = tags::make_set(options.global_tags, repairs);
  if (set.size() > kMostGlobalTags)
    return Error{fmt::format(
        "Options::global_tags are {}; expected {} at most", set.size(), kMostGlobalTags)};
  const auto& own = options.global_tags;
  for (const OwnedTag& tag : environment.tags) {
    const auto same_key = [&tag](const OwnedTag& other) { return other.key == tag.key; };
    if (!tag.key.empty() && std::any_of(own.begin(), own.end(), same_key)) continue;
    if (set.size() == kMostGlobalTags) {
      warnings.push_back("global tags: those of the environment beyond 96 are left out");
      break;
    }
    set.insert_all(tags::make_set({&tag, 1}, repairs));
  }
  if (repairs.any()) warnings.push_back("global tags: some were changed to fit the wire");
  return set;
}

// The options' policy, or the one that the environment names; its mistakes are warnings.
Result<tags::Policy> choose_policy(const TagPolicy& own,
                                   const std::string& path,
                                   std::string_view prefix,
                                   std::vector<std::string>& warnings) {
  if (const auto fault = tags::find_fault(own))
    return Error{fmt::format("Options::tag_policy.{} {}", fault->field, fault->complaint)};
  if (own != TagPolicy{} || path.empty()) return tags::Policy{tags::with_llm_keys(own, prefix)};
  const auto named = TagPolicy::load(path);
  if (named) return tags::Policy{tags::with_llm_keys(*named, prefix)};
  warnings.push_back(fmt::format(
      "PAWL_TAG_POLICY '{}' is not used: {}", tags::shown(path), named.error().message));
  return tags::Policy{TagPolicy::llm(prefix)};
}

// A container id of the program's own is sent whatever the switch says.
std::string origin_fields(const Options& options, const Surroundings& around) {
  const bool detect =
      resolved(options.origin_detection, around.environment.origin_detection.value_or(true));
  std::string container = options.container_id;
  if (container.empty() && detect) container = base::find_container_id(around.proc);
  std::string fields;
  if (!container.empty()) fields += "|c:" + container;
  const std::string& external = around.environment.external_env;
  if (detect && !external.empty()) fields += "|e:" + external;
  return fields;
}

std::optional<Error> check_container_id(const std::string& id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (id.size() <= 200 && std::all_of(id.begin(), id.end(), allowed)) return std::nullopt;
  return Error{fmt::format("Options::container_id is '{}'; expected letters, digits and '-'", id)};
}

// A receiver that reads no rates would take a sketch for a few samples.
void choose_sketches(Plan& plan, const Options& options) {
  plan.sketches = resolved(options.sketches, true) && !plan.serverless;
  plan.bin_histograms = plan.sketches && resolved(options.histogram_bins, false);
  if (plan.serverless && options.sketches == Switch::on)
    plan.warnings.emplace_back("Options::sketches is off: the serverless profile reads no rates");
  if (!plan.sketches && options.histogram_bins == Switch::on)
    plan.warnings.emplace_back("Options::histogram_bins is off: it needs Options::sketches");
}

}  // namespace

Result<Plan> make_plan(Options options, const Surroundings& surroundings) {
  for (const auto& wrong : {check_numbers(options),
                            check_prefix(options.prefix),
                            check_container_id(options.container_id)})
    if (wrong) return *wrong;
  const Environment& environment = surroundings.environment;
  Plan plan;
  plan.warnings = environment.warnings;
  if (auto wrong = choose_transport(plan, options, surroundings)) return *wrong;
  auto global = global_tags(options, environment, plan.warnings);
  if (!global) return global.error();
  auto policy =
      choose_policy(options.tag_policy, environment.tag_policy, options.prefix, plan.warnings);
  if (!policy) return policy.error();

  plan.clock = options.clock != nullptr ? options.clock : std::make_shared<const Clock>();
  plan.serverless = resolved(options.serverless, environment.serverless);
  plan.telemetry = resolved(options.telemetry, true);
  choose_sketches(plan, options);
  plan.packing = plan.serverless ? encode::Packing::one_value : encode::Packing::many_values;
  plan.constants = {.global_tags = global->joined(),
                    .origin = origin_fields(options, surroundings),
                    .cardinality = options.cardinality == Cardinality::unset
                                       ? environment.cardinality
                                       : options.cardinality};
  plan.rules = {.prefix = std::move(options.prefix),
                .global = std::move(*global),
                .policy = std::move(*policy),
                .cardinality = plan.constants.cardinality};
  for (const MetricType type : {MetricType::histogram, MetricType::timing, MetricType::set})
    plan.rules.unsupported[static_cast<std::size_t>(type)] = plan.serverless;
  plan.limits = {.contexts = options.max_contexts, .bytes = options.max_context_bytes};
  plan.flush_interval = options.flush_interval;
  plan.close_deadline = options.close_deadline;
  plan.queue_ttl = options.queue_ttl;
  plan.context_expiry = options.context_expiry;
  plan.can_reclaim = base::fence_all_threads();
  plan.max_sample_bytes = options.max_sample_bytes;
  plan.max_queue_bytes = options.max_queue_bytes;
  plan.background = options.background;
  plan.on_warning = std::move(options.on_warning);
  return plan;
}

}  // namespace pawl::client
