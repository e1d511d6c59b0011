#pragma once
// What the client would change in a name, a tag, a member or a note before sending it. Each text is
// recorded by a client of its own whose lines are kept and decoded: the library's rules are asked,
// not repeated.
//
// Threads: one at a time.
// Errors: none; what is refused altogether is left to the ledger of the client that sends.

#include <string>
#include <string_view>
#include <vector>

#include <pawl/event.h>

#include "tools/sending.h"

namespace pawl::tools {

// Warn of each text that goes out otherwise than it was written, or not at all.
void warn_of_name(const Sending& sending, std::string_view name);
void warn_of_tags(const Sending& sending);
void warn_of_members(const Sending& sending, const std::vector<std::string>& members);
void warn_of_note(const Sending& sending, const Event& event);
void warn_of_note(const Sending& sending, const ServiceCheck& check);

}  // namespace pawl::tools
