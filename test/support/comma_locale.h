#pragma once
// Where a locale with a decimal comma was made for the tests. Not LOCPATH of the whole process:
// there glibc leaks a little in the start of libraries that ask for a locale.

#include <cstdlib>

namespace pawl::test {

inline void look_for_comma_locale() {
  if (const char* const path = std::getenv("PAWL_TEST_LOCALES")) ::setenv("LOCPATH", path, 1);
}

}  // namespace pawl::test
