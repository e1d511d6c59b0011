#include "llm/core.h"

#include <utility>
#include <vector>

namespace pawl::llm {

namespace {

// A child shares the core, so that it does not matter where the program moves its client.
Client with_tags_of(const Client& client, const RecorderOptions& options) {
  ChildOptions child;
  if (!options.service.empty()) child.tags.push_back({"service", options.service});
  if (!options.env.empty()) child.tags.push_back({"env", options.env});
  if (!options.version.empty()) child.tags.push_back({"version", options.version});
  return client.child(child);
}

bool wants_log(const LogOptions& log) {
  return log.callback || !log.file.empty() || log.descriptor >= 0;
}

// What the metrics carry; where there are none, what was asked for.
std::string said(const Client& client, std::string_view key, const std::string& asked_for) {
  std::string value = client.tag(key);
  return value.empty() ? asked_for : value;
}

std::unique_ptr<Log> make_log(const Client& client, const RecorderOptions& options) {
  if (!wants_log(options.log)) return nullptr;
  return std::make_unique<Log>(options.log,
                               ServiceFields{said(client, "service", options.service),
                                             said(client, "env", options.env),
                                             said(client, "version", options.version)});
}

MetricType sample_type(const RecorderOptions& options) {
  return options.histograms ? MetricType::histogram : MetricType::distribution;
}

}  // namespace

Core::Core(const Client& client, RecorderOptions options)
    : metrics_(with_tags_of(client, options), client.settle_llm_samples(sample_type(options))),
      prices_(options.price_book ? std::move(options.price_book)
                                 : std::make_shared<const PriceBook>()),
      clock_(std::move(options.clock)),
      hook_(std::move(options.span_hook)),
      close_deadline_(options.close_deadline),
      log_(make_log(metrics_.client(), options)) {
  if (!clock_) best_source();  // begins to measure the ticks
}

std::int64_t Core::now(TimeSource source) const noexcept {
  if (source != TimeSource::program) return read_time(source);
  const auto since = clock_->steady_now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

}  // namespace pawl::llm
