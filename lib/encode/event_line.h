#pragma once

// Events and service checks, byte by byte:
//
//     _e{TITLELEN,TEXTLEN}:title|text[|d:unix][|h:host][|k:key][|p:low][|s:source][|t:type][|#tags]...
//     _sc|name|status[|d:unix][|h:host][|#tags][|c:..][|e:..][|card:..][|m:message]
//
// The lengths are those of the escaped text, in bytes; a line break is the two characters `\n`. A
// message comes last, with `m:` inside it written `m\:`.
//
// Threads: functions without state.

#include <string>
#include <string_view>

#include <pawl/event.h>

#include "encode/line.h"
#include "tags/normalize.h"

namespace pawl::encode {

// Append a whole line. `tags` are the repaired ones. Tell whether title and text hold anything (and
// the name, of at most tags::kMaxNameBytes); otherwise nothing is appended. What had to be changed
// is noted in `repairs`.
bool append_event(std::string& out,
                  const Event& event,
                  std::string_view tags,
                  const Constants& constants,
                  tags::Repairs& repairs);
bool append_service_check(std::string& out,
                          const ServiceCheck& check,
                          std::string_view tags,
                          const Constants& constants,
                          tags::Repairs& repairs);

}  // namespace pawl::encode
