#include <array>
#include <cstddef>
#include <string_view>

#include <pawl/llm.h>

// The words of the recorder's enumerations.

namespace pawl::llm {

namespace {

template <std::size_t kSize, class Enum>
std::string_view word_of(const std::array<std::string_view, kSize>& words, Enum which) noexcept {
  const auto number = static_cast<std::size_t>(which);
  return number < kSize ? words[number] : "unknown";
}

}  // namespace

std::string_view to_string(Status status) noexcept {
  static constexpr std::array<std::string_view, 3> kWords = {"ok", "error", "aborted"};
  return word_of(kWords, status);
}

std::string_view to_string(Refused reason) noexcept {
  static constexpr std::array<std::string_view, kRefused> kWords = {
      "duration", "first_token", "usage", "score", "name", "cost", "number"};
  return word_of(kWords, reason);
}

std::string_view to_string(LogDrop reason) noexcept {
  static constexpr std::array<std::string_view, kLogDrops> kWords = {
      "queue_full", "failed", "closed"};
  return word_of(kWords, reason);
}

}  // namespace pawl::llm
