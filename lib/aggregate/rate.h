#pragma once

// Sample rates as the Agent reads them. A value of rate r stands for 1/r samples, truncated to a
// whole number; its part of the sum is the value times 1/r, which is not truncated.
// Source: github.com/DataDog/datadog-agent, pkg/aggregator and pkg/util/quantile, insertion with a
// rate.
//
// Threads: functions without state.

#include <cstdint>

namespace pawl::aggregate {

// Gives the number that the shortest text of a rate reads back as: 0.1 where the float is a little
// more.
double rate_on_wire(float rate) noexcept;

// Gives for how many samples a value of this rate stands.
std::uint64_t weight_of(double rate) noexcept;

// Gives a rate whose weight is exactly `weight`, which 1.0 / weight is not for every seventh one.
// REQUIRES: 0 < weight < 2^52.
double rate_of_weight(std::uint64_t weight) noexcept;

// Gives the rate of one value that stands for `count` samples recorded with `rate`: the weight is
// count times that of the rate, and 1/rate as near to count times that of the rate as the weight
// lets it be. REQUIRES: count is a power of two.
double rate_of_many(double rate, std::uint64_t count) noexcept;

}  // namespace pawl::aggregate
