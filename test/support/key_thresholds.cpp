#include "support/key_thresholds.h"

#include <bit>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "support/shared_data_path.h"

namespace pawl::test {

std::vector<KeyThreshold> key_thresholds() {
  std::vector<KeyThreshold> thresholds;
  std::ifstream table{PAWL_SHARED_DATA "/agent_key_thresholds.csv"};
  if (!table) MESSAGE("skipped: there is no table of the Agent's thresholds here");
  for (std::string line; std::getline(table, line);) {
    if (line.empty() || line[0] == '#' || line[0] == 'k') continue;
    const auto comma = line.find(',');
    const auto bits = std::stoull(line.substr(comma + 1), nullptr, 16);
    thresholds.push_back({std::stoi(line), std::bit_cast<double>(bits)});
  }
  return thresholds;
}

}  // namespace pawl::test
