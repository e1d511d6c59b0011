#include "trace/slots.h"

#include <mutex>
#include <utility>

#include <pthread.h>

#include "trace/core.h"

namespace pawl::trace {

constinit thread_local std::array<Arena*, kMostTracers> t_arenas{};

namespace {

// Neither is ever destroyed: threads may trace until the process is gone.
constinit std::mutex g_mutex;
constinit std::array<Core*, kMostTracers> g_cores{};

constinit thread_local bool t_ending = false;

template <class Which>
void give_back_arenas(const Which& which) noexcept {
  for (Arena*& arena : t_arenas)
    if (arena != nullptr && which(*arena)) Core::give_back(*std::exchange(arena, nullptr));
}

struct ThreadEnd {
  ~ThreadEnd() {
    t_ending = true;
    give_back_arenas([](const Arena&) { return true; });
  }
};

template <class Visit>
void each_core(const Visit& visit) noexcept {
  for (Core* core : g_cores)
    if (core != nullptr) visit(*core);
}

void before_fork() noexcept {
  g_mutex.lock();
  each_core([](Core& core) { core.before_fork(); });
}
void after_fork_in_parent() noexcept {
  each_core([](Core& core) { core.after_fork_in_parent(); });
  g_mutex.unlock();
}
void after_fork_in_child() noexcept {
  t_arenas = {};
  each_core([](Core& core) { core.after_fork_in_child(); });
  g_mutex.unlock();
}

}  // namespace

std::size_t take_slot(Core& core) noexcept {
  const std::lock_guard lock{g_mutex};
  std::size_t free = kMostTracers;
  for (std::size_t slot = kMostTracers; slot-- != 0;) {
    if (g_cores[slot] != nullptr && Core::free_if_unheld(g_cores[slot])) g_cores[slot] = nullptr;
    if (g_cores[slot] == nullptr) free = slot;
  }
  if (free != kMostTracers) g_cores[free] = &core;
  return free;
}

bool watch_thread_end() noexcept {
  if (t_ending) return false;
  thread_local ThreadEnd end;
  (void)end;
  return true;
}

void give_back_left_arenas() noexcept {
  give_back_arenas([](const Arena& arena) { return arena.core().is_left(); });
}

void watch_forks() noexcept {
  static std::once_flag once;
  std::call_once(once,
                 [] { pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child); });
}

}  // namespace pawl::trace
