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

}  // namespace

Core::Core(const Client& client, RecorderOptions options)
    : metrics_(with_tags_of(client, options), options.histograms),
      prices_(options.price_book ? std::move(options.price_book)
                                 : std::make_shared<const PriceBook>()),
      clock_(std::move(options.clock)),
      hook_(std::move(options.span_hook)),
      close_deadline_(options.close_deadline) {
  if (wants_log(options.log))
    log_ = std::make_unique<Log>(
        options.log,
        ServiceFields{
            std::move(options.service), std::move(options.env), std::move(options.version)});
  if (!clock_) best_source();  // begins to measure the ticks
}

std::int64_t Core::now(TimeSource source) const noexcept {
  if (source != TimeSource::program) return read_time(source);
  const auto since = clock_->steady_now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

}  // namespace pawl::llm
