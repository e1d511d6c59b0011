#pragma once
// What the fuzzer's bytes mean: a datagram's size, then what a program records and when it flushes.
// Bytes that make no sense are an end.
//
//     input = size (step)*
//     step  = 0 double          the value, as its eight bytes
//           | 1 count           the last value again, count + 1 times
//           | 2 key key beside  near the boundary of a key, to the double
//           | 3 number          a whole number, signed
//           | 4 kind count      count * 16 + 1 samples of a kind of sketch_data.h
//           | 5                 flush
//           | 6                 from now on distributions, or histograms, in turn
//
// Threads: pure functions.

#include <cstdint>
#include <span>
#include <string>

namespace pawl::test {

// Records and flushes with a real client, and compares with what Agents would hold of the samples.
// Returns "" when they are the same and every sample is in the books, else what is wrong.
std::string sketch_difference(std::span<const std::uint8_t> input);

}  // namespace pawl::test
