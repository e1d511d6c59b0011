#pragma once

// What the Agent's answers say, read strictly: what is not as it should be says nothing.
//
// Threads: stateless. Cost: bounded by the cap on bodies. Errors: none but std::bad_alloc.

#include <optional>
#include <string_view>

#include "trace/http.h"
#include "trace/outlet.h"

namespace pawl::trace {

// Gives what became of the request with this answer.
Fate fate_of(const Answer& answer) noexcept;

// Tells whether the same request may be accepted in a moment: nothing of it was, and the Agent said
// that it is busy or said nothing.
bool is_worth_repeating(const Answer& answer) noexcept;

// Reads `{"rate_by_service":{"service:x,env:y":0.5}}`. Rates outside of 0 to 1 and keys of another
// form are left out; nullopt: no such object, as in `{}`, by which the Agent says that nothing has
// changed.
std::optional<Rates> parse_rates(std::string_view body);

// Reads the answer of /info; nullopt where it is no JSON object.
std::optional<Features> parse_info(std::string_view body);

}  // namespace pawl::trace
