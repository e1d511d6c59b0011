#pragma once
// A host whose numbers have a decimal comma, for a scope. Says that it skips where the machine has
// no such locale.
//
// Threads: one, while no other reads the environment or the locale. Errors: none.

#include <clocale>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

namespace pawl::test {

class CommaLocale {
 public:
  // LOCPATH only until the locale is loaded: glibc leaks a little in the start of programs that
  // inherit it and load libraries that ask for a locale.
  CommaLocale() {
    const char* const path = std::getenv("PAWL_TEST_LOCALES");
    if (path != nullptr) ::setenv("LOCPATH", path, 1);
    bool found = false;
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"})
      found = found || std::setlocale(LC_ALL, name) != nullptr;
    if (path != nullptr) ::unsetenv("LOCPATH");
    if (!found) MESSAGE("skipped: no C locale with a decimal comma on this machine");
  }
  ~CommaLocale() { std::setlocale(LC_ALL, before_.c_str()); }
  CommaLocale(const CommaLocale&) = delete;
  CommaLocale& operator=(const CommaLocale&) = delete;

 private:
  const std::string before_ = std::setlocale(LC_ALL, nullptr);
};

}  // namespace pawl::test
