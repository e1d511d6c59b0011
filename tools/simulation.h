#pragma once
// An imagined LLM service, request by request: three models, three features, and three versions of
// one prompt, of which the last is a bad release: it asks for more, answers at greater length,
// breaks its JSON, and searches and answers worse. The same seed gives the same requests on every
// machine.
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
  // Picodollars a token, written down once more: what the library charges is held against them.
  std::uint64_t input_price;
  std::uint64_t cached_price;
  std::uint64_t output_price;
  double slowness;       // times the latency of the first
  double tool_timeouts;  // share of its tool calls
};

inline constexpr std::array<Model, 3> kModels{{
    {"gpt-4.1", "openai", 2'000'000, 500'000, 8'000'000, 1.0, 0.012},
    {"gpt-4.1-mini", "openai", 400'000, 100'000, 1'600'000, 0.6, 0.060},
    {"claude-sonnet-4-5", "anthropic", 3'000'000, 300'000, 15'000'000, 1.3, 0.009},
}};

struct Feature {
  std::string_view name;
  double overhead_ms;
  bool streams = false;
  bool searches = false;
  bool calls_tool = false;  // once a request
};

inline constexpr std::array<Feature, 3> kFeatures{{
    {.name = "chat", .overhead_ms = 250, .streams = true},
    {.name = "search", .overhead_ms = 600, .searches = true},
    {.name = "support_agent", .overhead_ms = 1'400, .calls_tool = true},
}};

inline constexpr std::string_view kPromptName = "answer";
struct PromptVersion {
  std::string_view name;
  double json_invalid;  // share of its responses
  double misses;        // share of its searches
  double correctness;
  std::uint64_t more_input = 0;
  std::uint64_t more_output = 0;
};

inline constexpr std::array<PromptVersion, 3> kPromptVersions{{
    {"2026-06-01.1", 0.008, 0.060, 0.88},
    {"2026-06-01.2", 0.008, 0.035, 0.91},
    {"2026-06-01.3", 0.140, 0.095, 0.79, 900, 150},
}};
inline constexpr std::size_t kBadVersion = 2;

inline constexpr std::array<std::string_view, 3> kErrorTypes{"provider", "timeout", "validation"};
inline constexpr std::string_view kTool = "order_lookup";
inline constexpr std::array<std::string_view, 2> kToolErrors{"timeout", "bad_arguments"};
inline constexpr std::string_view kEval = "correctness";

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

struct SimulatedSearch {
  std::uint64_t hits = 0;
  std::optional<double> top_score;  // unless nothing was found
};

struct SimulatedRequest {
  Slice slice;
  std::uint64_t input_tokens = 0;
  std::uint64_t cached_tokens = 0;  // of the input
  std::uint64_t output_tokens = 0;
  double latency_ms = 0;
  std::optional<double> first_token_ms;  // where the feature streams
  bool json_invalid = false;
  std::optional<std::size_t> error;         // of kErrorTypes
  std::optional<std::size_t> tool_failure;  // of kToolErrors
  std::optional<SimulatedSearch> search;
  std::optional<double> correctness;  // one request in five is judged

  std::uint64_t picodollars() const noexcept;
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) noexcept : state_(seed) {}

  // Gives the next request; from the bad version only when that is released.
  SimulatedRequest next(bool released) noexcept;

 private:
  std::uint64_t bits() noexcept;
  std::size_t below(std::size_t limit) noexcept;
  double fraction() noexcept;
  bool happens(double share) noexcept { return fraction() < share; }

  Slice choose_slice(bool released) noexcept;
  void add_tokens(SimulatedRequest& request) noexcept;
  void add_times(SimulatedRequest& request) noexcept;
  void add_outcome(SimulatedRequest& request) noexcept;
  void add_steps(SimulatedRequest& request) noexcept;

  std::uint64_t state_;
};

}  // namespace pawl::tools
