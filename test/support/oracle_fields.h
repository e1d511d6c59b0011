#pragma once
// The pieces that metric, event and service check lines have in common, for the oracle's own files.
// Each reader takes the text of one piece and either returns its value or throws Refused.
//
// Threads: pure functions.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::test::oracle {

struct Refused {
  std::string reason;
};

struct Field {
  std::string_view prefix;  // one of the prefixes asked for
  std::string_view value;   // what follows the prefix
};

[[noreturn]] void refuse(std::string_view what, std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);

// Splits the optional fields of a line. Every field must begin with one of `prefixes`, in their
// order, none twice: the Agent lets a later field replace an earlier one without a word.
std::vector<Field> fields(std::string_view text, std::initializer_list<std::string_view> prefixes);

bool is_utf8(std::string_view text);

std::string metric_name(std::string_view text);
double finite_number(std::string_view text);
double sample_rate(std::string_view text);
std::int64_t unix_seconds(std::string_view text);
std::vector<std::string> tags(std::string_view text);
std::string local_data(std::string_view text);
std::string external_data(std::string_view text);
std::string cardinality(std::string_view text);

// Reads a name of letters, digits, space, underscore, hyphen and full stop, which is all that the
// data plane takes for a host, an aggregation key, a source and a service check.
std::string plain_word(std::string_view what, std::string_view text);

std::string one_of(std::string_view what,
                   std::string_view text,
                   std::initializer_list<std::string_view> allowed);

std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

}  // namespace pawl::test::oracle
