#include "base/number.h"

#include <bit>
#include <clocale>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <locale>
#include <string>
#include <string_view>
#include <system_error>

#include <doctest/doctest.h>

#include "support/seed.h"

namespace {

using pawl::base::append_number;
using pawl::base::NumberText;
using pawl::test::Random;

template <class Number>
std::string text_of(Number number) {
  return std::string{NumberText{number}.view()};
}

template <class Number>
Number read(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  CHECK(error == std::errc{});
  CHECK(end == text.data() + text.size());
  return number;
}

int significant_digits(std::string_view text) {
  int digits = 0;
  for (const char c : text.substr(0, text.find('e')))
    if (c >= '0' && c <= '9' && (digits > 0 || c != '0')) ++digits;
  return digits;
}

// Tells whether a digit less would have said the same number.
bool could_be_shorter(double number, std::string_view text) {
  const int digits = significant_digits(text);
  if (digits < 2 || text.find_first_of(".e") == std::string_view::npos) return false;
  char shorter[64];
  const int size = std::snprintf(shorter, sizeof shorter, "%.*e", digits - 2, number);
  return read<double>({shorter, static_cast<std::size_t>(size)}) == number;
}

class CNumbers {
 public:
  CNumbers() : before_(std::setlocale(LC_ALL, nullptr)) {}
  ~CNumbers() { std::setlocale(LC_ALL, before_.c_str()); }
  CNumbers(const CNumbers&) = delete;
  CNumbers& operator=(const CNumbers&) = delete;

  // Tells whether a locale that writes 1,5 was there to be set.
  bool set_comma() {
    for (const char* name :
         {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "pt_BR.utf8"})
      if (std::setlocale(LC_ALL, name) != nullptr) return true;
    return false;
  }

 private:
  std::string before_;
};

struct Comma : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST_CASE("numbers are written as people would") {
  CHECK(text_of(0.0) == "0");
  CHECK(text_of(1.0) == "1");
  CHECK(text_of(-1.5) == "-1.5");
  CHECK(text_of(0.1) == "0.1");
  CHECK(text_of(1234567.5) == "1234567.5");
  CHECK(text_of(std::int64_t{-42}) == "-42");
  CHECK(text_of(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(text_of(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

TEST_CASE("a small number does not become 0") {
  CHECK(text_of(1e-5) == "1e-05");
  CHECK(read<double>(text_of(5e-324)) == 5e-324);
}

TEST_CASE("a rate of 0.05 is written as 0.05") {
  CHECK(text_of(0.05F) == "0.05");
  CHECK(text_of(0.1F) == "0.1");
  CHECK(text_of(1.0F / 3.0F) == "0.33333334");
}

TEST_CASE("every double reads back as itself, and no shorter text does") {
  PAWL_PRINT_SEED();
  Random random;
  std::size_t finite = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto number = std::bit_cast<double>(random.next());
    if (!std::isfinite(number)) continue;
    ++finite;
    const std::string text = text_of(number);
    INFO(text);
    REQUIRE(std::bit_cast<std::uint64_t>(read<double>(text)) ==
            std::bit_cast<std::uint64_t>(number));
    REQUIRE(text.size() <= 24);
    if (i % 20 == 0) REQUIRE_FALSE(could_be_shorter(number, text));
  }
  CHECK(finite > 100'000);
}

TEST_CASE("every float reads back as itself") {
  PAWL_PRINT_SEED();
  Random random;
  for (int i = 0; i < 200'000; ++i) {
    const auto number = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
    if (!std::isfinite(number)) continue;
    const std::string text = text_of(number);
    INFO(text);
    REQUIRE(read<float>(text) == number);
    REQUIRE(text.size() <= 15);
  }
}

TEST_CASE("every integer reads back as itself") {
  PAWL_PRINT_SEED();
  Random random;
  for (int i = 0; i < 10'000; ++i) {
    const auto number = static_cast<std::int64_t>(random.next() >> random.below(64));
    REQUIRE(read<std::int64_t>(text_of(number)) == number);
  }
}

TEST_CASE("a number is appended to what is there") {
  std::string out = "a:";
  append_number(out, 2.5);
  append_number(out, 7);
  CHECK(out == "a:2.57");
}

TEST_CASE("a C locale with a decimal comma changes nothing") {
  CNumbers numbers;
  if (!numbers.set_comma()) {
    MESSAGE("skipped: no locale with a decimal comma is installed");
    return;
  }
  char printed[16];
  std::snprintf(printed, sizeof printed, "%.1f", 1.5);
  REQUIRE(std::string_view{printed} == "1,5");
  CHECK(text_of(1234567.5) == "1234567.5");
}

TEST_CASE("a C++ locale with a decimal comma and groups changes nothing") {
  const std::locale before = std::locale::global(std::locale{std::locale::classic(), new Comma});
  const std::string real = text_of(1234567.5);
  const std::string whole = text_of(1234567);
  std::locale::global(before);
  CHECK(real == "1234567.5");
  CHECK(whole == "1234567");
}

}  // namespace
