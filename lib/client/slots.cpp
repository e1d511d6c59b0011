#include "client/slots.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <mutex>
#include <utility>

#include <pthread.h>

#include "client/core.h"

namespace pawl::client {

namespace {

using detail::kSlots;
using detail::t_cells;

// Neither is ever destroyed: threads may record until the process is gone.
constinit std::mutex g_mutex;
constinit std::array<Core*, kSlots> g_cores{};

void leave(std::uint32_t slot) noexcept {
  auto* cells = std::exchange(t_cells[slot], nullptr);
  if (cells != nullptr) Core::give_back(static_cast<aggregate::Shard&>(*cells));
}

constinit thread_local bool t_ending = false;

struct ThreadEnd {
  ~ThreadEnd() {
    t_ending = true;
    for (std::uint32_t slot = 1; slot < kSlots; ++slot) leave(slot);
  }
};

template <class Visit>
void each_core(const Visit& visit) {
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
  // The shards stay in their pools; this thread, the only one, takes one anew when it records, and
  // that is what starts the child's own threads.
  std::fill(std::begin(t_cells), std::end(t_cells), nullptr);
  each_core([](Core& core) { core.after_fork_in_child(); });
  g_mutex.unlock();
}

}  // namespace

std::uint32_t take_slot(Core& core) noexcept {
  const std::lock_guard lock{g_mutex};
  for (Core*& dead : g_cores)
    if (dead != nullptr && Core::free_if_unheld(dead)) dead = nullptr;
  for (std::uint32_t slot = 1; slot < kSlots; ++slot) {
    if (g_cores[slot] != nullptr) continue;
    g_cores[slot] = &core;
    return slot;
  }
  return 0;
}

bool watch_thread_end() noexcept {
  if (t_ending) return false;
  thread_local ThreadEnd end;
  (void)end;
  return true;
}

void leave_closed_cores() noexcept {
  for (std::uint32_t slot = 1; slot < kSlots; ++slot)
    if (t_cells[slot] != nullptr &&
        Core::is_abandoned(static_cast<aggregate::Shard&>(*t_cells[slot])))
      leave(slot);
}

void leave_core(const Core& core) noexcept { leave(core.slot()); }

void watch_forks() noexcept {
  static std::once_flag once;
  std::call_once(once,
                 [] { pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child); });
}

}  // namespace pawl::client
