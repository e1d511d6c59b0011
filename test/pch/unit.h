// What nearly every test includes, parsed once: it takes a third off the tests' compile time. A
// test still includes what it uses. No guard: the compiler puts it first, nobody includes it.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
