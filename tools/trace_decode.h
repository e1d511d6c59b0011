#pragma once
// The bodies of /v0.4/traces and /v0.5/traces. An array of chunks, each an array of spans; in v0.4
// a span is a map, in v0.5 an array of twelve whose texts are numbers of a table that goes before.
//
// Threads: pure functions.
// Errors: by Result, with the offset of the value and what was expected.

#include <string_view>
#include <vector>

#include <pawl/result.h>

#include "tools/trace_span.h"

namespace pawl::tools {

Result<std::vector<TraceChunk>> decode_v04(std::string_view body);
Result<std::vector<TraceChunk>> decode_v05(std::string_view body);

}  // namespace pawl::tools
