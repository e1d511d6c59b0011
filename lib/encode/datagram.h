#pragma once

// A finished datagram: its payload and what it holds, so that a lost one moves exact amounts in the
// ledger.

#include <string>

#include <pawl/stats.h>

namespace pawl::encode {

struct Datagram {
  std::string payload;
  Amount amount;
};

}  // namespace pawl::encode
