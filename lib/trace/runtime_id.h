#pragma once

// Names this process among all that ever run, for the tag runtime-id: a random UUID (RFC 4122,
// version 4).
//
// Threads: any. Errors: none but std::bad_alloc.

#include <string>

namespace pawl::trace {

std::string make_runtime_id();

}  // namespace pawl::trace
