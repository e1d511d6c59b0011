#pragma once
// Threads of a test: `count` of them run body(number) at the same time, as far as there are cores,
// and have ended when it returns.

#include <barrier>
#include <cstddef>
#include <thread>
#include <vector>

namespace pawl::test {

template <class Body>
void on_threads(std::size_t count, const Body& body) {
  std::barrier start{static_cast<std::ptrdiff_t>(count)};
  std::vector<std::thread> threads;
  for (std::size_t number = 0; number < count; ++number)
    threads.emplace_back([&start, &body, number] {
      start.arrive_and_wait();
      body(number);
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace pawl::test
