#pragma once
// What the command's verbs share: exit codes, one-line complaints, and arguments that are read
// whole and strictly. A verb registers itself with CLI11 and leaves behind what is to be run.
//
// Threads: functions without state.
// Errors: by Result; the message names the text and what was expected.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <pawl/result.h>

namespace CLI {  // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace pawl::tools {

enum ExitCode : int {
  exit_ok = 0,      // all was done
  exit_failed = 1,  // loss, or input and output that failed
  exit_usage = 2,   // what was asked makes no sense
};

// What main runs after the arguments have been read; gives the exit code.
using Run = std::function<int()>;

// Prints "pawl: MESSAGE" on stderr, as one line whatever the message holds, and gives `code` back.
int complain(std::string_view message, ExitCode code);

// "500ms", "10s", "1.5m", "2h": more than nothing, at most a year.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// A whole number without `+`, in [low, high].
Result<std::int64_t> parse_whole(std::string_view text, std::int64_t low, std::int64_t high);

// A decimal number, neither infinite nor NaN, whatever the locale.
Result<double> parse_number(std::string_view text);

// Gives the text with every byte that is not printable ASCII or part of valid UTF-8 as \xNN
// (newlines as \n), cut to `max_bytes`: what a stranger sent must not steer the terminal.
std::string printable(std::string_view text, std::size_t max_bytes = 200);

// Gives the length of the valid UTF-8 sequence at the front of `text`, 0 when there is none.
std::size_t utf8_length(std::string_view text) noexcept;

}  // namespace pawl::tools
