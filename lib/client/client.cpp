#include <new>
#include <utility>

#include <pawl/client.h>

#include "client/core.h"
#include "client/plan.h"
#include "client/recorder.h"
#include "tags/tag_set.h"
#include "transport/errors.h"

namespace pawl {

using client::Core;
using client::Sight;
using context::Call;

namespace {

constexpr Amount kOneSample{.samples = 1, .counted = 0};

// Gives what is made, or an empty one where memory fails.
template <class Make>
auto or_nothing(const Make& make) noexcept -> decltype(make()) {
  try {
    return make();
  } catch (const std::bad_alloc&) {
    return {};
  }
}

}  // namespace

Result<Client> Client::create(Options options) noexcept {
  const transport::ErrnoKept kept;
  try {
    client::Surroundings around;
    if (options.environment != Switch::off) around.environment = client::read_environment();
    auto plan = client::make_plan(std::move(options), around);
    if (!plan) return plan.error();
    Core* core = Core::make(std::move(*plan));
    if (core == nullptr)
      return Error{"32 clients are alive; expected fewer before another is made"};
    return Client{core, 0};
  } catch (...) {
    // std::bad_alloc, or what copying the program's own callback threw. Short enough to need no
    // memory.
    return Error{"out of memory"};
  }
}

Client Client::null() noexcept { return Client{nullptr, 0}; }

Client::Client(Client&& other) noexcept
    : core_(std::exchange(other.core_, nullptr)), scope_(other.scope_) {}

Client& Client::operator=(Client&& other) noexcept {
  std::swap(core_, other.core_);
  std::swap(scope_, other.scope_);
  return *this;
}

// Leaves core_ as it is: a thread that still records through a client that main destroyed on its
// way out finds a core that counts and does nothing, for as long as the thread holds its shard.
Client::~Client() {
  if (core_ != nullptr) core_->let_go();
}

void Client::count(std::string_view name,
                   std::int64_t value,
                   Tags tags,
                   const CallOptions& options) const noexcept {
  if (core_ == nullptr) return;
  client::rate_of(*core_, options.sample_rate);  // checked, and otherwise of no effect
  const Call call{MetricType::count, options.cardinality, scope_, name, tags};
  const Sight sight{*core_, call, {.samples = 1, .counted = value}};
  if (sight) client::count(sight, value);
}

void Client::gauge(std::string_view name,
                   double value,
                   Tags tags,
                   const CallOptions& options) const noexcept {
  if (core_ == nullptr) return;
  client::rate_of(*core_, options.sample_rate);
  const Call call{MetricType::gauge, options.cardinality, scope_, name, tags};
  const Sight sight{*core_, call, kOneSample};
  if (sight) client::set_gauge(sight.shard(), sight.context(), value);
}

void Client::set(std::string_view name,
                 std::string_view member,
                 Tags tags,
                 const CallOptions& options) const noexcept {
  if (core_ == nullptr) return;
  client::rate_of(*core_, options.sample_rate);
  const Call call{MetricType::set, options.cardinality, scope_, name, tags};
  const Sight sight{*core_, call, kOneSample};
  if (sight) client::insert_member(*core_, sight.shard(), sight.index(), member);
}

void Client::histogram(std::string_view name,
                       double value,
                       Tags tags,
                       const CallOptions& options) const noexcept {
  record_samples(MetricType::histogram, name, {&value, 1}, tags, options);
}

void Client::histogram(std::string_view name,
                       std::span<const double> values,
                       Tags tags,
                       const CallOptions& options) const noexcept {
  record_samples(MetricType::histogram, name, values, tags, options);
}

void Client::distribution(std::string_view name,
                          double value,
                          Tags tags,
                          const CallOptions& options) const noexcept {
  record_samples(MetricType::distribution, name, {&value, 1}, tags, options);
}

void Client::distribution(std::string_view name,
                          std::span<const double> values,
                          Tags tags,
                          const CallOptions& options) const noexcept {
  record_samples(MetricType::distribution, name, values, tags, options);
}

void Client::timing(std::string_view name,
                    std::chrono::duration<double, std::milli> elapsed,
                    Tags tags,
                    const CallOptions& options) const noexcept {
  const double milliseconds = elapsed.count();
  record_samples(MetricType::timing, name, {&milliseconds, 1}, tags, options);
}

void Client::record_samples(MetricType type,
                            std::string_view name,
                            std::span<const double> values,
                            Tags tags,
                            const CallOptions& options) const noexcept {
  if (core_ == nullptr) return;
  const float rate = client::rate_of(*core_, options.sample_rate);
  const Call call{type, options.cardinality, scope_, name, tags};
  const Sight sight{*core_, call, {.samples = values.size(), .counted = 0}};
  if (!sight) return;
  for (const double value : values)
    client::record(*core_, sight, type, {sight.index(), rate, value});
}

void Client::record(Tags tags,
                    Measurements measurements,
                    const CallOptions& options) const noexcept {
  if (core_ == nullptr) return;
  const float rate = client::rate_of(*core_, options.sample_rate);
  const client::TagSum sum = core_->registry().digester().sum(tags);
  for (const Measurement& one : measurements) {
    const Call call{one.type(), options.cardinality, scope_, one.name(), tags};
    const Sight sight{*core_, call, sum, {.samples = 1, .counted = one.counted()}};
    if (!sight) continue;
    if (one.type() == MetricType::count)
      client::count(sight, one.counted());
    else if (one.type() == MetricType::gauge)
      client::set_gauge(sight.shard(), sight.context(), one.value());
    else
      client::record(*core_, sight, one.type(), {sight.index(), rate, one.value()});
  }
}

void Client::count_at(std::string_view name,
                      std::int64_t value,
                      std::chrono::system_clock::time_point when,
                      Tags tags,
                      const CallOptions& options) const noexcept {
  if (core_ == nullptr) return;
  const Call call{MetricType::count, options.cardinality, scope_, name, tags};
  client::record_at(*core_, call, {.when = when, .counted = value});
}

void Client::gauge_at(std::string_view name,
                      double value,
                      std::chrono::system_clock::time_point when,
                      Tags tags,
                      const CallOptions& options) const noexcept {
  if (core_ == nullptr) return;
  const Call call{MetricType::gauge, options.cardinality, scope_, name, tags};
  client::record_at(*core_, call, {.when = when, .value = value});
}

void Client::event(const Event& event) const noexcept {
  if (core_ != nullptr) client::record_event(*core_, scope_, event);
}

void Client::service_check(const ServiceCheck& check) const noexcept {
  if (core_ != nullptr) client::record_check(*core_, scope_, check);
}

detail::Bound Client::bind(MetricType type,
                           std::string_view name,
                           Tags tags,
                           const CallOptions& options) const noexcept {
  if (core_ == nullptr) return {};
  const Call call{type, options.cardinality, scope_, name, tags};
  return client::bind(*core_, call, client::rate_of(*core_, options.sample_rate));
}

ScopedTimer Client::time(std::string_view name,
                         Tags tags,
                         const CallOptions& options) const noexcept {
  return ScopedTimer{bind(MetricType::timing, name, tags, options)};
}

Counter Client::counter(std::string_view name,
                        Tags tags,
                        const CallOptions& options) const noexcept {
  return Counter{bind(MetricType::count, name, tags, options)};
}

Gauge Client::gauge(std::string_view name, Tags tags, const CallOptions& options) const noexcept {
  return Gauge{bind(MetricType::gauge, name, tags, options)};
}

Histogram Client::histogram(std::string_view name,
                            Tags tags,
                            const CallOptions& options) const noexcept {
  return Histogram{bind(MetricType::histogram, name, tags, options)};
}

Distribution Client::distribution(std::string_view name,
                                  Tags tags,
                                  const CallOptions& options) const noexcept {
  return Distribution{bind(MetricType::distribution, name, tags, options)};
}

Timing Client::timing(std::string_view name, Tags tags, const CallOptions& options) const noexcept {
  return Timing{bind(MetricType::timing, name, tags, options)};
}

Set Client::set(std::string_view name, Tags tags, const CallOptions& options) const noexcept {
  return Set{bind(MetricType::set, name, tags, options)};
}

Client Client::child(const ChildOptions& options) const noexcept {
  if (core_ == nullptr) return null();
  core_->hold();
  try {
    tags::Repairs repairs;
    const tags::TagSet tags = tags::make_set(options.tags, repairs);
    const auto scope = core_->registry().add_scope(scope_, options.prefix, tags);
    if (!scope) repairs.note(Repair::context_overflow);
    core_->note(repairs, 1);
    return Client{core_, scope.value_or(scope_)};
  } catch (const std::bad_alloc&) {
    return Client{core_, scope_};  // what it records is kept, if without its tags
  }
}

bool Client::flush(std::chrono::milliseconds timeout) const noexcept {
  return core_ == nullptr || core_->flush(timeout);
}

Losses Client::close(std::chrono::milliseconds deadline) const noexcept {
  return core_ == nullptr ? Losses{} : core_->close(deadline);
}

Stats Client::stats() const noexcept { return core_ == nullptr ? Stats{} : core_->stats(); }

Snapshot Client::snapshot() const noexcept {
  return core_ == nullptr ? Snapshot{} : core_->snapshot();
}

std::string Client::destination() const noexcept {
  if (core_ == nullptr) return {};
  return or_nothing([this] { return core_->plan().destination; });
}

std::size_t Client::max_datagram_bytes() const noexcept {
  return core_ == nullptr ? 0 : core_->plan().transport->max_datagram_bytes();
}

std::string Client::tag(std::string_view key) const noexcept {
  if (core_ == nullptr) return {};
  return or_nothing([this, key] { return core_->registry().tag(scope_, key); });
}

MetricType Client::settle_llm_samples(MetricType wanted) const noexcept {
  return core_ == nullptr ? wanted : core_->settle_llm_samples(wanted);
}

std::vector<std::string> Client::warnings() const noexcept {
  if (core_ == nullptr) return {};
  return or_nothing([this] { return core_->plan().warnings; });
}

}  // namespace pawl
