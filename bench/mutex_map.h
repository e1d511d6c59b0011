#pragma once

// The baseline: what one writes in an afternoon. A mutex, a map from the joined name and tags to a
// sum, and a string built for each call. It is the bench's own and stands for no product.
//
// Threads: any.

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pawl/tags.h>

namespace bench {

class MutexMap {
 public:
  void count(std::string_view name, std::int64_t value, pawl::Tags tags) {
    const std::string key = key_of(name, tags);
    const std::lock_guard lock{mutex_};
    counts_[key] += value;
  }
  void sample(std::string_view name, double value, pawl::Tags tags) {
    const std::string key = key_of(name, tags);
    const std::lock_guard lock{mutex_};
    auto& values = samples_[key];
    if (values.size() == kKept) values.clear();
    values.push_back(value);
    ++sampled_;
  }

  // Calls send(datagram) for what was counted, packed into datagrams, and forgets it.
  template <class Send>
  void flush(std::size_t max_datagram_bytes, const Send& send) {
    const std::lock_guard lock{mutex_};
    std::string datagram;
    for (auto& [key, value] : counts_) {
      if (value == 0) continue;
      const std::string line = line_of(key, std::exchange(value, 0));
      if (datagram.size() + line.size() > max_datagram_bytes) {
        send(std::string_view{datagram});
        datagram.clear();
      }
      datagram += line;
    }
    if (!datagram.empty()) send(std::string_view{datagram});
  }

  std::int64_t counted() const {
    std::int64_t sum = 0;
    for (const auto& [key, value] : counts_) sum += value;
    return sum;
  }
  std::uint64_t sampled() const noexcept { return sampled_; }

 private:
  static constexpr std::size_t kKept = 4096;  // values of a context, so that no bench fills memory

  static std::string key_of(std::string_view name, pawl::Tags tags) {
    std::string key{name};
    for (const pawl::Tag& tag : tags) {
      key += ',';
      key += tag.key;
      key += ':';
      key += tag.value;
    }
    return key;
  }

  static std::string line_of(std::string_view key, std::int64_t value) {
    const std::size_t comma = key.find(',');
    std::string line{key.substr(0, comma)};
    line += ':';
    line += std::to_string(value);
    line += "|c|#";
    line += key.substr(comma + 1);
    line += '\n';
    return line;
  }

  std::mutex mutex_;
  std::unordered_map<std::string, std::int64_t> counts_;
  std::unordered_map<std::string, std::vector<double>> samples_;
  std::uint64_t sampled_ = 0;
};

}  // namespace bench
