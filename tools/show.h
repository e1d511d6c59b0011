#pragma once
// Decoded things as text: a line to read, and an object of JSON.
//
// Threads: pure functions.

#include <string>

#include "tools/decode.h"

namespace pawl::tools {

// "distribution http.latency_ms 12.5 13 {route:/v1} rate=0.5"; never a control character.
std::string to_line(const Item& item);

// An object on one line. Every key is always there; what the line did not say is null.
std::string to_json(const Item& item);

}  // namespace pawl::tools
