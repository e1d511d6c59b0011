#pragma once

// The built-in prices: lib/llm/prices.json, turned into C++ by price_snapshot.py when the library
// is built, because a program has no source tree to read from.
//
// Threads: constants.

#include <cstddef>
#include <span>
#include <string_view>

#include "llm/price_rates.h"

namespace pawl::llm {

struct SnapshotModel {
  std::string_view provider;
  Price price;
};

// A name under which the model at `model` is known.
struct SnapshotName {
  std::string_view name;
  std::size_t model;
};

struct Snapshot {
  std::string_view date;
  std::span<const SnapshotModel> models;
  std::span<const SnapshotName> names;
};

extern const Snapshot kSnapshot;

}  // namespace pawl::llm
