#pragma once

// The baseline: what one writes in an afternoon. A mutex, a map from the joined name and tags to a
// sum, and a string built for each call. It is the bench's own and stands for no product.

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
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
    if (values.size() == 4096) values.clear();
    values.push_back(value);
  }
  std::int64_t sum() const {
    std::int64_t sum = 0;
    for (const auto& [key, value] : counts_) sum += value;
    return sum;
  }

 private:
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

  std::mutex mutex_;
  std::unordered_map<std::string, std::int64_t> counts_;
  std::unordered_map<std::string, std::vector<double>> samples_;
};

}  // namespace bench
