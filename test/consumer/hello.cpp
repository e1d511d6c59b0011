#include <chrono>

#include <pawl/pawl.h>

int main() {
  auto made = pawl::Client::create({.global_tags = {{"env", "test"}}});
  if (!made) return 1;
  const pawl::Client& dd = *made;
  dd.count("consumer.hello", 1, {{"kind", "installed"}});
  dd.close(std::chrono::milliseconds{100});
  return dd.stats().called.samples == 1 ? 0 : 2;
}
