// How often do the threads of an idle client wake within one flush interval? Their voluntary
// context switches, of default options with an Agent there, after the client has recorded and sent
// once.

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include <unistd.h>

#include "calls.h"
#include "receiver.h"
#include "work.h"

namespace {

using benchmark::State;

using Switches = std::map<std::string, std::uint64_t>;  // by thread

std::uint64_t switches_of(const std::filesystem::path& thread) {
  std::ifstream status{thread / "status"};
  std::string word;
  std::uint64_t count = 0;
  while (status >> word)
    if (word == "voluntary_ctxt_switches:") status >> count;
  return count;
}

Switches switches() {
  Switches all;
  for (const auto& thread : std::filesystem::directory_iterator{"/proc/self/task"})
    all[thread.path().filename()] = switches_of(thread.path());
  return all;
}

// PAWL_BENCH_SECONDS: how long is watched; 8 s when unset.
std::chrono::seconds watched() {
  const char* set = std::getenv("PAWL_BENCH_SECONDS");
  return std::chrono::seconds{set != nullptr ? 2 * std::max(1, std::atoi(set)) : 8};
}

void wake_ups(State& state) {
  bench::Receiver receiver{bench::Via::uds};
  receiver.finish();  // its thread is not to be counted; its socket takes what comes
  const Switches others = switches();
  const pawl::Options defaults{.address = receiver.address(), .environment = pawl::Switch::off};
  auto made = pawl::Client::create(defaults);
  bench::expect(static_cast<bool>(made), "create");
  made->count(bench::kName);
  made->flush();
  std::uint64_t woken = 0;
  for (auto _ : state) {
    std::this_thread::sleep_for(defaults.flush_interval);
    const Switches before = switches();
    std::this_thread::sleep_for(watched());
    for (const auto& [thread, count] : switches())
      if (!others.contains(thread)) woken += count - before.at(thread);
  }
  const double intervals = std::chrono::duration<double>(watched()) / defaults.flush_interval;
  bench::report_value(state, static_cast<double>(woken) / intervals, "wake-ups");
  made->close();
  const pawl::Stats stats = made->stats();
  bench::expect(stats.balanced() && stats.handed_to_kernel.counted == 1, "the one count");
}
BENCHMARK(wake_ups)->Name("idle.wakeups")->Iterations(1)->Repetitions(1)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
