#pragma once
// An imagined LLM service, request by request: three models, three features, and three versions of
// one prompt, of which the last is a bad release: it asks for more, answers at greater length, and
// breaks its JSON. The same seed gives the same requests on every machine.
//
// Threads: a Generator belongs to one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl::tools {

struct Model {
  std::string_view name;
  std::string_view provider;
  // Dollars for a million tokens, times 100: a token then costs whole units of 1e-8 dollars.
  std::int64_t input_price;
  std::int64_t output_price;
};

inline constexpr std::array<Model, 3> kModels{{
    {"gpt-4.1", "openai", 200, 800},
    {"gpt-4.1-mini", "openai", 40, 160},
    {"claude-sonnet-4", "anthropic", 300, 1500},
}};
inline constexpr std::array<std::string_view, 3> kFeatures{"chat", "search", "support_agent"};
inline constexpr std::array<std::string_view, 3> kPromptVersions{
    "2026-06-01.1", "2026-06-01.2", "2026-06-01.3"};
inline constexpr std::size_t kBadVersion = 2;
inline constexpr std::array<std::string_view, 3> kErrorTypes{"provider", "timeout", "validation"};

// Which model, feature and prompt version; all tags of a request but its outcome follow from it.
struct Slice {
  std::size_t model = 0;
  std::size_t feature = 0;
  std::size_t version = 0;

  static constexpr std::size_t kCount = kModels.size() * kFeatures.size() * kPromptVersions.size();
  // Give the number of a slice, and the slice of a number.
  std::size_t index() const noexcept;
  static Slice from(std::size_t index) noexcept;
};

struct Request {
  Slice slice;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  double latency_ms = 0;
  double cost_usd = 0;
  bool json_invalid = false;
  std::optional<std::size_t> error;  // of kErrorTypes
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) noexcept : state_(seed) {}

  // Gives the next request; from the bad version only when that is released.
  Request next(bool released) noexcept;

 private:
  std::uint64_t bits() noexcept;
  std::size_t below(std::size_t limit) noexcept;
  double fraction() noexcept;

  std::uint64_t state_;
};

}  // namespace pawl::tools
