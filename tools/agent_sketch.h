#pragma once
// The Agent's sketch of a distribution, as the Agent builds it from lines: what `pawl listen` and
// the demo show of distributions, and the oracle that the tests hold the client's compression
// against. Written from the behaviour of the Agent's own sketch (pkg/util/quantile) and sharing no
// code with the library: keys by logarithm, bins sorted by key and each counting up to a limit, at
// most 4,096 of them, beyond which the lowest are one.
//
// Threads: one at a time.
// Cost: 16 bytes a bin, and up to 2 KiB of keys that wait for their bins. A value about 30 ns, with
// a rate a walk over the bins. Errors: none. REQUIRES: finite values, as the Agent drops the others
// before.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pawl::tools {

// Computes the natural logarithm as Go does on amd64, where it may differ in the last bit from this
// machine's own. REQUIRES: a normal number above 0.
double go_log(double x) noexcept;

// Says how many samples a value stands for: 1 / rate, in doubles. A rate that is not in (0, 1]
// counts as 1. Counts take its whole part, sums the number itself.
double weight_of(double rate) noexcept;
std::int64_t whole_weight_of(double rate) noexcept;

class AgentSketch {
 public:
  // What differs from one Agent to another: how far a bin counts (16 bits until 7.85 at least, then
  // 32; the older ones take memory by the weight), and the processor's logarithm.
  enum class CountBits : std::uint8_t { sixteen, thirty_two };
  struct Kind {
    CountBits bits = CountBits::thirty_two;
    double (*log)(double) noexcept = go_log;
  };

  struct Bin {
    std::int32_t key = 0;
    std::uint64_t count = 0;
    bool operator==(const Bin&) const = default;
  };

  static constexpr std::size_t kMostBins = 4096;
  static constexpr std::int32_t kInfinityKey = 32'767;

  AgentSketch() noexcept = default;
  explicit AgentSketch(Kind kind) noexcept : kind_(kind) {}

  // Takes in one value of a line with this rate.
  void insert(double value, double rate = 1);
  // Takes in another sketch, as a query over several series does.
  void merge(const AgentSketch& other);

  // Zeros when nothing was taken in.
  std::int64_t count() const noexcept { return summary_.count; }
  double min() const noexcept { return summary_.min; }
  double max() const noexcept { return summary_.max; }
  double sum() const noexcept { return summary_.sum; }
  double average() const noexcept { return summary_.average; }

  // Gives the bins by key. A key whose samples are more than a bin can count has several.
  std::vector<Bin> bins() const;

  // Gives the value at rank `q` of (0, 1) as the Agent interpolates it within a bin: up to 1.6 %
  // beside the sample, and NaN or infinity where the infinity key is. The minimum from 0 down, the
  // maximum from 1 up.
  double quantile(double q) const;

  // Gives the key of a value, and the value that a key stands for.
  static std::int32_t key_of(double value, double (*log)(double) noexcept = go_log) noexcept;
  static double value_of(std::int32_t key) noexcept;

 private:
  struct Summary {
    std::int64_t count = 0;
    double min = 0;
    double max = 0;
    double sum = 0;
    double average = 0;

    void insert(double value) noexcept;
    void merge(const Summary& other) noexcept;
  };

  std::uint64_t most_in_a_bin() const noexcept;
  void add(const Bin& count);
  void add(const std::vector<Bin>& counts);
  void empty_buffer();
  void append(std::vector<Bin>& to, const Bin& run) const;
  std::vector<Bin> laid_out(const std::vector<Bin>& runs) const;
  std::vector<Bin> laid_out_as_of_old(const std::vector<Bin>& runs) const;

  Kind kind_;
  Summary summary_;
  std::vector<Bin> bins_;
  std::vector<std::int32_t> buffer_;  // keys of values without a rate
};

}  // namespace pawl::tools
