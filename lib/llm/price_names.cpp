#include "llm/price_names.h"

#include <algorithm>

namespace pawl::llm {
namespace {

using std::string_view;

// Reads "2025" or "04"; -1 when it is not all digits.
int number(string_view text) noexcept {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

bool is_year(string_view text) noexcept { return number(text) >= 2000 && number(text) < 2100; }
bool is_month(string_view text) noexcept { return number(text) >= 1 && number(text) <= 12; }
bool is_day(string_view text) noexcept { return number(text) >= 1 && number(text) <= 31; }

// What stands before `mark` in a pattern such as "yyyy-mm-dd".
bool is_date(string_view text) noexcept {
  const auto part = [text](std::size_t from, std::size_t size) { return text.substr(from, size); };
  if (text.size() == 10)
    return is_year(part(0, 4)) && text[4] == '-' && is_month(part(5, 2)) && text[7] == '-' &&
           is_day(part(8, 2));
  if (text.size() == 8) return is_year(part(0, 4)) && is_month(part(4, 2)) && is_day(part(6, 2));
  if (text.size() == 7) return is_month(part(0, 2)) && text[2] == '-' && is_year(part(3, 4));
  return false;
}

}  // namespace

string_view without_date(string_view name) noexcept {
  for (const std::size_t size : {10U, 8U, 7U}) {
    if (name.size() < size + 2) continue;
    const std::size_t mark = name.size() - size - 1;
    if (name[mark] != '-' && name[mark] != '@') continue;
    if (is_date(name.substr(mark + 1))) return name.substr(0, mark);
  }
  return name;
}

}  // namespace pawl::llm
