#pragma once
// Traces as text: a tree to read, and an object of JSON.
//
// Threads: pure functions.

#include <cstdint>
#include <string>
#include <vector>

#include "tools/trace_assembly.h"

namespace pawl::tools {

// A head line, then a line a span, its children indented below it; never a control character.
//
//     trace 00000000000000000000000000000539: 2 spans, 1.43 s, 1 error
//       http.request "POST /chat" 1.43 s service=ai-api
//         llm.request "answer" 1.4 s ERROR timeout provider=openai model=gpt-4.1 {env:prod}
std::vector<std::string> to_lines(const Trace& trace);

// An object on one line: the trace, and its spans in the order of the tree with their depth. Ids
// are text, for 64 bits are more than JSON's numbers hold.
std::string to_json(const Trace& trace);

// "1.43 s", "12.5 ms", "380 us", "80 ns".
std::string duration_in_words(std::int64_t nanoseconds);

}  // namespace pawl::tools
