#pragma once

// Sample rates as the Agent reads them. A value of rate r stands for 1/r samples, truncated to a
// whole number; its part of the sum is the value times 1/r, which is not truncated.
// Source: github.com/DataDog/datadog-agent, pkg/aggregator and pkg/util/quantile, insertion with a
// rate.
//
// Threads: functions without state.

#include <cstdint>

namespace pawl::aggregate {

// Gives the rate that is written for a caller's. Where its inverse is whole but for the float's
// rounding, that of this weight: a third is 0.3333333333333333, because of 0.33333334 the Agent
// makes 2. Otherwise what the float's shortest text reads back as: 0.3 where the float is a little
// more.
double rate_on_wire(float rate) noexcept;

// Tells whether a value of this rate counts as many times as it is added to the sum. Only then can
// one value stand for several.
bool is_whole(double rate) noexcept;

// Gives for how many samples a value of this rate stands.
std::uint64_t weight_of(double rate) noexcept;

// Gives a rate whose weight is exactly `weight`, which 1.0 / weight is not for every seventh one.
// REQUIRES: 0 < weight < 2^52.
double rate_of_weight(std::uint64_t weight) noexcept;

// Gives the rate of one value that stands for `count` samples recorded with `rate`. REQUIRES: count
// is a power of two, is_whole(rate) or count is 1.
double rate_of_many(double rate, std::uint64_t count) noexcept;

}  // namespace pawl::aggregate
