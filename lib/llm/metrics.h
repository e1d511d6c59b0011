#pragma once

// From what is known of requests to metrics: tags, types and values, by the table.
//
// Threads: any. Cost: one look-up of the tags for all metrics that share them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/client.h>
#include <pawl/llm_metrics.h>
#include <pawl/llm_span.h>

namespace pawl::llm {

// The tags of labels; what is empty is left out.
class TagList {
 public:
  explicit TagList(const Labels& labels) noexcept;

  void add(std::string_view key, std::string_view value) noexcept {
    if (!value.empty()) tags_[size_++] = {key, value};
  }
  Tags view() const noexcept { return std::span<const Tag>{tags_.data(), size_}; }

 private:
  // Twelve labels, and two of a metric's own.
  std::array<Tag, 14> tags_;
  std::size_t size_ = 0;
};

class MetricSink {
 public:
  MetricSink(Client client, MetricType samples) noexcept
      : client_(std::move(client)), histograms_(samples == MetricType::histogram) {}

  const Client& client() const noexcept { return client_; }
  // Tells whether samples are histograms.
  bool histograms() const noexcept { return histograms_; }

  // Record one metric: of a count how much it adds, of the others a value.
  void count(Metric metric, const TagList& tags, std::int64_t value) const noexcept;
  void sample(Metric metric, const TagList& tags, double value) const noexcept;
  // Records llm.eval.<name>. REQUIRES: a name of at most 119 bytes.
  void eval(TagList tags, std::string_view name, double score) const noexcept;
  // Records all that the end of a request gives.
  void finished(const FinishedRequest& request) const noexcept;

 private:
  Measurement sampled(std::string_view name, double value) const noexcept {
    return histograms_ ? Measurement::histogram(name, value)
                       : Measurement::distribution(name, value);
  }

  Client client_;
  bool histograms_;
};

}  // namespace pawl::llm
