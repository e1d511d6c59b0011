#pragma once
// One reader for each kind of line, for the oracle's own files. A line comes without its newline.
//
// Threads: pure functions.
// Errors: throws oracle::Refused.

#include <string_view>

#include "support/oracle.h"

namespace pawl::test::oracle {

inline constexpr std::string_view kEventPrefix = "_e{";
inline constexpr std::string_view kServiceCheckPrefix = "_sc|";

Metric metric_line(std::string_view line, bool serverless);
Event event_line(std::string_view line);
ServiceCheck service_check_line(std::string_view line);

}  // namespace pawl::test::oracle
